"""What a cell shows, which cells are empty, and which hold the error of a formula: in every column of every table."""

import polars as pl
import pytest

from models.tables.canonical import TABLES
from tests.worlds.cells import conformed, read
from warehouse.intake.conform import as_text
from warehouse.intake.values.texts import clean, error_cells, text_of

ERRORS = [
    *("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!"),
    *(
        "#BLOCKED!",
        "#CONNECT!",
        "#UNKNOWN!",
        "#GETTING_DATA",
        "#ERROR!",
        "Err:502",
        "err: 504",
        "#错误",
        "#错误!",
    ),
    *("  #REF! ", "#ref!", "#n/a", "＃Ｎ／Ａ", "＃REF！", "Ｅｒｒ：５０２", "\u3000#N/A\u00a0", "#########"),
    *("#NV", "#WERT!", "#BEZUG!", "#NOMBRE?", "#¡REF!"),
]
VALUES = [
    "#1炉",
    "#",
    "##",
    "#3 boiler",
    "# N/A here",
    "Err",
    "Error in the alarm system",
    "N/A",
    "REF!",
    "#消防",
    "E#1",
    "#n",
]


@pytest.mark.parametrize("cell", ERRORS)
def test_the_error_of_a_formula_is_known_in_any_case_and_width(cell: str):
    assert error_cells(clean(pl.Series([cell, None, "x"]))).to_list() == [0]


@pytest.mark.parametrize("cell", VALUES)
def test_what_only_looks_like_one_is_a_text(cell: str):
    assert error_cells(clean(pl.Series([cell]))).is_empty()


COLUMNS = [(table, name) for table in TABLES for name in TABLES[table].columns() if name != "source"]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_an_error_is_neither_a_value_nor_a_blank_in_any_column(table: str, column: str):
    found = conformed(table, {column: {"column": "x"}}, x=["#REF!", ""])
    [first, second] = found["problems"].to_list()
    assert first == [f"error_cell:{column}"]
    assert second == []
    assert found[column][0] is None


def test_no_word_of_a_mapping_makes_an_error_a_value():
    told = {"values": {"#N/A": "minor"}, "otherwise": "minor", "blank": "minor", "empty": ["#N/A"]}
    assert read("violations", "severity", ["#N/A", "x", ""], **told) == [
        "error_cell:severity",
        "minor",
        "minor",
    ]


def test_an_error_in_one_of_several_cells_counts_where_it_is_used():
    cells = {"a": ["#N/A", "x", "x"], "b": ["y", "#N/A", "y"]}
    joined = conformed("violations", {"violation_id": {"join": ["a", "b"]}}, **cells)
    assert joined["problems"].to_list() == [["error_cell:violation_id"], ["error_cell:violation_id"], []]
    first = conformed("violations", {"description": {"first": ["a", "b"]}}, **cells)
    assert first["problems"].to_list() == [["error_cell:description"], [], []]


@pytest.mark.parametrize("blank", ["", " ", "\u3000", "\u00a0", "\t", "\r\n", " \u2003 "])
def test_blanks_of_any_kind_are_empty(blank: str):
    assert read("violations", "severity", [blank]) == ["ungraded"]
    assert read("violations", "description", [blank]) == [None]


def test_a_float_shows_its_digits_and_what_is_no_number_shows_nothing():
    numbers = pl.Series([2.0, 2.5, 999_999_999_999_999.0, 9.13701e17, 1e15, -1e20, float("nan"), None])
    shown = ["2", "2.5", "999999999999999", "9.13701E+17", "1000000000000000.0", "-1E+20", None, None]
    assert text_of(numbers).to_list() == shown


@pytest.mark.parametrize("column", ["violation_id", "enterprise_id", "inspection_id"])
def test_a_long_id_that_came_as_a_float_is_refused_now_and_when_it_is_tried_again(column: str):
    cells = pl.DataFrame({"x": [9.13701e17, 202506010001.0]})
    for frame in (cells, as_text(cells)):
        found = conformed("violations", {column: {"column": "x"}}, x=frame["x"])
        assert found["problems"].to_list() == [[f"mangled_number:{column}"], []]
        assert found[column].to_list() == [None, "202506010001"]
    joined = conformed("violations", {column: {"join": ["x", "y"]}}, x=cells["x"], y=["a", "b"])
    assert joined["problems"].to_list() == [[f"mangled_number:{column}"], []]
