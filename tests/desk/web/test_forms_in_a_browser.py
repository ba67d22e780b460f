"""Forms and lists of the desk in Chromium: as wide as their screens, by the rules of axe, used without script."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk.web.asking import SESSION
from tests.worlds.crews import MORNING, Crew
from tests.worlds.desks import LIXIA, Desk, asked, desk_of
from tests.worlds.devices import IN_CHROMIUM, listening, serious
from tests.worlds.disputed import disputed
from tests.worlds.effort import EVERYTHING
from tests.worlds.states import of_every_state

pytestmark = IN_CHROMIUM

WIDTHS = (360, 1280)
HEAD = "head"
"""Leads, inspects and keeps users, so that every form is there."""


@pytest.fixture(scope="module")
def home(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return disputed(coded, tmp_path_factory.mktemp("disputed"))


@pytest.fixture(scope="module", params=["zh", pytest.param("en", marks=pytest.mark.whole)])
def served(
    request: pytest.FixtureRequest, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Desk, str, dict[str, str]]]:
    """A desk in each language that listens, with a visit in every state: its address, and their numbers."""
    with desk_of(home, tmp_path_factory.mktemp("served"), language=request.param) as desk:
        desk.now = MORNING
        visits = of_every_state(Crew(desk, home))
        desk.add(HEAD, "leader", "inspector", "admin", level="district", division=LIXIA)
        with listening(desk) as port:
            yield desk, f"http://127.0.0.1:{port}", visits


def pages(home: Path, visits: dict[str, str]) -> list[str]:
    """Every form and list, with all that can stand on them; in a usual run one of each kind."""
    [(firm,)] = asked(home, "SELECT enterprise_id FROM dispute.overrides WHERE override_id = 'V-2026-01'")
    new = f"/objections/new?enterprise={firm}"
    each = [
        *("/visits", f"/visits/new?enterprise={firm}", f"/visits/{visits['signed']}"),
        *(f"/records/{visits['counted']}", "/objections", "/objections/O-2026-01", f"{new}&table=violations"),
        *(
            "/overrides",
            f"/overrides/new?enterprise={firm}",
            f"/enterprises/{firm}",
            "/users",
            "/users/new",
            "/me",
            *(f"/visits/{visits['signed']}/papers", f"/visits/{visits['signed']}/papers/record"),
            *("/papers", "/evaluations"),
            "/submissions",
            "/outward?day=2026-07-01",
        ),
    ]
    if not EVERYTHING:
        return each
    [(source, key)] = asked(
        home, "SELECT source, datum_id FROM dispute.objections WHERE objection_id = 'O-2026-01'"
    )
    return [
        *each,
        *("/visits?from=2026-07-01&to=2026-07-02", f"/visits/{visits['draft']}/filing"),
        *(f"/visits/{number}" for state, number in visits.items() if state != "signed"),
        f"/visits/{visits['approved']}/pass",
        *(f"/records/{visits[state]}" for state in ("started", "recorded")),
        *("/objections/O-2026-02", new, f"{new}&table=violations&source={source}&key={key}"),
    ]


def window_of(chromium: Any, desk: Desk, address: str, **more: Any) -> Any:
    """A window of somebody for whom every form is there."""
    window = chromium.new_context(base_url=address, viewport={"width": 360, "height": 800}, **more)
    token = desk.login(HEAD).cookies[SESSION]
    window.add_cookies([{"name": SESSION, "value": token, "url": address}])
    return window


def test_no_form_is_wider_than_its_screen_and_axe_finds_nothing_serious(
    served: tuple[Desk, str, dict[str, str]], chromium: Any, home: Path
) -> None:
    desk, address, visits = served
    window = window_of(chromium, desk, address, bypass_csp=True)
    page, asked_for, found = window.new_page(), list[str](), list[str]()
    page.on("request", lambda one: asked_for.append(one.url))
    users = page.request.get("/users.json").json()["users"]
    for path in [*pages(home, visits), f"/users/{users[0]['user_id']}"]:
        page.set_viewport_size({"width": WIDTHS[0], "height": 800})
        answer = page.goto(path)
        assert answer.status == 200, path
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        page.set_viewport_size({"width": WIDTHS[0], "height": 800})
        found += serious(page)
    window.close()
    assert found == [] and [url for url in asked_for if not url.startswith(address)] == []


def test_without_script_an_objection_is_lodged_and_a_user_is_added(
    served: tuple[Desk, str, dict[str, str]], chromium: Any, home: Path
) -> None:
    desk, address, _ = served
    window = window_of(chromium, desk, address, java_script_enabled=False)
    page = window.new_page()
    [(firm,)] = asked(home, "SELECT enterprise_id FROM dispute.overrides WHERE override_id = 'V-2026-01'")
    page.goto(f"/enterprises/{firm}")
    page.click("main a[href^='/objections/new'] >> nth=0")
    page.fill("#by", "王五")
    page.fill("#grounds", "停业整顿已经结束")
    page.click("main button")
    assert f"{address}/acts/" in page.url and page.locator("[role=status]").count() == 1
    page.goto("/users/new")
    page.fill("#login", "new")
    page.fill("#name", "赵新")
    page.fill("#division", LIXIA)
    page.click("main form button")
    assert len(page.inner_text("code")) >= 12
    window.close()
