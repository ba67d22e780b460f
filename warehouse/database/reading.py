"""Readers: the published copy, opened read-only.  Imports stay light, so that a question is answered at once."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from models.errors import WarehouseError
from warehouse.database.copies import attach, look_first_into
from warehouse.database.frames import Connection
from warehouse.database.meta import COPY_FORMAT, format_of, require_copy_format
from warehouse.home import Home

Row = dict[str, Any]


@contextmanager
def reading(
    home: Home, *, replayed: date | None = None, measured: bool = False, any_format: bool = False
) -> Generator[Connection]:
    """The published copy, or that of a ``replayed`` day.  A reader keeps the file it opened when a new one comes.

    ``measured``: with what was measured last, which is published by itself.

    Raises WarehouseError while nothing is published, and for a copy of another format unless ``any_format`` says that
    only what every program tells alike is asked.
    """
    path = home.copy_of(replayed) if replayed else home.published
    if not path.exists() and replayed:
        raise WarehouseError(
            "{day} is not kept as it was coded again: ./riskcode run --as-of {day}", day=replayed
        )
    if not path.exists():
        if home.warehouse.exists():
            raise WarehouseError(
                "{root} has no published copy. Where anything was coded before, this makes it: ./riskcode doctor; else "
                "start a run: ./riskcode run",
                root=home.root,
            )
        raise WarehouseError(
            "Nothing has been published in {root} yet. Start a run first: ./riskcode run", root=home.root
        )
    connection = open_copy(path)
    try:
        if not any_format:
            require_copy_format(connection)
        if measured and home.published_measures.exists():
            attach(connection, home.published_measures, "measures", read_only=True)
            look_first_into(connection, "measures", ("risk", "ops"))
        yield connection
    finally:
        connection.close()


@contextmanager
def telling_of_runs(home: Home) -> Generator[Connection | None]:
    """The published copy, or where it is missing or damaged the warehouse; ``None`` before the first run.

    Only what every program tells alike is asked: ``ops.runs`` and ``ops.meta``.

    Raises WarehouseError where the copy is damaged and the warehouse is being written.
    """
    copy = _opened(home.published)
    connection = copy or _opened(home.warehouse)
    if connection is None and home.published.exists():
        raise WarehouseError(
            "The published copy {path} cannot be read, and another run is writing. Wait for it to end: it publishes "
            "a new one.",
            path=home.published,
        )
    try:
        yield connection
    finally:
        if connection is not None:
            connection.close()


def _opened(path: Path) -> Connection | None:
    """A file that tells of runs, read-only; ``None`` where it is not there, cannot be read, or is being written."""
    if not path.exists():
        return None
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error:
        return None
    try:
        for table in ("ops.runs", "ops.meta"):
            connection.execute(f"SELECT bit_xor(hash(t)) FROM {table} t").fetchall()
    except duckdb.Error:
        connection.close()
        return None
    return connection


def is_published(home: Home) -> bool:
    """Whether there is a published copy of this program's format that can be opened."""
    if not home.published.exists():
        return False
    try:
        with reading(home, any_format=True) as connection:
            return format_of(connection) == COPY_FORMAT
    except WarehouseError:
        return False


def open_copy(path: Path) -> Connection:
    """A published file, read-only.  Raises WarehouseError when it cannot be read."""
    try:
        return duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise WarehouseError(
            "The published copy {path} cannot be read ({error}). Run again to publish a new one.",
            path=path,
            error=error,
        ) from error


def rows(connection: Connection, query: str, arguments: Row | None = None) -> list[Row]:
    """Result of a query as dictionaries."""
    result = connection.execute(query, arguments or None)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
