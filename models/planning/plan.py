"""The plan made on the evening of a day: every visit due, on a day, with a crew, or with the rule that prevents it.

What was filed stays; what was planned keeps its day where it can; everything that changed says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Literal

import polars as pl

from models.calendar import add_working_days, horizon, is_provisional, month_start
from models.planning.crews.assign import ASSIGNED_SCHEMA, Assigned, assign
from models.planning.crews.bench import Bench
from models.planning.crews.crews import Authority, at_division, at_level, benches, of_authority
from models.planning.crews.filed import filed_crews, kept_as_filed, with_filings
from models.planning.crews.lending import Loan, lend, lent_name, moved, standing
from models.planning.crews.recusals import barred
from models.planning.demand.due import due_items
from models.planning.demand.merge import merge
from models.planning.demand.waivers import KIND_OFF_PLAN, waive
from models.planning.situation import Situation, by_own
from models.policy import DAY, PlanningPolicy
from models.validity import is_inspection

SCHEDULED, SHORT, DEFERRED = "scheduled", "short", "deferred"


@dataclass(frozen=True)
class Plan:
    """A plan.

    ``visits``: one row per visit with its state (scheduled, short, or deferred: it may still be made later in the
    year).  ``items``: one row per item, planned, waived or later.  ``benches``: who can go out when.  ``loans``:
    crews away from home.  ``outcomes``: what the optimiser can say of each authority.
    """

    as_of: date
    days: tuple[date, ...]
    is_provisional: bool
    visits: pl.DataFrame
    items: pl.DataFrame
    benches: Mapping[Authority, Bench]
    outcomes: Mapping[Authority, Assigned]
    loans: tuple[Loan, ...]


def make_plan(now: Situation, policy: PlanningPolicy) -> Plan:
    """Plan all visits of the horizon.  The same situation in any row order gives the same plan.

    Nothing is lost: every item is in ``items``, every visit in ``visits``, with a day or with the rule that
    prevents it.
    """
    days = horizon(now.as_of, policy.visiting.horizon_working_days)
    items = waive(due_items(now, policy), now, policy)
    merged, told = merge(items, now, policy, days)
    named = _named(merged, now)
    visits = _placed(named, now, policy, days)
    authorities = list(visits.select("at_level", "at_division").unique().iter_rows())
    own = benches(now, policy, days, [*authorities, *_staffed(now, policy)], filed_crews(now, policy))
    own = _less_spent(own, now, policy)
    visits = kept_as_filed(visits, own, now)
    before = standing(visits, own)
    own = moved(own, before)
    own_visits = {one: of_authority(visits, one) for one in sorted(authorities)}
    first = {one: assign(todo, own[one]) for one, todo in own_visits.items()}
    outcomes, lent, fresh = lend(own_visits, own, first, policy)
    loans = [*(replace(loan, crew_id=lent_name(loan)) for loan in before), *fresh]
    told = told.join(
        named.select("enterprise_id", "group", "visit_id"), on=["enterprise_id", "group"], how="left"
    )
    return Plan(
        as_of=now.as_of,
        days=tuple(days),
        is_provisional=is_provisional(days[0], days[-1]),
        visits=_decided(visits, lent, outcomes, loans, days, policy.visiting.begin_at),
        items=told.drop("group").sort("item_id"),
        benches=lent,
        outcomes=outcomes,
        loans=tuple(loans),
    )


def _staffed(now: Situation, policy: PlanningPolicy) -> list[Authority]:
    """Authorities with people, whether or not they have visits: they may lend."""
    return list(now.officers.select(at_level(policy), at_division(policy)).unique().iter_rows())


def _named(merged: pl.DataFrame, now: Situation) -> pl.DataFrame:
    """Visits with their number: that of the planned visit that shares an item with it, else a new one.

    The number is the item the visit was first planned for.  A visit that was split keeps it in one part only; an
    item that comes back while another visit goes by its name gets a new one.
    """
    pairs = merged.select("enterprise_id", "group", item="item_ids").explode("item")
    before = now.previous.select("enterprise_id", "visit_id", item="item_ids").explode("item")
    shared = (
        pairs.join(before, on=["enterprise_id", "item"])
        .with_columns(is_its_first=pl.col("item") == pl.col("visit_id"))
        .sort(["enterprise_id", "is_its_first", "group", "visit_id"], descending=[False, True, False, False])
        .unique("visit_id", keep="first", maintain_order=True)
        .unique(["enterprise_id", "group"], keep="first", maintain_order=True)
        .select("enterprise_id", "group", "visit_id")
    )
    first = pl.col("item_ids").list.first()
    is_taken = first.is_in(shared["visit_id"].to_list())
    fresh = pl.when(is_taken).then(pl.concat_str(first, pl.lit("/again"))).otherwise(first)
    return merged.join(shared, on=["enterprise_id", "group"], how="left").with_columns(
        visit_id=pl.coalesce("visit_id", fresh)
    )


def _placed(visits: pl.DataFrame, now: Situation, policy: PlanningPolicy, days: list[date]) -> pl.DataFrame:
    """Visits with all the optimiser needs: authority, day indexes, value, place, crew drawn, recusals, last plan."""
    firms = now.firms.select(
        "enterprise_id", at_level(policy), at_division(policy), "value", "longitude", "latitude"
    )
    kept = now.previous.select("visit_id", "day", previous_crew="crew_id")
    filed_until = days[min(policy.visiting.filed_working_days, len(days)) - 1]
    index = pl.Series(days, dtype=pl.Date)
    places = pl.Series(range(len(days)), dtype=pl.Int64)
    located = (
        with_filings(visits.join(firms, on="enterprise_id", how="left"), now, policy)
        .join(kept, on="visit_id", how="left")
        .join(barred(visits, now, policy), on="enterprise_id", how="left")
        .join(_ties(visits, now), on=["enterprise_id", "group"], how="left")
    )
    filed_day, day = (
        pl.col(name).replace_strict(index, places, default=None, return_dtype=pl.Int64)
        for name in ("filed_on", "day")
    )
    placed = located.with_columns(
        first=_index(index, "first_on", side="left"),
        last=_index(index, "last_on", side="right") - 1,
        filed_day=filed_day,
        kept_day=pl.coalesce(filed_day, pl.when(~pl.col("is_called_off")).then(day)),
        kept_crew=pl.when(~pl.col("is_called_off")).then("previous_crew"),
        # Filed is what was filed; where nobody tells, what was planned for so soon (D1); with no filing ahead nothing.
        is_fixed=filed_day.is_not_null()
        | (pl.col("day") <= filed_until).fill_null(value=False)
        & pl.lit(policy.visiting.filed_working_days > 0)
        & ~pl.col("files"),
        is_budgeted=pl.col("is_planned"),
        crew_id=pl.col("tied"),
        barred=pl.col("barred").fill_null([]),
        previous_day=pl.col("day"),
    )
    return placed.drop("tied", "day", "files", "is_called_off", "filed_on")


def _index(days: pl.Series, column: str, *, side: Literal["left", "right"]) -> pl.Expr:
    """Place of a day among the working days: the first not before it, or the first after it."""

    def places(asked: pl.Series) -> pl.Series:
        return days.search_sorted(asked, side=side).cast(pl.Int64)

    return pl.col(column).map_batches(places, return_dtype=pl.Int64)


def _ties(visits: pl.DataFrame, now: Situation) -> pl.DataFrame:
    """Crew the draw gave each enterprise whose visit is the drawn one, in the first month the visit may fall in.

    Grain: one row per enterprise and group.
    """
    drawn = visits.filter(pl.col("is_planned") & pl.col("channels").list.contains("random"))
    months = drawn.select("enterprise_id", "group", "first_on", "last_on").join(
        now.ties.drop_nulls("crew_id"), on="enterprise_id"
    )
    fitting = months.filter(
        pl.col("month_on").is_between(pl.col("first_on").dt.month_start(), pl.col("last_on"))
    )
    first = fitting.sort("month_on", "crew_id").unique(["enterprise_id", "group"], keep="first")
    return first.select("enterprise_id", "group", tied="crew_id")


def _less_spent(
    own: Mapping[Authority, Bench], now: Situation, policy: PlanningPolicy
) -> dict[Authority, Bench]:
    """Benches whose budget is less by the planned visits already made this month."""
    start = month_start(now.next_day)
    made = by_own(now.inspections, policy).filter(
        (pl.col("inspected_on") >= start) & is_inspection(pl.col) & ~pl.col("kind").is_in(KIND_OFF_PLAN)
    )
    times = policy.quarter_days
    took = pl.col("kind").replace_strict(times, default=times["department"], return_dtype=pl.Int64)
    firms = now.firms.select("enterprise_id", at_level(policy), at_division(policy))
    # What another level spent is not this one's.
    own_made = (
        made.rename({"level": "by"})
        .join(firms, on="enterprise_id")
        .filter(pl.col("by") == pl.col("at_level"))
    )
    spent = own_made.group_by("at_level", "at_division").agg(took.sum())
    used = {(level, division): quarters for level, division, quarters in spent.iter_rows()}
    return {
        one: replace(bench, budget=max(0, (bench.budget or 0) - used.get(one, 0)))
        for one, bench in own.items()
    }


def _decided(
    visits: pl.DataFrame,
    lent: Mapping[Authority, Bench],
    outcomes: Mapping[Authority, Assigned],
    loans: Sequence[Loan],
    days: Sequence[date],
    begin_at: int,
) -> pl.DataFrame:
    """Visits with day, crew, officers, state and what changed since the plan before."""
    found = (
        pl.concat([one.visits for one in outcomes.values()])
        if outcomes
        else pl.DataFrame(schema=ASSIGNED_SCHEMA)
    )
    index = pl.DataFrame(
        {"day": range(len(days)), "planned_on": days}, schema={"day": pl.Int64, "planned_on": pl.Date}
    )
    people = _people(lent)
    forms = pl.DataFrame(
        [(loan.borrower[0], loan.borrower[1], loan.day, loan.crew_id, loan.form) for loan in loans],
        schema={
            "at_level": pl.String,
            "at_division": pl.String,
            "day": pl.Int64,
            "crew_id": pl.String,
            "form": pl.String,
        },
        orient="row",
    )
    key = ["at_level", "at_division", "day", "crew_id"]
    joined = (
        visits.rename({"kept_crew": "former_crew", "crew_id": "drawn_crew"})
        .join(found, on="visit_id", how="left")
        .join(people, on=key, how="left")
        .join(forms, on=key, how="left")
        .join(index, on="day", how="left")
    )
    is_legal_later = pl.col("due_on") > days[-1]
    state = (
        pl.when(pl.col("day").is_not_null())
        .then(pl.lit(SCHEDULED))
        .when(is_legal_later)
        .then(pl.lit(DEFERRED))
        .otherwise(pl.lit(SHORT))
    )
    told = joined.with_columns(
        state=state,
        change=_change(),
        file_by=_file_by(days, begin_at),
        person_days=_person_days(joined, lent),
    )
    dropped = ["group", "first", "last", "kept_day", "day", "is_budgeted", "barred", "previous_crew"]
    return told.drop(dropped, strict=False).sort("visit_id")


def _file_by(days: Sequence[date], begin_at: int) -> pl.Expr:
    """Last moment to file a visit (D1): before the crew goes out; an emergency by the end of the next working day.

    An emergency is an immediate visit of the first day planned: of later ones everybody knows before.  Whoever reads
    the plan can meet it: it lies after the night in which the plan was made, and on a working day.
    """
    planned = pl.Series(days, dtype=pl.Date)
    before = pl.Series([datetime.combine(day, time(begin_at)) for day in days], dtype=pl.Datetime("us"))
    ends = [datetime.combine(add_working_days(day, 1)[0], time(23, 59)) for day in days]
    after = pl.Series(ends, dtype=pl.Datetime("us"))
    ahead, behind = (
        pl.col("planned_on").replace_strict(planned, told, default=None, return_dtype=pl.Datetime("us"))
        for told in (before, after)
    )
    is_emergency = (pl.col("channel") == "immediate") & (pl.col("planned_on") == days[0])
    return pl.when(is_emergency).then(behind).otherwise(ahead)


def _person_days(visits: pl.DataFrame, lent: Mapping[Authority, Bench]) -> pl.Series:
    """Person-days of each visit: in its crew, or in one as its authority forms them on an average."""
    usual = {one: bench.people_per_crew for one, bench in lent.items()}
    columns = visits.select("at_level", "at_division", "quarter_days", "officers")
    return pl.Series(
        [
            round(float(quarters * (len(officers) if officers else usual[level, division]) / DAY), 2)
            for level, division, quarters, officers in columns.iter_rows()
        ],
        dtype=pl.Float64,
    )


def _change() -> pl.Expr:
    """What became of the visit since the plan before."""
    return (
        pl.when(pl.col("previous_day").is_null())
        .then(pl.lit("new"))
        .when(pl.col("planned_on").is_null())
        .then(pl.lit("dropped"))
        .when(pl.col("planned_on") != pl.col("previous_day"))
        .then(pl.lit("moved"))
        .when(pl.col("crew_id") != pl.col("former_crew"))
        .then(pl.lit("other_crew"))
        .otherwise(pl.lit("kept"))
    )


def _people(lent: Mapping[Authority, Bench]) -> pl.DataFrame:
    """Officers of every crew on every day."""
    rows = [
        (level, division, day, crew.crew_id, list(crew.officers))
        for (level, division), bench in lent.items()
        for day, crews in enumerate(bench.crews)
        for crew in crews
    ]
    schema = {
        "at_level": pl.String,
        "at_division": pl.String,
        "day": pl.Int64,
        "crew_id": pl.String,
        "officers": pl.List(pl.String),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
