"""Workbooks: what a spreadsheet shows comes out, and what it does not tell refuses the row."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from tests.worlds.deliveries import (
    FIRMS,
    MAPPING,
    csv_bytes,
    deliver,
    firm,
    ids,
    judged,
    refusals,
    require_nothing_lost,
    require_storable,
    taken,
    violation,
    warehouse,
)
from warehouse.intake.files.cells import letters, number_text, range_of
from warehouse.intake.files.ooxml import Ooxml
from warehouse.intake.files.raw import Raw
from warehouse.intake.files.readers import read_file
from warehouse.intake.judged import Judged
from warehouse.intake.mapping import Entry

REGISTER = csv_bytes([firm(0), firm(1)])
Sheets = dict[str, list[list[Any]]]


def book(sheets: Sheets, change: Callable[[openpyxl.Workbook], None] = lambda _: None) -> bytes:
    """A workbook of these sheets; ``change`` does the rest."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    change(made)
    memory = io.BytesIO()
    made.save(memory)
    return memory.getvalue()


def sheet_book(rows: list[list[Any]], change: Callable[[Worksheet], None] = lambda _: None) -> bytes:
    return book({"S": rows}, lambda made: change(made["S"]))


def rows_of(*idents: str, **changes: Any) -> list[list[Any]]:
    """The header, and a finding for each number."""
    found = [violation(ident, **changes) for ident in idents]
    return [list(found[0]), *(list(one.values()) for one in found)]


def column(name: str) -> str:
    return letters(list(violation("")).index(name))


def outcome_of(folder: Path, content: bytes, entry: str = "", name: str = "v_1.xlsx") -> Judged:
    mapping = MAPPING.replace('["v_*"]', f'["v_*"]\n      {entry}') if entry else MAPPING
    found = judged(deliver(folder, {"register.csv": REGISTER, name: content}), mapping)
    require_nothing_lost(found)
    return found


def read(folder: Path, content: bytes, name: str = "b.xlsx", **how: Any) -> list[Raw]:
    (folder / name).write_bytes(content)
    return read_file(folder / name, name, Entry(files=["*"], **how))


def first_cells(raw: Raw) -> list[Any]:
    """Cells of the first column of data."""
    return raw.frame.to_series(1).to_list()


# ---- cells ---------------------------------------------------------------------------------------------

ERRORS = ["#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"]
YOUNGER = ["#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#GETTING_DATA", "Err:502"]


@pytest.mark.parametrize("error", [*ERRORS, *YOUNGER])
def test_an_error_is_no_empty_cell(error: str, tmp_path: Path):
    def put(sheet: Worksheet) -> None:
        sheet["A2"].value, sheet["A2"].data_type = "#N/A", "e"

    content = sheet_book([["a", "b"], ["", "x"], [None, "y"]], put)
    [raw] = read(tmp_path, changed(content, lambda xml: xml.replace(b"#N/A", error.encode())))
    assert first_cells(raw) == [error, None]


@pytest.mark.parametrize("name", ["severity", "is_major_hazard", "quantity", "rectified_on"])
def test_an_error_refuses_its_row_where_a_blank_would_not(name: str, tmp_path: Path):
    def put(sheet: Worksheet) -> None:
        cell = sheet[f"{column(name)}2"]
        cell.value, cell.data_type = "#REF!", "e"

    outcome = outcome_of(tmp_path, sheet_book(rows_of("a", "b", **{name: None}), put))
    assert ids(outcome) == {"b"}
    assert list(refusals(outcome, "v_1.xlsx")) == [2]
    assert "#REF!" in outcome.rejects["content"][0]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (12, "12"),
        (12.0, "12"),
        (0.25, "0.25"),
        (True, "true"),
        (123456789012345, "123456789012345"),
        (999999999999999, "999999999999999"),
        (1000000000000000, "1E+15"),
        (913701030000000123, "9.13701E+17"),
        (-913701030000000123, "-9.13701E+17"),
        ("913701030000000123", "913701030000000123"),
        ("0.30000000000000001234", "0.30000000000000001234"),
        (datetime(2025, 6, 1), "2025-06-01 00:00:00"),
        (datetime(2025, 6, 1, 10, 30), "2025-06-01 10:30:00"),
    ],
)
def test_a_cell_comes_out_as_the_spreadsheet_shows_it(cell: Any, shown: str, tmp_path: Path):
    [raw] = read(tmp_path, sheet_book([["a"], [cell]]))
    assert first_cells(raw) == [shown]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("0.30000000000000004", "0.3"),
        ("3.3000000000000003", "3.3"),
        ("1.9999999999999998", "2"),
        ("117.02345678901234", "117.023456789"),
        ("9.1370103E17", "9.13701E+17"),
        ("9.1370103000000006E+17", "9.13701E+17"),
    ],
)
def test_a_number_has_no_digits_that_the_spreadsheet_does_not_keep(stored: str, shown: str, tmp_path: Path):
    content = changed(
        sheet_book([["a"], [7]]), lambda xml: xml.replace(b"<v>7</v>", f"<v>{stored}</v>".encode())
    )
    [raw] = read(tmp_path, content)
    assert first_cells(raw) == [shown]


def changed(
    content: bytes, change: Callable[[bytes], bytes], part: str = r"xl/worksheets/sheet1\.xml"
) -> bytes:
    """The workbook with one part of it changed."""
    memory = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, change(data) if re.fullmatch(part, info.filename) else data)
    return memory.getvalue()


@pytest.mark.parametrize("prefix", [b"", b"x:"])
def test_cells_without_a_place_or_with_a_prefix_are_found(prefix: bytes, tmp_path: Path):
    def change(xml: bytes) -> bytes:
        bare = re.sub(rb' r="[A-Z]*\d+"', b"", xml) if not prefix else xml
        return re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1" + prefix, bare).replace(
            b"xmlns=", b"xmlns:x=" if prefix else b"xmlns="
        )

    [raw] = read(tmp_path, changed(sheet_book([["a", "b"], ["x", 913701030000000123]]), change))
    assert raw.frame.rows() == [(2, "x", "9.13701E+17")]


def test_a_formula_that_was_saved_without_its_value_refuses_its_row(tmp_path: Path):
    content = sheet_book(
        rows_of("a", "b"), lambda sheet: put(sheet, f"{column('is_major_hazard')}2", "=A1=A2")
    )
    outcome = outcome_of(tmp_path, content)
    assert ids(outcome) == {"b"}
    assert "formula_without_value:is_major_hazard" in refusals(outcome, "v_1.xlsx")[2]


def test_a_row_of_nothing_but_formulas_is_a_row(tmp_path: Path):
    [raw] = read(tmp_path, sheet_book([["a"], ["x"], ["=A2"]]))
    assert raw.frame.rows() == [(2, "x"), (3, "=A2")]
    assert [flaw.first for flaw in raw.flaws] == [3]


def put(sheet: Worksheet, place: str, value: Any, **more: Any) -> None:
    sheet[place].value = value
    for name, setting in more.items():
        setattr(sheet[place], name, setting)


def test_a_formula_that_gives_an_empty_text_is_empty(tmp_path: Path):
    content = changed(
        sheet_book([["a", "b"], ["x", "=A9"]]),
        lambda xml: re.sub(rb'(<c r="B2")[^>]*>', rb'\1 t="str">', xml),
    )
    [raw] = read(tmp_path, content)
    assert (raw.frame.rows(), raw.flaws) == ([(2, "x", None)], [])


# ---- merged cells --------------------------------------------------------------------------------------

MERGED = {
    "severity": "重大",
    "is_major_hazard": "是",
    "enterprise_id": FIRMS[0],
    "occurred_on": "2025-06-01",
    "recorded_at": "2025-06-02",
}


@pytest.mark.parametrize("name", MERGED)
def test_rows_under_a_merged_cell_are_refused_or_get_its_value_if_the_mapping_says_so(
    name: str, tmp_path: Path
):
    at = column(name)
    rows = rows_of("a", "b", "c", "d", **{name: MERGED[name]})
    content = sheet_book(rows, lambda sheet: sheet.merge_cells(f"{at}2:{at}4"))
    outcome = outcome_of(tmp_path, content)
    assert ids(outcome) == {"a", "d"}
    refused = refusals(outcome, "v_1.xlsx")
    assert {line for line, rules in refused.items() if f"merged_cell:{name}" in rules} == {3, 4}
    assert any(f"{at}2:{at}4" in note for note in outcome.notes)
    filled = outcome_of(tmp_path, content, "merged: fill_down")
    assert ids(filled) == {"a", "b", "c", "d"}
    assert filled.accepted["violations"][name].n_unique() == 1


def test_a_merged_cell_in_a_column_that_nothing_reads_refuses_nothing(tmp_path: Path):
    rows = [[*row, "附注"] for row in rows_of("a", "b")]
    outcome = outcome_of(tmp_path, sheet_book(rows, lambda sheet: sheet.merge_cells("J2:J3")))
    assert ids(outcome) == {"a", "b"}


def test_a_merged_cell_without_a_value_is_empty(tmp_path: Path):
    rows = rows_of("a", "b", rectified_on=None)
    at = column("rectified_on")
    outcome = outcome_of(tmp_path, sheet_book(rows, lambda sheet: sheet.merge_cells(f"{at}2:{at}3")))
    assert ids(outcome) == {"a", "b"}


def test_cells_merged_across_are_refused_as_well(tmp_path: Path):
    first, last = column("severity"), column("is_major_hazard")
    outcome = outcome_of(
        tmp_path, sheet_book(rows_of("a", "b"), lambda sheet: sheet.merge_cells(f"{first}2:{last}2"))
    )
    assert refusals(outcome, "v_1.xlsx") == {2: "merged_cell:is_major_hazard"}


def test_merged_cells_of_a_sheet_that_begins_further_right_are_found(tmp_path: Path):
    rows = [[None, None, *row] for row in rows_of("a", "b")]
    at = letters(list(violation("")).index("is_major_hazard") + 2)
    outcome = outcome_of(tmp_path, sheet_book(rows, lambda sheet: sheet.merge_cells(f"{at}2:{at}3")))
    assert refusals(outcome, "v_1.xlsx") == {3: "merged_cell:is_major_hazard"}


def test_what_a_merged_cell_refused_is_not_judged_again_without_its_sheet(tmp_path: Path):
    connection = warehouse()
    at = column("is_major_hazard")
    content = sheet_book(rows_of("a", "b"), lambda sheet: sheet.merge_cells(f"{at}2:{at}3"))
    taken(connection, deliver(tmp_path, {"register.csv": REGISTER, "v_1.xlsx": content}))
    assert connection.sql("SELECT sheet, line, entry FROM raw.rejected_rows").fetchall() == [("S", 3, None)]


# ---- days ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cell", "is_day"), [(44347, False), (datetime(2025, 6, 1), True)])
def test_days_of_a_workbook_count_from_its_own_epoch(cell: Any, is_day: bool, tmp_path: Path):
    def mac(made: openpyxl.Workbook) -> None:
        made.epoch = CALENDAR_MAC_1904
        sheet = made["S"]
        sheet[f"{column('occurred_on')}2"].number_format = "yyyy-mm-dd" if is_day else "General"

    outcome = outcome_of(tmp_path, book({"S": rows_of("a", occurred_on=cell)}, mac))
    assert outcome.accepted["violations"]["occurred_on"].to_list() == [date(2025, 6, 1)]


def test_a_day_of_1904_that_waits_for_its_enterprise_is_the_same_day_later(tmp_path: Path):
    def mac(made: openpyxl.Workbook) -> None:
        made.epoch = CALENDAR_MAC_1904

    connection = warehouse()
    content = book({"S": rows_of("a", enterprise_id=FIRMS[1], occurred_on=44347)}, mac)
    taken(connection, deliver(tmp_path / "1", {"register.csv": csv_bytes([firm(0)]), "v_1.xlsx": content}))
    taken(connection, deliver(tmp_path / "2", {"register.csv": csv_bytes([firm(1)])}))
    from warehouse.intake.rejects import retry_rejects

    assert retry_rejects(connection, received_on=date(2026, 1, 31), today=date(2026, 1, 31)) == 1
    assert connection.sql("SELECT occurred_on FROM core.violations").fetchall() == [(date(2025, 6, 1),)]


@pytest.mark.parametrize(
    ("serial", "is_sure"), [(0, False), (1, False), (59, False), (60, False), (61, True)]
)
def test_the_first_days_of_1900_are_sure_for_nobody(serial: int, is_sure: bool, tmp_path: Path):
    def as_day(sheet: Worksheet) -> None:
        put(sheet, "B2", serial, number_format="yyyy-mm-dd")

    [raw] = read(tmp_path, sheet_book([["a", "b"], ["x", None]], as_day))
    assert [flaw.rule for flaw in raw.flaws] == ([] if is_sure else ["unsure_day"])


def test_a_text_that_looks_like_a_day_of_1900_is_a_text(tmp_path: Path):
    [raw] = read(tmp_path, sheet_book([["a"], ["1900-01-01 00:00:00"]]))
    assert (raw.frame.rows(), raw.flaws) == ([(2, "1900-01-01 00:00:00")], [])


# ---- sheets --------------------------------------------------------------------------------------------

DISTRICTS: Sheets = {
    "历下区": rows_of("a"),
    "历城区": rows_of("b", "c"),
    "说明": [["填表说明"], ["请勿改动表头"]],
}


@pytest.mark.parametrize(
    ("sheet", "numbers"),
    [
        ("'*区'", {"a", "b", "c"}),
        ("[历下区, 历城区]", {"a", "b", "c"}),
        ("历城区", {"b", "c"}),
        ("1", {"b", "c"}),
        ("[0, 历城*]", {"a", "b", "c"}),
        ("[历*, 历城区]", {"a", "b", "c"}),
    ],
)
def test_sheets_are_named_by_name_number_pattern_or_a_list_of_these(
    sheet: str, numbers: set[str], tmp_path: Path
):
    outcome = outcome_of(tmp_path, book(DISTRICTS), f"sheet: {sheet}")
    assert ids(outcome) == numbers


def test_a_sheet_called_as_a_year_is_found(tmp_path: Path):
    outcome = outcome_of(tmp_path, book({"2025": rows_of("a"), "2026": rows_of("b")}), "sheet: 2026")
    assert ids(outcome) == {"b"}


def test_each_sheet_has_its_own_count_and_a_row_tells_its_sheet(tmp_path: Path):
    sheets = {**DISTRICTS, "历城区": rows_of("b", "c", severity="巨大")}
    outcome = outcome_of(tmp_path, book(sheets), "sheet: '*区'")
    counts = [(one.sheet, one.delivered, one.accepted, one.refused) for one in outcome.files if one.sheet]
    assert counts == [("历下区", 1, 1, 0), ("历城区", 2, 0, 2)]
    assert outcome.rejects.select("sheet", "line").rows() == [("历城区", 2), ("历城区", 3)]
    assert outcome.accepted["violations"]["source_file"].to_list() == ["v_1.xlsx [历下区]"]
    require_storable(outcome)


def test_refused_rows_of_two_sheets_are_kept_and_taken_up_one_by_one(tmp_path: Path):
    connection = warehouse()
    stranger = {"enterprise_id": FIRMS[1]}
    content = book({"东": rows_of("a", **stranger), "西": rows_of("b", **stranger)})
    mapping = MAPPING.replace('["v_*"]', '["v_*"]\n      sheet: "*"')
    taken(
        connection,
        deliver(tmp_path / "1", {"register.csv": csv_bytes([firm(0)]), "v_1.xlsx": content}),
        mapping,
    )
    kept = connection.sql("SELECT sheet, line, state FROM raw.rejected_rows ORDER BY sheet").fetchall()
    assert kept == [("东", 2, "waiting"), ("西", 2, "waiting")]
    assert connection.sql("SELECT sheet FROM ops.delivery_files WHERE sheet IS NOT NULL").fetchall()


@pytest.mark.parametrize("state", ["visible", "hidden", "veryHidden"])
def test_a_sheet_with_rows_that_is_not_read_is_told(state: str, tmp_path: Path):
    def hide(made: openpyxl.Workbook) -> None:
        made["历城区"].sheet_state = state
        made.create_sheet("空")

    outcome = outcome_of(tmp_path, book(DISTRICTS, hide))
    told = {(one.name, one.rows) for one in outcome.unused if one.kind == "sheet"}
    assert told == {("历城区", 3), ("说明", 2)}
    assert ids(outcome) == {"a"}


def test_a_sheet_that_is_broken_is_no_matter_of_the_one_that_is_read(tmp_path: Path):
    content = changed(book(DISTRICTS), lambda xml: xml[: len(xml) // 2], r"xl/worksheets/sheet3\.xml")
    outcome = outcome_of(tmp_path, content)
    assert ids(outcome) == {"a"}
    told = {one.name: one.rows for one in outcome.unused if one.kind == "sheet"}
    assert told == {"历城区": 3, "说明": None}


def test_a_sheet_that_another_entry_reads_is_no_news(tmp_path: Path):
    mapping = """
mapping: bureau
id_scheme: uscc
tables:
  enterprises: [{files: ["register*"]}]
  violations:
    - {files: ["v_*"], sheet: 历下区}
    - {files: ["v_*"], sheet: 历城区}
"""
    outcome = judged(deliver(tmp_path, {"register.csv": REGISTER, "v_1.xlsx": book(DISTRICTS)}), mapping)
    require_nothing_lost(outcome)
    assert [one.name for one in outcome.unused if one.kind == "sheet"] == ["说明"]
    assert ids(outcome) == {"a", "b", "c"}


def test_an_empty_sheet_among_those_of_a_pattern_is_no_refusal(tmp_path: Path):
    outcome = outcome_of(tmp_path, book({"Sheet1": rows_of("a"), "Sheet2": []}), 'sheet: "*"')
    assert (ids(outcome), outcome.rejects.height) == ({"a"}, 0)


def test_a_pattern_that_no_sheet_has_refuses_the_file_and_names_those_there_are(tmp_path: Path):
    outcome = outcome_of(tmp_path, book(DISTRICTS), "sheet: '*县'")
    assert refusals(outcome, "v_1.xlsx") == {0: "unreadable_file"}
    assert "历下区, 历城区" in outcome.rejects["content"][0]


def test_hidden_rows_are_read_and_noted(tmp_path: Path):
    def hide(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True

    outcome = outcome_of(tmp_path, sheet_book(rows_of("a", "b"), hide))
    assert ids(outcome) == {"a", "b"}
    assert "v_1.xlsx [S]: 1 hidden rows were read, too" in outcome.notes


# ---- files that are no workbooks, or hostile ones ------------------------------------------------------

PLAIN = sheet_book(rows_of("a"))


def undersold(content: bytes) -> bytes:
    """A workbook whose directory says that its sheet holds less than it does."""
    made = bytearray(content)
    at = made.find(b"xl/worksheets/sheet1.xml", made.find(b"PK\x01\x02"))
    made[at - 46 + 24 : at - 46 + 28] = (100).to_bytes(4, "little")
    return bytes(made)


def entities(xml: bytes) -> bytes:
    return xml.replace(b"<worksheet", b'<!DOCTYPE w [<!ENTITY a "aaaa">]><worksheet', 1)


HOSTILE: dict[str, tuple[str, bytes, str, str]] = {
    "locked": ("v_1.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, "unreadable_file", "damaged"),
    "text": ("v_1.xlsx", b"a,b\n1,2\n", "unreadable_file", "no workbook"),
    "web page": (
        "v_1.xls",
        b"<html><table><tr><td>1</td></tr></table></html>",
        "unreadable_file",
        "no workbook",
    ),
    "newer kind": ("v_1.xls", PLAIN, "unreadable_file", "name it .xlsx"),
    "cut off": ("v_1.xlsx", PLAIN[: len(PLAIN) // 2], "unreadable_file", "damaged or cut off"),
    "empty": ("v_1.xlsx", b"", "unreadable_file", "no workbook"),
    "lies about a size": ("v_1.xlsx", undersold(PLAIN), "zip_bomb", "says it holds 100 bytes"),
    "entities": ("v_1.xlsx", changed(PLAIN, entities), "zip_bomb", "entities"),
    "entities in the list of sheets": (
        "v_1.xlsx",
        changed(
            PLAIN,
            lambda xml: xml.replace(b"<workbook", b'<!DOCTYPE w [<!ENTITY a "x">]><workbook', 1),
            r"xl/workbook\.xml",
        ),
        "zip_bomb",
        "entities",
    ),
    "other letters": (
        "v_1.xlsx",
        changed(PLAIN, lambda xml: xml.decode().encode("utf-16")),
        "zip_bomb",
        "UTF-8",
    ),
    "merged blocks without end": (
        "v_1.xlsx",
        changed(
            sheet_book(rows_of("a"), lambda s: s.merge_cells("A1:I2")),
            lambda xml: re.sub(rb'<mergeCell ref="A1:I2" ?/>', b'<mergeCell ref="A1:I2" />' * 1000, xml),
        ),
        "unreadable_file",
        "on top of each other",
    ),
    "merged block that is none": (
        "v_1.xlsx",
        changed(
            sheet_book(rows_of("a"), lambda s: s.merge_cells("A2:A3")),
            lambda x: x.replace(b'"A2:A3"', b'"A2:?"'),
        ),
        "unreadable_file",
        "no block of cells",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_workbook_that_cannot_be_read_is_refused_in_words_for_a_clerk(case: str, tmp_path: Path):
    name, content, rule, told = HOSTILE[case]
    outcome = outcome_of(tmp_path, content, name=name)
    assert refusals(outcome, name) == {0: rule}
    assert told in outcome.rejects["content"][0]


def test_what_a_parser_dies_of_is_a_matter_of_its_file_but_a_stop_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from warehouse.intake.files import readers

    class Panic(BaseException):
        """As a parser in Rust dies."""

    for error, is_caught in (
        (Panic("lost"), True),
        (MemoryError(), True),
        (KeyboardInterrupt(), False),
        (SystemExit(), False),
    ):

        def die(*_: Any, error: BaseException = error) -> None:
            raise error

        monkeypatch.setitem(readers._READERS, ".parquet", die)
        if is_caught:
            [raw] = read(tmp_path, b"x", "f.parquet")
            assert [(one.line, one.rule) for one in raw.unread] == [(0, "unreadable_file")]
        else:
            with pytest.raises(type(error)):
                read(tmp_path, b"x", "f.parquet")


def test_parts_are_found_whatever_their_case_and_slashes(tmp_path: Path):
    memory = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as old, zipfile.ZipFile(memory, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename.replace("worksheets/", "Worksheets\\"), old.read(info))
    assert ids(outcome_of(tmp_path, memory.getvalue())) == {"a"}


@pytest.mark.parametrize("name", ["v_1.csv", "v_1.json", "v_1.parquet"])
def test_a_workbook_by_another_name_is_told(name: str, tmp_path: Path):
    outcome = outcome_of(tmp_path, PLAIN, name=name)
    assert refusals(outcome, name) == {0: "unreadable_file"}
    assert "name it .xlsx or .xls" in outcome.rejects["content"][0]


def test_a_parquet_file_of_billions_of_cells_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from warehouse.intake.files import parquet

    pl.DataFrame({"a": [1] * 10, "b": [2] * 10}).write_parquet(tmp_path / "f.parquet")
    for most, rules in ((20, []), (19, ["zip_bomb"])):
        monkeypatch.setattr(parquet, "MAX_CELLS", most)
        [raw] = read_file(tmp_path / "f.parquet", "f.parquet", Entry(files=["*"]))
        assert ([one.rule for one in raw.unread], raw.frame.height) == (rules, 0 if rules else 10)


# ---- names of cells ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
)
def test_columns_are_named_as_in_a_spreadsheet(number: int, name: str):
    assert letters(number) == name
    assert range_of(f"{name}1").left == number
    assert str(range_of(f"B2:{name}3")).endswith("3")


@pytest.mark.parametrize("stored", ["", "x", "12", "nan", "inf", "1e14", "-12.5"])
def test_a_number_that_keeps_its_digits_needs_no_other_text(stored: str):
    assert number_text(stored) is None


def test_numbers_of_enterprises_in_texts_are_no_reason_to_look_at_every_cell(tmp_path: Path):
    rows = [["a"], ["91370102MA3UUX8E9C"], ["91370102MA3UUX8E9"], ["913701030000000123"]]
    (tmp_path / "b.xlsx").write_bytes(sheet_book(rows))
    assert Ooxml(tmp_path / "b.xlsx").facts("S", frozenset()) is None
