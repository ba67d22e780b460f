"""What a backup holds: its manifest, and whether every file is still as it was written."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb

from models.errors import WarehouseError
from warehouse.database.copies import attach
from warehouse.database.frames import Connection, log
from warehouse.database.meta import require_format, value
from warehouse.database.runs import LAST_ISSUED
from warehouse.exchange import synced

FORMAT = 1
MANIFEST, FILES = "manifest.json", "home"
WAREHOUSE = "warehouse.duckdb"
_CHUNK = 2**20


@dataclass(frozen=True)
class Kept:
    """One file of a backup: bytes, and their SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    ``home``: the folder it was made of; ``program``: version of the program that made it; ``issued_on``: day of the
    codes issued last; ``files``: every file by its path below the home.
    """

    home: str
    program: str
    made_at: datetime
    issued_on: date | None
    files: Mapping[str, Kept]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(kept.size for kept in self.files.values())


def copied(source: Path, target: Path) -> Kept:
    """Copy a file to where only this user reads it, and wait until it is on the disk.  Returns what was copied."""
    _make_mine(target.parent)
    digest, size = sha256(), 0
    with source.open("rb") as read, open(target, "xb", opener=_mine) as written:
        while chunk := read.read(_CHUNK):
            digest.update(chunk)
            size += written.write(chunk)
        written.flush()
        os.fsync(written.fileno())
    return Kept(size, digest.hexdigest())


def _make_mine(folder: Path) -> None:
    if not folder.is_dir():
        _make_mine(folder.parent)
        folder.mkdir(mode=0o700)


def _mine(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def write_manifest(backup: Path, manifest: Manifest) -> None:
    """Write the manifest, with a hash of itself: the last file of a backup."""
    told = {
        "format": FORMAT,
        "home": manifest.home,
        "program": manifest.program,
        "made_at": manifest.made_at.isoformat(),
        "issued_on": f"{manifest.issued_on}" if manifest.issued_on else None,
        "files": {name: vars(kept) for name, kept in sorted(manifest.files.items())},
    }
    text = json.dumps(told | {"sha256": _hash(told)}, indent=1)
    with open(backup / MANIFEST, "x", encoding="utf-8", opener=_mine) as file:
        file.write(text + "\n")
    synced(backup / MANIFEST)
    synced(backup)


def read_manifest(backup: Path, *, is_finished: bool = True) -> Manifest:
    """The manifest of a finished backup.  Raises WarehouseError where there is none, or it is damaged."""
    path = backup / MANIFEST
    if (is_finished and backup.suffix == ".part") or not path.is_file():
        raise WarehouseError(
            "{backup} is no finished backup. Name a folder that ./riskcode backup finished: riskcode-DAY…, without "
            ".part.",
            backup=backup,
        )
    try:
        told: dict[str, Any] = json.loads(path.read_bytes())
        is_whole = told.pop("sha256") == _hash(told)
    except (ValueError, KeyError, AttributeError, TypeError):
        told, is_whole = {}, False
    if not is_whole:
        raise damaged(backup, MANIFEST)
    if told["format"] != FORMAT:
        raise WarehouseError(
            "The backup {backup} has format {found}, this program knows {known}. Use the version of the program that "
            "made it: {program}.",
            backup=backup,
            found=told["format"],
            known=FORMAT,
            program=told.get("program", "?"),
        )
    files = {name: Kept(**kept) for name, kept in told["files"].items()}
    for name in files:
        # Whoever writes a manifest by hand may not write outside the home.
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise damaged(backup, MANIFEST)
    issued_on = date.fromisoformat(told["issued_on"]) if told["issued_on"] else None
    return Manifest(told["home"], told["program"], datetime.fromisoformat(told["made_at"]), issued_on, files)


def damaged(backup: Path, name: str) -> WarehouseError:
    """What to tell of a backup that is not as it was written."""
    return WarehouseError(
        "The backup {backup} is damaged: {file} is not as it was written. Nothing was changed; take another backup.",
        backup=backup,
        file=name,
    )


def require_whole(backup: Path, manifest: Manifest) -> None:
    """Read every file back, and ask the warehouse for the day issued last.

    Raises WarehouseError, with the name of the file, where one is missing or was changed.
    """
    log.info("reading back %d files, %.1f MiB", len(manifest.files), manifest.size / 2**20)
    for name, kept in manifest.files.items():
        path = backup / FILES / name
        if not path.is_file() or _read_back(path) != kept:
            raise damaged(backup, name)
    if WAREHOUSE not in manifest.files or issued_in(backup / FILES / WAREHOUSE) != manifest.issued_on:
        raise damaged(backup, WAREHOUSE)


def issued_in(warehouse: Path) -> date | None:
    """Day of the codes issued last, asked of a warehouse that is opened read-only.

    Raises WarehouseError where it cannot be opened, or is of another format.
    """
    try:
        with duckdb.connect() as connection:
            attach(connection, warehouse, "kept", read_only=True)
            connection.execute("USE kept")
            return _asked(connection)
    except duckdb.Error as error:
        raise WarehouseError(
            "{warehouse} cannot be opened ({error}). If it is damaged, restore a backup: ./riskcode restore FROM "
            "--replace",
            warehouse=warehouse,
            error=error,
        ) from error


def _asked(connection: Connection) -> date | None:
    require_format(connection)
    return value(connection, LAST_ISSUED)


def _read_back(path: Path) -> Kept:
    digest, size = sha256(), 0
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            # From the disk, not from what memory remembers of having written.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Kept(size, digest.hexdigest())


def _hash(told: Mapping[str, Any]) -> str:
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
