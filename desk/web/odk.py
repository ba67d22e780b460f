"""Forms of other programs: the checklist of a visit as an XLSForm, and the submissions that came back."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from desk.files.odk import submissions
from desk.files.xlsform import ASKED, Checklist, form_of
from desk.web.asking import TOLD, Asking, Somebody, page_and_json
from desk.web.knowing import judged_by
from desk.web.sent import Sent, text, uploads
from desk.web.steps import UNWRITTEN
from desk.words.labels import SUBMISSION_STATE
from desk.words.words import kept
from models.errors import DeliveryError, FieldError, ForbiddenError
from models.field.states import INSPECTOR, LEADER
from warehouse.database.reading import Row
from warehouse.field import submissions as ledger_submissions
from warehouse.field import visits as ledger_visits
from warehouse.field.submissions import Kept, take_in
from warehouse.questions.desk_facts import offered_items

router = APIRouter()

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get(
    "/visits/{visit_id}/form.xlsx",
    response_class=Response,
    responses={**TOLD, 200: {"description": "The form.", "content": {XLSX: {}}}},
)
def form(asking: Somebody, visit_id: UUID) -> Response:
    """The checklist of an approved visit as an XLSForm, in the reader's language, for ODK Central and its kin."""
    visit = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    if visit.state not in UNWRITTEN:
        raise FieldError("The visit is not approved. Have it approved first, then write its record.")
    if visit.filing.rechecks is not None:
        raise FieldError(
            "A re-check is written at the desk, where the findings stand that it looks at again."
        )
    judged = judged_by(asking, visit.filing, asking.now, but=visit)
    day = visit.filing.planned_on or asking.now.date()
    checklist = Checklist(
        visit_id=str(visit_id),
        version=visit.version,
        name=judged.register["name"] or visit.filing.enterprise_id,
        filing=visit.filing,
        items=offered_items(judged.register, day, visit.filing.item_codes),
        criteria=judged.known.facts.criteria,
    )
    asking.note_look("form", str(visit_id))
    headers = {"content-disposition": f'attachment; filename="visit-{visit_id}.xlsx"'}
    return Response(form_of(checklist, asking.words), 200, headers, XLSX)


@page_and_json(router, "/submissions")
def listed(asking: Somebody) -> Response:
    """Submissions that came back, the newest first: taken, in conflict with a record, or refused, and why."""
    return _page(asking)


@router.post("/submissions", include_in_schema=False)
def bring(asking: Somebody, sent: Sent) -> Response:
    """Take in what ODK Central exported; the same file again does nothing."""
    asking.require_form(text(sent, "csrf"))
    user = asking.own_session.user
    if user.roles.isdisjoint({INSPECTOR, LEADER}):
        raise ForbiddenError("Records are written by those who inspect. Ask one of them.")
    files = uploads(sent, "file")
    try:
        if not files:
            raise DeliveryError("No file was chosen. Choose the ZIP file that ODK Central exported.")
        found = [one for file in files for one in submissions(file.file, file.filename or "–")]
    except DeliveryError as error:
        return _page(asking, fault=asking.words.of(error))
    brought = [take_in(asking.desk.ledger, user, one, asking.now, kept) for one in found]
    return _page(asking, brought=brought)


def _page(asking: Asking, *, brought: list[Kept] | None = None, fault: str = "") -> Response:
    found = ledger_submissions.listed(asking.desk.ledger, asking.own_session.user)
    told: Row = {"submissions": [_plain(one, asking) for one in found]}
    return asking.answer(
        "submissions.html",
        told,
        status=422 if fault else 200,
        fault=fault,
        brought=None if brought is None else _counts(brought, asking),
        codes=SUBMISSION_STATE,
        shown=ASKED,
    )


def _counts(brought: list[Kept], asking: Asking) -> str:
    """How many there were of each state."""
    words = asking.words
    counts = {state: sum(one.state == state for one in brought) for state in SUBMISSION_STATE.keys}
    said = (f"{words.label(SUBMISSION_STATE, state)} {n}" for state, n in counts.items() if n)
    return " · ".join(said) or words("There was no submission in it.")


def _plain(one: Kept, asking: Asking) -> dict[str, Any]:
    """A submission as programs are told it, with what it says; ``why`` in the reader's language."""
    words = asking.words
    why = words.either({f"why_{name}": said for name, said in one.said.items()}, "why") if one.said else ""
    names = ("instance_id", "content_hash", "visit_id", "state", "rule", "told", "at")
    return {**{name: getattr(one, name) for name in names}, "why": why}
