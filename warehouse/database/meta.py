"""Single values the warehouse keeps about itself, and the numbers of its writes."""

from datetime import datetime
from typing import Any

import duckdb

from models.errors import WarehouseError
from warehouse.database.frames import Connection

FOREVER = "DATE '9999-12-31'"


STORED_NO = "stored_no"
"""Key of the number of the last write of canonical rows."""


def stored_no(connection: Connection) -> int:
    """Number of the last write of canonical rows or decisions about them; every write has the next one."""
    return int(get_meta(connection, STORED_NO) or 0)


def next_stored_no(connection: Connection) -> int:
    """Number of the write that begins now."""
    number = stored_no(connection) + 1
    set_meta(connection, STORED_NO, str(number))
    return number


def next_number(connection: Connection, table: str) -> int:
    """Number of the next row of a table whose rows are numbered."""
    return int(value(connection, f"SELECT coalesce(max(number), 0) + 1 FROM {table}"))


def written_at(connection: Connection) -> datetime:
    """Now, as rows tell when they were written: one time for all that one transaction writes."""
    return value(connection, "SELECT now()::TIMESTAMP")


def value(connection: Connection, query: str, arguments: Any = None) -> Any:
    """The one value a query gives, or ``None``.

    Fetches to the end: an unfinished result would keep the connection to itself.
    """
    found = connection.execute(query, arguments).fetchall()
    return found[0][0] if found else None


def get_meta(connection: Connection, key: str) -> str | None:
    """A value the warehouse remembers about itself."""
    found = value(connection, "SELECT value FROM ops.meta WHERE key = ?", [key])
    return None if found is None else str(found)


CLOSED_ON = "closed_on"
"""Key of the last day of a closed archive, which has no nights after it; empty where deliveries go on."""


def set_meta(connection: Connection, key: str, value: str) -> None:
    """Remember a value."""
    connection.execute("INSERT OR REPLACE INTO ops.meta VALUES (?, ?)", [key, value])


FORMAT = "6"
"""Of the tables of a warehouse.  What is only added to them gets no new format: opening adds it."""
COPY_FORMAT = "10"
"""Of the published copy, which readers read as it is; every run makes it anew."""

FORMAT_KEY = "schema_version"


def note_format(connection: Connection) -> None:
    """Mark a new warehouse."""
    set_meta(connection, FORMAT_KEY, FORMAT)


def require_format(connection: Connection) -> None:
    """Raise WarehouseError unless the warehouse is of this program's format."""
    if (found := format_of(connection)) != FORMAT:
        raise WarehouseError(
            "The data has format {found}, this program knows {known}. Use the program that made it, or set "
            "RISKCODE_HOME to a new folder and run once: ./riskcode run",
            found=found or "0",
            known=FORMAT,
        )


def require_copy_format(connection: Connection) -> None:
    """Raise WarehouseError unless the published copy is of this program's format."""
    if (found := format_of(connection)) != COPY_FORMAT:
        raise WarehouseError(
            "The published copy has format {found}, this program knows {known}. Publish a new one: ./riskcode run",
            found=found or "0",
            known=COPY_FORMAT,
        )


def format_of(connection: Connection) -> str | None:
    """Format of a warehouse or copy, or ``None`` where there is no mark."""
    try:
        return get_meta(connection, FORMAT_KEY)
    except duckdb.CatalogException:
        return None
