"""Levels of days and of spans are what plain loops over the rows count (``tests.worlds.folded``)."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise, zip_longest
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.coding.timeline import InForce, Moments, Reading, Span, books, each_day
from models.features.span import Levels, Stretch
from models.policy import Condition
from models.scorecard import Factor, Scorecard
from models.tables.canonical import TABLES
from models.vocabulary import as_date, day_number
from tests.models.test_laws import some
from tests.worlds.by_hand import AS_OF, POLICY, row, world
from tests.worlds.coded import features_on, judged_steps, points_on_days
from tests.worlds.edges import POLICIES, edgy_card, edgy_rules, edgy_world
from tests.worlds.effort import tries
from tests.worlds.folded import EVENTS, features_of, folded, standing
from tests.worlds.strategies import SEEDS, World, as_events, coded_days, integer_frames, worlds
from tests.worlds.warehouses import stored
from warehouse.coding import levels
from warehouse.coding.levels import in_memory

LAGS = st.sampled_from((0, 1, 30, 400))
"""Days from the day that is asked about to the day of knowledge."""
policies = st.sampled_from(POLICIES)
BASES = st.sampled_from((date(1990, 6, 30), date(2024, 2, 29), AS_OF, date(2039, 12, 31)))
LONG_AGO = date(1950, 1, 1)
MOST_CHANGES = 12
"""Days of changes of a span that are tried, at most twice as many; and the day before each."""


@st.composite
def edgy_worlds(draw: st.DrawFn) -> tuple[World, date]:
    """A world whose events lie on the edges of windows, and the day they are counted from."""
    around = draw(BASES)
    most, firms = draw(st.sampled_from((3, 8, 25))), draw(st.integers(1, 4))
    return edgy_world(draw(SEEDS), around, firms=firms, most_events=most), around


# ---- one day -------------------------------------------------------------------------------------------


def assert_same_day(of: World, as_of: date, lag: int, policy: Any) -> None:
    """In every column: the same values of the same type."""
    known_at = as_of + timedelta(days=lag)
    told = features_on(as_events(integer_frames(of)), as_of=as_of, known_at=known_at, policy=policy)
    counted = folded(of, as_of=as_of, known_at=known_at, policy=policy)
    assert told.schema == counted.schema
    assert {name: told[name].to_list() for name in told.columns if not told[name].equals(counted[name])} == {}


@settings(some, max_examples=tries(60))
@given(worlds(), policies, LAGS, st.data())
def test_the_features_of_a_day_are_what_loops_count(of: World, policy: Any, lag: int, data: st.DataObject):
    assert_same_day(of, data.draw(coded_days(of)), lag, policy)


@settings(some, max_examples=tries(60))
@given(edgy_worlds(), policies, LAGS, st.sampled_from((-366, -91, -1, 0, 1, 90)))
def test_the_features_of_a_day_are_what_loops_count_at_the_edges_of_windows(
    of: tuple[World, date], policy: Any, lag: int, later: int
):
    assert_same_day(of[0], of[1] + timedelta(days=later), lag, policy)


def test_the_features_of_a_whale_are_what_loops_count():
    assert_same_day(edgy_world(7, AS_OF, whale=300), AS_OF, 400, POLICIES[1])


# ---- a span --------------------------------------------------------------------------------------------


def points_of(factor: Factor, value: Any) -> int:
    """Points of a value: those of its category, or of the last bin it reaches."""
    if not factor.is_numeric:
        return dict(factor.points).get(value, factor.missing)
    if value is None:
        return factor.missing
    bins = sorted(factor.points.items())
    return bins[max(0, bisect_right([least for least, _ in bins], value) - 1)][1]


def holds(condition: Condition, value: Any) -> bool:
    """What is unknown holds no condition."""
    if value is None:
        return False
    return (
        (condition.at_least is None or value >= condition.at_least)
        and (condition.at_most is None or value <= condition.at_most)
        and (condition.one_of is None or value in condition.one_of)
    )


def judged(
    of: World, span: Span, rules: Sequence[InForce]
) -> tuple[Moments, dict[int, tuple[int, Any, Any]]]:
    """What a span says, and by rule book its first day and the score and mask of every day."""
    dense = dict[int, tuple[int, Any, Any]]()
    with in_memory(as_events(integer_frames(of))) as rows:
        moments = rows.judged(span, rules)
        for book in books(span, rules):
            policy, reading = book.rules.policy.features, Reading(book.rules)
            rows.prepare(span.known_at, policy)
            sampled = rows.sampled(Levels(reading.levels, policy, Stretch(book.first, book.last)))
            for name, frame in sampled.items():
                assert frame.filter(~pl.col("day").is_between(book.first, book.last)).is_empty(), name
                assert not frame.select("f", "day").is_duplicated().any(), name
            dense[book.position] = book.first, *each_day(book, sampled, rows.register(), reading.features)
    return moments, dense


def last_by(rows: Sequence[tuple[int, int]], day: int) -> int | None:
    """What the last row up to a day says."""
    return next((said for at, said in reversed(rows) if at <= day), None)


def grouped(frame: pl.DataFrame, *key: str, said: str) -> dict[tuple[Any, ...], list[tuple[int, int]]]:
    found = dict[tuple[Any, ...], list[tuple[int, int]]]()
    for *of, day, value in frame.sort(*key, "as_of").select(*key, "as_of", said).iter_rows():
        found.setdefault(tuple(of), []).append((day, value))
    return found


def differences(of: World, span: Span, rules: Sequence[InForce], days: Sequence[int]) -> Iterator[Any]:
    """Where a span tells something else than loops do; ``days``: those that are tried besides those of changes."""
    (moments, dense), firms = judged(of, span, rules), standing(of, span.known_at)
    first, last = day_number(span.first), day_number(span.last)
    scores = grouped(moments.steps, "enterprise_id", said="score")
    points = grouped(moments.points, "enterprise_id", "factor", said="points")
    assert all(told[0][0] == first and told[-1][0] <= last for told in scores.values())
    assert all(told[0][0] > first and told[-1][0] <= last for told in points.values())
    assert all(one != other for told in points.values() for (_, one), (_, other) in pairwise(told))
    changes = moments.steps["as_of"].unique().sort().to_list()
    shown = changes[:: 1 + len(changes) // MOST_CHANGES]
    tried = {first, last, *days, *shown, *(day - 1 for day in shown)} & {*range(first, last + 1)}
    begun = dict[tuple[str, str], int]()
    for day in sorted(tried):
        place, rule = [(at, one) for at, one in enumerate(rules) if day_number(one.since) <= day][-1]
        since, score, mask = dense[place]
        for at, firm in enumerate(firms):
            name, features = (
                firm.register["enterprise_id"],
                features_of(firm, as_date(day), rule.policy.features),
            )
            own = {one.name: points_of(one, features[one.feature]) for one in rule.policy.scorecard.factors}
            if day == first:
                begun |= {(name, factor): said for factor, said in own.items()}
            for factor, said in own.items():
                told = last_by(points.get((name, factor), []), day)
                if (begun[name, factor] if told is None else told) != said:
                    yield as_date(day), name, factor, features[factor]
            total = sum(own.values())
            if (last_by(scores[name,], day), score[at, day - since]) != (total, total):
                yield as_date(day), name, "score"
            for bit, one in enumerate(Reading(rule).conditions):
                if bool(int(mask[at, day - since]) >> bit & 1) != holds(one, features[one.feature]):
                    yield as_date(day), name, one, features[one.feature]


BEFORE = st.sampled_from((-1500, -400, -91, -1, 0, 0, 1, 90))
"""Days from that which the events are counted from to the first of a span: in silence, in plans, in spells."""
LENGTHS = st.sampled_from((0, 1, 40, 400, 1500))


@settings(some, max_examples=tries(24))
@given(edgy_worlds(), st.lists(policies, min_size=1, max_size=3), BEFORE, LENGTHS, LAGS, SEEDS)
def test_every_change_over_a_span_is_what_loops_count_on_its_day(
    of: tuple[World, date], several: list[Any], before: int, days: int, lag: int, seed: int
):
    first = of[1] + timedelta(days=before)
    span = Span(first, first + timedelta(days=days), first + timedelta(days=lag))
    rules = edgy_rules(seed, span.first, span.last, several)
    others = range(day_number(span.first), day_number(span.last), 1 + days // 8)
    assert list(differences(of[0], span, rules, others)) == []


@settings(some, max_examples=tries(12))
@given(worlds(most_events=15), policies, st.sampled_from((0, 400, 1500)), LAGS, SEEDS, st.data())
def test_every_change_over_a_span_is_what_loops_count_in_any_world(
    of: World, policy: Any, days: int, lag: int, seed: int, data: st.DataObject
):
    first = data.draw(coded_days(of)) - timedelta(days=data.draw(st.sampled_from((0, 400, 1500))))
    span = Span(first, first + timedelta(days=days), first + timedelta(days=lag + days))
    others = range(day_number(span.first), day_number(span.last), 1 + days // 8)
    assert list(differences(of, span, [InForce(LONG_AGO, edgy_card(seed, policy))], others)) == []


def test_neither_the_order_of_rows_nor_portions_change_anything(monkeypatch: pytest.MonkeyPatch):
    of = edgy_world(3, AS_OF, most_events=25)
    frames = integer_frames(of)
    mixed = {name: one.sample(fraction=1, shuffle=True, seed=5) for name, one in frames.items()}
    span = Span(AS_OF - timedelta(days=400), AS_OF + timedelta(days=400), AS_OF)
    rules = edgy_rules(1, span.first, span.last, POLICIES[:2])
    for told in (judged_steps, points_on_days):
        assert told(as_events(mixed), span, rules).equals(told(as_events(frames), span, rules))
    connection, policy = stored(of), POLICIES[2]
    [whole] = levels.features_on(connection, AS_OF, AS_OF, policy)
    [together] = [rows.judged(span, rules) for rows in levels.portions(connection)]
    monkeypatch.setattr(levels, "MOST_ROWS", 20)
    parts = list(levels.features_on(connection, AS_OF, AS_OF, policy))
    assert len(parts) > 2
    assert pl.concat(parts).equals(whole)
    apart = [rows.judged(span, rules) for rows in levels.portions(connection)]
    assert pl.concat([one.steps for one in apart]).equals(together.steps)
    assert pl.concat([one.points for one in apart]).equals(together.points)


# ---- worlds by hand ------------------------------------------------------------------------------------


def later(days: int) -> date:
    return AS_OF + timedelta(days=days)


def at(days: int, minutes: int = 0) -> datetime:
    return datetime.combine(later(days), time()) + timedelta(minutes=minutes)


def finding(day: int, **days: int | None) -> dict[str, Any]:
    """A finding, and the days of what follows it."""
    return {"occurred_on": later(day), **{name: None if n is None else later(n) for name, n in days.items()}}


def visit(day: int, result: str, mode: str = "on_site") -> dict[str, Any]:
    return {"inspected_on": later(day), "result": result, "mode": mode}


def spell(begins: datetime, ends: datetime | None = None, kind: str = "sensor_offline") -> dict[str, Any]:
    return {"raised_at": begins, "closed_at": ends, "kind": kind}


LONGEST = POLICY.features.longest_plan_days
ONE_ITEM = {"inspection_id": "v", "item_code": "x"}
DUE = {"rectify_due_on": 30}
PLAN = {"plan_approved_on": 10, "plan_until": 60}
CASES: dict[str, tuple[dict[str, list[dict[str, Any]]], str, int, list[tuple[int, int]]]] = {
    "an item of one visit found again after 730 days, graver": (
        {
            "violations": [
                {**finding(0), **ONE_ITEM, "severity": "minor"},
                {**finding(730), **ONE_ITEM, "severity": "critical"},
            ]
        },
        "violation_points",
        3,
        [(183, 2), (366, 1), (730, 30), (913, 20), (1096, 10), (1461, 0)],
    ),
    "an item of one visit found again after 365 days, milder": (
        {
            "violations": [
                {**finding(0), **ONE_ITEM, "severity": "critical"},
                {**finding(365), **ONE_ITEM, "severity": "serious"},
            ]
        },
        "violation_points",
        30,
        [(183, 20), (366, 15), (548, 10), (731, 5), (1096, 0)],
    ),
    "a plan approved in time": (
        {"violations": [finding(0, **DUE, **PLAN)]},
        "overdue_rectifications",
        0,
        [(61, 1)],
    ),
    "a plan approved on the last day, longer than a plan may be": (
        {"violations": [finding(0, **DUE, plan_approved_on=30, plan_until=1400)]},
        "open_rectifications",
        1,
        [(30, 0), (30 + LONGEST, 1)],
    ),
    "a plan approved too late": (
        {"violations": [finding(0, **DUE, plan_approved_on=31, plan_until=90)]},
        "overdue_rectifications",
        0,
        [(31, 1)],
    ),
    "a plan of one day, and put right in another": (
        {
            "violations": [
                finding(0, **DUE, plan_approved_on=5, plan_until=5),
                finding(0, **DUE, **PLAN, rectified_on=20),
            ]
        },
        "open_rectifications",
        2,
        [(5, 1), (6, 2), (10, 1)],
    ),
    "a deadline on the day of the finding": (
        {"violations": [finding(0, rectify_due_on=0, rectified_on=4)]},
        "overdue_days",
        0,
        [(1, 1), (2, 2), (3, 3), (4, 0)],
    ),
    "put right on the day of the finding": (
        {"violations": [finding(0, rectified_on=0)], "inspections": [visit(9, "clean")]},
        "unsettled_findings",
        0,
        [],
    ),
    "a penalty decided on the day of another, one on a person, one before 180 days are over": (
        {
            "violations": [
                finding(0, decided_on=10),
                finding(0, decided_on=10),
                {**finding(0, decided_on=20), "penalty_person": 5, "penalty_unit": 0},
                {**finding(0, decided_on=30), "penalty_person": 5},
                {**finding(0, decided_on=190), "penalty_person": 5, "penalty_unit": 1},
            ]
        },
        "penalties_180d",
        0,
        [(10, 1), (190, 2), (191, 1), (371, 0)],
    ),
    "an item named by the number of another finding": (
        {
            "violations": [
                {**finding(0), "violation_id": "n", "inspection_id": "v"},
                {**finding(5), "item_code": "n", "inspection_id": "v"},
                {**finding(9), "item_code": "n", "inspection_id": "w"},
            ]
        },
        "repeat_items",
        0,
        [(9, 1), (736, 0)],
    ),
    "a complaint never closed, and one closed": (
        {"alerts": [spell(at(0), None, "complaint"), spell(at(1), at(3, 1439), "complaint")]},
        "complaints_upheld_12m",
        0,
        [(3, 1), (367, 0)],
    ),
    "an alert answered in its minute": (
        {"alerts": [{**spell(at(0, 1439)), "kind": "exceedance", "acknowledged_at": at(0, 1439)}]},
        "unanswered_alerts",
        0,
        [],
    ),
    "an alert answered late": (
        {"alerts": [{**spell(at(0, 1439)), "kind": "exceedance", "acknowledged_at": at(3)}]},
        "unanswered_alerts",
        0,
        [(1, 1), (3, 0)],
    ),
    "two spells at once": (
        {"alerts": [spell(at(0), at(3)), spell(at(0), at(3))]},
        "offline_days",
        1,
        [(1, 3), (2, 5), (3, 6), (90, 4), (91, 2), (92, 0)],
    ),
    "a spell that runs on the first day and never ends": (
        {"alerts": [spell(at(-50))]},
        "offline_days",
        50,
        [(day, 50 + day) for day in range(1, 41)],
    ),
    "an endless spell that is longer than its window": (
        {"alerts": [spell(at(-500))]},
        "offline_days",
        90,
        [],
    ),
    "a spell that was over before": ({"alerts": [spell(at(-500), at(-100))]}, "offline_days", 0, []),
    "a spell of no minute": ({"alerts": [spell(at(3), at(3))]}, "offline_days", 0, []),
    "checks off site before and after visits": (
        {
            "inspections": [
                visit(-5, "refused", "off_site"),
                visit(0, "findings"),
                visit(5, "serious", "off_site"),
                visit(10, "stopped", "off_site"),
                visit(15, "refused", "off_site"),
                visit(20, "clean", "off_site"),
                visit(25, "clean"),
                visit(25, "serious", "off_site"),
                visit(30, "findings", "off_site"),
                visit(40, "clean"),
                visit(45, "findings", "off_site"),
                visit(46, "unknown", "off_site"),
            ]
        },
        "last_result",
        2,
        [(5, 3), (10, 4), (15, 5), (25, 3), (40, 0)],
    ),
    "several visits on a day": (
        {
            "inspections": [
                *(visit(0, "clean"), visit(0, "clean"), visit(4, "clean"), visit(4, "unknown")),
                *(visit(5, "clean"), visit(7, "findings", "off_site"), visit(7, "clean"), visit(8, "clean")),
            ]
        },
        "clean_streak",
        2,
        [(4, 0), (5, 1), (7, 0), (8, 1)],
    ),
}
"""A world, a feature, its level on the as-of day, and every later change: days after it, and the level."""
SPAN = Span(AS_OF, later(1500), later(1500))


def reading(*features: str) -> list[InForce]:
    """Rules whose points are the levels of features."""
    points = {value: value for value in range(101)}
    factors = tuple(Factor(feature, feature, points, 999, "z", "e") for feature in features)
    return [InForce(LONG_AGO, replace(POLICY, scorecard=Scorecard("levels", "1", factors)))]


@pytest.mark.parametrize("case", CASES)
def test_a_level_begins_and_changes_on_its_days(case: str):
    events, feature, begins, changes = CASES[case]
    moments, _ = judged(world(**events), SPAN, reading(feature))
    assert moments.steps["score"][0] == begins
    told = moments.points.select("as_of", "points").rows()
    assert [(day - day_number(AS_OF), points) for day, points in told] == changes


FIRMS = {f"e{n:02}": case for n, case in enumerate(CASES)}


def together() -> World:
    """Every case as an enterprise of its own; of each table the first row of all of them, then the second, and so on."""
    events = dict[str, list[dict[str, Any]]]()
    for table in EVENTS:
        told = [
            [{**one, "enterprise_id": firm} for one in CASES[case][0].get(table, [])]
            for firm, case in FIRMS.items()
        ]
        events[table] = [one for several in zip_longest(*told) for one in several if one is not None]
    return world([{"enterprise_id": firm} for firm in FIRMS], **events)


def test_enterprises_whose_rows_interleave_do_not_touch_each_other():
    features = sorted({feature for _, feature, _, _ in CASES.values()})
    moments, _ = judged(together(), SPAN, reading(*features))
    for firm, case in FIRMS.items():
        _, feature, _, changes = CASES[case]
        own = moments.points.filter(enterprise_id=firm, factor=feature).select("as_of", "points").rows()
        assert [(day - day_number(AS_OF), points) for day, points in own] == changes


@pytest.mark.parametrize("seed", range(tries(4)))
def test_all_levels_of_worlds_by_hand_are_what_loops_count(seed: int):
    rules = edgy_rules(seed, AS_OF, later(1200), POLICIES[seed : seed + 2])
    span = Span(AS_OF - timedelta(days=30), later(1200), later(1500))
    days = range(day_number(span.first), day_number(span.last), 50)
    assert list(differences(together(), span, rules, days)) == []


@pytest.mark.parametrize("policy", POLICIES[:3])
def test_rows_that_the_contract_refuses_are_read_as_loops_read_them(policy: Any):
    """A plan that ends before it begins, and what is put right, or decided, before it is found."""
    told = [
        finding(0, **DUE, plan_approved_on=10, plan_until=5),
        {**finding(0, rectified_on=-3), "is_major_hazard": True},
        finding(4, rectify_due_on=1),
        finding(5, decided_on=-9),
    ]
    visits = [visit(-2, "clean"), visit(3, "findings")]
    schemas = {name: TABLES[name].schema.create_empty().schema for name in ("violations", "inspections")}
    of = world() | {
        name: pl.DataFrame(
            [row(name, n, **one) for n, one in enumerate(rows, 1)], schema=schemas[name], orient="row"
        )
        for name, rows in (("violations", told), ("inspections", visits))
    }
    span = Span(later(-10), later(400), later(400))
    days = range(day_number(span.first), day_number(span.last))
    assert list(differences(of, span, [InForce(LONG_AGO, edgy_card(0, policy))], days)) == []
