"""Measures by themselves: what each makes of a few events on a day, and on which days of a span that changes."""

from dataclasses import replace
from operator import attrgetter
from typing import Any

import pytest

from models.features.intervals import Quality
from models.features.measures import (
    Age,
    Combined,
    Days,
    Exists,
    Gravest,
    Inherent,
    Last,
    LastResult,
    Longest,
    Measure,
    Repeated,
    Spells,
    Streak,
    Sum,
    Years,
    case,
    said,
)
from models.features.windows import amount, evenly, long_window
from tests.worlds.by_hand import POLICY
from tests.worlds.measured import NUMBERS, Changes, Tell

GOOD, BAD = Quality(("NOT bad",)), Quality(("bad",))
TODAY = 1000


def ago(*ages: int) -> list[int]:
    """Days of events that are so old today."""
    return [TODAY - age for age in ages]


AGES: dict[str, list[Any]] = {
    "day": ago(0, 30, 31, 90),
    "bad": [True, False, True, True],
    "n": [1, 10, 100, 1000],
    "since": [TODAY + 5, *ago(20, 2), None],
    "until": [None, TODAY - 1, TODAY + 10, TODAY + 1],
}
FROM, TILL = Quality(begins=("since",)), Quality(ends=("until",))


@pytest.mark.parametrize(
    ("measure", "level"),
    [
        (Sum(), 4),
        (Sum(within=31), 3),
        (Sum(within=long_window), 2),
        (Sum(where=BAD), 3),
        (Sum(where=BAD, within=long_window), 1),
        (Sum(of="n"), 1111),
        (Sum(of="n", within=long_window), 11),
        (Sum(of="n", where=BAD, within=31), 101),
        (Sum(of=lambda policy: f"n * {policy.repeat_window_days}", within=0), 15),
        (Sum(where=FROM), 2),
        (Sum(of="n", where=FROM), 110),
        (Sum(of="n", where=TILL), 1101),
        (Sum(of="n", where=FROM & TILL & BAD), 100),
        (Exists(), 1),
        (Exists(where=FROM & TILL, within=30), 0),
        (Exists(where=FROM & TILL, within=31), 1),
        (Age(), 0),
        (Age(where=GOOD), 30),
        (Age(where=Quality(("n > 9999",))), None),
        (Age(where=Quality(("n > 10",)) & BAD), 31),
        (Longest(since="day"), 90),
        (Longest(since="day", where=TILL), 90),
        (Longest(since="since"), 20),
        (Longest(since="since", where=BAD), 2),
        (Longest(since="since", where=Quality(("n = 1",))), 0),
        (Days(day="day"), 4),
        (Days(day="since"), 2),
        (Days(day="since", within=19), 1),
        (Days(day="since", where=GOOD, within=20), 1),
    ],
)
def test_a_measure_counts_what_it_says_of_the_events_it_is_about(
    tell: Tell, measure: Measure, level: int | None
):
    assert tell(measure, **AGES).on(TODAY) == level


def test_nothing_on_record_is_nought_or_unknown(tell: Tell):
    assert tell(Sum(), **AGES).on(TODAY - 91) == 0
    assert tell(Age(), **AGES).on(TODAY - 91) is None
    assert tell(Last(of="n"), **AGES).on(TODAY - 91) is None
    assert tell(Streak(where=GOOD, broken_by=BAD), **AGES).on(TODAY - 91) == 0
    blanks = [Sum.blank, Exists.blank, Gravest.blank, Repeated.blank, Spells.blank, Streak.blank]
    assert blanks == [0] * 6
    assert [Age.blank, Last.blank, LastResult.blank, Inherent.blank, Combined.blank] == [None] * 5


@pytest.mark.parametrize(
    ("measure", "changes"),
    [
        (Sum(), [(910, 1), (969, 2), (970, 3), (1000, 4)]),
        (
            Sum(within=31),
            [(910, 1), (942, 0), (969, 1), (970, 2), (1000, 3), (1001, 2), (1002, 1), (1032, 0)],
        ),
        (Sum(of="n", where=FROM), [(980, 10), (998, 110), (1005, 111)]),
        (Sum(of="n", where=TILL & BAD), [(910, 1000), (969, 1100), (1000, 1101), (1001, 101), (1010, 1)]),
        (Exists(within=31), [(910, 1), (942, 0), (969, 1), (1032, 0)]),
        (Exists(where=TILL & BAD, within=60), [(910, 1), (1061, 0)]),
        (Days(day="since", within=19), [(980, 1), (998, 2), (1000, 1), (1005, 2), (1018, 1), (1025, 0)]),
    ],
)
def test_a_level_changes_when_an_event_happens_turns_or_leaves_the_window(
    tell: Tell, measure: Measure, changes: Changes
):
    assert tell(measure, **AGES).over(900, 1100) == changes


def test_a_span_begins_with_what_holds_on_its_first_day_and_tells_nothing_past_its_last(tell: Tell):
    told = tell(Sum(within=31), **AGES)
    assert told.over(971, 1001) == [(971, 2), (1000, 3), (1001, 2)]
    assert told.over(943, 968) == []
    assert told.over(1000, 1000) == [(1000, 3)]
    assert tell(Age(), **AGES).over(920, 960, (20, 40)) == [(920, 0), (930, 20), (950, 40)]


def test_an_age_is_told_at_the_values_that_are_asked_for(tell: Tell):
    told = tell(Age(where=GOOD), **AGES)
    assert told.over(900, 1100, (3, 9, -1)) == [(970, 0), (973, 3), (979, 9)]
    often = tell(Age(), day=[10, 10, 13], bad=[True, False, True])
    assert often.over(0, 100, (3, 2)) == [(10, 0), (12, 2), (13, 0), (15, 2), (16, 3)]


def test_what_goes_back_furthest_is_told_at_the_values_that_are_asked_for(tell: Tell):
    told = tell(Longest(since="since", where=TILL), day=[5, 9], since=[7, 8], until=[15, None])
    assert told.over(0, 30, (4, 6, 100)) == [(8, 1), (11, 4), (13, 6)]
    assert [told.on(day) for day in (7, 8, 13, 14, 15)] == [0, 1, 6, 7, 7]
    alone = tell(Longest(since="since", where=TILL), day=[5], since=[7], until=[15])
    assert alone.over(0, 30, (4, 6)) == [(8, 1), (11, 4), (13, 6), (15, 0)]


def test_the_newest_event_speaks_and_of_several_on_one_day_the_most(tell: Tell):
    events = {"day": [5, 9, 9, 12], "n": [7, 2, 3, 1], "bad": [True, True, True, False]}
    assert tell(Last(of="n"), **events).on(40) == 1
    assert tell(Last(of="n", where=BAD), **events).on(40) == 3
    young = tell(Last(of="n", where=BAD, within=long_window), **events)
    assert [young.on(day) for day in (4, 5, 8, 9, 39, 40)] == [None, 7, 7, 3, 3, None]
    assert young.over(0, 100) == [(5, 7), (9, 3), (40, None)]
    assert young.over(39, 100) == [(39, 3), (40, None)]
    assert tell(Last(of="n"), **events).over(0, 100) == [(5, 7), (9, 3), (12, 1)]
    renewed = tell(Last(of="n", within=long_window), day=[5, 36], n=[7, 2])
    assert renewed.over(0, 100) == [(5, 7), (36, 2), (67, None)]


def points(policy: Any) -> str:
    return case("kind", policy.severity_points)


WEIGHED = Sum(of=points, bands=attrgetter("violation_bands"))


def test_points_weigh_by_category_age_and_what_another_column_says(tell: Tell):
    events = {"kind": ["minor", "serious", "general", "odd"], "day": ago(10, 11, 21, 0), "n": [2, 5, 9, 9]}
    assert tell(WEIGHED, **events).on(TODAY) == 1 * 3 + 10 * 1
    times = replace(WEIGHED, of=lambda policy: f"({points(policy)}) * n")
    assert tell(times, **events).on(TODAY) == 1 * 3 * 2 + 10 * 1 * 5
    changes = [(979, 9), (989, 39), (990, 36), (1000, 13), (1001, 11), (1010, 1), (1011, 0)]
    assert tell(WEIGHED, **events).over(900, 1100) == changes
    assert WEIGHED.weights(NUMBERS) == [(0, 11, 3), (11, 21, 1)]


@pytest.mark.parametrize(
    ("bands", "weights"),
    [
        (evenly(long_window)(NUMBERS), [(0, 31, 1)]),
        (evenly(7)(NUMBERS), [(0, 8, 1)]),
        (((0, 4), (10, 0), (20, 1)), [(0, 1, 4), (11, 21, 1)]),
        (((10, 2), (10, 5), (20, 1)), [(0, 11, 2), (11, 21, 1)]),
    ],
)
def test_of_bands_that_give_nothing_or_end_together_no_interval_is_left(bands: Any, weights: Any):
    assert Sum(bands=lambda policy: bands).weights(NUMBERS) == weights


FOUND: dict[str, list[Any]] = {
    "source": ["a", "a", "a", "b", "a"],
    "visit": ["v1", "v1", "v2", "v1", "v3"],
    "item": ["i", "i", "i", "i", "j"],
    "day": ago(5, 5, 15, 16, 5),
    "kind": ["general", "serious", "minor", "minor", "general"],
    "one": [7, 7, None, None, None],
}
"""``one``: what is found several times in one visit."""


def test_an_item_of_a_visit_counts_once_at_its_gravest(tell: Tell):
    grave = tell(Gravest(of=points, bands=evenly(long_window)), **FOUND)
    # Visits v1, v2 and v3 of one source and v1 of another.
    assert grave.on(TODAY) == 10 + 1 + 1 + 3
    assert grave.over(900, 1100) == [(984, 1), (985, 2), (995, 15), (1015, 14), (1016, 13), (1026, 0)]


def test_what_was_gravest_gives_way_to_what_weighs_more_today(tell: Tell):
    grave = Gravest(of=points, bands=attrgetter("violation_bands"))
    told = tell(grave, day=[100, 112], kind=["serious", "general"], one=[1, 1])
    changes = [(100, 30), (111, 10), (121, 9), (123, 3), (133, 0)]
    assert told.over(0, 200) == changes
    assert told.over(115, 122) == [(115, 10), (121, 9)]
    assert [(day, told.on(day)) for day, _ in changes] == changes


@pytest.mark.parametrize(("within", "again"), [(attrgetter("repeat_window_days"), 1), (14, 0), (16, 1)])
def test_an_item_is_found_again_in_another_visit_of_the_window(tell: Tell, within: Any, again: int):
    assert tell(Repeated(within=within), **FOUND).on(TODAY) == again


def test_an_item_is_found_again_while_two_visits_lie_in_the_window(tell: Tell):
    told = tell(Repeated(within=15), **FOUND)
    # Of v1 of the other source (984), v2 (985) and v1 (995), two at least until the second last leaves.
    assert told.over(900, 1100) == [(985, 1), (1001, 0)]
    assert [told.on(day) for day in (984, 985, 1000, 1001)] == [0, 1, 1, 0]
    twice = tell(
        Repeated(within=15), day=[1, 1, 9, 9], item=["i", "j"] * 2, source=["a"] * 4, visit=[*"vvww"]
    )
    assert twice.over(0, 100) == [(9, 2), (17, 0)]
    same = tell(Repeated(within=15), day=[1, 9], item=["i"] * 2, source=["a"] * 2, visit=["v"] * 2)
    assert same.over(0, 100) == []


@pytest.mark.parametrize(
    ("bad", "streak"), [([0, 0, 0], 3), ([1, 0, 0], 0), ([0, 1, 0], 1), ([0, 0, 1], 2), ([1, 1, 1], 0)]
)
def test_a_streak_lasts_since_what_broke_it(tell: Tell, bad: list[int], streak: int):
    assert (
        tell(Streak(where=GOOD, broken_by=BAD), bad=[*map(bool, bad)], day=ago(1, 5, 9)).on(TODAY) == streak
    )


def test_an_event_on_the_day_of_what_broke_the_streak_is_no_part_of_it(tell: Tell):
    told = tell(Streak(where=GOOD, broken_by=BAD), bad=[True, False, False, False], day=[5, 5, 6, 6])
    assert told.over(0, 9) == [(5, 0), (6, 2)]
    assert told.over(6, 9) == [(6, 2)]


def test_what_neither_counts_nor_breaks_leaves_the_streak_as_it_is(tell: Tell):
    events = {"bad": [False, None, False, True, False], "day": ago(1, 2, 3, 4, 5)}
    told = tell(Streak(where=GOOD, broken_by=BAD), **events)
    assert told.on(TODAY) == 2
    assert told.over(990, 1000) == [(995, 1), (996, 0), (997, 1), (998, 1), (999, 2)]


def test_what_was_found_since_the_last_that_speaks_is_left_where_it_is_graver(tell: Tell):
    last = LastResult(speaks=GOOD, rank="n", grave=(3, 4))
    events = {"day": [1, 4, 5, 6, 7, 7, 9], "n": [3, 2, 4, 5, 1, 3, 2], "bad": [1, 0, 1, 1, 0, 1, 1]}
    told = tell(last, **{**events, "bad": [*map(bool, events["bad"])]})
    # 5 is no rank that others than those that speak can leave; on one day both speak.
    assert told.over(0, 20) == [(1, 3), (4, 2), (5, 4), (6, 4), (7, 3), (9, 3)]
    assert [told.on(day) for day in (0, 1, 4, 5, 7, 20)] == [None, 3, 2, 4, 3, 3]


def test_what_was_decided_on_one_day_is_one_decision_of_the_window_of_that_day(tell: Tell):
    events = {"bad": [True, True, True, True, False, True], "since": [*ago(0, 7, 7, 30, 3), None]}
    told = {"day": ago(99, 7, 8, 99, 3, 1), **events}
    assert tell(Days(day="since", where=BAD, within=29), **told).on(TODAY) == 2
    assert tell(Days(day="since", where=BAD, within=long_window), **told).on(TODAY) == 3


SPELLS = Spells(begins="since", ends="until", days=90)
DAY = 1440


def test_spells_add_up_before_they_become_days(tell: Tell):
    half = {"since": [0, 2 * DAY], "until": [720, 2 * DAY + 719]}
    assert tell(SPELLS, day=[0, 2], **half).on(5) == 0
    assert tell(SPELLS, day=[0, 2], since=half["since"], until=[720, 2 * DAY + 720]).on(5) == 1


def test_the_minutes_of_a_spell_grow_stand_and_leave_the_window(tell: Tell):
    told = tell(SPELLS, day=[10], since=[10 * DAY], until=[13 * DAY])
    # By the last minute of day 12 a minute of three days is left, and of day 99 a minute and two days.
    changes = [(11, 1), (12, 2), (13, 3), (100, 2), (101, 1), (102, 0)]
    assert [(day, told.on(day)) for day, _ in changes] == changes
    assert [told.on(day) for day in (9, 10, 99, 103, 999)] == [0, 0, 3, 0, 0]
    spoken = told.over(0, 200, range(1, 100))
    assert [
        one for one, before in zip(spoken, [(0, 0), *spoken], strict=False) if one[1] != before[1]
    ] == changes


def test_a_spell_that_is_not_over_fills_the_window_and_one_that_ends_before_it_begins_is_none(tell: Tell):
    endless = tell(SPELLS, day=[10], since=[10 * DAY], until=[None])
    assert [endless.on(day) for day in (10, 50, 99, 100, 5000)] == [0, 40, 89, 90, 90]
    assert endless.over(99, 5000, (1, 90, 91)) == [(99, 89), (100, 90)]
    backwards = tell(SPELLS, day=[10], since=[10 * DAY], until=[9 * DAY])
    assert backwards.over(0, 200, (1, 2)) == []


def test_years_end_with_their_last_day(tell: Tell):
    told = tell(Years(youngest="x"), day=[TODAY - 366, *ago(0, 365)])
    assert told.on(TODAY) == 2
    # From 1000 on the first one is a year older than the second, and the second than the third, for a day each.
    ends = [(1365, 3), (1366, 2), (1730, 3), (1731, 2), (2095, 3), (2096, 2), (2461, 1), (2826, 0)]
    assert told.over(600, 4000) == [(634, 1), (1000, 2), *ends]
    assert tell(Years(youngest="x"), day=[0, 0]).over(0, 4000) == [(0, 1), (1826, 0)]


def test_what_several_give_together_follows_each_of_them(tell: Tell):
    words = Combined(of=("x",), says="CASE WHEN x > 2 THEN 1 ELSE 0 END", categories=("few", "many"))
    told = tell(Sum(within=31), words, **AGES)
    assert [told.on(day) for day in (0, 970, 1000, 1001)] == ["few", "few", "many", "few"]
    assert [one for one in told.over(800, 1100) if one[0] in (800, 999, 1000, 1001)] == [
        (800, 0),
        (1000, 1),
        (1001, 0),
    ]
    share = tell(
        Sum(within=31), Combined(of=("x",), says=lambda policy: f"10 * x // {policy.prior_visits}"), **AGES
    )
    assert share.on(1000) == 30 // POLICY.features.prior_visits
    assert share.over(1000, 1000) == [(1000, 30 // POLICY.features.prior_visits)]


RESTING = Quality(rests=(("rests_from", "rests_until"),))
RESTS: dict[str, list[Any]] = {
    "day": [10, 10, 10, 10, 10, 10],
    "rests_from": [20, 5, 8, None, 40, 20],
    "rests_until": [30, 15, 8, 90, 30, None],
    "n": [1, 10, 100, 1000, 10_000, 100_000],
}
"""In the middle, over the begin, of no day, from no day on, one that ends before it begins, until no day."""


def test_an_event_does_not_count_while_it_rests(tell: Tell):
    told = tell(Sum(of="n", where=RESTING, within=29), **RESTS)
    changes = [(10, 111_101), (15, 111_111), (20, 111_110), (30, 111_111), (40, 0)]
    assert told.over(0, 100) == changes
    assert [(day, told.on(day)) for day, _ in changes] == changes
    assert told.over(22, 25) == [(22, 111_110)]


EVERY: dict[str, Measure] = {
    "sum": Sum(of="n", where=FROM & TILL & RESTING, within=60),
    "weighed": WEIGHED,
    "exists": Exists(where=TILL & RESTING, within=20),
    "years": Years(where=RESTING, youngest="x"),
    "days": Days(day="since", where=TILL & RESTING, within=35),
    "longest": Longest(since="since", where=TILL & RESTING),
    "gravest": Gravest(of=points, bands=attrgetter("violation_bands"), where=RESTING),
    "repeated": Repeated(within=40),
    "age": Age(where=BAD),
    "last": Last(of="n", where=GOOD, within=25),
    "streak": Streak(where=GOOD, broken_by=BAD),
    "result": LastResult(speaks=GOOD, rank="n % 6", grave=(2, 5)),
    "spells": Spells(begins="(day * 1440 + n)", ends="(until * 1440 + 3 * n)", days=90),
}
MANY: dict[str, list[Any]] = {
    "day": [*range(100, 220, 8), 130, 130, 131],
    "bad": [n % 3 == 0 for n in range(18)],
    "n": [n * 37 % 11 for n in range(18)],
    "kind": ["minor", "serious", "general"] * 6,
    "since": [None if n % 5 == 4 else 100 + n * 53 % 150 for n in range(18)],
    "until": [None if n % 4 == 3 else 120 + n * 8 + n * 29 % 60 for n in range(18)],
    "rests_from": [None if n % 2 else 110 + n * 31 % 90 for n in range(18)],
    "rests_until": [None if n % 2 else 120 + n * 31 % 90 for n in range(18)],
    "source": ["a", "b"] * 9,
    "visit": ["v", "w", "u"] * 6,
    "item": ["i", "j", "k", "i"] * 4 + ["i", "j"],
    "one": [None if n % 3 else n % 2 for n in range(18)],
}


ASKED = (1, 2, 3, 5, 8, 21, 40, 41, 90, 300, 900)


def reached(level: int | None) -> int | None:
    """The last value that is asked for that a level has come to; between two of them nobody changes their mind."""
    return level if not level else max(one for one in ASKED if one <= level)


@pytest.mark.parametrize("name", EVERY)
def test_a_span_tells_of_each_day_what_the_day_tells(tell: Tell, name: str):
    measure = EVERY[name]
    told = tell(measure, **MANY)
    days = [99, 100, 101, 108, *range(128, 137, 2), *range(180, 420, 24)]
    on_days = [told.on(day) for day in days]
    for first in (95, 135):
        spoken = told.over(first, 420, ASKED)
        for day, level in zip(days, on_days, strict=True):
            if day >= first:
                before = [value for at, value in spoken if at <= day]
                assert reached(before[-1] if before else measure.blank) == reached(level), day
    assert len(set(on_days)) > 1


def test_an_amount_is_a_number_or_what_the_policy_says():
    assert (amount(5, NUMBERS), amount(long_window, NUMBERS)) == (5, 30)
    assert (said("n", NUMBERS), said(lambda policy: f"{policy.repeat_window_days}", NUMBERS)) == ("n", "15")
    assert case("a", {"x": 1}, otherwise=7) == "CASE a WHEN 'x' THEN 1 ELSE 7 END"
