"""A month of visits planned for 101 authorities: ``python -m benchmarks.planning_solver``.

2,000 officers, 22 working days, and visits for 85 %, 100 % and 130 % of the room there is (56,000 to 85,000).
Every authority is one call of ``models.planning.crews.assign``; generating the visits is not measured.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from benchmarks.meter import Meter
from models.planning.crews.assign import Assigned, assign
from models.planning.crews.bench import Bench, Crew
from models.policy import DAY

DAYS = 22
OFFICERS = 2_000
AUTHORITIES = 101
LOADS = {"feasible": 0.85, "tight": 1.0, "overloaded": 1.3}
MOST_GAP = 0.02
MOST_CPU_SECONDS = 180.0
SIZES, SIZE_SHARES = (1, 2, 4), (0.84, 0.12, 0.04)
RANK_SHARES = (0.03, 0.05, 0.22, 0.1, 0.35, 0.25)
TIED, RECUSED, KEPT, FIXED, PRESENT = 0.15, 0.03, 0.6, 0.1, 0.93


@dataclass(frozen=True)
class Authority:
    """One authority of a variant, ready to be planned."""

    name: str
    visits: pl.DataFrame
    bench: Bench


def shares(random: np.random.Generator) -> np.ndarray:
    """Share of the officers by authority: a city, 16 districts, and towns from a handful of officers up."""
    districts, towns = random.uniform(0.6, 1.6, 16), random.lognormal(-1.2, 0.7, AUTHORITIES - 17)
    weights = np.concatenate([[4.0], districts, towns])
    return weights / weights.sum()


def authorities(load: float, seed: int) -> list[Authority]:
    """The world at a load: crews follow from the officers, visits from the room and the load."""
    random = np.random.default_rng(seed)
    found: list[Authority] = []
    for number, share in enumerate(shares(random)):
        bench = _bench(number, max(round(float(share) * OFFICERS / 2), 1), random)
        room = DAY * sum(len(crews) for crews in bench.crews)
        found.append(_authority(f"authority {number:03}", load * room, bench, random))
    return found


def _bench(number: int, pairs: int, random: np.random.Generator) -> Bench:
    """Pairs of officers; every tenth has a technical officer with it; a few are away on each day."""
    crews = [
        Crew(
            f"{number}-{at}",
            (f"{number}o{2 * at}", f"{number}o{2 * at + 1}", *([f"{number}t{at}"] * (at % 10 == 0))),
        )
        for at in range(pairs)
    ]
    start = date(2026, 3, 2)
    days = tuple(start + timedelta(days=7 * (at // 5) + at % 5) for at in range(DAYS))
    present = tuple(tuple(crew for crew in crews if random.random() < PRESENT) for _ in days)
    return Bench(days, present, None)


def _authority(name: str, wanted: float, bench: Bench, random: np.random.Generator) -> Authority:
    crews = sorted({crew.crew_id for own in bench.crews for crew in own})
    officers = sorted({officer for own in bench.crews for crew in own for officer in crew.officers})
    sizes = random.choice(SIZES, int(wanted) + 1, p=SIZE_SHARES)
    count = int(np.searchsorted(np.cumsum(sizes), wanted)) + 1
    sizes = sizes[:count]
    rank = random.choice(len(RANK_SHARES), count, p=RANK_SHARES)
    first, last = _windows(rank, random)
    kept = random.random(count) < KEPT
    kept_day = random.integers(first, last + 1)
    is_tied = (random.random(count) < TIED / (1 - sum(RANK_SHARES[:3]))) & (rank > 2)
    frame = pl.DataFrame(
        {
            "visit_id": [f"{name} {at:06}" for at in range(count)],
            "rank": rank,
            "quarter_days": sizes.astype(np.int64),
            "first": first,
            "last": last,
            "value": np.rint(random.beta(1.2, 8.0, count) * 2e6).astype(np.int64),
            "is_budgeted": rank > 1,
            "kept_day": [int(day) if own else None for day, own in zip(kept_day, kept, strict=True)],
            "kept_crew": random.choice(crews, count),
            "is_fixed": kept & (random.random(count) < FIXED),
            "crew_id": [
                str(c) if own else None for c, own in zip(random.choice(crews, count), is_tied, strict=True)
            ],
            "barred": [
                [str(random.choice(officers))] if random.random() < RECUSED else [] for _ in range(count)
            ],
            "longitude": 117 + random.normal(0, 0.15, count),
            "latitude": 36.6 + random.normal(0, 0.12, count),
        }
    )
    return Authority(name, frame, bench)


def _windows(rank: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """First and last day: a few days for the urgent, up to a due day for the next, the whole month for the rest."""
    count = len(rank)
    first = np.where(rank < 2, random.integers(0, DAYS - 4, count), 0)
    first = np.where(
        (rank == 3) | ((rank > 3) & (random.random(count) < 0.2)), random.integers(0, DAYS // 2, count), first
    )
    last = np.full(count, DAYS - 1)
    last = np.where(rank < 2, first + 4, last)
    last = np.where((rank == 2) & (random.random(count) < 0.5), random.integers(8, DAYS, count), last)
    last = np.where(rank == 3, np.minimum(first + random.integers(5, 15, count), DAYS - 1), last)
    return first, last


@dataclass(frozen=True)
class Outcome:
    """Sums over the authorities of a variant; gaps are shares of the bound."""

    visits: int
    scheduled: int
    proven: int
    count_gap: float
    value_gap: float
    worst_gap: float


def outcome(found: Sequence[Assigned]) -> Outcome:
    scheduled = sum(sum(own.scheduled.values()) for own in found)
    most = sum(sum(own.bound.values()) for own in found)
    gaps = [1 - sum(own.scheduled.values()) / max(sum(own.bound.values()), 1) for own in found]
    return Outcome(
        sum(own.visits.height for own in found),
        scheduled,
        sum(own.is_proven for own in found),
        1 - scheduled / most,
        1 - sum(own.value for own in found) / sum(own.value_bound for own in found),
        max(gaps),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=20260301)
    parser.add_argument("--only", choices=[*LOADS], help="one variant")
    parser.add_argument("--slowest", type=int, default=0, help="also print so many slowest authorities")
    given = parser.parse_args()
    print(
        "| variant | visits | scheduled | wall s | CPU s | peak GB | proven | count gap | worst | value gap |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    is_good = True
    for name, load in LOADS.items():
        if given.only not in (None, name):
            continue
        world = authorities(load, given.seed)
        meter, single = Meter("planning"), Meter("planning")
        found: list[Assigned] = []
        with meter.stage(name):
            for own in world:
                with single.stage(own.name):
                    found.append(assign(own.visits, own.bench))
        (took,), sums = meter.found, outcome(found)
        print(
            f"| {name} | {sums.visits:,} | {sums.scheduled:,} | {took.wall:.1f} | {took.cpu:.1f} | "
            f"{took.peak / 1e9:.2f} | {sums.proven} of {len(found)} | {sums.count_gap:.3%} | {sums.worst_gap:.3%} | "
            f"{sums.value_gap:.4%} |",
            flush=True,
        )
        for one in sorted(single.found, key=lambda stage: -stage.cpu)[: given.slowest]:
            at = next(at for at, own in enumerate(world) if own.name == one.stage)
            print("  ", one.stage, world[at].visits.height, f"{one.cpu:.1f} s", found[at].is_proven)
        is_good &= max(sums.count_gap, sums.value_gap) <= MOST_GAP and took.cpu <= MOST_CPU_SECONDS
    raise SystemExit(not is_good)


if __name__ == "__main__":
    main()
