"""Days and moments: read without being told where there is one reading, by the mapping's word where there are two."""

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import MappingError
from tests.worlds.cells import read
from warehouse.intake.mapping import parse_mapping
from warehouse.intake.values.days import moments, pattern_of

DAY, TEN = date(2025, 6, 1), datetime(2025, 6, 1, 10, 5)
AFTERNOON = datetime(2025, 6, 1, 15, 5)


def day(cell: Any, **spec: Any) -> Any:
    return read("violations", "occurred_on", [cell], **spec)[0]


def moment(cell: Any, **spec: Any) -> Any:
    return read("alerts", "raised_at", [cell], **spec)[0]


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "2025-6-1",
            "2025/6/1",
            "2025.6.1",
            "20250601",
            "2025年6月1日",
            "2025 年 6 月 1 日",
            "2025年06月01号",
        ),
        *(
            "2025年6月1",
            "２０２５－０６－０１",
            "２０２５年６月１日",
            "20250601T123000",
            "20250601T1230",
            "20250601123000",
        ),
        *(
            "20250601123000123",
            "20250601 12:30",
            "2025-06-01T10:00:00Z",
            "2025/6/1 下午 3:05",
            "2025.6.1 10:05",
        ),
        "2025年6月1日上午10时",
    ],
)
def test_a_day_with_the_year_first_has_one_reading(cell: str):
    expected = "unreadable:occurred_on" if cell == "2025年6月1日上午10时" else DAY
    assert day(cell) == expected


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "06/05/2025",
            "6/5/2025",
            "06-05-2025",
            "6.5.2025",
            "13/06/2025",
            "06/13/2025",
            "06/05/25",
            "25-06-01",
        ),
        *("06/05/2025 10:00", "０６／０５／２０２５", "6 / 5 / 2025", "32/13/2025"),
    ],
)
def test_a_day_with_the_year_last_or_short_is_never_guessed(cell: str):
    assert day(cell) == "ambiguous_date:occurred_on"
    assert moment(cell) == "ambiguous_date:raised_at"


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "2025111",
            "202506",
            "2025-06/01",
            "2025年6月",
            "25年6月1日",
            "114/06/01",
            "1140601",
            "民國114年6月1日",
        ),
        *(
            "2025-06-01 24:00",
            "2025-06-01T",
            "2025-06-01 上午13:05",
            "1748736000",
            "1748736000000",
            "Jun 1, 2025",
        ),
        *("2025-06-01 10:60", "20251301", "2025060112", "2025-06-01 10:00+15:00"),
    ],
)
def test_what_is_no_day_is_unreadable(cell: str):
    assert day(cell) == "unreadable:occurred_on"


@pytest.mark.parametrize(
    ("cell", "read_as"),
    [
        ("2025-06-01 10:05", TEN),
        ("2025/6/1 10:5", TEN),
        ("20250601T1005", TEN),
        ("20250601100500", TEN),
        ("20250601T100500+0800", TEN),
        ("20250601T020500Z", TEN),
        ("2025-06-01T02:05:00Z", TEN),
        ("2025-06-01T04:05:00+02", TEN),
        ("2025年6月1日 10时05分", TEN),
        ("2025年6月1日10时5分00秒", TEN),
        ("2025-06-01 10:05 AM", TEN),
        ("2025-06-01 上午10:05", TEN),
        ("2025/6/1 下午 3:05", AFTERNOON),
        ("2025/6/1 下午3:05:00", AFTERNOON),
        ("2025/6/1 下午 15:05", AFTERNOON),
        ("2025-06-01 3:05 pm", AFTERNOON),
        ("2025年6月1日下午3时05分", AFTERNOON),
        ("2025-06-01 上午12:05", datetime(2025, 6, 1, 0, 5)),
        ("2025-06-01 下午12:05", datetime(2025, 6, 1, 12, 5)),
        ("45809.5", datetime(2025, 6, 1, 12)),
        ("20250601100500250", datetime(2025, 6, 1, 10, 5, 0, 250_000)),
    ],
)
def test_a_moment_is_read_with_its_half_of_the_day_and_its_zone(cell: str, read_as: datetime):
    assert moment(cell) == read_as


@pytest.mark.parametrize(
    ("form", "cell", "read_as"),
    [
        ("%d/%m/%Y", "06/05/2025", date(2025, 5, 6)),
        ("%d/%m/%Y", "6/5/2025", date(2025, 5, 6)),
        ("%m/%d/%Y", "06/05/2025", date(2025, 6, 5)),
        ("%d.%m.%y", "06.05.25", date(2025, 5, 6)),
        ("%d-%b-%Y", "06-May-2025", date(2025, 5, 6)),
        ("%d/%m/%Y %H:%M", "06/05/2025 10:30", date(2025, 5, 6)),
        ("%Y%m%d", "20250111", date(2025, 1, 11)),
        ("%Y%m%d%H%M%S", "20250506103000", date(2025, 5, 6)),
        ("minguo", "114/06/01", DAY),
        ("minguo", "114-6-1", DAY),
        ("minguo", "114.06.01", DAY),
        ("minguo", "民國114年6月1日", DAY),
        ("minguo", "民国 114 年 6 月 1 日", DAY),
        ("minguo", "中華民國114年6月1日", DAY),
        ("minguo", "1140601", DAY),
        ("minguo", "0990601", date(2010, 6, 1)),
        ("minguo", "990601", date(2010, 6, 1)),
        ("minguo", "114/06/01 10:30", DAY),
        ("epoch_s", "1748736000", DAY),
        ("epoch_s", 1748736000, DAY),
        ("epoch_s", "1748736000.25", DAY),
        ("epoch_ms", "1748736000000", DAY),
        ("epoch_ms", 1748736000000.0, DAY),
        # Still the last of May in Greenwich, the first of June in Shanghai.
        ("epoch_s", "1748707200", DAY),
        (["%d/%m/%Y", "%Y-%m-%d"], "2025-06-01", DAY),
        ("%d/%m/%Y", DAY, DAY),
    ],
)
def test_the_form_a_mapping_names_is_read(form: Any, cell: Any, read_as: date):
    assert day(cell, format=form) == read_as


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        *(
            ("%d/%m/%Y", cell)
            for cell in ("2025-06-01", "06/13/2025", "20250601", "45809", "06/05/25", "6/5/2025 x")
        ),
        *(("%Y%m%d", cell) for cell in ("2025111", "2025-01-11")),
        *(("minguo", cell) for cell in ("2025-06-01", "20250601", "114/13/01", "114/06", "民國前1年1月1日")),
        *(("epoch_s", cell) for cell in ("0", "1748736000000", "2025-06-01", "-")),
        ("epoch_ms", "0"),
    ],
)
def test_the_form_a_mapping_names_is_the_only_reading(form: str, cell: str):
    assert day(cell, format=form) == "unreadable:occurred_on"


def test_forms_that_contradict_each_other_are_ambiguous():
    forms = ["%d/%m/%Y", "%m/%d/%Y"]
    assert day("06/05/2025", format=forms) == "ambiguous_date:occurred_on"
    assert day("13/05/2025", format=forms) == date(2025, 5, 13)
    assert day("05/05/2025", format=forms) == date(2025, 5, 5)


def test_a_moment_is_read_by_its_form():
    assert moment("01/06/2025 下午 3:05", format="%d/%m/%Y %p %I:%M") == AFTERNOON
    assert moment("01/06/2025 03:05 PM", format="%d/%m/%Y %I:%M %p") == AFTERNOON
    assert moment("1748761500", format="epoch_s") == AFTERNOON
    assert moment("2025-06-01 10:05:00.5", format="%Y-%m-%d %H:%M:%S.%f") == TEN.replace(microsecond=500_000)


@pytest.mark.parametrize(
    "form", ["", "%d", "%Y-%m", "%Y-%m-%d %H", "%Q/%m/%Y", "%Y%m%d%m", "dd/mm/yyyy", "%Y-%m-%d %I:%M"]
)
def test_a_form_that_tells_no_whole_day_is_refused_with_the_mapping(form: str):
    text = "mapping: a\ntables: {violations: [{files: ['*'], columns: {occurred_on: {column: x, format: '%s'}}}]}"
    with pytest.raises(MappingError):
        parse_mapping(text % form)


def test_digits_that_touch_are_counted():
    assert pattern_of("%Y%m%d") == r"^[0-9]{4}[0-9]{2}[0-9]{2}$"
    assert pattern_of("%d/%m/%Y") == r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$"
    assert pattern_of("%d.%m.%y") == r"^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2}$"


days = st.dates(date(1900, 1, 1), date(2199, 12, 31))
WAYS = (
    "{0:%Y-%m-%d}",
    "{0.year}/{0.month}/{0.day}",
    "{0.year}年{0.month}月{0.day}日",
    "{0:%Y%m%d}",
    "{0.year}.{0.month}.{0.day}",
)


@given(st.lists(st.tuples(days, st.sampled_from(WAYS)), min_size=1, max_size=20))
def test_every_day_is_read_as_what_it_says_in_every_mixture_of_ways(told: list[tuple[date, str]]):
    cells = pl.Series([way.format(day) for day, way in told])
    assert moments(cells, []).dt.date().to_list() == [day for day, _ in told]


@given(days, st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d.%m.%Y", "%Y-%m-%d"]))
def test_what_a_form_writes_it_reads(told: date, form: str):
    assert moments(pl.Series([told.strftime(form)]), [form])[0].date() == told


@given(days.filter(lambda one: one.year > 1911))
def test_years_of_the_republic_begin_in_1912(told: date):
    cells = pl.Series([f"{told.year - 1911}/{told.month}/{told.day}", f"{told.year - 1911:03d}{told:%m%d}"])
    assert moments(cells, ["minguo"]).dt.date().to_list() == [told, told]
