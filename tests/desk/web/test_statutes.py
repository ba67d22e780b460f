"""Statute on the spot: found from the menu and from a finding, and taken into it, with and without script."""

import re
import uuid
from html import unescape
from typing import Any

import pytest

from models.law import criteria_cited, read_citation
from tests.worlds.crews import Crew, fields
from tests.worlds.desks import Desk


@pytest.fixture
def finding(crew: Crew) -> tuple[str, str]:
    """A visit that has begun, and the number of the one finding of its record, of which nothing is known yet."""
    number, one = crew.begun(), str(uuid.uuid4())
    record = crew.record({"id": one, "description": "灭火器没压力了"})
    crew.done(number, "keep", record=record)
    return number, one


def found(crew: Crew, **query: str) -> Any:
    answer = crew.officer.get("/statutes.json", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_page_tells_the_item_where_to_look_and_the_law_and_its_twin_says_the_same(desk: Desk) -> None:
    browser = desk.login("lixia")
    page = browser.get("/statutes", params={"q": "灭火气没压力"}).text
    [first, *_] = browser.get("/statutes.json", params={"q": "灭火气没压力"}).json()["items"]
    assert (first["item_code"], first["references"]) == ("FIRE-01", ["消防法 16(1)2"])
    assert unescape(page).index(first["title_en"]) < page.index("消防法 16(1)2")
    assert 'href="/statutes"' in browser.get("/search").text
    assert "as in force on 2026-07-01" in page


def test_a_law_that_is_no_more_in_force_says_so_and_what_follows_it(desk: Desk) -> None:
    texts = desk.login("lixia").get("/statutes.json", params={"q": "GB 30871"}).json()["texts"]
    told = {one["text"]: one["is_in_force"] for one in texts}
    assert (told["GB 30871-2014"], told["GB 30871-2022"]) == (False, True)


def test_without_a_question_there_is_a_form_and_nothing_else(desk: Desk) -> None:
    told = desk.login("lixia").get("/statutes.json").json()
    assert (told["q"], told["items"], told["texts"]) == ("", [], [])


def test_for_a_visit_items_of_its_enterprise_come_first_with_criteria_that_are_its_own(
    crew: Crew, finding: tuple[str, str]
) -> None:
    visit, _ = finding
    known = crew.officer.get(f"/records/{visit}.json").json()["criteria"]
    told = found(crew, q="特种作业人员没有证", visit=visit)["items"]
    applies = [one["applies"] for one in told]
    assert applies == sorted(applies, reverse=True) and applies[0]
    assert {one["item_code"]: one["criteria"] for one in told} == {
        one["item_code"]: known.get(one["item_code"], []) for one in told
    }
    anywhere = found(crew, q="特种作业人员没有证")["items"]
    assert all(criteria_cited(read_citation(one)) for item in anywhere for one in item["criteria"])
    assert any(item["criteria"] for item in anywhere)


def test_a_visit_of_elsewhere_is_none_to_ask_for(crew: Crew, finding: tuple[str, str]) -> None:
    for path in ("/statutes", "/statutes.json"):
        answers = [
            crew.stranger.get(path, params={"q": "灭火器", "visit": number})
            for number in (finding[0], str(uuid.uuid4()))
        ]
        assert [answer.status_code for answer in answers] == [404, 404]


def test_without_script_what_was_written_is_kept_and_what_is_chosen_comes_back_into_the_finding(
    crew: Crew, finding: tuple[str, str]
) -> None:
    visit, number = finding
    form = fields(crew.officer.get(f"/records/{visit}").text, f"/records/{visit}")
    form |= {f"{number}.place": "仓库", f"{number}.search": "灭火气过期", "do": f"search:{number}"}
    answer = crew.officer.post(f"/records/{visit}", data=form)
    assert answer.status_code == 303
    assert crew.officer.get(f"/visits/{visit}.json").json()["record"]["findings"][0]["place"] == "仓库"
    page = crew.officer.get(answer.headers["location"]).text
    link = next(
        unescape(one) for one in re.findall(r'href="(/records/[^"]*)"', page) if "item=FIRE-01" in one
    )
    back = crew.officer.get(link.partition("#")[0]).text
    typed = fields(back, f"/records/{visit}")
    assert typed[f"{number}.item_code"] == ["FIRE-01"] and typed[f"{number}.place"] == ["仓库"]
    assert "消防法 16(1)2" in back
    # It is kept with the rest, and not by being looked at.
    assert crew.officer.get(f"/visits/{visit}.json").json()["record"]["findings"][0]["item_code"] == ""


def test_a_criterion_is_written_only_where_the_item_is_major_for_this_enterprise(
    crew: Crew, finding: tuple[str, str]
) -> None:
    visit, number = finding
    known: dict[str, list[str]] = crew.officer.get(f"/records/{visit}.json").json()["criteria"]
    item, criteria = next(iter(known.items()))
    path = f"/records/{visit}.json?finding={number}"

    def criterion(code: str, said: str) -> str:
        answer = crew.officer.get(path, params={"finding": number, "item": code, "criterion": said})
        return answer.json()["record"]["findings"][0]["criterion"]

    assert criterion(item, criteria[0]) == criteria[0]
    assert criterion("GEN-01", criteria[0]) == ""
    assert criterion(item, "令第10号 99") == ""
    assert crew.officer.get(path, params={"finding": number, "item": "NONE-01"}).status_code == 422


def test_only_a_record_that_can_be_written_takes_what_is_found(crew: Crew) -> None:
    number, one = crew.begin(), str(uuid.uuid4())
    page = crew.officer.get("/statutes", params={"q": "灭火器", "visit": number, "finding": one}).text
    assert "/records/" not in page
