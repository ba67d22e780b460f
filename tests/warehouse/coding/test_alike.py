"""Findings that two systems may report: listed for a person, by enterprise and day, never by pairs."""

from datetime import date
from typing import Any

import pytest

from models.policy import load_policy
from tests.worlds.by_hand import row
from tests.worlds.deliveries import warehouse
from tests.worlds.strategies import canonical
from tests.worlds.warehouses import fill
from warehouse.coding.alike import compute_alike
from warehouse.connection import Connection
from warehouse.questions.findings import alike, alike_days
from warehouse.rules.in_force import coding_on

DAY, AS_OF = date(2026, 5, 1), date(2026, 6, 30)
Report = tuple[str, str, str]


def listed(*reports: Report, pool: tuple[str, str] | None = None, **changes: Any) -> list[list[str]]:
    """Numbers that are listed, by day; a report is source, number and text."""
    connection = told(reports, **changes)
    if pool:
        connection.execute("INSERT INTO ops.number_pools VALUES (?, [?], ?, 0)", [*pool, DAY])
    compute_alike(connection, coding_on(connection, load_policy(), AS_OF))
    days = alike(connection)
    assert alike_days(connection) == len(days)
    return [[report for one in day["findings"] for report in one["reports"]] for day in days]


def told(reports: tuple[Report, ...], **changes: Any) -> Connection:
    usual = {"occurred_on": DAY, **changes}
    rows = [
        row("violations", 1, source=source, violation_id=number, description=text, **usual)
        for source, number, text in reports
    ]
    return fill(warehouse(), {"violations": canonical("violations", rows)}, received_on=AS_OF)


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([("a", "1", "x"), ("b", "1", "y")], [["a/1", "b/1"]]),
        ([("a", "1", "x"), ("b", "1", "x")], []),
        ([("a", "1", "x"), ("a", "2", "y")], []),
        # What has its counterpart is not listed, however much the other system reports besides.
        ([("a", "1", "x"), ("b", "1", "x"), ("b", "2", "y")], []),
        ([("a", "1", "x"), ("b", "1", "x"), ("b", "2", "y"), ("a", "2", "z")], [["a/2", "b/2"]]),
        ([("a", "1", "x"), ("b", "1", "x"), ("c", "2", "y")], [["a/1", "b/1", "c/2"]]),
    ],
)
def test_what_may_be_the_same_is_listed(reports: list[Report], expected: list[list[str]]) -> None:
    assert listed(*reports) == expected


def test_a_day_with_many_findings_in_two_systems_gives_each_of_them_once() -> None:
    many = [(source, f"{n}", f"{source} {n}") for source in "ab" for n in range(40)]
    [day] = listed(*many)
    assert len(day) == 80


def test_sources_that_share_their_numbers_are_one_system() -> None:
    reports = (("a", "1", "x"), ("b", "2", "y"))
    assert listed(*reports) == [["a/1", "b/2"]]
    assert listed(*reports, pool=("a", "b")) == []


def test_what_is_withdrawn_or_of_a_later_day_is_not_listed() -> None:
    reports = (("a", "1", "x"), ("b", "2", "y"))
    assert listed(*reports, withdrawn_on=AS_OF) == []
    assert listed(*reports, occurred_on=date(2026, 7, 1)) == []
