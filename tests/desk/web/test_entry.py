"""Coming in and going out: with the ledger, by a cookie that no script can read, to pages of this site only."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.web.asking import SESSION, local
from tests.worlds.desks import LIXIA, NOW, PASSWORD, Desk, desk_of


@pytest.fixture
def own(coded: Path, tmp_path: Path) -> Iterator[Desk]:
    """A desk for one test alone."""
    with desk_of(coded, tmp_path / "ledger") as made:
        made.add("li", level="district", division=LIXIA)
        yield made


def test_who_is_not_logged_in_comes_to_the_page_after_logging_in(own: Desk) -> None:
    browser = own.browser()
    sent = browser.get("/queue?code=red")
    assert sent.status_code == 303
    assert sent.headers["location"] == "/login?next=%2Fqueue%3Fcode%3Dred"
    assert 'value="/queue?code=red"' in browser.get(sent.headers["location"]).text
    let_in = browser.post("/login", data={"name": "li", "password": PASSWORD, "next": "/queue?code=red"})
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/queue?code=red")
    cookie = let_in.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie
    assert browser.get("/queue?code=red").status_code == 200
    assert browser.get("/login").status_code == 303


def test_over_an_encrypted_line_the_cookie_is_for_encrypted_lines_only(own: Desk) -> None:
    let_in = own.browser(base_url="https://desk").post("/login", data={"name": "li", "password": PASSWORD})
    assert "secure" in let_in.headers["set-cookie"].lower()


def test_a_program_that_is_not_logged_in_is_told_the_next_step(own: Desk) -> None:
    answer = own.browser().get("/day.json")
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "Nobody is logged in. Log in and ask again: /login",
        "kind": "LoginError",
        "status": 401,
    }


def test_a_wrong_password_and_an_unknown_login_are_told_alike_and_set_no_cookie(own: Desk) -> None:
    answers = [
        own.browser().post("/login", data={"name": name, "password": word})
        for name, word in (("li", "wrong wrong wrong"), ("nobody", PASSWORD))
    ]
    for answer in answers:
        assert answer.status_code == 401 and SESSION not in answer.headers.get("set-cookie", "")
        assert "Login or password is wrong." in answer.text and 'role="alert"' in answer.text
    assert answers[0].text.replace('value="li"', "") == answers[1].text.replace('value="nobody"', "")
    assert "wrong wrong" not in answers[0].text


def test_too_many_attempts_are_stopped_by_the_ledger(own: Desk) -> None:
    tried = [
        own.browser().post("/login", data={"name": "li", "password": f"guess number {n}"}) for n in range(7)
    ]
    assert "too many attempts" in tried[-1].text and "too many attempts" not in tried[0].text
    assert own.browser().post("/login", data={"name": "li", "password": PASSWORD}).status_code == 401
    own.now = NOW + timedelta(minutes=16)
    assert own.browser().post("/login", data={"name": "li", "password": PASSWORD}).status_code == 303


def test_logging_out_needs_the_form_of_the_session_and_ends_it_everywhere(own: Desk) -> None:
    browser = own.login("li")
    token = browser.cookies[SESSION]
    assert browser.post("/logout", data={"csrf": "guessed"}).status_code == 403
    page = browser.get("/queue?code=red").text
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    assert browser.post("/logout", data={"csrf": csrf}).headers["location"] == "/login"
    elsewhere = own.browser()
    elsewhere.cookies.set(SESSION, token)
    assert elsewhere.get("/day.json").status_code == 401


def test_a_session_that_is_over_asks_to_log_in_again(own: Desk) -> None:
    browser = own.login("li")
    own.now = NOW + timedelta(hours=13)
    assert browser.get("/day").headers["location"] == "/login?next=%2Fday"
    assert "session is over" in browser.get("/day.json").json()["error"]


def test_the_language_that_was_chosen_stays(own: Desk) -> None:
    browser = own.login("li")
    assert '<html lang="en">' in browser.get("/search").text
    chosen = browser.post("/language", data={"to": "zh", "next": "/search?q=x"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/search?q=x")
    page = browser.get("/search").text
    assert '<html lang="zh' in page and "查找" in page and "English" in page
    assert "没有企业" in browser.get("/enterprises/NOBODY").text
    refused = browser.post("/language", data={"to": "fr"})
    assert refused.status_code == 422 and "en, zh" in refused.text


@given(
    path=st.text(max_size=20) | st.sampled_from(["//evil.invalid", "/\\evil.invalid", "https://evil.invalid"])
)
def test_after_logging_in_nobody_is_sent_to_another_site(path: str) -> None:
    led = local(path)
    assert led.startswith("/") and led[1:2] not in ("/", "\\") and led.isprintable()
    assert led in (path, "/")


def test_paths_of_this_site_are_gone_to() -> None:
    assert [local(path) for path in ("/day?on=2026-07-01", "/", "", None)] == [
        "/day?on=2026-07-01",
        "/",
        "/",
        "/",
    ]
