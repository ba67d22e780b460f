"""The map in Chromium: points with numbers and a line, the own ground, a note of each visit, and no other host."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from desk.web.asking import SESSION
from desk.web.tiles import tiles_of
from tests.worlds.desks import LIXIA, Desk, desk_of
from tests.worlds.devices import IN_CHROMIUM, listening, serious
from tests.worlds.homes import copy_of
from warehouse.home import Home

pytestmark = IN_CHROMIUM

STOPS = 4
PARK = [[117.0, 36.6], [117.2, 36.6], [117.2, 36.8], [117.0, 36.6]]
ON_TOUR = """
UPDATE plan.visits SET planned_on = DATE '2026-07-01', state = 'scheduled', level = 'district', division = '370102',
  crew_id = 'A', stop = chosen.stop
FROM (SELECT visit_id AS chosen_id, row_number() OVER (ORDER BY visit_id) AS stop FROM plan.visits
      WHERE planned_on IS NOT NULL LIMIT 4) AS chosen
WHERE visit_id = chosen.chosen_id
"""


@pytest.fixture(scope="module")
def served(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str]]:
    """A desk of a city in which one crew makes four visits on a day, two of them at one place."""
    home = copy_of(coded, tmp_path_factory.mktemp("toured"))
    with duckdb.connect(str(Home(home).published)) as published:
        published.execute(ON_TOUR)
        # A tour of two kilometres to the east, whose last two visits are behind one gate.
        published.execute(
            "UPDATE core.enterprises SET longitude = 117.0 + least(v.stop, 3) * 0.03, latitude = 36.65 "
            "FROM plan.visits v WHERE v.enterprise_id = enterprises.enterprise_id AND v.crew_id = 'A'"
        )
    (home / "map").mkdir()
    told = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [PARK]},
        "properties": {"name": "园区"},
    }
    (home / "map" / "park.geojson").write_text(json.dumps(told))
    with desk_of(home, tmp_path_factory.mktemp("served"), language="zh") as desk:
        desk.add("lixia", "leader", level="district", division=LIXIA)
        with listening(desk) as port:
            yield desk, f"http://127.0.0.1:{port}"


@pytest.fixture
def opened(served: tuple[Desk, str], chromium: Any) -> Iterator[Any]:
    """The map on a phone, and every address that it asks."""
    desk, address = served
    window = chromium.new_context(base_url=address, viewport={"width": 360, "height": 800})
    token = desk.login("lixia").cookies[SESSION]
    window.add_cookies([{"name": SESSION, "value": token, "url": address}])
    page, asked = window.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/map?on=2026-07-01")
    page.wait_for_selector("#map[data-ready]", state="attached")
    yield page, asked, address
    window.close()


def test_points_stand_in_the_order_of_the_tour_on_one_line_above_the_own_ground(opened: Any) -> None:
    page, asked, address = opened
    places = page.locator("#map .point")
    labels = sorted(
        (places.nth(n).bounding_box()["x"], places.nth(n).inner_text()) for n in range(places.count())
    )
    # The last two lie at one place.
    assert [label for _, label in labels] == ["1", "2", "3·4"]
    [line] = page.locator("#map path.way-of").evaluate_all("all => all.map(one => one.getAttribute('d'))")
    assert line.count("L") == STOPS - 1
    assert page.locator("#map path.ground").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert [url for url in asked if not url.startswith(address)] == []


def test_on_paper_all_points_are_within_the_map(opened: Any) -> None:
    page, _, _ = opened
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    box = page.locator("#map").bounding_box()
    points = [page.locator("#map .point").nth(n).bounding_box() for n in range(3)]
    assert box["width"] <= 640
    assert all(box["x"] <= one["x"] <= box["x"] + box["width"] - one["width"] for one in points)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#map").bounding_box()["width"] > 640


def test_a_tap_tells_what_the_list_tells_with_links_and_a_place_with_two_visits_tells_both(
    opened: Any,
) -> None:
    page, _, _ = opened
    page.locator("#map .point", has_text="1").first.click()
    note = page.locator(".leaflet-popup")
    note.wait_for()
    assert note.locator(".chip").inner_text() in ("红", "黄", "蓝", "绿")
    assert note.locator("a[href^='/enterprises/']").count() == 1
    assert note.locator("a[href^='https://uri.amap.com/navigation?to=117.03']").count() == 1
    page.keyboard.press("Escape")
    note.wait_for(state="detached")
    # To show the note the map was moved.
    page.reload()
    page.wait_for_selector("#map[data-ready]", state="attached")
    page.locator("#map .point.many").click()
    page.locator(".leaflet-popup h3").nth(1).wait_for()


def test_axe_finds_nothing_serious_on_the_map(served: tuple[Desk, str], chromium: Any) -> None:
    desk, address = served
    window = chromium.new_context(base_url=address, viewport={"width": 360, "height": 800}, bypass_csp=True)
    window.add_cookies([{"name": SESSION, "value": desk.login("lixia").cookies[SESSION], "url": address}])
    page = window.new_page()
    page.goto("/map?on=2026-07-01")
    page.wait_for_selector("#map[data-ready]", state="attached")
    page.locator("#map .point").first.click()
    page.locator(".leaflet-popup").wait_for()
    assert serious(page) == []
    window.close()


def test_without_script_the_list_stands_in_the_order_of_the_tour(
    served: tuple[Desk, str], chromium: Any
) -> None:
    desk, address = served
    window = chromium.new_context(base_url=address, java_script_enabled=False)
    window.add_cookies([{"name": SESSION, "value": desk.login("lixia").cookies[SESSION], "url": address}])
    page = window.new_page()
    page.goto("/map?on=2026-07-01")
    stops = [page.locator("li .stop").nth(n).inner_text() for n in range(STOPS)]
    assert stops == ["第1站", "第2站", "第3站", "第4站"]
    assert not page.locator("#map").is_visible()
    window.close()


def test_tiles_of_the_setting_are_asked_of_their_host_and_of_no_other(
    served: tuple[Desk, str], chromium: Any
) -> None:
    desk, address = served
    window = chromium.new_context(base_url=address)
    window.add_cookies([{"name": SESSION, "value": desk.login("lixia").cookies[SESSION], "url": address}])
    page, asked = window.new_page(), list[str]()

    def answered(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(status=204)

    page.route("https://**/*", answered)
    desk.app.state.desk.tiles = tiles_of("https://tiles.invalid/{z}/{x}/{y}.png")
    try:
        page.goto("/map?on=2026-07-01")
        page.wait_for_selector("#map[data-ready]", state="attached")
        page.wait_for_timeout(300)
    finally:
        desk.app.state.desk.tiles = None
    assert asked and all(url.startswith("https://tiles.invalid/") for url in asked)
    assert page.locator(".leaflet-control-attribution").inner_text() == "tiles.invalid"
    window.close()
