"""Places: how far apart they are."""

import math

from hypothesis import given
from hypothesis import strategies as st

from models.places import EARTH_METRES, metres_between

PLACE = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


def test_a_degree_along_a_meridian_is_a_360th_of_the_way_around() -> None:
    assert metres_between((117.0, 36.0), (117.0, 37.0)) == 111195
    assert metres_between((117.0, 36.0), (117.0, 36.0)) == 0
    assert metres_between((0.0, 90.0), (0.0, -90.0)) == 20015087


@given(one=PLACE, other=PLACE)
def test_there_and_back_are_as_far_and_nothing_is_farther_than_the_other_side(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    there = metres_between(one, other)
    assert there == metres_between(other, one)
    assert 0 <= there <= math.ceil(math.pi * EARTH_METRES)
