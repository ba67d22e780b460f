"""Working days: against a second library, against the decree by hand, and before the notice of a year is out."""

from datetime import date, timedelta
from importlib.metadata import version

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import (
    NOTICES,
    add_working_days,
    edition,
    horizon,
    is_provisional,
    is_working_day,
    last_announced,
    read_notices,
    working_days,
)
from models.calendar import _year as YEARS
from models.disputes import decide_by, last_filing_day
from models.errors import PolicyError
from models.policy import load_policy
from models.supervision.announced import calendar, reckoned_until

DAY = timedelta(days=1)


@given(st.dates(date(2008, 1, 1), date(2026, 12, 31)))
def test_announced_days_are_those_that_another_library_tells(day: date) -> None:
    assert is_working_day(day) == (chinese_calendar.is_workday(day), False)


def test_every_announced_day_is_told_alike() -> None:
    days = [date(2008, 1, 1) + n * DAY for n in range((date(2026, 12, 31) - date(2008, 1, 1)).days + 1)]
    assert [day for day in days if is_working_day(day)[0] != chinese_calendar.is_workday(day)] == []


DECREE = {
    # 1 January; eve and first three days of the Spring Festival; Qingming; 1, 2 May; Dragon Boat; Mid-Autumn; October.
    2027: "1-1 2-5 2-6 2-7 2-8 4-5 5-1 5-2 6-9 9-15 10-1 10-2 10-3",
    2028: "1-1 1-25 1-26 1-27 1-28 4-4 5-1 5-2 5-28 10-1 10-2 10-3",
    2029: "1-1 2-12 2-13 2-14 2-15 4-4 5-1 5-2 6-16 9-22 10-1 10-2 10-3",
    2030: "1-1 2-2 2-3 2-4 2-5 4-5 5-1 5-2 6-5 9-12 10-1 10-2 10-3",
}
"""From the almanac; in 2028 Mid-Autumn is 3 October."""


@pytest.mark.parametrize("year", DECREE)
def test_days_that_the_decree_fixes_are_off_for_sure_before_any_notice(year: int) -> None:
    fixed = {date(year, *map(int, one.split("-"))) for one in DECREE[year].split()}
    days = [date(year, 1, 1) + n * DAY for n in range(365)]
    assert {day for day in days if is_working_day(day) == (False, False)} == fixed
    assert all(is_working_day(day)[1] for day in days if day not in fixed)


def test_working_days_off_for_holidays_on_a_weekend_are_provisional() -> None:
    # 2027: 6 and 7 February are Saturday and Sunday; the decree has them made up for on working days.
    assert [is_working_day(date(2027, 2, day)) for day in (8, 9, 10, 11)] == [
        (False, False),
        (False, True),
        (False, True),
        (True, True),
    ]


def test_clocks_meet_the_days_of_a_year_that_is_not_announced() -> None:
    assert add_working_days(date(2026, 12, 28), 5) == (date(2027, 1, 5), True)
    assert working_days(date(2026, 12, 30), date(2027, 1, 1)) == [date(2026, 12, 30), date(2026, 12, 31)]
    spring = working_days(date(2027, 2, 3), date(2027, 2, 12))
    assert [day.day for day in spring] == [3, 4, 11, 12]


def test_a_span_is_provisional_by_its_years_not_by_its_ends() -> None:
    assert is_provisional(date(2027, 1, 1), date(2027, 10, 1))
    assert is_provisional(date(2026, 12, 1), date(2027, 1, 1))
    assert not is_provisional(date(2026, 1, 1), date(2026, 12, 31))
    assert last_announced() == date(2026, 12, 31)


def test_what_is_reckoned_with_passes_the_announced_days_before_the_year_ends() -> None:
    policy = load_policy("starter")
    early, late = date(2026, 9, 30), date(2026, 12, 18)
    assert reckoned_until(early, policy.on(early)) <= last_announced()
    assert calendar(early, policy.on(early)).state == "ok"
    found = calendar(late, policy.on(late))
    assert found.state == "alarm"
    assert found.facts["reckoned"] == reckoned_until(late, policy.on(late)) > found.facts["last"]
    assert found.value == (found.facts["reckoned"] - date(2026, 12, 31)).days


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_nothing_that_begins_on_a_day_reaches_beyond_what_is_reckoned_with(day: date) -> None:
    policy = load_policy("starter").on(day)
    ends = [add_working_days(day, policy.planning.red_visit_working_days)[0]]
    ends += horizon(day, policy.planning.visiting.horizon_working_days)
    ends += [decide_by(day, policy.review, is_decisive=sure).day for sure in (True, False)]
    assert max(*ends, last_filing_day(day, policy.review).day) <= reckoned_until(day, policy)


def test_a_notice_settles_its_year() -> None:
    assert read_notices(NOTICES.read_text(encoding="utf-8")) == {}
    found = read_notices(
        "2027: {reference: No. 1, days_off: [2027-02-09, 2027-02-10], days_worked: [2027-02-20]}"
    )
    assert found[2027].off == {date(2027, 2, 9), date(2027, 2, 10)}
    assert found[2027].works == {date(2027, 2, 20)}


def test_notices_that_are_written_in_make_another_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    editions = [edition()]
    for day in (9, 10):
        told = read_notices(f"2027: {{reference: No. 1, days_off: [2027-02-{day:02}], days_worked: []}}")
        monkeypatch.setattr("models.calendar._notices", lambda told=told: told)
        editions.append(edition())
    assert len(set(editions)) == 3 and all(one.startswith(version("holidays")) for one in editions)


def test_a_notice_may_move_days_of_the_december_before(monkeypatch: pytest.MonkeyPatch) -> None:
    told = read_notices("2027: {reference: No. 1, days_off: [2026-12-31], days_worked: [2026-12-27]}")
    days = (date(2026, 12, 27), date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1))
    before = [is_working_day(day) for day in days]
    monkeypatch.setattr("models.calendar._notices", lambda: told)
    remembered = (YEARS, is_working_day)
    try:
        for one in remembered:
            one.cache_clear()
        after = [is_working_day(day) for day in days]
    finally:
        monkeypatch.undo()
        for one in remembered:
            one.cache_clear()
    assert before == [(False, False), (True, False), (True, False), (False, False)]
    assert after == [(True, False), (True, False), (False, False), (False, False)]
    with pytest.raises(PolicyError, match="2027"):
        read_notices("2027: {reference: No. 1, days_off: [2026-11-30], days_worked: []}")


OF_2027 = "reference: No. 1, days_off: [2027-02-09]"


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ("{days_off: [2027-02-09], days_worked: []}", "reference: Field required"),
        ("{reference: ' ', days_off: [2027-02-09], days_worked: []}", "reference: "),
        ("{reference: No. 1, days_off: [2028-02-09], days_worked: []}", "2028-02-09"),
        ("{reference: No. 1, days_off: [2027-02-20], days_worked: []}", "2027-02-20"),
        ("{reference: No. 1, days_off: [], days_worked: [2027-02-09]}", "2027-02-09"),
        ("{reference: No. 1, days_off: [], days_worked: []}", "no days"),
        (f"{{{OF_2027}}}", "days_worked: Field required"),
        (f"{{{OF_2027}, days_worked: null}}", "days_worked: "),
        (f"{{{OF_2027}, days_worked: 2027-02-20}}", "days_worked: "),
        (f"{{{OF_2027}, days_worked: '2027-02-20'}}", "days_worked: "),
        (f"{{{OF_2027}, days_worked: ['2027-02-20']}}", "days_worked: 0: "),
        (f"{{{OF_2027}, days_worked: [2027-02-20 10:00:00]}}", "days_worked: 0: "),
        (f"{{{OF_2027}, days_worked: [20270220]}}", "days_worked: 0: "),
        (f"{{{OF_2027}, days_work: [2027-02-20]}}", "days_work: "),
        ("", "dictionary"),
        ("[2027-02-09]", "dictionary"),
    ],
)
def test_a_notice_that_cannot_be_meant_is_refused(told: str, wrong: str) -> None:
    with pytest.raises(PolicyError, match="2027") as error:
        read_notices(f"2027: {told}")
    assert wrong in str(error.value.facts["days"])
    assert "\n" not in str(error.value)


NOTICE = f"{{{OF_2027}, days_worked: []}}"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (f"2027: {NOTICE}\n2027: {NOTICE}", "line 2: 2027 stands twice"),
        (f"2027: {{{OF_2027}, days_off: [2027-02-10], days_worked: []}}", "line 1: days_off stands twice"),
        (f"2027:\n\t{NOTICE}", "line 2"),
        ("2027: {days_off: [2027-13-01]}", "month"),
        (f"- {NOTICE}", "by year"),
        ("2027", "by year"),
        ("[]", "by year"),
        (f"'2027': {NOTICE}", "'2027' is no year"),
        (f"2027-01-01: {NOTICE}", "is no year"),
        (f"# 国务院\n2027: {NOTICE}".encode("gbk"), "utf-8"),
    ],
)
def test_a_list_of_notices_that_cannot_be_read_is_refused(text: str | bytes, wrong: str) -> None:
    with pytest.raises(PolicyError) as error:
        read_notices(text)
    assert wrong in str(error.value)
    assert "\n" not in str(error.value)
