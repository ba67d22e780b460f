"""One enterprise: its code, why, what would change it, what time brings, what is planned and what is still open."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from desk.say import passport as sentences
from desk.say import ways
from desk.web import acts
from desk.web.asking import Asking, Somebody, page_and_json
from desk.words.words import Words
from models.errors import NotThereError
from warehouse.database.documents import passport_of
from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows
from warehouse.field.visits import claims
from warehouse.questions.passport import passports
from warehouse.questions.records import findings_of, visits_of
from warehouse.questions.search import firm
from warehouse.questions.visits import visits_to

router = APIRouter()

MOST_CHANGES = 12
MOST_VISITS, MOST_FINDINGS = 10, 20
"""Of the past, the latest first."""
_YEAR = timedelta(days=365)
_WIDTH = 1000
"""Of the time line, in units of its picture."""
_ROOM_OF_A_LETTER = 50


@page_and_json(router, "/enterprises/{enterprise_id}")
def enterprise(asking: Somebody, enterprise_id: str) -> Response:
    """Everything that is published about the code of one enterprise, the visits planned, and whom to ask for."""
    with asking.reading() as connection:
        register = firm(connection, enterprise_id)
        planned = visits_to(connection, enterprise_id)
        if register is None or not (_is_for(asking, register, planned) or _is_sent(asking, enterprise_id)):
            raise NotThereError(
                "There is no enterprise '{enterprise_id}' here. Look for it by its name: /search",
                enterprise_id=enterprise_id,
            )
        found = found_of(asking, connection, enterprise_id)
        visits = visits_of(connection, enterprise_id, limit=MOST_VISITS)
        findings = findings_of(connection, enterprise_id, limit=MOST_FINDINGS)
    asking.note_look("passport", register["enterprise_id"])
    told = {
        "register": register,
        "planned": planned,
        "passport": found,
        "visits": visits,
        "findings": findings,
    }
    said = said_of(found, asking.words) if found else {}
    day = {"as_of": found["as_of"]} if found else {}
    # Whose enterprise it is may object and decide; who was only sent there may not.
    is_own = asking.viewer.area.covers(register["division"])
    may = acts.may(asking, register) if is_own else {}
    said |= {"is_own": is_own, "may": defaultdict(bool, may)}
    return asking.answer("enterprise.html", told | day, may_file=asking.viewer.may_file, **said)


def _is_for(asking: Asking, register: Row, planned: list[Row]) -> bool:
    """Whether the viewer may see it: it lies in the area, or the viewer, or the own authority, is sent there."""
    viewer = asking.viewer
    if viewer.area.covers(register["division"]):
        return True
    return any(
        viewer.officer_id in (visit["officers"] or []) or viewer.area.covers(visit["division"] or None)
        for visit in planned
        if visit["planned_on"] is not None
    )


def _is_sent(asking: Asking, enterprise_id: str) -> bool:
    """Whether a filing that was not given up names the viewer, whoever filed it."""
    number = asking.viewer.officer_id
    made = claims(asking.desk.ledger, asking.own_session.user, [enterprise_id]) if number else []
    return any(number in one.filing.people for one in made)


def found_of(asking: Asking, connection: Connection, enterprise_id: str) -> Row | None:
    """The passport, from the documents, else from the copy; ``None`` of an enterprise without a code."""
    if (told := passport_of(asking.desk.home, enterprise_id)) is not None:
        return told
    found = rows(connection, passports(), {"ids": [enterprise_id]})
    return found[0] if found else None


def said_of(found: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """What the page shows of a passport, in sentences and rows."""
    history = list(reversed(found["history"]))
    scored = sentences.scored(found)
    return {
        "because": sentences.because(found, words),
        "also": sentences.also(found, words),
        "headline": sentences.headline(found, words),
        "shortest": ways.shortest(found, words),
        "contested": sentences.contested(found, words),
        "scored": scored,
        "most_points": max((abs(one["points"]) for one in scored), default=1) or 1,
        "rules": sentences.rules(found),
        "helps": ways.helps(found, words),
        "ahead": sentences.outlook(found, words),
        "history": history[:MOST_CHANGES],
        "earlier": max(0, len(history) - MOST_CHANGES),
        "stretches": time_line(found),
        "width": _WIDTH,
        "ends": (found["as_of"] - _YEAR, found["as_of"], found["as_of"] + _YEAR),
    }


@dataclass(frozen=True)
class Stretch:
    """A stretch of one code on the time line; ``x`` and ``width`` in thousandths of it."""

    code: str
    first: date
    last: date
    x: int
    width: int

    @property
    def has_room(self) -> bool:
        """Whether its letter fits."""
        return self.width >= _ROOM_OF_A_LETTER


def time_line(found: Mapping[str, Any]) -> list[Stretch]:
    """The codes of the year before the day of the code, as they were shown, and of the year after it, as foretold."""
    as_of: date = found["as_of"]
    first, end = as_of - _YEAR, as_of + _YEAR
    shown = [(row["code"], row["valid_from"], min(row["valid_to"], as_of)) for row in found["history"]]
    ahead = [(row["code"], max(row["valid_from"], as_of), row["valid_to"]) for row in found["forecast"]]
    made = list[Stretch]()
    for code, begins, ends in shown + ahead:
        begins, ends = max(begins, first), min(ends, end)
        if begins < ends:
            x, to = ((day - first) * _WIDTH // (end - first) for day in (begins, ends))
            made.append(Stretch(code, begins, ends - timedelta(days=1), x, to - x))
    return made
