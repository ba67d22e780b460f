"""The desk in Chromium: on a phone without script, for the keyboard, and by the rules of axe."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk.web.asking import SESSION
from tests.worlds.desks import Desk, asked, desk_of
from tests.worlds.devices import IN_CHROMIUM, listening, serious

WIDTHS = (360, 768, 1280)

pytestmark = IN_CHROMIUM


@pytest.fixture(scope="module", params=[pytest.param("en", marks=pytest.mark.whole), "zh"])
def served(
    request: pytest.FixtureRequest, coded: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A desk in each language that listens, its address, and the session of a leader."""
    with desk_of(coded, tmp_path_factory.mktemp("served"), language=request.param) as desk:
        desk.add("leader", "leader")
        with listening(desk) as port:
            yield desk, f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def paths(coded: Path) -> list[str]:
    firms = [
        row[0]
        for row in asked(coded, "SELECT min(enterprise_id) FROM risk.codes GROUP BY code ORDER BY code")
    ]
    pages = [
        "/day",
        "/day?of=area&on=2026-07-01",
        "/queue",
        "/queue?channel=red",
        "/queue?code=red",
        "/month",
    ]
    return [*pages, "/search?q=公司", "/nothing", *(f"/enterprises/{firm}" for firm in firms)]


def logged_in(chromium: Any, desk: Desk, address: str, **more: Any) -> Any:
    """A window of somebody who is logged in."""
    window = chromium.new_context(base_url=address, **more)
    token = desk.login("leader").cookies[SESSION]
    window.add_cookies([{"name": SESSION, "value": token, "url": address}])
    return window


@pytest.mark.whole
def test_no_page_is_wider_than_its_screen_and_none_asks_another_host(
    served: Any, chromium: Any, paths: list[str]
) -> None:
    desk, address = served
    for width in WIDTHS:
        window = logged_in(chromium, desk, address, viewport={"width": width, "height": 800})
        page, asked_for = window.new_page(), list[str]()
        page.on("request", lambda request, kept=asked_for: kept.append(request.url))
        for path in paths:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        assert [url for url in asked_for if not url.startswith(address)] == []
        window.close()


def test_axe_finds_nothing_serious(served: Any, chromium: Any, paths: list[str]) -> None:
    desk, address = served
    window = logged_in(chromium, desk, address, viewport={"width": 360, "height": 800}, bypass_csp=True)
    page = window.new_page()
    found = list[str]()
    for path in [*paths, "/login"]:
        if path == "/login":
            window.clear_cookies()
        page.goto(path)
        found += serious(page)
    window.close()
    assert found == []


def test_without_script_somebody_logs_in_looks_and_logs_out(served: Any, chromium: Any) -> None:
    _, address = served
    window = chromium.new_context(
        base_url=address, java_script_enabled=False, viewport={"width": 360, "height": 800}
    )
    page = window.new_page()
    page.goto("/queue?code=red")
    page.fill("#name", "leader")
    page.fill("#password", "correct horse battery")
    page.click("main button")
    assert page.url == f"{address}/queue?code=red"
    page.click("main .card a >> nth=0")
    assert "/enterprises/" in page.url and page.locator(".chip.red").count() >= 1
    page.click("header form[action='/logout'] button")
    assert page.url == f"{address}/login"
    page.goto("/day")
    assert page.url.startswith(f"{address}/login?next=")
    window.close()


def test_the_keyboard_comes_to_the_content_first_and_sees_where_it_is(served: Any, chromium: Any) -> None:
    desk, address = served
    window = logged_in(chromium, desk, address, viewport={"width": 1280, "height": 800})
    page = window.new_page()
    page.goto("/queue")
    page.keyboard.press("Tab")
    focused = "document.activeElement"
    assert page.evaluate(f"{focused}.className") == "skip"
    assert page.evaluate(f"{focused}.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.getElementById('content').contains({focused})")
    assert page.evaluate(f"getComputedStyle({focused}).outlineStyle") != "none"
    window.close()


def test_what_to_check_opens_by_the_keyboard(served: Any, chromium: Any) -> None:
    desk, address = served
    window = logged_in(
        chromium, desk, address, java_script_enabled=True, viewport={"width": 360, "height": 800}
    )
    page = window.new_page()
    page.goto("/day")
    summary = page.locator("summary").first
    assert not page.locator(".checks.all").first.is_visible()
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator(".checks.all").first.is_visible()
    window.close()
