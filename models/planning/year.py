"""The annual plan: the person-day budget of every level (150号), who is meant for which month, and what must be drawn.

Floors are counted on all general enterprises (P3) and all of the six sectors (P2).  What the exemption of GREEN
makes impossible is said, never hidden by a smaller base.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import polars as pl

from models.calendar import month_end, working_days
from models.planning.crews.crews import Authority, Member, Month, crews_of, members, months, undrawn
from models.planning.frames import with_authority
from models.planning.situation import TARGETS, Situation, last_visits, own_on_site
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
class Room:
    """Room of an authority in a month: quarter-days for planned inspections, and the crews that go out.

    ``crew_days``: crews, over the days.  ``crew_people``: their people, over the days.  ``fewest``: people of the
    smallest lawful crew.
    """

    quarters: int
    crew_days: int
    crew_people: int
    fewest: int

    def person_days(self, quarters: int) -> float:
        """Person-days of so many quarter-days in crews as they are formed."""
        people = Fraction(self.crew_people, self.crew_days) if self.crew_days else Fraction(self.fewest)
        return float(quarters * people / DAY)


Rooms = Mapping[Authority, Mapping[date, Room]]


def annual_targets(now: Situation, policy: PlanningPolicy, room: Rooms) -> pl.DataFrame:
    """Months for enterprises of the six sectors that have none yet this year, longest unvisited first (P2).

    Grain: one row per enterprise, columns ``TARGETS``.
    """
    have = now.targets_of("annual_full")
    own = own_on_site(now, policy)
    full = own.filter(pl.col("kind").is_in(policy.annual_satisfied_by))
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
    room: Rooms,
    *,
    set_on: date,
    draw_id: str | None,
) -> pl.DataFrame:
    """Give firms, in their order, months in proportion to the room each month has."""
    parts = [pl.DataFrame(schema=TARGETS)]
    for (level, division), own in firms.group_by("at_level", "at_division", maintain_order=True):
        months = room.get((str(level), str(division)), {})
        chosen = in_months(own.height, {month: one.quarters for month, one in months.items()}, set_on)
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
) -> dict[Authority, dict[date, Room]]:
    """Room for planned inspections, by authority and month still to come."""
    people, drawn = members(now, policy), months(now)
    left = months_left(now)
    found: dict[Authority, dict[date, Room]] = {}
    for authority in sorted(set(authorities)):
        own = people.get(authority, {})
        base = undrawn(own)
        found[authority] = {
            month: _room(days, drawn.get((month, authority), base), own, policy) for month, days in left
        }
    return found


def _room(days: Sequence[date], crews: Month, people: Mapping[str, Member], policy: PlanningPolicy) -> Room:
    """Crews that go out, over some days; who does depends only on who is there, and most days are alike."""
    alike: dict[frozenset[str], list[date]] = {}
    # Most are there on all of them, and asked only once.
    changing = {one: it for one, it in people.items() if it.away or it.until < max(days, default=it.until)}
    steady = frozenset(people).difference(changing)
    for day in days:
        here = steady.union(one for one, member in changing.items() if member.is_present(day))
        alike.setdefault(here, []).append(day)
    formed = [(len(same), crews_of(same[0], crews, people, policy.crew)) for same in alike.values()]
    crew_days = sum(count * len(out) for count, out in formed)
    crew_people = sum(count * len(crew.officers) for count, out in formed for crew in out)
    quarters = DAY * crew_days * policy.budget.inspection_permille // 1000
    return Room(quarters, crew_days, crew_people, policy.crew.officers)


def budget(
    now: Situation,
    policy: PlanningPolicy,
    room: Rooms,
    targets: pl.DataFrame,
) -> pl.DataFrame:
    """The person-day budget by authority and month (150号): inspection days = total - other - non-enforcement.

    Grain: one row per authority and month still to come, columns ``BUDGET``.
    """
    people, asked, share = members(now, policy), _asked(now, policy, targets), policy.budget
    rows: list[tuple[object, ...]] = []
    for authority, own in room.items():
        for month, days in months_left(now):
            staff = sum(one.until >= month for one in people.get(authority, {}).values())
            total = float(len(days) * staff)
            other = total * share.other_enforcement_permille / 1000
            idle = total * share.non_enforcement_permille / 1000
            wanted = {name: asked.get((authority, month, name), 0) for name in policy.channels}
            full, random = wanted.pop("annual_full"), wanted.pop("random")
            rest = sum(wanted.values())
            short = max(0, full + random + rest - own[month].quarters)
            person_days = [other, idle, total - other - idle]
            person_days += [own[month].person_days(value) for value in (full, random, rest, short)]
            rounded = [round(value, 2) for value in person_days]
            rows.append((now.year, month, *authority, len(days), staff, total, *rounded))
    return pl.DataFrame(rows, schema=BUDGET, orient="row")


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
