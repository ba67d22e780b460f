"""Filing a visit (检查备案): from the plan, on a complaint, in an emergency, as assistance, or as a re-check."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from starlette.datastructures import FormData

from desk.web.asking import Asking, Somebody, for_programs, page_and_json
from desk.web.knowing import authority_over, firm_of, judged_by
from desk.web.sent import Sent, after, ask_of, filing_of, number_of, read, text
from desk.web.steps import VISIT, able, answered, taken_on
from models.documents import Strict
from models.errors import FaultsError, NotThereError, UnansweredError
from models.field.facts import Fault
from models.field.forms import Filing, Moment
from models.messages import N_
from models.policy.channels import CHANNELS
from warehouse.database.reading import Row
from warehouse.field import visits as ledger_visits
from warehouse.field.visit import Ask, Brought, Visit
from warehouse.questions.desk_facts import colleagues, offered_items, planned_visit

router = APIRouter()

KIND_OF = {
    "red_overdue": "special",
    "red": "special",
    "immediate": "immediate",
    "hazard_source": "special",
    "annual_full": "annual_full",
    "random": "random",
    "audit": "random",
}
"""Kind of the visit that settles a channel; others are called "other" until somebody says more."""
BASIS = N_("Work Safety Law of the People's Republic of China, article 65")
"""Whatever the visit is for: the article that lets the authority enter and inspect; people add to it."""
BEGINS, ENDS = time(9), time(11)
LEAST_AHEAD, HALF_HOUR, LASTS = timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=2)
"""Of a visit of today: filed before it begins, and begun at a time that people say."""
FILING_STEPS = ("edit", "file", "start_emergency", "file_afterwards")
"""Steps that are taken on this page."""
Number = Annotated[str, Query(max_length=200)]


@page_and_json(router, "/visits/new")
def new(
    asking: Somebody,
    enterprise: Number = "",
    plan: Annotated[str, Query(description="a visit of the plan that is filed", max_length=200)] = "",
    rechecks: Annotated[UUID | None, Query(description="a visit whose findings are looked at again")] = None,
    kind: Annotated[str, Query(description="e.g. assistance, immediate", max_length=40)] = "",
) -> Response:
    """A filing as far as it can be filled in: of a visit of the plan, or of any enterprise of the own area."""
    filing = _prefilled(asking, enterprise.strip(), plan.strip(), rechecks, kind.strip())
    return _form(asking, filing, visit_id=uuid.uuid4())


def _prefilled(asking: Asking, enterprise: str, plan: str, rechecks: UUID | None, kind: str) -> Filing:
    around: Row = {**window(asking.now, asking.now.date()), "basis": asking.words(BASIS)}
    if asking.viewer.officer_id:
        around["officers"] = [asking.viewer.officer_id]
    if plan:
        return read(Filing, {**around, **_of_plan(asking, plan)})
    if rechecks is not None:
        earlier = ledger_visits.load(asking.desk.ledger, asking.own_session.user, rechecks)
        record = earlier.record
        items = [one.item_code for one in record.findings if one.item_code] if record else []
        told: Row = {"enterprise_id": earlier.filing.enterprise_id, "kind": "recheck", "channel": "recheck"}
        # Those who ordered it look again, until somebody names others.
        told |= {name: getattr(earlier.filing, name) for name in ("officers", "technical_inspectors")}
        return read(Filing, {**around, **told, "rechecks": rechecks, "item_codes": [*dict.fromkeys(items)]})
    if not enterprise:
        raise UnansweredError("It is not said which enterprise is visited. Look for it first: /search")
    if kind == "assistance":
        around["basis"] = ""
    channel = "immediate" if kind in ("", "immediate") else None
    return read(
        Filing, {**around, "enterprise_id": enterprise, "kind": kind or "immediate", "channel": channel}
    )


def window(now: datetime, day: date) -> Row:
    """Day, beginning and end of a visit of a day that can still be filed before it begins.

    Of today, and of days that are over: from a full half hour on, but not before nine; where no time is left today,
    tomorrow.
    """
    if day > now.date():
        return {"planned_on": day, "begins_at": BEGINS, "ends_at": ENDS}
    soonest = now.replace(tzinfo=None) + LEAST_AHEAD
    since = timedelta(hours=soonest.hour, minutes=soonest.minute, seconds=soonest.second)
    midnight = datetime.combine(soonest.date(), time())
    begins = max(midnight - HALF_HOUR * (-since // HALF_HOUR), datetime.combine(now.date(), BEGINS))
    ends = begins + LASTS
    if ends.date() != now.date():
        return window(now, now.date() + timedelta(days=1))
    return {"planned_on": now.date(), "begins_at": begins.time(), "ends_at": ends.time()}


def _of_plan(asking: Asking, plan: str) -> Row:
    """The filing that a visit of the plan makes.  Raises NotThereError."""
    viewer = asking.viewer
    with asking.reading() as connection:
        row = planned_visit(connection, plan)
    if row is None or not (
        viewer.area.covers(row["division"] or None) or viewer.officer_id in row["officers"]
    ):
        raise NotThereError("The plan has no such visit for you. Look at your day: /day")
    told: Row = {"enterprise_id": row["enterprise_id"], "plan_visit_id": plan, "channel": row["channel"]}
    told |= {"kind": KIND_OF.get(row["channel"], "other"), "mode": row["mode"]}
    told |= {name: row[name] for name in ("item_codes", "officers", "technical_inspectors")}
    return told | (window(asking.now, row["planned_on"]) if row["planned_on"] else {})


@dataclass(frozen=True)
class _Wrong:
    """What stood against a form that was sent, and the filing it held."""

    filing: Filing
    faults: tuple[Any, ...]


def _form(
    asking: Asking,
    filing: Filing,
    *,
    visit_id: UUID,
    visit: Visit | None = None,
    wrong: _Wrong | None = None,
) -> Response:
    """The page of a filing, with how often the enterprise was visited this year and what stands against it."""
    shown = wrong.filing if wrong else filing
    register = firm_of(asking, shown.enterprise_id)
    judged = judged_by(asking, shown, asking.now, but=visit)
    known = judged.known.facts
    authority = authority_over(asking, register, shown.planned_on or asking.now.date())
    with asking.reading() as connection:
        people = colleagues(connection, authority.level, authority.division)
    listed = {row["officer_id"] for row in people}
    # Who is lent by another authority is not among the colleagues, and goes all the same.
    others = [one for one in (*shown.officers, *shown.technical_inspectors) if one not in listed]
    people += [
        {"officer_id": one, "name": known.officers[one].name, "role": known.officers[one].role}
        | {"certified_until": known.officers[one].certified_until}
        for one in others
        if one in known.officers
    ]
    told: Row = {
        "register": register,
        "filing": shown.model_dump(mode="json"),
        "visits_this_year": known.visits_this_year,
        "cap": known.cap,
        "counts_in_cap": known.counts_in_cap,
        "recused": sorted(one for one, officer in known.officers.items() if officer.is_recused),
        "people": people,
        "version": visit.version if visit else 0,
        "state": visit.state if visit else "draft",
    }
    return asking.answer(
        "filing.html",
        told,
        status=422 if wrong else 200,
        form=shown,
        faults=wrong.faults if wrong else (),
        visit=visit,
        visit_id=visit_id,
        request_id=uuid.uuid4(),
        items=offered_items(register, shown.planned_on or asking.now.date(), shown.item_codes),
        channels=CHANNELS,
        steps=_steps(asking, visit) if visit else ("edit", "file", "start_emergency"),
        is_full=known.cap is not None and known.visits_this_year >= known.cap,
    )


def _steps(asking: Asking, visit: Visit) -> list[str]:
    """Steps of this page that the viewer may take with a visit as it stands."""
    return [one for one in able(asking, visit) if one in FILING_STEPS]


@router.get("/visits/{visit_id}/filing", include_in_schema=False)
def edit(asking: Somebody, visit_id: UUID) -> Response:
    """The filing of a visit that has none yet, to go on with; where nothing is to be done with it, the visit."""
    visit = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    if not _steps(asking, visit):
        return asking.go(f"/visits/{visit_id}")
    return _form(asking, visit.filing, visit_id=visit_id, visit=visit)


@router.post("/visits", include_in_schema=False)
def begin(asking: Somebody, sent: Sent) -> Response:
    """Begin a visit by a form, and file it, or begin it as an emergency, where that button was pressed."""
    ask, number = ask_of(asking, sent), number_of(text(sent, "visit_id"))
    blank = Filing(
        enterprise_id=text(sent, "enterprise_id") or "–",
        kind="other",
        plan_visit_id=text(sent, "plan_visit_id") or None,
        rechecks=number_of(text(sent, "rechecks")) if text(sent, "rechecks") else None,
    )
    visit = _begun(asking, number, filing_of(sent, blank), ask)
    if (step := text(sent, "do")) not in FILING_STEPS[1:]:
        return asking.go(f"/visits/{number}")
    return _taken(asking, visit, step, sent, after(ask, step, 1))


@router.post("/visits/{visit_id}/filing", include_in_schema=False)
def change(asking: Somebody, visit_id: UUID, sent: Sent) -> Response:
    """Keep, or file, what a form says of a visit that was begun."""
    ask = ask_of(asking, sent)
    visit = ledger_visits.load(asking.desk.ledger, asking.own_session.user, visit_id)
    step = text(sent, "do")
    return _taken(asking, visit, step if step in FILING_STEPS else "edit", sent, ask)


def _begun(asking: Asking, number: UUID, filing: Filing, ask: Ask) -> Visit:
    register = firm_of(asking, filing.enterprise_id)
    authority = authority_over(asking, register, filing.planned_on or asking.now.date())
    return ledger_visits.begin(asking.desk.ledger, asking.own_session.user, number, authority, filing, ask)


def _taken(asking: Asking, visit: Visit, step: str, sent: FormData, ask: Ask) -> Response:
    """The visit after a step, or the form again with everything that stands against it."""
    filing = filing_of(sent, visit.filing)
    try:
        taken_on(asking, visit, step, ask, Brought(filing=filing))
    except FaultsError as error:
        assert all(isinstance(one, Fault) for one in error.faults)
        wrong = _Wrong(filing, error.faults)
        return _form(asking, filing, visit_id=visit.visit_id, visit=visit, wrong=wrong)
    return asking.go(f"/visits/{visit.visit_id}")


class Beginning(Strict):
    """A visit as a device begins it, under the number it chose."""

    visit_id: UUID
    request_id: UUID
    filing: Filing
    device_at: Moment | None = None


@for_programs(router, "/visits.json", told_200=VISIT)
def begin_by_program(asking: Somebody, begun: Beginning) -> Response:
    """Begin a visit as a draft; begun again with the same filing it is the same."""
    ask = Ask(begun.request_id, asking.now, 0, begun.device_at)
    return answered(_begun(asking, begun.visit_id, begun.filing, ask))
