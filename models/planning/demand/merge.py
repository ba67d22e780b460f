"""One visit for everything (进一次门、查多项事, P6): items of all channels become as few visits as possible.

The windows of an enterprise's items are intervals; the fewest days that meet them all are found by taking the
earliest deadline, letting every item that is open by then join, and going on with the rest.  No smaller number
of visits exists.  A visit has the deadline of its most urgent item.
"""

from datetime import date, timedelta

import polars as pl

from models.planning.demand.waivers import caps
from models.planning.situation import Situation
from models.policy import PlanningPolicy

VISITS = {
    "enterprise_id": pl.String,
    "group": pl.Int64,
    "channel": pl.String,
    "rank": pl.Int64,
    "channels": pl.List(pl.String),
    "item_ids": pl.List(pl.String),
    "opens_on": pl.Date,
    "due_on": pl.Date,
    "first_on": pl.Date,
    "last_on": pl.Date,
    "mode": pl.String,
    "quarter_days": pl.Int64,
    "in_cap": pl.Boolean,
    "is_planned": pl.Boolean,
    "is_overdue": pl.Boolean,
    "overdue_channel": pl.String,
    "draw_id": pl.String,
}
"""Columns of a visit before it has a day.

``opens_on`` to ``due_on`` is what the law leaves; ``first_on`` to ``last_on`` the days the plan may use.
``is_planned``: all its items are of planned channels, so it uses the budget.  ``in_cap``: it counts.
"""


def merge(
    items: pl.DataFrame, now: Situation, policy: PlanningPolicy, days: list[date]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Visits to be planned on ``days``, and every item with its ``group`` or the rule that waived it.

    Items: ``waived_by`` is empty where the item stands; ``group`` is empty where its turn comes after the
    horizon (``is_later``).
    """
    soon = items.filter(pl.col("waived_by").is_null() & (pl.col("opens_on") <= days[-1]))
    grouped = _pierce(_meeting(_caught_up(soon, policy, days), now, policy, days))
    visits = _gapped(_visits(grouped, policy, days), now, policy, days)
    if (visits["waived_by"] == "gap").any():
        grouped = _parted(grouped, visits)
        visits = _gapped(_visits(grouped, policy, days), now, policy, days)
    visits = _capped(visits, now, policy)
    told = items.join(grouped.select("item_id", "group"), on="item_id", how="left").join(
        visits.select("enterprise_id", "group", "later", rule="waived_by"),
        on=["enterprise_id", "group"],
        how="left",
    )
    told = told.with_columns(
        waived_by=pl.coalesce("waived_by", "rule"),
        is_later=pl.col("waived_by").is_null()
        & pl.col("rule").is_null()
        & (pl.col("group").is_null() | pl.col("later")),
    )
    told = told.with_columns(group=pl.when(pl.col("waived_by").is_null() & ~pl.col("is_later")).then("group"))
    planned = visits.filter(pl.col("waived_by").is_null() & ~pl.col("later"))
    return planned.select(*VISITS).sort("enterprise_id", "group"), told.drop("rule", "later")


def _caught_up(items: pl.DataFrame, policy: PlanningPolicy, days: list[date]) -> pl.DataFrame:
    """Overdue items get their channel's working days again, from now on; ``is_overdue`` says so."""
    again = {
        name: days[min(one.spec.within_working_days or policy.red_visit_working_days, len(days)) - 1]
        for name, one in policy.channels.items()
    }
    catch_up = pl.col("channel").replace_strict(again, return_dtype=pl.Date)
    late = pl.col("due_on") < days[0]
    return items.with_columns(is_overdue=late, pivot=pl.when(late).then(catch_up).otherwise("due_on"))


def _meeting(items: pl.DataFrame, now: Situation, policy: PlanningPolicy, days: list[date]) -> pl.DataFrame:
    """Items with the first and last working day (``start``, ``meet``) on which others may join them.

    A filed visit (D1) stays where it is: its items meet others on its day alone.
    """
    index = pl.Series(days, dtype=pl.Date)
    first = items["opens_on"].clip(days[0], days[-1])
    last = items["pivot"].clip(days[0] - timedelta(days=1), days[-1])
    at = index.search_sorted(last, side="right").cast(pl.Int64) - 1
    dated = items.with_columns(
        start=pl.max_horizontal("opens_on", index.gather(index.search_sorted(first, side="left"))),
        meet=pl.Series([days[n] if n >= 0 else days[0] - timedelta(days=1) for n in at], dtype=pl.Date),
    )
    near = days[: policy.visiting.filed_working_days]
    filed = now.previous.filter(pl.col("day").is_in(near)).select("enterprise_id", "day", item_id="item_ids")
    pins = filed.explode("item_id").group_by("enterprise_id", "item_id").agg(filed_on=pl.col("day").min())
    fits = pl.col("filed_on").is_between("start", "meet")
    return (
        dated.join(pins, on=["enterprise_id", "item_id"], how="left")
        .with_columns(
            pl.when(fits).then("filed_on").otherwise(name).alias(name) for name in ("start", "meet")
        )
        .drop("filed_on")
    )


def _pierce(items: pl.DataFrame) -> pl.DataFrame:
    """Every item with the number of its visit (``group``, from 1 within the enterprise).

    An item whose window holds no working day stands alone, or it would take the others' days away.
    """
    is_possible = pl.col("start") <= pl.col("meet")
    rest = items.filter(is_possible).sort("enterprise_id", "meet", "start", "item_id")
    done: list[pl.DataFrame] = []
    while not rest.is_empty():
        first = rest.group_by("enterprise_id").agg(earliest=pl.col("meet").min())
        rest = rest.join(first, on="enterprise_id", how="left", maintain_order="left")
        joins = pl.col("start") <= pl.col("earliest")
        number = pl.lit(len(done) + 1, dtype=pl.Int64)
        done.append(rest.filter(joins).drop("earliest").with_columns(group=number))
        rest = rest.filter(~joins).drop("earliest")
    alone = items.filter(~is_possible).sort("enterprise_id", "item_id")
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("enterprise_id")
    return pl.concat([*done, alone.with_columns(group=place + len(done))])


def _parted(items: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Items again: what can wait for the gap does not fall with what cannot, but becomes a visit of its own.

    Groups keep their order; the part that waits comes right after the other.
    """
    fallen = visits.filter(pl.col("waived_by") == "gap").select("enterprise_id", "group", free="first_on")
    waits = (pl.col("pivot") >= pl.col("free")).fill_null(value=False)
    joined = items.join(fallen, on=["enterprise_id", "group"], how="left", maintain_order="left")
    return joined.with_columns(group=2 * pl.col("group") + waits.cast(pl.Int64)).drop("free")


def _visits(items: pl.DataFrame, policy: PlanningPolicy, days: list[date]) -> pl.DataFrame:
    """One row per enterprise and group, with the days the plan may use."""
    lead = items.sort("enterprise_id", "group", "rank", "pivot", "item_id")
    counts_all = policy.switches.off_plan_counts_in_cap
    visits = lead.group_by("enterprise_id", "group", maintain_order=True).agg(
        channel=pl.col("channel").first(),
        rank=pl.col("rank").first(),
        channels=pl.col("channel").unique(maintain_order=True),
        item_ids=pl.col("item_id"),
        opens_on=pl.col("opens_on").max(),
        due_on=pl.col("due_on").min(),
        by=pl.col("pivot").min(),
        wanted_from=pl.col("wanted_from").min(),
        wanted_by=pl.col("wanted_by").min(),
        mode=pl.col("mode").max(),
        quarter_days=pl.col("quarter_days").max(),
        is_planned=~pl.col("off_plan").any(),
        keeps_gap=pl.col("keeps_gap").all(),
        yields_to_cap=pl.col("yields_to_cap").all(),
        is_recheck=(pl.col("channel") == "recheck").all(),
        has_day=(pl.col("start") <= pl.col("meet")).all(),
        is_overdue=pl.col("is_overdue").any(),
        overdue_channel=pl.col("channel").filter(pl.col("is_overdue")).first(),
        draw_id=pl.col("draw_id").drop_nulls().first(),
    )
    started = pl.max_horizontal("opens_on", "wanted_from", pl.lit(days[0]))
    # A month that goes by before the visit can be made: any of the coming days will do.
    ended = pl.when(pl.col("wanted_by") < started).then(pl.lit(days[-1])).otherwise("wanted_by")
    return visits.with_columns(
        in_cap=(pl.col("mode") == "on_site") & (pl.col("is_planned") | (counts_all & ~pl.col("is_recheck"))),
        first_on=pl.when("is_planned")
        .then(started)
        .otherwise(pl.max_horizontal("opens_on", pl.lit(days[0]))),
        last_on=pl.when("is_planned").then(pl.min_horizontal("by", ended)).otherwise("by"),
    )


def _gapped(visits: pl.DataFrame, now: Situation, policy: PlanningPolicy, days: list[date]) -> pl.DataFrame:
    """Keep the minimum gap to the last visit on record and to the enterprise's visit planned before this one."""
    gap = timedelta(days=policy.visiting.min_gap_days)
    state = caps(now, policy).select("enterprise_id", "cap", "used", before="last_on")
    visits = visits.join(state, on="enterprise_id", how="left").sort("enterprise_id", "group")
    must = pl.col("keeps_gap") & (pl.col("mode") == "on_site") & pl.col("has_day")
    # Being put off by a visit on record may itself put off the next one.
    moved = _not_before(visits, pl.col("before") + gap, must, days)
    # One that falls for the gap already takes place on no day.
    falls = must & (pl.col("first_on") > pl.col("by"))
    is_visit = (pl.col("mode") == "on_site") & pl.col("has_day") & ~falls
    before = pl.when(is_visit).then("last_on").forward_fill().shift(1).over("enterprise_id")
    moved = _not_before(moved, before + gap, must, days)
    return moved.with_columns(
        waived_by=pl.when(must & (pl.col("first_on") > pl.col("by"))).then(pl.lit("gap")),
        later=pl.col("first_on") > days[-1],
        horizon_end=pl.lit(days[-1]),
    )


def _not_before(visits: pl.DataFrame, free: pl.Expr, must: pl.Expr, days: list[date]) -> pl.DataFrame:
    """Visits that ``must`` wait begin on ``free`` at the earliest."""
    moved = visits.with_columns(
        first_on=pl.when(must).then(pl.max_horizontal("first_on", free)).otherwise("first_on"),
    )
    # The month it was meant for may be over by then; the year is not.
    return moved.with_columns(
        last_on=pl.when(must & (pl.col("first_on") > pl.col("last_on")))
        .then(pl.min_horizontal("by", pl.max_horizontal(pl.lit(days[-1]), pl.col("first_on"))))
        .otherwise("last_on")
    )


def _capped(visits: pl.DataFrame, now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Planned visits beyond the annual cap are waived, those of the lowest precedence first.

    Others that count use it up and are made all the same.  A cap is one calendar year's: what may wait for the next
    one does.
    """
    next_year = pl.lit(date(now.year + 1, 1, 1))
    counts = pl.col("has_day") & pl.col("waived_by").is_null() & pl.col("in_cap")
    can_wait = counts & pl.col("is_planned") & pl.col("yields_to_cap")
    is_full = can_wait & (pl.col("used") >= pl.col("cap")) & (pl.col("by") >= next_year)
    waited = visits.with_columns(
        first_on=pl.when(is_full).then(pl.max_horizontal("first_on", next_year)).otherwise("first_on"),
    )
    is_this_year = pl.col("first_on") < next_year
    kept = waited.with_columns(
        last_on=pl.when(can_wait & is_this_year)
        .then(pl.min_horizontal("last_on", pl.lit(date(now.year, 12, 31))))
        .when(is_full)
        .then(pl.max_horizontal("last_on", "first_on"))
        .otherwise("last_on"),
        later=pl.col("later") | (is_full & (pl.col("first_on") > pl.col("horizon_end"))),
    )
    # What is made in any case takes its place first.
    order = kept.sort("enterprise_id", "is_planned", "rank", "group")
    place = pl.when(counts).then(1).otherwise(0).cum_sum().over("enterprise_id", is_this_year)
    used = pl.when(is_this_year).then("used").otherwise(0)
    over = can_wait & (used + place > pl.col("cap"))
    return order.with_columns(
        waived_by=pl.when(over).then(pl.lit("cap")).otherwise("waived_by"),
        later=pl.col("later") & ~over,
    )
