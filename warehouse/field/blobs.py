"""Photos and drawn signatures: files named by the hash of their bytes, so that sending one twice is sending it once.

A file is written beside its place, brought to the disk and then renamed; whatever dies before leaves a ``.part`` that
``sweep`` takes away.  The row that says a photo is there follows the file, never the other way round.
"""

import os
import uuid
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import exists, insert, select

from models.errors import FieldError, NotThereError
from warehouse.exchange import synced
from warehouse.field import audit
from warehouse.field.counting import count_waiting, has_blobs
from warehouse.field.engine import Ledger
from warehouse.field.tables import BLOBS, IMAGES, VISITS
from warehouse.field.users import User

MOST_BYTES: Final = 8 * 2**20
"""Of one photo.  Phones shrink them to a few hundred KiB."""


def put_blob(ledger: Ledger, user: User, name: str, parts: Iterable[bytes], now: datetime) -> bool:
    """Keep the bytes with this SHA-256, and let count what waited for them.  Returns whether they were new.

    Raises FieldError for other bytes than the name says, and as soon as there are too many.
    """
    require_name(name)
    with ledger.reading() as connection:
        if has_blobs(connection, [name]) and path_of(ledger, name).exists():
            return False
    size = _write(path_of(ledger, name), name, parts)
    with ledger.writing() as connection:
        if has_blobs(connection, [name]):
            return False
        connection.execute(insert(BLOBS).values(sha256=name, size=size, by=user.user_id, at=now))
        audit.append(
            connection, at=now, by=user.user_id, act="photo_kept", subject=name, details={"size": size}
        )
        count_waiting(connection, name, now)
    return True


def blob_of(ledger: Ledger, user: User, name: str) -> Path:
    """The file of a photo, for whoever sees a visit that shows it, or sent it.  Raises NotThereError."""
    require_name(name)
    mine = user.jurisdiction
    shown = exists().where(
        IMAGES.c.sha256 == name, IMAGES.c.visit_id == VISITS.c.visit_id, mine.where(VISITS)
    )
    query = select(BLOBS.c.sha256).where(BLOBS.c.sha256 == name, (BLOBS.c.by == user.user_id) | shown)
    with ledger.reading() as connection:
        found = connection.execute(query).first() if mine.reads else None
    if found is None or not path_of(ledger, name).exists():
        raise NotThereError("There is no such photo. Look at the visit as it stands now.")
    return path_of(ledger, name)


def path_of(ledger: Ledger, name: str) -> Path:
    """Where the file of a hash is, or would be."""
    return ledger.blobs / name[:2] / name


def sweep(ledger: Ledger, before: float) -> int:
    """Take away what was begun and not finished before a time (seconds since 1970).  Returns how many."""
    stale = [path for path in ledger.blobs.glob("*/*.part") if path.stat().st_mtime < before]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def require_name(name: str) -> None:
    """Raise FieldError for what is no SHA-256: a name is a part of a path."""
    if len(name) != 64 or not set(name) <= set("0123456789abcdef"):
        raise FieldError("A photo is named by its SHA-256 in lower case. Let the device reckon it again.")


def _write(path: Path, name: str, parts: Iterable[bytes]) -> int:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    part = path.with_name(f"{name}.{uuid.uuid4().hex}.part")
    digest, size = sha256(), 0
    try:
        with open(part, "xb", opener=_mine) as written:
            for piece in parts:
                size += len(piece)
                if size > MOST_BYTES:
                    raise FieldError(
                        "A photo has at most {most} MiB. Make it smaller and send it again.",
                        most=MOST_BYTES // 2**20,
                    )
                digest.update(piece)
                written.write(piece)
            if digest.hexdigest() != name:
                raise FieldError("The bytes of a photo are not those of its name. Send it again.")
            written.flush()
            os.fsync(written.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    synced(path.parent)
    return size


def _mine(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
