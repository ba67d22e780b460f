"""Tables of the plan: promises kept from year to year, and what every night replaces."""

from functools import partial

from models.planning.demand.checklist import CHECKLIST_SCHEMA
from warehouse.schema.tables import (
    COMMON,
    Column,
    day,
    flag,
    like,
    number,
    own_table,
    small,
    spread,
    text,
    texts,
    whole,
)

_COLUMNS = COMMON | spread(
    {
        "visit_id": text("the visit; the first thing it was planned for"),
        "channel": text("most urgent channel of the visit, or channel of the item"),
        "channels": texts("all channels of the visit, most urgent first"),
        "state": text("scheduled, awaiting (its record), deferred (later in the year), or short"),
        "reason": text("why it has no day: no_day, no_crew, budget or capacity"),
        "planned_on": day("day of the visit"),
        "due_on": day("last day the law leaves"),
        "file_by": Column(
            "TIMESTAMP",
            "last moment to file the visit (D1): before the crew goes out, for an immediate one the end of the next "
            "working day (local time)",
        ),
        "is_overdue": flag("something it is for was due before"),
        "level": text("enforcing level (P1)"),
        "division": text("division of the authority, district or town; empty for the city"),
        "crew_id": text(
            "crew of the month, officers joined by + where their crew was broken up, or lender/crew",
            personal=True,
        ),
        "officers": texts("who goes", personal=True),
        "stop": whole("order within the crew's day, 1 first"),
        "mode": text("on_site or off_site"),
        "quarter_days": whole("time of a crew on the spot, in quarters of a day"),
        "form": text("form of cross-region inspection (P10) the crew comes in; empty = its own"),
        "value": whole(
            "serious findings expected, in millionths, or the score where no card is calibrated: it orders visits and "
            "is nobody's target (C6)"
        ),
        "change": text("against the plan before: new, kept, moved, other_crew, dropped, done or cancelled"),
        "month_on": day("first day of the month"),
        "kind": text("key (重点检查) or general (一般检查)"),
        "item_ids": texts("what the visit is for"),
        "opens_on": day("first day the law leaves"),
        "first_on": day("first day the plan may use, or of the stretch that is short"),
        "last_on": day("last day the plan may use, or of the stretch that is short"),
        "in_cap": flag("counts against the annual cap (C4)"),
        "is_planned": flag("all it is for is part of the annual plan, so it uses that budget"),
        "names": texts("their names, in the same order", personal=True),
        "begins_after": whole("quarters of a day that the crew's visits before it take"),
        "told_from": day("first plan that told it so"),
        "told_to": day("first plan that tells it otherwise or not at all; empty = stands"),
        "draw_id": text("draw it comes from"),
        "previous_day from_day": day("day in the plan before"),
        "made_on": day("plan it first stood in"),
        "item_id": text("channel and cause"),
        "wanted_from": day("first day it is meant for"),
        "wanted_by": day("last day it is meant for"),
        "department": text("department that asks"),
        "off_plan": flag("outside the annual plan (P4)"),
        "keeps_gap": flag("keeps the minimum gap to the visit before"),
        "yields_to_cap": flag("no visit is planned for it beyond the annual cap (C4)"),
        "waived_by": text("rule it gave way to; empty = stands"),
        "is_later": flag("its turn comes after the days planned now"),
        "look_zh look_en": text("what to look at"),
        "why": text("open_major, overdue, open, repeated, trade_unknown, sector_major, sector or everybody"),
        "reference": text("law or standard"),
        "is_major": flag("on a list of major hazards (C6), or found to be one"),
        "contact": text("whom to ask for", personal=True),
        "phone": text("number of that person", personal=True),
        "officer_id": text("the person", personal=True),
        "name": text("name of the person", personal=True),
        "role": text("officer or technical_inspector"),
        "home_level": text("level of the person's own authority"),
        "home_division": text("division of the person's own authority"),
        "scope": text("visit, deferred, authority, floor or note"),
        "rule": text("rule that binds"),
        "count": whole("visits or enterprises"),
        "person_days": number(
            "person-days of the visit in crews as formed, short, or of the crews of the day"
        ),
        "needed_days": number("person-days (or enterprises of a floor) asked for"),
        "available_days": number("person-days (or enterprises of a floor) there are"),
        "gave_way_to": texts("channels that took precedence in the same days"),
        "because": text("why it changed"),
        "to_day": day("day now"),
        "year": whole("calendar year"),
        "working_days": whole("working days still to come in the month"),
        "people": whole("officers and technical inspectors"),
        "total_days": number("person-days in all (总法定工作日)"),
        "other_days": number("other enforcement (其他执法工作日)"),
        "non_enforcement_days": number("no enforcement (非执法工作日)"),
        "inspection_days": number("left for supervision inspections (监督检查工作日)"),
        "annual_full_days": number("asked for by full coverage (P2)"),
        "random_days": number("asked for by 双随机 (P3)"),
        "other_planned_days": number("asked for by other planned channels"),
        "short_days": number("asked for beyond what there is"),
        "base": whole("general enterprises, GREEN ones included unless the policy says otherwise"),
        "required": whole("30 % of them"),
        "done": whole("inspected by 双随机 this year"),
        "planned": whole("drawn and still to be visited"),
        "available": whole("could still be drawn"),
        "short": whole("cannot be drawn"),
        "scheduled": whole("visits with a day"),
        "dropped": whole("visits without one"),
        "most_possible": whole("visits no plan can exceed, precedence by precedence"),
        "value_bound": whole("value no plan of as many visits can exceed"),
        "is_proven": flag("no better plan exists"),
        "planning_hash": text("SHA-256 of the planning policy"),
        "day": day("working day"),
        "crews": whole("crews that can go out"),
        "visits": Column("UINTEGER", "visits planned"),
        "load_days": number("person-days of the visits planned"),
        "set_on": day("day of the decision"),
        "committed_on": day("day the commitment was made"),
        "roster_sha256": text("hash of roster and rules, published before"),
        "seed_sha256": text("hash of the seed, published before"),
        "is_revealed": flag("the seed is open and the draw is done"),
        "record": text("the open file anybody can verify; that of crews names officers", personal=True),
        "cap": whole("visits allowed in the year"),
        "used": whole("visits made of these"),
        "place": whole("place within the crew"),
        "inspected_on": day("day of the inspection"),
        "settled_on": day("day coded when it was found to be done"),
        "inspection_id": text("number of the inspection within the source"),
    }
)
_drawn = partial(own_table, _COLUMNS, renewed="night")
_carried = partial(_drawn, is_of_day=True)
_planned = partial(_carried, is_kept=False)

_VISITS = _carried(
    "one visit: planned, waiting for its record, deferred, or short (检查计划)",
    "as_of visit_id enterprise_id level division channel rank channels item_ids state reason "
    "planned_on opens_on due_on file_by first_on last_on is_overdue mode quarter_days person_days in_cap "
    "is_planned draw_id value crew_id officers stop form change previous_day made_on",
    order="visit_id",
    rank=whole("place of the channel in the precedence, 0 first"),
)

TABLES = {
    "serve.inspection_queue": _planned(
        "one visit that is due, of any channel (待检队列)",
        "rank visit_id enterprise_id channel channels state reason planned_on due_on file_by "
        "is_overdue level division crew_id officers stop mode quarter_days form value change code "
        "score as_of",
        order="rank",
    ),
    "serve.month_list": _planned(
        "one enterprise and month of the published plan list (P5)",
        "month_on level division enterprise_id kind as_of",
    ),
    "plan.current": _carried(
        "the one plan that stands: the day at the end of which it was made; none before the first", "as_of"
    ),
    "plan.visits": _VISITS,
    "plan.former_visits": like(_VISITS, "one visit of the plan before"),
    "plan.awaiting": like(_VISITS, "one visit whose record is awaited"),
    "plan.visit_items": _planned(
        "one thing that is due (检查事由), with its visit or the rule that waived it",
        "item_id enterprise_id channel opens_on due_on wanted_from wanted_by mode department draw_id "
        "off_plan keeps_gap yields_to_cap rank quarter_days waived_by is_later visit_id as_of",
        order="item_id",
        where="visit_id IS NOT NULL OR waived_by IS NOT NULL",
        rank=whole("place of the channel in the precedence, 0 first"),
    ),
    "plan.visit_checks": _planned(
        "one thing to check at a visit (P9)",
        f"{' '.join(CHECKLIST_SCHEMA)} as_of",
        order="visit_id, rank",
        title_zh=text("wording, or what was found", personal=True),
        title_en=text("wording, or what was found", personal=True),
    ),
    "plan.contacts": _planned(
        "one enterprise that is visited on the days planned: whom to ask for",
        "enterprise_id contact phone as_of",
        order="enterprise_id",
    ),
    "plan.assignments": _planned(
        "one visit and person sent",
        "visit_id enterprise_id planned_on crew_id stop form level division officer_id name role "
        "home_level home_division as_of",
    ),
    "plan.shortfalls": _planned(
        "one thing the rules ask for that the plan does not do: the certificate",
        "scope rule level division month_on channel enterprise_id visit_id count person_days "
        "needed_days available_days first_on last_on due_on gave_way_to as_of",
    ),
    "plan.changes": _planned(
        "one visit that is not as it was in the plan before",
        "visit_id enterprise_id level division change because from_day to_day as_of",
    ),
    "plan.appointments": _carried(
        "one visit as the plans told it, from the first plan that did; a moved one has several",
        "visit_id enterprise_id planned_on level division crew_id officers names quarter_days begins_after "
        "told_from told_to because",
        order="visit_id, told_from",
        because=text("why it is told otherwise"),
    ),
    "plan.budget": _planned(
        "one authority and month: the person-days of the annual plan (150号)",
        "year month_on level division working_days people total_days other_days non_enforcement_days "
        "inspection_days annual_full_days random_days other_planned_days short_days as_of",
        order="level, division, month_on",
    ),
    "plan.floors": _planned(
        "one authority: the 30 % floor of 双随机 (P3)",
        "level division channel base required done planned available short as_of",
        order="level, division",
    ),
    "plan.outcomes": _planned(
        "one authority: what the optimiser can prove of its plan",
        "level division scheduled dropped most_possible value value_bound is_proven as_of pack "
        "planning_hash is_provisional",
        order="level, division",
        value=whole("value of the visits with a day"),
    ),
    "plan.capacity": _planned(
        "one authority and working day: crews and load",
        "level division day crews person_days visits load_days as_of",
        order="level, division, day",
    ),
    "plan.targets": _drawn(
        "one enterprise and planned channel of the year: the month it is meant for",
        "enterprise_id channel month_on set_on draw_id",
        order="enterprise_id, channel, month_on",
    ),
    "plan.draws": _drawn(
        "one draw (双随机) with its open record",
        "draw_id kind year month_on level division committed_on roster_sha256 seed_sha256 is_revealed record",
        key="draw_id",
        kind=text("objects (enterprises) or crews"),
        year=small("calendar year"),
    ),
    "plan.caps": _planned(
        "one enterprise and how often it may be visited in the year (C4)",
        "enterprise_id cap used last_on as_of",
        order="enterprise_id",
        last_on=day("last visit that counts against the cap"),
    ),
    "plan.crews": _drawn(
        "one person of a crew of a month",
        "month_on level division crew_id officer_id role place draw_id",
        is_published=False,
    ),
    "plan.ties": _drawn(
        "one enterprise and the crew drawn for it",
        "month_on enterprise_id crew_id draw_id",
        is_published=False,
    ),
    "plan.named_records": _carried(
        "one record of the last two months that names a visit of the plan, and what becomes of that visit",
        "source inspection_id enterprise_id visit_id inspected_on state as_of",
        order="source, inspection_id",
        state=text(
            "settles (it), leaves_open (refused, not of the authority's own, off site or of another kind), or "
            "unknown_visit: no plan told of such a visit to the enterprise, and the record settles none"
        ),
    ),
    "plan.done_items": _carried(
        "one item that a delivered inspection has settled",
        "enterprise_id item_id visit_id inspected_on settled_on source inspection_id",
        is_published=False,
    ),
}
