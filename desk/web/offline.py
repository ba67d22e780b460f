"""What a device keeps for times without network: the worker that keeps pages, what it keeps, and the outbox."""

from datetime import date
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from desk.files.tables import as_json
from desk.web.asking import STAMP, STATIC, Anybody, Asking, Somebody
from desk.web.day import is_mine
from desk.web.record import WRITTEN
from models.field.states import VISIT_STEP
from warehouse.database.reading import Row
from warehouse.field import visits as ledger_visits
from warehouse.field.visit import Visit

router = APIRouter(include_in_schema=False)

WORKED_ON = ("approved", "started", "recorded")
"""States of visits whose pages are needed on the way."""
MOST = 30
"""Visits that are kept, those nearest to today."""


def _is_of_map(path: Path) -> bool:
    """Whether only the map needs a file; without network it has nothing to draw that the day does not tell."""
    return path.name == "map.js" or path.parent.name == "leaflet"


_FILES = tuple(
    f"/static/{STAMP}/{path.relative_to(STATIC).as_posix()}"
    for path in sorted(STATIC.rglob("*"))
    if path.suffix in (".css", ".js", ".svg") and path.name != "worker.js" and not _is_of_map(path)
)


@router.get("/worker.js")
def worker() -> Response:
    """The worker, at the top because it sees only what lies below it; browsers ask each time whether it changed."""
    return FileResponse(
        STATIC / "worker.js", media_type="text/javascript", headers={"cache-control": "no-cache"}
    )


@router.get("/outbox")
def outbox(asking: Anybody) -> Response:
    """The frame of the outbox; what waits lies on the device and is put in there by script."""
    _ = asking.own_session
    return asking.page("outbox.html", steps=VISIT_STEP, written=sorted(WRITTEN))


@router.get("/kept.json")
def kept(asking: Somebody) -> Response:
    """Files and pages that the device of this person keeps; a page is fetched again when its ``mark`` changes.

    Without a mark it is fetched each time.
    """
    user = asking.own_session.user
    found = ledger_visits.listed(asking.desk.ledger, user, states=WORKED_ON)
    today = asking.now.date()
    near = sorted((one for one in found if is_mine(one, user)), key=lambda one: _days(one, today))[:MOST]
    pages: list[Row] = [{"address": "/day", "mark": None}, {"address": "/outbox", "mark": _mark(asking)}]
    for one in near:
        mark = _mark(asking, one)
        pages += [{"address": f"/{page}/{one.visit_id}", "mark": mark} for page in ("visits", "records")]
    told = {"user_id": user.user_id, "stamp": STAMP, "files": _FILES, "pages": pages}
    return Response(as_json(told, indent=None), 200, None, "application/json")


def _days(visit: Visit, today: date) -> int:
    return abs(((visit.filing.planned_on or today) - today).days)


def _mark(asking: Asking, visit: Visit | None = None) -> str:
    """What a page depends on: its forms on the session, its texts on the language, its choices on the copy."""
    told = (STAMP, asking.own_session.csrf, asking.words.language, asking.desk.edition["published_at"])
    about = (visit.visit_id, visit.version) if visit else ()
    return sha256(repr((*told, *about)).encode()).hexdigest()[:16]
