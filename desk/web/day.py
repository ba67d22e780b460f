"""My day: the visits of a crew, or of all crews of an authority, in the order in which they are made."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from desk.say.plan import missing
from desk.say.visits import crews_of
from desk.web.asking import Asking, Somebody, page_and_json
from desk.web.queue import day_of
from desk.web.viewer import Viewer
from models.errors import ForbiddenError
from models.field.states import VISIT_STATE as LEDGER_STATE
from models.places import metres_between
from warehouse.database.reading import Row
from warehouse.field.users import User
from warehouse.field.visit import Visit
from warehouse.field.visits import claims
from warehouse.questions.area import EVERYWHERE, Area
from warehouse.questions.plan import horizon
from warehouse.questions.today import first_day_of_work
from warehouse.questions.visits import ANYBODY, Sent, planned_days, visits

router = APIRouter()

Whose = Literal["me", "authority", "area"]
FIRST_CHECKS = 3
"""Things to check that are shown at once; all of them open on a tap."""
FULL = 12
"""Visits of a page that holds all there is to check; of more, the page of each crew does."""


On = Annotated[str, Query(description="a day; default: today, or the next one with visits")]
Of = Annotated[Whose | None, Query(description="whose visits; inspectors see their own")]
OfCrew = Annotated[str, Query(description="one crew of these, by its whole name", max_length=300)]


@page_and_json(router, "/day")
def day(asking: Somebody, on: On = "", of: Of = None, crew: OfCrew = "") -> Response:
    """The visits of a day by crew, in their order: where, why, what to check, whom to ask for."""
    plan = asking.desk.published.asked(horizon)
    asked = day_asked(asking, on, of, crew)
    lack = missing(plan)
    return asking.answer(
        "day.html",
        asked.told,
        choices=asked.choices,
        crews=crews_of(asked.visits),
        first_checks=FIRST_CHECKS,
        is_full=len(asked.visits) <= FULL,
        lack=asking.words.of(lack) if lack else "",
        is_today=asked.is_today,
        ledger_codes=LEDGER_STATE,
        may_file=asking.viewer.may_file,
    )


@dataclass(frozen=True)
class DayAsked:
    """The visits of a day that somebody asked for and may see.  ``of``: whose; ``choices``: whose else.

    ``before``, ``after``: the days next to it that have visits.
    """

    day: date
    of: Whose | None
    choices: list[Whose]
    before: date | None
    after: date | None
    visits: list[Row]
    is_today: bool

    @property
    def told(self) -> Row:
        """What programs are told of it."""
        names = ("day", "of", "before", "after", "visits")
        return {name: getattr(self, name) for name in names}


def day_asked(asking: Asking, on: str, of: Whose | None, crew: str) -> DayAsked:
    """The visits of a day, with their way and what the ledger has of them.  Raises ForbiddenError, UnansweredError."""
    viewer = asking.viewer
    choices = whose(viewer)
    chosen = of or (choices[0] if choices else None)
    if chosen is not None and chosen not in choices:
        raise ForbiddenError("The visits of other crews are for their leader to see. Yours: /day")
    area, sent = _asked(viewer, chosen)
    copy = asking.desk.published
    days = copy.asked(planned_days, area, sent) if chosen else []
    with asking.reading() as connection:
        # Where deliveries go on it is the clock that tells it, and no copy.
        today = first_day_of_work(connection)
    asked = day_of(on) or next((one for one in days if one >= today), today)
    found = with_way(copy.asked(visits, asked, asked, area, sent)) if chosen else []
    if crew:
        found = [row for row in found if row["crew_id"] == crew]
    return DayAsked(
        day=asked,
        of=chosen,
        choices=choices,
        before=next((one for one in reversed(days) if one < asked), None),
        after=next((one for one in days if one > asked), None),
        visits=with_ledger(asking, found),
        is_today=asked == today,
    )


def with_ledger(asking: Asking, found: list[Row]) -> list[Row]:
    """Visits of the plan, each with what the ledger has of it (``ledger``): who filed it, and how far it is.

    ``is_mine``: the person goes there, or began it; what others have claimed is theirs.  ``is_own``: the visit is the
    own authority's, which files it; who is lent to another one goes there and files nothing.
    """
    user = asking.own_session.user
    made = claims(asking.desk.ledger, user, {row["enterprise_id"] for row in found}) if found else []
    # Of several the one that is farthest: a draft beside it makes nothing undone.
    made.sort(key=lambda one: LEDGER_STATE.keys.index(one.state))
    by_plan = {(one.filing.enterprise_id, one.filing.plan_visit_id): one for one in made}
    same_day = {
        (one.filing.enterprise_id, one.filing.planned_on): one
        for one in made
        if not one.filing.plan_visit_id and not one.filing.is_assistance
    }
    return [
        {
            **row,
            "is_own": (row["level"], row["division"] or "") == (asking.viewer.level, asking.viewer.division),
            "ledger": _told(
                by_plan.get((row["enterprise_id"], row["visit_id"]))
                or same_day.get((row["enterprise_id"], row["planned_on"])),
                user,
            ),
        }
        for row in found
    ]


def _told(visit: Visit | None, user: User) -> Row | None:
    if visit is None:
        return None
    going = (*visit.filing.officers, *visit.filing.technical_inspectors)
    return {
        "visit_id": str(visit.visit_id),
        "state": visit.state,
        "version": visit.version,
        "planned_on": visit.filing.planned_on,
        "begins_at": visit.filing.begins_at,
        "ends_at": visit.filing.ends_at,
        "is_filed": visit.filed_at is not None,
        "filed_at": visit.filed_at,
        "approved_at": visit.approved_at,
        "people": [visit.names.get(one, one) for one in going],
        "is_mine": is_mine(visit, user),
    }


def is_mine(visit: Visit, user: User) -> bool:
    """Whether somebody goes there, or began it."""
    return user.user_id in (visit.created_by, visit.filed_by) or user.officer_id in visit.filing.people


def whose(viewer: Viewer) -> list[Whose]:
    """Whose visits a person may see, the one shown first in front."""
    own: list[Whose] = ["me"] if viewer.officer_id else []
    if not viewer.sees_all_crews:
        return own
    # Towns have nobody below them.
    below: list[Whose] = [] if viewer.level == "town" else ["area"]
    return ["authority", *below, *own]


def _asked(viewer: Viewer, chosen: Whose | None) -> tuple[Area, Sent]:
    if chosen == "me":
        # Also where another authority has asked for this officer (P10).
        return EVERYWHERE, Sent(officer=viewer.officer_id)
    return (viewer.authority if chosen == "authority" else viewer.area), ANYBODY


def with_way(found: list[Row]) -> list[Row]:
    """Visits, each with the distance from the crew's stop before in metres (``metres``), as far as it is known."""
    known: dict[str, int] = {}
    for _, stops in crews_of(found):
        for before, row in pairwise(stops):
            places = [(one["longitude"], one["latitude"]) for one in (before, row)]
            if all(None not in place for place in places):
                known[row["visit_id"]] = metres_between(*places)
    return [{**row, "metres": known.get(row["visit_id"])} for row in found]
