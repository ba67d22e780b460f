"""Cells that a spreadsheet shows otherwise than it stores them, and cells whose markup tells nothing."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.warehouse.intake.test_older_workbooks import HEADER as OLD_HEADER
from tests.warehouse.intake.test_older_workbooks import number, record, xls
from tests.warehouse.intake.test_older_workbooks import read as read_old
from tests.warehouse.intake.test_workbooks import (
    book,
    changed,
    column,
    first_cells,
    outcome_of,
    read,
    rows_of,
    sheet_book,
)
from tests.worlds.deliveries import ids, refusals
from warehouse.intake.files.formats import format_of

# ---- number formats ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "General",
        "0",
        "0.00",
        "@",
        "#,##0_);(#,##0)",
        "[Red]0;[Blue]-0",
        "0;-0;;@",
        '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ',
        '0"人"',
        "[$¥-804]#,##0.00",
        "yyyy-mm-dd",
        'm"月"d"日"',
        "[h]:mm",
        "0.00E+00",
    ],
)
def test_a_format_that_changes_no_number_is_plain(code: str):
    assert format_of(code).is_plain


@pytest.mark.parametrize(
    ("code", "stored", "seen"),
    [
        ("0000", "12", "0012"),
        ('"FX-"0000', "12", "FX-0012"),
        ('"是";"否";"无"', "1", "是"),
        ('"是";"否";"无"', "-1", "否"),
        ('"否";"否";"是"', "0", "是"),
        ('[=0]"无";[=1]"有";General', "1", "有"),
        ('[=0]"无";[=1]"有";General', "7", "7"),
        ('[<1]"否";"是"', "0", "否"),
        ('0"0"', "3", "30"),
        ('0"00"', "3", "300"),
        ('0.0"万"', "3.25", "3.3万"),
        ("0;0", "-2", "2"),
        ('"—"', "0", "0"),
        # What is seen cannot be told, or is nothing.
        (";;;", "7", None),
        ("0,", "3000", None),
        ("0%", "0.5", None),
        ('"有";;"无"', "-1", None),
    ],
)
def test_a_format_shows_what_a_person_sees(code: str, stored: str, seen: str | None):
    assert not format_of(code).is_plain
    assert format_of(code).seen(stored) == seen


def formatted(name: str, value: Any, code: str) -> bytes:
    def show(sheet: Worksheet) -> None:
        cell = sheet[f"{column(name)}2"]
        cell.value, cell.number_format = value, code

    return sheet_book(rows_of("a", "b"), show)


def test_a_flag_that_a_format_turns_round_is_read_as_seen(tmp_path: Path):
    outcome = outcome_of(tmp_path, formatted("is_major_hazard", 0, '"否";"否";"是"'))
    found = dict(outcome.accepted["violations"].select("violation_id", "is_major_hazard").iter_rows())
    assert found == {"a": True, "b": False}


def test_noughts_before_a_number_that_a_format_shows_belong_to_it(tmp_path: Path):
    assert ids(outcome_of(tmp_path, formatted("violation_id", 12, "00000"))) == {"00012", "b"}


def test_a_number_of_which_a_format_shows_nothing_refuses_its_row(tmp_path: Path):
    outcome = outcome_of(tmp_path, formatted("quantity", 3, "0,"))
    assert (ids(outcome), refusals(outcome, "v_1.xlsx")) == ({"b"}, {2: "shown_otherwise:quantity"})


def test_formats_of_older_workbooks_show_what_they_show(tmp_path: Path):
    code = '"否";"否";"是"'.encode("utf-16-le")
    form = record(0x41E, f"HHB{len(code)}s", 200, len(code) // 2, 1, code)
    styles = record(0xE0, "HH16s", 0, 200, b"")
    raw = read_old(tmp_path, xls(OLD_HEADER, number(1, 0, 7), number(2, 0, 0), before=form + styles))
    assert first_cells(raw) == ["否", "是"]


# ---- cells whose markup tells nothing ------------------------------------------------------------------

DAMAGED = {
    "an inline text at the wrong place": '<c r="{place}" t="inlineStr"><v>重大</v></c>',
    "an error without a name": '<c r="{place}" t="e"/>',
    "an error of no value": '<c r="{place}" t="e"><v></v></c>',
    "a flag of no value": '<c r="{place}" t="b"/>',
    "a flag that is none": '<c r="{place}" t="b"><v>7</v></c>',
    "a shared text without its number": '<c r="{place}" t="s"><v/></c>',
    "a kind that nobody knows": '<c r="{place}" t="x"><v>1</v></c>',
    "a text in a number": '<c r="{place}"><is><t>重大</t></is></c>',
    "two cells in one place": '<c r="{place}"><v>1</v></c><c r="{place}"/>',
}


def rewritten(content: bytes, name: str, cell: str) -> bytes:
    """The first finding with a cell of its own markup."""
    place = f"{column(name)}2"
    start = f'<c r="{place}"'.encode()

    def change(xml: bytes) -> bytes:
        at = xml.index(start)
        end = xml.index(b"</c>", at) + len(b"</c>")
        return xml[:at] + cell.format(place=place).encode() + xml[end:]

    return changed(content, change)


@pytest.mark.parametrize("name", ["severity", "is_major_hazard", "quantity"])
@pytest.mark.parametrize("cell", DAMAGED.values(), ids=list(DAMAGED))
def test_a_damaged_cell_refuses_its_row_and_is_no_blank(cell: str, name: str, tmp_path: Path):
    outcome = outcome_of(tmp_path, rewritten(sheet_book(rows_of("a", "b")), name, cell))
    assert ids(outcome) <= {"b"}
    assert set(refusals(outcome, "v_1.xlsx")) <= {0, 2}
    assert refusals(outcome, "v_1.xlsx")


@pytest.mark.parametrize(
    "cell", ['<c r="{place}" t="s"/>', '<c r="{place}" t="inlineStr"/>', '<c r="{place}"/>']
)
def test_an_empty_text_is_a_blank(cell: str, tmp_path: Path):
    outcome = outcome_of(tmp_path, rewritten(sheet_book(rows_of("a", "b")), "severity", cell))
    assert (ids(outcome), refusals(outcome, "v_1.xlsx")) == ({"a", "b"}, {})


def test_two_rows_with_one_number_are_neither(tmp_path: Path):
    content = changed(sheet_book(rows_of("a", "b", "c")), lambda xml: xml.replace(b'3"', b'2"'))
    outcome = outcome_of(tmp_path, content)
    assert (ids(outcome), list(refusals(outcome, "v_1.xlsx"))) == ({"c"}, [2])


# ---- sheets --------------------------------------------------------------------------------------------


def test_a_page_of_instructions_among_the_sheets_of_a_pattern_is_not_read_as_data(tmp_path: Path):
    told = [["填报说明"], ["1. 请如实填写", "必填"], ["2. 日期为YYYY-MM-DD"]]
    outcome = outcome_of(tmp_path, book({"说明": told, "历下区": rows_of("a")}), 'sheet: "*"')
    assert (ids(outcome), outcome.rejects.height) == ({"a"}, 0)
    assert [(one.kind, one.name) for one in outcome.unused] == [("sheet", "说明")]
    assert {one.sheet for one in outcome.unfilled if one.file == "v_1.xlsx"} == {"历下区"}


def test_a_page_of_instructions_that_is_asked_for_by_name_is_read(tmp_path: Path):
    content = book({"说明": [["填报说明"], ["1. 请如实填写"]], "历下区": rows_of("a")})
    outcome = outcome_of(tmp_path, content, "sheet: [说明, 历下区]")
    assert list(refusals(outcome, "v_1.xlsx")) == [2]


def test_cells_keep_their_place_beside_a_format(tmp_path: Path):
    def show(sheet: Worksheet) -> None:
        sheet["C3"].number_format = "0000"

    [raw] = read(tmp_path, sheet_book([[None, "a", "b"], [None, 1, 2], [None, 3, 4]], show))
    assert raw.frame.rows() == [(2, "1", "2"), (3, "3", "0004")]
