"""Copies for readers: tables written to a new file that takes the old one's place in one step."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from warehouse.database.frames import Connection, named_in
from warehouse.database.meta import get_meta, set_meta, value
from warehouse.home import Home

NOTED = "copy:"
"""How keys of what is remembered of copies begin; no copy tells of itself."""


def damage_of(path: Path) -> str | None:
    """What hinders reading a copy, every byte of which is read; ``None`` where nothing does."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, table in connection.execute(_TABLES).fetchall():
                connection.execute(f'SELECT bit_xor(hash(t)) FROM "{schema}"."{table}" t').fetchall()
    except duckdb.Error as error:
        return str(error)
    return None


_TABLES = "SELECT schema_name, table_name FROM duckdb_tables()"


def stamp(*paths: Path) -> str:
    """Sizes and times of change; empty for what is not there."""
    return " ".join(map(_stamp, paths)).strip()


def _stamp(path: Path) -> str:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return ""
    return f"{stat.st_size} {stat.st_mtime_ns}"


@dataclass(frozen=True)
class Copy:
    """One of the readers' copies, and how the warehouse knows whether it is the one to be read.

    ``file``: in the folder of published copies.  ``holds``: SQL for what of the warehouse a copy is made from, one
    text, which changes with it; no row or NULL where there is nothing to copy yet.  ``mark_of``: by what its file is
    known; ``damage_of``: what hinders reading it.
    """

    file: str
    holds: str
    mark_of: Callable[[Path], str] = stamp
    damage_of: Callable[[Path], str | None] = damage_of

    def at(self, home: Home) -> Path:
        """Where it is read, whether or not it is there."""
        return home.published.parent / self.file

    def note(self, connection: Connection, home: Home) -> None:
        """Remember that the copy was made just now."""
        set_meta(connection, self._key, f"{value(connection, self.holds)} {self.mark_of(self.at(home))}")

    def stands(self, connection: Connection, home: Home) -> bool:
        """Whether the copy is there as it was made, and from what the warehouse holds now.

        Not where whoever wrote died before it was made, nor where it was removed, cut, exchanged or changed since.
        """
        held = value(connection, self.holds)
        return held is None or get_meta(connection, self._key) == f"{held} {self.mark_of(self.at(home))}"

    @property
    def _key(self) -> str:
        return NOTED + self.file


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
