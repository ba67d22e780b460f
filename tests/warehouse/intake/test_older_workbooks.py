"""Workbooks of the older kind (.xls), put together from their records by hand."""

import struct
from pathlib import Path

import pytest

from warehouse.intake.files.biff import Biff, workbook_stream
from warehouse.intake.files.raw import Flaw, Raw
from warehouse.intake.files.readers import read_file
from warehouse.intake.mapping import Entry

FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def record(kind: int, form: str = "", *values: object) -> bytes:
    body = struct.pack("<" + form, *values)
    return struct.pack("<HH", kind, len(body)) + body


def beginning(kind: int) -> bytes:
    return record(0x809, "HHHHII", 0x600, kind, 0, 1996, 0, 0)


def label(row: int, column: int, text: str) -> bytes:
    wide = text.encode("utf-16-le")
    return record(0x204, f"HHHHB{len(wide)}s", row, column, 0, len(text), 1, wide)


def number(row: int, column: int, value: float) -> bytes:
    return record(0x203, "HHHd", row, column, 0, value)


def error(row: int, column: int, code: int) -> bytes:
    return record(0x205, "HHHBB", row, column, 0, code, 1)


def xls(*cells: bytes, state: int = 0, from_1904: bool = False, before: bytes = b"") -> bytes:
    """A file of one sheet: a sector of the table, one of the directory, and the records."""
    end = record(0x0A)
    name = "台账".encode("utf-16-le")
    head = beginning(5) + before + record(0x22, "H", from_1904) + record(0x42, "H", 1200)
    start = len(head) + 4 + 8 + len(name) + len(end)
    listed = record(0x85, f"IBBBB{len(name)}s", start, state, 0, 2, 1, name)
    sheet = beginning(16) + b"".join(cells) + end
    stream = (head + listed + end + sheet).ljust(8 * 512, b"\0")
    sectors = len(stream) // 512
    table = [TABLE, END, *range(3, sectors + 2), END]
    entries = entry("Root Entry", 5, END, 0, child=1) + entry("Workbook", 2, 2, len(stream))
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1, 1, 0,
        4096, END, 0, END, 0,
    )  # fmt: skip
    header += struct.pack("<109I", 0, *[FREE] * 108)
    return (
        header
        + struct.pack("<128I", *table, *[FREE] * (128 - len(table)))
        + entries.ljust(512, b"\0")
        + stream
    )


def entry(name: str, kind: int, start: int, size: int, child: int = FREE) -> bytes:
    wide = name.encode("utf-16-le")
    links = struct.pack("<III", FREE, FREE, child)
    return struct.pack("<64sHBB12s36sIQ", wide, len(wide) + 2, kind, 1, links, b"", start, size)


HEADER = label(0, 0, "编号") + label(0, 1, "程度")


def read(folder: Path, content: bytes, **how: object) -> Raw:
    (folder / "f.xls").write_bytes(content)
    [raw] = read_file(folder / "f.xls", "f.xls", Entry(files=["*"], **how))
    return raw


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (0, "#NULL!"),
        (7, "#DIV/0!"),
        (15, "#VALUE!"),
        (23, "#REF!"),
        (29, "#NAME?"),
        (36, "#NUM!"),
        (42, "#N/A"),
    ],
)
def test_an_error_is_no_empty_cell(code: int, shown: str, tmp_path: Path):
    raw = read(tmp_path, xls(HEADER, label(1, 0, "a"), error(1, 1, code)))
    assert (raw.frame.rows(), raw.sheet) == ([(2, "a", shown)], "台账")


def test_cells_under_a_merged_one_are_flaws_or_have_its_value(tmp_path: Path):
    cells = [HEADER, *(label(row, 0, f"n{row}") for row in (1, 2, 3)), label(1, 1, "重大")]
    content = xls(*cells, record(0xE5, "HHHHH", 1, 1, 2, 1, 1))
    raw = read(tmp_path, content)
    assert raw.flaws == [Flaw("程度", 3, 3, "merged_cell")]
    assert "merged cells B2:B3" in raw.notes[0]
    filled = read(tmp_path, content, merged="fill_down")
    assert filled.frame.rows() == [(2, "n1", "重大"), (3, "n2", "重大"), (4, "n3", None)]


def test_numbers_beyond_fifteen_digits_are_shown_as_such(tmp_path: Path):
    small = record(0x27E, "HHHI", 2, 0, 0, (12 << 2) | 2)
    several = record(0xBD, "HHHIHIH", 3, 0, 0, (7 << 2) | 2, 0, (250 << 2) | 3, 1)
    cells = [HEADER, number(1, 0, 913701030000000123), label(1, 1, "913701030000000123"), small, several]
    raw = read(tmp_path, xls(*cells))
    assert raw.frame.rows() == [(2, "9.13701E+17", "913701030000000123"), (3, "12", None), (4, "7", "2.5")]


def test_days_count_from_1904_where_the_workbook_says_so(tmp_path: Path):
    assert read(tmp_path, xls(HEADER, number(1, 0, 44347), from_1904=True)).counts_days_from_1904
    assert not read(tmp_path, xls(HEADER, number(1, 0, 44347))).counts_days_from_1904


def test_hidden_rows_are_noted(tmp_path: Path):
    hidden = record(0x208, "HHHHHHHH", 1, 0, 2, 255, 0, 0, 0x20, 0)
    raw = read(tmp_path, xls(hidden, HEADER, label(1, 0, "a")))
    assert raw.notes == ["f.xls [台账]: 1 hidden rows were read, too"]


@pytest.mark.parametrize(("state", "told"), [(0, "visible"), (1, "hidden"), (2, "veryhidden")])
def test_the_state_of_a_sheet_is_known(state: int, told: str, tmp_path: Path):
    (tmp_path / "f.xls").write_bytes(xls(HEADER, state=state))
    assert Biff(tmp_path / "f.xls").states == {"台账": told}


def test_a_locked_workbook_says_what_to_do(tmp_path: Path):
    raw = read(tmp_path, xls(HEADER, before=record(0x2F, "H", 0)))
    assert [(one.line, one.rule) for one in raw.unread] == [(0, "unreadable_file")]
    assert "locked with a password" in raw.unread[0].content


def test_a_locked_workbook_of_the_newer_kind_lies_in_a_file_of_sectors(tmp_path: Path):
    wide = [name.encode("utf-16-le") for name in ("Workbook", "EncryptedPackage")]
    content = xls(HEADER).replace(wide[0].ljust(64, b"\0") + b"\x12", wide[1].ljust(64, b"\0") + b"\x22")
    (tmp_path / "f.xlsx").write_bytes(content)
    [raw] = read_file(tmp_path / "f.xlsx", "f.xlsx", Entry(files=["*"]))
    assert "locked with a password" in raw.unread[0].content
    (tmp_path / "f.xlsx").write_bytes(xls(HEADER))
    [raw] = read_file(tmp_path / "f.xlsx", "f.xlsx", Entry(files=["*"]))
    assert "name it .xls" in raw.unread[0].content


@pytest.mark.parametrize("cut", [100, 600, 1100, 1600, 1800])
def test_a_file_cut_off_is_refused(cut: int, tmp_path: Path):
    raw = read(tmp_path, xls(HEADER)[:cut])
    assert [(one.line, one.rule) for one in raw.unread] == [(0, "unreadable_file")]


def test_a_table_of_sectors_that_goes_in_circles_ends(tmp_path: Path):
    content = bytearray(xls(HEADER))
    content[512 + 4 * 3 : 512 + 4 * 4] = (2).to_bytes(4, "little")
    with pytest.raises(ValueError, match="damaged"):
        workbook_stream(bytes(content))
