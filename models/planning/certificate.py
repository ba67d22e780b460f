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
from models.planning.crews.assign import Assigned
from models.planning.crews.bench import Bench
from models.planning.crews.crews import Authority, at_division, at_level
from models.planning.floors import Floor, missed
from models.planning.frames import unfit
from models.planning.plan import DEFERRED, SCHEDULED, Plan
from models.planning.situation import Situation
from models.policy import PlanningPolicy

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

FLOORS = ("red", "red_overdue", "annual_full", "random", "recheck", "immediate", "department", "audit")
BY_NUMBER = ("random", "audit")
"""Channels somebody must be told about when an item of theirs is waived."""

_REASONS = {"capacity": "capacity", "budget": "budget", "no_day": "no_lawful_day"}


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
    rows = [
        *_visits(plan, policy),
        *_awaited(awaiting, plan),
        *_waived(plan, now, policy),
        *_missed(now, policy),
        *_overloads(plan, policy),
        *_floors(floors, plan),
        *_annual_budget(budget),
        *(_row(scope="note", rule="draw_pending", level=one[0], division=one[1], count=1) for one in pending),
        *_notes(plan, now, policy),
    ]
    frame = pl.DataFrame(rows, schema=SHORTFALLS, orient="row")
    return frame.sort(
        "scope",
        "level",
        "division",
        "rule",
        "channel",
        "due_on",
        "visit_id",
        "enterprise_id",
        nulls_last=True,
    )


def _row(**given: Any) -> dict[str, Any]:
    return {**dict.fromkeys(SHORTFALLS), **given}


def _visits(plan: Plan, policy: PlanningPolicy) -> Iterator[dict[str, Any]]:
    """Visits without a day, and those planned after their deadline."""
    lacking = plan.visits.filter((pl.col("state") != SCHEDULED) | pl.col("is_overdue"))
    taken = _taken(plan)
    for row in lacking.iter_rows(named=True):
        authority = (row["at_level"], row["at_division"])
        first, last = row["first_on"], min(row["last_on"], plan.days[-1])
        is_open = row["state"] != SCHEDULED
        busy = [] if not is_open else taken.get(authority, [])
        yield _row(
            scope="visit" if row["state"] != DEFERRED else "deferred",
            rule=_rule(row, plan) if is_open else "overdue",
            level=authority[0],
            division=authority[1],
            month_on=month_start(plan.days[0]),
            channel=row["channel"] if is_open else row["overdue_channel"],
            enterprise_id=row["enterprise_id"],
            visit_id=row["visit_id"],
            count=1,
            person_days=policy.person_days(row["quarter_days"]) if is_open else 0.0,
            first_on=first,
            last_on=last,
            due_on=row["due_on"],
            gave_way_to=sorted(
                {channel for rank, channel, day in busy if rank < row["rank"] and first <= day <= last},
                key=lambda channel: policy.channels[channel].rank,
            ),
        )


def _awaited(awaiting: pl.DataFrame | None, plan: Plan) -> Iterator[dict[str, Any]]:
    """Visits whose deadline is over while nobody has recorded that they were made."""
    if awaiting is None:
        return
    for row in awaiting.filter(pl.col("due_on") < plan.days[0]).sort("visit_id").iter_rows(named=True):
        yield _row(
            scope="visit",
            rule="record_awaited",
            level=row["level"],
            division=row["division"],
            month_on=month_start(plan.days[0]),
            channel=row["channel"],
            enterprise_id=row["enterprise_id"],
            visit_id=row["visit_id"],
            count=1,
            person_days=0.0,
            due_on=row["due_on"],
        )


def _taken(plan: Plan) -> dict[Authority, list[tuple[int, str, Any]]]:
    """Rank, channel and day of what was scheduled, by authority."""
    done = plan.visits.filter(pl.col("state") == SCHEDULED)
    columns = ("at_level", "at_division", "rank", "channel", "planned_on")
    found: dict[Authority, list[tuple[int, str, Any]]] = {}
    for level, division, rank, channel, day in done.select(columns).unique().iter_rows():
        found.setdefault((level, division), []).append((rank, channel, day))
    return found


def _rule(row: Mapping[str, Any], plan: Plan) -> str:
    """The rule that keeps a visit off the plan."""
    if row["reason"] in _REASONS:
        return _REASONS[row["reason"]]
    bench = plan.benches[(row["at_level"], row["at_division"])]
    if not any(bench.crews):
        return "no_officers"
    days = [at for at, day in enumerate(plan.days) if row["first_on"] <= day <= row["last_on"]]
    if row["drawn_crew"] and not any(
        crew.crew_id == row["drawn_crew"] for at in days for crew in bench.crews[at]
    ):
        return "absence"
    return "recusal" if _somebody(bench, days) else "absence"


def _somebody(bench: Bench, days: Iterable[int]) -> bool:
    return any(bench.crews[day] for day in days)


def _waived(plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[dict[str, Any]]:
    """Items of floors that another rule waived: red and annual ones by name, drawn ones by number."""
    firms = now.firms.select("enterprise_id", at_level(policy), at_division(policy))
    waived = plan.items.filter(
        pl.col("waived_by").is_not_null()
        & (pl.col("waived_by") != "closed")
        & pl.col("channel").is_in(FLOORS)
    ).join(firms, on="enterprise_id")
    by_name = waived.filter(~pl.col("channel").is_in(BY_NUMBER)).sort("item_id")
    for row in by_name.iter_rows(named=True):
        yield _row(
            scope="floor",
            rule=row["waived_by"],
            level=row["at_level"],
            division=row["at_division"],
            month_on=month_start(plan.days[0]),
            channel=row["channel"],
            enterprise_id=row["enterprise_id"],
            count=1,
            due_on=row["due_on"],
        )
    drawn = waived.filter(pl.col("channel").is_in(BY_NUMBER))
    for level, division, channel, rule, count in (
        drawn.group_by("at_level", "at_division", "channel", "waived_by").len().sort(pl.all()).iter_rows()
    ):
        yield _row(
            scope="floor",
            rule=rule,
            level=level,
            division=division,
            month_on=month_start(plan.days[0]),
            channel=channel,
            count=count,
        )


def _missed(now: Situation, policy: PlanningPolicy) -> Iterator[dict[str, Any]]:
    """What the year before still owes."""
    for level, division, channel, enterprise in missed(now, policy).iter_rows():
        yield _row(
            scope="floor",
            rule="missed_year",
            level=level,
            division=division,
            month_on=date(now.year - 1, 12, 1),
            channel=channel,
            enterprise_id=enterprise,
            count=1,
            due_on=date(now.year - 1, 12, 31),
        )


def _overloads(plan: Plan, policy: PlanningPolicy) -> Iterator[dict[str, Any]]:
    """Stretches of days that hold more work than crews: the proof, to be checked by adding up."""
    for (level, division), outcome in sorted(plan.outcomes.items()):
        for stretch in outcome.overload.days:
            yield _row(
                scope="authority",
                rule="capacity",
                level=level,
                division=division,
                month_on=month_start(plan.days[stretch.first_day]),
                person_days=policy.person_days(stretch.short),
                needed_days=policy.person_days(stretch.needed),
                available_days=policy.person_days(stretch.available),
                first_on=plan.days[stretch.first_day],
                last_on=plan.days[stretch.last_day],
            )
        if outcome.overload.budget:
            yield _over_budget(plan, (level, division), outcome, policy)


def _over_budget(
    plan: Plan, authority: Authority, outcome: Assigned, policy: PlanningPolicy
) -> dict[str, Any]:
    available = plan.benches[authority].budget or 0
    return _row(
        scope="authority",
        rule="budget",
        level=authority[0],
        division=authority[1],
        month_on=month_start(plan.days[0]),
        person_days=policy.person_days(outcome.overload.budget),
        needed_days=policy.person_days(available + outcome.overload.budget),
        available_days=policy.person_days(available),
        first_on=plan.days[0],
        last_on=plan.days[-1],
    )


def _floors(floors: Iterable[Floor], plan: Plan) -> Iterator[dict[str, Any]]:
    for floor in floors:
        if floor.short:
            yield _row(
                scope="floor",
                rule="draw_floor",
                level=floor.authority[0],
                division=floor.authority[1],
                month_on=month_start(plan.days[0]),
                channel=floor.channel,
                count=floor.short,
                needed_days=float(floor.required),
                available_days=float(floor.done + floor.planned + floor.available),
            )


def _annual_budget(budget: pl.DataFrame | None) -> Iterator[dict[str, Any]]:
    if budget is None:
        return
    short = budget.filter(pl.col("short_days") > 0)
    for row in short.iter_rows(named=True):
        asked = row["annual_full_days"] + row["random_days"] + row["other_planned_days"]
        yield _row(
            scope="authority",
            rule="annual_budget",
            level=row["level"],
            division=row["division"],
            month_on=row["month_on"],
            person_days=row["short_days"],
            needed_days=asked,
            available_days=asked - row["short_days"],
        )


def _notes(plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[dict[str, Any]]:
    """Unknown data that were planned for by an assumption, and days that may still change."""
    firms = now.firms.with_columns(at_level(policy), at_division(policy)).filter(
        pl.col("status").fill_null("active") != "closed"
    )
    for rule, column in (("unknown_sector", "sector"), ("unknown_level", "level")):
        counts = firms.filter(pl.col(column).is_null()).group_by("at_level", "at_division").len()
        for level, division, count in counts.sort(pl.all()).iter_rows():
            yield _row(scope="note", rule=rule, level=level, division=division, count=count)
    for level, division, count in (
        unfit(firms).group_by("at_level", "at_division").len().sort(pl.all()).iter_rows()
    ):
        yield _row(scope="note", rule="unfit_id", level=level, division=division, count=count)
    if plan.is_provisional:
        yield _row(scope="note", rule="calendar", first_on=plan.days[0], last_on=plan.days[-1])
