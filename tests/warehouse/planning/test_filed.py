"""Records that name the visit they settle, and filings: what of the plan before is done, awaited, or called off."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from tests.warehouse.planning.test_plan import one, plan
from tests.worlds.by_hand import row, world
from tests.worlds.strategies import canonical
from tests.worlds.warehouses import fill, stored
from warehouse.connection import Connection

DAY = date(2026, 6, 29)
"""A Monday: what is planned that night is for Tuesday and the days after it."""
TUESDAY = DAY + timedelta(days=1)
ITEM = "department:e1:a/1"


@pytest.fixture
def city() -> Connection:
    """Two enterprises, each with a task of the fire service due on Tuesday; four officers, planned on Monday."""
    task = {"recorded_at": DAY, "opens_on": TUESDAY, "due_on": TUESDAY, "department": "消防"}
    firm = {"enforcing_level": "district", "division": "370102", "employees": 60}
    given = world(
        [{"enterprise_id": "e1", **firm}, {"enterprise_id": "e2", **firm}],
        tasks=[{"enterprise_id": "e1", **task}, {"enterprise_id": "e2", **task}],
        officers=[
            {"officer_id": f"o{n}", "name": f"官{n}", "certified_until": date(2030, 1, 1), "recorded_at": DAY}
            for n in range(1, 5)
        ],
    )
    connection = stored(given, received_on=DAY)
    plan(connection, DAY)
    visits = (
        "SELECT visit_id, enterprise_id, planned_on FROM plan.visits WHERE state = 'scheduled' ORDER BY 1"
    )
    assert connection.sql(visits).fetchall() == [
        (ITEM, "e1", TUESDAY),
        ("department:e2:a/2", "e2", TUESDAY),
    ]
    return connection


def deliver(connection: Connection, table: str, day: date, **given: Any) -> None:
    told = canonical(table, [row(table, 9, **{"source": "desk", "recorded_at": day, **given})])
    fill(connection, {table: told}, received_on=day)


def record(connection: Connection, day: date, visit: str | None, **given: Any) -> None:
    facts = {"kind": "other", "inspected_on": day, "level": "district", "visit_id": visit}
    deliver(connection, "inspections", day, **{**facts, **given})


def filed(connection: Connection, day: date, planned_on: date, state: str = "filed", **given: Any) -> None:
    at = datetime.combine(DAY, time(17))
    facts = {"visit_id": ITEM, "filed_at": at, "planned_on": planned_on, "officers": "o1; o2", "state": state}
    deliver(connection, "filings", day, **{**facts, **given})


def states(connection: Connection) -> list[tuple[str, str]]:
    return connection.sql("SELECT enterprise_id, state FROM plan.visits ORDER BY ALL").fetchall()


def done(connection: Connection) -> list[str]:
    return [
        item
        for (item,) in connection.sql(
            "SELECT item_id FROM plan.done_items WHERE item_id LIKE 'department:%'"
        ).fetchall()
    ]


def named(connection: Connection) -> list[tuple[str, str]]:
    return connection.sql("SELECT visit_id, state FROM plan.named_records").fetchall()


def test_a_record_settles_the_visit_that_it_names(city: Connection) -> None:
    record(city, TUESDAY, ITEM)
    plan(city, TUESDAY)
    assert (done(city), states(city)) == ([ITEM], [("e2", "awaiting")])
    assert named(city) == [(ITEM, "settles")]


@pytest.mark.parametrize("visit", ["department:e2:a/2", "department:e1:a/7"], ids=["another's", "unknown"])
def test_a_record_that_names_no_visit_to_its_enterprise_settles_none_and_is_told(
    city: Connection, visit: str
) -> None:
    record(city, TUESDAY, visit)
    plan(city, TUESDAY)
    assert done(city) == []
    assert states(city) == [("e1", "awaiting"), ("e2", "awaiting")]
    assert named(city) == [(visit, "unknown_visit")]


def test_a_record_that_names_its_visit_settles_it_however_late_it_was_made(city: Connection) -> None:
    late = TUESDAY + timedelta(days=9)
    city.execute("UPDATE plan.visits SET planned_on = planned_on + 60 WHERE enterprise_id = 'e1'")
    record(city, late, ITEM)
    plan(city, late)
    assert done(city) == [ITEM]


def test_a_refused_visit_ends_the_wait_of_the_visit_that_it_names_and_settles_nothing(
    city: Connection,
) -> None:
    record(city, TUESDAY, ITEM, result="refused")
    plan(city, TUESDAY)
    assert done(city) == []
    assert ("e1", "awaiting") not in states(city)
    assert named(city) == [(ITEM, "leaves_open")]


def test_a_record_corrected_to_name_another_visit_unsettles_the_first(city: Connection) -> None:
    record(city, TUESDAY, ITEM)
    plan(city, TUESDAY)
    later = TUESDAY + timedelta(days=1)
    record(city, later, "department:e1:a/7", inspected_on=TUESDAY)
    plan(city, later)
    assert done(city) == []


def test_a_record_that_names_no_visit_is_that_of_the_nearest_as_before(city: Connection) -> None:
    record(city, TUESDAY, None)
    plan(city, TUESDAY)
    assert (done(city), named(city)) == ([ITEM], [])


def test_a_visit_that_was_called_off_is_not_awaited(city: Connection) -> None:
    filed(city, TUESDAY, TUESDAY, "cancelled")
    plan(city, TUESDAY)
    assert ("e1", "awaiting") not in states(city)
    assert ("e2", "awaiting") in states(city)


def test_a_visit_filed_for_another_day_is_made_that_day_by_those_who_are_filed(city: Connection) -> None:
    friday = date(2026, 7, 3)
    filed(city, TUESDAY, friday, "moved", officers="o4;o1")
    plan(city, TUESDAY)
    visit = "SELECT state, planned_on, list_sort(officers) FROM plan.visits WHERE enterprise_id = 'e1'"
    assert city.sql(visit).fetchall() == [("scheduled", friday, ["o1", "o4"])]
    # Another night, and it stays; its day comes, and it is awaited.
    plan(city, TUESDAY + timedelta(days=1))
    assert city.sql(visit).fetchall() == [("scheduled", friday, ["o1", "o4"])]
    plan(city, friday)
    assert ("e1", "awaiting") in states(city)


def test_a_withdrawn_filing_says_nothing(city: Connection) -> None:
    filed(city, TUESDAY, TUESDAY, "cancelled", withdrawn_on=TUESDAY)
    plan(city, TUESDAY)
    assert ("e1", "awaiting") in states(city)
    assert one(city, "SELECT count(*) FROM plan.named_records") == 0
