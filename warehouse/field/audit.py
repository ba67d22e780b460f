"""Who did what, one line after another, each sealed with the one before: nobody takes a line out unnoticed.

``hash`` = SHA-256 of the hash before, and the line as canonical JSON.  The database refuses to change or delete lines;
what somebody does to the file itself, ``verify`` finds.  Lines cut off at the end show only against a head that was
kept elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from models.errors import WarehouseError
from warehouse.field.engine import Ledger
from warehouse.field.tables import AUDIT, canonical

NOTHING_BEFORE: Final = "0" * 64
_PORTION = 10_000


@dataclass(frozen=True)
class Head:
    """The last line: how many there are, and its hash."""

    place: int
    hash: str


def append(
    connection: Connection,
    *,
    at: datetime,
    by: str | None,
    act: str,
    subject: str,
    details: Mapping[str, Any] | None = None,
) -> Head:
    """Write a line in the transaction that does what it tells.  ``by``: user's number, empty for the program."""
    before = head(connection)
    line = {
        "place": before.place + 1,
        "at": at.isoformat(),
        "by": by,
        "act": act,
        "subject": subject,
        "details": dict(details or {}),
    }
    sealed = _seal(before.hash, line)
    connection.execute(insert(AUDIT).values(**line, previous=before.hash, hash=sealed))
    return Head(before.place + 1, sealed)


def looked_at(ledger: Ledger, *, at: datetime, by: str, what: str, subject: str) -> Head:
    """Note that somebody read what is noted by name, such as the passport of an enterprise."""
    with ledger.writing(is_small=True) as connection:
        return append(connection, at=at, by=by, act="looked_at", subject=subject, details={"what": what})


def head(connection: Connection) -> Head:
    """The last line so far."""
    found = connection.execute(
        select(AUDIT.c.place, AUDIT.c.hash).order_by(AUDIT.c.place.desc()).limit(1)
    ).first()
    return Head(found.place, found.hash) if found else Head(0, NOTHING_BEFORE)


def verify(ledger: Ledger, kept: Head | None = None) -> Head:
    """Go through all lines.  ``kept``: a head of before, which must still stand.  Raises WarehouseError."""
    last, stands = Head(0, NOTHING_BEFORE), kept is None or kept.place == 0
    with ledger.reading() as connection:
        query = select(AUDIT).order_by(AUDIT.c.place).execution_options(yield_per=_PORTION)
        for row in connection.execute(query).mappings():
            line = {name: row[name] for name in ("place", "at", "by", "act", "subject", "details")}
            if row["place"] != last.place + 1 or row["previous"] != last.hash:
                raise _broken(last.place + 1)
            if row["hash"] != _seal(last.hash, line):
                raise _broken(row["place"])
            last = Head(row["place"], row["hash"])
            stands = stands or last == kept
    if not stands:
        raise _broken(kept.place if kept else 0)
    return last


def _seal(before: str, line: Mapping[str, Any]) -> str:
    return sha256(f"{before}{canonical(line)}".encode()).hexdigest()


def _broken(place: int) -> WarehouseError:
    return WarehouseError(
        "The audit of the ledger was changed: line {place} is not what was written. Keep the file as it is, and bring "
        "back a backup in which the audit is whole.",
        place=place,
    )
