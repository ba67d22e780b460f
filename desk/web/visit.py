"""One visit with its whole history, how far it has come, and the steps that can be taken (D3)."""

import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header
from fastapi.responses import Response
from starlette.datastructures import FormData

from desk.say import field as sayings
from desk.say import way_back as back_said
from desk.web.asking import Asking, Somebody, for_programs, page_and_json
from desk.web.filing import FILING_STEPS
from desk.web.knowing import names_of, names_of_firms, plain, rules_on
from desk.web.sent import Sent, answers_of, ask_of, prose, text, with_signatures
from desk.web.steps import UNWRITTEN, VISIT, able, answered, taken_on, version_in
from models.documents import Strict
from models.errors import FaultsError, FieldError
from models.field.closing import recheck_by
from models.field.forms import Answers, Filing, Moment, Prose, Record
from models.field.states import FINDING_STATE, VISIT_STATE, VISIT_STEP
from warehouse.database.reading import Row
from warehouse.field import visits as ledger_visits
from warehouse.field.passes import SHOWN
from warehouse.field.visit import Ask, Brought, Visit
from warehouse.field.way_back import WayBack, is_refused, way_back
from warehouse.questions.codes import code_of
from warehouse.questions.desk_facts import items_by_code

router = APIRouter()

ON_PAGE_OF_RECORD = frozenset({"keep", "record", "revise"})
WITH_REASON = frozenset({"send_back", "cancel", "withdraw"})
ONE_BUTTON = frozenset({"approve", "approve_afterwards", "start", "close", *WITH_REASON})
"""Steps that a form of the visit's own page takes."""


@page_and_json(router, "/visits/{visit_id}")
def visit(asking: Somebody, visit_id: UUID) -> Response:
    """A visit: filing, record, findings, every step with who, when and why, and what can be done next."""
    return _page(asking, ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id))


@dataclass(frozen=True)
class _Wrong:
    """What stood against a form that was sent, and the form as it was sent.  ``finding_id``: that it closes."""

    faults: tuple[Any, ...]
    sent: FormData
    finding_id: UUID | None = None


def _page(asking: Asking, found: Visit, wrong: _Wrong | None = None) -> Response:
    """The visit as it stands; with what stood against a form, and what was typed there."""
    desk, user, visit_id = asking.desk, asking.own_session.user, found.visit_id
    asking.note_look("visit", str(visit_id))
    people = asking.people
    steps = [
        {**one, "by_name": people.get(one["by"] or "")}
        for one in ledger_visits.history(desk.ledger, user, visit_id)
    ]
    revisions = [
        {**one, "by_name": people.get(one["by"] or "")}
        for one in ledger_visits.revisions(desk.ledger, user, visit_id)
    ]
    findings = ledger_visits.findings(desk.ledger, user, visit_id)
    with asking.reading() as copy:
        back = way_back(desk.ledger, copy, desk.home, user, visit_id)
        code = code_of(copy, found.filing.enterprise_id)
    told: Row = {
        **plain(found),
        "findings": [
            {
                "finding_id": str(one.finding_id),
                "state": one.state,
                "due_on": one.due_on,
                "rectified_on": one.rectified_on,
                "answers": one.answers.model_dump() if one.answers else None,
            }
            for one in findings
        ],
        "steps": [_step(one) for one in steps],
        "revisions": [
            {"revision": one["revision"], "by": one["by_name"], "at": one["at"], "reason": one["reason"]}
            | {"record": one["record"]}
            for one in revisions
        ],
        "able": able(asking, found),
        "way_back": _back(asking, back),
        "code": code,
    }
    around = _around(asking, found, findings) | {"is_refused": is_refused(back)} | _given(wrong)
    status = 422 if wrong else 200
    return asking.answer("visit.html", told, status=status, headers={"etag": f'"{found.version}"'}, **around)


def _given(wrong: _Wrong | None) -> Row:
    """What was typed, where it is typed on the page of a visit."""
    typed = {name: text(wrong.sent, name) for name in wrong.sent} if wrong else {}
    closing = str(wrong.finding_id) if wrong and wrong.finding_id else ""
    return {
        "faults": wrong.faults if wrong else (),
        "closing": closing,
        "given_answers": defaultdict(str, typed if closing else {}),
        "given_signatures": {} if closing else typed,
    }


def _back(asking: Asking, back: WayBack) -> Row:
    """How far it has come, by the minute and in words."""
    rows = [
        {"table": one.table, "key": one.key, "state": one.state, "refusal": one.refusal} for one in back.rows
    ]
    return {
        "state": back.state,
        "received_at": back.received_at,
        "exported_at": back.exported_at,
        "counted_at": back.counted_at,
        "waits_for": list(back.waits_for),
        "rows": rows,
        "said": back_said.standing(back, asking.words),
        "refused": back_said.refusals(back, asking.words),
    }


def _step(row: Row) -> Row:
    """A step as programs are told it."""
    names = ("version", "step", "before", "after", "at", "device_at", "reason")
    return {"by": row["by_name"], **{name: row[name] for name in names}}


def _around(asking: Asking, found: Visit, findings: list[Any]) -> Row:
    """What the page of a visit shows besides."""
    words, names = asking.words, names_of(asking, found)
    day = found.filing.planned_on or asking.now.date()
    items, policy = items_by_code(day), rules_on(asking, day)
    written = {one.id: one for one in found.record.findings} if found.record else {}
    told = [
        {
            "state": one,
            "said": sayings.finding_line(written[one.finding_id], items, words)
            if one.finding_id in written
            else str(one.finding_id),
            "photos": written[one.finding_id].photos if one.finding_id in written else (),
            "recheck_by": recheck_by(one.due_on, policy) if one.due_on else None,
        }
        for one in findings
        if found.counted_revision
    ]
    return {
        "visit": found,
        "signers": names,
        "name": names_of_firms(asking, [found]).get(found.filing.enterprise_id, found.filing.enterprise_id),
        "filing_told": sayings.filing_rows(found.filing, names, items, words),
        "record_told": sayings.record_rows(found.record, names, items, words) if found.record else [],
        "followed": told,
        "has_pass": found.state in SHOWN,
        "has_form": found.state in UNWRITTEN and found.filing.rechecks is None,
        "request_id": uuid.uuid4,
        "say": sayings,
        "codes": VISIT_STATE,
        "step_codes": VISIT_STEP,
        "finding_codes": FINDING_STATE,
        "is_due": any(one.state == "due" for one in findings),
        "one_button": ONE_BUTTON,
        "with_reason": WITH_REASON,
        "on_filing": FILING_STEPS,
        "on_record": ON_PAGE_OF_RECORD,
        "answers": Answers(),
    }


class Asked(Strict):
    """What a program brings with a step; each step reads what it asks for."""

    request_id: UUID
    device_at: Moment | None = None
    filing: Filing | None = None
    record: Record | None = None
    reason: Prose = ""
    finding_id: UUID | None = None
    answers: Answers | None = None


# Before the one of forms: a name in a path takes dots too.
@for_programs(
    router,
    "/visits/{visit_id}/steps/{step}.json",
    told_200=VISIT,
    told_428={"description": "It is not said which version was looked at."},
)
def step_by_program(
    asking: Somebody,
    visit_id: UUID,
    step: str,
    asked: Asked,
    if_match: Annotated[str | None, Header(description='version that was looked at: "3"')] = None,
) -> Response:
    """Take any step; asked again with the same ``request_id`` nothing is done twice."""
    found = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    ask = Ask(asked.request_id, asking.now, version_in(if_match), asked.device_at)
    told = asked.model_dump(exclude={"request_id", "device_at"})
    return answered(taken_on(asking, found, step, ask, Brought.model_validate(told)))


@router.post("/visits/{visit_id}/steps/{step}", include_in_schema=False)
def step_by_form(asking: Somebody, visit_id: UUID, step: str, sent: Sent) -> Response:
    """Take a step that needs a reason at most."""
    ask = ask_of(asking, sent)
    found = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    if step not in ONE_BUTTON:
        raise FieldError("This step is taken on another page. Look at the visit as it stands now.")
    taken_on(asking, found, step, ask, Brought(reason=prose(sent, "reason")))
    return asking.go(f"/visits/{visit_id}")


@router.post("/visits/{visit_id}/signatures", include_in_schema=False)
def sign(asking: Somebody, visit_id: UUID, sent: Sent) -> Response:
    """Sign the record: names typed and confirmed, or the refusal of the unit's person with a witness."""
    ask = ask_of(asking, sent)
    found = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    if found.record is None:
        raise FieldError("There is no record yet. Write it first.")
    try:
        signed = with_signatures(sent, found.record, found, names_of(asking, found), ask.now)
        taken_on(asking, found, "sign", ask, Brought(record=signed))
    except FaultsError as error:
        return _page(asking, found, _Wrong(error.faults, sent))
    return asking.go(f"/visits/{visit_id}")


@router.post("/visits/{visit_id}/findings/{finding_id}", include_in_schema=False)
def close_finding(asking: Somebody, visit_id: UUID, finding_id: UUID, sent: Sent) -> Response:
    """Close a finding by the four answers (D6)."""
    ask = ask_of(asking, sent)
    found = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    brought = Brought(finding_id=finding_id, answers=answers_of(sent))
    try:
        taken_on(asking, found, "close_finding", ask, brought)
    except FaultsError as error:
        return _page(asking, found, _Wrong(error.faults, sent, finding_id))
    return asking.go(f"/visits/{visit_id}#findings")
