"""Why not everything fits: stretches of days that must hold more work than they have room for.

A visit whose whole window lies inside a stretch can be done nowhere else.  Work of that kind beyond the room of
the stretch is missing whatever the plan, and anyone can add it up by hand.  The largest total over disjoint
stretches is the least room that has to be added somewhere if visits could be cut into pieces (Hall's theorem for
intervals, which linear programming duality makes exact); whole visits can only need more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Need = tuple[int, int, int]
"""First day, last day (both included) and quarter-days of one visit."""


@dataclass(frozen=True)
class Shortage:
    """A stretch of day indexes, both ends included; ``needed``, ``available``, ``short`` in quarter-days."""

    first_day: int
    last_day: int
    needed: int
    available: int
    short: int


@dataclass(frozen=True)
class Overload:
    """What is short in all: the authority's days, the days of single crews for drawn visits, the budget.

    The three overlap: a quarter-day added for one may serve another as well.
    """

    days: tuple[Shortage, ...]
    crews: tuple[tuple[str, tuple[Shortage, ...]], ...]
    budget: int

    @property
    def short(self) -> int:
        """Quarter-days short in the days of the authority."""
        return sum(one.short for one in self.days)

    def __bool__(self) -> bool:
        """Whether anything is short."""
        return bool(self.days or self.crews or self.budget)


def overload(
    needs: Iterable[Need],
    capacity: Sequence[int],
    by_crew: Mapping[str, tuple[Iterable[Need], Sequence[int]]],
    budget: tuple[int, int | None],
) -> Overload:
    """Shortages of the days, of the crews that visits were drawn for, and of the budget (needed, allowed)."""
    crews = {crew: shortages(*own) for crew, own in sorted(by_crew.items())}
    needed, allowed = budget
    return Overload(
        shortages(needs, capacity),
        tuple((crew, found) for crew, found in crews.items() if found),
        0 if allowed is None else max(needed - allowed, 0),
    )


def shortages(needs: Iterable[Need], capacity: Sequence[int]) -> tuple[Shortage, ...]:
    """Disjoint stretches with the largest total shortage; of equal ones the fewest days."""
    size = len(capacity)
    inside = _inside(needs, size)
    room = [0, *np.cumsum(np.array(capacity, dtype=np.int64)).tolist()]
    best: list[tuple[int, int]] = [(0, 0)]
    start: list[int | None] = [None]
    for stop in range(size):
        options: list[tuple[tuple[int, int], int | None]] = [(best[stop], None)]
        for first in range(stop + 1):
            short = inside[first][stop] - (room[stop + 1] - room[first])
            total, days = best[first]
            options.append(((total + short, days - (stop + 1 - first)), first))
        chosen = max(options, key=lambda option: option[0])
        best.append(chosen[0])
        start.append(chosen[1])
    found: list[Shortage] = []
    stop = size
    while stop > 0:
        first = start[stop]
        if first is not None:
            needed, available = inside[first][stop - 1], room[stop] - room[first]
            found.append(Shortage(first, stop - 1, needed, available, needed - available))
        stop = stop - 1 if first is None else first
    return tuple(reversed(found))


def _inside(needs: Iterable[Need], size: int) -> list[list[int]]:
    """Quarter-days of visits whose window lies inside each stretch, by first and last day."""
    table = np.zeros((size, size), dtype=np.int64)
    for first, last, quarter_days in needs:
        table[first, last] += quarter_days
    return np.cumsum(np.cumsum(table[::-1], axis=0)[::-1], axis=1).tolist()
