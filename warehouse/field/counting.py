"""When a record counts, and what then goes back: in one transaction its findings, its rows and the line of the audit.

What became of a finding is not kept step by step but reckoned anew from the re-checks that count: so a re-check that is
revised or withdrawn leaves nothing behind.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from models.field.forms import DONE, PROLONGED, STORED, Finding, Record
from models.field.records import ON_THE_SPOT
from models.field.states import PROGRAM, taken
from warehouse.clock import LOCAL
from warehouse.field import audit, outbox
from warehouse.field.tables import BLOBS, FINDINGS, IMAGES, REVISIONS, STEPS, VISITS
from warehouse.field.visit import FindingState, Visit, findings_of, visit_of

_BY_PROGRAM = frozenset({PROGRAM})
_GONE = ("cancelled", "withdrawn")


def count_if_whole(connection: Connection, visit_id: UUID, now: datetime) -> Visit:
    """Let a signed record count where it is filed, approved, and all its photos are there; the visit as it is then."""
    visit = _read(connection, visit_id)
    if visit.state != "signed" or not (visit.filed_at and visit.approved_at):
        return visit
    mine = (IMAGES.c.visit_id == str(visit_id)) & (IMAGES.c.revision == visit.revision)
    if not has_blobs(connection, connection.execute(select(IMAGES.c.sha256).where(mine)).scalars()):
        return visit
    moved(connection, visit, "count", now, values={"counted_revision": visit.revision, "counted_at": now})
    counted = _read(connection, visit_id)
    told_back(connection, counted, now)
    return _read(connection, visit_id)


def count_waiting(connection: Connection, image: str, now: datetime) -> list[UUID]:
    """Let count whatever waited for this photo; which visits did."""
    waiting = (
        select(VISITS.c.visit_id)
        .join(IMAGES, (IMAGES.c.visit_id == VISITS.c.visit_id) & (IMAGES.c.revision == VISITS.c.revision))
        .where(VISITS.c.state == "signed", IMAGES.c.sha256 == image)
    )
    found = [UUID(one) for one in connection.execute(waiting).scalars()]
    return [one for one in found if count_if_whole(connection, one, now).state == "counted"]


def has_blobs(connection: Connection, names: Iterable[str]) -> bool:
    """Whether all of these are there."""
    wanted = set(names)
    found = connection.execute(select(BLOBS.c.sha256).where(BLOBS.c.sha256.in_(wanted))).scalars()
    return set(found) == wanted


def moved(
    connection: Connection, visit: Visit, step: str, now: datetime, *, values: Mapping[str, Any] | None = None
) -> None:
    """Take a step of the program, with its line in the audit."""
    place = taken(step, visit.position, _BY_PROGRAM)
    version = visit.version + 1
    changes = {"state": place.state, "version": version, "changed_at": now, **(values or {})}
    connection.execute(update(VISITS).where(VISITS.c.visit_id == str(visit.visit_id)).values(**changes))
    row = {"visit_id": str(visit.visit_id), "version": version, "step": step, "before": visit.state}
    row |= {"after": place.state, "at": now, "content_hash": "", "request_id": f"{step}:{version}"}
    connection.execute(insert(STEPS).values(**row))
    details = {"version": version, "revision": visit.revision}
    audit.append(connection, at=now, by=None, act=step, subject=str(visit.visit_id), details=details)


def told_back(connection: Connection, visit: Visit, now: datetime) -> None:
    """Bring what goes back in step with what counts of a visit, and of the visit that it looked at again."""
    is_void = visit.state in _GONE
    record = _counted_record(connection, visit)
    if record is None:
        return
    outbox.put(
        connection,
        "inspections",
        str(visit.visit_id),
        _inspection(visit, record, now if is_void else None),
        _day(now),
    )
    _settle(connection, visit, record, now)
    if visit.filing.rechecks is not None:
        earlier = _read(connection, visit.filing.rechecks)
        before = _counted_record(connection, earlier)
        if before is not None and earlier.state != "withdrawn":
            _settle(connection, earlier, before, now)


def filed_back(connection: Connection, visit: Visit, now: datetime, state: str) -> None:
    """Tell the plan what is filed: nothing of assistance, which is no inspection (P11)."""
    filing, key = visit.filing, str(visit.visit_id)
    held = outbox.latest(connection, "filings", key)
    if filing.is_assistance or filing.planned_on is None or (state == "cancelled" and held is None):
        return
    if held is not None and state == "filed" and held[1]["planned_on"] != filing.planned_on.isoformat():
        state = "moved"
    row = {
        "filing_id": key,
        "enterprise_id": filing.enterprise_id,
        "visit_id": filing.plan_visit_id,
        "filed_at": _minute(visit.filed_at) if visit.filed_at else held[1]["filed_at"] if held else None,
        "planned_on": filing.planned_on.isoformat(),
        "officers": _names(visit),
        "state": state,
        "is_emergency": filing.emergency is not None,
        "withdrawn_on": None,
    }
    outbox.put(connection, "filings", key, row, _day(now))


def _settle(connection: Connection, visit: Visit, record: Record, now: datetime) -> None:
    """What became of the findings of a visit: as ledger rows, and as rows that go back."""
    held = {one.finding_id: one for one in findings_of(connection, visit.visit_id)}
    is_void = visit.state in _GONE
    opinions = [] if is_void else _rechecks(connection, visit.visit_id)
    found = {} if is_void else {one.id: one for one in record.findings}
    key = str(visit.visit_id)
    connection.execute(delete(FINDINGS).where(FINDINGS.c.visit_id == key))
    for finding_id, finding in found.items():
        now_is = _became(finding, _begun_on(record), opinions, held.get(finding_id))
        row = {"finding_id": str(finding_id), "visit_id": key, "state": now_is.state}
        row |= {"due_on": now_is.due_on, "rectified_on": now_is.rectified_on}
        answers = now_is.answers.model_dump(mode="json") if now_is.answers else None
        connection.execute(insert(FINDINGS).values(**row, answers=answers))
        told = _violation(visit, record, finding, now_is)
        outbox.put(connection, "violations", str(finding_id), told, _day(now))
        if visit.state == "closed" and now_is.state != "closed":
            moved(connection, visit, "reopen", now)
            visit = _read(connection, visit.visit_id)
    for finding_id in held.keys() - found.keys():
        before = outbox.latest(connection, "violations", str(finding_id))
        if before is not None:
            row = before[1] | {"withdrawn_on": _day(now).isoformat()}
            outbox.put(connection, "violations", str(finding_id), row, _day(now))


def _became(
    finding: Finding, found_on: date, rechecks: list[tuple[date, Record]], held: FindingState | None
) -> FindingState:
    """A finding after all re-checks that count, in the order of their days; closed where it was and still can be."""
    due, rectified = finding.rectify_due_on, found_on if finding.disposal == ON_THE_SPOT else None
    for day, record in rechecks:
        for one in (one for one in record.opinions if one.finding_id == finding.id):
            if one.opinion == DONE:
                rectified = rectified or day
            else:
                rectified, due = None, one.due_on if one.opinion == PROLONGED else due
    was_closed = held is not None and held.state == "closed" and rectified is not None
    state = "closed" if was_closed else "rectified" if rectified else "due"
    return FindingState(finding.id, state, due, rectified, held.answers if held else None)


def _rechecks(connection: Connection, visit_id: UUID) -> list[tuple[date, Record]]:
    query = select(VISITS).where(
        VISITS.c.rechecks == str(visit_id), VISITS.c.counted_revision > 0, VISITS.c.state.not_in(_GONE)
    )
    visits = [visit_of(row) for row in connection.execute(query).mappings()]
    records = [(_counted_record(connection, one), one) for one in visits]
    told = [(_begun_on(record), str(one.visit_id), record) for record, one in records if record is not None]
    return [(day, record) for day, _, record in sorted(told, key=lambda one: one[:2])]


def _counted_record(connection: Connection, visit: Visit) -> Record | None:
    """The revision that counts: a later one may still wait for its photos."""
    if not visit.counted_revision:
        return None
    mine = REVISIONS.c.visit_id == str(visit.visit_id)
    query = select(REVISIONS.c.record).where(mine, REVISIONS.c.revision == visit.counted_revision)
    return Record.model_validate(connection.execute(query).scalar_one(), context=STORED)


def _read(connection: Connection, visit_id: UUID) -> Visit:
    query = select(VISITS).where(VISITS.c.visit_id == str(visit_id))
    return visit_of(connection.execute(query).mappings().one())


def _inspection(visit: Visit, record: Record, gone: datetime | None) -> outbox.Row:
    filing = visit.filing
    return {
        "inspection_id": str(visit.visit_id),
        "enterprise_id": filing.enterprise_id,
        "visit_id": filing.plan_visit_id,
        "inspected_on": _begun_on(record).isoformat(),
        "kind": filing.kind,
        "mode": filing.mode,
        "level": visit.authority.level,
        "departments": ";".join(filing.departments),
        "officers": _names(visit),
        "result": "unknown" if filing.is_assistance else record.result,
        "filed_on": _day(visit.filed_at).isoformat() if visit.filed_at else None,
        "withdrawn_on": _day(gone).isoformat() if gone else None,
    }


def _violation(visit: Visit, record: Record, finding: Finding, now_is: FindingState) -> outbox.Row:
    return {
        "violation_id": str(finding.id),
        "inspection_id": str(visit.visit_id),
        "enterprise_id": visit.filing.enterprise_id,
        "occurred_on": _begun_on(record).isoformat(),
        "item_code": finding.item_code,
        "description": finding.description,
        "location": finding.place,
        "severity": finding.severity,
        "is_major_hazard": finding.is_major,
        "rectify_due_on": now_is.due_on.isoformat() if now_is.due_on else None,
        "rectified_on": now_is.rectified_on.isoformat() if now_is.rectified_on else None,
        "disposal": finding.disposal,
        "department": visit.filing.departments[0] if visit.filing.departments else None,
        "withdrawn_on": None,
    }


def _names(visit: Visit) -> str:
    """Who went, by name, as the register has them; one without a name by number."""
    going = (*visit.filing.officers, *visit.filing.technical_inspectors)
    return ";".join(visit.names.get(one) or one for one in dict.fromkeys(going))


def _begun_on(record: Record) -> date:
    assert record.begun_at is not None, "a record is signed with its times"
    return _day(record.begun_at)


def _day(moment: datetime) -> date:
    """The day in the place."""
    return moment.astimezone(LOCAL).date()


def _minute(moment: datetime) -> str:
    """A minute in the place, as deliveries write it."""
    return f"{moment.astimezone(LOCAL):%Y-%m-%d %H:%M}"
