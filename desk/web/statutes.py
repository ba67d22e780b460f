"""Statute on the spot: check items, criteria of major hazards and texts of law, found by what somebody types.

Asked for a visit, items that its enterprise is checked for come first, and criteria are those of lists that name the
matter for that very enterprise.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from desk.say.citations import references
from desk.web.asking import Asking, Somebody, page_and_json
from desk.web.record import WRITTEN
from desk.words.words import Words
from models.field.facts import criteria_of
from models.law import LegalText, criteria_cited, read_citation
from models.policy.check_items import CheckItem
from models.statutes.grams import MOST_CHARACTERS
from warehouse.database.reading import Row
from warehouse.field import visits as ledger_visits
from warehouse.field.visit import Visit
from warehouse.questions.desk_facts import register_of
from warehouse.questions.statutes import statutes_on

router = APIRouter()

MOST, MOST_TEXTS = 10, 5
_LOOKED_AT = 40
"""Items among which those of the enterprise are put first."""


@dataclass(frozen=True)
class _For:
    """For whom it is asked: a visit and its enterprise, or nobody in particular."""

    day: date
    visit: Visit | None = None
    sector: str | None = None
    industry: str | None = None

    def applies(self, item: CheckItem) -> bool:
        """Whether the enterprise is checked for an item; all items where no enterprise is meant."""
        return self.visit is None or item.applies_to(self.sector, self.industry)

    def criteria(self, item: CheckItem) -> tuple[str, ...]:
        """Criteria by which an item is major: for the enterprise, or for some where none is meant."""
        if self.visit is not None:
            return criteria_of([item], sector=self.sector, industry=self.industry).get(item.code, ())
        cited = item.cites if item.major_in else ()
        return tuple(said for said in cited if criteria_cited(read_citation(said)))


@page_and_json(router, "/statutes")
def statutes(
    asking: Somebody,
    q: Annotated[str, Query(max_length=1000, description="what was seen, in any words")] = "",
    visit: Annotated[UUID | None, Query(description="a visit, for whose enterprise it is asked")] = None,
    finding: Annotated[
        UUID | None, Query(description="the finding of its record that takes what is chosen")
    ] = None,
) -> Response:
    """Check items and texts in force that a text means, the likeliest first, in spite of errors in it."""
    asked = _asked_for(asking, visit)
    found = statutes_on(asked.day).ask(q, most=_LOOKED_AT)
    # Those of the enterprise come first; among them the order is the likeliness.
    items = sorted(found.items, key=lambda item: not asked.applies(item))[:MOST]
    told: Row = {
        "q": q.strip(),
        "day": asked.day,
        "items": [_item(one, asked, asking.words) for one in items],
        "texts": [_text(one, asked.day) for one in found.texts[:MOST_TEXTS]],
    }
    may_pick = asked.visit is not None and asked.visit.state in WRITTEN and finding is not None
    return asking.answer(
        "statutes.html",
        told,
        visit=asked.visit,
        finding=finding,
        may_pick=may_pick,
        longest=MOST_CHARACTERS,
    )


def _asked_for(asking: Asking, visit_id: UUID | None) -> _For:
    """Raises NotThereError for a visit of elsewhere."""
    today = asking.now.date()
    if visit_id is None:
        return _For(today)
    visit = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    with asking.reading() as connection:
        register = register_of(connection, visit.filing.enterprise_id) or {"sector": None, "industry": None}
    return _For(visit.filing.planned_on or today, visit, register["sector"], register["industry"])


def _item(item: CheckItem, asked: _For, words: Words) -> Row:
    return {
        "item_code": item.code,
        "title_zh": item.title.zh,
        "title_en": item.title.en,
        "look_zh": item.look.zh,
        "look_en": item.look.en,
        "references": references(item, words),
        "basis": item.basis,
        "criteria": [*asked.criteria(item)],
        "applies": asked.applies(item),
        "sectors": [*item.sectors],
        "trade_zh": item.trade.zh if item.trade else None,
        "trade_en": item.trade.en if item.trade else None,
    }


def _text(text: LegalText, day: date) -> dict[str, Any]:
    return {
        "text": text.name,
        "title_zh": text.title.zh,
        "title_en": text.title.en,
        "number": text.number,
        "from": text.first_day,
        "until": text.until,
        "is_in_force": text.is_in_force(day),
        "successors": [*text.successors],
    }
