"""A place of its own for every day that is coded: what lives is touched only when the day is issued.

A place is a database beside the warehouse, ``days/2026-06-30.duckdb``.  While it is open the tables of the day
(``OwnTable.is_of_day``) are those of the place, and every other one is that of the warehouse, whatever SQL is run:
the search path says so.  A database is written by one transaction at a time, so nothing is written to both at once.

What a place holds was made by one coding: the same knowledge, the same writes, the same rules.  Another coding of the
day begins with an empty place.
"""

from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path

import duckdb

from models.errors import WarehouseError
from warehouse.database.copies import attach, look_first_into
from warehouse.database.frames import Connection, log, transaction
from warehouse.database.meta import value
from warehouse.home import Home, log_of
from warehouse.schema.catalogue import OWN

PLACE = "day"
"""Name of the open place in SQL."""
OF_DAY = tuple(name for name, table in OWN.items() if table.is_of_day)
"""Tables that a day is coded into."""
_SCHEMAS = tuple(dict.fromkeys(name.split(".")[0] for name in OF_DAY))

_OWN_TABLES = f"""
CREATE TABLE IF NOT EXISTS {PLACE}.main.coding (
    as_of DATE, known_at DATE, stored_no BIGINT, rules VARCHAR);
CREATE TABLE IF NOT EXISTS {PLACE}.main.made (stage VARCHAR PRIMARY KEY);
CREATE TABLE IF NOT EXISTS {PLACE}.main.brought (name VARCHAR PRIMARY KEY);
CREATE TABLE IF NOT EXISTS {PLACE}.main.filled (tables VARCHAR, upto VARCHAR);
CREATE TABLE IF NOT EXISTS {PLACE}.main.kept (since VARCHAR, as_of DATE);
CREATE TABLE IF NOT EXISTS {PLACE}.main.kept_wrongly (told VARCHAR);
CREATE TABLE IF NOT EXISTS {PLACE}.main.renewed (
    enterprise_id VARCHAR, levels BOOLEAN, codes BOOLEAN, ways BOOLEAN, is_old BOOLEAN, is_sampled BOOLEAN);
"""
_KEPT_OF_PLACE = ("coding", "made", "brought", "filled", "kept", "kept_wrongly", "renewed")
"""What a place knows of itself: its coding, the stages that are made, the tables that were made elsewhere and that no
stage has taken over yet, how far tables of enterprises are filled, and of a renewal what it rests on and whom it codes
anew (``warehouse.coding.renewal``)."""


@dataclass(frozen=True)
class Identity:
    """What decides every byte of a place: day, day of knowledge, last write that counts, hash of the rules."""

    as_of: date
    known_at: date
    stored_no: int
    rules: str


@contextmanager
def open_place(connection: Connection, home: Home, day: date) -> Generator[None]:
    """Let the tables of the day be those of its place.  Raises WarehouseError when the file cannot be opened.

    Where a table of it, or of the warehouse, turns out to be damaged, the place is removed: whoever goes on with it
    would come to the same.
    """
    path = place_of(home, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    warehouse = live(connection)
    _attach(connection, path)
    damage = ""
    try:
        _prepare(connection)
        look_first_into(connection, PLACE, _SCHEMAS)
        yield
    except duckdb.Error as error:
        damage = f"{error}" if "Corrupt database file" in f"{error}" else ""
        raise
    finally:
        connection.execute(f"USE {warehouse}.main")
        connection.execute(f"DETACH {PLACE}")
        if damage:
            _remove_damaged(path, damage)


def place_of(home: Home, day: date) -> Path:
    """The file of a day's place, whether or not it is there."""
    return home.days / f"{day}.duckdb"


def live(connection: Connection) -> str:
    """Name of the warehouse itself in SQL: ``{live}.risk.codes`` are the codes that live, whatever place is open."""
    return str(value(connection, "SELECT current_database()"))


def is_open(connection: Connection) -> bool:
    """Whether a place is open."""
    return bool(value(connection, "SELECT count(*) FROM duckdb_databases() WHERE database_name = ?", [PLACE]))


def cursor_of(connection: Connection) -> Connection:
    """A cursor that sees the same tables under the same names; a new one by itself knows no search path."""
    path = value(connection, "SELECT current_setting('search_path')")
    cursor = connection.cursor()
    if path:
        cursor.execute(f"SET search_path = '{path}'")
    return cursor


def identity(connection: Connection) -> Identity | None:
    """By which coding the open place was made; ``None`` for an empty one."""
    found = connection.execute(
        f"SELECT as_of, known_at, stored_no, rules FROM {PLACE}.main.coding"
    ).fetchall()
    return Identity(*found[0]) if found else None


def begin(connection: Connection, coding: Identity) -> bool:
    """Empty the open place unless it was made by this coding; gives whether it is empty now."""
    if identity(connection) == coding:
        return False
    # Whoever dies here leaves what was there, and what is noted of it.
    with transaction(connection):
        for name in held(connection):
            connection.execute(f"DROP TABLE {PLACE}.{name}")
        for name in _KEPT_OF_PLACE:
            connection.execute(f"DROP TABLE {PLACE}.main.{name}")
        _prepare(connection)
        connection.execute(f"INSERT INTO {PLACE}.main.coding VALUES (?, ?, ?, ?)", list(astuple(coding)))
    return True


def made(connection: Connection) -> set[str]:
    """Stages whose tables the open place holds."""
    return {stage for (stage,) in connection.execute(f"SELECT stage FROM {PLACE}.main.made").fetchall()}


def mark(connection: Connection, stage: str) -> None:
    """Remember that the tables of a stage are made."""
    connection.execute(f"INSERT OR IGNORE INTO {PLACE}.main.made VALUES (?)", [stage])
    log_there = log_of(Path(value(connection, _FILE, [PLACE])))
    if log_there.exists() and log_there.stat().st_size > LONG_LOG:
        # Whoever dies meanwhile may leave a file that nobody can read: then the day is coded anew.
        with suppress(duckdb.TransactionException):
            connection.execute(f"CHECKPOINT {PLACE}")


LONG_LOG = 2**26
"""Bytes of what was written to a place last that are taken into its file at the end of a stage."""
_FILE = "SELECT path FROM duckdb_databases() WHERE database_name = ?"


def filled_up_to(connection: Connection, tables: Iterable[str]) -> str | None:
    """Last enterprise, by their order, for whom tables of the open place are filled, by whoever died meanwhile."""
    return value(
        connection, f"SELECT max(upto) FROM {PLACE}.main.filled WHERE tables = ?", [" ".join(tables)]
    )


def is_filled(connection: Connection, tables: Iterable[str]) -> bool:
    """Whether tables of the open place are filled for all enterprises."""
    asked = f"SELECT count(*) FROM {PLACE}.main.filled WHERE tables = ? AND upto IS NULL"
    return bool(value(connection, asked, [" ".join(tables)]))


def note_filled(connection: Connection, tables: Iterable[str], upto: str | None = None) -> None:
    """Remember for which enterprises tables are filled; called in the transaction that fills them."""
    connection.execute(f"INSERT INTO {PLACE}.main.filled VALUES (?, ?)", [" ".join(tables), upto])


def forget_begun(connection: Connection) -> None:
    """Let tables that are not filled for all enterprises be filled from their beginning, with nothing kept."""
    filled = f"SELECT tables FROM {PLACE}.main.filled WHERE upto IS NULL"
    with transaction(connection):
        connection.execute(f"DELETE FROM {PLACE}.main.filled WHERE tables NOT IN ({filled})")
        _forget(connection, "kept", "renewed")


def forget_made(connection: Connection) -> None:
    """Let every stage be one that is still to be made, from its beginning, and nothing be kept."""
    with transaction(connection):
        _forget(connection, "made", "filled", "kept", "renewed")


def _forget(connection: Connection, *noted: str) -> None:
    for name in noted:
        connection.execute(f"DELETE FROM {PLACE}.main.{name}")


def note_brought(connection: Connection, tables: Iterable[str]) -> None:
    """Remember that the open place holds tables that were made elsewhere."""
    connection.execute(f"INSERT OR IGNORE INTO {PLACE}.main.brought SELECT unnest(?::VARCHAR[])", [[*tables]])


def take_brought(connection: Connection, tables: Iterable[str]) -> bool:
    """Whether the open place holds all these tables as they were brought; each is taken over once."""
    brought = {name for (name,) in connection.execute(f"SELECT name FROM {PLACE}.main.brought").fetchall()}
    for name in (mine := brought & {*tables}):
        connection.execute(f"DELETE FROM {PLACE}.main.brought WHERE name = ?", [name])
    return mine == {*tables}


def held(connection: Connection) -> list[str]:
    """Tables of the day that the open place holds."""
    return [name for name in tables_of(connection, PLACE) if name in OWN]


def tables_of(connection: Connection, database: str) -> list[str]:
    """All tables of the open place, or of the warehouse (``live``)."""
    query = "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = ?"
    return [name for (name,) in connection.execute(query, [database]).fetchall()]


def put_in_force(connection: Connection, but: Iterable[str] = ()) -> None:
    """Let the tables of the open place take the place of those that live; called in the transaction that issues."""
    warehouse = live(connection)
    for name in sorted({*held(connection)} - {*but}):
        connection.execute(f"CREATE OR REPLACE TABLE {warehouse}.{name} AS FROM {PLACE}.{name}")


def shed_old(home: Home, kept: int) -> None:
    """Of all places but those written last, ``kept`` in number, keep the codes alone, as ``days/codes/<day>.parquet``.

    Of one that died before all codes were made none are kept; nor of one that cannot be read, which the log tells.
    Copies of replayed days beyond that number are removed; they are made again by coding the day again.
    """
    for path in _oldest(home.days, kept):
        try:
            _keep_codes(path, home.days / "codes" / f"{path.stem}.parquet")
        except duckdb.Error as error:
            if _is_in_use(error):
                continue
            log.warning("codes of %s are not kept, for their place cannot be read: %s", path.stem, error)
        _remove(path)
    for path in _oldest(home.published_days, kept):
        path.unlink()


def _oldest(folder: Path, kept: int) -> list[Path]:
    there = sorted(folder.glob("*.duckdb"), key=lambda path: (path.stat().st_mtime, path.name))
    return there[: max(0, len(there) - kept)]


def _keep_codes(place: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    building = target.with_suffix(".building")
    with duckdb.connect(str(place)) as connection:
        if connection.execute("SELECT count(*) FROM main.made WHERE stage = 'codes'").fetchall() == [(1,)]:
            connection.execute(
                "COPY (FROM risk.codes ORDER BY enterprise_id) TO $1 (FORMAT parquet)", [str(building)]
            )
            building.replace(target)


def _prepare(connection: Connection) -> None:
    connection.execute(_OWN_TABLES)
    for schema in _SCHEMAS:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {PLACE}.{schema}")


def _attach(connection: Connection, path: Path) -> None:
    """Attach a place.  One that nobody holds and that cannot be read is made anew, for it holds what can be made."""
    try:
        try:
            attach(connection, path, PLACE)
        except duckdb.Error as error:
            if _is_in_use(error):
                raise
            _remove_damaged(path, f"{error}")
            attach(connection, path, PLACE)
    except (duckdb.Error, OSError) as error:
        raise WarehouseError(
            "{path} cannot be opened ({error}). Close other programs that hold it; if it is damaged, remove it: "
            "the day is coded anew.",
            path=path,
            error=error,
        ) from error


def _is_in_use(error: duckdb.Error) -> bool:
    """Whether a file is held by another program, or by this one under another name."""
    return any(said in f"{error}" for said in ("Could not set lock", "Unique file handle conflict"))


def _remove_damaged(path: Path, damage: str) -> None:
    log.warning("the day is coded anew, for what was made of it cannot be read: %s", damage)
    _remove(path)


def _remove(path: Path) -> None:
    path.unlink()
    log_of(path).unlink(missing_ok=True)
