"""The visits of the ledger: begun, looked up, and taken from step to step; nothing is merged and nothing is lost.

Whoever asks says which version was looked at: where somebody else was quicker, a ConflictError tells both.  Asked again
with the same request, nothing is done twice.  A visit of another authority is as if it were not there.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, Text, delete, insert, or_, select, type_coerce, update

from models.errors import ConflictError, FaultsError, FieldError
from models.field.facts import Fault
from models.field.filings import authority_faults
from models.field.forms import Filing
from models.field.states import FINAL, INSPECTOR, LEADER, START, taken
from warehouse.field import audit
from warehouse.field.counting import count_if_whole, filed_back, told_back
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import Authority
from warehouse.field.steps import TAKE, Taking, filing_values
from warehouse.field.tables import FINDINGS, GOING, IMAGES, REVISIONS, STEPS, VISITS, canonical
from warehouse.field.users import User
from warehouse.field.visit import (
    Ask,
    Brought,
    FindingState,
    Known,
    Visit,
    content_hash,
    findings_of,
    row_of,
    seen_by,
    visit_of,
)

MOST_LISTED = 500
_PORTION = 500
"""Visits that are held at once where all are gone through."""


def begin(
    ledger: Ledger, user: User, visit_id: UUID, authority: Authority, filing: Filing, ask: Ask
) -> Visit:
    """Begin a visit under a number that the device chose; begun again with the same filing, it is the same.

    ``authority``: whose enterprise it is, as the published copy has it.  Raises FieldError, FaultsError, ConflictError.
    """
    if user.roles.isdisjoint({INSPECTOR, LEADER}) or user.authority is None:
        raise FieldError("Only inspectors and leaders begin visits. Let one of them do it.")
    own = (user.authority.level, user.authority.division)
    if faults := authority_faults(own, authority.level, authority.division):
        raise refused(faults)
    told = content_hash({"filing": filing, "level": authority.level, "division": authority.division})
    with ledger.writing() as connection:
        if (found := _begun(connection, user, visit_id, told, filing)) is not None:
            return found
        key = str(visit_id)
        row: dict[str, Any] = {"visit_id": key, "level": authority.level, "division": authority.division}
        row |= {"enterprise_id": filing.enterprise_id, "state": START.state, "version": 1, "revision": 0}
        row |= {"counted_revision": 0, "created_by": user.user_id, "created_at": ask.now}
        row |= {"changed_at": ask.now, "names": {}, "is_late": False, **filing_values(filing)}
        connection.execute(insert(VISITS).values(**row))
        _keep_people(connection, visit_id, filing)
        _note(connection, visit_id, 1, ("begin", START.state, START.state), user, ask, told, "")
        return visit_of(row_of(connection, visit_id, user))


def load(ledger: Ledger, user: User, visit_id: UUID) -> Visit:
    """A visit.  Raises NotThereError, also for one that belongs to another authority."""
    with ledger.reading() as connection:
        return visit_of(row_of(connection, visit_id, user))


def findings(ledger: Ledger, user: User, visit_id: UUID) -> list[FindingState]:
    """What became of the findings of a visit that counted.  Raises NotThereError."""
    with ledger.reading() as connection:
        row_of(connection, visit_id, user)
        return findings_of(connection, visit_id)


def history(ledger: Ledger, user: User, visit_id: UUID) -> list[dict[str, Any]]:
    """The steps of a visit in their order, as rows of ``steps``.  Raises NotThereError."""
    with ledger.reading() as connection:
        row_of(connection, visit_id, user)
        query = select(STEPS).where(STEPS.c.visit_id == str(visit_id)).order_by(STEPS.c.version)
        return [dict(row) for row in connection.execute(query).mappings()]


def revisions(ledger: Ledger, user: User, visit_id: UUID) -> list[dict[str, Any]]:
    """All signed versions of a record, as rows of ``revisions``.  Raises NotThereError."""
    with ledger.reading() as connection:
        row_of(connection, visit_id, user)
        query = select(REVISIONS).where(REVISIONS.c.visit_id == str(visit_id)).order_by(REVISIONS.c.revision)
        return [dict(row) for row in connection.execute(query).mappings()]


def listed(
    ledger: Ledger,
    user: User,
    *,
    states: Collection[str] = (),
    planned_on: date | None = None,
    enterprise_id: str | None = None,
    limit: int = MOST_LISTED,
) -> list[Visit]:
    """Visits that somebody sees, those planned last first; at most so many."""
    query = select(VISITS).where(seen_by(user))
    if states:
        query = query.where(VISITS.c.state.in_(states))
    if planned_on is not None:
        query = query.where(VISITS.c.planned_on == planned_on)
    if enterprise_id is not None:
        query = query.where(VISITS.c.enterprise_id == enterprise_id)
    query = query.order_by(VISITS.c.planned_on.is_(None), VISITS.c.planned_on.desc(), VISITS.c.visit_id)
    with ledger.reading() as connection:
        found = connection.execute(query.limit(min(limit, MOST_LISTED))).mappings()
        return [visit_of(row) for row in found]


@dataclass(frozen=True)
class Wanted:
    """Visits that are looked for; what is empty leaves all.

    ``first_on`` and ``last_on``: of the planned day, both inclusive.  ``who``: number, or part of the name, of somebody
    who goes.
    """

    states: tuple[str, ...] = ()
    planned_on: date | None = None
    first_on: date | None = None
    last_on: date | None = None
    enterprise_id: str | None = None
    who: str = ""


def every(ledger: Ledger, user: User, wanted: Wanted) -> Iterator[Visit]:
    """All visits that are wanted and that somebody sees, those planned last first, read in portions."""
    query = _narrowed(select(VISITS.c.visit_id).where(seen_by(user)), wanted)
    query = query.order_by(VISITS.c.planned_on.is_(None), VISITS.c.planned_on.desc(), VISITS.c.visit_id)
    with ledger.reading() as connection:
        numbers = list(connection.execute(query).scalars())
    for begins in range(0, len(numbers), _PORTION):
        portion = numbers[begins : begins + _PORTION]
        mine = VISITS.c.visit_id.in_(portion) & seen_by(user)
        # A transaction each: who reads slowly holds up nobody.
        with ledger.reading() as connection:
            found = {
                row["visit_id"]: visit_of(row)
                for row in connection.execute(select(VISITS).where(mine)).mappings()
            }
        yield from (found[one] for one in portion if one in found and _goes(found[one], wanted.who))


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.states:
        query = query.where(VISITS.c.state.in_(wanted.states))
    if wanted.planned_on is not None:
        query = query.where(VISITS.c.planned_on == wanted.planned_on)
    if wanted.first_on is not None:
        query = query.where(VISITS.c.planned_on >= wanted.first_on)
    if wanted.last_on is not None:
        query = query.where(VISITS.c.planned_on <= wanted.last_on)
    if wanted.enterprise_id is not None:
        query = query.where(VISITS.c.enterprise_id == wanted.enterprise_id)
    if wanted.who:
        # Only those who can be meant; which are is judged by their forms.
        part = canonical(wanted.who)[1:-1]
        texts = (type_coerce(column, Text) for column in (VISITS.c.filing, VISITS.c.names))
        query = query.where(or_(*(text.contains(part, autoescape=True) for text in texts)))
    return query


def _goes(visit: Visit, who: str) -> bool:
    return not who or any(who == one or who in visit.names.get(one, "") for one in visit.filing.people)


def claims(ledger: Ledger, user: User, enterprises: Collection[str]) -> list[Visit]:
    """Visits to some enterprises that are begun, or made, and not given up, as far as somebody sees them."""
    query = select(VISITS).where(
        seen_by(user),
        VISITS.c.enterprise_id.in_(sorted(set(enterprises))),
        VISITS.c.state.not_in(FINAL),
    )
    with ledger.reading() as connection:
        found = connection.execute(query.order_by(VISITS.c.created_at, VISITS.c.visit_id)).mappings()
        return [visit_of(row) for row in found]


def take(
    ledger: Ledger,
    user: User,
    visit_id: UUID,
    step: str,
    ask: Ask,
    brought: Brought | None = None,
    known: Known | None = None,
) -> Visit:
    """Take a step of ``models.field.states.STEPS``; the visit as it is then.

    ``known``: by what a form is judged; steps that bring a form, or approve one, need it.  Raises NotThereError,
    ConflictError, FaultsError with everything that stands against it, FieldError; then nothing was recorded.
    """
    brought = brought or Brought()
    with ledger.writing() as connection:
        visit = visit_of(row_of(connection, visit_id, user))
        if _is_repeated(connection, visit, step, ask, brought):
            return visit
        if not user.jurisdiction.acts_for(visit.authority):
            raise FieldError("This visit is another authority's. Let that authority act.")
        if ask.expected != visit.version:
            raise ConflictError(
                "The visit was changed meanwhile: it is at version {now}, and you looked at {before}. Look at both "
                "and decide; nothing was merged.",
                held=visit,
                offered=brought,
                now=visit.version,
                before=ask.expected,
            )
        place = taken(step, visit.position, user.roles)
        taking = Taking(connection, visit, user, ask.now, brought, known)
        values = TAKE[step](taking)
        if taking.faults:
            raise refused(taking.faults)
        version = visit.version + 1
        changes = {"state": place.state, "version": version, "changed_at": ask.now, **values}
        connection.execute(update(VISITS).where(VISITS.c.visit_id == str(visit_id)).values(**changes))
        if "filing" in values:
            _keep_people(connection, visit_id, Filing.model_validate(values["filing"]))
        _note(
            connection,
            visit_id,
            version,
            (step, visit.state, place.state),
            user,
            ask,
            brought.hash,
            brought.reason,
        )
        _follow_up(connection, visit_of(row_of(connection, visit_id, user)), step, taking)
        return visit_of(row_of(connection, visit_id, user))


def refused(faults: Collection[Fault]) -> FaultsError:
    """The error of a form that lacks something."""
    return FaultsError("Nothing was recorded:", faults=tuple(faults))


def _begun(connection: Connection, user: User, visit_id: UUID, told: str, filing: Filing) -> Visit | None:
    """The visit of this number where it was begun just so; none where there is none.  Raises ConflictError."""
    held = connection.execute(select(VISITS).where(VISITS.c.visit_id == str(visit_id))).mappings().first()
    if held is None:
        return None
    visit = visit_of(held)
    first = (STEPS.c.visit_id == str(visit_id)) & (STEPS.c.version == 1)
    begun = connection.execute(select(STEPS.c.content_hash).where(first)).scalar_one()
    if begun == told and visit.created_by == user.user_id:
        return visit
    raise ConflictError(
        "There is a visit of this number with another content. Look at both; begin a new one under a new number.",
        held=visit if user.jurisdiction.sees(visit.authority) else None,
        offered=filing,
    )


def _is_repeated(connection: Connection, visit: Visit, step: str, ask: Ask, brought: Brought) -> bool:
    """Whether just this was asked and done before.  Raises ConflictError for something else under its number."""
    mine = (STEPS.c.visit_id == str(visit.visit_id)) & (STEPS.c.request_id == str(ask.request_id))
    done = connection.execute(select(STEPS.c.step, STEPS.c.content_hash).where(mine)).first()
    if done is None:
        return False
    if (done.step, done.content_hash) == (step, brought.hash):
        return True
    raise ConflictError(
        "Something else was done under the number of this request. Ask again under a new number.",
        held=visit,
        offered=brought,
    )


def _keep_people(connection: Connection, visit_id: UUID, filing: Filing) -> None:
    """Write down who goes."""
    connection.execute(delete(GOING).where(GOING.c.visit_id == str(visit_id)))
    people = [{"visit_id": str(visit_id), "officer_id": one} for one in filing.people]
    if people:
        connection.execute(insert(GOING), people)


def _note(
    connection: Connection,
    visit_id: UUID,
    version: int,
    step: tuple[str, str, str],
    user: User,
    ask: Ask,
    told: str,
    reason: str,
) -> None:
    """Write the step down, and its line in the audit."""
    name, before, after = step
    row = {"visit_id": str(visit_id), "version": version, "request_id": str(ask.request_id), "step": name}
    row |= {"before": before, "after": after, "by": user.user_id, "at": ask.now, "device_at": ask.device_at}
    connection.execute(insert(STEPS).values(**row, content_hash=told, reason=reason or None))
    details = {"version": version, "before": before, "after": after, "content": told, "reason": reason}
    audit.append(connection, at=ask.now, by=user.user_id, act=name, subject=str(visit_id), details=details)


def _follow_up(connection: Connection, visit: Visit, step: str, taking: Taking) -> None:
    """What a step brings about in the same transaction."""
    now: datetime = taking.now
    if step in ("file", "file_afterwards"):
        filed_back(connection, visit, now, "filed")
    if step in ("cancel", "send_back"):
        filed_back(connection, visit, now, "cancelled")
    if step in ("sign", "revise"):
        _keep_revision(connection, visit, taking)
    if step in ("sign", "revise", "file_afterwards", "approve_afterwards"):
        count_if_whole(connection, visit.visit_id, now)
    if step == "withdraw":
        told_back(connection, visit, now)
    if step == "close_finding" and taking.brought.answers is not None:
        mine = FINDINGS.c.finding_id == str(taking.brought.finding_id)
        answers = taking.brought.answers.model_dump(mode="json")
        connection.execute(update(FINDINGS).where(mine).values(state="closed", answers=answers))


def _keep_revision(connection: Connection, visit: Visit, taking: Taking) -> None:
    assert visit.record is not None
    key, revision = str(visit.visit_id), visit.revision
    row = {"visit_id": key, "revision": revision, "record": visit.record.model_dump(mode="json")}
    row |= {"reason": taking.brought.reason, "by": taking.user.user_id, "at": taking.now}
    connection.execute(insert(REVISIONS).values(**row))
    images = [{"visit_id": key, "revision": revision, "sha256": one} for one in sorted(visit.record.images)]
    if images:
        connection.execute(insert(IMAGES), images)
    held = {one.finding_id for one in findings_of(connection, visit.visit_id)}
    for finding in visit.record.findings:
        if finding.id not in held:
            # Its number is this visit's from now on, though nothing of it counts yet.
            reserved = {"finding_id": str(finding.id), "visit_id": key, "state": "due"}
            connection.execute(insert(FINDINGS).values(**reserved))
