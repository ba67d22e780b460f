"""Headers: where they stand, how two rows are one, what they are recognised as, and what nothing reads."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from models.errors import MappingError
from tests.warehouse.intake.test_workbooks import REGISTER, book, read, rows_of, sheet_book
from tests.worlds.deliveries import (
    MAPPING,
    csv_bytes,
    deliver,
    ids,
    judged,
    refusals,
    require_nothing_lost,
    violation,
)
from warehouse.intake.files.header import joined, plain
from warehouse.intake.judged import Judged
from warehouse.intake.mapping import Entry, parse_mapping

HEADER, FIRST, SECOND = csv_bytes([violation("a"), violation("b")]).decode().splitlines()
TITLE = "2025年度检查发现问题汇总表" + "," * HEADER.count(",")


def outcome_of(folder: Path, content: str | bytes, entry: str = "", name: str = "v_1.csv") -> Judged:
    mapping = MAPPING.replace('["v_*"]', f'["v_*"]\n      {entry}') if entry else MAPPING
    data = content.encode() if isinstance(content, str) else content
    found = judged(deliver(folder, {"register.csv": REGISTER, name: data}), mapping)
    require_nothing_lost(found)
    return found


def text(*lines: str) -> str:
    return "\n".join(lines) + "\n"


# ---- where the header stands ---------------------------------------------------------------------------


@pytest.mark.parametrize("title", [TITLE, "2025年度检查发现问题汇总表", '"两行\n标题"'])
@pytest.mark.parametrize("kind", ["text", "workbook"])
def test_a_title_above_the_header_is_told_and_a_mapping_can_say_so(title: str, kind: str, tmp_path: Path):
    if kind == "text":
        name, content, line = "v_1.csv", text(title, HEADER, FIRST).encode(), 2 + title.count("\n")
    else:
        name, content, line = "v_1.xlsx", sheet_book([[title.strip(",")], *rows_of("a")]), 2
    outcome = outcome_of(tmp_path, content, name=name)
    assert refusals(outcome, name) == {0: "header_elsewhere"}
    assert f"row {line} looks like the header: header_row: {line}" in outcome.rejects["content"][0]
    for entry in (f"header_row: {line}", f"skip_rows: {line - 1}"):
        outcome = outcome_of(tmp_path, content, entry, name)
        assert (ids(outcome), outcome.rejects.height) == ({"a"}, 0)
        assert any("above the header" in note for note in outcome.notes)
        assert outcome.accepted["violations"]["source_line"].to_list() == [line + 1]


def test_a_title_in_a_merged_cell_is_told_as_well(tmp_path: Path):
    content = sheet_book([["汇总表"], *rows_of("a")], lambda sheet: sheet.merge_cells("A1:I1"))
    assert refusals(outcome_of(tmp_path, content, name="v_1.xlsx"), "v_1.xlsx") == {0: "header_elsewhere"}
    assert ids(outcome_of(tmp_path, content, "header_row: 2", "v_1.xlsx")) == {"a"}


def test_a_header_that_is_named_in_the_wrong_row_is_told(tmp_path: Path):
    outcome = outcome_of(tmp_path, text(HEADER, FIRST, SECOND), "header_row: 2")
    assert refusals(outcome, "v_1.csv") == {0: "header_elsewhere"}
    outcome = outcome_of(tmp_path, text(HEADER, FIRST), "header_row: 9")
    assert refusals(outcome, "v_1.csv") == {0: "unreadable_header"}


GROUPED = [
    ["违法行为编号", "处罚", None, "备注"],
    [None, "日期", "金额", None],
    ["a", "2025-06-01", "500", "x"],
]


@pytest.mark.parametrize("kind", ["text", "workbook", "merged workbook"])
def test_two_rows_of_header_are_one(kind: str, tmp_path: Path):
    def merge(sheet: Worksheet) -> None:
        for block in ("A1:A2", "B1:C1", "D1:D2"):
            sheet.merge_cells(block)

    if kind == "text":
        name, content = "f.csv", text(*(",".join(cell or "" for cell in row) for row in GROUPED)).encode()
    else:
        name, content = "f.xlsx", sheet_book(GROUPED, merge if kind.startswith("merged") else lambda _: None)
    [raw] = read(tmp_path, content, name, header_row=[1, 2])
    assert raw.frame.columns[1:] == ["违法行为编号", "处罚/日期", "处罚/金额", "备注"]
    assert raw.frame.rows() == [(3, "a", "2025-06-01", "500", "x")]
    assert raw.flaws == []


def test_a_header_of_two_rows_is_proposed(tmp_path: Path):
    rows = [["违法行为编号", "企业编号", "处罚", None], [None, None, "日期", "金额"], ["a", "b", "c", "d"]]
    for name, content in (
        ("f.xlsx", sheet_book(rows)),
        ("f.csv", text(*(",".join(cell or "" for cell in row) for row in rows)).encode()),
    ):
        [raw] = read(tmp_path, content, name)
        assert [(one.line, one.rule) for one in raw.unread] == [(0, "empty_header")]
        assert "header_row: [1, 2]" in raw.unread[0].content


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([["a", "b"]], ["a", "b"]),
        ([["a", "g", "", "z"], ["", "x", "y", ""]], ["a", "g/x", "g/y", "z"]),
        ([["a", "a"], ["a", "b"]], ["a", "a/b"]),
        ([["g", "", ""], ["h", "", "i"], ["x", "y", "z"]], ["g/h/x", "g/h/y", "g/i/z"]),
        ([["g", None, None], ["x", "y", None]], ["g/x", "g/y", ""]),
    ],
)
def test_a_group_stands_for_the_columns_to_its_right(rows: list[list[str | None]], names: list[str]):
    assert joined(rows) == names


IMPOSSIBLE = [
    ["header_row: 0"],
    ["header_row: [3, 2]"],
    ["header_row: []"],
    ["header_row: 2", "skip_rows: 1"],
    ["skip_rows: -1"],
    ["delimiter: '||'"],
    ["delimiter: ''"],
    ["merged: guess"],
    ["footer: ['']"],
    ["records: ''"],
]


@pytest.mark.parametrize("keys", IMPOSSIBLE)
def test_a_form_that_cannot_be_is_no_mapping(keys: list[str]):
    entry = "\n      ".join(['["v_*"]', *keys])
    with pytest.raises(MappingError, match="Correct the mapping file"):
        parse_mapping(MAPPING.replace('["v_*"]', entry))


# ---- names of columns ----------------------------------------------------------------------------------


def test_a_header_with_a_line_break_in_quotes_is_a_header(tmp_path: Path):
    outcome = outcome_of(tmp_path, text('"备注\n(选填)",' + HEADER, "x," + FIRST))
    assert ids(outcome) == {"a"}


@pytest.mark.parametrize(
    ("lines", "rules", "numbers"),
    [
        ((HEADER + ",", FIRST + ",", SECOND), {}, {"a", "b"}),
        ((HEADER, FIRST + ",", SECOND), {}, {"a", "b"}),
        ((HEADER + ",,", FIRST + ",, ", SECOND + ","), {}, {"a", "b"}),
        ((HEADER, FIRST + ",x", SECOND), {2: "wrong_number_of_fields"}, {"b"}),
        ((HEADER + ",", FIRST + ",x", SECOND), {0: "empty_header"}, set()),
    ],
)
def test_empty_cells_after_the_last_column_are_left_out(
    lines: tuple[str, ...], rules: dict[int, str], numbers: set[str], tmp_path: Path
):
    outcome = outcome_of(tmp_path, text(*lines))
    assert (refusals(outcome, "v_1.csv"), ids(outcome)) == (rules, numbers)
    assert any("after the last column" in note for note in outcome.notes) is not bool(rules)


@pytest.mark.parametrize("name", ["v_1.csv", "v_1.xlsx"])
@pytest.mark.parametrize("cell", ["", "x"])
def test_a_column_without_a_name_may_only_be_empty(cell: str, name: str, tmp_path: Path):
    rows = [[*row[:3], extra, *row[3:]] for row, extra in zip(rows_of("a"), ("", cell), strict=True)]
    content = text(*map(",".join, rows)).encode() if name.endswith("csv") else sheet_book(rows)
    outcome = outcome_of(tmp_path, content, name=name)
    assert refusals(outcome, name) == ({0: "empty_header"} if cell else {})
    assert ids(outcome) == (set() if cell else {"a"})


@pytest.mark.parametrize("name", ["f.csv", "f.xlsx"])
def test_a_header_that_stands_twice_is_refused_with_both_places(name: str, tmp_path: Path):
    rows = [["a", "b", "a"], ["1", "2", "3"]]
    content = text(*map(",".join, rows)).encode() if name.endswith("csv") else sheet_book(rows)
    [raw] = read(tmp_path, content, name)
    said = "a: columns 1, 3" if name.endswith("csv") else "a: columns A, C"
    assert [(one.rule, one.content) for one in raw.unread] == [("repeated_header", said)]


def test_a_header_of_a_million_columns_is_none(tmp_path: Path):
    [raw] = read(tmp_path, (",".join(f"c{at}" for at in range(60_000)) + "\n1\n").encode(), "f.csv")
    assert [one.rule for one in raw.unread] == ["too_many_columns"]


ALIKE = [
    "严重程度（必填）",
    "严重程度*",
    "*严重程度",
    " 严重 程度 ",
    "严重程度(选填)",
    "严重程度【必填项】",
    "严重程度\n（下拉选择）",
    "\ufeff严重程度",
    "严重程度\u200b",
    "Severity",
    "SEVERITY（必填，下拉）",
    "ｓｅｖｅｒｉｔｙ",
]


@pytest.mark.parametrize("header", ALIKE)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_header_is_recognised_in_spite_of_what_people_add(header: str, kind: str, tmp_path: Path):
    rows = rows_of("a", severity="重大")
    rows[0][rows[0].index("severity")] = header
    quoted = [[f'"{cell}"' for cell in row] for row in rows]
    content = text(*map(",".join, quoted)).encode() if kind == "csv" else sheet_book(rows)
    outcome = outcome_of(tmp_path, content, name=f"v_1.{kind}")
    assert outcome.accepted["violations"]["severity"].to_list() == ["critical"]
    assert not [one for one in outcome.unused if one.kind == "column"]


UNITS = {
    "单位罚款（元）": True,
    "单位罚款(单位：元)": True,
    "单位罚款（必填，元）": True,
    "单位罚款【人民币元】": True,
    "单位罚款（万元）": False,
    "单位罚款(单位:万元)": False,
    "单位罚款（必填，万元）": False,
    "单位罚款（填写万元）": False,
    "单位罚款（人）": False,
    "单位罚款（上年）": False,
}


@pytest.mark.parametrize("header", UNITS)
def test_a_unit_is_only_passed_over_if_it_is_that_of_the_column(header: str, tmp_path: Path):
    rows = [[*row, cell] for row, cell in zip(rows_of("a"), (header, "500"), strict=True)]
    outcome = outcome_of(tmp_path, sheet_book(rows), name="v_1.xlsx")
    assert outcome.accepted["violations"]["penalty_unit"].to_list() == [500 if UNITS[header] else None]
    told = [(one.name, one.rows, one.nearest) for one in outcome.unused if one.kind == "column"]
    assert told == ([] if UNITS[header] else [(header, 1, "单位罚款")])


def test_two_headers_that_could_both_be_a_column_refuse_the_rows_and_are_named(tmp_path: Path):
    header = HEADER.replace("severity", "严重程度（必填）") + ",严重程度*"
    content = text(header, FIRST + ",重大")
    outcome = outcome_of(tmp_path, content)
    assert refusals(outcome, "v_1.csv") == {2: "ambiguous_header:severity"}
    assert any("严重程度（必填） and 严重程度* could both be severity" in note for note in outcome.notes)
    mended = outcome_of(tmp_path, content, "columns: {severity: 严重程度*}")
    assert mended.accepted["violations"]["severity"].to_list() == ["critical"]


def test_the_header_that_a_mapping_names_is_recognised_too(tmp_path: Path):
    content = text(HEADER.replace("severity", "程度（必填）"), FIRST.replace("一般", "重大"))
    outcome = outcome_of(tmp_path, content, "columns: {severity: 程度}")
    assert outcome.accepted["violations"]["severity"].to_list() == ["critical"]


def test_a_header_that_a_mapping_reads_elsewhere_is_not_taken_from_it(tmp_path: Path):
    content = text(HEADER.replace("severity", "严重程度（必填）"), FIRST)
    outcome = outcome_of(tmp_path, content, "columns: {description: 严重程度（必填）}")
    row = outcome.accepted["violations"].row(0, named=True)
    assert (row["description"], row["severity"]) == ("一般", "ungraded")


def test_a_refused_row_keeps_the_headers_it_was_delivered_with(tmp_path: Path):
    content = text(HEADER.replace("severity", "严重程度（必填）"), FIRST.replace("一般", "巨大"))
    outcome = outcome_of(tmp_path, content)
    assert refusals(outcome, "v_1.csv") == {2: "unknown_code:severity"}
    assert "严重程度（必填）" in outcome.rejects["content"][0]


@pytest.mark.parametrize(
    ("header", "same"),
    [
        ("Ａ　B", "ab"),
        ("编 号*", "编号"),
        ("备注\r\n（选填）", "备注(选填)"),
        ("\ufeffid", "id"),
        ("A_B", "a_b"),
    ],
)
def test_a_plain_header_is_without_width_case_blanks_and_stars(header: str, same: str):
    assert plain(header) == same


# ---- what nothing reads, and what nothing fills --------------------------------------------------------


def test_columns_that_nothing_reads_are_told_with_the_nearest_header(tmp_path: Path):
    header = HEADER.replace("is_major_hazard", "是否重大事故隐患") + ",内部编码,空列"
    outcome = outcome_of(tmp_path, text(header, FIRST + ",77,"))
    told = {one.name: (one.rows, one.nearest) for one in outcome.unused if one.kind == "column"}
    assert told == {"是否重大事故隐患": (1, "重大事故隐患"), "内部编码": (1, None), "空列": (0, None)}
    assert "column 是否重大事故隐患 is read by nothing: did you mean 重大事故隐患?" in str(outcome.unused[0])


def test_canonical_columns_that_nothing_fills_are_told(tmp_path: Path):
    outcome = outcome_of(
        tmp_path, text(HEADER.replace("severity", "x"), FIRST), "columns: {department: null}"
    )
    told = {one.column for one in outcome.unfilled if one.file == "v_1.csv"}
    assert {"severity", "disposal"} <= told
    assert not told & {"source", "department", "quantity", "enterprise_id"}


def test_what_nothing_reads_is_remarked_beside_the_notes(tmp_path: Path):
    outcome = outcome_of(tmp_path, text(HEADER + ",内部编码", FIRST + ",7"))
    note, told, *unfilled = outcome.remarks()
    assert note.startswith("no file came for former_numbers (former*), alerts (alerts*), inspections")
    assert told == "v_1.csv: column 内部编码 is read by nothing"
    assert unfilled and all("nothing fills" in one for one in unfilled)


def test_a_column_that_one_of_two_entries_reads_is_read(tmp_path: Path):
    mapping = """
mapping: bureau
id_scheme: uscc
tables:
  enterprises: [{files: ["register*"]}]
  violations:
    - files: ["v_*"]
      columns: {description: 甲}
    - files: ["v_*"]
      columns: {violation_id: 乙}
"""
    header = HEADER.replace("violation_id", "violation_id,乙,丙").replace("description", "甲")
    content = text(header, FIRST.replace("a,", "a,a2,x,", 1)).encode()
    outcome = judged(deliver(tmp_path, {"register.csv": REGISTER, "v_1.csv": content}), mapping)
    assert [one.name for one in outcome.unused] == ["丙"]


def test_files_and_folders_that_nothing_reads_are_told_but_not_those_left_out(tmp_path: Path):
    (tmp_path / "旧").mkdir(parents=True)
    deliver(tmp_path, {"notes.csv": b"x", "letter.pdf": b"%PDF"})
    mapping = MAPPING + 'ignore:\n  - {files: ["*.pdf"], why: scanned letters}\n'
    outcome = judged(deliver(tmp_path, {"register.csv": REGISTER}), mapping)
    told = [(one.kind, one.name, str(one)) for one in outcome.unused]
    assert told == [
        ("file", "旧", "旧: a folder"),
        ("file", "notes.csv", "notes.csv: no entry of the mapping names it"),
    ]


# ---- footers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["v_1.csv", "v_1.xlsx"])
def test_rows_of_the_footer_are_left_out_only_if_the_mapping_names_them(name: str, tmp_path: Path):
    feet: list[list[Any]] = [["合 计", *[None] * 5, 12], ["", "填表人：张三"], ["总计数", "x"]]
    rows = [*rows_of("a"), *feet]
    lines = [",".join(str(cell or "") for cell in row) for row in rows]
    content = text(*lines).encode() if name.endswith("csv") else book({"S": rows})
    outcome = outcome_of(tmp_path, content, 'footer: ["合计", "填表人*"]', name)
    assert ids(outcome) == {"a"}
    assert list(refusals(outcome, name)) == [5]
    assert any("2 rows of the footer left out, line 3, 4" in note for note in outcome.notes)
    assert list(refusals(outcome_of(tmp_path, content, name=name), name)) == [3, 4, 5]


def test_an_entry_knows_its_rows_and_sheets():
    entry = Entry(files=["*"])
    assert (entry.header_rows(), entry.sheets()) == ([], [0])
    assert Entry(files=["*"], header_row=3, sheet=["a", 1]).header_rows() == [3]
