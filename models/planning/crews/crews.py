"""Who can go out on which day: drawn crews, less those on leave, and pairs of whoever is left over (D2).

Crews of a month are drawn (``models.planning.draw``).  On a day on which an officer of a crew is away, the crew
does not go out; officers whose crews are broken, and those nobody was drawn with, go in pairs in the order drawn.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from models.calendar import month_start, working_days
from models.places import NO_TOWN
from models.planning.crews.bench import Bench, Crew
from models.planning.situation import Situation
from models.policy import DAY, PlanningPolicy
from models.policy.planning import CrewShape
from models.territory import lies_in

Authority = tuple[str, str]
"""Enforcing level and division: the city is one and has no division, each district is one, and each town (P1)."""

OFFICER = "officer"


def at_level(policy: PlanningPolicy) -> pl.Expr:
    """Enforcing level of a row (P1); where the register has none, the policy's."""
    return pl.col("level").fill_null(policy.visiting.default_level).alias("at_level")


def at_division(policy: PlanningPolicy) -> pl.Expr:
    """Division of the authority of a row: empty for the city, else as much of the code as names district or town.

    Where the register names no town, the authority is that of the district's code at the level of towns, and holds
    nothing of any town that is named.
    """
    level = pl.col("level").fill_null(policy.visiting.default_level)
    place = pl.when(level == "town").then(lies_in("town")).otherwise(lies_in("district"))
    return pl.when(level == "city").then(pl.lit("")).otherwise(place.fill_null("?")).alias("at_division")


def names_no_town() -> pl.Expr:
    """Whether the authority of a row is that of a town that is not named."""
    return (pl.col("at_level") == "town") & pl.col("at_division").str.contains(NO_TOWN)


def of_authority(frame: pl.DataFrame, authority: Authority) -> pl.DataFrame:
    """Rows of one authority (``at_level``, ``at_division``)."""
    level, division = authority
    return frame.filter((pl.col("at_level") == level) & (pl.col("at_division") == division))


@dataclass(frozen=True)
class Member:
    """A person of an authority, with the spans of absence; ``until`` is the last day of certificate and service."""

    officer_id: str
    role: str
    until: date
    away: tuple[tuple[date, date], ...]

    def is_present(self, day: date) -> bool:
        """Whether the person can be sent on a day."""
        return day <= self.until and not any(first <= day <= last for first, last in self.away)


def members(now: Situation, policy: PlanningPolicy) -> dict[Authority, dict[str, Member]]:
    """Everybody of each authority by id.  An officer without a valid certificate is never sent (D2)."""
    away: dict[str, list[tuple[date, date]]] = {}
    for officer, first, last in (
        now.absences.select("officer_id", "first_day", "last_day").sort(pl.all()).rows()
    ):
        away.setdefault(officer, []).append((first, last))
    rows = now.officers.with_columns(at_level(policy), at_division(policy)).sort("officer_id")
    found: dict[Authority, dict[str, Member]] = {}
    for row in rows.iter_rows(named=True):
        until = _until(row["role"], row["certified_until"], row["left_on"])
        member = Member(row["officer_id"], row["role"], until, tuple(away.get(row["officer_id"], ())))
        found.setdefault((row["at_level"], row["at_division"]), {})[member.officer_id] = member
    return found


def _until(role: str, certified_until: date | None, left_on: date | None) -> date:
    service = date.fromordinal(left_on.toordinal() - 1) if left_on else date.max
    if role != OFFICER:
        return service
    return min(certified_until, service) if certified_until else date.min


Month = list[tuple[str | None, list[str]]]
"""Crews of a month in the order drawn: (crew id, officer ids); who was left over stands without a crew."""


def months(now: Situation) -> dict[tuple[date, Authority], Month]:
    """Drawn crews by month and authority."""
    rows = now.crews.sort("month_on", "level", "division", "place", "officer_id")
    found: dict[tuple[date, Authority], Month] = {}
    for row in rows.iter_rows(named=True):
        month = found.setdefault((row["month_on"], (row["level"], row["division"])), [])
        if row["crew_id"] is None or not month or month[-1][0] != row["crew_id"]:
            month.append((row["crew_id"], []))
        month[-1][1].append(row["officer_id"])
    return found


def undrawn(people: Mapping[str, Member]) -> Month:
    """Crews where none were drawn: officers in the order of their ids."""
    return [(None, [officer]) for officer in sorted(people)]


def crews_of(
    day: date,
    month: Month,
    people: Mapping[str, Member],
    shape: CrewShape,
    filed: Sequence[Sequence[str]] = (),
) -> tuple[Crew, ...]:
    """Crews that can go out on a day; people who are ``filed`` to go together do, if all of them can."""
    here = [
        (crew, [one for one in ids if one in people and people[one].is_present(day)]) for crew, ids in month
    ]
    here = _as_filed(here, [one for one in filed if _can_go(one, day, people, shape)])
    whole = [(crew, ids) for crew, ids in here if crew and _officers(ids, people) >= shape.officers]
    rest = [one for crew, ids in here if (crew, ids) not in whole for one in ids]
    known = {one for _, ids in month for one in ids}
    # Who joined after the draw goes last.
    rest += [one for one in sorted(people) if one not in known and people[one].is_present(day)]
    officers = [one for one in rest if people[one].role == OFFICER]
    spare = iter([one for one in rest if people[one].role != OFFICER])
    pairs = [officers[at : at + shape.officers] for at in range(0, len(officers), shape.officers)]
    made = [("+".join(pair), pair) for pair in pairs if len(pair) == shape.officers]
    teams = [(str(crew), _with_technical(ids, spare, people, shape)) for crew, ids in (*whole, *made)]
    lawful = [
        Crew(crew, tuple(ids))
        for crew, ids in teams
        if not shape.technical_required or len(ids) >= shape.officers + shape.technical
    ]
    return tuple(sorted(lawful, key=lambda crew: crew.crew_id))


def _can_go(ids: Sequence[str], day: date, people: Mapping[str, Member], shape: CrewShape) -> bool:
    is_here = all(one in people and people[one].is_present(day) for one in ids)
    return is_here and _officers(ids, people) >= shape.officers


def _as_filed(here: Month, filed: Sequence[Sequence[str]]) -> Month:
    """Crews with those in front whose people are filed together and no crew yet; nobody is in two of them."""
    made: Month = []
    for ids in filed:
        taken = {one for _, crew in made for one in crew}
        if taken.isdisjoint(ids) and not any(crew and {*ids} <= {*own} for crew, own in here):
            made.append(("+".join(ids), list(ids)))
    taken = {one for _, crew in made for one in crew}
    return (
        [*made, *((crew, [one for one in ids if one not in taken]) for crew, ids in here)] if made else here
    )


def _officers(ids: Iterable[str], people: Mapping[str, Member]) -> int:
    return sum(people[one].role == OFFICER for one in ids)


def _with_technical(
    ids: Sequence[str], spare: Iterator[str], people: Mapping[str, Member], shape: CrewShape
) -> list[str]:
    """The crew's officers and its technical inspectors, one of the spare ones where it has none."""
    missing = shape.technical - (len(ids) - _officers(ids, people))
    extra = [one for one in (next(spare, None) for _ in range(max(missing, 0))) if one]
    return [*ids, *extra]


def benches(
    now: Situation,
    policy: PlanningPolicy,
    days: Sequence[date],
    authorities: Iterable[Authority],
    filed: Mapping[tuple[Authority, date], Sequence[Sequence[str]]] | None = None,
) -> dict[Authority, Bench]:
    """Crews of every authority on every day.  An authority without people has a bench without crews.

    ``filed``: who is filed to go out together on which day (``filed_crews``).
    """
    people, drawn = members(now, policy), months(now)
    start = month_start(days[0])
    past = [day for day in working_days(start, days[0]) if day < days[0]]
    closed = frozenset(
        at for at, day in enumerate(days) if any(one.first <= day <= one.last for one in policy.blackouts)
    )
    found: dict[Authority, Bench] = {}
    for authority in sorted(set(authorities)):
        own = people.get(authority, {})
        base = undrawn(own)
        on_day = [
            crews_of(
                day,
                drawn.get((month_start(day), authority), base),
                own,
                policy.crew,
                filed.get((authority, day), ()) if filed else (),
            )
            for day in (*past, *days)
        ]
        quarters = DAY * sum(len(crews) for crews in on_day)
        budget = quarters * policy.budget.inspection_permille // 1000
        crews = tuple(on_day[len(past) :])
        found[authority] = Bench(tuple(days), crews, budget, closed, policy.crew.officers)
    return found
