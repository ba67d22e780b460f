"""Copies for readers: tables written to a new file that takes the old one's place in one step."""

import os
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from warehouse.database.frames import Connection, named_in


def copy_tables(
    connection: Connection,
    target: Path,
    tables: Mapping[str, str],
    *,
    known_at: date | None = None,
) -> int:
    """Write tables (name: query) into a database of their own that replaces ``target`` at once.

    Returns its size in bytes.
    """
    building = under_construction(target)
    attach(connection, building)
    try:
        for table, query in tables.items():
            create(connection, table, query, known_at)
        connection.execute("CHECKPOINT copy")
    finally:
        connection.execute("DETACH copy")
    return put_in_place(building, target)


def under_construction(target: Path) -> Path:
    """Where a copy is built; what a run that died left there is removed."""
    for stale in target.parent.glob(f"{target.stem}.building-*"):
        stale.unlink()
    return target.with_suffix(f".building-{os.getpid()}")


def attach(connection: Connection, path: Path, name: str = "copy", *, read_only: bool = False) -> None:
    """Open another file under a name, by default that of a copy under construction."""
    at = str(path).replace("'", "''")
    connection.execute(f"ATTACH '{at}' AS {name}{' (READ_ONLY)' if read_only else ''}")


def look_first_into(connection: Connection, name: str, schemas: Iterable[str]) -> None:
    """Let the tables that an attached file has in some schemas take the place of those of the same name.

    All others stay those of the file that was opened first, whose name ``current_database()`` goes on to tell.
    """
    [[first]] = connection.execute("SELECT current_database()").fetchall()
    paths = [f"{first}.main", *(f"{file}.{schema}" for file in (name, first) for schema in schemas)]
    connection.execute(f"SET search_path = '{','.join(paths)}'")


def put_in_place(building: Path, target: Path) -> int:
    """Put a finished file where readers look, in one step.  Returns its size in bytes."""
    with building.open("rb") as file:
        os.fsync(file.fileno())
    size = building.stat().st_size
    building.replace(target)
    return size


def create(connection: Connection, table: str, query: str, known_at: date | None) -> None:
    """Create a table of the copy from a query."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS copy.{table.split('.')[0]}")
    connection.execute(f"CREATE TABLE copy.{table} AS {query}", named_in(query, {"known_at": known_at}))
