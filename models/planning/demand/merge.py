"""One visit for everything (进一次门、查多项事, P6): items of all channels become as few visits as possible.

The windows of an enterprise's items are intervals; the fewest days that meet them all are found by taking the
earliest deadline, letting every item that is open by then join, and going on with the rest.  What the minimum gap
keeps off that day stays for the next visit it may be part of.  Given the visits before, no smaller number exists.
A visit has the deadline of its most urgent item.
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
    state = caps(now, policy).rename({"last_on": "seen_on"})
    meeting = _meeting(_caught_up(soon, policy, days), now, policy, days)
    grouped, visits = _pierce(meeting, state, policy, days)
    visits = _capped(visits, state, now, days)
    if visits["is_over"].any():
        # Checks off site are never beyond the cap, and a visit that is not made keeps nothing off.
        over = pl.col("item_id").is_in(visits.filter("is_over")["item_ids"].explode().implode())
        falls = over & (pl.col("mode") == "on_site")
        left = items.with_columns(waived_by=pl.when(falls).then(pl.lit("cap")).otherwise("waived_by"))
        return merge(left, now, policy, days)
    told = items.join(grouped.select("item_id", "group", fell="waived_by"), on="item_id", how="left").join(
        visits.select("enterprise_id", "group", "later"), on=["enterprise_id", "group"], how="left"
    )
    told = told.with_columns(waived_by=pl.coalesce("waived_by", "fell"))
    is_later = pl.col("waived_by").is_null() & (pl.col("group").is_null() | pl.col("later"))
    told = told.with_columns(is_later=is_later, group=pl.when(~is_later).then("group"))
    planned = visits.filter(~pl.col("later")).select(*VISITS)
    return planned.sort("enterprise_id", "group"), told.drop("fell", "later")


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

    A filed visit (D1) stays where it is: its items meet others on its day alone, or until the last day of their own
    (``until``) if the gap keeps them off it.  Days beyond the horizon are not told apart: all its items are open there.
    """
    index = pl.Series(days, dtype=pl.Date)
    first = items["opens_on"].clip(days[0], days[-1])
    last = items["pivot"].clip(days[0] - timedelta(days=1), days[-1])
    at = index.search_sorted(last, side="right").cast(pl.Int64) - 1
    dated = items.with_columns(
        start=pl.max_horizontal("opens_on", index.gather(index.search_sorted(first, side="left"))),
        until=pl.Series([days[n] if n >= 0 else days[0] - timedelta(days=1) for n in at], dtype=pl.Date),
    ).with_columns(until=pl.when(pl.col("pivot") > days[-1]).then("pivot").otherwise("until"))
    near = days[: policy.visiting.filed_working_days]
    filed = now.previous.filter(pl.col("day").is_in(near)).select("enterprise_id", "day", item_id="item_ids")
    pins = filed.explode("item_id").group_by("enterprise_id", "item_id").agg(filed_on=pl.col("day").min())
    fits = pl.col("filed_on").is_between("start", "until")
    return (
        dated.join(pins, on=["enterprise_id", "item_id"], how="left")
        .with_columns(
            pl.when(fits).then("filed_on").otherwise(own).alias(name)
            for name, own in (("start", "start"), ("meet", "until"))
        )
        .drop("filed_on")
    )


def _pierce(
    items: pl.DataFrame, state: pl.DataFrame, policy: PlanningPolicy, days: list[date]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every item with the number of its visit (``group``, from 1 within the enterprise), and the visits.

    The minimum gap is kept to the last visit on record and to the enterprise's visit planned before (``free``): what
    keeps it stays behind, unless it goes along with what need not, and falls with its last day.  An item whose window
    holds no working day stands alone, or it would take the others' days away.
    """
    gap = timedelta(days=policy.visiting.min_gap_days)
    free = pl.max_horizontal(pl.col("seen_on") + gap, pl.lit(days[0]))
    items = items.join(state.select("enterprise_id", free=free), on="enterprise_id", how="left")
    has_day = pl.col("start") <= pl.col("meet")
    is_open = pl.col("start") <= pl.col("first")
    is_alike = (pl.col("keeps_gap") | ~is_open).all().over("enterprise_id")
    stays = is_open & is_alike & (pl.col("mode") == "on_site") & (pl.col("free") > pl.col("first"))
    # Nobody goes before somebody must.
    is_due = (is_open & ~pl.col("stays") & (pl.col("meet") == pl.col("first"))).any().over("enterprise_id")
    rest = items.filter(has_day)
    done, visits = list[pl.DataFrame](), list[pl.DataFrame]()
    while not rest.is_empty():
        rest = rest.with_columns(first=pl.col("meet").min().over("enterprise_id")).with_columns(stays=stays)
        number = pl.lit(len(done) + 1, dtype=pl.Int64)
        rest = rest.with_columns(
            group=pl.when(is_open & ~pl.col("stays") & is_due).then(number),
            waived_by=pl.when(pl.col("stays") & (pl.col("until") <= pl.col("first"))).then(pl.lit("gap")),
            meet=pl.when("stays").then("until").otherwise("meet"),
        )
        is_done = pl.col("group").is_not_null() | pl.col("waived_by").is_not_null()
        done.append(rest.filter(is_done).drop("first", "stays"))
        visits.append(_visits(done[-1].drop_nulls("group"), policy, days))
        made = visits[-1].filter(pl.col("mode") == "on_site")
        rest = (
            rest.filter(~is_done)
            .join(made.select("enterprise_id", next=pl.col("last_on") + gap), on="enterprise_id", how="left")
            .with_columns(free=pl.max_horizontal("free", "next"))
            .drop("next")
        )
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("enterprise_id", order_by="item_id")
    alone = items.filter(~has_day).with_columns(group=place + len(done))
    return pl.concat([*done, alone]), pl.concat([*visits, _visits(alone, policy, days)])


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
        free=pl.col("free").first(),
        has_day=(pl.col("start") <= pl.col("meet")).all(),
        is_overdue=pl.col("is_overdue").any(),
        overdue_channel=pl.col("channel").filter(pl.col("is_overdue")).first(),
        draw_id=pl.col("draw_id").drop_nulls().first(),
    )
    waits = pl.col("keeps_gap") & (pl.col("mode") == "on_site") & pl.col("has_day")
    started = pl.max_horizontal(
        "opens_on",
        pl.lit(days[0]),
        pl.when("is_planned").then("wanted_from"),
        pl.when(waits).then("free"),
    )
    # A month that goes by before the visit can be made: any of the coming days will do; the year is not over.
    later = pl.max_horizontal(pl.lit(days[-1]), started)
    ended = pl.when(pl.col("wanted_by") < started).then(later).otherwise("wanted_by")
    return visits.with_columns(
        in_cap=(pl.col("mode") == "on_site") & (pl.col("is_planned") | (counts_all & ~pl.col("is_recheck"))),
        first_on=started,
        last_on=pl.when("is_planned").then(pl.min_horizontal("by", ended)).otherwise("by"),
    )


def _capped(visits: pl.DataFrame, state: pl.DataFrame, now: Situation, days: list[date]) -> pl.DataFrame:
    """Visits with what is planned beyond the annual cap (``is_over``), those of the lowest precedence first.

    Others that count use it up and are made all the same.  A cap is one calendar year's: what may wait for the next
    one does.
    """
    next_year = pl.lit(date(now.year + 1, 1, 1))
    visits = visits.join(state, on="enterprise_id", how="left")
    counts = pl.col("has_day") & pl.col("in_cap")
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
    )
    # What is made in any case takes its place first.
    order = kept.sort("enterprise_id", "is_planned", "rank", "group")
    place = pl.when(counts).then(1).otherwise(0).cum_sum().over("enterprise_id", is_this_year)
    used = pl.when(is_this_year).then("used").otherwise(0)
    return order.with_columns(
        is_over=can_wait & (used + place > pl.col("cap")), later=pl.col("first_on") > days[-1]
    )
