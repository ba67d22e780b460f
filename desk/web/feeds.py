"""Calendar feeds: made and revoked on the page of the own account, fetched by calendars that nobody is logged in to."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response

from desk.files.calendar import calendar_of
from desk.web.asking import Anybody, Asking, Person, speaker
from desk.web.knowing import names_of_firms
from desk.web.people import own_page
from desk.web.sent import Sent, text
from desk.web.viewer import feed_choices, viewer_of
from models.errors import FieldError, NotThereError, TooOftenError
from models.field.states import FINAL
from warehouse.database.reading import Row
from warehouse.field.feeds import CREW, ME, Feed, feed_of, make_feed, note_fetch, revoke_feed
from warehouse.field.users import User
from warehouse.field.visit import Visit
from warehouse.field.visits import Wanted, every
from warehouse.planning.appointments import KEPT_DAYS
from warehouse.questions import visits as visit_queries
from warehouse.questions.appointments import appointments
from warehouse.questions.area import EVERYWHERE, Area
from warehouse.questions.plan import horizon
from warehouse.questions.visits import ANYBODY

router = APIRouter(include_in_schema=False)


@router.post("/me/feeds")
def make(asking: Person, sent: Sent) -> Response:
    """Make an address, which is shown this once."""
    asking.require_form(text(sent, "csrf"))
    user, of = asking.own_session.user, text(sent, "of")
    if of not in feed_choices(user):
        raise FieldError("There is no such calendar for you. Choose one of those on the page: /me")
    token = make_feed(asking.desk.ledger, user, of, asking.words.language, asking.desk.clock())
    base = str(asking.request.base_url).rstrip("/")
    return own_page(asking, address=f"{base}/calendar/{token}.ics", status=201)


@router.post("/me/feeds/{feed_id}/revoke")
def revoke(asking: Person, feed_id: Annotated[str, Path(max_length=60)], sent: Sent) -> Response:
    """Let an address show nothing from now on."""
    asking.require_form(text(sent, "csrf"))
    revoke_feed(asking.desk.ledger, asking.own_session.user, feed_id, asking.desk.clock())
    return asking.go("/me")


@router.get("/calendar/{token}.ics")
def calendar(asking: Anybody, token: Annotated[str, Path(max_length=100)]) -> Response:
    """The visits of a feed as a calendar, as the plan and the desk have them now."""
    desk = asking.desk
    feed, user = feed_of(desk.ledger, token)
    if feed.of not in feed_choices(user):
        raise NotThereError("There is no such calendar. Make a new address at /me.")
    if not desk.feeds.allows(feed.feed_id):
        raise TooOftenError("This calendar is fetched too often. Let it ask every quarter of an hour.")
    content = calendar_of(_rows(asking, feed, user), speaker(feed.language), as_of=_as_of(asking))
    note_fetch(desk.ledger, feed, desk.clock())
    headers = {"content-disposition": 'inline; filename="visits.ics"'}
    return Response(content, 200, headers, "text/calendar; charset=utf-8")


def _as_of(asking: Asking) -> date:
    return asking.desk.published.asked(horizon)["as_of"] or asking.now.date()


def _rows(asking: Asking, feed: Feed, user: User) -> list[Row]:
    """Appointments of the plan, each with what the desk has of it, then visits that no plan knows."""
    plan = asking.desk.published.asked(horizon)
    since = _as_of(asking) - timedelta(days=KEPT_DAYS)
    area, sent = _whose(feed, user)
    with asking.reading() as copy:
        planned = appointments(copy, since, plan["last_on"], area, sent) if plan["last_on"] else []
    if feed.of == CREW:
        planned = [row for row in planned if row["crew_id"] == user.crew_id]
    # Those of the last days, whatever became of them.
    made = [
        one
        for one in every(asking.desk.ledger, user, Wanted(first_on=since))
        if one.filed_at is not None or one.state == "draft"
    ]
    by_plan = _by_plan(made)
    told = [row | {"ledger": _told(by_plan.get(row["visit_id"]), feed, user)} for row in planned]
    known = {row["visit_id"] for row in planned}
    own = [one for one in made if _is_own(one, feed, user) and one.filing.plan_visit_id not in known]
    names = names_of_firms(asking, own)
    return told + [_off_plan(one, names) | {"ledger": _told(one, feed, user)} for one in own]


def _by_plan(made: list[Visit]) -> dict[str, Visit]:
    """Of several visits that make one of the plan the one that stands; of those given up the last."""
    ranked = sorted(made, key=lambda one: (one.state not in FINAL, one.changed_at))
    return {one.filing.plan_visit_id: one for one in ranked if one.filing.plan_visit_id}


def _whose(feed: Feed, user: User) -> tuple[Area, visit_queries.Sent]:
    if feed.of == ME:
        # Also where another authority has asked for this officer (P10).
        return EVERYWHERE, visit_queries.Sent(officer=user.officer_id)
    own = viewer_of(user).authority
    return own, visit_queries.Sent(team=user.crew_id) if feed.of == CREW else ANYBODY


def _is_own(visit: Visit, feed: Feed, user: User) -> bool:
    """Whether a visit that no plan of this calendar knows belongs into it."""
    if visit.filed_at is None:
        return False
    if feed.of == ME:
        return user.officer_id in visit.filing.people
    return feed.of != CREW and visit.authority == user.authority


def _told(visit: Visit | None, feed: Feed, user: User) -> dict[str, Any] | None:
    """What the desk has of a visit; one that was filed for others is cancelled in one's own calendar."""
    if visit is None:
        return None
    filing = visit.filing
    is_given_away = feed.of == ME and user.officer_id not in filing.people
    return {
        "planned_on": filing.planned_on,
        "begins_at": filing.begins_at,
        "ends_at": filing.ends_at,
        "is_filed": visit.filed_at is not None,
        "is_cancelled": visit.filed_at is not None and (visit.state in FINAL or is_given_away),
        "changed_at": visit.changed_at,
    }


def _off_plan(visit: Visit, names: dict[str, str]) -> Row:
    filing = visit.filing
    return {
        "visit_id": str(visit.visit_id),
        "enterprise_id": filing.enterprise_id,
        "name": names.get(filing.enterprise_id),
        "place": visit.authority.division,
        "planned_on": filing.planned_on,
        "begins_after": 0,
        "quarter_days": 1,
        "stands": False,
        "is_cancelled": False,
        "changed_on": visit.changed_at.date(),
        "because": None,
    }
