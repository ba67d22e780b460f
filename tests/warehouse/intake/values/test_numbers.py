"""Counts, amounts and measures with what people write around them, reckoned exactly."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worlds.cells import read
from warehouse.intake.values.numbers import YUAN_UNITS, amount, count


def fine(cell: Any, **spec: Any) -> Any:
    return read("violations", "penalty_unit", [cell], **spec)[0]


def people(cell: Any, **spec: Any) -> Any:
    return read("enterprises", "employees", [cell], **spec)[0]


@pytest.mark.parametrize(
    ("cell", "yuan"),
    [
        ("20,000元", 20_000),
        ("20，000元", 20_000),
        ("20000元整", 20_000),
        ("3万元", 30_000),
        ("3 万元", 30_000),
        ("3万", 30_000),
        ("1.15万元", 11_500),
        ("1.5亿元", 150_000_000),
        ("2千元", 2_000),
        ("￥1,200.50", 1_201),
        ("¥1,200.49", 1_200),
        ("人民币 5000 元", 5_000),
        ("RMB 5,000", 5_000),
        ("5000 CNY", 5_000),
        ("１２００", 1_200),
        ("１．５万元", 15_000),
        ("1'234'567", 1_234_567),
        ("1\u202f234", 1_234),
        ("1\u2009234\u2009567", 1_234_567),
        ("1,234,567.00", 1_234_567),
        ("0.29万元", 2_900),  # 2900.0000000000005 as a binary float
        ("1.23456万元", 12_346),  # 12345.6
        ("0.5", 1),
        ("-2.5", -3),
        ("+7", 7),
        (1200.5, 1_201),
        (20_000, 20_000),
    ],
)
def test_an_amount_is_read_with_what_people_write_around_it(cell: Any, yuan: int):
    assert fine(cell) == yuan


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "1,5",
            "1,50",
            "12,34",
            "1,2345",
            "1.200,50",
            "1,234 567",
            "1 23",
            "1e3",
            "3-5万",
            "约3万元",
            "3万元以上",
        ),
        *(
            "三万元",
            "999.505",
            "3元5角",
            "$100",
            "100美元",
            "3万万",
            "元",
            "万元",
            "1.",
            ".5",
            "--5",
            "0x10",
            "1_000",
        ),
        *("3人", "5%", "99999999999999999999999"),
    ],
)
def test_an_amount_with_two_readings_or_none_is_not_read(cell: str):
    assert fine(cell) == "unreadable:penalty_unit"


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("120人", 120),
        ("120 人", 120),
        ("1,200人", 1_200),
        ("1.2万人", 12_000),
        ("１２０", 120),
        ("2.0", 2),
        ("2.00人", 2),
        ("35名", 35),
        (12.0, 12),
    ],
)
def test_a_count_is_read_with_the_word_for_what_is_counted(cell: Any, number: int):
    assert people(cell) == number


@pytest.mark.parametrize(
    "cell", ["2.5", "2.5人", "1,5", "120元", "￥120", "十二", "120-130", "120人左右", "12级", 12.5]
)
def test_a_count_is_whole_and_of_its_own_kind(cell: Any):
    assert people(cell) == "unreadable:employees"


@pytest.mark.parametrize(
    ("unit", "cell", "yuan"),
    [
        ("万元", "3", 30_000),
        ("万元", "0.29", 2_900),
        ("万元", 0.29, 2_900),
        ("万元", 3, 30_000),
        ("万元", "1,000", 10_000_000),
        ("千元", "1.5", 1_500),
        ("百万元", "2", 2_000_000),
        ("亿元", "0.01", 1_000_000),
        ("元", "3", 3),
        ("元", "3万", 30_000),
        # The cell's own unit counts.
        ("万元", "3万元", 30_000),
        ("万元", "30000元", 30_000),
        # Thirty thousand, or thirty thousand times ten thousand?
        ("万元", "3万", "unreadable:penalty_unit"),
        ("万元", "1,5", "unreadable:penalty_unit"),
        ("万元", "", None),
    ],
)
def test_a_mapping_says_what_amounts_are_counted_in(unit: str, cell: Any, yuan: Any):
    assert fine(cell, unit=unit) == yuan


@pytest.mark.parametrize(
    ("cell", "points"),
    [
        ("85", 15),
        (85, 15),
        (85.0, 15),
        ("100分", 0),
        ("110", -10),
        ("85.5", "unreadable:score"),
        ("", None),
        ("good", "unreadable:score"),
    ],
)
def test_points_are_reckoned_anew_exactly(cell: Any, points: Any):
    assert read("inspections", "score", [cell], linear={"times": -1, "plus": 100}) == [points]


def test_a_factor_of_a_mapping_is_the_decimal_that_was_written():
    assert read("inspections", "score", ["30", "7"], linear={"times": 0.1}) == [3, "unreadable:score"]
    assert read("inspections", "score", [-1, 90], empty=[-1], linear={"times": -1, "plus": 100}) == [None, 10]


def test_a_measure_may_carry_its_sign_of_degrees():
    assert read("enterprises", "longitude", ["117.25°", "１１７.２５", "117,25"]) == [
        117.25,
        117.25,
        "unreadable:longitude",
    ]


cents = st.integers(0, 10**12)


@given(cents, st.sampled_from(list(YUAN_UNITS)))
def test_an_amount_says_what_it_says_to_the_fen(fen: int, unit: str):
    yuan = Decimal(fen) / 100
    assert amount(f"{yuan:,}元") == amount(f"￥{yuan}") == yuan
    assert amount(str(yuan), unit) == amount(f"{yuan}{unit}") == yuan * YUAN_UNITS[unit]


@given(st.integers(-(10**9), 10**9))
def test_a_count_says_what_it_says(number: int):
    assert count(f"{number:,}", "people") == count(str(number), "people") == number
