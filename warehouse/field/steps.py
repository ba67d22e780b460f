"""What each step checks and changes; which there are, and who may take them, is said in ``models.field.states``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from models.errors import FieldError
from models.field.closing import closing_faults
from models.field.facts import Fault
from models.field.filings import approval_faults, emergency_faults, filing_faults, is_late, plan_faults
from models.field.forms import Answers, Filing, Record
from models.field.records import record_faults, signature_faults
from models.field.states import FINAL, START, finding_taken
from warehouse.field.tables import FINDINGS, VISITS
from warehouse.field.users import User
from warehouse.field.visit import Brought, FindingState, Known, Visit, findings_of, row_of, visit_of

Values = dict[str, Any]
"""Columns of ``visits`` that a step changes."""


@dataclass(frozen=True)
class Taking:
    """A step while it is taken; what stands against it is collected in ``faults``."""

    connection: Connection
    visit: Visit
    user: User
    now: datetime
    brought: Brought
    known: Known | None
    faults: list[Fault] = field(default_factory=list[Fault])

    @property
    def judged_by(self) -> Known:
        """Facts and policy, with the findings that a re-check looks at."""
        assert self.known is not None, "this step is judged: say what is known"
        filing = self.brought.filing or self.visit.filing
        if filing.rechecks is None:
            return self.known
        due = {one.finding_id for one in findings_of(self.connection, filing.rechecks) if one.state == "due"}
        # A revision tells anew of those that this very visit has settled.
        own = self.visit.record.opinions if self.visit.revision and self.visit.record else ()
        left = due | {one.finding_id for one in own}
        facts = replace(self.known.facts, to_recheck=frozenset(left))
        return replace(self.known, facts=facts)


def filing_values(filing: Filing) -> Values:
    """Columns of a visit that its filing tells."""
    return {
        "filing": filing.model_dump(mode="json"),
        "planned_on": filing.planned_on,
        "rechecks": str(filing.rechecks) if filing.rechecks else None,
    }


def _filing(taking: Taking) -> Filing:
    """The filing brought, or the one held.  Raises FieldError, NotThereError."""
    filing = taking.brought.filing or taking.visit.filing
    if filing.enterprise_id != taking.visit.filing.enterprise_id:
        raise FieldError("A visit stays that of its enterprise. Cancel it, and begin another one.")
    if filing.rechecks is not None:
        earlier = visit_of(row_of(taking.connection, filing.rechecks, taking.user))
        if earlier.filing.enterprise_id != filing.enterprise_id or not earlier.counted_revision:
            raise FieldError(
                "A re-check looks at findings of a visit to the same enterprise that counts. Begin it from that visit."
            )
    return filing


def _edit(taking: Taking) -> Values:
    return filing_values(_filing(taking))


def _file(taking: Taking) -> Values:
    filing, known = _filing(taking), taking.judged_by
    taking.faults.extend(filing_faults(filing, known.facts, known.policy, taking.now))
    taking.faults.extend(plan_faults(filing, known.facts, is_taken=_is_taken(taking, filing)))
    going = {*filing.officers, *filing.technical_inspectors}
    return filing_values(filing) | {
        "filed_by": taking.user.user_id,
        "filed_at": taking.now,
        "is_late": is_late(filing, known.policy, taking.now),
        "names": {one: known.facts.officers[one].name for one in sorted(going & known.facts.officers.keys())},
    }


def _is_taken(taking: Taking, filing: Filing) -> bool:
    """Whether another visit that is filed, or under way, makes the same visit of the plan."""
    if filing.plan_visit_id is None:
        return False
    query = select(VISITS.c.filing).where(
        VISITS.c.enterprise_id == filing.enterprise_id,
        VISITS.c.visit_id != str(taking.visit.visit_id),
        VISITS.c.state.not_in({START.state, *FINAL}),
    )
    return any(
        one["plan_visit_id"] == filing.plan_visit_id for one in taking.connection.execute(query).scalars()
    )


def _file_afterwards(taking: Taking) -> Values:
    filing, known = _filing(taking), taking.judged_by
    if filing.emergency is None or filing.kind != taking.visit.filing.kind:
        raise FieldError("The visit began as an emergency of its kind. File it as that.")
    if taking.visit.revision and taking.visit.record is not None:
        taking.faults.extend(signature_faults(taking.visit.record, filing, known.policy))
    return _file(taking)


def _approve(taking: Taking) -> Values:
    known = taking.judged_by
    taking.faults.extend(approval_faults(taking.visit.filed_by or "", taking.user.user_id, known.policy))
    return {"approved_by": taking.user.user_id, "approved_at": taking.now}


def _send_back(taking: Taking) -> Values:
    _require_reason(taking)
    return {"filed_by": None, "filed_at": None, "is_late": False}


def _with_reason(taking: Taking) -> Values:
    _require_reason(taking)
    return {}


def _start(_taking: Taking) -> Values:
    return {}


def _start_emergency(taking: Taking) -> Values:
    filing, known = _filing(taking), taking.judged_by
    taking.faults.extend(emergency_faults(filing, known.policy))
    taking.faults.extend(plan_faults(filing, known.facts, is_taken=_is_taken(taking, filing)))
    return filing_values(filing)


def _record(taking: Taking) -> Record:
    """The record brought, or the one held.  Raises FieldError where there is none, or a finding is another visit's."""
    record = taking.brought.record or taking.visit.record
    if record is None:
        raise FieldError("There is no record yet. Write it first.")
    ids = {str(one.id): one.id for one in record.findings}
    query = select(FINDINGS.c.finding_id).where(
        FINDINGS.c.finding_id.in_(ids), FINDINGS.c.visit_id != str(taking.visit.visit_id)
    )
    if taking.connection.execute(query).first():
        raise FieldError(
            "A finding has the number of a finding of another visit. Give it a number of its own."
        )
    return record


def _keep(taking: Taking) -> Values:
    return {"record": _record(taking).model_dump(mode="json")}


def _finish(taking: Taking) -> Values:
    record, known, visit = _record(taking), taking.judged_by, taking.visit
    taking.faults.extend(
        record_faults(
            record,
            visit.filing,
            known.facts,
            taking.now,
            filed_at=visit.filed_at,
            approved_at=visit.approved_at,
        )
    )
    return {"record": record.model_dump(mode="json")}


def _sign(taking: Taking) -> Values:
    values, record = _finish(taking), _record(taking)
    taking.faults.extend(signature_faults(record, taking.visit.filing, taking.judged_by.policy))
    # What is told of the step stays as it was brought, so that asking again is known again.
    kept = record.signed_by(taking.now).model_dump(mode="json")
    return values | {"record": kept, "revision": taking.visit.revision + 1}


def _revise(taking: Taking) -> Values:
    _require_reason(taking)
    return _sign(taking)


def _close_finding(taking: Taking) -> Values:
    found = _finding(taking, taking.brought.finding_id)
    answers = taking.brought.answers or Answers()
    policy = taking.judged_by.policy
    taking.faults.extend(closing_faults(found.finding_id, answers, found.rectified_on, policy))
    if not taking.faults:
        finding_taken("close", found.state)
    return {}


def _finding(taking: Taking, finding_id: UUID | None) -> FindingState:
    for one in findings_of(taking.connection, taking.visit.visit_id):
        if one.finding_id == finding_id:
            return one
    raise FieldError("The visit has no such finding that counts. Look at the visit as it stands now.")


def _close(taking: Taking) -> Values:
    left = [one for one in findings_of(taking.connection, taking.visit.visit_id) if one.state != "closed"]
    if left:
        raise FieldError(
            "{count} findings are not closed yet. Have them looked at again, and answer the four questions.",
            count=len(left),
        )
    return {}


def _require_reason(taking: Taking) -> None:
    if not taking.brought.reason.strip():
        raise FieldError("This step needs a reason. Write it.")


TAKE: Mapping[str, Callable[[Taking], Values]] = {
    "edit": _edit,
    "file": _file,
    "approve": _approve,
    "send_back": _send_back,
    "cancel": _with_reason,
    "start": _start,
    "start_emergency": _start_emergency,
    "file_afterwards": _file_afterwards,
    "approve_afterwards": _approve,
    "keep": _keep,
    "record": _finish,
    "sign": _sign,
    "revise": _revise,
    "close_finding": _close_finding,
    "close": _close,
    "withdraw": _with_reason,
}
"""By the name of the step: judges it, and tells which columns change."""
