"""The writer: one run at a time opens the warehouse, behind a lock.  Readers are in ``warehouse.database.reading``."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb
from filelock import FileLock, Timeout

from models.errors import BusyError, SettingsError, WarehouseError
from warehouse import checkpoint, exchange
from warehouse.checkpoint import copy_whole, opened, take_in_log
from warehouse.clock import local_now
from warehouse.database.frames import Connection
from warehouse.database.opening import prepare_schema
from warehouse.database.rows import SCRATCH
from warehouse.home import Home, log_of

MEMORY: Final = "RISKCODE_MEMORY"
"""Environment variable: how much the database may hold in memory (``6GB``); what is more lies on the disk meanwhile."""
THREADS: Final = "RISKCODE_THREADS"
"""Environment variable: threads of the database (default: as many as there are cores)."""


@contextmanager
def writing(home: Home, *, wait_seconds: float = 0) -> Generator[Connection]:
    """The warehouse, for the one run that may write it.

    The lock is the operating system's: it goes when the process goes, however it dies.
    Raises BusyError when another run still holds it after ``wait_seconds``, WarehouseError where there is no room for
    what it would write.
    """
    with holding(home, wait_seconds=wait_seconds):
        home.require_room()
        connection = _connect(home)
        try:
            prepare_schema(connection)
            yield connection
        finally:
            connection.close()
            take_in_log(home, whole=False)


@contextmanager
def looking_back(home: Home, *, wait_seconds: float = 0) -> Generator[Connection]:
    """The warehouse as it stands between two runs, to ask the past of; no run waits for who asks.

    A copy that is nowhere to be found: it is taken under the lock and goes with the connection, however that ends.
    Raises BusyError when a run still writes after ``wait_seconds``, WarehouseError where there is no room for it, or
    nothing to ask.
    """
    copy = home.root / _asked(f"{os.getpid()}")
    with holding(home, wait_seconds=wait_seconds):
        if not home.warehouse.exists():
            raise WarehouseError("{root} has no past yet. Start a run first: ./riskcode run", root=home.root)
        home.require_room(home.warehouse.stat().st_size)
        with _connect(home) as whole:
            prepare_schema(whole)
        try:
            copy_whole(home, copy)
            connection = duckdb.connect(str(copy), read_only=True)
        finally:
            copy.unlink(missing_ok=True)
    try:
        _set_up(connection)
        yield connection
    finally:
        connection.close()


def _asked(name: str) -> str:
    return f".asked-{name}.duckdb"


@contextmanager
def holding(home: Home, *, wait_seconds: float = 0) -> Generator[None]:
    """The lock alone, for whoever moves the warehouse's files.  Raises BusyError when a run holds it.

    A restore, or a checkpoint, that was decided and not finished is finished first.
    """
    home.prepare()
    lock, note = _acquire(home, wait_seconds), _note(home)
    try:
        exchange.finish(home)
        checkpoint.finish(home)
        for asked in home.root.glob(_asked("*")):
            # Of a replay that was killed: it is there for a moment only, under the lock.
            asked.unlink()
        for judged in home.root.glob(SCRATCH.format("*")):
            shutil.rmtree(judged)
        since = local_now().isoformat(sep=" ", timespec="seconds")
        note.write_text(f"process {os.getpid()} since {since}", encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _connect(home: Home) -> Connection:
    written = log_of(home.warehouse)
    if written.exists() and not home.warehouse.exists():
        # DuckDB would remove the log and begin an empty warehouse.
        raise WarehouseError(
            "{log} lies there without {warehouse}, and holds what was written last. Put the warehouse back beside it; "
            "where there is none any more, move the log away, and: ./riskcode restore FROM",
            log=written,
            warehouse=home.warehouse.name,
        )
    try:
        connection = opened(home.warehouse)
    except duckdb.Error as error:
        raise WarehouseError(
            "{warehouse} cannot be opened ({error}). Close other programs that hold it; if it is damaged: ./riskcode "
            "restore FROM --replace. The published copy is not affected.",
            warehouse=home.warehouse,
            error=error,
        ) from error
    _set_up(connection)
    if memory_limit := os.environ.get(MEMORY):
        try:
            connection.execute(f"SET memory_limit = '{memory_limit}'")
        except duckdb.Error as error:
            connection.close()
            raise SettingsError(
                "{memory} is no size of memory; say for example 6GB.", memory=memory_limit
            ) from error
    return connection


def _set_up(connection: Connection) -> None:
    connection.execute("SET preserve_insertion_order = true")
    if (threads := os.environ.get(THREADS, "")).isdecimal():
        connection.execute(f"SET threads = {max(1, int(threads))}")
    elif threads:
        connection.close()
        raise SettingsError("{threads} is no number of threads; say for example 2.", threads=threads)
    connection.execute("SET TimeZone = 'Asia/Shanghai'")
    connection.execute("SET enable_progress_bar = false")


def refuse_when_busy(home: Home) -> None:
    """Raise BusyError when a run is writing.  Only a courtesy: ``writing`` decides."""
    _acquire(home).release()


def _acquire(home: Home, wait_seconds: float = 0) -> FileLock:
    lock = FileLock(home.lock)
    try:
        lock.acquire(timeout=wait_seconds, poll_interval=0.2)
    except Timeout:
        note = _note(home)
        holder = note.read_text(encoding="utf-8") if note.exists() else "process unknown"
        raise BusyError(
            "Another run is writing {root} ({holder}). Wait for it to end and run again; reading the "
            "published copy is possible meanwhile.",
            root=home.root,
            holder=holder,
        ) from None
    return lock


def _note(home: Home) -> Path:
    """Says who holds the lock, for the message to the one who is refused."""
    return home.lock.with_suffix(".holder")
