"""What was written goes into the file of the warehouse by way of a copy, which then takes its place.

DuckDB writes to a log (``.wal``) first.  Taking the log into the file, it writes blocks over themselves that the file
still rests on: whoever dies in the middle of one (a kill, no power) leaves a file that nobody can read.  A copy that is
damaged so is thrown away, and file and log are as they were.
"""

import logging
import os
import shutil
from pathlib import Path

import duckdb

from models.errors import WarehouseError
from warehouse.database.frames import Connection
from warehouse.exchange import synced
from warehouse.home import Home, log_of

log = logging.getLogger("riskcode")

_SMALL, _SHARE = 2**28, 20
"""Beside a file of so many bytes at most, which is copied in a moment, no log is left; beside a larger one it is taken
in from one in so many of the file on, and read each time until then."""


def opened(file: Path) -> Connection:
    """A database that takes nothing of its log in by itself.  Raises duckdb.Error."""
    connection = duckdb.connect(str(file), config={"checkpoint_threshold": "1TB"})
    connection.execute("PRAGMA disable_checkpoint_on_shutdown")
    return connection


def copy_whole(home: Home, target: Path) -> None:
    """Copy all that the warehouse holds.  Called by the holder of the lock; raises as ``take_in_log``."""
    take_in_log(home)
    shutil.copyfile(home.warehouse, target)


def take_in_log(home: Home, *, whole: bool = True) -> None:
    """Let the file of the warehouse hold all that was written.  Called by the holder of the lock, nobody connected.

    ``whole=False``: only where the log is long for its file; where that fails it is tried again after the next write.
    Raises WarehouseError where there is no room for a copy, OSError or duckdb.Error where file or log cannot be read.
    """
    written = log_of(home.warehouse)
    size = written.stat().st_size if written.exists() else 0
    held = home.warehouse.stat().st_size if size else 0
    least = 1 if whole or held <= _SMALL else held // _SHARE
    if size < least:
        return
    try:
        home.require_bytes(size + held)
        _take_in(home)
    except (OSError, duckdb.Error, WarehouseError) as error:
        finish(home)
        if whole:
            raise
        log.warning("what was written stays in the log beside the warehouse: %s", error)


def _take_in(home: Home) -> None:
    new, note, file = _copy(home), _note(home), home.warehouse.resolve()
    _discard(home)
    shutil.copy(file, new)
    shutil.copy(log_of(home.warehouse), log_of(new))
    if os.geteuid() == 0:
        # Who may write it may go on.
        os.chown(new, file.stat().st_uid, file.stat().st_gid)
    with opened(new) as connection:
        connection.execute("CHECKPOINT")
    synced(new)
    note.touch()
    synced(home.root)
    new.replace(file)
    synced(file.parent)
    finish(home)


def finish(home: Home) -> None:
    """Finish what a kill left.  Called by the holder of the lock before anybody connects."""
    note = _note(home)
    if note.exists():
        if not _copy(home).exists():
            # It has taken the place of the file; the log that is there is in it already.
            log_of(home.warehouse).unlink(missing_ok=True)
            synced(home.root)
        note.unlink()
    _discard(home)


def _discard(home: Home) -> None:
    for path in (_copy(home), log_of(_copy(home))):
        path.unlink(missing_ok=True)


def _copy(home: Home) -> Path:
    # Beside the file itself, which may lie on another disk.
    return home.warehouse.resolve().with_name("checkpoint.duckdb")


def _note(home: Home) -> Path:
    return home.root / "checkpoint.decided"
