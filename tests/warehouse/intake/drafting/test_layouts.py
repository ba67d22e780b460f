"""How files are laid out: what stands above, beside and below the rows is found, and what is not read is told."""

import io
import json
from pathlib import Path
from typing import Any

import openpyxl

from tests.worlds.deliveries import FIRMS, TODAY, csv_bytes, csv_lines, firm, violation
from tests.worlds.drafts import asked, draft_of, entry, judged_by, spec
from warehouse.intake.drafting import sampling
from warehouse.intake.drafting.draft import drafted

REGISTER = csv_bytes([firm(0), firm(1)])


def book(
    sheets: dict[str, list[list[Any]]], merged: tuple[str, ...] = (), hidden: tuple[str, ...] = ()
) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for block in merged:
            sheet.merge_cells(block)
        if name in hidden:
            sheet.sheet_state = "hidden"
    memory = io.BytesIO()
    made.save(memory)
    return memory.getvalue()


def rows_of(*idents: str) -> list[list[Any]]:
    found = [violation(ident) for ident in idents]
    return [list(found[0]), *(list(one.values()) for one in found)]


def layout(folder: Path, name: str, content: bytes) -> dict[str, Any]:
    """The keys of the entry that reads a file, which takes all its rows."""
    draft = draft_of(folder, {"register.csv": REGISTER, name: content})
    outcome = judged_by(draft, folder)
    assert outcome.refused == 0 and outcome.accepted["violations"].height == 2, outcome.rejects
    return dict(entry(draft, "violations").layout)


def test_a_plain_table_needs_no_key(tmp_path: Path) -> None:
    assert layout(tmp_path, "隐患.csv", csv_bytes([violation("v1"), violation("v2")])) == {}


def test_titles_above_the_header_and_totals_below_the_rows_are_found(tmp_path: Path) -> None:
    lines = ["违法行为明细", "", *csv_lines([violation("v1"), violation("v2")]), "合计,,,,,,2,,"]
    assert layout(tmp_path, "隐患.csv", "\n".join(lines).encode()) == {"header_row": 3, "footer": ["合计"]}


def test_groups_above_a_header_that_is_clear_without_them_are_left_out(tmp_path: Path) -> None:
    head, *rows = rows_of("v1", "v2")
    groups = ["违法行为", None, "企业", "情况", None, None, None, None, None]
    content = book({"S": [groups, head, *rows]}, merged=("A1:B1", "D1:I1"))
    assert layout(tmp_path, "隐患.xlsx", content) == {"header_row": 2}


def test_a_header_of_unknown_words_is_the_first_full_row(tmp_path: Path) -> None:
    lines = ["导出", "\u7532,\u4e59,\u4e19", "1,2,3"]
    draft = draft_of(tmp_path, {"x.csv": "\n".join(lines).encode()})
    assert draft.entries == () and "甲, 乙, 丙" in str(draft.unread[0].why)


def test_merged_cells_are_filled_down_and_asked_about(tmp_path: Path) -> None:
    rows = rows_of("v1", "v2")
    rows[2][2] = None
    draft = draft_of(tmp_path, {"register.csv": REGISTER, "隐患.xlsx": book({"S": rows}, merged=("C2:C3",))})
    found = entry(draft, "violations")
    assert found.layout == {"merged": "fill_down"} and "merged" in asked(found)
    assert not judged_by(draft, tmp_path).refused


def test_sheets_of_districts_are_one_entry_by_what_their_names_end_with(tmp_path: Path) -> None:
    content = book({"历下区": rows_of("v1"), "市中区": rows_of("v2"), "说明": [["本表说明"]]})
    assert layout(tmp_path, "隐患.xlsx", content) == {"sheet": "*区"}


def test_a_pattern_of_sheets_never_takes_in_a_hidden_one(tmp_path: Path) -> None:
    content = book(
        {"历下区": rows_of("v1"), "市中区": rows_of("v2"), "旧历城区": rows_of("v3")}, hidden=("旧历城区",)
    )
    assert layout(tmp_path, "隐患.xlsx", content) == {"sheet": ["历下区", "市中区"]}


def test_hidden_sheets_are_told_and_not_read(tmp_path: Path) -> None:
    content = book({"隐患": rows_of("v1", "v2"), "底稿": rows_of("v3")}, hidden=("底稿",))
    draft = draft_of(tmp_path, {"register.csv": REGISTER, "台账.xlsx": content})
    assert [(one.sheet, "hidden (rows: 1)" in str(one.why)) for one in draft.unread] == [("底稿", True)]


def test_a_rare_delimiter_is_found(tmp_path: Path) -> None:
    text = "\n".join(line.replace(",", "^") for line in csv_lines([violation("v1"), violation("v2")]))
    assert layout(tmp_path, "隐患.txt", text.encode()) == {"delimiter": "^"}


def test_usual_delimiters_and_encodings_need_no_key(tmp_path: Path) -> None:
    text = "\n".join(line.replace(",", "|") for line in csv_lines([violation("v1"), violation("v2")]))
    assert layout(tmp_path, "隐患.csv", text.encode("gb18030")) == {}


def test_big5_is_named_since_it_must_be(tmp_path: Path) -> None:
    rows = [
        violation(
            f"v{at}", description="消防通道堵塞，滅火器過期，應急燈損壞", severity="", is_major_hazard=""
        )
        for at in (1, 2)
    ]
    text = "\n".join(csv_lines(rows))
    assert layout(tmp_path, "隐患.csv", text.encode("cp950")) == {"encoding": "big5"}


def test_wrapped_records_are_found_where_they_stand(tmp_path: Path) -> None:
    document = {"code": 0, "data": {"list": [violation("v1"), violation("v2")], "tags": []}}
    assert layout(tmp_path, "隐患.json", json.dumps(document).encode()) == {"records": "data.list"}


def test_two_lists_of_one_document_are_two_entries(tmp_path: Path) -> None:
    document = {"firms": [firm(0)], "findings": [violation("v1")]}
    draft = draft_of(tmp_path, {"全部.json": json.dumps(document).encode()})
    assert {one.table: one.layout for one in draft.entries} == {
        "enterprises": {"records": "firms"},
        "violations": {"records": "findings"},
    }
    assert not judged_by(draft, tmp_path).refused


def test_files_of_one_kind_are_one_entry_and_next_months_is_read_too(tmp_path: Path) -> None:
    files = {f"隐患_2025{month}.csv": csv_bytes([violation(f"v{month}")]) for month in ("05", "06")}
    found = entry(draft_of(tmp_path, {"register.csv": REGISTER, **files}), "violations")
    assert found.files == ("隐患_*.csv",) and found.rows == 2


def test_a_pattern_of_files_never_takes_in_a_file_of_another_table(tmp_path: Path) -> None:
    files = {
        "2025_1.csv": REGISTER,
        "2025_2.csv": csv_bytes([violation("v1")]),
        "导出[1].csv": csv_bytes([violation("v2")]),
    }
    draft = draft_of(tmp_path, files)
    assert entry(draft, "enterprises").files == ("2025_1.csv",)
    outcome = judged_by(draft, tmp_path)
    assert outcome.refused == 0 and outcome.accepted["violations"].height == 2


def test_what_no_table_fits_is_told_and_not_left_out_in_silence(tmp_path: Path) -> None:
    files = {
        "register.csv": REGISTER,
        "照片.pdf": b"%PDF",
        "坏.xlsx": b"PK\x03\x04broken",
        "空.csv": b"",
        "只有表头.csv": "企业名称,检查日期\n".encode(),
        "名单.csv": "姓名,生日\n王伟,1980-01-01\n".encode(),
    }
    draft = draft_of(tmp_path, files)
    (tmp_path / "子目录").mkdir()
    told = {one.file for one in drafted(tmp_path, today=TODAY).unread}
    assert told == {"照片.pdf", "坏.xlsx", "空.csv", "只有表头.csv", "名单.csv", "子目录"}
    assert not judged_by(draft, tmp_path).refused


def test_of_a_long_file_only_the_beginning_is_looked_at_and_that_is_told(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(sampling, "MOST_BYTES", 4000)
    rows = csv_bytes([violation(f"v{at}") for at in range(400)])
    draft = draft_of(tmp_path, {"register.csv": REGISTER, "隐患.csv": rows})
    found = entry(draft, "violations")
    assert found.rows < 100 and "beginning" in str(found.notes[0])
    assert judged_by(draft, tmp_path).accepted["violations"].height == 400


def test_a_header_of_two_rows_is_found_where_one_alone_does_not_tell_columns_apart(tmp_path: Path) -> None:
    head, *rows = rows_of("v1", "v2")
    groups: list[Any] = [*head, "罚款", None]
    below = [None] * len(head) + ["单位", "个人"]
    blocks = tuple(f"{'ABCDEFGHI'[at]}1:{'ABCDEFGHI'[at]}2" for at in range(len(head)))
    content = book({"S": [groups, below, *([*row, 100, 50] for row in rows)]}, merged=(*blocks, "J1:K1"))
    assert layout(tmp_path, "隐患.xlsx", content) == {"header_row": [1, 2]}
    draft = drafted(tmp_path, today=TODAY)
    assert spec(draft, "violations", "penalty_unit") == {"column": "罚款/单位"}
    assert spec(draft, "violations", "penalty_person") == {"column": "罚款/个人"}


def test_names_that_stand_twice_are_told_apart_by_the_groups_above_them(tmp_path: Path) -> None:
    head, *rows = rows_of("v1", "v2")
    groups = ["违法行为", None, "企业", "情况", None, None, None, None, None, "检查", "复查"]
    content = book(
        {"S": [groups, [*head, "人员", "人员"], *([*row, "王伟", "赵敏"] for row in rows)]},
        merged=("A1:B1", "D1:I1"),
    )
    assert layout(tmp_path, "隐患.xlsx", content) == {"header_row": [1, 2]}


def test_a_name_of_several_lines_is_no_title(tmp_path: Path) -> None:
    head, *rows = csv_lines([violation("v1"), violation("v2")])
    text = "\n".join(['"备注\n(选填)",' + head, *(f"x,{row}" for row in rows)])
    assert layout(tmp_path, "隐患.csv", text.encode()) == {}


def test_rows_without_a_header_are_told_and_none_of_them_is_lost_as_one(tmp_path: Path) -> None:
    lines = [f"{code},企业{at},2025-06-0{at + 1}" for at, code in enumerate(FIRMS)]
    draft = draft_of(tmp_path, {"检查记录.csv": "\n".join(lines).encode()})
    assert draft.entries == () and "no row names its columns" in str(draft.unread[0].why)
