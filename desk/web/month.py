"""The list that is published month by month (P5): who is inspected by whom; no days, officers or reasons."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from desk.say.lists import PUBLIC_NOTE
from desk.web.asking import Anybody, page_and_json
from desk.web.queue import Page, Paged, Size, Text, link_of, one_of
from models.errors import UnansweredError
from models.vocabulary import LEVEL
from warehouse.questions.area import Area
from warehouse.questions.plan import divisions, horizon, listed_months, month_list

router = APIRouter()

SIZE = 100
_KEPT = {"cache-control": "public, max-age=300"}
"""The list as JSON changes once a night; what stands around it on the page tells who is logged in."""


@page_and_json(router, "/month")
def month(
    asking: Anybody,
    month: Annotated[str, Query(description="e.g. 2026-07; default: the month planned now")] = "",
    level: Text = "",
    district: Text = "",
    page: Page = 1,
    size: Size = SIZE,
) -> Response:
    """Enterprises meant for a month, with the authority and the kind of inspection.  Open to everybody."""
    area = Area(one_of(LEVEL, level), district.strip() or None)
    with asking.reading() as connection:
        months, plan = listed_months(connection), horizon(connection)
        start = _first(month) or (plan["first_on"].replace(day=1) if plan["first_on"] else None)
        found = month_list(connection, start, area) if start else []
        places = sorted({one[:6] for one in divisions(connection)})
    paged = Paged(page, size, len(found))
    told = {"month": start, "of": paged.of, "page": page, "size": size, "list": found[paged.skip :][:size]}
    filters = {"month": f"{start:%Y-%m}" if start else "", "level": level, "district": district}
    return asking.answer(
        "month.html",
        told,
        headers=_KEPT if asking.wants_json else None,
        months=months,
        filters=filters,
        link=link_of("/month", filters),
        paged=paged,
        places=places,
        levels=LEVEL.keys,
        note=PUBLIC_NOTE,
    )


def _first(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01") if text else None
    except ValueError:
        raise UnansweredError("'{text}' is no month. Write it as 2026-07.", text=text) from None
