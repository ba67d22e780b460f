"""What a card would change for today's enterprises, counted by hand."""

import json
from datetime import date

import polars as pl

from models.learning.effects import Effects, effects
from models.planning.crews.capacity import Capacity
from tests.worlds.by_hand import AS_OF, POLICY, feature_rows
from tests.worlds.effects import CHANGED

ROWS = feature_rows(
    {"sector": "fireworks", "employees": 10},
    {"sector": "fireworks", "employees": 30, "open_major_hazards": 1},
    {"sector": "fireworks", "employees": 2000},
    {"sector": "general", "employees": None},
    {"sector": "general", "employees": 5, "open_major_hazards": 1},
)
NOW = pl.Series(["red", "red", "green", "blue", "red"])
THEN = pl.Series(["yellow", "red", "red", "blue", "red"])


def told(closed: frozenset[str] = frozenset(), capacity: Capacity | None = None, on: date = AS_OF) -> Effects:
    return effects(ROWS, NOW, THEN, codes=POLICY.codes, closed=closed, capacity=capacity, on=on)


def test_red_is_counted_now_and_then_with_who_comes_and_who_goes():
    found = told()
    assert (found.red_now, found.red_then, found.newly_red, found.no_longer_red) == (3, 3, 1, 1)
    assert found.red_by_rule == 2, "the open major hazards"


def test_nobody_visits_who_is_closed_but_codes_are_counted_all_the_same():
    found = told(closed=frozenset({"e3", "e5"}))
    assert (found.red_now, found.red_then, found.newly_red, found.red_by_rule) == (2, 1, 0, 1)
    assert found.groups == told().groups


def test_sectors_and_sizes_each_count_everybody_the_largest_group_first():
    found = told().groups
    assert [(one.kind, one.group, one.enterprises) for one in found] == [
        ("sector", "fireworks", 3),
        ("sector", "general", 2),
        ("size", "micro", 2),
        ("size", "large", 1),
        ("size", "small", 1),
        ("size", "unknown", 1),
    ]
    assert found[0].now == {"green": 1, "blue": 0, "yellow": 0, "red": 2}
    assert found[0].then == {"green": 0, "blue": 0, "yellow": 1, "red": 2}


def test_what_is_stored_is_read_back():
    for one in (told(), told(capacity=Capacity(12, 5)), CHANGED):
        assert Effects.from_dict(json.loads(json.dumps(one.to_dict()))) == one
