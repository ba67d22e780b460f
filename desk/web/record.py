"""The record of a visit (现场检查记录): places, findings one by one, photos, opinions of a re-check."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from starlette.datastructures import FormData

from desk.say import field as sayings
from desk.say.citations import references
from desk.web.asking import Asking, Somebody, page_and_json
from desk.web.knowing import judged_by, names_of
from desk.web.photos import kept_from
from desk.web.sent import Sent, after, ask_of, record_of, text, texts, with_signatures
from desk.web.steps import able, taken_on
from models.errors import FaultsError, FieldError, UnansweredError
from models.field.forms import OPINION, Finding, Record
from models.field.states import SIGNED, STEPS
from models.vocabulary import DISPOSAL, SEVERITY
from warehouse.database.reading import Row
from warehouse.field import visits as ledger_visits
from warehouse.field.visit import Brought, Visit
from warehouse.questions.desk_facts import items_by_code, offered_items

router = APIRouter()

OUTCOMES = ("stopped", "refused")
"""What findings cannot tell."""
WRITTEN = frozenset({"approved", "started", "recorded", "signed", "counted", "closed"})
"""States in which a record is written; that of a visit that has not begun begins it."""
MORE, REMOVE = "more", "remove:"
"""Buttons that change how many findings there are."""
SEARCH = "search:"
"""Button that goes on to the search for what a finding is, and comes back with it."""


@page_and_json(router, "/records/{visit_id}")
def record(
    asking: Somebody,
    visit_id: UUID,
    finding: Annotated[UUID | None, Query(description="a finding for which something was found")] = None,
    item: Annotated[str, Query(max_length=100, description="its check item")] = "",
    criterion: Annotated[str, Query(max_length=200, description="its criterion, of a major hazard")] = "",
) -> Response:
    """The record as it was kept last, with all there is to choose from: items, criteria, findings to look at again.

    What was found for a finding is written into it on the page, and kept with the rest of it.
    """
    visit = _load(asking, visit_id)
    if visit.state not in WRITTEN:
        raise FieldError("The visit is not approved. Have it approved first, then write its record.")
    found = (finding, item, criterion) if finding and item else None
    return _page(asking, visit, visit.record or _blank(visit, asking), found=found)


def _with_found(
    shown: Record,
    found: tuple[UUID, str, str],
    items: Collection[str],
    criteria: Mapping[str, Collection[str]],
) -> Record:
    """The record with what was found for a finding; a criterion only where its item is major for the enterprise.

    Raises UnansweredError for an item that is none on the day of the visit.
    """
    finding, item, criterion = found
    if item not in items:
        raise UnansweredError(
            "'{item}' is no check item on the day of this visit. Look for another one: /statutes", item=item
        )
    changed = {"item_code": item, "criterion": criterion if criterion in criteria.get(item, ()) else ""}
    return shown.model_copy(
        update={
            "findings": tuple(
                one.model_copy(update=changed) if one.id == finding else one for one in shown.findings
            )
        }
    )


def _load(asking: Asking, visit_id: UUID) -> Visit:
    return ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)


def _blank(visit: Visit, asking: Asking) -> Record:
    """A record that begins when the visit was begun."""
    begun = [
        one["at"]
        for one in ledger_visits.history(asking.desk.ledger, asking.own_session.user, visit.visit_id)
        if one["after"] == "started" and one["before"] != "started"
    ]
    return Record(begun_at=begun[0] if begun else None)


def _page(
    asking: Asking,
    visit: Visit,
    shown: Record,
    *,
    faults: tuple[Any, ...] = (),
    status: int = 200,
    at: str = "",
    found: tuple[UUID, str, str] | None = None,
) -> Response:
    judged = judged_by(asking, visit.filing, asking.now, but=visit)
    day = visit.filing.planned_on or asking.now.date()
    items, known = items_by_code(day), judged.known.facts
    shown = _with_found(shown, found, items, known.criteria) if found else shown
    again = _to_recheck(asking, visit, items)
    told: Row = {
        "visit_id": str(visit.visit_id),
        "state": visit.state,
        "version": visit.version,
        "filing": visit.filing.model_dump(mode="json"),
        "record": shown.model_dump(mode="json"),
        "criteria": {code: list(said) for code, said in known.criteria.items()},
        "to_recheck": again,
    }
    offered = offered_items(judged.register, day, visit.filing.item_codes)
    begun = STEPS["start"].lands(visit.position) if visit.state == "approved" else None
    return asking.answer(
        "record.html",
        told,
        status=status,
        visit=visit,
        shown=shown,
        signers=names_of(asking, visit),
        register_name=judged.register["name"],
        faults=faults,
        about=_by_finding(faults),
        items=offered,
        references={one.code: references(one, asking.words) for one in offered},
        say=sayings,
        able=able(asking, visit, at=begun),
        is_revision=visit.state in SIGNED,
        request_id=uuid.uuid4(),
        outcomes=OUTCOMES,
        disposals=DISPOSAL.keys,
        severities=SEVERITY.keys,
        opinions=OPINION,
        given={str(one.finding_id): one for one in shown.opinions},
        blank=Finding(id=UUID(int=0)),
        offset=asking.now.isoformat()[-6:],
        at=at,
    )


def _by_finding(faults: tuple[Any, ...]) -> dict[str, list[Any]]:
    """Faults by the number of the finding they are about."""
    found = dict[str, list[Any]]()
    for one in faults:
        kind, _, number = one.part.partition(".")
        if kind in ("findings", "opinions"):
            found.setdefault(number[:36], []).append(one)
    return found


def _to_recheck(asking: Asking, visit: Visit, items: dict[str, Any]) -> list[Row]:
    """Findings of the earlier visit that are still to be looked at, and those this very visit has told of."""
    if visit.filing.rechecks is None:
        return []
    ledger, user = asking.desk.ledger, asking.own_session.user
    earlier = ledger_visits.load(ledger, user, visit.filing.rechecks)
    own = {one.finding_id for one in visit.record.opinions} if visit.record else set[UUID]()
    written = {one.id: one for one in earlier.record.findings} if earlier.record else {}
    return [
        {
            "finding_id": str(one.finding_id),
            "due_on": one.due_on,
            "said": sayings.finding_line(written[one.finding_id], items, asking.words)
            if one.finding_id in written
            else str(one.finding_id),
        }
        for one in ledger_visits.findings(ledger, user, visit.filing.rechecks)
        if one.state == "due" or one.finding_id in own
    ]


@router.post("/records/{visit_id}", include_in_schema=False)
def write(asking: Somebody, visit_id: UUID, sent: Sent) -> Response:
    """Keep the record, with one finding more or less, or finish it; or revise one that is signed."""
    ask, visit = ask_of(asking, sent), _load(asking, visit_id)
    photos = kept_from(asking, sent, [*texts(sent, "finding"), *texts(sent, "opinion")])
    told, do = record_of(sent, visit.record, photos), text(sent, "do")
    changed, at = _counted(told, do, str(ask.request_id))
    if visit.state in SIGNED:
        return _revised(asking, visit, changed, sent, is_asked=changed is told and do == "revise")
    step = "record" if do == "record" else "keep"
    try:
        # Of a visit that somebody else has changed, the step itself tells, with what was written.
        if visit.state == "approved" and visit.version == ask.expected:
            visit = taken_on(asking, visit, "start", after(ask, "start", ask.expected), Brought())
            ask = replace(ask, expected=visit.version)
        taken_on(asking, visit, step, ask, Brought(record=changed))
    except FaultsError as error:
        return _page(asking, visit, told, faults=error.faults, status=422)
    if do.startswith(SEARCH):
        return asking.go(_search(sent, visit_id, do.removeprefix(SEARCH)))
    return asking.go(f"/visits/{visit_id}" if step == "record" else f"/records/{visit_id}{at}")


def _search(sent: FormData, visit_id: UUID, finding: str) -> str:
    """Where the search for what a finding is goes on; what was written is kept by then."""
    asked = {"visit": str(visit_id), "finding": finding, "q": text(sent, f"{finding}.search")}
    return f"/statutes?{urlencode(asked)}"


def _counted(told: Record, do: str, request: str) -> tuple[Record, str]:
    """The record with a finding more or less, as its button says, and where on the page one goes on."""
    if do == MORE:
        # Sent again it is the same finding.
        one = Finding(id=uuid.uuid5(uuid.UUID(request), "finding"))
        more = told.model_copy(update={"findings": (*told.findings, one), "no_finding": False})
        return more, f"#f-{one.id}"
    if do.startswith(REMOVE):
        left = tuple(one for one in told.findings if str(one.id) != do.removeprefix(REMOVE))
        return told.model_copy(update={"findings": left}), "#findings"
    return told, ""


def _revised(asking: Asking, visit: Visit, told: Record, sent: FormData, *, is_asked: bool) -> Response:
    """What is signed is never changed: until the revision is signed in its turn, it stands on the page alone."""
    if not is_asked:
        return _page(asking, visit, told)
    ask = ask_of(asking, sent)
    try:
        signed = with_signatures(sent, told, visit, names_of(asking, visit), ask.now)
        taken_on(asking, visit, "revise", ask, Brought(record=signed, reason=text(sent, "reason")))
    except FaultsError as error:
        return _page(asking, visit, told, faults=error.faults, status=422)
    return asking.go(f"/visits/{visit.visit_id}")
