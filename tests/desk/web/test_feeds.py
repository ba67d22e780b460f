"""Calendar feeds: an address that shows what its owner may see, as the desk has it by now, until it is revoked."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import select

from tests.worlds.crews import MORNING, Crew, fields
from tests.worlds.desks import LIXIA, Desk, asked, desk_of
from warehouse.field import audit
from warehouse.field.tables import FEEDS
from warehouse.field.users import change_user, users

DAY = "2026-07-01"


@pytest.fixture(scope="module")
def place(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_of(coded, tmp_path_factory.mktemp("feeds")) as desk:
        desk.now = MORNING
        yield desk


@pytest.fixture(scope="module")
def crew(place: Desk, coded: Path) -> Crew:
    return Crew(place, coded)


def made(browser: httpx.Client, of: str = "me") -> str:
    """The path of a new feed."""
    sent = fields(browser.get("/me").text, "/me/feeds") | {"of": of}
    answer = browser.post("/me/feeds", data=sent)
    assert answer.status_code == 201, answer.text
    [path] = re.findall(
        r"<code class=\"address\">http://testserver(/calendar/[^<]+\.ics)</code>", answer.text
    )
    return path


def events(desk: Desk, path: str) -> dict[str, Any]:
    """Events by what they are known by, asked without any session."""
    answer = desk.browser().get(path)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/calendar")
    return {str(one["uid"]): one for one in Calendar.from_ical(answer.content).walk("VEVENT")}


def planned(coded: Path, place: Desk) -> tuple[httpx.Client, dict[str, Any]]:
    """An officer of Lixia with a visit of the own authority on a day to come, and that visit."""
    rows = asked(
        coded,
        "SELECT a.officer_id, v.visit_id, v.enterprise_id, v.planned_on FROM plan.assignments a "
        "JOIN plan.visits v USING (visit_id) JOIN core.enterprises e ON e.enterprise_id = v.enterprise_id "
        "WHERE v.level = 'district' AND v.division = ? AND a.role = 'officer' AND a.home_division = v.division "
        "AND e.enforcing_level = 'district' AND e.division = v.division AND v.state = 'scheduled' "
        "ORDER BY v.planned_on, v.visit_id, a.officer_id",
        LIXIA,
    )
    officer, visit, firm, day = rows[-1]
    login = f"plan-{officer}".lower()
    if login not in {one.login for one in users(place.ledger)}:
        place.add(login, level="district", division=LIXIA, officer_id=officer)
    return place.login(login), {"visit_id": visit, "firm": firm, "day": day, "officer": officer}


def test_a_feed_shows_the_visits_of_its_owner_and_says_when_it_was_fetched(place: Desk, coded: Path) -> None:
    browser, visit = planned(coded, place)
    path = made(browser)
    found = events(place, path)
    mine = asked(
        coded,
        "SELECT DISTINCT visit_id FROM plan.assignments a JOIN plan.visits v USING (visit_id) "
        "WHERE officer_id = ? AND v.state IN ('scheduled', 'awaiting')",
        visit["officer"],
    )
    assert set(found) == {one for (one,) in mine} and visit["visit_id"] in found
    [told] = browser.get("/me.json").json()["feeds"]
    assert told["used_at"] and "token" not in str(told)
    with place.ledger.reading() as connection:
        [row] = connection.execute(select(FEEDS).where(FEEDS.c.feed_id == told["feed_id"])).mappings()
    assert path.split("/")[2].removesuffix(".ics") not in str(dict(row)), "the ledger keeps the hash alone"
    assert path not in browser.get("/me").text, "the address is shown once"


def test_what_the_desk_filed_moved_and_cancelled_is_told_before_the_plan_knows(
    place: Desk, coded: Path
) -> None:
    browser, visit = planned(coded, place)
    crew = Crew.__new__(Crew)
    crew.officer, crew.desk = browser, place
    path = made(browser)
    before = events(place, path)[visit["visit_id"]]
    proposed = browser.get(f"/visits/new.json?plan={visit['visit_id']}").json()["filing"]
    filing = proposed | {"begins_at": "13:15", "ends_at": "16:45", "recusal_confirmed": True}
    filing |= {"planned_on": str(visit["day"]), "basis": "安全生产法 65", "beyond_cap_reason": "群众举报"}
    number = begun(browser, filing)
    crew.done(number, "file", browser)
    filed = events(place, path)[visit["visit_id"]]
    assert (f"{filed['dtstart'].dt:%H:%M}", f"{filed['dtend'].dt:%H:%M}") == ("13:15", "16:45")
    assert filed["sequence"] > before["sequence"] and filed["status"] == "CONFIRMED"
    place.now = datetime(2026, 7, 1, 0, 10, tzinfo=UTC)
    crew.done(number, "cancel", browser, reason="企业停产")
    gone = events(place, path)[visit["visit_id"]]
    place.now = MORNING
    assert gone["status"] == "CANCELLED" and gone["sequence"] > filed["sequence"]


def begun(browser: httpx.Client, filing: dict[str, Any]) -> str:
    number = str(uuid4())
    told = {"visit_id": number, "request_id": str(uuid4()), "filing": filing}
    answer = browser.post("/visits.json", json=told)
    assert answer.status_code == 200, answer.text
    return number


def test_a_visit_that_no_plan_knows_is_in_it_once_it_is_filed(place: Desk, crew: Crew) -> None:
    path = made(crew.officer)
    number = crew.begin()
    assert number not in events(place, path)
    crew.done(number, "file")
    told = events(place, path)[number]
    assert f"{told['dtstart'].dt:%Y-%m-%d %H:%M}" == f"{DAY} 10:00" and told["status"] == "CONFIRMED"
    authority = made(crew.leader, "authority")
    assert number in events(place, authority)
    crew.done(number, "cancel", reason="另行安排")
    assert events(place, path)[number]["status"] == "CANCELLED"


def test_a_revoked_address_and_one_that_is_made_up_open_nothing(place: Desk, crew: Crew) -> None:
    before = {one["feed_id"] for one in crew.leader.get("/me.json").json()["feeds"]}
    path = made(crew.leader, "authority")
    events(place, path)
    lines = audit.verify(place.ledger).place
    [feed] = {one["feed_id"] for one in crew.leader.get("/me.json").json()["feeds"]} - before
    action = f"/me/feeds/{feed}/revoke"
    sent = fields(crew.leader.get("/me").text, action)
    assert (
        crew.officer.post(action, data=fields(crew.officer.get("/me").text, "/me/feeds")).status_code == 404
    )
    assert crew.leader.post(action, data=sent).status_code == 303
    nobody = place.browser()
    told = nobody.get(path)
    assert told.status_code == 404
    strange = "/calendar/" + "A" * 43 + ".ics"
    assert nobody.get(strange).text.replace(strange, "") == told.text.replace(path, "")
    assert crew.leader.post(action, data=sent).status_code == 404, "it is revoked once"
    assert audit.verify(place.ledger).place == lines + 1


def test_who_is_not_let_in_any_more_has_no_calendar_and_other_roles_choose_others(
    place: Desk, crew: Crew
) -> None:
    place.add("leaves", level="district", division=LIXIA, officer_id="o-leaves")
    path = made(place.login("leaves"))
    assert events(place, path) == {}
    [user] = [one for one in users(place.ledger) if one.login == "leaves"]
    change_user(place.ledger, user.user_id, by=None, now=place.now, is_active=False)
    assert place.browser().get(path).status_code == 404
    sent = fields(crew.officer.get("/me").text, "/me/feeds") | {"of": "authority"}
    assert crew.officer.post("/me/feeds", data=sent).status_code == 422
    keeper = place.login(place.add("only-keeper", "admin"))
    assert "/me/feeds" not in keeper.get("/me").text


def test_a_calendar_that_asks_all_the_time_is_told_to_wait(place: Desk, crew: Crew) -> None:
    path, nobody = made(crew.officer), place.browser()
    told = [nobody.get(path).status_code for _ in range(32)]
    assert told[:30] == [200] * 30 and 429 in told[30:]
