"""Floors: how many enterprises must be visited in a year, how many were, how many are still owed (P2, P3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from models.calendar import month_start
from models.planning.crews.crews import Authority
from models.planning.demand.due import full_coverage
from models.planning.demand.waivers import exempt
from models.planning.draw import objects_needed
from models.planning.frames import among, by_authority, draw_frame, drawn_and_done, is_general, with_authority
from models.planning.situation import Situation, own_on_site
from models.policy import PlanningPolicy
from models.vocabulary import HIGH_HAZARD_SECTORS


@dataclass(frozen=True)
class Floor:
    """What a floor asks of an authority and what can be had: enterprises, this year.

    ``planned`` and ``available`` count whom no rule keeps from being visited.  ``barred``: drawn, and kept from it.
    ``exempt``: how many each rule keeps from it, by rule.
    """

    authority: Authority
    channel: str
    base: int
    required: int
    done: int
    planned: int
    available: int
    barred: int = 0
    exempt: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def short(self) -> int:
        """Enterprises the floor asks for that cannot be had."""
        return max(0, self.required - self.done - self.planned - self.available)

    @property
    def missing(self) -> int:
        """Enterprises still to be drawn."""
        return max(0, self.required - self.done - self.planned)


def floors(now: Situation, policy: PlanningPolicy) -> list[Floor]:
    """The 30 % floor of every authority (P3): asked for, done, planned and still to be had."""
    firms = with_authority(now, policy).filter(is_general())
    base = firms if policy.switches.green_counts_in_base else firms.filter(pl.col("code") != "green")
    done = drawn_and_done(now, policy)
    planned = now.targets_of("random").select("enterprise_id").join(done, on="enterprise_id", how="anti")
    barred = exempt(firms, now, policy, "random")
    made = planned.join(barred, on="enterprise_id", how="anti")
    kept_back = planned.join(barred, on="enterprise_id", how="semi")
    free = draw_frame(now, policy, barred).filter(pl.col("barred_by").is_null())
    parts = (among(firms, done), among(firms, made), free, among(firms, kept_back))
    counts = [by_authority(part) for part in parts]
    kept_off = firms.join(barred, on="enterprise_id").join(done, on="enterprise_id", how="anti")
    costs: dict[Authority, dict[str, int]] = {}
    by_rule = kept_off.group_by("at_level", "at_division", "rule").len().sort(pl.all())
    for level, division, rule, count in by_rule.iter_rows():
        costs.setdefault((level, division), {})[rule] = count
    return [
        Floor(
            authority,
            "random",
            count,
            objects_needed(count, policy.draw.share_permille, 0),
            *(part.get(authority, 0) for part in counts),
            exempt=costs.get(authority, {}),
        )
        for authority, count in sorted(by_authority(base).items())
    ]


def coverage(now: Situation, policy: PlanningPolicy, items: pl.DataFrame) -> list[Floor]:
    """The yearly full coverage of the six sectors (P2), by authority: owed, done, still to come, given way.

    ``items`` are those of the plan: what another rule waived is short.
    """
    firms = with_authority(now, policy).filter(pl.col("sector").is_in(HIGH_HAZARD_SECTORS))
    settled = now.done.filter(
        pl.col("item_id").str.starts_with("annual_full:") & pl.col("item_id").str.ends_with(f":{now.year}")
    )
    done = pl.concat(
        [full_coverage(now, policy).select("enterprise_id"), settled.select("enterprise_id")]
    ).unique()
    meant = now.targets_of("annual_full").join(done, on="enterprise_id", how="anti")
    waived = items.filter((pl.col("channel") == "annual_full") & pl.col("waived_by").is_not_null())
    meant = meant.join(waived, on="enterprise_id", how="anti")
    counts = [by_authority(among(firms, ids)) for ids in (done, meant)]
    return [
        Floor(authority, "annual_full", base, base, *(part.get(authority, 0) for part in counts), available=0)
        for authority, base in sorted(by_authority(firms).items())
    ]


def missed(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """What last year's plan owed and nobody made up for since: full coverage (P2) and drawn enterprises (P3).

    Grain: one row per authority, channel and enterprise.
    """
    last = now.targets.filter(
        (pl.col("month_on").dt.year() == now.year - 1) & pl.col("channel").is_in(["annual_full", "random"])
    )
    own = own_on_site(now, policy)
    seen = own.filter(pl.col("inspected_on").dt.year() >= now.year - 1)
    full = seen.filter(pl.col("kind").is_in(policy.annual_satisfied_by))
    drawn = seen.filter(pl.col("kind") == "random").join(
        last.filter(pl.col("channel") == "random").select("enterprise_id", "set_on"), on="enterprise_id"
    )
    drawn = drawn.filter(pl.col("inspected_on") > pl.col("set_on"))
    settled, by_draw = (
        now.done.filter(pl.col("item_id").str.starts_with(f"{channel}:"))
        for channel in ("annual_full", "random")
    )
    made = pl.concat(
        part.select("enterprise_id", channel=pl.lit(channel))
        for channel, part in (
            ("annual_full", full),
            ("annual_full", settled),
            ("random", drawn),
            ("random", by_draw),
        )
    )
    owed = last.join(made, on=["enterprise_id", "channel"], how="anti")
    spared = (pl.col("channel") == "random") & (pl.col("code") == "green")
    return (
        owed.join(with_authority(now, policy), on="enterprise_id")
        .filter(~spared)
        .select("at_level", "at_division", "channel", "enterprise_id")
        .sort(pl.all())
    )


def still_owed(now: Situation, items: pl.DataFrame) -> pl.DataFrame:
    """Targets of the year that neither a visit has settled nor a rule waived; late ones fall on the coming month."""
    standing = items.filter(pl.col("waived_by").is_null()).select("enterprise_id", "channel").unique()
    this_month = month_start(now.next_day)
    return (
        now.targets.filter(pl.col("month_on").dt.year() == now.year)
        .join(standing, on=["enterprise_id", "channel"], how="semi")
        .with_columns(month_on=pl.max_horizontal("month_on", pl.lit(this_month)))
    )
