"""The queue: every visit that is due, in order of precedence; or every enterprise of a code."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response

from desk.say.plan import NO_TARGET
from desk.web.asking import Asking, Somebody, page_and_json
from desk.words.labels import CHANNEL, VISIT_STATE
from models.errors import NotThereError, UnansweredError
from models.vocabulary import CODE, CODE_KEYS, CodeList
from warehouse.database.documents import queue_of
from warehouse.database.frames import Connection
from warehouse.database.reading import Row
from warehouse.questions import codes as code_queries
from warehouse.questions.area import Area, divisions
from warehouse.questions.visits import Asked, inspection_queue, queue_length, teams

router = APIRouter()

SIZE = 50
"""Rows of a page."""
_MOST = 200
_LAST = 100_000


@dataclass(frozen=True)
class Paged:
    """A part of a list: ``page`` counts from 1."""

    page: int
    size: int
    of: int

    @property
    def skip(self) -> int:
        """Rows before it."""
        return (self.page - 1) * self.size

    @property
    def pages(self) -> int:
        """How many parts there are; an empty list has one."""
        return max(1, -(-self.of // self.size))

    @property
    def last(self) -> int:
        """Number of its last row."""
        return min(self.of, self.skip + self.size)


Page = Annotated[int, Query(ge=1, le=_LAST)]
Size = Annotated[int, Query(ge=1, le=_MOST)]
Text = Annotated[str, Query(max_length=100)]


@page_and_json(router, "/queue")
def queue(
    asking: Somebody,
    code: Annotated[str, Query(description="instead: every enterprise of a code")] = "",
    channel: Text = "",
    state: Text = "",
    risk: Annotated[str, Query(description="visits to enterprises of a code only")] = "",
    crew: Text = "",
    due_by: str = "",
    district: Text = "",
    text: Text = "",
    page: Page = 1,
    size: Size = SIZE,
) -> Response:
    """Every visit that is due, in order of precedence; with ``code`` every enterprise of it, visited or not."""
    area = narrowed(asking, district)
    if code:
        return _of_code(asking, one_of(CODE, code), area, district, text.strip(), page, size)
    asked = Asked(
        channel=one_of(CHANNEL, channel),
        state=one_of(VISIT_STATE, state),
        team=crew.strip() or None,
        due_by=day_of(due_by),
        code=one_of(CODE, risk),
        text=text.strip() or None,
        limit=size,
        skip=(page - 1) * size,
    )
    copy = asking.desk.published
    found = copy.asked(inspection_queue, area, asked)
    paged = Paged(page, size, copy.asked(queue_length, area, replace(asked, skip=0, limit=None)))
    crews, places = copy.asked(teams, area), _places(asking, copy.asked(divisions))
    told = {"of": paged.of, "page": page, "size": size, "visits": found}
    filters = {
        "channel": channel,
        "state": state,
        "risk": risk,
        "crew": crew,
        "due_by": due_by,
        "district": district,
        "text": text,
    }
    return asking.answer(
        "queue.html",
        told,
        code="",
        filters=filters,
        paged=paged,
        crews=crews,
        places=places,
        link=link_of("/queue", filters),
        channels=CHANNEL.keys,
        states=VISIT_STATE.keys,
        codes=worst_first(),
        no_target=NO_TARGET,
    )


def _of_code(
    asking: Asking, code: str | None, area: Area, district: str, text: str, page: int, size: int
) -> Response:
    """Every enterprise of a code; RED ones with due day and state."""
    assert code is not None
    asked: dict[str, Any] = {"code": code, "district": area.district, "text": text or None}
    paging: dict[str, Any] = {"limit": size, "skip": (page - 1) * size}
    found = queue_of(asking.desk.home, **asked, **paging)
    if found is None:
        with asking.reading() as connection:
            found = code_queries.queue(connection, **asked, **paging)
    paged = Paged(page, size, asking.desk.published.asked(_length, code, area.district, text or None))
    places = _places(asking, asking.desk.published.asked(divisions))
    told = {"code": code, "of": paged.of, "page": page, "size": size, "enterprises": found}
    filters = {"code": code, "district": district, "text": text}
    return asking.answer(
        "codes.html",
        told,
        filters=filters,
        paged=paged,
        places=places,
        link=link_of("/queue", filters),
        codes=worst_first(),
    )


def _length(connection: Connection, code: str, district: str | None, text: str | None) -> int:
    return code_queries.queue_length(connection, code=code, district=district, text=text)


def narrowed(asking: Asking, district: str) -> Area:
    """The part of the viewer's area that is asked for.  Raises NotThereError for what lies outside of it."""
    if not district.strip():
        return asking.viewer.area
    if not asking.viewer.area.covers(district.strip()):
        raise NotThereError(
            "There is no district '{district}' here. Choose one of the list: /queue", district=district
        )
    return Area(district=district.strip())


def one_of(codes: CodeList, key: str) -> str | None:
    """A value of a list, or ``None`` for an empty text.  Raises UnansweredError for any other."""
    if key and key not in codes.keys:
        raise UnansweredError(
            "'{text}' is not one of {known}. Correct the address, or choose on the page: /queue",
            text=key,
            known=", ".join(codes.keys),
        )
    return key or None


def day_of(text: str) -> date | None:
    """A day as forms send it, empty where none was chosen.  Raises UnansweredError."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UnansweredError("'{text}' is no day. Write it as 2026-06-30.", text=text) from None


def worst_first() -> list[str]:
    """The four codes, RED first."""
    return [*reversed(CODE_KEYS)]


def _places(asking: Asking, known: list[str]) -> list[str]:
    """Districts to choose from, by their code; who sees one alone has nothing to choose."""
    return sorted({one[:6] for one in known}) if asking.viewer.area.district is None else []


def link_of(path: str, filters: Row) -> str:
    """The address of a page of the same list, up to the number of the page."""
    kept = {name: value for name, value in filters.items() if value}
    return f"{path}?" + urlencode({**kept, "page": ""})
