"""The certificate: everything the rules ask for that the plan does not do, and the rule that binds.

Each row names what is missing, where and when, how many person-days are short, and what took precedence.  A plan
without rows keeps every rule.  Rows about capacity can be checked by adding up: visits whose whole window lies
between two days need more crew time than there is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from models.calendar import month_start
from models.planning.crews.bench import Bench
from models.planning.crews.crews import Authority, at_division, at_level, names_no_town
from models.planning.demand.waivers import cap_of, used_up
from models.planning.floors import Floor, missed
from models.planning.frames import unfit, with_authority
from models.planning.plan import DEFERRED, SCHEDULED, Plan
from models.planning.situation import Situation
from models.policy import DAY, PlanningPolicy

SHORTFALLS = {
    "scope": pl.String,
    "rule": pl.String,
    "level": pl.String,
    "division": pl.String,
    "month_on": pl.Date,
    "channel": pl.String,
    "enterprise_id": pl.String,
    "visit_id": pl.String,
    "count": pl.Int64,
    "person_days": pl.Float64,
    "needed_days": pl.Float64,
    "available_days": pl.Float64,
    "first_on": pl.Date,
    "last_on": pl.Date,
    "due_on": pl.Date,
    "gave_way_to": pl.List(pl.String),
}
"""Columns of a shortfall.  ``scope`` is visit, authority, floor, or note; ``count`` visits or enterprises."""

FLOORS = (
    "red",
    "red_overdue",
    "hazard_source",
    "annual_full",
    "random",
    "recheck",
    "immediate",
    "department",
    "audit",
)
"""Channels somebody must be told about when an item of theirs is waived."""
BY_NUMBER = ("audit",)
"""Of these only the number of enterprises is told, of the others each by name."""
DRAWN = "random"
"""Whom this draw could not take, and the rule that kept them off, is told where its floor is not met."""

_RULE_OF = {"capacity": "capacity", "budget": "budget", "no_day": "no_lawful_day"}
"""What binds, by the reason the optimiser gives; ``no_crew`` is looked into."""
_HERE = {"level": "at_level", "division": "at_division"}
Row = dict[str, Any]


def certificate(
    plan: Plan,
    now: Situation,
    policy: PlanningPolicy,
    floors: Sequence[Floor] = (),
    budget: pl.DataFrame | None = None,
    pending: Iterable[Authority] = (),
    awaiting: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """All shortfalls.  Grain: one row per visit, authority or floor that falls short, columns ``SHORTFALLS``.

    ``pending``: authorities with a draw that was committed to and not revealed.  ``awaiting``: visits whose day
    has come and whose record has not.  Empty when every rule holds (rows of scope ``note`` tell of unknown data and
    provisional days).
    """
    this_month = pl.lit(month_start(plan.days[0]))
    of_this_month = [
        _undone(plan, policy),
        _late(plan),
        *([] if awaiting is None else [_awaited(awaiting, plan)]),
        *_waived(plan, now, policy),
        pl.DataFrame([*_over_budget(plan), *_draw_floors(floors)]),
    ]
    parts = [
        *(part.with_columns(month_on=this_month) for part in of_this_month if part.width),
        _missed(now, policy),
        pl.DataFrame([*_overloads(plan)]),
        *([] if budget is None else [_annual_budget(budget)]),
        pl.DataFrame([_row("note", "draw_pending", one, count=1) for one in pending]),
        *_notes(plan, now, policy),
    ]
    whole = pl.concat([pl.DataFrame(schema=SHORTFALLS), *parts], how="diagonal_relaxed")
    order = ("scope", "level", "division", "rule", "channel", "due_on", "visit_id", "enterprise_id")
    typed = whole.select(pl.col(name).cast(kind) for name, kind in SHORTFALLS.items())
    return typed.sort(*order, nulls_last=True)


def _row(scope: str, rule: str, authority: Authority, **told: Any) -> Row:
    return {"scope": scope, "rule": rule, "level": authority[0], "division": authority[1], **told}


# ---- visits ------------------------------------------------------------------------------------------------


def _undone(plan: Plan, policy: PlanningPolicy) -> pl.DataFrame:
    """Visits without a day: the rule that keeps each off the plan, and what took precedence in its window."""
    undone = plan.visits.filter(pl.col("state") != SCHEDULED).with_columns(
        last_on=pl.min_horizontal("last_on", pl.lit(plan.days[-1]))
    )
    return undone.join(_precedence(undone, plan, policy), on="visit_id", how="left").select(
        *("channel", "enterprise_id", "visit_id", "first_on", "last_on", "due_on"),
        **_HERE,
        scope=pl.when(pl.col("state") == DEFERRED).then(pl.lit("deferred")).otherwise(pl.lit("visit")),
        rule=pl.Series([_rule(row, plan) for row in undone.iter_rows(named=True)], dtype=pl.String),
        count=1,
        person_days="person_days",
        gave_way_to=pl.col("gave_way_to").fill_null([]),
    )


def _precedence(undone: pl.DataFrame, plan: Plan, policy: PlanningPolicy) -> pl.DataFrame:
    """Channels of higher precedence that the same authority serves in the window of each visit, in their order."""
    places = {name: one.rank for name, one in policy.channels.items()}
    served = plan.visits.filter(pl.col("state") == SCHEDULED)
    served = served.select(*_HERE.values(), "planned_on", higher="rank", gave_way_to="channel").unique()
    in_window = undone.join(served, on=[*_HERE.values()]).filter(
        pl.col("higher") < pl.col("rank"), pl.col("planned_on_right").is_between("first_on", "last_on")
    )
    pairs = in_window.select("visit_id", "gave_way_to").unique()
    return (
        pairs.sort(pl.col("gave_way_to").replace_strict(places))
        .group_by("visit_id", maintain_order=True)
        .all()
    )


def _rule(row: Mapping[str, Any], plan: Plan) -> str:
    """The rule that keeps a visit off the plan."""
    if row["reason"] in _RULE_OF:
        return _RULE_OF[row["reason"]]
    bench = plan.benches[row["at_level"], row["at_division"]]
    if not any(bench.crews):
        return "no_officers"
    window = [at for at, day in enumerate(plan.days) if row["first_on"] <= day <= row["last_on"]]
    if row["is_planned"] and window and bench.closed.issuperset(window):
        return "no_lawful_day"
    present = {crew.crew_id for at in window for crew in bench.crews[at]}
    is_drawn_crew_away = row["drawn_crew"] and row["drawn_crew"] not in present
    return "absence" if is_drawn_crew_away or not present else "recusal"


def _late(plan: Plan) -> pl.DataFrame:
    """Visits with a day after their deadline."""
    return plan.visits.filter(pl.col("state") == SCHEDULED, "is_overdue").select(
        *("enterprise_id", "visit_id", "first_on", "due_on"),
        **_HERE,
        scope=pl.lit("visit"),
        rule=pl.lit("overdue"),
        channel="overdue_channel",
        count=1,
        person_days=0.0,
        last_on=pl.min_horizontal("last_on", pl.lit(plan.days[-1])),
        gave_way_to=pl.lit([], dtype=pl.List(pl.String)),
    )


def _awaited(awaiting: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Visits whose deadline is over while nobody has recorded that they were made."""
    return awaiting.filter(pl.col("due_on") < plan.days[0]).select(
        *("level", "division", "channel", "enterprise_id", "visit_id", "due_on"),
        scope=pl.lit("visit"),
        rule=pl.lit("record_awaited"),
        count=1,
        person_days=0.0,
    )


# ---- floors ------------------------------------------------------------------------------------------------


def _waived(plan: Plan, now: Situation, policy: PlanningPolicy) -> list[pl.DataFrame]:
    """Items of floors that another rule waived: red and annual ones by name, those of the audit draw by number."""
    firms = now.firms.select("enterprise_id", level=at_level(policy), division=at_division(policy))
    asked = pl.col("channel").is_in(FLOORS) & (pl.col("channel") != DRAWN)
    waived = plan.items.filter(pl.col("waived_by") != "closed", asked)
    told = waived.join(firms, on="enterprise_id").with_columns(
        scope=pl.lit("floor"), rule="waived_by", count=1
    )
    where = ("scope", "rule", "level", "division", "channel")
    by_number = pl.col("channel").is_in(BY_NUMBER)
    return [
        told.filter(~by_number).sort("item_id").select(*where, "enterprise_id", "count", "due_on"),
        told.filter(by_number).group_by(where).agg(pl.col("count").sum()).sort(where),
    ]


def _missed(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """What the year before still owes."""
    return missed(now, policy).select(
        *("channel", "enterprise_id"),
        **_HERE,
        scope=pl.lit("floor"),
        rule=pl.lit("missed_year"),
        month_on=pl.lit(date(now.year - 1, 12, 1)),
        count=1,
        due_on=pl.lit(date(now.year - 1, 12, 31)),
    )


def _draw_floors(floors: Iterable[Floor]) -> Iterator[Row]:
    """Floors that cannot be met, and how many enterprises each rule keeps from counting."""
    for floor in floors:
        if floor.short:
            had = float(floor.done + floor.planned + floor.available)
            counts = {"count": floor.short, "needed_days": float(floor.required), "available_days": had}
            yield _row("floor", "draw_floor", floor.authority, channel=floor.channel, **counts)
            for rule, count in sorted(floor.exempt.items()):
                yield _row("floor", rule, floor.authority, channel=floor.channel, count=count)


# ---- authorities -------------------------------------------------------------------------------------------


def _overloads(plan: Plan) -> Iterator[Row]:
    """Stretches of days that hold more work than crews: the proof, to be checked by adding up."""
    for authority, outcome in sorted(plan.outcomes.items()):
        bench = plan.benches[authority]
        for stretch in outcome.overload.days:
            first, last = plan.days[stretch.first_day], plan.days[stretch.last_day]
            when = {"month_on": month_start(first), "first_on": first, "last_on": last}
            within = bench.within(stretch.first_day, stretch.last_day)
            sums = _days(within, stretch.needed, stretch.available)
            yield _row("authority", "capacity", authority, **when, **sums)


def _over_budget(plan: Plan) -> Iterator[Row]:
    for authority, outcome in sorted(plan.outcomes.items()):
        if short := outcome.overload.budget:
            bench = plan.benches[authority]
            available = bench.budget or 0
            when = {"first_on": plan.days[0], "last_on": plan.days[-1]}
            sums = _days(bench, available + short, available)
            yield _row("authority", "budget", authority, **when, **sums)


def _days(bench: Bench, needed: int, available: int) -> Row:
    """Person-days needed, available and short, of quarter-days: what is short is the difference of what is told."""
    asked, there = (round(float(one * bench.people_per_crew / DAY), 2) for one in (needed, available))
    return {"needed_days": asked, "available_days": there, "person_days": round(asked - there, 2)}


def _annual_budget(budget: pl.DataFrame) -> pl.DataFrame:
    needed = pl.sum_horizontal("annual_full_days", "random_days", "other_planned_days")
    return budget.filter(pl.col("short_days") > 0).select(
        *("level", "division", "month_on"),
        scope=pl.lit("authority"),
        rule=pl.lit("annual_budget"),
        person_days="short_days",
        needed_days=needed,
        available_days=needed - pl.col("short_days"),
    )


def _notes(plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[pl.DataFrame]:
    """Unknown or contested data that were planned for by an assumption, and days that may still change."""
    firms = with_authority(now, policy)
    concerned = {
        "unknown_sector": firms.filter(pl.col("sector").is_null()),
        "unknown_level": firms.filter(pl.col("level").is_null()),
        "unknown_town": firms.filter(names_no_town()),
        "unfit_id": unfit(firms),
    }
    for rule, some in concerned.items():
        counted = some.group_by(level="at_level", division="at_division").agg(count=pl.len())
        yield counted.with_columns(scope=pl.lit("note"), rule=pl.lit(rule))
    yield from _frequent(firms, now, policy)
    contested = firms.join(now.contested, on="enterprise_id", how="semi")
    yield contested.select(
        *("enterprise_id", pl.lit("note").alias("scope"), pl.lit("authority_contested").alias("rule")),
        **_HERE,
        count=1,
    )
    if plan.is_provisional:
        note = {"scope": "note", "rule": "calendar", "first_on": plan.days[0], "last_on": plan.days[-1]}
        yield pl.DataFrame([note])


def _frequent(firms: pl.DataFrame, now: Situation, policy: PlanningPolicy) -> Iterator[pl.DataFrame]:
    """Enterprises visited more often than the cap allows (by number), and clearly too often (by name)."""
    used = firms.join(used_up(now, policy), on="enterprise_id").with_columns(cap=cap_of(policy))
    used = used.filter(pl.col("used") > pl.col("cap"))
    told = used.group_by(level="at_level", division="at_division").agg(count=pl.len())
    yield told.with_columns(scope=pl.lit("note"), rule=pl.lit("over_cap"))
    if policy.visiting.beyond_reasonable_percent is not None:
        limit = pl.col("cap") * policy.visiting.beyond_reasonable_percent
        named = used.filter(pl.col("used") * 100 > limit).select("enterprise_id", **_HERE, count="used")
        yield named.with_columns(scope=pl.lit("note"), rule=pl.lit("beyond_reasonable"))
