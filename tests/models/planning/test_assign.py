"""Assigning visits to days and crews: held against every possible plan of tiny worlds."""

from collections import Counter
from dataclasses import asdict
from datetime import date, timedelta
from itertools import pairwise, product
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from models.planning.crews import selection
from models.planning.crews.assign import Assigned, assign
from models.planning.crews.bench import Bench, Crew
from models.planning.crews.proof import shortages
from tests.models.planning.brute_plan import Row, World, best, most_short, places, stay

SCHEMA = {
    "visit_id": pl.String,
    "rank": pl.Int64,
    "quarter_days": pl.Int64,
    "first": pl.Int64,
    "last": pl.Int64,
    "value": pl.Int64,
    "is_budgeted": pl.Boolean,
    "kept_day": pl.Int64,
    "kept_crew": pl.String,
    "is_fixed": pl.Boolean,
    "crew_id": pl.String,
    "barred": pl.List(pl.String),
    "longitude": pl.Float64,
    "latitude": pl.Float64,
}
OFFICERS = {"a": ("a1", "a2"), "b": ("b1", "b2"), "c": ("c1",)}
MONDAY = date(2026, 3, 2)


def visit(name: str, **given: object) -> Row:
    """A quarter-day visit that may be made on the first day by anyone, unless a test says otherwise."""
    usual: Row = {
        "visit_id": name,
        "rank": 0,
        "quarter_days": 1,
        "first": 0,
        "last": 0,
        "value": 0,
        "is_budgeted": False,
        "kept_day": None,
        "kept_crew": None,
        "is_fixed": False,
        "crew_id": None,
        "barred": [],
        "longitude": None,
        "latitude": None,
    }
    return usual | given


def bench_of(world: World, *, backwards: bool = False) -> Bench:
    step = -1 if backwards else 1
    days = tuple(MONDAY + timedelta(days=day) for day in range(len(world.crews)))
    crews = tuple(tuple(Crew(*one) for one in list(own.items())[::step]) for own in world.crews)
    return Bench(days, crews, world.budget)


def plan(world: World) -> Assigned:
    return assign(pl.DataFrame(world.visits, schema=SCHEMA), bench_of(world))


def days(count: int, *crews: str) -> list[dict[str, tuple[str, ...]]]:
    return [{crew: OFFICERS[crew] for crew in crews} for _ in range(count)]


def placed(found: Assigned) -> dict[str, tuple[int, str]]:
    rows = found.visits.filter(pl.col("day").is_not_null())
    return {row["visit_id"]: (row["day"], row["crew_id"]) for row in rows.to_dicts()}


def assert_lawful(world: World, found: Assigned) -> None:
    rows = {row["visit_id"]: row for row in world.visits}
    assert found.visits["visit_id"].to_list() == sorted(rows)
    used: Counter[tuple[int, str]] = Counter()
    for name, place in placed(found).items():
        assert place in places(world, rows[name])
        used[place] += rows[name]["quarter_days"]
    assert all(quarter_days <= 4 for quarter_days in used.values())
    paid = sum(rows[name]["quarter_days"] for name in placed(found) if rows[name]["is_budgeted"])
    assert world.budget is None or paid <= world.budget
    filed, _ = stay(world)
    assert filed.items() <= placed(found).items()
    for own in found.visits.drop_nulls("day").partition_by("day", "crew_id"):
        assert sorted(own["stop"]) == list(range(1, len(own) + 1))
    assert found.visits.filter(pl.col("day").is_null() != pl.col("reason").is_not_null()).is_empty()


@st.composite
def tiny(draw: st.DrawFn) -> World:
    some = st.sampled_from
    size = draw(st.integers(1, 3))
    crews = [
        {crew: OFFICERS[crew] for crew in draw(st.lists(some("abc"), unique=True, max_size=2 + (size < 3)))}
        for _ in range(size)
    ]
    kept = st.none() | st.integers(-1, 3)
    visits = [
        visit(
            f"v{number}",
            rank=draw(st.integers(0, 2)),
            quarter_days=draw(some([1, 2, 2, 4, 4])),
            first=draw(st.integers(-1, 2)),
            last=draw(st.integers(0, 3)),
            value=draw(some([0, 1, 7, 999_999, 1_000_000, 1_000_001, 2_500_000])),
            is_budgeted=draw(st.booleans()),
            kept_day=draw(kept),
            kept_crew=draw(some([None, "a", "b", "c"])),
            is_fixed=draw(st.booleans()),
            crew_id=draw(some([None, None, "a", "b", "c"])),
            barred=draw(st.lists(some(["a1", "b1", "b2", "c1", "x"]), unique=True, max_size=2)),
            longitude=draw(some([None, 117.0, 117.2])),
            latitude=36.6,
        )
        for number in range(draw(st.integers(0, 6)))
    ]
    return World(crews, visits, draw(st.none() | st.integers(0, 10)))


@settings(max_examples=150, deadline=None)
@given(tiny())
def test_a_tiny_world_is_planned_as_well_as_any_plan_can(world: World) -> None:
    found = plan(world)
    assert_lawful(world, found)
    counts, value = best(world)
    assert found.scheduled == counts
    assert found.value == value
    assert found.bound == counts
    assert found.value_bound == value
    assert found.is_proven


@settings(max_examples=60, deadline=None)
@given(tiny())
def test_a_shortage_is_shown_only_where_something_is_left_out(world: World) -> None:
    found = plan(world)
    hopeless = found.visits.filter(pl.col("reason").is_in(["no_day", "no_crew"])).height
    left_out = sum(found.dropped.values()) - hopeless
    assert left_out > 0 or not found.overload


def large(seed: int, visits: int = 200, crews: int = 6, size: int = 10) -> World:
    random = Random(seed)
    names = [f"k{number}" for number in range(crews)]
    present = [{k: (f"{k}x", f"{k}y") for k in names if random.random() < 0.9} for _ in range(size)]
    rows: list[Row] = []
    for number in range(visits):
        first = random.randrange(size)
        rows.append(
            visit(
                f"v{number}",
                rank=random.randrange(5),
                quarter_days=random.choice([1, 1, 1, 2, 2, 4]),
                first=first,
                last=first + random.randrange(size),
                value=random.randrange(3_000_000),
                is_budgeted=random.random() < 0.6,
                kept_day=random.randrange(size) if random.random() < 0.5 else None,
                kept_crew=random.choice(names),
                is_fixed=random.random() < 0.1,
                crew_id=random.choice(names) if random.random() < 0.15 else None,
                barred=[f"{random.choice(names)}x"] if random.random() < 0.1 else [],
                longitude=116.5 + random.random() if random.random() < 0.9 else None,
                latitude=36.0 + random.random(),
            )
        )
    return World(present, rows, random.choice([None, 120]))


@pytest.mark.parametrize("seed", range(6))
def test_a_larger_plan_is_lawful_and_close_to_its_bound(seed: int) -> None:
    world = large(seed)
    found = plan(world)
    assert_lawful(world, found)
    assert found.value >= 0.98 * found.value_bound
    assert sum(found.scheduled.values()) >= 0.98 * sum(found.bound.values())


@pytest.mark.parametrize("seed", range(4))
def test_recusals_left_to_packing_cost_next_to_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "_MOST_TIED", 0)
    world = large(seed)
    found = plan(world)
    assert_lawful(world, found)
    assert sum(found.scheduled.values()) >= 0.98 * sum(found.bound.values())


def test_a_plan_is_lawful_even_when_no_days_were_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "_placement", lambda *_: None)
    world = large(1)
    found = plan(world)
    assert_lawful(world, found)
    assert sum(found.scheduled.values()) >= 0.8 * sum(found.bound.values())


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_and_crews_makes_no_difference(seed: int) -> None:
    world = large(seed, visits=120)
    frame = pl.DataFrame(world.visits, schema=SCHEMA)
    found = assign(frame, bench_of(world))
    other = assign(frame.sample(fraction=1, shuffle=True, seed=seed), bench_of(world, backwards=True))
    assert found.visits.equals(other.visits)
    assert _rest(found) == _rest(other)


def _rest(found: Assigned) -> dict[str, object]:
    return {name: own for name, own in asdict(found).items() if name != "visits"}


def test_a_feasible_world_leaves_nothing_out() -> None:
    visits = [visit(f"v{n}", quarter_days=size, last=1) for n, size in enumerate([4, 4, 2, 2, 1, 1, 1, 1])]
    found = plan(World(days(2, "a", "b"), visits))
    assert found.scheduled == {0: 8}
    assert found.is_proven
    assert not found.overload


def test_recusals_alone_can_leave_a_visit_out_and_then_nothing_is_short() -> None:
    visits = [visit("v1", quarter_days=4, barred=["b1"]), visit("v2", quarter_days=4, barred=["b2"])]
    found = plan(World(days(1, "a", "b"), visits))
    assert found.dropped == {0: 1}
    assert found.is_proven
    assert not found.overload


def test_every_visit_left_out_says_why() -> None:
    visits = [
        visit("v1", rank=0, quarter_days=2),
        visit("v2", rank=1, first=2, last=1),
        visit("v3", rank=1, first=5, last=9),
        visit("v4", rank=1, barred=["a1"]),
        visit("v5", rank=1, crew_id="b"),
        visit("v6", rank=2, quarter_days=2, is_budgeted=True),
        visit("v7", rank=3, quarter_days=4),
    ]
    found = plan(World(days(1, "a"), visits, budget=1))
    assert found.visits["reason"].to_list() == [
        None, "no_day", "no_day", "no_crew", "no_crew", "budget", "capacity",
    ]  # fmt: skip
    assert found.overload.budget == 1


def test_the_shortage_can_be_added_up_by_hand() -> None:
    urgent = [visit(f"u{n}", quarter_days=2, last=0) for n in range(3)]
    late = [visit(f"w{n}", first=1, last=2) for n in range(5)]
    found = plan(World(days(3, "a"), urgent + late))
    (only,) = found.overload.days
    assert (only.first_day, only.last_day, only.needed, only.available, only.short) == (0, 0, 6, 4, 2)
    assert found.dropped == {0: 1}


def test_a_drawn_crew_may_be_short_while_the_day_is_not() -> None:
    visits = [visit(f"v{n}", quarter_days=2, crew_id="a") for n in range(3)]
    found = plan(World(days(1, "a", "b"), visits))
    ((crew, (only,)),) = found.overload.crews
    assert (crew, only.short, found.overload.short) == ("a", 2, 0)


def test_kept_places_stay_and_the_urgent_come_early() -> None:
    kept = [visit(f"v{n}", rank=3, last=2, kept_day=n % 3, kept_crew="ab"[n % 2]) for n in range(6)]
    found = plan(World(days(3, "a", "b"), [*kept, visit("w", last=2)]))
    assert [placed(found)[f"v{n}"] for n in range(6)] == [(n % 3, "ab"[n % 2]) for n in range(6)]
    assert placed(found)["w"][0] == 0


def test_of_filed_visits_that_cannot_both_stay_the_urgent_stays_then_the_valuable_then_the_first() -> None:
    for one, other in product(product((0, 1), (3, 8)), repeat=2):
        filed = {"quarter_days": 4, "kept_day": 0, "kept_crew": "a", "is_fixed": True, "last": 0}
        told = {"v1": one, "v2": other}
        visits = [visit(name, rank=rank, value=value, **filed) for name, (rank, value) in told.items()]
        [kept] = placed(plan(World(days(1, "a"), visits)))
        assert kept == min(told, key=lambda name: (told[name][0], -told[name][1], name)), told


def test_near_visits_go_to_one_crew() -> None:
    east = [visit(f"e{n}", longitude=117.5 + n / 1000, latitude=36.6) for n in range(4)]
    west = [visit(f"w{n}", longitude=116.5 + n / 1000, latitude=36.6) for n in range(4)]
    crews = placed(
        plan(World(days(1, "a", "b"), [row for both in zip(east, west, strict=True) for row in both]))
    )
    assert len({crews[row["visit_id"]] for row in east}) == 1
    assert len({crews[row["visit_id"]] for row in west}) == 1


def test_the_stops_of_a_day_are_the_shortest_way() -> None:
    visits = [visit(f"v{n}", longitude=117 + at / 100, latitude=36.6) for n, at in enumerate([3, 0, 2, 1])]
    stops = plan(World(days(1, "a"), visits)).visits["stop"].to_list()
    assert stops in ([4, 1, 3, 2], [1, 4, 2, 3])


@st.composite
def loads(draw: st.DrawFn) -> tuple[list[tuple[int, int, int]], list[int]]:
    size = draw(st.integers(1, 4))
    capacity = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    ends = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1), st.sampled_from([1, 2, 4]))
    needs = [(min(a, b), max(a, b), q) for a, b, q in draw(st.lists(ends, max_size=7))]
    return needs, capacity


@settings(max_examples=80, deadline=None)
@given(loads())
def test_the_proof_is_the_worst_set_of_stretches_and_the_least_overflow(
    load: tuple[list[tuple[int, int, int]], list[int]],
) -> None:
    needs, capacity = load
    found = shortages(needs, capacity)
    total = sum(one.short for one in found)
    assert total == most_short(needs, capacity)
    assert total == pytest.approx(_least_overflow(needs, capacity))
    assert all(one.short == one.needed - one.available > 0 for one in found)
    assert all(a.last_day < b.first_day for a, b in pairwise(found))


def _least_overflow(needs: list[tuple[int, int, int]], capacity: list[int]) -> float:
    """The least room to add when visits may be cut into pieces, by linear programming."""
    pairs = [(at, day) for at, (first, last, _) in enumerate(needs) for day in range(first, last + 1)]
    size = len(pairs) + len(capacity)
    whole, room = np.zeros((len(needs), size)), np.zeros((len(capacity), size))
    for column, (at, day) in enumerate(pairs):
        whole[at, column] = room[day, column] = 1
    room[:, len(pairs) :] = -np.eye(len(capacity))
    cost = np.concatenate([np.zeros(len(pairs)), np.ones(len(capacity))])
    equal = (whole, [q for _, _, q in needs]) if needs else (None, None)
    return linprog(cost, A_ub=room, b_ub=capacity, A_eq=equal[0], b_eq=equal[1]).fun
