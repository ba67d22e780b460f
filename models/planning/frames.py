"""Sampling frames: which enterprises a draw or an audit is made from (P3)."""

from collections.abc import Mapping

import polars as pl

from models.planning.crews.crews import Authority, at_division, at_level
from models.planning.demand.waivers import exempt
from models.planning.situation import Situation, counted, own_on_site
from models.policy import PlanningPolicy
from models.vocabulary import HIGH_HAZARD_SECTORS


def with_authority(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Firms with the authority that enforces at each, and without those that have closed."""
    operating = now.firms.filter(pl.col("status").is_null() | (pl.col("status") != "closed"))
    return operating.with_columns(at_level(policy), at_division(policy))


def is_general() -> pl.Expr:
    """Whether an enterprise is of no high-hazard sector; an unknown sector counts as general and is reported."""
    return ~pl.col("sector").is_in(HIGH_HAZARD_SECTORS).fill_null(value=False)


def among(firms: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """The enterprises that are listed."""
    return firms.join(ids, on="enterprise_id", how="semi")


def by_authority(firms: pl.DataFrame) -> dict[Authority, int]:
    """How many enterprises each authority has."""
    rows = firms.group_by("at_level", "at_division").len().iter_rows()
    return {(level, division): count for level, division, count in rows}


def drawn_and_done(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Enterprises the authority inspected by 双随机 this year: by the record, or in the visit planned for the draw."""
    levels = now.firms.select("enterprise_id", at_level(policy))
    drawn = own_on_site(now, policy).filter(
        (pl.col("kind") == "random") & (pl.col("inspected_on").dt.year() == now.year)
    )
    own = drawn.join(levels, on="enterprise_id").filter(pl.col("level") == pl.col("at_level"))
    settled = now.done.filter(
        pl.col("item_id").str.starts_with("random:")
        & pl.col("item_id").str.contains(f":{now.year}-", literal=True)
    )
    return pl.concat(part.select("enterprise_id") for part in (own, settled)).unique()


_UNFIT = r'[,"\p{C}\u3000]|^\s|\s$'
"""What an id must not hold to stand in the open record of a draw, which a spreadsheet must be able to read."""


def is_fit(text: str) -> bool:
    """Whether an id can stand in the open record of a draw."""
    return bool(text) and not pl.Series([text]).str.contains(_UNFIT)[0]


def unfit(firms: pl.DataFrame) -> pl.DataFrame:
    """Firms whose id cannot stand in a draw."""
    return firms.filter(pl.col("enterprise_id").str.contains(_UNFIT))


def draw_frame(now: Situation, policy: PlanningPolicy, barred: pl.DataFrame | None = None) -> pl.DataFrame:
    """Who may be drawn: general, operating, of a code with a weight, neither drawn nor inspected by 双随机 this year.

    Grain: one row per enterprise with ``at_level``, ``at_division``, ``stratum`` (sector and code) and ``barred_by``,
    the rule that forbids to visit it this year (empty = it may be visited).  Whom a rule bars is drawn only if nobody
    else is left.  ``barred``: what ``exempt`` says of these firms, where it was asked before.
    """
    weighted = [code for code, weight in policy.draw.weights.items() if weight > 0]
    frame = (
        with_authority(now, policy)
        .filter(
            is_general() & pl.col("code").is_in(weighted) & (pl.col("status").fill_null("active") == "active")
        )
        .join(now.targets_of("random"), on="enterprise_id", how="anti")
        .filter(~pl.col("enterprise_id").str.contains(_UNFIT))
        .join(drawn_and_done(now, policy), on="enterprise_id", how="anti")
    )
    if barred is None:
        barred = exempt(frame, now, policy, "random")
    return (
        frame.join(barred.rename({"rule": "barred_by"}), on="enterprise_id", how="left")
        .with_columns(stratum=pl.concat_str(pl.col("sector").fill_null("unknown"), pl.lit("-"), "code"))
        .sort("enterprise_id")
    )


def audit_frame(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """GREEN and unrated enterprises nobody has been to this year, by ``stratum`` (green, unrated)."""
    seen = counted(now.inspections).filter(pl.col("inspected_on").dt.year() == now.year)
    taken = now.targets.filter(pl.col("month_on").dt.year() == now.year)
    stratum = (
        pl.when(pl.col("is_provisional"))
        .then(pl.lit("unrated"))
        .when(pl.col("code") == "green")
        .then(pl.lit("green"))
    )
    return (
        with_authority(now, policy)
        .filter(pl.col("status").fill_null("active") == "active")
        .with_columns(stratum=stratum)
        .filter(pl.col("stratum").is_not_null())
        .join(taken, on="enterprise_id", how="anti")
        .join(seen, on="enterprise_id", how="anti")
        .filter(~pl.col("enterprise_id").str.contains(_UNFIT))
        .sort("enterprise_id")
    )


def audit_shares(policy: PlanningPolicy) -> Mapping[str, int]:
    """Audit shares per mille by stratum."""
    return {"green": policy.draw.audit_green_permille, "unrated": policy.draw.audit_unrated_permille}
