"""Files as the readers give them: rows with their line, and each part that cannot be read under its rule."""

import json
from pathlib import Path
from typing import Any

import pytest

from warehouse.intake.delimited import MAX_QUOTED_LINES
from warehouse.intake.encodings import MAX_LINE_CHARS
from warehouse.intake.mapping import Entry
from warehouse.intake.raw import LINE
from warehouse.intake.readers import read_file

Rows = list[tuple[Any, ...]]


def read(folder: Path, name: str, content: str | bytes, **how: Any) -> tuple[Rows, list[tuple[int, str]]]:
    """Rows (line first) and refusals (line and rule) of one file."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    [raw] = read_file(path, name, Entry(files=["*"], **how))
    assert raw.frame.columns[0] == LINE
    assert all(unread.file == name for unread in raw.unread)
    return raw.frame.rows(), [(unread.line, unread.rule) for unread in raw.unread]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_cells_are_set_apart_by_what_the_header_has_most_of(delimiter: str, end: str, tmp_path: Path):
    lines = [delimiter.join(cells) for cells in (("a", " b ", "c"), ("1", "x y", ""), ("2", ' "q" ', "z"))]
    rows, refused = read(tmp_path, "f.csv", end.join(lines) + end)
    assert (rows, refused) == ([(2, "1", "x y", ""), (3, "2", ' "q" ', "z")], [])


def test_blank_lines_are_no_rows_but_are_counted(tmp_path: Path):
    assert read(tmp_path, "f.csv", "\n \na,b\n\n1,2\n,\n3,4") == (
        [(5, "1", "2"), (6, "", ""), (7, "3", "4")],
        [],
    )


@pytest.mark.parametrize("content", ["", "\n\n", " \n"])
def test_a_file_without_a_line_is_empty(content: str, tmp_path: Path):
    assert read(tmp_path, "f.csv", content) == ([], [(0, "empty_file")])


@pytest.mark.parametrize(
    ("data", "how"),
    [
        ("a,b\n济南,1\n".encode(), {}),
        ("a,b\n济南,1\n".encode("utf-8-sig"), {}),
        ("a,b\n济南,1\n".encode("gb18030"), {}),
        ("a,b\n济南,1\n".encode("gb18030"), {"encoding": "gb18030"}),
        ("a,b\n济南,1\n".encode("utf-16"), {}),
        ("a,b\n济南,1\n".encode("utf-16-le"), {"encoding": "UTF-16-LE"}),
    ],
)
def test_a_text_is_read_in_the_encoding_it_is_in(data: bytes, how: dict[str, str], tmp_path: Path):
    assert read(tmp_path, "f.csv", data, **how) == ([(2, "济南", "1")], [])


def test_a_line_in_another_encoding_than_most_is_refused_by_itself(tmp_path: Path):
    lines = ["a,b", "济南,1", "历下,2", "市中,3"]
    mixed = b"\n".join(one.encode("gb18030" if at == 2 else "utf-8") for at, one in enumerate(lines))
    assert read(tmp_path, "f.csv", mixed) == ([(2, "济南", "1"), (4, "市中", "3")], [(3, "wrong_encoding")])
    other = b"\n".join(one.encode("utf-8" if at == 2 else "gb18030") for at, one in enumerate(lines))
    assert read(tmp_path, "f.csv", other) == ([(2, "济南", "1"), (4, "市中", "3")], [(3, "wrong_encoding")])


def test_a_line_is_too_long_only_past_the_limit(tmp_path: Path):
    fits, long = "x" * (MAX_LINE_CHARS - 2), "x" * (MAX_LINE_CHARS - 1)
    rows, refused = read(tmp_path, "f.csv", f"a,b\n{fits},1\n{long},2\n")
    assert [(line, last) for line, _, last in rows] == [(2, "1")]
    assert refused == [(3, "huge_line")]


def test_a_quoted_text_may_span_lines_and_one_left_open_costs_its_own_line(tmp_path: Path):
    spans = 'a,b\n1,"x\ny ""z"""\n2,w\n'
    assert read(tmp_path, "f.csv", spans) == ([(2, "1", 'x\ny "z"'), (4, "2", "w")], [])
    left_open = 'a,b\n1,"x\n2,w\n3,v\n'
    assert read(tmp_path, "f.csv", left_open) == ([(3, "2", "w"), (4, "3", "v")], [(2, "unbalanced_quote")])
    first = 'a,b\n"x\n1,2",y\n3,v\n'
    assert read(tmp_path, "f.csv", first) == ([(2, "x\n1,2", "y"), (4, "3", "v")], [])


@pytest.mark.parametrize(("lines", "is_read"), [(MAX_QUOTED_LINES, True), (MAX_QUOTED_LINES + 1, False)])
def test_a_quoted_text_ends_within_so_many_lines_or_was_never_one(lines: int, is_read: bool, tmp_path: Path):
    text = "\n".join(['1,"x', *["y"] * (lines - 2), 'z"'])
    rows, refused = read(tmp_path, "f.csv", f"a,b\n{text}\n2,w\n")
    assert rows[-1] == (lines + 2, "2", "w")
    assert ((2, "unbalanced_quote") in refused) is not is_read
    assert len(rows) == 1 + is_read


def test_a_row_has_as_many_cells_as_the_header(tmp_path: Path):
    assert read(tmp_path, "f.csv", "a,b\n1\n1,2\n1,2,3\n") == (
        [(3, "1", "2")],
        [(2, "wrong_number_of_fields"), (4, "wrong_number_of_fields")],
    )
    assert read(tmp_path, "f.csv", "a\n1\n2\n") == ([(2, "1"), (3, "2")], [])


@pytest.mark.parametrize(
    ("header", "rule"), [("a,a", "repeated_header"), ("a,", "empty_header"), ("a,b\x00", "unreadable_header")]
)
def test_a_header_that_cannot_be_one_refuses_the_file(header: str, rule: str, tmp_path: Path):
    assert read(tmp_path, "f.csv", f"{header}\n1,2\n") == ([], [(0, rule)])


# ---- JSON ----------------------------------------------------------------------------------------------

ITEMS = [{"a": 1, "b": "x"}, {"a": True, "c": None}, {"a": 2.5}]
READ = [(1, "1", "x", None), (2, "true", None, None), (3, "2.5", None, None)]


@pytest.mark.parametrize("before", ["", " \n\t"])
def test_items_come_as_a_list_or_one_a_line(before: str, tmp_path: Path):
    assert read(tmp_path, "f.json", before + json.dumps(ITEMS) + "\n ") == (READ, [])
    lines = "\n".join(json.dumps(item) for item in ITEMS)
    for name in ("f.json", "f.jsonl", "f.ndjson"):
        assert read(tmp_path, name, lines + "\n") == (READ, [])


def test_long_numbers_keep_their_digits(tmp_path: Path):
    assert read(tmp_path, "f.jsonl", '{"a": 123456789012345678901234567890}') == (
        [(1, "123456789012345678901234567890")],
        [],
    )


def test_items_that_are_no_rows_are_refused_with_their_line(tmp_path: Path):
    lines = [
        '{"a": 1}',
        "[1]",
        '{"a": {"b": 1}}',
        '{"a": [1]}',
        '{"a": NaN}',
        "{",
        "",
        '"\\ud800"',
        '{"a": "\\ud800"}',
    ]
    assert read(tmp_path, "f.jsonl", "\n".join(lines)) == (
        [(1, "1")],
        [
            (6, "not_json"),
            (2, "not_a_flat_object"),
            (3, "not_a_flat_object"),
            (4, "not_a_flat_object"),
            (5, "not_a_number"),
            (8, "not_a_flat_object"),
            (9, "wrong_encoding"),
        ],
    )


def test_a_file_of_no_items_is_empty_and_one_with_our_name_is_unreadable(tmp_path: Path):
    assert read(tmp_path, "f.json", "[]") == ([], [(0, "empty_file")])
    assert read(tmp_path, "f.jsonl", f'{{"{LINE}": 1}}') == ([], [(0, "unreadable_file")])
    assert read(tmp_path, "f.json", "[1") == ([], [(0, "unreadable_file")])


def test_the_ending_decides_in_any_case_and_an_unknown_one_is_refused(tmp_path: Path):
    assert read(tmp_path, "F.CSV", "a\n1\n") == ([(2, "1")], [])
    for name in ("f.pdf", "f"):
        assert read(tmp_path, name, "a\n1\n") == ([], [(0, "unknown_format")])
