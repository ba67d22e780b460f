"""Plans of tiny worlds by trying everything: plain Python, and nothing in common with the solver."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any

Row = dict[str, Any]


@dataclass
class World:
    """Crews by day (crew to officers), budget, and rows as ``assign`` takes them."""

    crews: list[dict[str, tuple[str, ...]]]
    visits: list[Row]
    budget: int | None = None
    room: dict[tuple[int, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.room = {(day, crew): 4 for day, own in enumerate(self.crews) for crew in own}


def places(world: World, row: Row) -> list[tuple[int, str]]:
    """Lawful days and crews of a visit."""
    return [
        (day, crew)
        for day, own in enumerate(world.crews)
        if row["first"] <= day <= row["last"]
        for crew, officers in own.items()
        if row["crew_id"] in (None, crew) and not set(officers) & set(row["barred"])
    ]


def stay(world: World) -> tuple[dict[str, tuple[int, str]], World]:
    """Filed visits that can stay, and the world that is left for the others."""
    filed: dict[str, tuple[int, str]] = {}
    left = World(world.crews, [], world.budget)
    for row in sorted(world.visits, key=lambda r: (r["rank"], -r["value"], r["visit_id"])):
        place, size = (row["kept_day"], row["kept_crew"]), row["quarter_days"]
        pays = size if row["is_budgeted"] else 0
        fits = row["is_fixed"] and place in places(world, row) and left.room[place] >= size
        if fits and (left.budget is None or left.budget >= pays):
            left.room[place] -= size
            left.budget = None if left.budget is None else left.budget - pays
            filed[row["visit_id"]] = place
        else:
            left.visits.append(row)
    return filed, left


def best(world: World) -> tuple[dict[int, int], int]:
    """Scheduled visits by rank and their value in the best plan."""
    filed, left = stay(world)
    ranks = sorted({row["rank"] for row in world.visits})
    kept = [row for row in world.visits if row["visit_id"] in filed]
    reached = max(
        (tuple(sum(row["rank"] == rank for row in done) for rank in ranks), sum(row["value"] for row in done))
        for done in (kept + new for new in _sets(left))
    )
    return dict(zip(ranks, reached[0], strict=True)), reached[1]


def _sets(world: World) -> Iterator[list[Row]]:
    """Every set of visits that can be made together."""
    for count in range(len(world.visits) + 1):
        for chosen in combinations(world.visits, count):
            paid = sum(row["quarter_days"] for row in chosen if row["is_budgeted"])
            if (world.budget is None or paid <= world.budget) and _fit(world, chosen, dict(world.room)):
                yield list(chosen)


def _fit(world: World, chosen: Sequence[Row], room: dict[tuple[int, str], int]) -> bool:
    if not chosen:
        return True
    row, *rest = chosen
    for place in places(world, row):
        if room[place] >= row["quarter_days"]:
            room[place] -= row["quarter_days"]
            if _fit(world, rest, room):
                return True
            room[place] += row["quarter_days"]
    return False


def most_short(needs: Sequence[tuple[int, int, int]], capacity: Sequence[int]) -> int:
    """The largest total shortage over all sets of disjoint stretches of days."""
    size = len(capacity)
    stretches = [(first, last) for first in range(size) for last in range(first, size)]
    short = {
        (first, last): sum(q for a, b, q in needs if first <= a and b <= last)
        - sum(capacity[first : last + 1])
        for first, last in stretches
    }
    return max(
        sum(short[one] for one in chosen)
        for count in range(size + 1)
        for chosen in combinations(stretches, count)
        if all(before[1] < after[0] for before, after in pairwise(chosen))
    )
