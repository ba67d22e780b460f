"""One visit with its whole history, the steps that can be taken, and the ledger of all visits (台账, D3)."""

import uuid
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from desk.files.tables import csv_of
from desk.say import field as sayings
from desk.web.asking import Asking, Somebody, page_and_json
from desk.web.knowing import names_of, plain, rules_on
from desk.web.queue import Page, Paged, Size, Text, day_of, link_of, one_of
from desk.web.sent import Sent, answers_of, ask_of, text, with_signatures
from desk.web.steps import answered, taken_on, version_in
from models import vocabulary as vocab
from models.documents import Strict
from models.errors import FieldError
from models.field.closing import recheck_by
from models.field.forms import Answers, Filing, Prose, Record
from models.field.states import FINDING_STATE, VISIT_STATE, VISIT_STEP, steps_from
from warehouse.database.reading import Row, rows
from warehouse.field import audit
from warehouse.field import visits as ledger_visits
from warehouse.field.passes import SHOWN
from warehouse.field.users import users
from warehouse.field.visit import Ask, Brought, Visit
from warehouse.questions.desk_facts import items_by_code

router = APIRouter()

SIZE = 50
ON_PAGE_OF_FILING = frozenset({"edit", "file", "start_emergency", "file_afterwards"})
ON_PAGE_OF_RECORD = frozenset({"keep", "record", "revise"})
WITH_REASON = frozenset({"send_back", "cancel", "withdraw"})
ONE_BUTTON = frozenset({"approve", "approve_afterwards", "start", "close", *WITH_REASON})
"""Steps that a form of the visit's own page takes."""


@page_and_json(router, "/visits")
def visits(
    asking: Somebody,
    day: Annotated[str, Query(description="a planned day", max_length=20)] = "",
    state: Text = "",
    officer: Annotated[str, Query(description="number or name of who goes", max_length=100)] = "",
    enterprise: Text = "",
    page: Page = 1,
    size: Size = SIZE,
) -> Response:
    """The ledger of visits (台账): unit, officers, mode, content, result; those planned last first."""
    found = _listed(asking, day, state, officer, enterprise)
    paged = Paged(page, size, len(found))
    shown = found[paged.skip :][:size]
    filters = {"day": day, "state": state, "officer": officer, "enterprise": enterprise}
    told = {"of": paged.of, "page": page, "size": size, "visits": [plain(one) for one in shown]}
    names = _names(asking, shown)
    return asking.answer(
        "visits.html",
        told,
        found=[(one, names.get(one.filing.enterprise_id, one.filing.enterprise_id)) for one in shown],
        filters=filters,
        paged=paged,
        link=link_of("/visits", filters),
        export=link_of("/visits.csv", filters),
        states=VISIT_STATE.keys,
        codes=VISIT_STATE,
        is_whole=len(found) < ledger_visits.MOST_LISTED,
    )


@router.get("/visits.csv")
def export(
    asking: Somebody, day: Text = "", state: Text = "", officer: Text = "", enterprise: Text = ""
) -> Response:
    """The same as a table for spreadsheets, in the reader's language."""
    found = _listed(asking, day, state, officer, enterprise)
    words, names = asking.words, _names(asking, found)
    heads = [
        words("visit"),
        words("enterprise"),
        words("unit"),
        words("authority"),
        words("state"),
        words("day"),
        words("kind of visit"),
        words("mode"),
        words("officers"),
        words("legal basis"),
        words("check items"),
        words.within("visit", "result"),
        words("findings"),
        words("major hazards"),
        words("filed"),
        words("filed late"),
        words("approved"),
        words("counted"),
    ]
    lines = [_line(asking, one, names) for one in found]
    headers = {"content-disposition": 'attachment; filename="visits.csv"'}
    return Response(csv_of(heads, lines).encode("utf-8-sig"), 200, headers, "text/csv; charset=utf-8")


def _line(asking: Asking, visit: Visit, names: dict[str, str]) -> list[Any]:
    words, filing, record = asking.words, visit.filing, visit.record
    is_signed = record is not None and visit.revision > 0
    findings = record.findings if record is not None and is_signed else ()
    return [
        str(visit.visit_id),
        filing.enterprise_id,
        names.get(filing.enterprise_id, ""),
        words.authority(visit.authority.level, visit.authority.division),
        words.label(VISIT_STATE, visit.state),
        filing.planned_on,
        words.label(vocab.INSPECTION_KIND, filing.kind),
        words.label(vocab.INSPECTION_MODE, filing.mode),
        sayings.people((*filing.officers, *filing.technical_inspectors), visit.names, words),
        filing.basis,
        " ".join(filing.item_codes),
        words.label(vocab.INSPECTION_RESULT, record.result) if record and is_signed else "",
        len(findings),
        sum(one.is_major for one in findings),
        sayings.moment(visit.filed_at),
        sayings.yes(visit.is_late, words),
        sayings.moment(visit.approved_at),
        sayings.moment(visit.counted_at),
    ]


def _listed(asking: Asking, day: str, state: str, officer: str, enterprise: str) -> list[Visit]:
    chosen = one_of(VISIT_STATE, state)
    found = ledger_visits.listed(
        asking.desk.ledger,
        asking.own_session.user,
        states=(chosen,) if chosen else (),
        planned_on=day_of(day),
        enterprise_id=enterprise.strip() or None,
    )
    who = officer.strip()
    return [one for one in found if not who or _goes(one, who)]


def _goes(visit: Visit, who: str) -> bool:
    going = (*visit.filing.officers, *visit.filing.technical_inspectors)
    return any(who == one or who in visit.names.get(one, "") for one in going)


def _names(asking: Asking, found: list[Visit]) -> dict[str, str]:
    """Names of enterprises by number, as the register has them."""
    asked = (
        "SELECT enterprise_id, name FROM core.enterprises WHERE list_contains($ids::VARCHAR[], enterprise_id)"
    )
    ids = sorted({one.filing.enterprise_id for one in found})
    with asking.reading() as connection:
        return {row["enterprise_id"]: row["name"] for row in rows(connection, asked, {"ids": ids})}


@page_and_json(router, "/visits/{visit_id}")
def visit(asking: Somebody, visit_id: UUID) -> Response:
    """A visit: filing, record, findings, every step with who, when and why, and what can be done next."""
    desk, user = asking.desk, asking.own_session.user
    found = ledger_visits.load(desk.ledger, user, visit_id)
    audit.looked_at(desk.ledger, at=asking.now, by=user.user_id, what="visit", subject=str(visit_id))
    people = {one.user_id: one.name for one in users(desk.ledger)}
    steps = [
        {**one, "by_name": people.get(one["by"] or "")}
        for one in ledger_visits.history(desk.ledger, user, visit_id)
    ]
    revisions = [
        {**one, "by_name": people.get(one["by"] or "")}
        for one in ledger_visits.revisions(desk.ledger, user, visit_id)
    ]
    findings = ledger_visits.findings(desk.ledger, user, visit_id)
    able = steps_from(found.position, user.roles) if user.jurisdiction.acts_for(found.authority) else ()
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
        "able": [one.name for one in able],
    }
    return asking.answer(
        "visit.html", told, headers={"etag": f'"{found.version}"'}, **_around(asking, found, findings)
    )


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
        "name": _names(asking, [found]).get(found.filing.enterprise_id, found.filing.enterprise_id),
        "filing_told": sayings.filing_rows(found.filing, names, items, words),
        "record_told": sayings.record_rows(found.record, names, items, words) if found.record else [],
        "followed": told,
        "has_pass": found.state in SHOWN,
        "request_id": uuid.uuid4,
        "say": sayings,
        "codes": VISIT_STATE,
        "step_codes": VISIT_STEP,
        "finding_codes": FINDING_STATE,
        "is_due": any(one.state == "due" for one in findings),
        "one_button": ONE_BUTTON,
        "with_reason": WITH_REASON,
        "on_filing": ON_PAGE_OF_FILING,
        "on_record": ON_PAGE_OF_RECORD,
        "answers": Answers(),
    }


class Asked(Strict):
    """What a program brings with a step; each step reads what it asks for."""

    request_id: UUID
    device_at: AwareDatetime | None = None
    filing: Filing | None = None
    record: Record | None = None
    reason: Prose = ""
    finding_id: UUID | None = None
    answers: Answers | None = None


# Before the one of forms: a name in a path takes dots too.
@router.post("/visits/{visit_id}/steps/{step}.json")
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
    taken_on(asking, found, step, ask, Brought(reason=_reason(text(sent, "reason"))))
    return asking.go(f"/visits/{visit_id}")


def _reason(told: str) -> str:
    if len(told) > 4000:
        raise FieldError("The reason is too long. Write it in 4,000 characters at most.")
    return told.replace("\r\n", "\n")


@router.post("/visits/{visit_id}/signatures", include_in_schema=False)
def sign(asking: Somebody, visit_id: UUID, sent: Sent) -> Response:
    """Sign the record: names typed and confirmed, or the refusal of the unit's person with a witness."""
    ask = ask_of(asking, sent)
    found = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    if found.record is None:
        raise FieldError("There is no record yet. Write it first.")
    signed = with_signatures(sent, found.record, found, names_of(asking, found), ask.now)
    taken_on(asking, found, "sign", ask, Brought(record=signed))
    return asking.go(f"/visits/{visit_id}")


@router.post("/visits/{visit_id}/findings/{finding_id}", include_in_schema=False)
def close_finding(asking: Somebody, visit_id: UUID, finding_id: UUID, sent: Sent) -> Response:
    """Close a finding by the four answers (D6)."""
    ask = ask_of(asking, sent)
    found = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    brought = Brought(finding_id=finding_id, answers=answers_of(sent))
    taken_on(asking, found, "close_finding", ask, brought)
    return asking.go(f"/visits/{visit_id}#findings")
