"""Making a backup: under the writer's lock, verified before it counts, and the oldest ones make room for it."""

import shutil
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import count
from pathlib import Path

from models.errors import WarehouseError
from warehouse.checkpoint import take_in_log
from warehouse.connection import holding
from warehouse.database.frames import log
from warehouse.exchange import synced
from warehouse.home import Home
from warehouse.keeping.manifest import (
    FILES,
    Manifest,
    copied,
    issued_in,
    read_manifest,
    require_whole,
    write_manifest,
)
from warehouse.keeping.parts import kept_files

_SPARE = 2**20
"""Bytes for the manifest, and for logs that grow meanwhile."""


@dataclass(frozen=True)
class Backup:
    """A finished backup, and those that were removed for it."""

    folder: Path
    manifest: Manifest
    removed: tuple[Path, ...]


def back_up(
    home: Home, to: Path, *, at: datetime, program: str, keep: int | None = None, wait_seconds: float = 0
) -> Backup:
    """Make a verified backup of a home, in a folder of its own below ``to``.

    ``keep``: how many finished backups of this home stay there, the new one included; ``None``: all of them.
    Raises BusyError when a run still writes after ``wait_seconds``, WarehouseError where there is nothing to keep, no
    folder or no room, or where what was written does not read back.
    """
    if not to.is_dir():
        raise WarehouseError(
            "There is no folder {folder} to put backups into. Make it, or mount the disk it lies on.",
            folder=to,
        )
    with holding(home, wait_seconds=wait_seconds), _told(to):
        # Only now: a restore that a kill interrupted is finished by the lock.
        if not home.warehouse.exists():
            raise WarehouseError(
                "There is no warehouse in {root}, so there is nothing to back up. Start a run first: ./riskcode run",
                root=home.root,
            )
        for unfinished in to.glob(_part(home, "riskcode-*")):
            shutil.rmtree(unfinished)
        take_in_log(home)
        files = list(kept_files(home))
        require_room(to, sum(path.stat().st_size for path in files))
        final = _free(to, at)
        part = to / _part(home, final.name)
        part.mkdir(mode=0o700)
        _fill(part, home, files, at=at, program=program)
        manifest = _read_back(part)
        final = _named(part, final, to, at)
        synced(to)
        removed = () if keep is None else tuple(_rotated(home, final, keep))
        return Backup(final, manifest, removed)


def require_room(folder: Path, size: int) -> None:
    """Raise WarehouseError where a folder has no room for so many bytes."""
    free, needed = shutil.disk_usage(folder).free, size + _SPARE
    if free < needed:
        raise WarehouseError(
            "No space left below {folder}: {free} MiB are free, and {needed} are needed. Make room and repeat; nothing "
            "was changed.",
            folder=folder,
            free=free // 2**20,
            needed=-(-needed // 2**20),
        )


def _fill(part: Path, home: Home, files: list[Path], *, at: datetime, program: str) -> None:
    log.info("copying %d files", len(files))
    kept = {}
    for path in files:
        name = path.relative_to(home.root).as_posix()
        if path == home.ledger:
            with _at_one_moment(path, part) as copy:
                kept[name] = copied(copy, part / FILES / name)
        else:
            kept[name] = copied(path, part / FILES / name)
    issued_on = issued_in(home.warehouse)
    write_manifest(part, Manifest(f"{home.root}", program, at, issued_on, kept))


@contextmanager
def _at_one_moment(ledger: Path, part: Path) -> Generator[Path]:
    """A copy of a database of SQLite that others may write meanwhile; gone afterwards."""
    copy = part / "ledger"
    try:
        with closing(sqlite3.connect(ledger)) as connection:
            connection.execute("VACUUM INTO ?", [f"{copy}"])
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _read_back(part: Path) -> Manifest:
    manifest = read_manifest(part, is_finished=False)
    require_whole(part, manifest)
    return manifest


def _rotated(home: Home, newest: Path, keep: int) -> Iterator[Path]:
    """Remove the oldest finished backups of this home; gives each one it removed."""
    others = sorted(
        (manifest.made_at, folder)
        for folder in newest.parent.glob("riskcode-*")
        if folder != newest and (manifest := _of_this_home(home, folder)) is not None
    )
    for _, folder in others[: max(0, len(others) + 1 - keep)]:
        # One that is half removed is no finished one.
        going = folder.rename(folder.with_name(_part(home, folder.name)))
        shutil.rmtree(going)
        yield folder


def _of_this_home(home: Home, folder: Path) -> Manifest | None:
    try:
        manifest = read_manifest(folder)
    except WarehouseError:
        return None
    return manifest if manifest.home == f"{home.root}" else None


def _free(to: Path, at: datetime) -> Path:
    paths = (to / f"riskcode-{at:%Y-%m-%dT%H%M%S}-{number}" for number in count(1))
    return next(path for path in paths if not path.exists())


def _named(part: Path, final: Path, to: Path, at: datetime) -> Path:
    """Give a finished backup its name.  Another home may have taken it in the same second: then the next one."""
    while True:
        try:
            part.rename(final)
        except OSError:
            if not final.exists():
                raise
            final = _free(to, at)
        else:
            return final


def _part(home: Home, name: str) -> str:
    """How an unfinished backup is called.  Of which home it is says its name: several may share a folder."""
    return f"{name}.{sha256(bytes(home.root)).hexdigest()[:8]}.part"


@contextmanager
def _told(to: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise WarehouseError(
            "The backup in {folder} could not be finished ({error}). Mend that and repeat; what is unfinished counts "
            "for nothing, and the next backup removes it.",
            folder=to,
            error=error,
        ) from error
