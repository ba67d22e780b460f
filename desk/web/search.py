"""Search: an enterprise by a part of its name, by its number, or by what a scanned code says."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from desk.web.asking import Somebody, page_and_json
from warehouse.questions.search import firms

router = APIRouter()

MOST = 50
_LONGEST = 1000
"""Characters of what a scanned code may say."""


@page_and_json(router, "/search")
def search(asking: Somebody, q: Annotated[str, Query(max_length=_LONGEST)] = "") -> Response:
    """Enterprises of the viewer's area that a text means; one that is found by its number alone is shown at once."""
    text, found = q.strip(), []
    if text:
        with asking.reading() as connection:
            found = firms(connection, text, asking.viewer.area, limit=MOST + 1)
    numbered = [row for row in found if row["is_numbered"]]
    if len(numbered) == 1 and not asking.wants_json:
        return asking.go(f"/enterprises/{numbered[0]['enterprise_id']}")
    told = {"q": text, "enterprises": found[:MOST], "is_whole": len(found) <= MOST}
    return asking.answer("search.html", told)
