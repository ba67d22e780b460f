"""Working days of 2026 as the State Council announced them, and the order of the red queue."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.calendar import add_working_days, horizon, is_working_day
from models.planning.demand.due import settled_red
from models.planning.demand.red_queue import QUEUE_SCHEMA, build_red_queue
from tests.worlds.by_hand import AS_OF, POLICY, days_before
from tests.worlds.plans import frame

# Copied from cn_workdays_2004_2026.csv (date, is_workday).
ANNOUNCED = {
    date(2026, 2, 13): True,
    date(2026, 2, 14): True,  # Saturday, worked for the Spring Festival
    date(2026, 2, 15): False,
    date(2026, 2, 17): False,
    date(2026, 2, 23): False,  # Monday, last day off
    date(2026, 2, 24): True,
    date(2026, 2, 28): True,  # Saturday, worked
    date(2026, 9, 20): True,  # Sunday, worked for the National Day
    date(2026, 9, 25): False,  # Mid-autumn, a Friday
    date(2026, 10, 1): False,
    date(2026, 10, 7): False,
    date(2026, 10, 8): True,
    date(2026, 10, 10): True,  # Saturday, worked
    date(2026, 10, 11): False,
}


@pytest.mark.parametrize("day", ANNOUNCED, ids=str)
def test_a_day_is_worked_as_announced_make_up_days_included(day: date):
    assert is_working_day(day) == (ANNOUNCED[day], False)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (date(2026, 6, 15), date(2026, 6, 23)),  # 16 17 18, 19 is the Dragon Boat Festival, 22 23
        (date(2026, 2, 12), date(2026, 2, 26)),  # 13 14, seven days off and more, 24 25 26
        (date(2026, 2, 13), date(2026, 2, 27)),  # 14, then 24 25 26 27
        (date(2026, 9, 29), date(2026, 10, 12)),  # 30, then 8 9 10 12
        (date(2026, 10, 3), date(2026, 10, 13)),  # from within a holiday: 8 9 10 12 13
    ],
    ids=str,
)
def test_five_working_days_begin_on_the_day_after(start: date, due: date):
    assert add_working_days(start, 5) == (due, False)


def test_no_working_days_are_the_day_itself():
    assert add_working_days(date(2026, 10, 1), 0) == (date(2026, 10, 1), False)


def test_past_the_announced_calendar_days_count_provisionally():
    assert is_working_day(date(2027, 1, 2)) == (False, True)
    # 31 December, then 4, 5, 6, 7 January 2027, a year nobody has announced.
    assert add_working_days(date(2026, 12, 30), 5) == (date(2027, 1, 7), True)


def test_archives_before_the_calendar_are_provisional_too():
    assert add_working_days(date(1999, 1, 1), 5) == (date(1999, 1, 8), True)


@example(date(2026, 6, 15), 10)  # exactly ten are left: 16 17 18, 22 to 26, 29 30
@given(st.dates(date(2025, 12, 1), date(2027, 2, 1)), st.integers(1, 22))
def test_the_days_planned_are_the_rest_of_the_month_and_the_next_where_fewer_are_left_than_asked(
    as_of: date, least: int
):
    later = [as_of + timedelta(days=ahead) for ahead in range(1, 63)]
    this, following = list(dict.fromkeys((day.year, day.month) for day in later))[:2]
    in_month = {
        month: [day for day in later if (day.year, day.month) == month and is_working_day(day)[0]]
        for month in (this, following)
    }
    rest = in_month[this]
    assert horizon(as_of, least) == (rest if len(rest) >= least else rest + in_month[following])


# ---- red queue -----------------------------------------------------------------------------------------


def _queue(
    red: list[tuple[str, date, int]], visits: list[tuple[str, date]] = (), as_of: date = AS_OF
) -> list[dict[str, Any]]:
    reds = pl.DataFrame(
        [
            (one, since, score, "score", "closed" if one.startswith("closed") else "active")
            for one, since, score in red
        ],
        schema={
            "enterprise_id": pl.String,
            "red_since": pl.Date,
            "score": pl.Int64,
            "decided_by": pl.String,
            "status": pl.String,
        },
        orient="row",
    )
    seen = frame(
        "inspections",
        [{"enterprise_id": one, "inspected_on": day, "kind": "special"} for one, day in visits],
    )
    visited = settled_red(reds, seen, POLICY.planning)
    queue = build_red_queue(reds, visited, as_of=as_of, policy=POLICY.queue)
    assert dict(queue.schema) == QUEUE_SCHEMA
    assert queue["rank"].to_list() == list(range(1, len(red) + 1))
    return queue.to_dicts()


def test_the_overdue_come_first_and_the_visited_last():
    queue = _queue(
        [("new", AS_OF, 90), ("seen", days_before(60), 99), ("late", days_before(30), 34)],
        [("seen", days_before(50))],
    )
    assert [(row["enterprise_id"], row["state"]) for row in queue] == [
        ("late", "overdue"),
        ("new", "due"),
        ("seen", "visited"),
    ]
    assert [row["visited_on"] for row in queue] == [None, None, days_before(50)]


def test_within_a_state_the_earlier_due_day_then_the_higher_score_then_the_id_decide():
    since, later = date(2026, 6, 26), date(2026, 6, 29)
    queue = _queue([("d", later, 99), ("c", since, 40), ("b", since, 34), ("a", since, 34)])
    assert [row["enterprise_id"] for row in queue] == ["c", "a", "b", "d"]


def test_a_visit_is_overdue_once_its_due_day_has_ended_and_no_working_day_is_left():
    since = date(2026, 2, 12)
    states = [_queue([("e1", since, 34)], as_of=date(2026, 2, day))[0] for day in (25, 26, 27)]
    assert {row["due_on"] for row in states} == {date(2026, 2, 26)}
    assert [row["state"] for row in states] == ["due", "overdue", "overdue"]


def test_a_visit_before_or_on_the_day_it_became_red_is_no_special_inspection():
    since = days_before(5)
    assert _queue([("e1", since, 34)], [("e1", days_before(6)), ("e1", since)])[0]["state"] == "due"
    assert _queue([("e1", since, 34)], [("e1", days_before(4))])[0]["visited_on"] == days_before(4)


def test_of_several_visits_the_first_one_counts_and_the_enterprise_stands_once():
    visits = [("e1", days_before(n)) for n in (2, 9, 4)]
    queue = _queue([("e1", days_before(20), 34)], visits)
    assert [row["visited_on"] for row in queue] == [days_before(9)]


def test_visits_of_others_do_not_enter_the_queue():
    assert _queue([("e1", AS_OF, 34)], [("e2", AS_OF)])[0]["visited_on"] is None


def test_a_due_day_past_the_calendar_is_marked_provisional():
    queue = _queue([("e1", date(2026, 12, 30), 34)], as_of=date(2026, 12, 31))
    assert (queue[0]["due_on"], queue[0]["is_due_provisional"]) == (date(2027, 1, 7), True)


def test_no_red_enterprises_give_an_empty_queue():
    assert _queue([]) == []


def test_an_enterprise_that_no_longer_operates_stays_in_the_queue_but_last():
    queue = _queue([("closed shop", days_before(60), 99), ("new", AS_OF, 40)])
    assert [(row["enterprise_id"], row["state"]) for row in queue] == [
        ("new", "due"),
        ("closed shop", "closed"),
    ]
