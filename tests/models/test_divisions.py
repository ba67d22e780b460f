"""Divisions by their codes: abolished ones are today's, and what never existed is found."""

import duckdb
import polars as pl
import pytest

from models.divisions import is_known, present, successions
from models.places import place_of
from models.territory import lies_in
from models.vocabulary import JINAN_DIVISIONS
from warehouse.questions.area import districts, in_district
from warehouse.questions.area import lies_in as sql_lies_in


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


WRITTEN = {
    "370102": ("370102", "370102"),
    "370102001": ("370102", "370102001"),
    "370102001003": ("370102", "370102001"),
    "370102001000": ("370102", "370102001"),
    "370102000": ("370102", "370102"),
    "370102000000": ("370102", "370102"),
    "370100": ("370100", "370100"),
    "历下区": ("370102", "370102"),
    "济南市历下区": ("370102", "370102"),
    "济南高新技术产业开发区": ("济南高新技术产业开发区", "济南高新技术产业开发区"),
    "": ("", ""),
}


@pytest.mark.parametrize(("level", "at"), [("district", 0), ("town", 1)])
def test_a_code_of_nine_or_twelve_digits_lies_in_its_district_and_town_however_it_is_asked(
    level: str, at: int
):
    wanted = [places[at] for places in WRITTEN.values()]
    frame = pl.DataFrame({"division": list(WRITTEN)})
    asked = duckdb.sql(f"SELECT {sql_lies_in(level, 'division')} AS place FROM frame").fetchall()
    assert frame.select(lies_in(level)).to_series().to_list() == wanted
    assert [place for (place,) in asked] == wanted
    assert [place_of(level, one) for one in WRITTEN] == wanted


def test_a_street_of_an_abolished_county_lies_in_the_district_of_today():
    divisions = pl.DataFrame({"division": ["371202001", "371202001000", "371202", None]})
    assert divisions.select(lies_in("district")).to_series().to_list() == ["370116", "370116", "370116", None]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("370102", {"370102", "370102001", "370102001003", "历下区"}),
        ("Lixia", {"370102", "370102001", "370102001003", "历下区"}),
        ("370102001", {"370102001", "370102001003"}),
        (" 370102001000 ", {"370102001", "370102001003"}),
        ("370102000000", {"370102", "370102001", "370102001003", "历下区"}),
        ("370102009", set()),
        (None, {"370102", "370102001", "370102001003", "历下区", "371202001"}),
    ],
)
def test_who_asks_for_a_town_gets_that_town_and_who_asks_for_a_district_all_its_towns(
    asked: str | None, found: set[str]
):
    divisions = ["370102", "370102001", "370102001003", "历下区", "371202001"]
    firms = pl.DataFrame({"division": divisions})
    connection = duckdb.connect()
    connection.register("firms", firms)
    rows = connection.execute(
        f"SELECT division FROM firms e WHERE {in_district('e')}", {"districts": districts(asked)}
    )
    assert {one for (one,) in rows.fetchall()} == found
