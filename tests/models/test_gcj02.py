"""Where Chinese navigation has a place."""

import pytest

from models.gcj02 import gcj02
from models.places import metres_between

PUBLISHED = [
    ("Shanghai", (121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ("Shenzhen", (113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ("Beijing", (116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]
"""Pairs that programs for it agree on: WGS 84, GCJ-02."""


@pytest.mark.parametrize(("place", "register", "navigation"), PUBLISHED)
def test_places_come_out_as_published(
    place: str, register: tuple[float, float], navigation: tuple[float, float]
) -> None:
    assert gcj02(*register) == pytest.approx(navigation, abs=1e-9), place


def test_a_place_of_jinan_is_moved_by_some_hundred_metres_to_the_east() -> None:
    moved = gcj02(117.0, 36.65)
    assert 400 < metres_between((117.0, 36.65), moved) < 700
    assert moved[0] > 117.0


@pytest.mark.parametrize("place", [(-74.006, 40.7128), (2.35, 48.85), (151.2, -33.87), (139.69, 35.69)])
def test_outside_of_china_a_place_stays_as_it_is(place: tuple[float, float]) -> None:
    assert gcj02(*place) == place
