"""Readers: the published copy, opened read-only.  Imports stay light, so that a question is answered at once."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from models.errors import WarehouseError
from warehouse.database.frames import Connection
from warehouse.database.meta import COPY_FORMAT, format_of, require_copy_format
from warehouse.home import Home

Row = dict[str, Any]


@contextmanager
def reading(home: Home, *, any_format: bool = False) -> Generator[Connection]:
    """The published copy.  A reader keeps the file it opened even when a new one is published meanwhile.

    Raises WarehouseError while nothing is published, and for a copy of another format unless ``any_format`` says that
    only what every program tells alike is asked.
    """
    if not home.published.exists():
        raise WarehouseError(
            "Nothing has been published in {root} yet. Start a run first: ./riskcode run", root=home.root
        )
    connection = open_copy(home.published)
    try:
        if not any_format:
            require_copy_format(connection)
        yield connection
    finally:
        connection.close()


def is_published(home: Home) -> bool:
    """Whether there is a published copy of this program's format."""
    if not home.published.exists():
        return False
    with reading(home, any_format=True) as connection:
        return format_of(connection) == COPY_FORMAT


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
