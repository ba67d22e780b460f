"""Cells of a delivery as each kind of column reads them: what is read, what is empty, what is named unreadable."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from models.errors import MappingError
from tests.worlds.cells import conformed, read
from warehouse.intake.conform import as_text
from warehouse.intake.files.raw import LINE
from warehouse.intake.mapping import parse_mapping

SUMMER = date(2026, 6, 5)
UNREAD = "unreadable:occurred_on"


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-06-05", SUMMER),
        ("2026/06/05", SUMMER),
        ("20260605", SUMMER),
        ("2026年06月05日", SUMMER),
        ("2026.06.05", SUMMER),
        ("  2026-06-05 ", SUMMER),
        ("2026-06-05 23:59", SUMMER),
        ("2026-06-05T00:00:00.123", SUMMER),
        ("2026/6/5 8:30:00", SUMMER),
        # 17 hours of Greenwich are past midnight in Shanghai.
        ("2026-06-04T17:00:00Z", SUMMER),
        ("2026-06-05 17:00:00+08:00", SUMMER),
        ("46178", SUMMER),
        ("46178.75", SUMMER),
        ("10000", date(1927, 5, 18)),
        ("80000", date(2119, 1, 11)),
        ("09999", UNREAD),
        ("80001", UNREAD),
        ("4617", UNREAD),
        ("461780", UNREAD),
        ("2026-13-05", UNREAD),
        ("2026-06-05 soon", UNREAD),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_a_day_is_read_in_every_form_it_comes_in(cell: str | None, day: Any):
    assert read("violations", "occurred_on", pl.Series([cell], dtype=pl.String)) == [day]


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-06-05 08:30:15.25", datetime(2026, 6, 5, 8, 30, 15, 250_000)),
        ("2026-06-05T08:30:15", datetime(2026, 6, 5, 8, 30, 15)),
        ("2026/06/05 08:30:15", datetime(2026, 6, 5, 8, 30, 15)),
        ("2026-06-05 08:30", datetime(2026, 6, 5, 8, 30)),
        ("2026/06/05 08:30", datetime(2026, 6, 5, 8, 30)),
        ("2026年06月05日 08:30", datetime(2026, 6, 5, 8, 30)),
        ("2026-06-05", datetime(2026, 6, 5)),
        ("2026年06月05日", datetime(2026, 6, 5)),
        ("2026-06-05T08:30:15+00:00", datetime(2026, 6, 5, 16, 30, 15)),
        ("2026-06-05 08:30:15+08:00", datetime(2026, 6, 5, 8, 30, 15)),
        # A day with something behind it is no moment.
        ("2026-06-05 25:00", "unreadable:raised_at"),
        ("soon", "unreadable:raised_at"),
        ("", None),
    ],
)
def test_a_moment_is_read_in_every_form_it_comes_in_and_told_in_local_time(cell: str, moment: Any):
    assert read("alerts", "raised_at", [cell]) == [moment]


def test_days_and_moments_that_come_as_such_are_taken_as_they_are():
    noon = datetime(2026, 6, 5, 12)
    assert read("violations", "occurred_on", [SUMMER]) == [SUMMER]
    assert read("violations", "occurred_on", [noon]) == [SUMMER]
    assert read("alerts", "raised_at", [noon]) == [noon]
    assert read("alerts", "raised_at", [SUMMER]) == [datetime(2026, 6, 5)]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["7", " 7 ", "7.0", "7.00", "-3", ""], [7, 7, 7, 7, -3, 1]),
        (["7.5", "seven", "1e3"], ["unreadable:quantity"] * 3),
        ([7.0, None], [7, 1]),
        ([7.5, float("nan")], ["unreadable:quantity"] * 2),
        ([7, -3], [7, -3]),
    ],
)
def test_a_number_of_things_is_whole_and_an_empty_cell_stands_for_one(cells: list[Any], numbers: list[Any]):
    assert read("violations", "quantity", cells) == numbers


def test_an_amount_may_have_fen_and_counts_whole_yuan():
    cells = ["1000", "1000.0", "999.49", "999.50", "-2.75", "999.505", "about 5"]
    unread = "unreadable:loss"
    assert read("accidents", "loss", cells) == [1000, 1000, 999, 1000, -3, unread, unread]


def test_a_measure_is_any_finite_number():
    unread = "unreadable:longitude"
    assert read("enterprises", "longitude", ["117.25", "-0.5", "1e2", "inf", "nan", "east", ""]) == [
        117.25,
        -0.5,
        100.0,
        unread,
        unread,
        unread,
        None,
    ]
    assert read("enterprises", "longitude", [117, -3]) == [117.0, -3.0]
    assert read("enterprises", "longitude", [117.25, float("inf")]) == [117.25, unread]


@pytest.mark.parametrize(
    ("cell", "flag"),
    [
        *((yes, True) for yes in ("true", "TRUE", "1", "1.0", "y", "Yes", "t", "是", "有")),
        *((no, False) for no in ("false", "False", "0", "0.0", "n", "NO", "f", "否", "无")),
        ("2", "unreadable:is_major_hazard"),
        ("perhaps", "unreadable:is_major_hazard"),
    ],
)
def test_a_flag_is_read_in_both_languages_and_any_case(cell: str, flag: Any):
    assert read("violations", "is_major_hazard", [cell]) == [flag]


def test_flags_that_come_as_such_or_as_numbers_are_read_too():
    assert read("violations", "is_major_hazard", [True, False]) == [True, False]
    assert read("violations", "is_major_hazard", [1, 0]) == [True, False]
    assert read("violations", "is_major_hazard", [1.0, 0.0]) == [True, False]
    assert read("violations", "is_major_hazard", ["J", "N"], values={"J": "true"}) == [True, False]


def test_a_code_is_read_by_its_spellings_or_by_what_the_mapping_lists():
    assert read("violations", "severity", ["一般", "General", " serious "]) == [
        "general",
        "general",
        "serious",
    ]
    assert read("violations", "severity", ["甲", "serious"], values={"甲": "critical"}) == [
        "critical",
        "serious",
    ]
    assert read("violations", "severity", ["甲", "乙"], values={"甲": "critical"}) == [
        "critical",
        "unknown_code:severity",
    ]
    assert read(
        "violations",
        "severity",
        ["甲", "乙", ""],
        values={"甲": "critical"},
        otherwise="minor",
        blank="general",
    ) == [
        "critical",
        "minor",
        "general",
    ]
    assert read("violations", "severity", [1, 2.0][:1], values={1: "minor"}) == ["minor"]
    assert read("violations", "severity", [1.0, 2.0], values={1: "minor", 2.0: "general"}) == [
        "minor",
        "general",
    ]
    assert read("violations", "severity", [True, False], values={True: "minor", False: "general"}) == [
        "minor",
        "general",
    ]


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (["a", " b ", "", None], ["a", "b", None, None]),
        ([2.0, 2.5, float("inf"), float("nan")], ["2", "2.5", None, None]),
        ([2, 3], ["2", "3"]),
        ([SUMMER], ["2026-06-05"]),
        ([datetime(2026, 6, 5), datetime(2026, 6, 5, 8, 30)], ["2026-06-05", "2026-06-05 08:30:00"]),
        ([True], ["true"]),
    ],
)
def test_a_text_is_what_the_cell_shows(cells: list[Any], texts: list[Any]):
    found = conformed("violations", {"description": {"column": "x"}}, x=cells)
    assert found["description"].to_list() == texts


def test_control_characters_are_dropped_only_where_the_mapping_says_so():
    assert conformed("violations", {"description": {"column": "x"}}, x=["a\x07b"])[
        "description"
    ].to_list() == ["a\x07b"]
    stripped = conformed("violations", {"description": {"column": "x", "strip_control": True}}, x=["a\x07b"])
    assert stripped["description"].to_list() == ["a b"]


def test_the_first_cell_that_is_not_blank_fills_a_column():
    found = conformed(
        "violations",
        {"occurred_on": {"first": ["a", "b"]}},
        a=["2026-06-05", " ", ""],
        b=["x", "2026-06-05", ""],
    )
    assert found["occurred_on"].to_list() == [SUMMER, SUMMER, None]


def test_joined_cells_are_set_apart_by_what_the_mapping_says():
    cells = {"a": ["x", "x", ""], "b": [2.0, None, 3.0]}
    plain = conformed("violations", {"inspection_id": {"join": ["a", "b"]}}, **cells)
    assert plain["inspection_id"].to_list() == ["x|2", None, None]
    dashed = conformed("violations", {"inspection_id": {"join": ["b", "a"], "with": "-"}}, **cells)
    assert dashed["inspection_id"].to_list() == ["2-x", None, None]


def test_cells_that_stand_for_unknown_are_empty():
    assert read("inspections", "score", [-1, 30, None], empty=[-1]) == [None, 30, None]
    assert read("inspections", "score", ["-1", "none", "30"], empty=[-1.0, "none"]) == [None, None, 30]


def test_days_are_moved_by_what_the_mapping_says():
    assert read("violations", "occurred_on", ["2026-06-05", ""], plus_days=3) == [date(2026, 6, 8), None]
    assert read("violations", "occurred_on", ["2026-06-05"], plus_days=-5) == [date(2026, 5, 31)]


def test_a_constant_fills_every_row_and_a_blank_only_the_empty_ones():
    found = conformed(
        "violations",
        {"severity": {"constant": "minor"}, "description": {"column": "x", "blank": "none"}},
        x=["a", ""],
    )
    assert found["severity"].to_list() == ["minor", "minor"]
    assert found["description"].to_list() == ["a", "none"]


def test_what_the_mapping_does_not_name_is_taken_by_its_header_and_what_it_denies_is_not():
    cells = {"违法行为编号": ["v1"], "description": ["d"], "department": ["fire"]}
    plain = conformed("violations", {}, **cells)
    assert plain["description"].to_list() == ["d"]
    assert plain["source"].to_list() == ["bureau"]
    assert plain[LINE].to_list() == [2]
    denied = conformed("violations", {"description": None}, **cells)
    assert denied["description"].to_list() == [None]


def test_several_problems_of_one_row_are_all_named_and_no_other_row_has_them():
    cells = {"x": ["2026-06-05", "soon", "2026-06-05"], "y": ["1", "many", "2"]}
    found = conformed("violations", {"occurred_on": {"column": "x"}, "quantity": {"column": "y"}}, **cells)
    assert found["problems"].to_list() == [[], ["unreadable:occurred_on", "unreadable:quantity"], []]
    assert found["quantity"].to_list() == [1, None, 2]


def test_one_of_several_headers_is_enough_and_none_is_told_with_what_there_is():
    spec = {"occurred_on": {"column": ["day", "date"]}}
    assert conformed("violations", spec, date=["2026-06-05"])["occurred_on"].to_list() == [SUMMER]
    with pytest.raises(
        MappingError, match=r"f\.csv has no column day, date for violations\.occurred_on; it has: x, y\."
    ):
        conformed("violations", spec, x=["1"], y=["1"])
    with pytest.raises(
        MappingError, match=r"f\.csv has no column b for violations\.inspection_id; it has: a\."
    ):
        conformed("violations", {"inspection_id": {"join": ["a", "b"]}}, a=["1"])


def test_a_row_kept_as_text_is_read_again_as_it_was():
    typed = pl.DataFrame(
        {
            LINE: [2, 3],
            "whole": [2.0, float("nan")],
            "day": [SUMMER, None],
            "moment": [datetime(2026, 6, 5), datetime(2026, 6, 5, 8)],
            "flag": [True, False],
            "text": [" a ", ""],
        }
    )
    kept = as_text(typed)
    assert kept[LINE].to_list() == [2, 3]
    assert kept.drop(LINE).rows() == [
        ("2", "2026-06-05", "2026-06-05", "true", " a "),
        ("NaN", None, "2026-06-05 08:00:00", "false", ""),
    ]


def test_a_mapping_knows_its_text_by_a_fingerprint_and_lists_the_register_first():
    text = 'mapping: bureau\ntables: {violations: [{files: ["a*"]}, {files: ["b*"]}], enterprises: [{files: ["r*"]}]}\n'
    mapping, other = parse_mapping(text), parse_mapping(text + "# a remark\n")
    assert [(name, at, entry.files) for name, at, entry in mapping.entries()] == [
        ("enterprises", 0, ["r*"]),
        ("violations", 0, ["a*"]),
        ("violations", 1, ["b*"]),
    ]
    assert len(mapping.hash) == 64 and mapping.hash == parse_mapping(text).hash != other.hash


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.00", True),
        ("0.00", False),
        ("1", True),
        ("1.0", True),
        ("1.50", None),
        ("10.0", None),
        ("2.00", None),
    ],
)
@pytest.mark.parametrize("kind", [str, Decimal, float])
def test_a_flag_is_one_or_zero_however_many_zeros_follow(cell: str, value: bool | None, kind: Any):
    told = "unreadable:is_major_hazard" if value is None else value
    assert read("violations", "is_major_hazard", [kind(cell)]) == [told]
