"""Submissions of other programs' forms as records of visits: each once, never signed, never over what people wrote.

What was taken, what stands against what, and what could not be read is kept whole in the ledger, under the number that
the device gave it and the hash of what it said.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, delete, insert, or_, select

from models.errors import ConflictError, FieldError, NotThereError
from models.field.facts import Fault
from models.field.forms import Record
from warehouse.field import audit
from warehouse.field.blobs import put_blob
from warehouse.field.engine import Ledger
from warehouse.field.tables import SUBMISSIONS, VISITS, canonical
from warehouse.field.users import User
from warehouse.field.visit import Ask, Brought, Visit, seen_by
from warehouse.field.visits import load, take

TAKEN, CONFLICT, REFUSED = "taken", "conflict", "refused"
MOST_LISTED: Final = 500
Say = Callable[[Any], Mapping[str, str]]
"""Says a message in the languages that are kept."""


@dataclass(frozen=True)
class Submission:
    """One submission, as it was read.

    ``told``: its rows as they came; ``record``: as the desk writes it, without signatures, or ``refused``: why it
    cannot be read.  ``photos``: pictures it cites, by the SHA-256 of their bytes.
    """

    instance_id: str
    visit_id: str
    told: Mapping[str, Any]
    record: Record | None
    refused: Fault | None
    photos: Mapping[str, bytes]

    @property
    def content_hash(self) -> str:
        """SHA-256 of what it says."""
        return sha256(canonical(self.told).encode()).hexdigest()

    def request(self, step: str) -> UUID:
        """The number of the request by which it takes a step: the same whenever it is taken in."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"odk:{self.instance_id}:{self.content_hash}:{step}")


@dataclass(frozen=True)
class Kept:
    """A submission as the ledger keeps it.  ``rule``, ``said``: why it was not taken, by language."""

    instance_id: str
    content_hash: str
    visit_id: str
    state: str
    rule: str
    said: Mapping[str, str]
    told: Mapping[str, Any]
    by: str
    at: datetime


def take_in(ledger: Ledger, user: User, one: Submission, now: datetime, say: Say) -> Kept:
    """Make a submission the record of its visit, to be gone on with there; taken in again, nothing is done.

    One that says something else than the record there, or than itself before, is kept as a conflict and merged with
    nothing.  One that was refused is judged again.
    """
    held = _held(ledger, one.instance_id)
    same = held.get(one.content_hash)
    if same is not None and same.state != REFUSED:
        return same
    if any(other.state == TAKEN for other in held.values()):
        changed = Fault(
            "The submission was taken before and says something else now. Look at both, and correct the record at the "
            "desk.",
            rule="changed_submission",
            clause="D3",
            part="",
        )
        return _keep(ledger, user, one, now, CONFLICT, say, changed)
    try:
        state, why = _judged(ledger, user, one, now)
    except ConflictError as error:
        state, why = CONFLICT, _said("changed_meanwhile", error)
    except NotThereError as error:
        state, why = REFUSED, _said("no_such_visit", error)
    except FieldError as error:
        state, why = REFUSED, _said("not_possible", error)
    return _keep(ledger, user, one, now, state, say, why)


def listed(ledger: Ledger, user: User) -> list[Kept]:
    """Submissions of visits that somebody sees, and those the person brought, the newest first; at most so many."""
    seen = SUBMISSIONS.c.visit_id.in_(select(VISITS.c.visit_id).where(seen_by(user)))
    query = select(SUBMISSIONS).where(or_(seen, SUBMISSIONS.c.by == user.user_id))
    query = query.order_by(SUBMISSIONS.c.at.desc(), SUBMISSIONS.c.instance_id, SUBMISSIONS.c.content_hash)
    with ledger.reading() as connection:
        return [_kept(row) for row in connection.execute(query.limit(MOST_LISTED)).mappings()]


def _judged(ledger: Ledger, user: User, one: Submission, now: datetime) -> tuple[str, Fault | None]:
    if one.refused is not None or one.record is None:
        return REFUSED, one.refused
    visit = load(ledger, user, _number(one.visit_id))
    if visit.record == one.record:
        # Whoever died after the step and before it was noted here comes to this.
        return TAKEN, None
    if visit.record is not None:
        return CONFLICT, Fault(
            "The visit has a record already that says something else. Look at both, and correct the record at the "
            "desk.",
            rule="other_record",
            clause="D3",
            part="",
        )
    for name, content in one.photos.items():
        put_blob(ledger, user, name, [content], now)
    if visit.state == "approved":
        visit = _take(ledger, user, visit, one, "start", now, Brought())
    _take(ledger, user, visit, one, "keep", now, Brought(record=one.record))
    return TAKEN, None


def _take(
    ledger: Ledger, user: User, visit: Visit, one: Submission, step: str, now: datetime, brought: Brought
) -> Visit:
    return take(ledger, user, visit.visit_id, step, Ask(one.request(step), now, visit.version), brought)


def _number(told: str) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        raise NotThereError("There is no such visit. Look at the list of your visits.") from None


def _said(rule: str, error: FieldError) -> Fault:
    return Fault(error.message, error.facts, rule=rule, clause="D3", part="")


def _held(ledger: Ledger, instance_id: str) -> dict[str, Kept]:
    """All that was ever said under a number, by its hash."""
    query = select(SUBMISSIONS).where(SUBMISSIONS.c.instance_id == instance_id)
    with ledger.reading() as connection:
        return {row["content_hash"]: _kept(row) for row in connection.execute(query).mappings()}


def _keep(
    ledger: Ledger, user: User, one: Submission, now: datetime, state: str, say: Say, why: Fault | None
) -> Kept:
    told = {"instance_id": one.instance_id, "content_hash": one.content_hash, "visit_id": one.visit_id[:36]}
    row = {**told, "state": state, "rule": why.rule if why else "", "said": dict(say(why)) if why else {}}
    row |= {"told": dict(one.told), "by": user.user_id, "at": now}
    mine = (SUBMISSIONS.c.instance_id == one.instance_id) & (SUBMISSIONS.c.content_hash == one.content_hash)
    with ledger.writing() as connection:
        connection.execute(delete(SUBMISSIONS).where(mine, SUBMISSIONS.c.state == REFUSED))
        held = connection.execute(select(SUBMISSIONS).where(mine)).mappings().first()
        if held is not None:
            return _kept(held)
        connection.execute(insert(SUBMISSIONS).values(**row))
        details = {"instance": one.instance_id, "content": one.content_hash, "rule": row["rule"]}
        audit.append(
            connection,
            at=now,
            by=user.user_id,
            act=f"submission_{state}",
            subject=one.visit_id[:200] or "–",
            details=details,
        )
        return _kept(connection.execute(select(SUBMISSIONS).where(mine)).mappings().one())


def _kept(row: RowMapping) -> Kept:
    names = ("instance_id", "content_hash", "visit_id", "state", "rule", "said", "told", "by", "at")
    return Kept(**{name: row[name] for name in names})
