"""A copy for other programs: what is published, without what tells of a person."""

from pathlib import Path

import duckdb

from models.errors import WarehouseError
from warehouse.database.copies import attach, copy_tables
from warehouse.database.reading import reading
from warehouse.home import Home
from warehouse.schema.catalogue import OWN


def share(home: Home, target: Path) -> int:
    """Write the published copy without its personal columns to a file.  Returns its size in bytes.

    Tables that no declaration judges are left out.  Raises WarehouseError while nothing is published, or where the
    file cannot be written.
    """
    with reading(home):
        pass  # it is there, and of this program's format
    try:
        with duckdb.connect() as connection:
            attach(connection, home.published, "published", read_only=True)
            connection.execute("USE published")
            columns = connection.execute(
                "SELECT schema_name || '.' || table_name, list(column_name) FROM duckdb_columns() "
                "WHERE database_name = 'published' AND NOT internal GROUP BY ALL ORDER BY ALL"
            ).fetchall()
            tables = {name: _impersonal(name, held) for name, held in columns if name in OWN}
            return copy_tables(connection, target, tables)
    except duckdb.IOException as error:
        raise WarehouseError(
            "{file} cannot be written ({error}). Name another file.", file=target, error=error
        ) from error


def _impersonal(name: str, held: list[str]) -> str:
    """SQL that gives the rows of a table without its personal columns."""
    hidden = ", ".join(column for column in held if column in OWN[name].personal)
    return f"SELECT * {f'EXCLUDE ({hidden})' if hidden else ''} FROM {name}"
