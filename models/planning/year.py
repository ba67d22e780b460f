"""The annual plan: the person-day budget of every level (150号), who is meant for which month, and what must be drawn.

Floors are counted on all general enterprises (P3) and all of the six sectors (P2).  What the exemption of GREEN
makes impossible is said, never hidden by a smaller base.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from models.planning.calendar import month_end, month_start, working_days
from models.planning.crews import Authority, at_division, at_level, crews_of, members, months, undrawn
from models.planning.draw import objects_needed
from models.planning.due import full_coverage
from models.planning.situation import TARGETS, Situation, counted, last_visits, on_site
from models.policy import DAY, PlanningPolicy
from models.vocabulary import HIGH_HAZARD_SECTORS

BUDGET = {
    "year": pl.Int64,
    "month_on": pl.Date,
    "level": pl.String,
    "division": pl.String,
    "working_days": pl.Int64,
    "people": pl.Int64,
    "total_days": pl.Float64,
    "other_days": pl.Float64,
    "non_enforcement_days": pl.Float64,
    "inspection_days": pl.Float64,
    "annual_full_days": pl.Float64,
    "random_days": pl.Float64,
    "other_planned_days": pl.Float64,
    "short_days": pl.Float64,
}
"""One row per authority and month; all ``*_days`` are person-days (150号: 监督检查工作日)."""


@dataclass(frozen=True)
class Floor:
    """What a floor asks of an authority and what can be had: enterprises, this year."""

    authority: Authority
    channel: str
    base: int
    required: int
    done: int
    planned: int
    available: int

    @property
    def short(self) -> int:
        """Enterprises the floor asks for that cannot be drawn."""
        return max(0, self.required - self.done - self.planned - self.available)


def with_authority(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Firms with the authority that enforces at each, and without those that have closed."""
    operating = now.firms.filter(pl.col("status").is_null() | (pl.col("status") != "closed"))
    return operating.with_columns(at_level(policy), at_division(policy))


def is_general() -> pl.Expr:
    """Whether an enterprise is of no high-hazard sector; an unknown sector counts as general and is reported."""
    return ~pl.col("sector").is_in(HIGH_HAZARD_SECTORS).fill_null(value=False)


def floors(now: Situation, policy: PlanningPolicy) -> list[Floor]:
    """The 30 % floor of every authority (P3): asked for, done, planned and still to be had."""
    firms = with_authority(now, policy).filter(is_general())
    base = firms if policy.switches.green_counts_in_base else firms.filter(pl.col("code") != "green")
    done = _drawn_and_done(now)
    planned = now.targets_of("random").select("enterprise_id")
    planned = planned.join(done, on="enterprise_id", how="anti").join(
        firms.filter(pl.col("code") != "green"), on="enterprise_id", how="semi"
    )
    frame = draw_frame(now, policy)
    counts = [_count(part) for part in (base, *(_among(firms, ids) for ids in (done, planned)), frame)]
    return [
        Floor(
            authority,
            "random",
            base=counts[0][authority],
            required=objects_needed(counts[0][authority], policy.draw.share_permille, 0),
            done=counts[1].get(authority, 0),
            planned=counts[2].get(authority, 0),
            available=counts[3].get(authority, 0),
        )
        for authority in sorted(counts[0])
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
    counts = [_count(part) for part in (firms, _among(firms, done), _among(firms, meant))]
    return [
        Floor(
            authority,
            "annual_full",
            base=base,
            required=base,
            done=counts[1].get(authority, 0),
            planned=counts[2].get(authority, 0),
            available=0,
        )
        for authority, base in sorted(counts[0].items())
    ]


def _among(firms: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    return firms.join(ids, on="enterprise_id", how="semi")


def _count(firms: pl.DataFrame) -> dict[Authority, int]:
    rows = firms.group_by("at_level", "at_division").len().iter_rows()
    return {(level, division): count for level, division, count in rows}


def _drawn_and_done(now: Situation) -> pl.DataFrame:
    """Enterprises inspected by 双随机 this year, and drawn ones that any visit has been to since the draw."""
    this_year = on_site(now.inspections).filter(pl.col("inspected_on").dt.year() == now.year)
    settled = now.done.filter(
        pl.col("item_id").str.starts_with("random:")
        & pl.col("item_id").str.contains(f":{now.year}-", literal=True)
    )
    drawn = now.targets_of("random")
    seen = this_year.filter(pl.col("kind") != "recheck").join(drawn, on="enterprise_id")
    seen = seen.filter(pl.col("inspected_on") > pl.col("set_on"))
    parts = (this_year.filter(pl.col("kind") == "random"), settled, seen)
    return pl.concat(part.select("enterprise_id") for part in parts).unique()


_UNFIT = r'[,"\p{C}\u3000]|^\s|\s$'
"""What an id must not hold to stand in the open record of a draw, which a spreadsheet must be able to read."""


def is_fit(text: str) -> bool:
    """Whether an id can stand in the open record of a draw."""
    return bool(text) and not pl.Series([text]).str.contains(_UNFIT)[0]


def unfit(firms: pl.DataFrame) -> pl.DataFrame:
    """Firms whose id cannot stand in a draw."""
    return firms.filter(pl.col("enterprise_id").str.contains(_UNFIT))


def draw_frame(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Who may be drawn: general, operating, of a code with a weight, neither drawn nor inspected by 双随机 this year.

    Grain: one row per enterprise with ``at_level``, ``at_division`` and ``stratum`` (sector and code).
    """
    weighted = [code for code, weight in policy.draw.weights.items() if weight > 0]
    return (
        with_authority(now, policy)
        .filter(
            is_general() & pl.col("code").is_in(weighted) & (pl.col("status").fill_null("active") == "active")
        )
        .join(now.targets_of("random"), on="enterprise_id", how="anti")
        .filter(~pl.col("enterprise_id").str.contains(_UNFIT))
        .join(_drawn_and_done(now), on="enterprise_id", how="anti")
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


def annual_targets(
    now: Situation, policy: PlanningPolicy, room: Mapping[Authority, Mapping[date, int]]
) -> pl.DataFrame:
    """Months for enterprises of the six sectors that have none yet this year, longest unvisited first (P2).

    Grain: one row per enterprise, columns ``TARGETS``.
    """
    have = now.targets_of("annual_full")
    full = on_site(now.inspections).filter(pl.col("kind").is_in(policy.annual_satisfied_by))
    last = last_visits(full).rename({"last_on": "full_on"})
    owed = (
        with_authority(now, policy)
        .filter(pl.col("sector").is_in(HIGH_HAZARD_SECTORS))
        .join(have, on="enterprise_id", how="anti")
        .join(last, on="enterprise_id", how="left")
        .filter(pl.col("full_on").is_null() | (pl.col("full_on").dt.year() < now.year))
        .sort("full_on", -pl.col("value"), "enterprise_id", nulls_last=False)
    )
    return spread(owed, "annual_full", room, set_on=now.as_of, draw_id=None)


def spread(
    firms: pl.DataFrame,
    channel: str,
    room: Mapping[Authority, Mapping[date, int]],
    *,
    set_on: date,
    draw_id: str | None,
) -> pl.DataFrame:
    """Give firms, in their order, months in proportion to the room each month has."""
    parts = [pl.DataFrame(schema=TARGETS)]
    for (level, division), own in firms.group_by("at_level", "at_division", maintain_order=True):
        chosen = in_months(own.height, room.get((str(level), str(division)), {}), set_on)
        parts.append(
            own.select(
                "enterprise_id",
                channel=pl.lit(channel),
                month_on=pl.Series(chosen, dtype=pl.Date),
                set_on=pl.lit(set_on),
                draw_id=pl.lit(draw_id, dtype=pl.String),
            )
        )
    return pl.concat(parts)


def in_months(count: int, room: Mapping[date, int], fallback: date) -> list[date]:
    """A month for each of ``count`` enterprises in turn, so that every month gets its share of the room."""
    if not sum(room.values()):
        return [max(room) if room else fallback.replace(day=1)] * count
    ordered = sorted(room.items())
    total, chosen, filled, at = sum(room.values()), list[date](), ordered[0][1], 0
    for place in range(count):
        # Exact integers: the middle of the place-th of count equal parts of all room.
        while (2 * place + 1) * total > 2 * count * filled and at + 1 < len(ordered):
            at += 1
            filled += ordered[at][1]
        chosen.append(ordered[at][0])
    return chosen


def months_left(now: Situation) -> list[tuple[date, list[date]]]:
    """Months of the year that are not over, each with its working days still to come."""
    first = now.next_day
    starts = [max(first, date(now.year, month, 1)) for month in range(first.month, 13)]
    return [(start.replace(day=1), working_days(start, month_end(start))) for start in starts]


def rooms(
    now: Situation, policy: PlanningPolicy, authorities: Iterable[Authority]
) -> dict[Authority, dict[date, int]]:
    """Quarter-days of crews for planned inspections, by authority and month still to come."""
    people, drawn = members(now, policy), months(now)
    left = months_left(now)
    found: dict[Authority, dict[date, int]] = {}
    for authority in sorted(set(authorities)):
        own = people.get(authority, {})
        base = undrawn(own)
        found[authority] = {
            month: DAY
            * sum(len(crews_of(day, drawn.get((month, authority), base), own, policy.crew)) for day in days)
            * policy.budget.inspection_permille
            // 1000
            for month, days in left
        }
    return found


def budget(
    now: Situation,
    policy: PlanningPolicy,
    room: Mapping[Authority, Mapping[date, int]],
    targets: pl.DataFrame,
) -> pl.DataFrame:
    """The person-day budget by authority and month (150号): inspection days = total - other - non-enforcement.

    Grain: one row per authority and month still to come, columns ``BUDGET``.
    """
    people = members(now, policy)
    asked = _asked(now, policy, targets)
    rows = [
        _budget_row(
            now.year,
            authority,
            month,
            len(days),
            sum(one.until >= month for one in people.get(authority, {}).values()),
            own[month],
            asked,
            policy,
        )
        for authority, own in room.items()
        for month, days in months_left(now)
    ]
    return pl.DataFrame(rows, schema=BUDGET, orient="row")


def missed(now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """What last year's plan owed and nobody made up for since: full coverage (P2) and drawn enterprises (P3).

    Grain: one row per authority, channel and enterprise.
    """
    last = now.targets.filter(
        (pl.col("month_on").dt.year() == now.year - 1) & pl.col("channel").is_in(["annual_full", "random"])
    )
    seen = on_site(now.inspections).filter(pl.col("inspected_on").dt.year() >= now.year - 1)
    full = seen.filter(pl.col("kind").is_in(policy.annual_satisfied_by))
    drawn = seen.filter(pl.col("kind") != "recheck").join(
        last.filter(pl.col("channel") == "random").select("enterprise_id", "set_on"), on="enterprise_id"
    )
    drawn = drawn.filter(pl.col("inspected_on") > pl.col("set_on"))
    settled = now.done.filter(pl.col("item_id").str.starts_with("annual_full:"))
    made = pl.concat(
        part.select("enterprise_id", channel=pl.lit(channel))
        for channel, part in (("annual_full", full), ("annual_full", settled), ("random", drawn))
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


def _asked(
    now: Situation, policy: PlanningPolicy, targets: pl.DataFrame
) -> dict[tuple[Authority, date, str], int]:
    """Quarter-days of crews that the year plan asks for, by authority, month and channel."""
    times = policy.quarter_days
    firms = with_authority(now, policy).select("enterprise_id", "at_level", "at_division")
    counts = (
        targets.join(firms, on="enterprise_id")
        .group_by("at_level", "at_division", "month_on", "channel")
        .len()
    )
    return {
        ((level, division), month, channel): count * times[channel]
        for level, division, month, channel, count in counts.iter_rows()
    }


def _budget_row(
    year: int,
    authority: Authority,
    month: date,
    days: int,
    staff: int,
    room: int,
    asked: Mapping[tuple[Authority, date, str], int],
    policy: PlanningPolicy,
) -> tuple[object, ...]:
    total = float(days * staff)
    other = total * policy.budget.other_enforcement_permille / 1000
    idle = total * policy.budget.non_enforcement_permille / 1000
    wanted = {name: asked.get((authority, month, name), 0) for name in policy.channels}
    full, random = wanted.pop("annual_full"), wanted.pop("random")
    rest = sum(wanted.values())
    short = max(0, full + random + rest - room)
    days_of = [round(policy.person_days(value), 2) for value in (full, random, rest, short)]
    return (
        year,
        month,
        *authority,
        days,
        staff,
        total,
        round(other, 2),
        round(idle, 2),
        round(total - other - idle, 2),
        *days_of,
    )
