"""Divisions by their codes: abolished ones are today's, and what never existed is found."""

import pytest

from models.divisions import is_known, present, successions
from models.vocabulary import JINAN_DIVISIONS


@pytest.mark.parametrize(
    ("code", "now"),
    [
        ("371202", "370116"),
        ("371203", "370117"),
        ("370181", "370114"),
        ("370122", "370114"),
        ("370123", "370113"),
        ("370125", "370115"),
        ("371202000000", "370116"),
        ("371202001", "371202001"),
        ("371200", "371200"),
        ("370102", "370102"),
        ("莱城区", "莱城区"),
        (None, None),
    ],
)
def test_an_abolished_county_is_the_one_that_holds_its_area_and_a_street_of_it_is_left_as_it_is(
    code: str | None, now: str | None
):
    assert present(code) == now


@pytest.mark.parametrize(
    ("code", "known"),
    [("370102", True), ("371202", True), ("110101", True), ("379999", False), ("37010", False), ("000000", False),
     ("370102001", True), ("历下区", True)],
)  # fmt: skip
def test_a_code_of_digits_is_known_where_its_county_exists_or_existed(code: str, known: bool):
    assert is_known(code) == known


def test_every_successor_is_a_division_of_today_and_no_abolished_one_is():
    for one in successions().values():
        assert one.successor in JINAN_DIVISIONS and one.code not in JINAN_DIVISIONS
        assert is_known(one.code)
