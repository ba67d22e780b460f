"""What an item must give way to: exemptions, a superior's visit, the annual cap, the minimum gap (C2, C4, P7, P12).

Nothing is dropped silently: an item that is not planned carries the rule that waived it.
"""

from datetime import date, timedelta
from functools import reduce

import polars as pl

from models.planning.situation import Situation, blank_or_holding, own_on_site
from models.policy import PlanningPolicy
from models.policy.planning import CapRow, level_order

WAIVERS = ("closed", "suspended", "green", "superior", "cap", "gap")
"""Rules that waive an item, in the order in which they are asked."""


FLAGS = ("off_plan", "spares_green", "yields_to_superior", "keeps_gap", "yields_to_cap")
"""What a channel says of its items: ``ChannelValue``."""


def waive(items: pl.DataFrame, now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """``items`` with ``waived_by`` (empty = stands), ``quarter_days`` and what merging needs to know of the firm.

    Grain: one row per item.  Cap and gap are not asked here: they bind visits, not items.
    """
    known = now.firms.join(_superior_visits(now, policy), on="enterprise_id", how="left").join(
        now.findings.filter("is_major_hazard")
        .select("enterprise_id", open_major=pl.lit(value=True))
        .unique(),
        on="enterprise_id",
        how="left",
    )
    joined = items.join(
        known.select("enterprise_id", "status", "code", "sector", "superior_on", "open_major"),
        on="enterprise_id",
        how="inner",
    )
    flags = [_flag(policy, name) for name in FLAGS]
    told = joined.with_columns(*flags, _rank(policy), _quarter_days(policy), _mode(policy))
    waived = told.with_columns(waived_by=_waived_by())
    dropped = ["status", "code", "sector", "superior_on", "open_major", "spares_green", "yields_to_superior"]
    return waived.drop(dropped)


def _flag(policy: PlanningPolicy, name: str) -> pl.Expr:
    values = {channel: bool(getattr(one.spec, name)) for channel, one in policy.channels.items()}
    return pl.col("channel").replace_strict(values, return_dtype=pl.Boolean).alias(name)


def _rank(policy: PlanningPolicy) -> pl.Expr:
    ranks = {name: one.rank for name, one in policy.channels.items()}
    return pl.col("channel").replace_strict(ranks, return_dtype=pl.Int64).alias("rank")


def _quarter_days(policy: PlanningPolicy) -> pl.Expr:
    return pl.col("channel").replace_strict(policy.quarter_days, return_dtype=pl.Int64).alias("quarter_days")


def _mode(policy: PlanningPolicy) -> pl.Expr:
    """Off site first, where channel and firm allow it (P12)."""
    first = [name for name, one in policy.channels.items() if one.spec.off_site_first]
    qualifies = (
        pl.col("channel").is_in(first)
        & pl.col("code").is_in(policy.off_site.codes)
        & pl.col("sector").is_in(policy.off_site.sectors)
        & pl.col("open_major").is_null()
    )
    return pl.when(qualifies).then(pl.lit("off_site")).otherwise("mode").alias("mode")


def _waived_by() -> pl.Expr:
    return (
        pl.when(pl.col("status") == "closed")
        .then(pl.lit("closed"))
        .when((pl.col("status") == "suspended") & ~pl.col("off_plan"))
        .then(pl.lit("suspended"))
        .when((pl.col("code") == "green") & pl.col("spares_green"))
        .then(pl.lit("green"))
        .when(pl.col("superior_on").is_not_null() & pl.col("yields_to_superior"))
        .then(pl.lit("superior"))
    )


def _superior_visits(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Last joint visit this year by a level above the enterprise's own, its work-safety authority among them."""
    visits = own_on_site(now, policy).filter(
        pl.col("kind").is_in(policy.superior_kinds) & (pl.col("inspected_on").dt.year() == now.year)
    )
    from_above = _with_superior(visits, now, policy).filter("is_superior")
    return from_above.group_by("enterprise_id").agg(superior_on=pl.col("inspected_on").max())


def _with_superior(visits: pl.DataFrame, now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Visits with ``is_superior``: a level above the enterprise's own made it.

    An empty level is above the city, unless the departments told are of no such authority (``above_the_city``): then it
    is unknown, and an unknown level exempts from nothing.
    """
    order = {level: place for place, level in enumerate(level_order())}
    told = pl.col("departments").fill_null("")
    is_above = told.str.contains(blank_or_holding(policy.above_the_city))
    level = pl.when(pl.col("level").is_null() & ~is_above).then(pl.lit(level_order()[-1])).otherwise("level")
    above = level.replace_strict(order, default=-1, return_dtype=pl.Int64)
    own = pl.col("own").fill_null(policy.visiting.default_level).replace_strict(order, return_dtype=pl.Int64)
    levels = now.firms.select("enterprise_id", own="level")
    return visits.join(levels, on="enterprise_id").with_columns(is_superior=above < own).drop("own")


KIND_OFF_PLAN = ("special", "immediate", "recheck")
"""Kinds of recorded visits that were made outside the annual plan (P4, C3, P8)."""


def used_up(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Visits of this year that count in the cap.  Grain: one row per firm with some, ``enterprise_id``, ``used``.

    A cap is of one authority and enterprise.  Special inspections that a superior level ordered never count
    (国办发〔2024〕54号), and neither do re-checks.
    """
    is_planned = ~pl.col("kind").is_in(KIND_OFF_PLAN)
    counts = is_planned | (pl.lit(policy.switches.off_plan_counts_in_cap) & (pl.col("kind") != "recheck"))
    own = own_on_site(now, policy)
    of_year = own.filter(counts & (pl.col("inspected_on").dt.year() == now.year))
    ordered = (pl.col("kind") == "special") & pl.col("is_superior")
    return (
        _with_superior(of_year, now, policy)
        .filter(~ordered)
        .group_by("enterprise_id")
        .agg(used=pl.col("inspected_on").n_unique().cast(pl.Int64))
    )


def caps(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Annual cap, visits used up, and the last visit.  Grain: one row per firm.

    Columns: ``enterprise_id``, ``cap`` (visits a year), ``used`` (visits this year that count), ``last_on``.
    """
    return _counted(now.firms, now, policy).select("enterprise_id", "cap", "used", "last_on")


def _counted(firms: pl.DataFrame, now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Firms with ``cap``, ``used`` and ``last_on``."""
    return (
        firms.with_columns(cap=cap_of(policy))
        .join(used_up(now, policy), on="enterprise_id", how="left")
        .join(now.last_on_site, on="enterprise_id", how="left")
        .with_columns(pl.col("used").fill_null(0))
    )


def exempt(firms: pl.DataFrame, now: Situation, policy: PlanningPolicy, channel: str) -> pl.DataFrame:
    """The rule that keeps a planned visit of a channel from being made this year, for those it binds.

    ``firms``: rows of ``now.firms``.  Grain: one row per firm that may not be visited, with ``rule``: closed,
    suspended, green, superior, cap or gap.
    """
    spec = policy.channels[channel].spec
    own = firms.select("enterprise_id", "status", "code", "sector", "standardisation")
    asked = (
        _counted(own, now, policy)
        .join(_superior_visits(now, policy), on="enterprise_id", how="left")
        .with_columns(pl.lit(getattr(spec, name)).alias(name) for name in FLAGS)
    )
    free_on = pl.col("last_on") + timedelta(days=policy.visiting.min_gap_days)
    rule = (
        pl.when(_waived_by().is_not_null())
        .then(_waived_by())
        .when(pl.col("yields_to_cap") & (pl.col("used") >= pl.col("cap")))
        .then(pl.lit("cap"))
        .when(pl.col("keeps_gap") & (free_on > date(now.year, 12, 31)))
        .then(pl.lit("gap"))
    )
    return asked.select("enterprise_id", rule=rule).drop_nulls("rule")


def cap_of(policy: PlanningPolicy) -> pl.Expr:
    """Cap of a firm: the first row of the table that fits it."""
    rows = reversed(policy.caps)
    start: pl.Expr = pl.lit(None, dtype=pl.Int64)
    return reduce(
        lambda rest, row: pl.when(_fits(row)).then(pl.lit(row.most, dtype=pl.Int64)).otherwise(rest),
        rows,
        start,
    )


def _fits(row: CapRow) -> pl.Expr:
    fits = pl.lit(value=True)
    for column, values in (
        ("sector", row.sectors),
        ("standardisation", row.standardisation),
        ("code", row.codes),
    ):
        if values is not None:
            fits = fits & pl.col(column).is_in(values).fill_null(value=False)
    return fits
