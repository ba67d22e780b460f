"""Reading and replacing the rows of a coding: whole tables, or those of the enterprises that are coded."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import polars as pl

from models.errors import ScoreError
from warehouse.coding.coding import Coding
from warehouse.coding.extract import among, in_portions
from warehouse.database.frames import Connection, append, replace_table, transaction


def put(connection: Connection, name: str, frame: pl.DataFrame, coding: Coding) -> int:
    """Replace a table by a frame, or only the rows of the enterprises that are coded.  Returns the frame's rows."""
    if coding.only is None:
        return replace_table(connection, name, frame)
    with transaction(connection):
        connection.execute(f"DELETE FROM {name} WHERE {among_coded(coding)}")
        append(connection, name, frame)
    return frame.height


class Replacing:
    """A table that is replaced portion by portion, within one transaction: as ``put``, of all frames together."""

    def __init__(self, connection: Connection, name: str, coding: Coding) -> None:
        self._connection, self._name, self._coding = connection, name, coding
        self._is_begun = False
        self.height = 0

    def add(self, frame: pl.DataFrame) -> None:
        """The rows of one more portion."""
        if self._is_begun:
            append(self._connection, self._name, frame)
        else:
            put(self._connection, self._name, frame, self._coding)
        self._is_begun = True
        self.height += frame.height


def put_in_portions(
    connection: Connection, name: str, coding: Coding, made: Callable[[Coding], pl.DataFrame]
) -> int:
    """Replace a table by what is made of one portion of the enterprises after another.  Returns its rows."""
    rows = Replacing(connection, name, coding)
    with transaction(connection):
        for portion in portions_of(connection, coding):
            rows.add(made(portion))
    return rows.height


def portions_of(connection: Connection, coding: Coding) -> Iterator[Coding]:
    """The coding of one portion of the enterprises after another, by their order."""
    for extract in in_portions(connection, coding.extract):
        yield replace(coding, between=extract.between)


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
    return among(coding.extract, of)


def read_rows(
    connection: Connection, coding: Coding, table: str, *, where: str = "true", every: bool = False
) -> pl.DataFrame:
    """Rows of a table for the enterprises that are coded (or ``every`` one), sorted by enterprise."""
    require_day(connection, table, coding)
    among = "true" if every else among_coded(coding)
    return connection.sql(f"FROM {table} WHERE {where} AND {among} ORDER BY enterprise_id").pl()
