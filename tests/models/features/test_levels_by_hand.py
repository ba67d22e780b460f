"""Levels of small worlds counted by hand: when each begins, and on which days it changes."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from typing import Any

import polars as pl
import pytest

from models.coding.timeline import InForce, Span
from models.scorecard import Factor, Scorecard
from models.tables.canonical import TABLES
from models.vocabulary import day_number
from tests.worlds.by_hand import AS_OF, POLICY, row, world
from tests.worlds.edges import LONG_AGO, POLICIES, edgy_card, edgy_rules
from tests.worlds.effort import tries
from tests.worlds.folded import EVENTS
from tests.worlds.strategies import World, as_events, integer_frames
from tests.worlds.witness import differences
from warehouse.coding.levels import in_memory


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
    "a spell from the last minute of a day to the last of another": (
        {"alerts": [spell(at(0, 1439), at(3, 1439))]},
        "offline_days",
        0,
        [(1, 1), (2, 2), (3, 3), (91, 2), (92, 1), (93, 0)],
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
    with in_memory(as_events(integer_frames(world(**events)))) as rows:
        moments = rows.judged(SPAN, reading(feature))
    assert moments.steps["score"][0] == begins
    told = moments.points.select("as_of", "points").rows()
    assert [(day - day_number(AS_OF), points) for day, points in told] == changes


FIRMS = {f"e{n:02}": case for n, case in enumerate(CASES)}


def together() -> World:
    """Every case as an enterprise of its own; of each table the first row of all, then the second, and so on."""
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
    with in_memory(as_events(integer_frames(together()))) as rows:
        moments = rows.judged(SPAN, reading(*features))
    for firm, case in FIRMS.items():
        _, feature, _, changes = CASES[case]
        own = moments.points.filter(enterprise_id=firm, factor=feature).select("as_of", "points").rows()
        assert [(day - day_number(AS_OF), points) for day, points in own] == changes


@pytest.mark.parametrize("seed", range(tries(6)))
def test_all_levels_of_worlds_by_hand_are_what_loops_count(seed: int):
    rules = edgy_rules(seed, AS_OF, later(1200), POLICIES[seed : seed + 1 + seed % 2])
    span = Span(AS_OF - timedelta(days=30), later(1200), later(1500))
    days = range(day_number(span.first), day_number(span.last), 97)
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
    days = range(day_number(span.first), day_number(span.first) + 60)
    assert list(differences(of, span, [InForce(LONG_AGO, edgy_card(0, policy))], days)) == []
