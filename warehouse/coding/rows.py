"""Reading and replacing the rows of a coding: whole tables, or those of the enterprises that are coded."""

import polars as pl

from models.errors import ScoreError
from warehouse.coding.coding import ONLY, Coding
from warehouse.database.frames import Connection, append, replace_table, transaction


def put(connection: Connection, name: str, frame: pl.DataFrame, coding: Coding) -> int:
    """Replace a table by a frame, or only the rows of the enterprises that are coded.  Returns the frame's rows."""
    if coding.only is None:
        return replace_table(connection, name, frame)
    with transaction(connection):
        connection.execute(f"DELETE FROM {name} WHERE {among_coded(coding)}")
        append(connection, name, frame)
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


def among_coded(coding: Coding, of: str = "") -> str:
    """SQL condition: the row (of a table with the alias ``of``) is about an enterprise that is coded."""
    column = f"{of}.enterprise_id" if of else "enterprise_id"
    return "true" if coding.only is None else f"{column} IN (SELECT enterprise_id FROM {ONLY})"


def read_rows(
    connection: Connection, coding: Coding, table: str, *, where: str = "true", every: bool = False
) -> pl.DataFrame:
    """Rows of a table for the enterprises that are coded (or ``every`` one), sorted by enterprise."""
    require_day(connection, table, coding)
    among = "true" if every else among_coded(coding)
    return connection.sql(f"FROM {table} WHERE {where} AND {among} ORDER BY enterprise_id").pl()
