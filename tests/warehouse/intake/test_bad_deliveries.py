"""A delivery may hold anything.  Nothing crashes, nothing disappears, and good rows beside bad ones come through."""

import codecs
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import DeliveryError, MappingError, RiskcodeError
from models.identity_cards import masked_identity_cards
from pipelines.demo.credit_codes import spoiled
from tests.worlds.deliveries import (
    FIRMS,
    MAPPING,
    Row,
    accident,
    alert,
    csv_bytes,
    csv_lines,
    deliver,
    firm,
    ids,
    judged,
    refusals,
    report,
    require_nothing_lost,
    require_storable,
    violation,
    visit,
)
from tests.worlds.effort import tries

STRANGER = spoiled(FIRMS[0])
REGISTER = csv_bytes([firm(0), firm(1)])
GOOD = {"register.csv": REGISTER, "v_good.csv": csv_bytes([violation("good-1"), violation("good-2")])}

# ------------------------------------------------------------------------------------ rows

MAKERS: dict[str, Callable[..., Row]] = {
    "violations": violation,
    "alerts": alert,
    "inspections": visit,
    "accidents": accident,
    "self_reports": report,
}
FILES = {
    "enterprises": "register_bad.csv",
    "violations": "v_bad.csv",
    "alerts": "alerts.csv",
    "inspections": "visits.csv",
    "accidents": "accidents.csv",
    "self_reports": "reports.csv",
}

BAD_ROWS: dict[str, tuple[str, Row, str]] = {
    "check digit of a credit code": (
        "enterprises",
        {"enterprise_id": STRANGER},
        "bad_credit_code:enterprise_id",
    ),
    "credit code with a space": (
        "enterprises",
        {"enterprise_id": f"{FIRMS[2][:6]} {FIRMS[2][6:]}"},
        "bad_credit_code:enterprise_id",
    ),
    "enterprise without a name": ("enterprises", {"name": ""}, "missing:name"),
    "name that is a formula": ("enterprises", {"name": "=HYPERLINK(1)"}, "formula_like:name"),
    "name that is a full-width formula": ("enterprises", {"name": "＝1+1"}, "formula_like:name"),
    "name that calls a function": ("enterprises", {"name": "@SUM(1+1)*cmd"}, "formula_like:name"),
    "name that is a DDE link": ("enterprises", {"name": "+cmd|' /C calc'!A0"}, "formula_like:name"),
    "longitude 999": ("enterprises", {"longitude": "999"}, "too_large:longitude"),
    "latitude minus 91": ("enterprises", {"latitude": "-91"}, "too_small:latitude"),
    "longitude NaN": ("enterprises", {"longitude": "NaN"}, "unreadable:longitude"),
    "latitude infinite": ("enterprises", {"latitude": "-inf"}, "unreadable:latitude"),
    "level nobody knows": ("enterprises", {"enforcing_level": "宇宙级"}, "unknown_code:enforcing_level"),
    "negative count": ("enterprises", {"employees": "-1"}, "too_small:employees"),
    "fractional count": ("enterprises", {"employees": "12.5"}, "unreadable:employees"),
    "count beyond 64 bits": ("enterprises", {"employees": "1" + "0" * 30}, "unreadable:employees"),
    "count in hexadecimal": ("enterprises", {"employees": "0x10"}, "unreadable:employees"),
    "count in words": ("enterprises", {"employees": "十二"}, "unreadable:employees"),
    "unknown enterprise": ("violations", {"enterprise_id": FIRMS[4]}, "unknown_enterprise"),
    "no enterprise": ("violations", {"enterprise_id": ""}, "missing:enterprise_id"),
    "no id": ("violations", {"violation_id": ""}, "missing:violation_id"),
    "id of blanks": ("violations", {"violation_id": " \u3000 "}, "missing:violation_id"),
    "id of 101 Chinese characters": ("violations", {"violation_id": "长" * 101}, "too_long:violation_id"),
    "id of 102 characters": ("violations", {"violation_id": "ab" * 51}, "too_long:violation_id"),
    "byte order mark within an id": (
        "violations",
        {"violation_id": "a\ufeffb"},
        "control_characters:violation_id",
    ),
    "no day": ("violations", {"occurred_on": ""}, "missing:occurred_on"),
    "day of noughts": ("violations", {"occurred_on": "0000-00-00"}, "unreadable:occurred_on"),
    "day that no calendar has": ("violations", {"occurred_on": "2025-02-30"}, "unreadable:occurred_on"),
    "thirteenth month": ("violations", {"occurred_on": "2025-13-01"}, "unreadable:occurred_on"),
    "day with a tail": ("violations", {"occurred_on": "2025-05-01 or so"}, "unreadable:occurred_on"),
    "day that two orders explain": (
        "violations",
        {"rectified_on": "06/07/2025"},
        "ambiguous_date:rectified_on",
    ),
    "day that only one order explains": (
        "violations",
        {"rectified_on": "13/06/2025"},
        "ambiguous_date:rectified_on",
    ),
    "error of a formula in a free text": ("violations", {"description": "#REF!"}, "error_cell:description"),
    "error of a formula in a flag": ("violations", {"is_major_hazard": "#N/A"}, "error_cell:is_major_hazard"),
    "error of a formula in an id": ("violations", {"violation_id": "#N/A"}, "error_cell:violation_id"),
    "error of a formula for an enterprise": (
        "violations",
        {"enterprise_id": "#VALUE!"},
        "error_cell:enterprise_id",
    ),
    "id that a spreadsheet shortened": (
        "violations",
        {"violation_id": "2.02506E+11"},
        "mangled_number:violation_id",
    ),
    "enterprise that a spreadsheet shortened": (
        "violations",
        {"enterprise_id": "9.13701E+17"},
        "mangled_number:enterprise_id",
    ),
    "placeholder for an enterprise": ("violations", {"enterprise_id": "无"}, "placeholder:enterprise_id"),
    "placeholder in the register": (
        "enterprises",
        {"enterprise_id": "000000000000000000"},
        "placeholder:enterprise_id",
    ),
    "masked enterprise": (
        "enterprises",
        {"enterprise_id": "9137**********2M25"},
        "masked:enterprise_id",
    ),
    "identity card for an enterprise": (
        "enterprises",
        {"enterprise_id": "11010519491231002X"},
        "identity_card:enterprise_id",
    ),
    "day in the year 1": ("violations", {"occurred_on": "0001-01-01"}, "implausible_date:occurred_on"),
    "day before Christ": ("violations", {"occurred_on": "-0044-03-15"}, "implausible_date:occurred_on"),
    "found tomorrow": (
        "violations",
        {"occurred_on": "2026-02-01", "recorded_at": "2026-02-01"},
        "future_date:occurred_on, future_date:recorded_at",
    ),
    "done before found": ("violations", {"rectified_on": "2025-05-31"}, "rectified_before_found"),
    "recorded before happened": ("violations", {"recorded_at": "2025-05-31"}, "recorded_before_found"),
    "severity nobody knows": ("violations", {"severity": "巨大"}, "unknown_code:severity"),
    "flag that is neither": ("violations", {"is_major_hazard": "maybe"}, "unreadable:is_major_hazard"),
    "quantity nought": ("violations", {"quantity": "0"}, "too_small:quantity"),
    "text of 4001 characters": ("violations", {"description": "长" * 4001}, "too_long:description"),
    "NUL in a text": ("violations", {"description": "a\x00b"}, "control_characters:description"),
    "right-to-left marks": (
        "violations",
        {"description": "\u200fممر\u200f"},
        "control_characters:description",
    ),
    "escape sequence in a text": ("violations", {"description": "\x1b[2J"}, "control_characters:description"),
    "alert answered before raised": (
        "alerts",
        {"acknowledged_at": "2025-06-01 09:59:59"},
        "acknowledged_before_raised",
    ),
    "alert from a system nobody knows": ("alerts", {"source_system": "占卜"}, "unknown_code:source_system"),
    "alert at twenty-five o'clock": ("alerts", {"raised_at": "2025-06-01 25:00:00"}, "unreadable:raised_at"),
    "alert without level": ("alerts", {"level": ""}, "missing:level"),
    "visit recorded before it was made": (
        "inspections",
        {"recorded_at": "2025-05-01"},
        "recorded_before_inspected",
    ),
    "accident with minus one dead": ("accidents", {"deaths": "-1"}, "too_small:deaths"),
    "more hazards fixed than found": ("self_reports", {"hazards_fixed": "4"}, "fixed_more_than_found"),
    "report without count": ("self_reports", {"hazards_found": ""}, "missing:hazards_found"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_is_refused_by_name_and_the_good_ones_around_it_are_taken(
    tmp_path: Path, case: str
) -> None:
    table, changes, rule = BAD_ROWS[case]
    if table == "enterprises":
        rows = [firm(3), firm(2, **changes), firm(4)]
    else:
        make = MAKERS[table]
        rows = [make("a"), make("b", **changes), make("c")]
    outcome = judged(deliver(tmp_path, {**GOOD, FILES[table]: csv_bytes(rows)}))
    require_nothing_lost(outcome)
    assert refusals(outcome, FILES[table]) == {3: rule}
    [content] = outcome.rejects["content"]
    wanted = {name: masked_identity_cards(str(value)) for name, value in rows[1].items()}
    assert {name: cell or "" for name, cell in json.loads(content).items()} == wanted
    good = {FIRMS[3], FIRMS[4]} if table == "enterprises" else {"a", "c"}
    assert good <= ids(outcome, table)
    require_storable(outcome)


ODD_BUT_GOOD: dict[str, tuple[str, Row, str, Any]] = {
    "emoji": ("violations", {"description": "🔥 出口"}, "description", "🔥 出口"),
    "name that starts with @": ("violations", {"description": "@NINE"}, "description", "@NINE"),
    "list item with a dash": ("violations", {"description": "- 电线 (裸露)"}, "description", "- 电线 (裸露)"),
    "line break in quotes": ("violations", {"description": "一\n二，三"}, "description", "一\n二，三"),
    "empty line in quotes": ("violations", {"description": "一\n\n三"}, "description", "一\n\n三"),
    "text of 4000 Chinese characters": (
        "violations",
        {"description": "长" * 4000},
        "description",
        "长" * 4000,
    ),
    "quote in quotes": (
        "violations",
        {"description": 'so "called", exit'},
        "description",
        'so "called", exit',
    ),
    "day in Chinese": ("violations", {"occurred_on": "2025年6月1日"}, "occurred_on", date(2025, 6, 1)),
    "day in Chinese with a time": (
        "violations",
        {"occurred_on": "2025年6月1日 9:30"},
        "occurred_on",
        date(2025, 6, 1),
    ),
    "day with slashes": ("violations", {"occurred_on": "2025/6/1"}, "occurred_on", date(2025, 6, 1)),
    "day without signs": ("violations", {"occurred_on": "20250601"}, "occurred_on", date(2025, 6, 1)),
    "Excel's number of a day": ("violations", {"occurred_on": "45809"}, "occurred_on", date(2025, 6, 1)),
    "count in full-width digits": ("violations", {"quantity": "１２"}, "quantity", 12),
    "count with a point": ("violations", {"quantity": "2.0"}, "quantity", 2),
    "time with T": ("alerts", {"raised_at": "2025-06-01T10:00:00"}, "raised_at", datetime(2025, 6, 1, 10)),
    "time with a zone": (
        "alerts",
        {"raised_at": "2025-06-01 10:00:00+08:00"},
        "raised_at",
        datetime(2025, 6, 1, 10),
    ),
    "time in Greenwich": (
        "alerts",
        {"raised_at": "2025-06-01T20:00:00Z"},
        "raised_at",
        datetime(2025, 6, 2, 4),
    ),
}


@pytest.mark.parametrize("case", ODD_BUT_GOOD)
def test_what_only_looks_odd_is_accepted_as_it_was_meant(tmp_path: Path, case: str) -> None:
    table, changes, column, value = ODD_BUT_GOOD[case]
    rows = [MAKERS[table]("a"), MAKERS[table]("b", **changes), MAKERS[table]("c")]
    outcome = judged(deliver(tmp_path, {**GOOD, FILES[table]: csv_bytes(rows)}))
    require_nothing_lost(outcome)
    assert not refusals(outcome, FILES[table])
    assert (
        outcome.accepted[table].row(by_predicate=pl.col(f"{table[:-1]}_id") == "b", named=True)[column]
        == value
    )
    require_storable(outcome)


# ------------------------------------------------------------------------------------ keys

SAME_KEY = [violation("twin"), violation("twin", severity="重大")]


@pytest.mark.parametrize("order", ["first good", "first bad"])
@pytest.mark.parametrize("files", ["one file", "two files"])
def test_rows_with_one_key_and_different_content_are_all_refused(
    tmp_path: Path, files: str, order: str
) -> None:
    rows = SAME_KEY if order == "first good" else SAME_KEY[::-1]
    parts = [rows] if files == "one file" else [[row] for row in rows]
    delivered = {f"v_{at}.csv": csv_bytes([violation(f"ok-{at}"), *part]) for at, part in enumerate(parts)}
    outcome = judged(deliver(tmp_path, {**GOOD, **delivered}))
    require_nothing_lost(outcome)
    assert outcome.rejects["rules"].to_list() == ["duplicate_key"] * 2
    assert ids(outcome) == {"good-1", "good-2", *(f"ok-{at}" for at in range(len(parts)))}


@pytest.mark.parametrize("order", [1, -1])
def test_a_bad_row_does_not_take_the_good_row_of_its_key_with_it(tmp_path: Path, order: int) -> None:
    rows = [violation("twin"), violation("twin", severity="巨大")][::order]
    outcome = judged(deliver(tmp_path, {**GOOD, "v_bad.csv": csv_bytes(rows)}))
    require_nothing_lost(outcome)
    [rules] = refusals(outcome, "v_bad.csv").values()
    assert "unknown_code:severity" in rules
    assert "twin" in ids(outcome)


def test_a_row_repeated_word_for_word_counts_once_and_is_counted_as_repeated(tmp_path: Path) -> None:
    delivered = {
        "v_1.csv": csv_bytes([violation("a"), violation("a")]),
        "v_2.csv": csv_bytes([violation("a")]),
    }
    outcome = judged(deliver(tmp_path, {**GOOD, **delivered}))
    require_nothing_lost(outcome)
    assert outcome.repeated == 2
    assert ids(outcome) == {"good-1", "good-2", "a"}


def test_every_repeat_of_a_bad_row_is_refused(tmp_path: Path) -> None:
    bad = violation("a", enterprise_id=FIRMS[4])
    outcome = judged(deliver(tmp_path, {**GOOD, "v_bad.csv": csv_bytes([bad, violation("b"), bad])}))
    require_nothing_lost(outcome)
    assert refusals(outcome, "v_bad.csv") == dict.fromkeys((2, 4), "unknown_enterprise")
    assert outcome.repeated == 0


def test_rows_bad_in_different_ways_but_read_alike_are_both_kept(tmp_path: Path) -> None:
    rows = [violation("a", occurred_on="soon"), violation("a", occurred_on="later")]
    outcome = judged(deliver(tmp_path, {**GOOD, "v_bad.csv": csv_bytes(rows)}))
    require_nothing_lost(outcome)
    assert "soon" in outcome.rejects["content"][0]
    assert "later" in outcome.rejects["content"][1]


def test_an_event_of_a_refused_enterprise_waits_for_it(tmp_path: Path) -> None:
    files = {"register.csv": csv_bytes([firm(0), firm(1, name="")]), "v_1.csv": csv_bytes([violation("a")])}
    files["v_2.csv"] = csv_bytes([violation("b", enterprise_id=FIRMS[1])])
    outcome = judged(deliver(tmp_path, files))
    require_nothing_lost(outcome)
    assert ids(outcome) == {"a"}
    assert outcome.rejects.filter(state="waiting")["file"].to_list() == ["v_2.csv"]


# ------------------------------------------------------------------------------------ files

HEADER, FIRST, SECOND, THIRD = csv_lines([violation("a"), violation("b"), violation("c")])
SLIP = THIRD.replace("通道堵塞", '"通道堵塞')


def lines(*parts: str | bytes, end: bytes = b"\n") -> bytes:
    return end.join(part.encode() if isinstance(part, str) else part for part in parts) + end


def workbook(rows: Iterable[Iterable[Any]], *, skip: int = 0) -> bytes:
    """A workbook; a cell that starts with '=' is a formula without a remembered value."""
    memory = io.BytesIO()
    book = xlsxwriter.Workbook(memory, {"in_memory": True, "strings_to_formulas": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    for at, row in enumerate(rows, start=skip):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(at, column, cell, day)
            elif isinstance(cell, str) and cell.startswith("="):
                sheet.write_formula(at, column, cell, None, "")
            else:
                sheet.write(at, column, cell)
    book.close()
    return memory.getvalue()


def table_rows(*rows: Row) -> list[list[Any]]:
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def rezipped(book: bytes, **changes: Callable[[bytes], bytes]) -> bytes:
    """The workbook with the content of its sheet changed, or with a part of zeros added."""
    memory = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as old,
        zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED, True, 1) as new,
    ):
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part.filename, changes["sheet"](content) if "sheet1" in part.filename else content)
    return memory.getvalue()


def with_cell(reference: str) -> Callable[[bytes], bytes]:
    row = "".join(filter(str.isdigit, reference))
    cell = f'<row r="{row}"><c r="{reference}"><v>1</v></c></row></sheetData>'
    return lambda sheet: sheet.replace(b"</sheetData>", cell.encode())


def bomb() -> bytes:
    """Sixty million blanks in a sheet, a thousandth of that packed."""
    return rezipped(
        workbook(table_rows(violation("a"))),
        sheet=lambda sheet: sheet.replace(b"</worksheet>", b" " * 60_000_000 + b"</worksheet>"),
    )


def lying_bomb() -> bytes:
    """A directory that tells of five gigabytes."""
    book = bytearray(workbook(table_rows(violation("a"))))
    at = book.find(b"PK\x01\x02")
    book[at + 24 : at + 28] = (4_000_000_000).to_bytes(4, "little")
    return bytes(book)


def parquet(frame: pl.DataFrame) -> bytes:
    memory = io.BytesIO()
    frame.write_parquet(memory)
    return memory.getvalue()


def frame(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(list(rows))


def jsonl(*items: Any) -> bytes:
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items).encode()


NESTED = frame(violation("a"), violation("b")).with_columns(
    pl.struct("severity", "quantity").alias("both"), pl.concat_list("severity").alias("list")
)
TYPED = frame(violation("a"), violation("b")).with_columns(
    occurred_on=pl.Series([20250601, 7]),
    quantity=pl.Series([1.0, float("nan")]),
    is_major_hazard=pl.Series([0, 1]),
)
ODD_TYPES = frame(violation("a")).with_columns(
    pl.col("violation_id").cast(pl.Binary),
    pl.col("description").cast(pl.Categorical),
    quantity=pl.lit("1").cast(pl.Decimal(10, 2)),
    recorded_at=pl.lit(datetime(2025, 6, 1, 20, tzinfo=UTC)).cast(pl.Datetime("ns", "UTC")),
    rectified_on=pl.lit(None),
)
FAR_DAYS = frame(violation("a"), violation("b")).with_columns(
    rectified_on=pl.Series([20_000_000, None], dtype=pl.Int32).cast(pl.Date)
)
MISTYPED = frame(violation("a")).with_columns(
    occurred_on=pl.lit(datetime(2025, 6, 1).time()), quantity=pl.lit(True)
)
BAD_BYTES = frame(violation("a"), violation("b")).with_columns(violation_id=pl.Series([b"\xff\xfe", b"b"]))
NAN_ID = frame(violation("a"), violation("b")).with_columns(violation_id=pl.Series([float("nan"), 7.0]))
DEEP = b'{"violation_id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
GBK_LINE = SECOND.encode("gb18030")
WIDE = 20_000

# What a file holds, the rules by line it is refused with, and the violations taken from it.
BAD_FILES: dict[str, tuple[str, bytes | Callable[[], bytes], dict[int, str], set[str]]] = {
    "GBK line in a UTF-8 file": (
        "v.csv",
        lines(HEADER, FIRST, GBK_LINE, THIRD),
        {3: "wrong_encoding"},
        {"a", "c"},
    ),
    "UTF-8 line in a GB18030 file": (
        "v.csv",
        lines(HEADER, FIRST.encode("gb18030"), SECOND, THIRD.encode("gb18030"), THIRD.encode("gb18030")),
        {3: "wrong_encoding"},
        {"a", "c"},
    ),
    "GB18030 throughout": ("v.csv", lines(HEADER, FIRST, THIRD).decode().encode("gb18030"), {}, {"a", "c"}),
    "UTF-16": ("v.csv", lines(HEADER, FIRST, end=b"\r\n").decode().encode("utf-16"), {}, {"a"}),
    "UTF-16, broken in the middle": (
        "v.csv",
        (f"{HEADER}\n{FIRST}\n").encode("utf-16")
        + b"\x00\xd8".join(part.encode("utf-16-le") for part in SECOND.partition("b"))
        + f"\n{THIRD}".encode("utf-16-le"),
        {3: "wrong_encoding"},
        {"a", "c"},
    ),
    "UTF-16 without a mark": (
        "v.csv",
        lines(HEADER, FIRST).decode().encode("utf-16-le"),
        {},
        {"a"},
    ),
    "byte order mark": ("v.csv", codecs.BOM_UTF8 + lines(HEADER, FIRST), {}, {"a"}),
    "header in another encoding": (
        "v.csv",
        lines(HEADER.replace("severity", "严重程度").encode("gb18030"), FIRST, SECOND),
        {0: "unreadable_header"},
        set(),
    ),
    "row too short": (
        "v.csv",
        lines(HEADER, FIRST, "b,2025-06-02", THIRD),
        {3: "wrong_number_of_fields"},
        {"a", "c"},
    ),
    "row too long": (
        "v.csv",
        lines(HEADER, FIRST, SECOND + ",x", THIRD),
        {3: "wrong_number_of_fields"},
        {"a", "c"},
    ),
    "quote never closed": ("v.csv", lines(HEADER, FIRST, SLIP, SECOND), {3: "unbalanced_quote"}, {"a", "b"}),
    "two quotes never closed": (
        "v.csv",
        lines(HEADER, SLIP, FIRST, SECOND, THIRD.replace(",否", ',"否')),
        {2: "unbalanced_quote", 5: "unbalanced_quote"},
        {"a", "b"},
    ),
    "two slips that would swallow what lies between": (
        "v.csv",
        lines(HEADER, SLIP, FIRST, SECOND, '堵塞"'),
        {2: "unbalanced_quote", 5: "unbalanced_quote"},
        {"a", "b"},
    ),
    "empty file": ("v.csv", b"", {0: "empty_file"}, set()),
    "file of blank lines": ("v.csv", b"\n \r\n\n", {0: "empty_file"}, set()),
    "header only": ("v.csv", lines(HEADER), {}, set()),
    "repeated header": ("v.csv", lines(HEADER + ",severity", FIRST + ",x"), {0: "repeated_header"}, set()),
    "empty header cell": ("v.csv", lines(HEADER + ",", FIRST + ",x"), {0: "empty_header"}, set()),
    "header twenty thousand columns wide": (
        "v.csv",
        lambda: lines(HEADER + "".join(f",x{at}" for at in range(WIDE)), FIRST + "," * WIDE, SECOND),
        {3: "wrong_number_of_fields"},
        {"a"},
    ),
    "header again in the middle": (
        "v.csv",
        lines(HEADER, FIRST, HEADER, SECOND),
        {
            3: "unknown_code:severity, unknown_enterprise, unreadable:is_major_hazard, unreadable:occurred_on, "
            "unreadable:quantity, unreadable:recorded_at, unreadable:rectified_on"
        },
        {"a", "b"},
    ),
    "column called as our own": (
        "v.csv",
        lines("rules,batch,row," + HEADER, "1,2,3," + FIRST, "1,2"),
        {3: "wrong_number_of_fields"},
        {"a"},
    ),
    "bad row under a column called rules": (
        "v.csv",
        lines("rules,problems," + HEADER, "1,2," + FIRST.replace("一般", "巨大")),
        {2: "unknown_code:severity"},
        set(),
    ),
    "column called as our line number": (
        "v.csv",
        lines("__line," + HEADER, "1," + FIRST),
        {0: "unreadable_header"},
        set(),
    ),
    "line ends of Windows, Unix and blank ones": (
        "v.csv",
        lines(HEADER, FIRST + "\r", "", "\r", SECOND),
        {},
        {"a", "b"},
    ),
    "line ends of old Macs": ("v.csv", lines(HEADER, FIRST, SECOND, end=b"\r"), {}, {"a", "b"}),
    "tabs": ("v.tsv", lines(HEADER, FIRST).replace(b",", b"\t"), {}, {"a"}),
    "field of five megabytes": (
        "v.csv",
        lambda: lines(HEADER, FIRST, SECOND.replace("通道", "长" * 1_700_000), THIRD),
        {3: "huge_line"},
        {"a", "c"},
    ),
    "field of five megabytes over many lines": (
        "v.csv",
        lambda: lines(HEADER, FIRST, SECOND.replace("通道", '"' + ("长" * 100_000 + "\n") * 17) + '"', THIRD),
        {3: "too_long:description"},
        {"a", "c"},
    ),
    "file of random bytes": ("v.csv", bytes(range(256)) * 4, {0: "unreadable_header"}, set()),
    "unknown ending": ("v.pdf", b"%PDF-1.7", {0: "unknown_format"}, set()),
    "program": ("v.exe", b"MZ\x90\x00", {0: "unknown_format"}, set()),
    "no ending": ("v", lines(HEADER, FIRST), {0: "unknown_format"}, set()),
    "truncated Parquet": ("v.parquet", parquet(NESTED)[:-20], {0: "unreadable_file"}, set()),
    "Parquet that is none": (
        "v.parquet",
        b"PAR1" + b"x" * 100 + b"\x10\0\0\0PAR1",
        {0: "unreadable_file"},
        set(),
    ),
    "Parquet with nested columns": ("v.parquet", parquet(NESTED), {}, {"a", "b"}),
    "Parquet with numbers as days": (
        "v.parquet",
        parquet(TYPED),
        {2: "unreadable:occurred_on, unreadable:quantity"},
        {"a"},
    ),
    "Parquet with binary, decimal and zoned columns": ("v.parquet", parquet(ODD_TYPES), {}, {"a"}),
    "Parquet with a time as day and a flag as count": (
        "v.parquet",
        parquet(MISTYPED),
        {1: "unreadable:occurred_on, unreadable:quantity"},
        set(),
    ),
    "Parquet with bytes that are no text": ("v.parquet", parquet(BAD_BYTES), {}, {"\\xff\\xfe", "b"}),
    "Parquet with NaN as id": ("v.parquet", parquet(NAN_ID), {1: "unreadable:violation_id"}, {"7"}),
    "Parquet with the year 56727": (
        "v.parquet",
        parquet(FAR_DAYS),
        {1: "unreadable:rectified_on"},
        {"b"},
    ),
    "XLSX that unpacks a thousandfold": ("v.xlsx", bomb, {0: "zip_bomb"}, set()),
    "XLSX that tells of gigabytes": ("v.xlsx", lying_bomb, {0: "zip_bomb"}, set()),
    "XLSX with a cell in the last corner": (
        "v.xlsx",
        lambda: rezipped(workbook(table_rows(violation("a"))), sheet=with_cell("XFD1048576")),
        {0: "zip_bomb"},
        set(),
    ),
    "XLSX cut off": ("v.xlsx", workbook(table_rows(violation("a")))[:-100], {0: "unreadable_file"}, set()),
    "XLSX that is locked": (
        "v.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096,
        {0: "unreadable_file"},
        set(),
    ),
    "XLSX with a broken sheet": (
        "v.xlsx",
        lambda: rezipped(workbook(table_rows(violation("a"))), sheet=lambda sheet: sheet[: len(sheet) // 2]),
        {0: "unreadable_file"},
        set(),
    ),
    "XLS that is none": (
        "v.xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096,
        {0: "unreadable_file"},
        set(),
    ),
    "XLSX without anything": ("v.xlsx", workbook([]), {0: "empty_file"}, set()),
    "XLSX with a repeated header": (
        "v.xlsx",
        workbook([[*violation(""), "severity"], [*violation("a").values(), "x"]]),
        {0: "repeated_header"},
        set(),
    ),
    "XLSX with an empty header": (
        "v.xlsx",
        workbook([[*violation(""), ""], [*violation("a").values(), "x"]]),
        {0: "empty_header"},
        set(),
    ),
    "XLSX that begins lower and has empty rows": (
        "v.xlsx",
        workbook([*table_rows(violation("a")), [], list(violation("b", severity="巨大").values())], skip=3),
        {7: "unknown_code:severity"},
        {"a"},
    ),
    "XLSX with a formula for an id": (
        "v.xlsx",
        workbook(table_rows(violation("a"), violation("=A1&A2"))),
        {3: "formula_like:violation_id, formula_without_value:violation_id"},
        {"a"},
    ),
    "XLSX with days as days, numbers and text": (
        "v.xlsx",
        workbook(
            table_rows(
                violation("a", occurred_on=datetime(2025, 6, 1)),
                violation("b", occurred_on=45809, quantity=2),
                violation("c", occurred_on=5),
            )
        ),
        {4: "unreadable:occurred_on"},
        {"a", "b"},
    ),
    "JSON that is one object": ("v.json", jsonl(violation("a")), {}, {"a"}),
    "JSON that is one nested object": (
        "v.json",
        jsonl({"data": [violation("a")]}),
        {0: "wrapped_records"},
        set(),
    ),
    "JSON that is a number": ("v.json", b"5", {1: "not_a_flat_object"}, set()),
    "JSON list of other things": (
        "v.json",
        json.dumps([violation("a"), 5, [violation("b")], None, violation("c")]).encode(),
        dict.fromkeys((2, 3, 4), "not_a_flat_object"),
        {"a", "c"},
    ),
    "JSON list on one line of two megabytes": (
        "v.json",
        lambda: json.dumps(
            [violation("a"), *(violation(f"b{at}", description="长" * 3000) for at in range(120))]
        ).encode(),
        {},
        {"a", *(f"b{at}" for at in range(120))},
    ),
    "JSON, deeply nested list": ("v.json", b"[" * 100_000, {0: "unreadable_file"}, set()),
    "JSON lines, one deeply nested": ("v.jsonl", jsonl(violation("a")) + DEEP, {2: "not_json"}, {"a"}),
    "JSON cut off": ("v.json", json.dumps([violation("a")]).encode()[:-5], {0: "unreadable_file"}, set()),
    "JSON lines, one bad": (
        "v.jsonl",
        jsonl(violation("a")) + b'{"violation_id": "b",\n\n' + jsonl(violation("c")),
        {2: "not_json"},
        {"a", "c"},
    ),
    "JSON NaN": (
        "v.json",
        jsonl(violation("a"), violation("b", quantity=float("nan"))),
        {2: "not_a_number"},
        {"a"},
    ),
    "JSON infinity": (
        "v.json",
        jsonl(violation("a")) + b'{"violation_id": 1e999}',
        {2: "not_a_number"},
        {"a"},
    ),
    "JSON integer of five thousand digits": (
        "v.json",
        b'[{"violation_id": ' + b"12" * 2500 + b"}]",
        {
            1: "missing:enterprise_id, missing:occurred_on, missing:recorded_at, too_long:violation_id",
        },
        set(),
    ),
    "JSON flags and numbers": (
        "v.json",
        jsonl(violation("a", is_major_hazard=False, quantity=3), violation("b", quantity=10**30)),
        {2: "unreadable:quantity"},
        {"a"},
    ),
    "JSON half a character": (
        "v.jsonl",
        jsonl(violation("a"))
        + json.dumps(violation("b", description="\ud83d")).encode()
        + b"\n"
        + jsonl(violation("c")),
        {2: "wrong_encoding"},
        {"a", "c"},
    ),
    "JSON field called as our line number": (
        "v.json",
        jsonl(violation("a", __line=1)),
        {0: "unreadable_header"},
        set(),
    ),
    "JSON in GBK": ("v.json", json.dumps([violation("a")], ensure_ascii=False).encode("gb18030"), {}, {"a"}),
    "empty JSON": ("v.json", b"", {0: "empty_file"}, set()),
    "empty JSON list": ("v.json", b"[]", {0: "empty_file"}, set()),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_costs_only_what_is_bad_in_it(tmp_path: Path, case: str) -> None:
    name, content, refused, accepted = BAD_FILES[case]
    name = name.replace("v", "v_bad", 1)
    outcome = judged(deliver(tmp_path, {**GOOD, name: content() if callable(content) else content}))
    require_nothing_lost(outcome)
    found = refusals(outcome, name)
    assert found == refused
    assert ids(outcome) == {"good-1", "good-2"} | accepted
    require_storable(outcome)


def test_a_workbook_that_spans_too_much_would_have_ended_the_process(tmp_path: Path) -> None:
    """Why the guard counts cells before the reader does: memory that cannot be had ends a process at once."""
    book = tmp_path / "v_bad.xlsx"
    book.write_bytes(rezipped(workbook(table_rows(violation("a"))), sheet=with_cell("XFD1048576")))
    reading = f"import fastexcel; fastexcel.read_excel({str(book)!r}).load_sheet(0, header_row=None)"
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30)); {reading}"
    ended = subprocess.run([sys.executable, "-c", limited], capture_output=True, check=False, timeout=60)
    assert ended.returncode != 0


def test_days_from_parquet_with_a_zone_are_local_days(tmp_path: Path) -> None:
    outcome = judged(deliver(tmp_path, {**GOOD, "v_odd.parquet": parquet(ODD_TYPES)}))
    [row] = outcome.accepted["violations"].filter(violation_id="a").iter_rows(named=True)
    assert row["recorded_at"] == date(2025, 6, 2)
    assert row["quantity"] == 1
    assert row["description"] == "通道堵塞"


# ------------------------------------------------------------------------------------ columns


def with_columns(columns: str) -> str:
    return MAPPING.replace('["v_*"]', f'["v_*"]\n      columns: {columns}')


def test_a_column_the_mapping_names_must_be_there(tmp_path: Path) -> None:
    folder = deliver(tmp_path, GOOD)
    with pytest.raises(
        MappingError, match=r"v_good.csv has no column 程度 for violations.severity.*Correct the mapping"
    ):
        judged(folder, with_columns("{severity: 程度}"))


def test_a_required_column_that_nobody_names_refuses_its_rows(tmp_path: Path) -> None:
    short = [{name: cell for name, cell in violation("a").items() if name != "occurred_on"}]
    outcome = judged(deliver(tmp_path, {**GOOD, "v_short.csv": csv_bytes(short)}))
    require_nothing_lost(outcome)
    assert refusals(outcome, "v_short.csv") == {2: "missing:occurred_on"}
    assert ids(outcome) == {"good-1", "good-2"}


def test_a_nested_column_cannot_be_mapped(tmp_path: Path) -> None:
    folder = deliver(tmp_path, {"v_nested.parquet": parquet(NESTED)})
    with pytest.raises(MappingError, match="has no column both"):
        judged(folder, with_columns("{severity: both}"))


def test_a_sheet_that_is_not_there_refuses_the_file(tmp_path: Path) -> None:
    mapping = MAPPING.replace('["v_*"]', '["v_*"]\n      sheet: 九月')
    files = {**GOOD, "v_book.xlsx": workbook(table_rows(violation("a")))}
    outcome = judged(deliver(tmp_path, files), mapping)
    require_nothing_lost(outcome)
    assert refusals(outcome, "v_book.xlsx") == {0: "unreadable_file"}
    assert "九月" in outcome.rejects["content"][0]


# ------------------------------------------------------------------------------------ folders


def test_no_folder_an_empty_one_and_one_with_nothing_known_name_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="Give the folder"):
        judged(tmp_path / "nowhere")
    with pytest.raises(DeliveryError, match="The folder is empty"):
        judged(deliver(tmp_path / "empty", {}))
    with pytest.raises(DeliveryError, match=r"letter.pdf: no entry of the mapping names it, not read"):
        judged(deliver(tmp_path / "strange", {"letter.pdf": b"%PDF"}))


def test_a_file_nobody_mapped_is_noted_and_one_left_out_says_why(tmp_path: Path) -> None:
    mapping = MAPPING + 'ignore:\n  - {files: ["*.pdf"], why: scanned letters}\n'
    outcome = judged(deliver(tmp_path, {**GOOD, "notes.csv": b"x", "letter.pdf": b"%PDF"}), mapping)
    assert [note for note in outcome.notes if not note.startswith("no file came")] == [
        "letter.pdf: left out (scanned letters)",
        "notes.csv: no entry of the mapping names it, not read",
    ]
    require_nothing_lost(outcome)


TRICKY_NAMES = {
    "dots": "v_..%2f..%2fetc.csv",
    "newline": "v_a\nb.csv",
    "escape": "v_\x1b[31m.csv",
    "quotes": "v_'\"; DROP TABLE x; --.csv",
    "backslashes": "v_..\\..\\x.csv",
    "bidi override": "v_\u202evsc.csv",
    "emoji": "v_🔥.csv",
    "255 bytes": "v_" + "n" * 249 + ".csv",
    "dash": "v_-rf *.csv",
    "no text": os.fsdecode(b"v_\xff\xfe.csv"),
    "upper case": "v_A.CSV",
}


@pytest.mark.parametrize("trick", TRICKY_NAMES)
def test_a_file_name_cannot_play_tricks(tmp_path: Path, trick: str) -> None:
    files = {**GOOD, TRICKY_NAMES[trick]: csv_bytes([violation("a"), violation("b", severity="巨大")])}
    outcome = judged(deliver(tmp_path, files))
    require_nothing_lost(outcome)
    assert ids(outcome) == {"good-1", "good-2", "a"}
    [name] = outcome.rejects["file"]
    assert name.isprintable()
    assert len(name) <= 200
    require_storable(outcome)


@pytest.mark.parametrize("trick", TRICKY_NAMES)
def test_a_note_on_a_tricky_name_is_printable(tmp_path: Path, trick: str) -> None:
    outcome = judged(deliver(tmp_path, {**GOOD, "x" + TRICKY_NAMES[trick][1:]: b""}))
    assert outcome.notes
    assert all(note.isprintable() for note in outcome.notes)


def test_nothing_but_ordinary_files_of_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_bytes(csv_bytes([violation("secret")]))
    folder = deliver(tmp_path / "delivery", GOOD)
    (folder / "v_outside.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "v_up.csv").symlink_to("../secret.csv")
    (folder / "v_loop.csv").symlink_to("v_loop.csv")
    (folder / "v_gone\n.csv").symlink_to("nothing")
    (folder / "v_device.csv").symlink_to("/dev/zero")
    (folder / "v_folder.csv").mkdir()
    os.mkfifo(folder / "v_pipe.csv")
    outcome = judged(folder)
    assert ids(outcome) == {"good-1", "good-2"}
    require_nothing_lost(outcome)
    assert [note for note in outcome.notes if not note.startswith("no file came")] == [
        "v_device.csv: points outside the delivery, not read",
        "v_folder.csv: a folder, not read",
        "v_gone?.csv: points outside the delivery, not read",
        "v_loop.csv: points outside the delivery, not read",
        "v_outside.csv: points outside the delivery, not read",
        "v_pipe.csv: no ordinary file, not read",
        "v_up.csv: points outside the delivery, not read",
    ]


def test_a_link_within_the_folder_only_repeats_its_rows(tmp_path: Path) -> None:
    folder = deliver(tmp_path, GOOD)
    (folder / "v_link.csv").symlink_to("v_good.csv")
    outcome = judged(folder)
    require_nothing_lost(outcome)
    assert outcome.repeated == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    folder = deliver(tmp_path, {**GOOD, "v_locked.csv": csv_bytes([violation("a")])})
    (folder / "v_locked.csv").chmod(0)
    outcome = judged(folder)
    assert refusals(outcome, "v_locked.csv") == {0: "unreadable_file"}


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = deliver(tmp_path, {**GOOD, "v_locked.csv": csv_bytes([violation("a")])})
    opened, read = Path.open, Path.read_bytes

    def refuse(path: Path) -> None:
        if path.name == "v_locked.csv":
            raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(
        Path, "open", lambda path, *args, **more: (refuse(path), opened(path, *args, **more))[1]
    )
    monkeypatch.setattr(Path, "read_bytes", lambda path: (refuse(path), read(path))[1])
    outcome = judged(folder)
    require_nothing_lost(outcome)
    assert refusals(outcome, "v_locked.csv") == {0: "unreadable_file"}
    assert ids(outcome) == {"good-1", "good-2"}


# ------------------------------------------------------------------------------------ databases

SQL = """
mapping: bureau
tables:
  enterprises: [{files: ["register*"]}]
  violations:
    - sql: {url: "${RISKCODE_SOURCE_URL}", query: "QUERY"}
"""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A SQLite database with the table ``found``: one good row, one of a stranger, one without reason."""
    url = f"sqlite:///{tmp_path / 'source.db'}"
    rows = [
        violation("a"),
        violation("b", enterprise_id=FIRMS[4]),
        violation("c", severity="巨大", quantity=1.5),
    ]
    engine = sqlalchemy.create_engine(url)
    frame(*[{name: str(cell) for name, cell in row.items()} for row in rows]).write_database("found", engine)
    engine.dispose()
    monkeypatch.setenv("RISKCODE_SOURCE_URL", url)
    return url


@pytest.mark.usefixtures("database")
def test_bad_rows_of_a_query_are_refused_with_their_number(tmp_path: Path) -> None:
    folder = deliver(tmp_path / "files", {"register.csv": REGISTER})
    outcome = judged(folder, SQL.replace("QUERY", "SELECT * FROM found ORDER BY violation_id"))
    require_nothing_lost(outcome)
    assert ids(outcome) == {"a"}
    assert refusals(outcome, "sql:violations[0]") == {
        2: "unknown_enterprise",
        3: "unknown_code:severity, unreadable:quantity",
    }
    require_storable(outcome)


BAD_QUERIES = {
    "table that is not there": ("SELECT * FROM lost", "no such table: lost"),
    "two columns of one name": ("SELECT violation_id, violation_id FROM found", "Name them with AS"),
    "column called as our line number": ("SELECT violation_id AS __line FROM found", "Name them with AS"),
    "text that is no text": ("SELECT CAST(x'fffe' AS TEXT) AS violation_id", "gave nothing"),
}


@pytest.mark.parametrize("case", BAD_QUERIES)
@pytest.mark.usefixtures("database")
def test_a_query_that_fails_says_so(case: str) -> None:
    query, said = BAD_QUERIES[case]
    with pytest.raises(DeliveryError, match=said):
        judged(None, SQL.replace("QUERY", query))


@pytest.mark.parametrize(
    "url", ["nonsense", "oracle9://u:geheim@host/x", "mysql+pymysql://u:geheim@localhost:1/x"]
)
def test_a_database_that_cannot_be_reached_says_so_without_the_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("RISKCODE_SOURCE_URL", url)
    with pytest.raises(DeliveryError, match="Correct url or query") as caught:
        judged(None, SQL.replace("QUERY", "SELECT 1"))
    assert "geheim" not in str(caught.value)


@pytest.mark.usefixtures("database")
def test_bytes_and_blanks_of_a_database_are_refused_or_empty(tmp_path: Path) -> None:
    part = "SELECT violation_id, recorded_at, enterprise_id, occurred_on FROM found"
    query = f"SELECT violation_id, x'ff' AS quantity, NULL AS severity, * FROM ({part})"
    folder = deliver(tmp_path / "files", {"register.csv": REGISTER})
    with pytest.raises(DeliveryError, match="one name"):
        judged(folder, SQL.replace("QUERY", query))
    outcome = judged(folder, SQL.replace("QUERY", query.replace("SELECT violation_id, x", "SELECT x", 1)))
    require_nothing_lost(outcome)
    assert all("unreadable:quantity" in rules for rules in refusals(outcome, "sql:violations[0]").values())


# ------------------------------------------------------------------------------------ anything at all

ANYTHING = settings(
    max_examples=tries(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CELLS = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.dates().map(str),
    st.datetimes().map(str),
    st.sampled_from(
        [
            "",
            "=1",
            "@SUM(1)",
            "一般",
            "是",
            "9" * 40,
            "2025-02-30",
            "NaN",
            '"',
            "a\nb",
            "\r",
            "\x00",
            "\ufeff",
        ]
    ),
)
FRESH = iter(range(1_000_000))


def folder_for(tmp_path: Path, name: str, content: bytes) -> Path:
    return deliver(tmp_path / str(next(FRESH)), {**GOOD, name: content})


def require_decent(folder: Path) -> None:
    try:
        outcome = judged(folder)
    except RiskcodeError as error:
        assert "." in str(error)
        return
    require_nothing_lost(outcome)
    assert {"good-1", "good-2"} <= ids(outcome)


@ANYTHING
@given(
    content=st.binary(max_size=400),
    ending=st.sampled_from(["csv", "json", "jsonl", "parquet", "xlsx", "xls", "tsv"]),
)
def test_any_bytes_under_any_ending(tmp_path: Path, content: bytes, ending: str) -> None:
    require_decent(folder_for(tmp_path, f"v_any.{ending}", content))


@ANYTHING
@given(changes=st.lists(st.dictionaries(st.sampled_from(list(violation(""))), CELLS, max_size=4), max_size=5))
def test_any_cells_in_csv(tmp_path: Path, changes: list[Row]) -> None:
    rows = [violation("ok"), *(violation(f"x{at}", **change) for at, change in enumerate(changes))]
    content = csv_bytes(rows, encoding="utf-8")
    outcome = judged(folder_for(tmp_path, "v_any.csv", content))
    require_nothing_lost(outcome)
    assert {"good-1", "good-2"} <= ids(outcome)
    require_storable(outcome)


@ANYTHING
@given(
    items=st.lists(
        st.dictionaries(
            st.sampled_from([*violation(""), "rules", "other"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
                lambda inner: (
                    st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
                ),
                max_leaves=3,
            ),
        ),
        max_size=5,
    ),
    as_lines=st.booleans(),
)
def test_any_cells_in_json(tmp_path: Path, items: list[Row], as_lines: bool) -> None:
    rows = [violation("ok"), *({**violation(f"x{at}"), **item} for at, item in enumerate(items))]
    content = jsonl(*rows) if as_lines else json.dumps(rows).encode()
    outcome = judged(folder_for(tmp_path, "v_any.json", content))
    require_nothing_lost(outcome)
    assert {"good-1", "good-2"} <= ids(outcome)
    assert outcome.delivered == len(rows) + 4
    require_storable(outcome)


COLUMNS = st.sampled_from(list(violation("")))
SERIES = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=2).map(
        lambda x: pl.Series(x, dtype=pl.Int64)
    ),
    st.lists(st.integers(-(2**31), 2**31 - 1), min_size=2, max_size=2).map(
        lambda x: pl.Series(x, dtype=pl.Int32).cast(pl.Date)
    ),
    st.lists(st.integers(-(2**62), 2**62), min_size=2, max_size=2).map(
        lambda x: pl.Series(x, dtype=pl.Int64).cast(pl.Datetime("us"))
    ),
    st.lists(st.floats(), min_size=2, max_size=2).map(lambda x: pl.Series(x, dtype=pl.Float64)),
    st.lists(st.binary(max_size=8), min_size=2, max_size=2).map(lambda x: pl.Series(x, dtype=pl.Binary)),
    st.lists(st.booleans() | st.none(), min_size=2, max_size=2).map(lambda x: pl.Series(x, dtype=pl.Boolean)),
    st.lists(st.integers(0, 10**6), min_size=2, max_size=2).map(
        lambda x: pl.Series(x, dtype=pl.Int64).cast(pl.Duration)
    ),
    st.lists(st.integers(0, 86_399), min_size=2, max_size=2).map(
        lambda x: (pl.Series(x, dtype=pl.Int64) * 1_000_000_000).cast(pl.Time)
    ),
    st.just(pl.Series([None, None], dtype=pl.Null)),
)


@ANYTHING
@given(changes=st.dictionaries(COLUMNS, SERIES, max_size=3))
def test_any_types_in_parquet(tmp_path: Path, changes: dict[str, pl.Series]) -> None:
    odd = frame(violation("a"), violation("b")).with_columns(**changes)
    outcome = judged(folder_for(tmp_path, "v_any.parquet", parquet(odd)))
    require_nothing_lost(outcome)
    assert {"good-1", "good-2"} <= ids(outcome)
    assert outcome.delivered == 6
    require_storable(outcome)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "quote left open": lambda line: line.replace(b",", b',"', 1),
    "quote left open at the end": lambda line: line.replace(b",\xe9", b',"\xe9'),
    "cell too few": lambda line: line.rpartition(b",")[0],
    "cell too many": lambda line: line + b",x",
    "byte of no encoding": lambda line: line + b"\xff",
    "cut off": lambda line: line[:7],
}


@ANYTHING
@given(plan=st.lists(st.sampled_from(["good", "good", *DAMAGE]), min_size=1, max_size=25))
def test_damaged_lines_cost_themselves_only(tmp_path: Path, plan: list[str]) -> None:
    _, *good = csv_lines(violation(f"n{at}") for at in range(len(plan)))
    spoilt = [
        line.encode() if kind == "good" else DAMAGE[kind](line.encode())
        for kind, line in zip(plan, good, strict=True)
    ]
    outcome = judged(folder_for(tmp_path, "v_any.csv", lines(HEADER, *spoilt)))
    require_nothing_lost(outcome)
    assert ids(outcome) - {"good-1", "good-2"} == {f"n{at}" for at, kind in enumerate(plan) if kind == "good"}
    assert outcome.delivered == len(plan) + 4
