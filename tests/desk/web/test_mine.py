"""An enterprise sees itself: its code and why, its documents, and nothing of others or of what is to come."""

from pathlib import Path

import pytest

from models.errors import FieldError
from tests.desk.web.test_papers import TYPED, issue, visited
from tests.worlds.crews import Crew, fields
from tests.worlds.desks import NOW, PASSWORD, asked
from warehouse.field.jurisdiction import Authority
from warehouse.field.users import add_user


def test_an_enterprise_sees_its_code_its_documents_and_nothing_of_others(crew: Crew, coded: Path) -> None:
    firm, other = crew.firms[2], crew.firms[3]
    mine = crew.desk.login(crew.desk.add("firm", "enterprise", enterprise_id=firm))
    assert mine.get("/").headers["location"] == "/my"
    before = mine.get("/my")
    assert before.status_code == 200 and "None was issued for you yet." in before.text
    number = visited(crew, enterprise_id=firm)
    papers = {
        kind: issue(crew, number, kind, **TYPED.get(kind, {})).json()
        for kind in ("filing", "record", "order", "case", "transfer")
    }
    elsewhere = issue(crew, crew.counted(enterprise_id=other), "record").json()
    told = mine.get("/my.json").json()
    [(code, score)] = asked(coded, "SELECT code, score FROM risk.codes WHERE enterprise_id = ?", firm)
    assert (told["passport"]["code"], told["passport"]["score"]) == (code, score)
    assert {one["kind"] for one in told["papers"]} == {"record", "order"}, "not what is the authority's alone"
    for one in told["papers"]:
        assert mine.get(one["word"]).status_code == 200 and mine.get(one["pdf"]).status_code == 200
    for kind, paper in [*papers.items(), ("record", elsewhere)]:
        path = f"/my/papers/{paper['paper_id']}.docx"
        is_own = kind in ("record", "order") and paper is not elsewhere
        assert mine.get(path).status_code == (200 if is_own else 404), kind
        assert mine.get(paper["word"]).status_code == 403
    for path in (
        "/day",
        "/queue",
        f"/enterprises/{firm}",
        f"/visits/{number}",
        "/search?q=x",
        "/papers",
        "/map",
    ):
        assert mine.get(path).status_code == 403, path
    assert mine.post("/visits.json", json={}).status_code == 403
    [link] = [one["link"] for one in told["to_evaluate"]]
    marks = {f"mark.{name}": "5" for name in ("conduct", "procedure", "skill", "burden")}
    assert mine.post(link, data=marks).status_code == 200
    assert mine.get("/my.json").json()["to_evaluate"] == []
    for other_role in (crew.officer, crew.leader, crew.analyst):
        assert other_role.get("/my").status_code == 403
    assert crew.desk.browser().get("/my.json").status_code == 401


def test_days_of_visits_to_come_are_not_told(crew: Crew, coded: Path) -> None:
    [(firm, day)] = asked(
        coded,
        "SELECT enterprise_id, planned_on FROM plan.visits WHERE planned_on IS NOT NULL AND planned_on > as_of "
        "ORDER BY planned_on DESC LIMIT 1",
    )
    mine = crew.desk.login(crew.desk.add("planned", "enterprise", enterprise_id=firm))
    assert f"{day}" in crew.desk.login(crew.desk.add("head", "leader")).get(f"/enterprises/{firm}").text
    assert f"/day?on={day}" not in mine.get("/my").text and "planned" not in mine.get("/my.json").json()


def test_who_inspects_and_who_is_inspected_are_never_one_account(crew: Crew) -> None:
    place = Authority("city")
    for roles, authority, firm in (
        ({"enterprise"}, None, None),
        ({"enterprise", "inspector"}, place, "e1"),
        ({"enterprise"}, place, "e1"),
        ({"inspector"}, place, "e1"),
        ({"enterprise", "admin"}, None, "e1"),
    ):
        with pytest.raises(FieldError, match="that role alone"):
            add_user(
                crew.desk.ledger,
                login="both",
                name="Both",
                password=PASSWORD,
                roles=frozenset(roles),
                authority=authority,
                now=NOW,
                by=None,
                enterprise_id=firm,
            )


def test_an_administrator_lets_an_enterprise_in_by_its_number(crew: Crew) -> None:
    keeper = crew.desk.login(crew.desk.add("keeper", "admin"))
    page = keeper.get("/users/new").text
    sent = fields(page, "/users") | {"login": "chang", "name": "某厂", "role": "enterprise", "level": ""}
    sent |= {"division": ""}
    unknown = keeper.post("/users", data=sent | {"enterprise_id": "nobody"})
    assert unknown.status_code == 422 and "no enterprise nobody in the register" in unknown.text
    made = keeper.post("/users", data=sent | {"enterprise_id": crew.firms[4]})
    assert made.status_code == 201, made.text
    assert crew.firms[4] in made.text
