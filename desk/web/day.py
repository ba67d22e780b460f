"""My day: the visits of a crew, or of all crews of an authority, in the order in which they are made."""

from itertools import pairwise
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from desk.say.plan import missing
from desk.say.visits import crews_of
from desk.web.asking import Somebody, page_and_json
from desk.web.queue import day_of
from desk.web.viewer import Viewer
from models.errors import ForbiddenError
from models.places import metres_between
from warehouse.database.reading import Row
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


@page_and_json(router, "/day")
def day(
    asking: Somebody,
    on: Annotated[str, Query(description="a day; default: today, or the next one with visits")] = "",
    of: Annotated[Whose | None, Query(description="whose visits; inspectors see their own")] = None,
    crew: Annotated[str, Query(description="one crew of these, by its whole name", max_length=300)] = "",
) -> Response:
    """The visits of a day by crew, in their order: where, why, what to check, whom to ask for."""
    viewer = asking.viewer
    choices = whose(viewer)
    chosen = of or (choices[0] if choices else None)
    if chosen is not None and chosen not in choices:
        raise ForbiddenError("The visits of other crews are for their leader to see. Yours: /day")
    area, sent = _asked(viewer, chosen)
    with asking.reading() as connection:
        plan = horizon(connection)
        days = planned_days(connection, area, sent) if chosen else []
        today = first_day_of_work(connection)
        asked = day_of(on) or next((one for one in days if one >= today), today)
        found = with_way(visits(connection, asked, asked, area, sent)) if chosen else []
    if crew:
        found = [row for row in found if row["crew_id"] == crew]
    told = {
        "day": asked,
        "of": chosen,
        "before": next((one for one in reversed(days) if one < asked), None),
        "after": next((one for one in days if one > asked), None),
        "visits": found,
    }
    lack = missing(plan)
    return asking.answer(
        "day.html",
        told,
        choices=choices,
        crews=crews_of(found),
        first_checks=FIRST_CHECKS,
        is_full=len(found) <= FULL,
        lack=asking.words.of(lack) if lack else "",
        is_today=asked == today,
    )


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
