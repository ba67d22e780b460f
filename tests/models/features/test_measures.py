"""Measures by themselves: what each makes of a few events, and on which days that can change."""

from dataclasses import replace
from operator import attrgetter
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from models.features.measures import (
    Age,
    Count,
    Decisions,
    Gravest,
    Last,
    Longest,
    Measure,
    Quality,
    Repeated,
    Spells,
    Streak,
    Total,
    Weighted,
    Years,
    chosen,
    counted,
)
from models.features.windows import Step, Turn, amount, evenly, long_window
from tests.worlds.by_hand import POLICY

NUMBERS = replace(
    POLICY.features,
    severity_points={"minor": 1, "general": 3, "serious": 10},
    violation_bands=((10, 3), (20, 1)),
    severity_window_days=30,
    repeat_window_days=15,
)
GOOD = Quality(nw.col("bad") == 0)
BAD = Quality(nw.col("bad") == 1, (Turn("cleared_on"), Turn("raised_at", minutes=90)))


def measured(measure: Measure, **columns: list[Any]) -> int | None:
    """The measure of one enterprise with these events."""
    events = pl.LazyFrame(columns).with_columns(enterprise_id=pl.lit("e1"))
    folded = type(measure).family(nw.from_native(events), {"x": measure}, NUMBERS)
    return folded.to_native().collect()["x"].item()


AGES = {"age": [0, 30, 31, 90], "bad": [1, 0, 1, 1], "n": [1, 10, 100, 1000]}


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        (Count(), 4),
        (Count(within=31), 3),
        (Count(within=long_window), 2),
        (Count(where=BAD), 3),
        (Count(where=BAD, within=long_window), 1),
        (Total("n"), 1111),
        (Total("n", within=long_window), 11),
        (Total("n", where=BAD, within=31), 101),
        (Age(), 0),
        (Age(where=Quality(nw.col("bad") == 0)), 30),
        (Age("n", where=BAD), 1),
        (Age("n", where=Quality(nw.col("n") > 1), within=long_window), 10),
        (Age(where=Quality(nw.col("n") > 9999)), None),
        (Longest(), 90),
        (Longest(within=long_window), 30),
        (Longest("n", where=BAD, within=31), 100),
    ],
)
def test_a_measure_counts_what_it_says_of_the_events_it_is_about(measure: Measure, said: int | None):
    assert measured(measure, **AGES) == said


def test_the_newest_event_speaks_and_of_several_on_one_day_the_most():
    told = {"day": [5, 9, 9, 12], "n": [7, 2, 3, 1], "bad": [1, 1, 1, 0], "age": [40, 31, 31, 30]}
    assert measured(Last("n", "day", 8), **told) == 1
    assert measured(Last("n", "day", 8, where=BAD), **told) == 3
    assert measured(Last("n", "day", 8, within=long_window), **told) == 1
    assert measured(Last("n", "day", 8, where=BAD, within=long_window), **told) is None


def test_points_weigh_by_category_age_and_what_another_column_says():
    told = {"kind": ["minor", "serious", "general", "odd"], "age": [10, 11, 21, 0], "n": [2, 5, 9, 9]}
    weighted = Weighted("kind", attrgetter("severity_points"), attrgetter("violation_bands"))
    assert measured(weighted, **told) == 1 * 3 + 10 * 1
    assert measured(replace(weighted, times="n"), **told) == 1 * 3 * 2 + 10 * 1 * 5
    assert measured(replace(weighted, within=10), **told) == 3
    assert weighted.ends(NUMBERS) == (11, 21)
    assert evenly(long_window)(NUMBERS) == ((30, 1),)
    assert evenly(7)(NUMBERS) == ((7, 1),)


FOUND = {
    "source": ["a", "a", "a", "b", "a"],
    "visit": ["v1", "v1", "v2", "v1", "v3"],
    "item": ["i", "i", "i", "i", "j"],
    "is_named": [1, 1, 1, 1, 0],
    "age": [5, 5, 15, 16, 5],
    "severity": ["general", "serious", "minor", "minor", "general"],
}


def test_an_item_of_a_visit_counts_once_at_its_gravest():
    grave = Gravest("severity", attrgetter("severity_points"), evenly(long_window))
    # Visits v1, v2 and v3 of one source and v1 of another.
    assert measured(grave, **FOUND) == 10 + 1 + 1 + 3


@pytest.mark.parametrize(("within", "again"), [(attrgetter("repeat_window_days"), 1), (14, 0), (16, 1)])
def test_an_item_is_found_again_in_another_visit_of_the_window(within: Any, again: int):
    events = pl.LazyFrame(FOUND).with_columns(enterprise_id=pl.lit("e1"))
    both = {
        "grave": Gravest("severity", attrgetter("severity_points"), evenly(long_window)),
        "again": Repeated(within=within),
    }
    told = Repeated.family(nw.from_native(events), both, NUMBERS).to_native().collect()
    assert (told["again"].fill_null(0).item(), told["grave"].item()) == (again, 15)


@pytest.mark.parametrize(
    ("bad", "streak"), [([0, 0, 0], 3), ([1, 0, 0], 0), ([0, 1, 0], 1), ([0, 0, 1], 2), ([1, 1, 1], 0)]
)
def test_a_streak_lasts_since_what_broke_it(bad: list[int], streak: int):
    assert measured(Streak(where=GOOD, broken_by=BAD), bad=bad, age=[1, 5, 9]) == streak


def test_an_event_on_the_day_of_what_broke_the_streak_is_no_part_of_it():
    assert measured(Streak(where=GOOD, broken_by=BAD), bad=[1, 0, 0], age=[5, 5, 4]) == 1


def test_what_neither_counts_nor_breaks_leaves_the_streak_as_it_is():
    assert measured(Streak(where=GOOD, broken_by=BAD), bad=[0, 2, 0, 1, 0], age=[1, 2, 3, 4, 5]) == 2


def test_what_was_decided_on_one_day_is_one_decision_of_the_window_of_that_day():
    told = {"bad": [1, 1, 1, 1, 0, 1], "decided_for": [0, 7, 7, 30, 3, None], "age": [99, 7, 8, 99, 3, 1]}
    assert measured(Decisions(where=BAD, within=29), **told) == 2
    assert measured(Decisions(where=BAD, within=long_window), **told) == 3
    assert list(Decisions(where=BAD, within=29).steps("violations", "occurred_on", NUMBERS, ())) == [
        Step("violations", "decided_on", (0, 30))
    ]


def test_spells_add_up_before_they_become_days():
    told = {"start": [0, 100, 500, 9], "stop": [1000, 539, 400, 9000], "bad": [1, 1, 1, 0]}
    spells = Spells("start", "stop", ("start", "stop"), where=BAD, within=long_window)
    assert measured(spells, **told) == 0
    assert measured(spells, **{**told, "stop": [1000, 540, 400, 9000]}) == 1
    assert measured(Spells("start", "stop", ("start", "stop")), **told) == (1000 + 439 + 8991) // 1440


def test_years_end_with_their_last_day():
    assert Years().ends(NUMBERS) == (366, 731, 1096, 1461, 1826)
    assert measured(Years(), age=[0, 365, 366]) == 2


def steps(measure: Measure, asked: tuple[int, ...] = ()) -> list[Step]:
    return list(measure.steps("t", "day", NUMBERS, asked))


def test_a_measure_can_change_when_an_event_happens_leaves_the_window_or_turns():
    assert steps(Count()) == [Step("t", "day", (0,))]
    assert steps(Count(within=long_window)) == [Step("t", "day", (0, 31))]
    turns = [Step("t", "cleared_on", (0,)), Step("t", "(raised_at + 90) // 1440", (0,))]
    assert steps(Count(where=BAD, within=9)) == [Step("t", "day", (0, 10)), *turns]
    later = Quality(nw.col("bad") == 1, (Turn("due_on", attrgetter("repeat_window_days")),))
    assert steps(Count(where=later)) == [Step("t", "day", (0,)), Step("t", "due_on", (15,))]


def test_an_age_can_change_at_the_values_that_matter_and_past_them():
    assert steps(Age(), (3, 9)) == [Step("t", "day", (0,)), Step("t", "day", (0, 3, 4, 9, 10))]
    assert steps(Age(), (-1, -5)) == [Step("t", "day", (0,)), Step("t", "day", (0, 0))]
    since = Age("late_for", "due_on", within=5)
    assert steps(since, (2,)) == [Step("t", "day", (0, 6)), Step("t", "due_on", (0, 2, 3))]


def test_qualities_that_must_both_hold_turn_whenever_either_does():
    other = Quality(nw.col("n") > 1, (Turn("cleared_on"), Turn("due_on", 1)))
    both = BAD & other
    assert both.turns == (*BAD.turns, Turn("due_on", 1))
    assert measured(Count(where=both), **AGES) == 2


def test_what_no_condition_limits_is_taken_as_it_is_and_unknown_counts_as_no():
    frame = nw.from_native(pl.DataFrame({"a": [1, None, 3], "b": [True, True, None]}))
    told = frame.select(
        c=counted(nw.col("a"), [nw.col("b")]),
        d=chosen(nw.col("a"), [nw.col("b")]),
        e=counted(nw.col("a"), ()),
    )
    assert told["c"].to_list() == [1, None, 0]
    assert told["d"].to_list() == [1, None, None]
    assert told["e"].to_list() == [1, None, 3]


def test_an_amount_is_a_number_or_what_the_policy_says():
    assert (amount(5, NUMBERS), amount(long_window, NUMBERS)) == (5, 30)
