"""Two versions of a visit, side by side: nothing was merged, and nothing that somebody wrote is hidden."""

from fastapi.responses import Response

from desk.say import field as sayings
from desk.say.field import Told
from desk.web.asking import Asking
from models.errors import ConflictError
from models.field.forms import Filing
from models.field.states import VISIT_STATE
from warehouse.field.visit import Brought, Visit
from warehouse.questions.desk_facts import items_by_code


def conflict(asking: Asking, error: ConflictError, message: str) -> Response:
    """The page of a conflict: what the ledger has, and what was to be written."""
    back = f"/visits/{error.held.visit_id}" if isinstance(error.held, Visit) else None
    said = both(asking, error)
    return asking.page(
        "conflict.html", status=409, message=message, back=back, held=said["held"], offered=said["offered"]
    )


def both(asking: Asking, error: ConflictError) -> dict[str, Told]:
    """What the ledger has (``held``) and what was to be written (``offered``), as rows of heads and texts."""
    held, offered = error.held, error.offered
    is_record = isinstance(offered, Brought) and offered.record is not None and offered.filing is None
    return {
        "held": _held(asking, held, is_record=is_record) if isinstance(held, Visit) else [],
        "offered": _offered(asking, offered, held),
    }


def _held(asking: Asking, visit: Visit, *, is_record: bool) -> Told:
    words = asking.words
    told: Told = [(words("state"), words.label(VISIT_STATE, visit.state))]
    told.append((words("changed"), sayings.moment(visit.changed_at)))
    # Where records are compared the filing would only stand in the way; it has not changed since it was approved.
    shown = Brought(filing=None if is_record else visit.filing, record=visit.record)
    return told + _rows(asking, shown, visit)


def _offered(asking: Asking, offered: object, held: object) -> Told:
    if isinstance(offered, Filing):
        offered = Brought(filing=offered)
    if not isinstance(offered, Brought):
        return []
    return _rows(asking, offered, held if isinstance(held, Visit) else None)


def _rows(asking: Asking, brought: Brought, visit: Visit | None) -> Told:
    words, names = asking.words, dict(visit.names) if visit else {}
    items = items_by_code(asking.now.date())
    told: Told = []
    if brought.filing is not None:
        told += sayings.filing_rows(brought.filing, names, items, words)
    if brought.record is not None:
        told += sayings.record_rows(brought.record, names, items, words)
    if brought.reason:
        told.append((words("reason"), brought.reason))
    if brought.answers is not None:
        told += [(words("the four answers"), " · ".join(filter(None, brought.answers.model_dump().values())))]
    return told
