"""A step of a visit, asked for by a page or by a program, and the answer to programs."""

from typing import Any, Final

from fastapi.responses import Response

from desk.files.tables import as_json
from desk.web.asking import Asking
from desk.web.knowing import VisitTold, judged_by, plain
from models.errors import NotThereError, UnansweredError
from models.field.states import STEPS, Position, steps_from
from warehouse.field import visits as ledger_visits
from warehouse.field.visit import Ask, Brought, Visit

JUDGED = frozenset(
    {
        "file",
        "file_afterwards",
        "approve",
        "approve_afterwards",
        "start_emergency",
        "record",
        "sign",
        "revise",
        "close_finding",
    }
)
"""Steps for which it must be known what the copy and the rules say."""
UNWRITTEN: Final = frozenset({"approved", "started", "recorded"})
"""States of a visit whose record is still to be written."""
VISIT: Final[dict[str, Any]] = {"description": "The visit as it is then.", "model": VisitTold}
"""What ``answered`` answers, described."""


def taken_on(asking: Asking, visit: Visit, step: str, ask: Ask, brought: Brought) -> Visit:
    """The visit after a step.  Raises NotThereError, ConflictError, FaultsError, FieldError."""
    if step not in STEPS:
        raise NotThereError("There is no such step. Look at the visit as it stands now.")
    filing = brought.filing or visit.filing
    known = judged_by(asking, filing, ask.now, but=visit).known if step in JUDGED else None
    user = asking.own_session.user
    return ledger_visits.take(asking.desk.ledger, user, visit.visit_id, step, ask, brought, known)


def able(asking: Asking, visit: Visit, *, at: Position | None = None) -> list[str]:
    """Names of the steps that the viewer may take with a visit as it stands, or ``at`` another position."""
    user = asking.own_session.user
    if not user.jurisdiction.acts_for(visit.authority):
        return []
    return [one.name for one in steps_from(at or visit.position, user.roles)]


def answered(visit: Visit) -> Response:
    """A visit as JSON, with its version where the next request names it."""
    headers = {"etag": f'"{visit.version}"'}
    return Response(as_json(plain(visit), indent=None), 200, headers, "application/json")


def version_in(if_match: str | None) -> int:
    """The version that a program looked at (``If-Match: "3"``).  Raises UnansweredError."""
    told = (if_match or "").removeprefix("W/").strip('"')
    if not told.isascii() or not told.isdigit() or len(told) > 9:
        error = UnansweredError(
            'It is not said which version was looked at. Send it along, as it came: If-Match: "3"'
        )
        error.status = 428
        raise error
    return int(told)
