"""Files as the readers give them: rows with their line, and each part that cannot be read under its rule."""

import json
from pathlib import Path
from typing import Any

import pytest

from warehouse.intake.files.delimited import MAX_QUOTED_LINES
from warehouse.intake.files.encodings import MAX_LINE_CHARS
from warehouse.intake.files.raw import LINE
from warehouse.intake.files.readers import read_file
from warehouse.intake.mapping import Entry

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
    ("header", "rule"),
    [
        ("a,a", "repeated_header"),
        ("a,", "empty_header"),
        (",", "empty_header"),
        ("a,b\x00", "unreadable_header"),
    ],
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
    assert read(tmp_path, "f.jsonl", f'{{"{LINE}": 1}}') == ([], [(0, "unreadable_header")])
    assert read(tmp_path, "f.json", "[1") == ([], [(0, "unreadable_file")])


def test_the_ending_decides_in_any_case_and_an_unknown_one_is_refused(tmp_path: Path):
    assert read(tmp_path, "F.CSV", "a\n1\n") == ([(2, "1")], [])
    for name in ("f.pdf", "f"):
        assert read(tmp_path, name, "a\n1\n") == ([], [(0, "unknown_format")])


# ---- encodings -----------------------------------------------------------------------------------------

TRADITIONAL = "number,name\n1,臺北化學工業股份有限公司\n2,高雄鋼鐵廠\n"
SIMPLIFIED = "编号,名称\n1,济南市历下区某某化工有限公司\n2,喆淼金属制品厂\n"


def test_a_text_in_big5_is_not_taken_for_another(tmp_path: Path):
    path = tmp_path / "f.csv"
    path.write_bytes(TRADITIONAL.encode("big5"))
    [raw] = read_file(path, "f.csv", Entry(files=["*"]))
    assert [(one.line, one.rule) for one in raw.unread] == [(0, "wrong_encoding")]
    assert "encoding: big5" in raw.unread[0].content
    assert raw.frame.is_empty()
    rows, refused = read(tmp_path, "f.csv", TRADITIONAL.encode("big5"), encoding="big5")
    assert (rows, refused) == ([(2, "1", "臺北化學工業股份有限公司"), (3, "2", "高雄鋼鐵廠")], [])


@pytest.mark.parametrize("encoding", ["big5", "gbk", "gb18030"])
def test_a_declared_encoding_does_not_make_another_of_utf_8(encoding: str, tmp_path: Path):
    content = "a,b\n1,济南市历下区\n2,x\n".encode()
    assert read(tmp_path, "f.csv", content, encoding=encoding) == ([(3, "2", "x")], [(2, "wrong_encoding")])


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp"])
def test_a_text_of_kana_is_no_chinese(encoding: str, tmp_path: Path):
    content = "番号,名\n" + "1,かぶしきがいしゃカナ\n" * 5
    rows, refused = read(tmp_path, "f.csv", content.encode(encoding))
    assert (rows, [rule for _, rule in refused]) == ([], ["wrong_encoding"])


@pytest.mark.parametrize(
    "text", [SIMPLIFIED, "编号,名称\n1,瞿喆淼\n", "a,b\n1,喆\n", "a,b\n1,①②㎡\n", "a,b\n1,Ⅱ级（α）\n"]
)
def test_chinese_with_a_few_rare_characters_is_chinese(text: str, tmp_path: Path):
    rows, refused = read(tmp_path, "f.csv", text.encode("gb18030"))
    assert (len(rows), refused) == (len(text.splitlines()) - 1, [])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [SIMPLIFIED, "a,b\n1,2\n", "编号,名称\r\n济南历下,化工\r\n"])
def test_utf_16_without_a_mark_is_told_by_its_zeros(encoding: str, text: str, tmp_path: Path):
    rows, refused = read(tmp_path, "f.csv", text.encode(encoding))
    assert (len(rows), refused) == (len(text.splitlines()) - 1, [])
    assert "\x00" not in str(rows)


def test_zeros_in_a_text_stay_where_they_are(tmp_path: Path):
    assert read(tmp_path, "f.csv", b"a,b\n1,x\x00y\n") == ([(2, "1", "x\x00y")], [])


def test_private_characters_are_noted(tmp_path: Path):
    path = tmp_path / "f.csv"
    path.write_text("a,b\n1,张\ue123\n2,李\n")
    [raw] = read_file(path, "f.csv", Entry(files=["*"]))
    assert raw.frame.height == 2
    assert raw.notes == ["f.csv: 1 rows hold private-use characters, first in line 2"]


def test_a_line_of_many_megabytes_is_refused_by_itself(tmp_path: Path):
    content = b"a,b\n1,2\n" + b"x" * 5_000_000 + b",1\n3,4\n"
    rows, refused = read(tmp_path, "f.csv", content)
    assert ([line for line, *_ in rows], refused) == ([2, 4], [(3, "huge_line")])


# ---- delimiters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", ["|", "\t", ";", ","])
def test_each_usual_delimiter_is_told_by_the_header(delimiter: str, tmp_path: Path):
    lines = [delimiter.join(cells) for cells in (("a", "b", '"c, (d; e)"'), ("1", "2", "3"))]
    assert read(tmp_path, "f.txt", "\n".join(lines)) == ([(2, "1", "2", "3")], [])


@pytest.mark.parametrize("delimiter", ["^", "~", "\x01", "，"])
def test_another_delimiter_can_be_declared(delimiter: str, tmp_path: Path):
    content = f"a{delimiter}b\n1,5{delimiter}2\n"
    assert read(tmp_path, "f.txt", content, delimiter=delimiter) == ([(2, "1,5", "2")], [])


# ---- JSON documents ------------------------------------------------------------------------------------

WRAPPED = {"code": 0, "data": {"total": 2, "list": [{"a": 1}, {"a": 2}]}, "other": [{"b": 1}]}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_rows_deeper_in_a_document_are_told_and_can_be_named(indent: int | None, mark: bytes, tmp_path: Path):
    content = mark + json.dumps(WRAPPED, indent=indent).encode()
    path = tmp_path / "f.json"
    path.write_bytes(content)
    [raw] = read_file(path, "f.json", Entry(files=["*"]))
    assert [(one.line, one.rule) for one in raw.unread] == [(0, "wrapped_records")]
    assert "records: data.list (2 items)" in raw.unread[0].content
    assert "records: other (1 items)" in raw.unread[0].content
    assert read(tmp_path, "f.json", content, records="data.list") == ([(1, "1"), (2, "2")], [])


@pytest.mark.parametrize("records", ["data", "data.rows", "code", "data.list.a"])
def test_a_place_without_a_list_is_told(records: str, tmp_path: Path):
    assert read(tmp_path, "f.json", json.dumps(WRAPPED), records=records) == ([], [(0, "records_not_found")])


def test_an_object_over_several_lines_is_one_row(tmp_path: Path):
    assert read(tmp_path, "f.json", json.dumps({"a": 1, "b": "x"}, indent=2)) == ([(1, "1", "x")], [])


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        ('{"a": 1, "a": 2}\n{"a": 3}', [(1, "duplicate_key_in_object")]),
        ('[{"a": 1, "a": 2}, {"a": 3}]', [(1, "duplicate_key_in_object")]),
        ('{"b": {"a": 1, "a": 1}}\n{"a": 3}', [(1, "not_a_flat_object")]),
    ],
)
def test_an_object_that_names_a_key_twice_is_refused(
    content: str, refused: list[tuple[int, str]], tmp_path: Path
):
    rows, told = read(tmp_path, "f.json", content)
    assert ([cell for _, cell in rows], told) == (["3"], refused)


@pytest.mark.parametrize("number", ["9.13701E+17", "1e3", "2.50", "0.30000000000000004", "-0", "1E400000"])
def test_a_number_keeps_its_text(number: str, tmp_path: Path):
    rows, refused = read(tmp_path, "f.json", f'[{{"a": {number}}}]')
    assert (rows, refused) == (([], [(1, "not_a_number")]) if "400000" in number else ([(1, number)], []))


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        ('{"a": 1}{"a": 2}', [(1, "not_json")]),
        ('{"a": 1}\n{"a": 2}{"a": 3}', [(2, "not_json")]),
        ('[{"a": 1}][{"a": 2}]', [(0, "unreadable_file")]),
        ('[{"a": 1}]\n[{"a": 2}]', [(0, "unreadable_file")]),
        ("[" * 100_000, [(0, "unreadable_file")]),
        ('{"a":' * 100_000, [(1, "not_json")]),
    ],
)
def test_documents_one_after_another_or_without_end_are_refused(
    content: str, refused: list[tuple[int, str]], tmp_path: Path
):
    assert read(tmp_path, "f.json", content)[1] == refused
