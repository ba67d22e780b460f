"""Frames and rows into the warehouse, and the names every module here uses for the connection and the log.

Readers import this too and must answer at once, so Polars is imported by those who have a frame.
"""

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal

import duckdb

if TYPE_CHECKING:
    import polars as pl

Connection = duckdb.DuckDBPyConnection
log = logging.getLogger("riskcode")
parts = logging.getLogger("riskcode.parts")
"""How far what the log told last has come."""


@contextmanager
def transaction(connection: Connection) -> Generator[None]:
    """All that is written inside, or nothing of it; inside another one, it is part of that."""
    if id(connection) in _BEGUN:
        yield
        return
    connection.begin()
    _BEGUN.add(id(connection))
    try:
        yield
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        _BEGUN.discard(id(connection))


_BEGUN = set[int]()
"""Connections in a transaction: the database does not tell, and one that is asked to begin another loses the first."""


@contextmanager
def held_within(connection: Connection, most: str) -> Generator[None]:
    """Let the database hold no more than so much (``3 GiB``); what does not fit lies in its own temporary files.

    Where less is allowed already, that stays.
    """
    [[allowed]] = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    if _bytes(most) >= _bytes(allowed):
        yield
        return
    with set_to(connection, "memory_limit", most):
        yield


@contextmanager
def set_to(connection: Connection, setting: str, wanted: str) -> Generator[None]:
    """Let a setting of the database be another one for a while."""
    [[before]] = connection.execute(f"SELECT current_setting('{setting}')").fetchall()
    connection.execute(f"SET {setting} = '{wanted}'")
    try:
        yield
    finally:
        with suppress(duckdb.TransactionException):
            connection.execute(f"SET {setting} = '{before}'")


def _bytes(size: str) -> float:
    number, unit = size.split()
    return float(number) * 1024 ** ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB").index(unit)


@contextmanager
def shown_as(connection: Connection, name: str, frame: "pl.DataFrame") -> Generator[None]:
    """A frame that SQL can read under a name; categories are texts there.

    Inside a transaction its rows stay in memory until that ends: many go by ``append``.
    """
    connection.register(name, _rows(frame))
    try:
        yield
    finally:
        # A broken transaction refuses this too; told instead of it, that would hide what went wrong.
        with suppress(duckdb.TransactionException):
            connection.unregister(name)


def _rows(frame: "pl.DataFrame") -> Any:
    import polars as pl

    enums = [column for column, dtype in frame.schema.items() if isinstance(dtype, pl.Enum)]
    return frame.with_columns(pl.col(enums).cast(pl.String)).to_arrow()


def named_in(query: str, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments that a query names; the database refuses any other."""
    return {name: value for name, value in arguments.items() if f"${name}" in query} or None


def replace_table(connection: Connection, name: str, frame: "pl.DataFrame") -> int:
    """Replace a table by a frame, atomically.  Returns the number of rows."""
    rows = connection.from_arrow(_rows(frame))
    rows.query("arriving", f"CREATE OR REPLACE TABLE {name} AS FROM arriving")
    return frame.height


def append(connection: Connection, table: str, frame: "pl.DataFrame") -> None:
    """Append rows to a table, column by column of the same name."""
    rows = connection.from_arrow(_rows(frame))
    rows.query("arriving", f"INSERT INTO {table} BY NAME FROM arriving")


def insert(
    connection: Connection,
    table: str,
    /,
    *,
    if_there: Literal["refuse", "replace", "ignore"] = "refuse",
    **columns: Any,
) -> None:
    """Insert one row by the names of its columns; ``if_there``: what becomes of it where its key is taken."""
    how = {"refuse": "", "replace": "OR REPLACE ", "ignore": "OR IGNORE "}[if_there]
    marks = ", ".join("?" for _ in columns)
    connection.execute(
        f"INSERT {how}INTO {table} ({', '.join(columns)}) VALUES ({marks})", list(columns.values())
    )
