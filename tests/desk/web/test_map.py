"""The map: the day once more with its places, the own ground, and tiles of one host where a setting names it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from desk.web.limits import HEADERS
from desk.web.tiles import Tiles, tiles_of
from models.errors import SettingsError
from models.gcj02 import gcj02
from tests.worlds.desks import LIXIA, Desk, desk_of
from tests.worlds.homes import copy_of
from warehouse.home import Home

PARK = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [117.05, 36.66]},
    "properties": {"name": "<b>化工园区"},
}


@pytest.fixture(scope="module")
def drawn(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk whose authority drew its ground, and left something there that is none; no enterprise has a place."""
    home = copy_of(coded, tmp_path_factory.mktemp("drawn"))
    with duckdb.connect(str(Home(home).published)) as published:
        published.execute("UPDATE core.enterprises SET longitude = NULL")
    (home / "map").mkdir()
    (home / "map" / "park.geojson").write_text(json.dumps(PARK))
    (home / "map" / "plan.geojson").write_text("<kml>")
    with desk_of(home, tmp_path_factory.mktemp("ledger")) as desk:
        desk.add("lixia", "leader", level="district", division=LIXIA)
        yield desk


def told(desk: Desk, path: str, who: str = "lixia") -> Any:
    answer = desk.login(who).get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_map_has_the_visits_of_the_day_in_the_same_order_and_where_navigation_finds_them(
    desk: Desk,
) -> None:
    for who, path in (("lixia", "?of=authority"), ("city", "?of=area")):
        day, drawn = told(desk, f"/day.json{path}", who), told(desk, f"/map.json{path}", who)
        assert (
            [one["visit_id"] for one in drawn["visits"]] == [one["visit_id"] for one in day["visits"]] != []
        )
        for one in drawn["visits"]:
            moved = gcj02(one["longitude"], one["latitude"])
            assert (
                one["gcj02"]
                == [round(degrees, 6) for degrees in moved]
                != [one["longitude"], one["latitude"]]
            )


def test_the_page_lists_what_is_drawn_and_every_visit_can_be_navigated_to(desk: Desk) -> None:
    browser = desk.login("lixia")
    [first, *_] = told(desk, "/map.json")["visits"]
    page = browser.get("/map").text
    longitude, latitude = first["gcj02"]
    assert f'href="https://uri.amap.com/navigation?to={longitude},{latitude}&amp;' in page
    assert f'id="s-{first["visit_id"]}"' in page and first["name"] in page
    assert f'href="/map?on={told(desk, "/day.json")["day"]}' in browser.get("/day").text


def test_the_own_ground_is_given_to_who_is_logged_in_and_what_is_none_is_told_with_its_reason(
    drawn: Desk,
) -> None:
    assert told(drawn, "/map/ground.json") == {"type": "FeatureCollection", "features": [PARK]}
    assert drawn.browser().get("/map/ground.json").status_code == 401
    [refused] = told(drawn, "/map.json")["ground_refused"]
    assert refused["file"] == "plan.geojson" and "is no JSON" in refused["reason"]
    assert "plan.geojson of the own ground is not drawn" in drawn.login("lixia").get("/map").text


def test_a_visit_without_coordinates_is_listed_and_not_drawn(drawn: Desk) -> None:
    [first, *_] = told(drawn, "/map.json")["visits"]
    assert first["gcj02"] is None
    page = drawn.login("lixia").get("/map").text
    assert f'id="s-{first["visit_id"]}"' in page and "so it is not on the map" in page
    assert "uri.amap.com" not in page and '"tours": [[]' in page


def test_without_tiles_the_map_may_load_what_every_page_may(desk: Desk) -> None:
    policy = desk.login("lixia").get("/map").headers["content-security-policy"]
    assert policy == HEADERS["content-security-policy"]


def test_with_tiles_pictures_of_their_host_are_let_through_on_the_map_alone(
    coded: Path, tmp_path: Path
) -> None:
    with desk_of(coded, tmp_path) as desk:
        desk.add("lixia", "leader", level="district", division=LIXIA)
        desk.app.state.desk.tiles = tiles_of("https://tiles.jinan.invalid:8443/{z}/{x}/{y}.png")
        browser = desk.login("lixia")
        policy = browser.get("/map").headers["content-security-policy"]
        assert policy.endswith("; img-src 'self' data: https://tiles.jinan.invalid:8443")
        assert policy.startswith(HEADERS["content-security-policy"])
        assert browser.get("/day").headers["content-security-policy"] == HEADERS["content-security-policy"]


def test_a_setting_of_tiles_is_https_or_a_path_of_this_site() -> None:
    assert tiles_of(None) is tiles_of("  ") is None
    assert tiles_of("/tiles/{z}/{x}/{y}.png") == Tiles("/tiles/{z}/{x}/{y}.png", "")
    assert tiles_of("/tiles/{z}/{x}/{y}.png").policy.endswith("img-src 'self' data:")  # pyright: ignore[reportOptionalMemberAccess]
    for wrong in (
        "http://tiles.invalid/{z}/{x}/{y}.png",
        "//tiles.invalid/{z}/{x}/{y}.png",
        "https://tiles.invalid/{z}/{x}.png",
        "https://tiles.invalid; script-src https://x/{z}/{x}/{y}.png",
        "https://user@tiles.invalid/{z}/{x}/{y}.png",
        "https:///{z}/{x}/{y}.png",
        "tiles/{z}/{x}/{y}.png",
    ):
        with pytest.raises(SettingsError):
            tiles_of(wrong)
