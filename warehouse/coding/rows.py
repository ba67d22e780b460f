"""Reading and replacing the rows of a coding: whole tables, or those of the enterprises that are coded."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace

import polars as pl

from models.errors import ScoreError
from warehouse.coding.coding import Coding
from warehouse.coding.extract import among, in_portions
from warehouse.database import places
from warehouse.database.frames import Connection, append, replace_table, transaction


def put(connection: Connection, name: str, frame: pl.DataFrame, coding: Coding) -> int:
    """Replace a table by a frame, or only the rows of the enterprises that are coded.  Returns the frame's rows."""
    if coding.only is None:
        return replace_table(connection, name, frame)
    with transaction(connection):
        connection.execute(f"DELETE FROM {name} WHERE {among_coded(coding)}")
        append(connection, name, frame)
    return frame.height


Made = Callable[[Coding], Sequence[pl.DataFrame]]
"""Rows of some tables, in their order, of a portion of the enterprises that are coded."""


def put_in_portions(connection: Connection, tables: Sequence[str], coding: Coding, made: Made) -> int:
    """Replace tables by what is made of one portion of the enterprises after another.

    In an open place each portion is whole by itself: after a death the rest is made.  Elsewhere all of them are one.
    Returns the rows of the first table that are made.
    """
    is_apart = places.is_open(connection)
    upto = places.filled_up_to(connection, tables) if is_apart else None
    is_begun = upto is not None
    rows = 0
    with nullcontext() if is_apart else transaction(connection):
        for portion in portions_of(connection, coding, after=upto):
            frames = made(portion)
            with transaction(connection):
                for name, frame in zip(tables, frames, strict=True):
                    if is_begun:
                        append(connection, name, frame)
                    else:
                        put(connection, name, frame, coding)
                if is_apart and portion.between:
                    places.note_filled(connection, tables, portion.between[1])
            is_begun = True
            rows += frames[0].height
    return rows


def portions_of(connection: Connection, coding: Coding, *, after: str | None = None) -> Iterator[Coding]:
    """The coding of one portion of the enterprises after another, by their order; ``after``: but those up to this."""
    for extract in in_portions(connection, coding.extract, after=after):
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
