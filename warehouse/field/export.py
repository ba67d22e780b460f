"""What counts at the desk, as daily files in the inbox, where the way back begins.

How far it got, and when, is noted beside the files, after they are whole: whoever dies in between leaves files that the
next one finds to be right.  The note tells which row it ends with; with another ledger, or one of before, all days are
compared anew.  The warehouse is never opened.
"""

import json
import logging
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from models.errors import BusyError, RiskcodeError
from warehouse.clock import local_now
from warehouse.exchange import synced
from warehouse.field import outbox
from warehouse.field.engine import Ledger
from warehouse.home import Home
from warehouse.intake.daily import write_days

log = logging.getLogger("riskcode")

SOURCE: Final = "desk"
"""The folder of the inbox, and the mapping that reads it."""
PATIENCE_SECONDS: Final = 60
"""How long an export waits for another one."""
LOOK_SECONDS: Final = 2
"""How often the ledger is asked whether another process wrote; what its own writes is known at once."""
_NOTE: Final = ".exported"
_MOST_TIMES: Final = 2000
"""Exports whose moments are kept: of visits signed some weeks ago nobody asks the minute any more."""


@dataclass(frozen=True)
class Exported:
    """``place``: of the last row of the outbox that lies in the inbox; ``files``: those that changed."""

    place: int
    files: tuple[Path, ...]


def export(
    ledger: Ledger, home: Home, *, everything: bool = True, wait_seconds: float = PATIENCE_SECONDS
) -> Exported:
    """Write the days of which something was recorded since the last export, or compare ``everything``.

    Repeated, it writes nothing.  Raises BusyError where another export goes on for longer than anybody waits.
    """
    folder = home.inbox / SOURCE
    with _alone(home, wait_seconds), ledger.reading() as connection:
        last = outbox.last_place(connection)
        begins = 0 if everything else _noted(connection, folder)
        changed = list[Path]()
        for day in outbox.days_after(connection, begins):
            # The rows of a day together: no finding before its visit.
            told = {table: _rows(connection, table, day) for table in outbox.TABLES}
            changed += write_days(folder, told, days=[day])
        if last and (changed or _noted(connection, folder) != last):
            times = _times(folder) if _noted(connection, folder) else []
            _note(folder, last, outbox.seal_at(connection, last), times)
    return Exported(last, tuple(changed))


def exported_place(connection: Connection, home: Home) -> int:
    """How far the outbox of a ledger lies in the inbox; 0 where that is not known."""
    return _noted(connection, home.inbox / SOURCE)


def exported_at(home: Home, place: int) -> datetime | None:
    """When a row of the outbox came to lie in the inbox; ``None`` where that was not kept."""
    kept = _times(home.inbox / SOURCE)
    return next((datetime.fromisoformat(at) for until, at in kept if until >= place), None)


@contextmanager
def exporting(ledger: Ledger, home: Home) -> Generator[None]:
    """Meanwhile a thread exports whatever counts, at once; what cannot be written is told in the log and tried again.

    What was counted before the end is exported before the end.
    """
    ends = threading.Event()
    thread = threading.Thread(target=_go_on, args=(ledger, home, ends), name="export", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        ledger.written.set()
        thread.join()


def _go_on(ledger: Ledger, home: Home, ends: threading.Event) -> None:
    everything, done, told = True, -1, ""
    while True:
        is_last = ends.is_set()
        ledger.written.clear()
        try:
            with ledger.reading() as connection:
                place = outbox.last_place(connection)
            if everything or place != done:
                done, everything = export(ledger, home, everything=everything).place, False
            told = ""
        except (RiskcodeError, SQLAlchemyError, OSError) as error:
            # Whatever is wrong, the desk goes on; what counted waits in the outbox.
            everything = True
            if f"{error}" != told:
                log.warning("export of the desk: %s", error)
                told = f"{error}"
        if is_last:
            return
        if told:
            ends.wait(LOOK_SECONDS)
        else:
            ledger.written.wait(LOOK_SECONDS)


def _rows(connection: Connection, table: str, day: date) -> list[dict[str, Any]]:
    return [row | {"recorded_at": day} for row in outbox.rows_of(connection, table, day)]


@contextmanager
def _alone(home: Home, wait_seconds: float) -> Generator[None]:
    """One exporter at a time; the lock is the operating system's, and goes with its process."""
    lock = FileLock(home.root / "export.lock", timeout=wait_seconds)
    try:
        lock.acquire()
    except Timeout as error:
        raise BusyError("Another export of the desk goes on. Try again; nothing was recorded.") from error
    try:
        yield
    finally:
        lock.release()


def _noted(connection: Connection, folder: Path) -> int:
    """The place noted last, where the ledger has the same row there; 0 otherwise."""
    try:
        told = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
        place, seal = int(told["place"]), str(told["seal"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return 0
    return place if outbox.seal_at(connection, place) == seal else 0


def _times(folder: Path) -> list[tuple[int, str]]:
    """Places up to which was exported, in order, each with the moment."""
    try:
        told = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
        return [(int(place), str(at)) for place, at in told.get("times", [])]
    except (FileNotFoundError, ValueError, AttributeError, TypeError):
        return []


def _note(folder: Path, place: int, seal: str | None, times: list[tuple[int, str]]) -> None:
    if not times or times[-1][0] < place:
        times = [*times, (place, local_now().isoformat())][-_MOST_TIMES:]
    note = folder / _NOTE
    part = note.with_name(f"{_NOTE}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"place": place, "seal": seal, "times": times}))
        file.flush()
        os.fsync(file.fileno())
    part.replace(note)
    synced(folder)
