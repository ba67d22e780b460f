"""Photos and drawn signatures: files named by the hash of their bytes, so that sending one twice is sending it once.

A file is written beside its place, brought to the disk and then renamed; whatever dies before leaves a ``.part`` that
``sweep`` takes away.  The row that says a photo is there follows the file, never the other way round.
"""

import os
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Text, insert, select, type_coerce

from models.errors import FieldError, NotThereError
from warehouse.exchange import synced
from warehouse.field import audit
from warehouse.field.counting import count_waiting, has_blobs
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import Authority, authority_of
from warehouse.field.tables import BLOBS, GOING, IMAGES, SENDERS, STEPS, USERS, VISITS
from warehouse.field.users import User
from warehouse.field.visit import seen_by

MOST_BYTES: Final = 8 * 2**20
"""Of one photo.  Phones shrink them to a few hundred KiB."""


def put_blob(ledger: Ledger, user: User, name: str, parts: Iterable[bytes], now: datetime) -> bool:
    """Keep the bytes with this SHA-256, and let count what waited for them.  Returns whether they were new.

    Raises FieldError for other bytes than the name says, and as soon as there are too many.
    """
    require_name(name)
    path = path_of(ledger, name)
    with ledger.reading() as connection:
        is_there = has_blobs(connection, [name]) and path.exists()
        is_sent = _is_sent(connection, name, user)
    # What is there already is no proof that these bytes are the same.
    size = _checked(name, parts) if is_there else write_named(path, name, _limited(parts))
    if is_there and is_sent:
        return False
    with ledger.writing() as connection:
        is_new = not has_blobs(connection, [name])
        if is_new:
            connection.execute(insert(BLOBS).values(sha256=name, size=size, by=user.user_id, at=now))
            details = {"size": size}
            audit.append(connection, at=now, by=user.user_id, act="photo_kept", subject=name, details=details)
        if not _is_sent(connection, name, user):
            connection.execute(insert(SENDERS).values(sha256=name, by=user.user_id))
        if is_new:
            count_waiting(connection, name, now)
    return is_new


def blob_of(ledger: Ledger, user: User, name: str) -> Path:
    """The file of a photo, for whoever sent it, or sees a visit that shows it.  Raises NotThereError.

    A visit shows what its record, signed or not, cites and what was sent by its own people: who knows a hash alone
    opens nothing by citing it.
    """
    require_name(name)
    with ledger.reading() as connection:
        is_seen = user.jurisdiction.reads and (
            _is_sent(connection, name, user) or _is_shown(connection, name, user)
        )
    if not is_seen or not path_of(ledger, name).exists():
        raise NotThereError("There is no such photo. Look at the visit as it stands now.")
    return path_of(ledger, name)


def _is_sent(connection: Connection, name: str, user: User) -> bool:
    mine = (SENDERS.c.sha256 == name) & (SENDERS.c.by == user.user_id)
    return connection.execute(select(SENDERS.c.by).where(mine)).first() is not None


def _is_shown(connection: Connection, name: str, user: User) -> bool:
    """Whether a visit that somebody sees cites a photo that its own people sent."""
    signed = VISITS.c.visit_id.in_(select(IMAGES.c.visit_id).where(IMAGES.c.sha256 == name))
    unsigned = VISITS.c.state.in_(("started", "recorded")) & type_coerce(VISITS.c.record, Text).contains(name)
    citing = select(VISITS.c.visit_id, VISITS.c.level, VISITS.c.division).where(
        seen_by(user), signed | unsigned
    )
    sent = select(USERS).join(SENDERS, SENDERS.c.by == USERS.c.user_id).where(SENDERS.c.sha256 == name)
    senders = connection.execute(sent).mappings().all()
    for visit_id, level, division in connection.execute(citing):
        # Who has left the authority since has taken a step of the visit, or goes there.
        own = set(connection.execute(select(STEPS.c.by).where(STEPS.c.visit_id == visit_id)).scalars())
        going = set(
            connection.execute(select(GOING.c.officer_id).where(GOING.c.visit_id == visit_id)).scalars()
        )
        authority = Authority(level, division)
        if any(
            authority_of(one["level"], one["division"]) == authority
            or one["user_id"] in own
            or one["officer_id"] in going
            for one in senders
        ):
            return True
    return False


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


def write_named(path: Path, name: str, parts: Iterable[bytes]) -> int:
    """Write a file whose name is the SHA-256 of its bytes, whole or not at all.  Returns its size.

    Raises FieldError for other bytes than the name says.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{name}.{uuid.uuid4().hex}.part")
    digest, size = sha256(), 0
    try:
        with open(part, "xb", opener=_mine) as written:
            for piece in parts:
                size += len(piece)
                digest.update(piece)
                written.write(piece)
            _require_same(name, digest.hexdigest())
            written.flush()
            os.fsync(written.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    synced(path.parent)
    return size


def _checked(name: str, parts: Iterable[bytes]) -> int:
    """The size of bytes that are those of a name.  Raises FieldError."""
    digest, size = sha256(), 0
    for piece in _limited(parts):
        size += len(piece)
        digest.update(piece)
    _require_same(name, digest.hexdigest())
    return size


def _limited(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes.  Raises FieldError as soon as there are too many."""
    size = 0
    for piece in parts:
        size += len(piece)
        if size > MOST_BYTES:
            raise FieldError(
                "A photo has at most {most} MiB. Make it smaller and send it again.", most=MOST_BYTES // 2**20
            )
        yield piece


def _require_same(name: str, told: str) -> None:
    if told != name:
        raise FieldError("The bytes of a photo are not those of its name. Send it again.")


def _mine(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
