"""Clocks across holidays, who may decide, what hangs on an objection, and whether an override was right."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import is_working_day
from models.disputes import (
    Involved,
    conflicts,
    decide_by,
    is_decisive,
    judge_override,
    last_filing_day,
    names_in,
    require_name,
    require_reason,
    require_reviewer,
)
from models.errors import DisputeError
from models.messages import Message
from models.policy import load_policy

REVIEW = load_policy().on(date(2026, 6, 30)).review


# --------------------------------------------------------------------------------------------- clocks


def test_three_weeks_end_on_the_working_day_they_end_on() -> None:
    assert last_filing_day(date(2026, 6, 1), REVIEW).day == date(2026, 6, 22)
    assert decide_by(date(2026, 6, 9), REVIEW, is_decisive=False).day == date(2026, 6, 30)


def test_three_weeks_that_end_on_a_saturday_end_on_monday() -> None:
    assert decide_by(date(2026, 6, 6), REVIEW, is_decisive=False).day == date(2026, 6, 29)


def test_three_weeks_that_end_in_the_national_holiday_end_after_it() -> None:
    # 10 September 2025 + 21 days = 1 October; the holiday lasts to the 8th.
    assert decide_by(date(2025, 9, 10), REVIEW, is_decisive=False).day == date(2025, 10, 9)
    assert last_filing_day(date(2025, 9, 17), REVIEW).day == date(2025, 10, 9)


def test_where_the_pack_lets_no_clock_roll_three_weeks_end_on_their_day_worked_or_not() -> None:
    still = replace(REVIEW, clock_rolls=False)
    for filed_on in (date(2026, 6, 6), date(2026, 6, 9), date(2025, 9, 10)):
        wanted = filed_on + timedelta(days=21)
        assert (
            decide_by(filed_on, still, is_decisive=False).day
            == last_filing_day(filed_on, still).day
            == wanted
        )


def test_five_working_days_jump_the_national_holiday_and_count_the_make_up_saturday() -> None:
    # Monday 29 September 2025: the 30th, then 9, 10, 11 (a make-up Saturday) and 13 October.
    assert decide_by(date(2025, 9, 29), REVIEW, is_decisive=True).day == date(2025, 10, 13)


def test_clocks_across_the_spring_festival() -> None:
    # 15 to 23 February 2026 are off, Saturday the 14th is worked.
    assert decide_by(date(2026, 1, 26), REVIEW, is_decisive=False).day == date(2026, 2, 24)
    assert decide_by(date(2026, 2, 12), REVIEW, is_decisive=True).day == date(2026, 2, 26)


def test_a_clock_on_a_calendar_not_yet_announced_is_provisional() -> None:
    assert not decide_by(date(2026, 6, 9), REVIEW, is_decisive=True).is_provisional
    assert decide_by(date(2026, 12, 28), REVIEW, is_decisive=True).is_provisional
    assert decide_by(date(2026, 12, 20), REVIEW, is_decisive=False).is_provisional


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.booleans())
def test_every_clock_ends_on_a_working_day_after_the_filing(filed_on: date, is_decisive: bool) -> None:
    clock = decide_by(filed_on, REVIEW, is_decisive=is_decisive)
    assert is_working_day(clock.day)[0]
    assert timedelta(days=5) <= clock.day - filed_on <= timedelta(days=40)


# ------------------------------------------------------------------------------------------- reviewers

MATTER = Involved(filed_by="王某", recorded_by={"李四", "张三"}, overridden_by={"赵六"})


@pytest.mark.parametrize(
    ("reviewer", "hand"),
    [("张三", "recorded"), ("王某", "filed"), ("赵六", "overrode"), (" 李 四 ", "recorded")],
)
def test_whoever_had_a_hand_in_it_does_not_decide_what_the_code_hangs_on(reviewer: str, hand: str) -> None:
    assert conflicts(reviewer, MATTER) == (hand,)
    with pytest.raises(DisputeError, match="somebody else"):
        require_reviewer(reviewer, MATTER, is_decisive=True)


def test_where_nothing_hangs_on_it_the_same_person_may_decide_and_it_is_recorded() -> None:
    assert require_reviewer("张三", MATTER, is_decisive=False) == ("recorded",)
    assert require_reviewer("孙七", MATTER, is_decisive=True) == ()


def test_whoever_decided_the_first_time_does_not_decide_again() -> None:
    again = Involved(filed_by="王某", decided_before={"孙七"})
    with pytest.raises(DisputeError, match="earlier objection"):
        require_reviewer("孙七", again, is_decisive=True)


def test_names_are_the_same_whatever_their_width_and_separator() -> None:
    assert names_in("张三;李四； Wang Wu") == {"张三", "李四", "wangwu"}
    assert names_in(None) == set()


def test_reasons_say_something_and_names_name_somebody() -> None:
    assert require_reason("  经现场核对，\n 储罐区属于邻厂，本条应予撤销。 ", Message("x")).startswith(
        "经现场核对， 储罐区"
    )
    with pytest.raises(DisputeError, match="20 are the least"):
        require_reason("同意" + " " * 30, Message("x"))
    with pytest.raises(DisputeError, match="names nobody"):
        require_name("  ", Message("Who decides"))


# ------------------------------------------------------------------------------------------ decisiveness


def test_an_objection_is_decisive_when_the_code_would_differ() -> None:
    assert is_decisive(("red", "red"), ("yellow", "yellow"), code="red")
    assert not is_decisive(("red", "red"), ("red", "red"), code="red")


def test_an_override_does_not_hide_that_the_code_hangs_on_it() -> None:
    assert is_decisive(("blue", "red"), ("blue", "yellow"), code="blue")


def test_a_contested_code_is_decisive_unless_it_is_green() -> None:
    assert is_decisive(("yellow", "yellow"), None, code="yellow")
    assert not is_decisive(("green", "green"), None, code="green")


# --------------------------------------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("code_before", "code", "has_adverse", "visits", "is_over", "verdict"),
    [
        ("red", "yellow", True, 0, False, "wrong"),
        ("red", "yellow", False, 3, False, "pending"),
        ("red", "yellow", False, 1, True, "right"),
        ("red", "yellow", False, 0, True, "unknown"),
        ("green", "red", True, 1, False, "right"),
        ("green", "red", False, 2, False, "pending"),
        ("green", "red", False, 2, True, "wrong"),
        ("green", "red", False, 0, True, "unknown"),
    ],
)
def test_an_override_is_judged_by_what_came_to_light(
    code_before: str, code: str, has_adverse: bool, visits: int, is_over: bool, verdict: str
) -> None:
    judged = judge_override(
        code_before=code_before, code=code, has_adverse=has_adverse, visits=visits, is_over=is_over
    )
    assert judged == verdict
