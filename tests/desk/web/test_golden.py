"""What the desk answers is what the command line answers on the same copy."""

import json
from pathlib import Path
from typing import Any

import pytest

from desk.web.day import with_way
from desk.web.enterprise import MOST_FINDINGS, MOST_VISITS
from tests.worlds.desks import LIXIA, Desk, asked
from tests.worlds.runs import riskcode


def told(home: Path, *arguments: str) -> Any:
    """What a command prints for machines."""
    done = riskcode(home, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def all_of(browser: Any, path: str, what: str) -> list[Any]:
    """A list of the desk, page by page."""
    found, page = list[Any](), 1
    while True:
        answer = browser.get(f"{path}&page={page}&size=40").json()
        found += answer[what]
        if len(answer[what]) < 40:
            assert len(found) == answer["of"]
            return found
        page += 1


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        ("", ()),
        ("channel=red&state=scheduled", ("--channel", "red", "--state", "scheduled")),
        ("due_by=2026-07-10&crew=K01", ("--due-by", "2026-07-10", "--team", "K01")),
        ("district=370102", ("--district", "370102")),
    ],
)
def test_the_queue_page_by_page_is_that_of_the_command_line(
    desk: Desk, coded: Path, query: str, arguments: tuple[str, ...]
) -> None:
    expected = told(coded, "queue", *arguments)
    assert all_of(desk.login("city"), f"/queue.json?{query}", "visits") == expected
    assert expected or "crew" in query


def test_visits_are_chosen_by_code_and_by_name_or_number(desk: Desk, coded: Path) -> None:
    browser, whole = desk.login("city"), told(coded, "queue")
    assert len({row["code"] for row in whole}) > 1
    yellow = [row for row in whole if row["code"] == "yellow"]
    assert all_of(browser, "/queue.json?risk=yellow", "visits") == yellow
    one = whole[0]
    named = [row for row in whole if one["name"][2:6] in row["name"]]
    assert all_of(browser, f"/queue.json?text={one['name'][2:6]}", "visits") == named
    same = [row for row in whole if row["enterprise_id"] == one["enterprise_id"]]
    assert all_of(browser, f"/queue.json?text={one['enterprise_id'].lower()}", "visits") == same


@pytest.mark.parametrize("code", ["red", "yellow", "blue", "green"])
def test_the_queue_of_a_code_is_that_of_the_command_line(desk: Desk, coded: Path, code: str) -> None:
    expected = told(coded, "queue", "--code", code)
    assert all_of(desk.login("city"), f"/queue.json?code={code}", "enterprises") == expected
    own = told(coded, "queue", "--code", code, "--district", LIXIA)
    assert all_of(desk.login("lixia"), f"/queue.json?code={code}", "enterprises") == own


def test_a_passport_is_that_of_the_command_line(desk: Desk, coded: Path) -> None:
    browser = desk.login("city")
    firms = [row[0] for row in asked(coded, "SELECT min(enterprise_id) FROM risk.codes GROUP BY code")]
    assert len(firms) >= 3
    for firm in firms:
        assert browser.get(f"/enterprises/{firm}.json").json()["passport"] == told(coded, "explain", firm)


def test_the_past_of_an_enterprise_is_what_is_on_record_of_it_the_latest_first(
    desk: Desk, coded: Path
) -> None:
    browser = desk.login("city")
    for table, day, number, most in (
        ("serve.enterprise_visits", "inspected_on", "inspection_id", MOST_VISITS),
        ("serve.enterprise_findings", "occurred_on", "violation_id", MOST_FINDINGS),
    ):
        [(firm, count)] = asked(
            coded, f"SELECT enterprise_id, count(*) FROM {table} GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 1"
        )
        known = asked(coded, f"SELECT {number}, {day}::VARCHAR FROM {table} WHERE enterprise_id = ?", firm)
        answer = browser.get(f"/enterprises/{firm}.json").json()
        kept = [(row[number], row[day]) for row in answer[table.removeprefix("serve.enterprise_")]]
        assert len(kept) == min(count, most) and {*kept} <= {*known}
        assert [on for _, on in kept] == sorted((on for _, on in known), reverse=True)[: len(kept)]
        page = browser.get(f"/enterprises/{firm}").text
        assert all(on in page for _, on in kept)


def test_my_day_is_that_of_the_command_line(desk: Desk, coded: Path) -> None:
    [(officer, day)] = asked(
        coded, "SELECT officer_id, planned_on FROM plan.assignments ORDER BY planned_on DESC, 1 LIMIT 1"
    )
    desk.add("walker", level="district", division=LIXIA, officer_id=officer)
    answer = desk.login("walker").get(f"/day.json?on={day}").json()
    assert [visit.pop("metres") for visit in answer["visits"]] == [None] * len(answer["visits"])
    assert [visit.pop("ledger") for visit in answer["visits"]] == [None] * len(answer["visits"])
    assert {visit.pop("is_own") for visit in answer["visits"]} <= {True, False}
    assert answer["visits"] == told(coded, "plan", "today", "--officer", officer, "--on", f"{day}")
    assert (answer["day"], answer["of"]) == (f"{day}", "me")


def test_the_way_to_a_stop_is_that_from_the_stop_of_the_crew_before() -> None:
    def stop(visit: str, crew: str, longitude: float | None, latitude: float | None) -> dict[str, Any]:
        place = {"longitude": longitude, "latitude": latitude}
        return {"visit_id": visit, "planned_on": 1, "level": "city", "division": "", "crew_id": crew, **place}

    # A degree of the great circle is 6,371,000 m · π / 180; along the parallel of 60° it is half of that, nearly.
    stops = [
        stop("a", "K01", 117.0, 36.0),
        stop("b", "K01", 117.0, 37.0),
        stop("c", "K01", None, None),
        stop("d", "K01", 117.0, 60.0),
        stop("e", "K01", 118.0, 60.0),
        stop("f", "K02", 118.0, 60.0),
        stop("g", "K02", 118.0, 60.0),
    ]
    assert [one["metres"] for one in with_way(stops)] == [None, 111195, None, None, 55597, None, 0]


def test_the_first_day_shown_is_the_first_one_planned(desk: Desk, coded: Path) -> None:
    answer = desk.login("city").get("/day.json").json()
    # What the desk adds: how far it is, what the ledger has of it, and whether the own authority files it.
    added = {"metres": None, "ledger": None, "is_own": True}
    assert [visit | added for visit in answer["visits"]] == [
        visit | added for visit in told(coded, "plan", "today", "--level", "city")
    ]


def test_the_days_before_and_after_are_those_with_visits(desk: Desk) -> None:
    browser, day, seen = desk.login("city"), "2026-07-01", list[str]()
    while day:
        answer = browser.get(f"/day.json?of=area&on={day}").json()
        assert answer["visits"]
        assert answer["before"] == (seen[-1] if seen else None)
        seen.append(day)
        day = answer["after"]
    assert len(seen) > 3


def test_the_month_list_is_that_of_the_command_line(desk: Desk, coded: Path) -> None:
    expected = told(coded, "plan", "month", "--list")
    assert all_of(desk.browser(), "/month.json?month=2026-07", "list") == expected
    later = told(coded, "plan", "month", "--list", "--month", "2026-09", "--level", "district")
    assert all_of(desk.browser(), "/month.json?month=2026-09&level=district", "list") == later
