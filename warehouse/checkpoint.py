"""What was written goes into the file of the warehouse by way of a copy, which then takes its place.

DuckDB writes to a log (``.wal``) first.  Taking the log into the file, it writes blocks over themselves that the file
still rests on: whoever dies in the middle of one (a kill, no power) leaves a file that nobody can read.  A copy that is
damaged so is thrown away, and file and log are as they were.
"""

import hashlib
import json
import logging
import os
import shutil
from contextlib import suppress
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
        if whole:
            finish(home)
            raise
        with suppress(OSError):  # else whoever takes the lock next finishes it
            finish(home)
        log.warning("what was written stays in the log beside the warehouse: %s", error)


def _take_in(home: Home) -> None:
    new, note, file = _copy(home), _note(home), home.warehouse
    _discard(home)
    # Another program that holds the file would go on writing into what has been replaced: DuckDB refuses then.
    opened(file).close()
    shutil.copy(file, new)
    shutil.copy(log_of(file), log_of(new))
    if os.geteuid() == 0:
        # Who may write it may go on.
        os.chown(new, file.stat().st_uid, file.stat().st_gid)
    with opened(new) as connection:
        connection.execute("CHECKPOINT")
    synced(new)
    note.write_text(json.dumps([new.stat().st_ino, _digest(log_of(file))]), encoding="utf-8")
    synced(note)
    synced(home.root)
    new.replace(file)
    synced(home.root)
    finish(home)


def finish(home: Home) -> None:
    """Finish what a kill left.  Called by the holder of the lock before anybody connects.

    The log goes only where the copy it was taken into is the warehouse: else file and log are as they were.
    """
    note = _note(home)
    if note.exists():
        if _is_taken_in(home):
            log_of(home.warehouse).unlink(missing_ok=True)
            synced(home.root)
        note.unlink()
    _discard(home)


def _is_taken_in(home: Home) -> bool:
    """Whether the file is the copy that was decided on, and the log the one that was taken into it."""
    file, written = home.warehouse, log_of(home.warehouse)
    try:
        node, digest = json.loads(_note(home).read_text(encoding="utf-8"))
    except ValueError:
        return False  # a kill while it was noted: nothing had been decided
    return file.exists() and file.stat().st_ino == node and written.exists() and _digest(written) == digest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _discard(home: Home) -> None:
    for path in (_copy(home), log_of(_copy(home))):
        path.unlink(missing_ok=True)


def _copy(home: Home) -> Path:
    return home.warehouse.with_name("checkpoint.duckdb")


def _note(home: Home) -> Path:
    return home.root / "checkpoint.decided"
