"""What there is to do and who is there: the visits, the crews and the working days of one authority.

Everything is counted in quarter-days of a crew.  A visit takes 1, 2 or 4 of them, a crew has 4 a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl

from models.policy import DAY


@dataclass(frozen=True)
class Crew:
    """Officers who go out together on a day."""

    crew_id: str
    officers: tuple[str, ...]


@dataclass(frozen=True)
class Bench:
    """Working days, the crews present on each, and the most quarter-days budgeted visits may take in all.

    On ``closed`` days (indexes) no budgeted visit takes place.  ``fewest``: people of the smallest lawful crew.
    """

    days: tuple[date, ...]
    crews: tuple[tuple[Crew, ...], ...]
    budget: int | None = None
    closed: frozenset[int] = frozenset()
    fewest: int = 2

    @property
    def people_per_crew(self) -> Fraction:
        """People of a crew as formed, on an average of crews and days; where there is none, the fewest of one."""
        formed = [len(crew.officers) for on_day in self.crews for crew in on_day]
        return Fraction(sum(formed), len(formed)) if formed else Fraction(self.fewest)

    def within(self, first: int, last: int) -> "Bench":
        """The days from one index to another, both included."""
        return replace(self, days=self.days[first : last + 1], crews=self.crews[first : last + 1])


@dataclass(frozen=True)
class Visit:
    """One visit; ``at`` is its place by ``visit_id``, ``first`` and ``last`` are cut to the horizon.

    ``place`` is longitude and latitude; ``curve`` its position on a curve that keeps neighbours together.
    """

    at: int
    visit_id: str
    rank: int
    quarter_days: int
    first: int
    last: int
    value: int
    is_budgeted: bool
    kept_day: int | None
    kept_crew: str | None
    is_fixed: bool
    crew_id: str | None
    barred: frozenset[str]
    place: tuple[float, float] | None
    curve: int = 0


class Roster:
    """Who may do what on which day; the same whatever order the crews were given in."""

    def __init__(self, bench: Bench) -> None:
        self.size = len(bench.days)
        self.closed = bench.closed
        self.officers = [
            {crew.crew_id: frozenset(crew.officers) for crew in sorted(crews, key=lambda c: c.crew_id)}
            for crews in bench.crews
        ]
        self.everyone = frozenset[str]().union(*(own for day in self.officers for own in day.values()))
        self._known: dict[tuple[int, str | None, frozenset[str]], tuple[str, ...]] = {}

    def admissible(self, day: int, crew_id: str | None, barred: frozenset[str]) -> tuple[str, ...]:
        """Crews present on a day that may do a visit: the drawn one if there is one, none with the recused."""
        key = (day, crew_id, barred)
        if key not in self._known:
            self._known[key] = tuple(
                crew
                for crew, officers in self.officers[day].items()
                if crew_id in (None, crew) and officers.isdisjoint(barred)
            )
        return self._known[key]

    def may_do(self, visit: Visit, day: int) -> tuple[str, ...]:
        """Crews that may do a visit on a day; none outside its window, none for a budgeted one on a closed day."""
        if not visit.first <= day <= visit.last or (visit.is_budgeted and day in self.closed):
            return ()
        return self.admissible(day, visit.crew_id, visit.barred)

    def capacity(self) -> list[int]:
        """Quarter-days of all crews by day."""
        return [DAY * len(day) for day in self.officers]


def read_visits(frame: pl.DataFrame, roster: Roster) -> list[Visit]:
    """Rows of a frame by ``visit_id`` (unique), windows cut to the horizon, recusals to officers there are."""
    rows = frame.sort("visit_id").to_dicts()
    return [_visit(at, row, roster) for at, row in enumerate(rows)]


def _visit(at: int, row: Mapping[str, Any], roster: Roster) -> Visit:
    longitude, latitude = row["longitude"], row["latitude"]
    return Visit(
        at=at,
        visit_id=row["visit_id"],
        rank=row["rank"],
        quarter_days=row["quarter_days"],
        first=max(row["first"], 0),
        last=min(row["last"], roster.size - 1),
        value=row["value"],
        is_budgeted=row["is_budgeted"],
        kept_day=row["kept_day"],
        kept_crew=row["kept_crew"],
        is_fixed=row["is_fixed"],
        crew_id=row["crew_id"],
        barred=frozenset(row["barred"] or ()) & roster.everyone,
        place=None if longitude is None or latitude is None else (longitude, latitude),
    )
