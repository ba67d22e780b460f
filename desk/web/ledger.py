"""The ledger of visits (台账, D3): a list to look through, and all of it as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response, StreamingResponse

from desk.files.tables import csv_of
from desk.say import field as sayings
from desk.web.asking import Asking, Somebody, page_and_json
from desk.web.knowing import names_of_firms, plain
from desk.web.queue import Page, Paged, Size, Text, day_of, link_of, one_of
from models import vocabulary as vocab
from models.field.states import VISIT_STATE
from warehouse.database.reading import Row
from warehouse.field.visit import Visit
from warehouse.field.visits import MOST_LISTED, Wanted, every
from warehouse.field.way_back import refused_among

router = APIRouter()

SIZE = 50
_PORTION = 200
"""Lines of a table that are made at once."""
Day = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to, as it was asked."""

    told: Row

    @property
    def wanted(self) -> Wanted:
        """The same for the ledger.  Raises UnansweredError."""
        chosen = one_of(VISIT_STATE, self.told["state"])
        return Wanted(
            states=(chosen,) if chosen else (),
            planned_on=day_of(self.told["day"]),
            first_on=day_of(self.told["from"]),
            last_on=day_of(self.told["to"]),
            enterprise_id=self.told["enterprise"].strip() or None,
            who=self.told["officer"].strip(),
        )


def filters(
    day: Annotated[str, Query(description="a planned day", max_length=20)] = "",
    first: Annotated[
        str, Query(alias="from", description="planned on that day or later", max_length=20)
    ] = "",
    last: Annotated[str, Query(alias="to", description="planned on that day or earlier", max_length=20)] = "",
    state: Text = "",
    officer: Annotated[str, Query(description="number or name of who goes", max_length=100)] = "",
    enterprise: Text = "",
) -> Filters:
    """What the address asks for."""
    told = {"day": day, "from": first, "to": last, "state": state, "officer": officer}
    return Filters({**told, "enterprise": enterprise})


Narrowed = Annotated[Filters, Depends(filters)]


@page_and_json(router, "/visits")
def visits(asking: Somebody, narrowed: Narrowed, page: Page = 1, size: Size = SIZE) -> Response:
    """The ledger of visits (台账): unit, officers, mode, content, result; those planned last first, 500 at most."""
    desk, user = asking.desk, asking.own_session.user
    found = list(islice(every(desk.ledger, user, narrowed.wanted), MOST_LISTED + 1))
    is_whole = len(found) <= MOST_LISTED
    paged = Paged(page, size, min(len(found), MOST_LISTED))
    shown = found[: paged.of][paged.skip :][:size]
    with asking.reading() as copy:
        refused = refused_among(desk.ledger, copy, desk.home, user, shown)
    told = {
        "of": paged.of,
        "is_whole": is_whole,
        "page": page,
        "size": size,
        "visits": [{**plain(one), "is_refused": one.visit_id in refused} for one in shown],
    }
    names = names_of_firms(asking, shown)
    return asking.answer(
        "visits.html",
        told,
        found=[(one, names.get(one.filing.enterprise_id, one.filing.enterprise_id)) for one in shown],
        refused=refused,
        filters=narrowed.told,
        paged=paged,
        link=link_of("/visits", narrowed.told),
        export=link_of("/visits.csv", narrowed.told).removesuffix("page=").rstrip("?&"),
        states=VISIT_STATE.keys,
        codes=VISIT_STATE,
    )


@router.get("/visits.csv", response_class=StreamingResponse)
def export(asking: Somebody, narrowed: Narrowed) -> Response:
    """The same as a table for spreadsheets, in the reader's language; all of it, however long."""
    ledger, user = asking.desk.ledger, asking.own_session.user
    asked = " ".join(f"{name}={one}" for name, one in narrowed.told.items() if one)
    asking.note_look("ledger", asked[:200] or "all")
    found = every(ledger, user, narrowed.wanted)
    headers = {"content-disposition": 'attachment; filename="visits.csv"'}
    return StreamingResponse(_table(asking, found), 200, headers, "text/csv; charset=utf-8")


def _table(asking: Asking, found: Iterator[Visit]) -> Iterator[bytes]:
    words = asking.words
    heads = [
        words("visit"),
        words("enterprise"),
        words("unit"),
        words("authority"),
        words("state"),
        words("day"),
        words("kind of visit"),
        words("mode"),
        words("officers"),
        words("legal basis"),
        words("check items"),
        words.within("visit", "result"),
        words("findings"),
        words("major hazards"),
        words("filed"),
        words("filed late"),
        words("approved"),
        words("counted"),
    ]
    yield csv_of(heads, []).encode("utf-8-sig")
    while portion := list(islice(found, _PORTION)):
        names = names_of_firms(asking, portion)
        yield csv_of(None, [_line(asking, one, names) for one in portion]).encode()


def _line(asking: Asking, visit: Visit, names: dict[str, str]) -> list[Any]:
    words, filing, record = asking.words, visit.filing, visit.record
    is_signed = record is not None and visit.revision > 0
    findings = record.findings if record is not None and is_signed else ()
    return [
        str(visit.visit_id),
        filing.enterprise_id,
        names.get(filing.enterprise_id, ""),
        words.authority(visit.authority.level, visit.authority.division),
        words.label(VISIT_STATE, visit.state),
        filing.planned_on,
        words.label(vocab.INSPECTION_KIND, filing.kind),
        words.label(vocab.INSPECTION_MODE, filing.mode),
        sayings.people((*filing.officers, *filing.technical_inspectors), visit.names, words),
        filing.basis,
        " ".join(filing.item_codes),
        words.label(vocab.INSPECTION_RESULT, record.result) if record and is_signed else "",
        len(findings),
        sum(one.is_major for one in findings),
        sayings.moment(visit.filed_at),
        sayings.yes(visit.is_late, words),
        sayings.moment(visit.approved_at),
        sayings.moment(visit.counted_at),
    ]
