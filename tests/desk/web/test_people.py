"""Who may come in, kept by administrators on pages; and everybody's own password."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from desk.web.asking import SESSION
from tests.worlds.crews import fields
from tests.worlds.desks import LIXIA, PASSWORD, Desk, desk_of
from warehouse.field import audit
from warehouse.field.sessions import log_in
from warehouse.field.users import users


@pytest.fixture(scope="module")
def place(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A desk whose users nobody else counts, and its first administrator."""
    with desk_of(coded, tmp_path_factory.mktemp("people")) as desk:
        desk.add("keeper", "admin")
        yield desk


@pytest.fixture
def keeper(place: Desk) -> httpx.Client:
    return place.login("keeper")


def added(keeper: httpx.Client, login: str, **other: Any) -> tuple[str, str]:
    """Number and password of somebody who was added by the page."""
    sent = fields(keeper.get("/users/new").text, "/users") | {"login": login, "name": login.title()}
    sent |= {"role": ["inspector"], "level": "district", "division": LIXIA, "officer_id": "o7"} | other
    answer = keeper.post("/users", data=sent)
    assert answer.status_code == 201, answer.text
    [user] = [one for one in keeper.get("/users.json").json()["users"] if one["login"] == login]
    return user["user_id"], answer.text.split("<code>")[1].split("</code>")[0]


def test_who_is_added_logs_in_by_the_password_that_was_shown_once(place: Desk, keeper: httpx.Client) -> None:
    number, password = added(keeper, "li")
    log_in(place.ledger, "li", password, address="office", now=place.now)
    told = keeper.get(f"/users/{number}.json").json()["user"]
    assert (told["roles"], told["division"], told["officer_id"], told["sessions"]) == (
        ["inspector"],
        LIXIA,
        "o7",
        1,
    )
    assert (
        password not in keeper.get(f"/users/{number}").text and "argon2" not in keeper.get("/users.json").text
    )


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"login": "keeper"}, "There is a user keeper already"),
        ({"role": []}, "no role"),
        ({"level": ""}, "Only an administrator belongs to no authority"),
        ({"division": "999999"}, "no district or town"),
        ({"level": "district", "division": ""}, "needs its level and, below the city, its division"),
    ],
)
def test_what_stands_against_a_new_user_is_told_and_what_was_typed_stays(
    keeper: httpx.Client, other: dict[str, Any], said: str
) -> None:
    sent = fields(keeper.get("/users/new").text, "/users") | {"login": "new", "name": "赵新"}
    sent |= {"role": ["inspector"], "level": "district", "division": LIXIA} | other
    answer = keeper.post("/users", data=sent)
    assert answer.status_code == 422 and said in answer.text and 'value="赵新"' in answer.text


def test_roles_authority_and_number_change_and_the_person_logs_in_anew(
    place: Desk, keeper: httpx.Client
) -> None:
    number, _ = added(keeper, "zhou")
    path = f"/users/{number}"
    keeper.post(f"{path}/password", data=fields(keeper.get(path).text, f"{path}/password"))
    sent = fields(keeper.get(path).text, path)
    assert (sent["role"], sent["officer_id"]) == (["inspector"], ["o7"])
    sent |= {"role": ["leader", "analyst"], "level": "city", "division": "", "officer_id": ""}
    assert keeper.post(path, data=sent).status_code == 303
    told = keeper.get(f"{path}.json").json()["user"]
    assert (told["roles"], told["level"], told["officer_id"]) == (["analyst", "leader"], "city", None)
    assert keeper.post(path, data=sent | {"role": []}).status_code == 422
    assert keeper.post(path, data=sent | {"level": ""}).status_code == 422, "a leader belongs to an authority"
    assert keeper.post(path, data=sent | {"role": ["admin"], "level": ""}).status_code == 303
    assert keeper.get(f"{path}.json").json()["user"]["level"] is None


def test_a_locked_account_and_ended_sessions_let_nobody_go_on(place: Desk, keeper: httpx.Client) -> None:
    number, password = added(keeper, "qian")
    path = f"/users/{number}"

    def inside() -> httpx.Client:
        browser = place.browser()
        browser.cookies.set(SESSION, log_in(place.ledger, "qian", password, address="x", now=place.now).token)
        return browser

    def done(act: str) -> int:
        return keeper.post(f"{path}/{act}", data=fields(keeper.get(path).text, f"{path}/{act}")).status_code

    first = inside()
    assert first.get("/me").status_code == 200
    assert done("sessions") == 303 and first.get("/me.json").status_code == 401
    second = inside()
    assert done("lock") == 303 and second.get("/me.json").status_code == 401
    assert "locked" in keeper.get("/users").text
    assert done("unlock") == 303 and inside().get("/me.json").status_code == 200


def test_an_administrator_is_not_locked_out_by_the_own_hand(place: Desk, keeper: httpx.Client) -> None:
    [me] = [one for one in users(place.ledger) if one.login == "keeper"]
    path = f"/users/{me.user_id}"
    page = keeper.get(path).text
    assert f"{path}/lock" not in page
    csrf = fields(page, path)["csrf"]
    refused = keeper.post(f"{path}/lock", data={"csrf": csrf})
    assert refused.status_code == 422 and "Let another administrator do it" in refused.text
    sent = fields(page, path) | {"role": ["leader"], "level": "city"}
    assert keeper.post(path, data=sent).status_code == 422
    other, _ = added(keeper, "second", role=["admin"], level="")
    theirs = f"/users/{other}"
    assert keeper.post(f"{theirs}/lock", data={"csrf": csrf}).status_code == 303
    assert keeper.get("/users.json").status_code == 200


def test_nobody_else_sees_users_and_a_form_of_another_session_changes_none(
    place: Desk, keeper: httpx.Client
) -> None:
    place.add("leader", "leader")
    leader, nobody = place.login("leader"), place.browser()
    number = keeper.get("/users.json").json()["users"][0]["user_id"]
    csrf = fields(leader.get("/me").text, "/me/password")["csrf"]
    for path in ("/users", "/users.json", "/users/new", f"/users/{number}"):
        assert leader.get(path).status_code == 403, path
        assert nobody.get(path).status_code in (303, 401), path
    for path in ("/users", f"/users/{number}", f"/users/{number}/lock", f"/users/{number}/password"):
        assert leader.post(path, data={"csrf": csrf}).status_code == 403, path
        assert keeper.post(path, data={"csrf": csrf}).status_code == 403, path
    assert keeper.get("/users/nobody").status_code == 404
    assert keeper.get("/").headers["location"] == "/users" and "/users" not in leader.get("/me").text


def test_ones_own_password_changes_by_the_old_one_and_only_this_session_goes_on(place: Desk) -> None:
    place.add("sun", "analyst")
    here, elsewhere = place.login("sun"), place.login("sun")
    sent = fields(here.get("/me").text, "/me/password")
    new = {"new": "a quite new one", "again": "a quite new one"}
    for wrong, said in (
        ({"old": "no"} | new, "password is wrong"),
        ({"old": PASSWORD, "new": "a quite new one", "again": "another one"}, "in two ways"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "has 10 to 200 characters"),
    ):
        answer = here.post("/me/password", data=sent | wrong)
        assert answer.status_code in (403, 422) and said in answer.text, wrong
    assert elsewhere.get("/me.json").status_code == 200
    before = audit.verify(place.ledger).place
    assert "holds from now on" in here.post("/me/password", data=sent | {"old": PASSWORD} | new).text
    assert here.get("/me.json").status_code == 200 and elsewhere.get("/me.json").status_code == 401
    assert audit.verify(place.ledger).place == before + 1
    log_in(place.ledger, "sun", new["new"], address="office", now=place.now)
