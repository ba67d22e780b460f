"""Reading and replacing the rows of a coding: whole tables, or those of the enterprises that are coded."""

import polars as pl

from models.errors import ScoreError
from warehouse.coding.coding import Coding
from warehouse.coding.engines import ONLY
from warehouse.database.frames import Connection, replace_table


def put(connection: Connection, name: str, frame: pl.DataFrame, coding: Coding) -> int:
    """Replace a table by a frame, or only the rows of the enterprises that are coded.  Returns the frame's rows."""
    if coding.only is None:
        return replace_table(connection, name, frame)
    connection.register("replacement", frame.to_arrow())
    connection.begin()
    try:
        connection.execute(f"DELETE FROM {name} WHERE enterprise_id IN (SELECT enterprise_id FROM {ONLY})")
        connection.execute(f"INSERT INTO {name} BY NAME FROM replacement")
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.unregister("replacement")
    return frame.height


def require_day(connection: Connection, table: str, coding: Coding) -> None:
    """Raise ScoreError unless a table holds the day that is coded: stages run one by one must not mix days."""
    held = [row[0] for row in connection.execute(f"SELECT DISTINCT as_of FROM {table}").fetchall()]
    if held and held != [coding.as_of]:
        raise ScoreError(
            "{table} holds {held}, not {as_of}. Materialise what lies upstream for {as_of} first.",
            table=table,
            held=held[0],
            as_of=coding.as_of,
        )


def among_coded(coding: Coding) -> str:
    """SQL condition: the row is about an enterprise that is coded."""
    return "true" if coding.only is None else f"enterprise_id IN (SELECT enterprise_id FROM {ONLY})"


def read_rows(
    connection: Connection, coding: Coding, table: str, *, where: str = "true", every: bool = False
) -> pl.DataFrame:
    """Rows of a table for the enterprises that are coded (or ``every`` one), sorted by enterprise."""
    require_day(connection, table, coding)
    among = "true" if every else among_coded(coding)
    return connection.sql(f"FROM {table} WHERE {where} AND {among} ORDER BY enterprise_id").pl()
