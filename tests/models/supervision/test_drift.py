"""The system's watch on itself: too much, too little, not alike, gone; counted by hand."""

import math
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from models.policy import load_policy
from models.policy.review import Monitoring
from models.supervision.drift import (
    Acknowledged,
    Measured,
    disappeared,
    feedback,
    flip_flop_rate,
    migration,
    moved,
    nights,
    parity,
    psi,
    settled,
    shares,
    shifted,
    still_codes,
    still_data,
    stopped,
)
from models.vocabulary import day_number

DAY = date(2026, 6, 30)
LIMITS: Monitoring = load_policy().on(DAY).review.monitoring


def coded(**codes: str) -> pl.DataFrame:
    return pl.DataFrame({"enterprise_id": list(codes), "code": list(codes.values())})


def test_the_migration_matrix_counts_who_was_there_on_both_days() -> None:
    matrix = migration(
        coded(a="red", b="red", c="green", gone="blue"), coded(a="red", b="yellow", c="green", new="red")
    )
    assert matrix.height == 16
    assert matrix.row(0) == ("red", "red", 1)
    cells = {(start, end): count for start, end, count in matrix.iter_rows() if count}
    assert cells == {("red", "red"): 1, ("red", "yellow"): 1, ("green", "green"): 1}


@pytest.mark.parametrize(("changed", "days", "value", "state"), [(31, 1, 31, "alarm"), (31, 2, 15.5, "ok")])
def test_movement_is_per_mille_and_day(changed: int, days: int, value: float, state: str) -> None:
    matrix = pl.DataFrame(
        {
            "from_code": ["red", "blue"],
            "to_code": ["red", "green"],
            "enterprises": [1000 - changed, changed],
        }
    )
    found = moved(matrix, days=days, limits=LIMITS)
    assert (found.value, found.state) == (value, state)


def test_nobody_on_both_days_says_nothing_about_movement() -> None:
    assert moved(migration(coded(a="red"), coded(b="red")), days=1, limits=LIMITS).state == "unknown"


def test_the_stability_index_is_nothing_for_equal_shares_and_symmetric() -> None:
    assert psi({0: 100, 1: 300}, {0: 100, 1: 300}) == 0
    by_hand = 2 * (300 / 401 - 100.5 / 401) * math.log(300.5 / 100.5)
    assert psi({0: 100, 1: 300}, {0: 300, 1: 100}) == pytest.approx(by_hand, rel=0.01)
    assert psi({0: 100, 1: 300}, {0: 300, 1: 100}) == psi({0: 300, 1: 100}, {0: 100, 1: 300})


def test_a_bin_that_empties_weighs_much_but_not_without_end() -> None:
    assert 1 < psi({0: 50, 1: 50}, {0: 100}) < 5
    assert math.isnan(psi({0: 1}, {}))


def test_a_spread_that_moved_alarms_unless_it_is_of_too_few() -> None:
    far = shifted("score", {0: 100, 10: 300}, {0: 300, 10: 100}, since=DAY, limits=LIMITS)
    assert (far.metric, far.state, far.limit_high) == ("psi_score", "alarm", 0.25)
    few = shifted("complaints", {0: 5, 10: 15}, {0: 15, 10: 5}, since=DAY, limits=LIMITS)
    assert (few.key, few.state) == (("psi", "factor", "complaints"), "unknown")


@pytest.mark.parametrize(
    ("days", "events", "state"), [(30, 100, "alarm"), (30, 99, "ok"), (29, 5000, "ok"), (0, 100, "ok")]
)
def test_codes_that_stand_still_alarm_only_when_enough_came_in(days: int, events: int, state: str) -> None:
    assert still_codes(days, events, since=DAY, limits=LIMITS).state == state


def test_a_frozen_window_alarms_until_it_is_acknowledged_and_then_after_as_long_again() -> None:
    stuck = DAY - timedelta(days=30)
    assert still_data(stuck, DAY, since=date.min, limits=LIMITS).state == "alarm"
    assert still_data(stuck + timedelta(days=1), DAY, since=date.min, limits=LIMITS).state == "ok"
    assert still_data(stuck, DAY, since=DAY - timedelta(days=29), limits=LIMITS).state == "ok"
    assert still_data(stuck, DAY, since=DAY - timedelta(days=30), limits=LIMITS).state == "alarm"
    assert still_data(None, DAY, since=date.min, limits=LIMITS).state == "unknown"


@pytest.mark.parametrize(
    ("now", "usual", "year_ago", "state"),
    [
        (0, 100, 100, "alarm"),
        (0, 100, None, "alarm"),
        (1, 100, 100, "ok"),
        (0, 99, 500, "unknown"),
        (0, 500, 3, "unknown"),
    ],
)
def test_a_stream_that_dried_up_alarms_where_it_used_to_flow(
    now: int, usual: int, year_ago: int | None, state: str
) -> None:
    assert stopped("alerts", now, usual, year_ago, limits=LIMITS).state == state


def firms(alike: str = "x", **groups: tuple[int, int]) -> pl.DataFrame:
    """Groups as (red, all), whose enterprises are alike."""
    rows = [(name, at < red, alike) for name, (red, n) in groups.items() for at in range(n)]
    return pl.DataFrame(rows, schema=["group", "is_red", "alike"], orient="row")


def test_a_group_is_compared_with_all_others_and_alarms_only_beyond_chance() -> None:
    found = {
        one.group_value: one for one in parity("division", firms(a=(30, 100), b=(10, 100)), limits=LIMITS)
    }
    assert found["a"].value == 0.3
    assert found["a"].facts["rest"] == 0.1
    assert (found["a"].limit_low, found["a"].limit_high) == (0.05, 0.2)
    assert found["a"].state == "alarm"
    assert found["b"].state == "alarm", "a third of the others' share is out of the ratio too"


def test_among_many_groups_what_chance_may_do_in_one_of_them_is_no_alarm() -> None:
    far, near = (8, 165), (20, 1000)
    alone = parity("division", firms(a=far, b=near), limits=LIMITS)
    assert alone[0].state == "alarm"
    tenth = dict.fromkeys("bcdefghijkl", (near[0] // 10, near[1] // 10))
    [found, *others] = parity("division", firms(a=far, **tenth), limits=LIMITS)
    assert (found.state, found.value) == ("ok", alone[0].value)
    assert {one.state for one in others} == {"ok"}
    grave = parity("division", firms(a=(20, 165), **tenth), limits=LIMITS)
    assert grave[0].state == "alarm", "what chance does not do in any of them is"


def test_like_is_compared_with_like() -> None:
    # Dangerous firms are RED ten times as often, and one district has more of them: nothing is wrong with it.
    city = pl.concat([firms("dangerous", a=(60, 120), b=(15, 30)), firms("harmless", a=(3, 60), b=(45, 900))])
    assert [one.state for one in parity("division", city, limits=LIMITS)] == ["ok", "ok"]
    apart = parity("division", city.drop("alike").with_columns(alike=pl.lit("x")), limits=LIMITS)
    assert [one.state for one in apart] == ["alarm", "alarm"]
    [here, _] = parity("division", city, limits=LIMITS)
    assert here.facts["rest"] == pytest.approx((120 * 0.5 + 60 * 0.05) / 180)
    alone = pl.concat([firms("only here", a=(50, 50)), firms("everywhere", a=(4, 40), b=(10, 100))])
    assert [
        (one.facts["red"], one.facts["enterprises"]) for one in parity("division", alone, limits=LIMITS)
    ] == [
        (4, 40),
        (10, 100),
    ], "who has none alike elsewhere is not compared"


def test_what_the_rules_tell_apart_is_told_and_raises_no_alarm() -> None:
    found = shares("sector", firms(a=(30, 100), b=(10, 100)))
    assert [(one.value, one.state, one.limit_high) for one in found] == [(0.3, "ok", None), (0.1, "ok", None)]
    assert [one.facts["rest"] for one in found] == [0.1, 0.3]
    assert [one.state for one in shares("size", firms(a=(10, 100)))] == ["unknown"]


def test_small_groups_near_shares_and_chance_raise_no_alarm() -> None:
    near = parity("division", firms(a=(19, 100), b=(10, 100)), limits=LIMITS)
    assert [one.state for one in near] == ["ok", "ok"]
    small = parity("division", firms(a=(20, 29), b=(10, 100)), limits=LIMITS)
    assert small[0].state == "unknown"
    # Three of 30 against 4 %: two and a half times as much, and still within chance.
    chance = parity("division", firms(a=(3, 30), b=(40, 1000)), limits=LIMITS)
    assert chance[0].state == "ok"


def test_one_group_alone_has_nothing_to_be_compared_with() -> None:
    assert [one.state for one in parity("size", firms(a=(10, 100)), limits=LIMITS)] == ["unknown"]


def test_codes_that_rise_with_visits_inside_a_stratum_alarm_and_others_do_not() -> None:
    ranks = ["green", "blue", "yellow", "red"]
    looped = pl.DataFrame({"code": ranks * 20, "visits": [0, 1, 2, 3] * 20, "stratum": ["x"] * 80})
    assert feedback(looped, limits=LIMITS).state == "alarm"
    slight = feedback(looped.with_columns(visits=pl.col("visits") * 8), limits=LIMITS)
    assert slight.low is not None and 0 < slight.low < 0.05
    assert slight.state == "ok", "visits that are aimed let codes rise a little"
    before = LIMITS.model_copy(update={"most_feedback_permille": 0})
    assert feedback(looped.with_columns(visits=pl.col("visits") * 8), limits=before).state == "alarm"
    # Two strata that differ in both, and nothing within them.
    apart = pl.DataFrame(
        {
            "code": ["green", "blue"] * 20 + ["yellow", "red"] * 20,
            "visits": [0, 0, 1, 1] * 10 + [5, 5, 6, 6] * 10,
            "stratum": ["x"] * 40 + ["y"] * 40,
        }
    )
    assert feedback(apart, limits=LIMITS).state == "ok"
    assert feedback(looped.with_columns(visits=pl.lit(2)), limits=LIMITS).state == "unknown"


def flips(*changes: tuple[str, int, int], first: int = 365) -> Measured:
    """Changes as (enterprise, days before today, rank)."""
    rows = [(name, day_number(DAY) - ago, rank) for name, ago, rank in changes]
    frame = pl.DataFrame(rows, schema=["enterprise_id", "as_of", "held_rank"], orient="row")
    return flip_flop_rate(
        frame.sort("enterprise_id", "as_of"),
        first=DAY - timedelta(days=first),
        as_of=DAY,
        enterprises=10,
        within_days=90,
        limits=LIMITS,
    )


def test_flip_flops_are_counted_per_mille_and_year() -> None:
    assert flips(("a", 300, 0), ("a", 200, 3), ("a", 150, 0)).value == 100
    assert flips(("a", 300, 0), ("a", 200, 3), ("a", 100, 0)).value == 0, "came back after more than 90 days"
    assert flips(("a", 500, 0), ("a", 450, 3), ("a", 400, 0)).value == 0, "more than a year ago"


def test_a_short_history_is_scaled_to_a_year_and_below_the_window_says_nothing() -> None:
    half = flips(("a", 50, 0), ("a", 40, 3), ("a", 10, 0), first=100)
    assert (half.value, half.state) == (pytest.approx(365), "alarm")
    assert flips(("a", 50, 0), ("a", 40, 3), ("a", 10, 0), first=89).state == "unknown"
    assert flips(first=0).state == "unknown"


def test_one_missed_night_is_an_alarm_and_more_than_two_late_ones_are() -> None:
    days = [DAY - timedelta(days=ago) for ago in range(1, 8)]
    missed, late = nights([], days[:2], 30, limits=LIMITS)
    assert (missed.value, missed.state, missed.facts["days"]) == (0, "ok", "–")
    assert (late.value, late.state, late.facts["days"]) == (2, "ok", "2026-06-29, 2026-06-28")
    missed, late = nights(days[:1], days, 30, limits=LIMITS)
    assert (missed.state, late.state) == ("alarm", "alarm")
    assert late.facts["days"].endswith("2026-06-25, …"), "five are named"
    assert {one.state for one in nights([], [], 0, limits=LIMITS)} == {"unknown"}


def test_by_a_pack_that_does_not_say_nights_are_counted_and_alarm_nobody() -> None:
    before = LIMITS.model_copy(update={"most_missed_nights": None, "most_late_nights": None})
    told = LIMITS.model_dump(exclude={"most_missed_nights", "most_late_nights"})
    assert Monitoring.model_validate(told) == before
    missed, late = nights([DAY], [DAY], 30, limits=before)
    assert [(one.value, one.state, one.limit_high) for one in (missed, late)] == [(1, "ok", None)] * 2


def test_a_measure_that_is_gone_or_lost_its_value_is_an_alarm() -> None:
    now = [Measured("codes_moved", 1.0, "ok"), Measured("feedback", None, "unknown")]
    before = {
        ("codes_moved", "", ""): DAY,
        ("feedback", "", ""): DAY,
        ("psi", "factor", "complaints"): DAY,
    }
    gone = disappeared(now, before)
    assert [(one.group_kind, one.group_value, one.state) for one in gone] == [
        ("feedback", "", "alarm"),
        ("psi", "factor/complaints", "alarm"),
    ]
    assert disappeared(now, {("codes_moved", "", ""): DAY}) == []


def test_a_shift_is_acknowledged_once_and_a_level_until_it_moves_on() -> None:
    shift = Measured("codes_moved", 80.0, "alarm")
    entry = Acknowledged(shift.key, DAY, None, None)
    tomorrow = DAY + timedelta(days=1)
    assert [one.state for one in settled([shift], [entry], as_of=DAY)] == ["acknowledged"]
    assert [one.state for one in settled([shift], [entry], as_of=tomorrow)] == ["alarm"]
    level = Measured("red_rate", 0.2, "alarm", "sector", "fireworks")
    known = Acknowledged(level.key, DAY, 0.1, 0.3)
    assert [one.state for one in settled([level], [known], as_of=tomorrow)] == ["acknowledged"]
    worse = replace(level, value=0.31)
    assert [one.state for one in settled([worse], [known], as_of=tomorrow)] == ["alarm"]
    other = replace(level, group_value="general")
    assert [one.state for one in settled([other], [known], as_of=tomorrow)] == ["alarm"]


def test_what_is_fine_needs_no_acknowledging() -> None:
    fine = Measured("codes_moved", 3.0, "ok")
    assert settled([fine], [Acknowledged(fine.key, DAY, None, None)], as_of=DAY) == [fine]
