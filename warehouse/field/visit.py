"""A visit as the ledger holds it, and what is asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, RowMapping, select

from models.documents import Strict
from models.errors import NotThereError
from models.field.facts import Facts
from models.field.forms import STORED, Answers, Filing, Prose, Record
from models.field.states import Position
from models.policy.pack import PolicyOnDay
from warehouse.field.jurisdiction import Authority
from warehouse.field.tables import FINDINGS, GOING, VISITS, canonical
from warehouse.field.users import User


@dataclass(frozen=True)
class FindingState:
    """What became of a finding so far.  ``state``: due, rectified or closed."""

    finding_id: UUID
    state: str
    due_on: date | None
    rectified_on: date | None
    answers: Answers | None


@dataclass(frozen=True)
class Visit:
    """One visit.  ``version``: one more with every step.  ``revision``: of the signed record, 0 before.

    ``counted_revision``: the last that went back; ``is_late``: an emergency filed after its last day (D1).
    """

    visit_id: UUID
    authority: Authority
    state: str
    version: int
    revision: int
    counted_revision: int
    created_by: str
    changed_at: datetime
    filing: Filing
    names: Mapping[str, str]
    filed_by: str | None
    filed_at: datetime | None
    is_late: bool
    approved_by: str | None
    approved_at: datetime | None
    record: Record | None
    counted_at: datetime | None

    @property
    def position(self) -> Position:
        """Where it stands in the table of steps."""
        return Position(self.state, self.filed_at is not None, self.approved_at is not None)


@dataclass(frozen=True)
class Ask:
    """What comes with every request.

    ``request_id``: chosen by whoever asks; asked again with it, nothing is done twice.  ``expected``: version of the
    visit that was looked at.  ``device_at``: what the device's clock said, kept and never trusted.
    """

    request_id: UUID
    now: datetime
    expected: int
    device_at: datetime | None = None


@dataclass(frozen=True)
class Known:
    """By what a form is judged: what is on the published copy, and the policy of the day of the visit."""

    facts: Facts
    policy: PolicyOnDay


class Brought(Strict):
    """What a step brings with it; each step reads what it asks for (``models.field.states.STEPS``)."""

    filing: Filing | None = None
    record: Record | None = None
    reason: Prose = ""
    finding_id: UUID | None = None
    answers: Answers | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of it."""
        return content_hash(dict(self))


def content_hash(told: Mapping[str, Any]) -> str:
    """SHA-256 of forms and texts by name."""
    plain = {
        name: one.model_dump(mode="json") if isinstance(one, BaseModel) else None if one is None else str(one)
        for name, one in told.items()
    }
    return sha256(canonical(plain).encode()).hexdigest()


def seen_by(user: User) -> ColumnElement[bool]:
    """The visits that somebody sees: of the own authority and those below, and those that the person is sent to.

    Who is lent to another authority goes there and reads; what is done, that authority does.
    """
    within = user.jurisdiction.where(VISITS)
    if not user.officer_id or not user.jurisdiction.reads:
        return within
    sent = select(GOING.c.visit_id).where(GOING.c.officer_id == user.officer_id)
    return within | VISITS.c.visit_id.in_(sent)


def row_of(connection: Connection, visit_id: UUID, user: User) -> RowMapping:
    """The row of a visit, for whoever sees it.  Raises NotThereError: also for one of another authority."""
    mine = (VISITS.c.visit_id == str(visit_id)) & seen_by(user)
    found = connection.execute(select(VISITS).where(mine)).mappings().first()
    if found is None:
        raise NotThereError("There is no such visit. Look at the list of your visits.")
    return found


def visit_of(row: RowMapping) -> Visit:
    """A visit from its row."""
    return Visit(
        visit_id=UUID(row["visit_id"]),
        authority=Authority(row["level"], row["division"]),
        state=row["state"],
        version=row["version"],
        revision=row["revision"],
        counted_revision=row["counted_revision"],
        created_by=row["created_by"],
        changed_at=row["changed_at"],
        filing=Filing.model_validate(row["filing"], context=STORED),
        names=row["names"],
        filed_by=row["filed_by"],
        filed_at=row["filed_at"],
        is_late=row["is_late"],
        approved_by=row["approved_by"],
        approved_at=row["approved_at"],
        record=Record.model_validate(row["record"], context=STORED) if row["record"] is not None else None,
        counted_at=row["counted_at"],
    )


def findings_of(connection: Connection, visit_id: UUID) -> list[FindingState]:
    """What became of the findings of a visit that counted."""
    query = select(FINDINGS).where(FINDINGS.c.visit_id == str(visit_id)).order_by(FINDINGS.c.finding_id)
    return [
        FindingState(
            finding_id=UUID(row["finding_id"]),
            state=row["state"],
            due_on=row["due_on"],
            rectified_on=row["rectified_on"],
            answers=Answers.model_validate(row["answers"]) if row["answers"] is not None else None,
        )
        for row in connection.execute(query).mappings()
    ]
