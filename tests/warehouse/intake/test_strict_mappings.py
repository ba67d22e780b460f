"""A mapping that says something twice, or what cannot be meant, is refused in a sentence; nothing is guessed."""

from datetime import date
from pathlib import Path

import pytest

from models.errors import MappingError
from tests.worlds.deliveries import MAPPING, csv_bytes, deliver, firm, judged, violation, warehouse
from warehouse.intake.inbox import city_today
from warehouse.intake.mapping import kept_mapping, load_mapping, parse_mapping
from warehouse.intake.take_in import take_in

ENTRY = "mapping: a\ntables:\n  violations:\n  - files: ['*']\n"
COLUMN = f"{ENTRY}    columns: {{is_major_hazard: {{column: x, %s}}}}"

REPEATED = {
    "a key of the file": (f"{ENTRY}mapping: b", "line 5: mapping stands twice. Keep one."),
    "a table": (f"{ENTRY}  violations:\n  - files: ['v_*']", "line 5: violations stands twice"),
    "a key of an entry": (f"{ENTRY}    sheet: 1\n    sheet: 2", "line 6: sheet stands twice"),
    "a column": (
        f"{ENTRY}    columns:\n      is_major_hazard: 重大事故隐患\n      severity: 程度\n      is_major_hazard: null",
        "line 8: is_major_hazard stands twice",
    ),
    "a key of a column": (
        f"{ENTRY}    columns: {{occurred_on: {{column: x, format: '%d/%m/%Y', format: minguo}}}}",
        "line 5: format stands twice",
    ),
    "a word": (
        f"{ENTRY}    columns: {{severity: {{column: x, values: {{重大: critical, 重大: minor}}}}}}",
        "line 5: 重大 stands twice",
    ),
    "a word and the same in quotes": (
        COLUMN % "values: {有: 'true', '有': 'false'}",
        "line 5: 有 stands twice",
    ),
    "one number written twice": (COLUMN % "values: {1: 'true', 1.0: 'false'}", "line 5: 1.0 stands twice"),
    "a number and its text": (
        COLUMN % "values: {1: 'true', '1': 'false'}",
        "words that are the same as texts",
    ),
    "a flag and its text": (COLUMN % "contains: {true: 'true', 'true': 'false'}", "words that are the same"),
    "a part of a list": (f"{ENTRY}ignore:\n- {{files: [b], why: c, why: d}}", "line 6: why stands twice"),
    "what is merged": (f"{ENTRY}    <<: {{sheet: 1}}\n    <<: {{sheet: 2}}", "line 6: << stands twice"),
    "a part that is merged": (f"{ENTRY}    <<: {{sheet: 1, sheet: 2}}", "line 5: sheet stands twice"),
}


def require_refused(text: str, told: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse_mapping(text)
    assert told in str(caught.value)


@pytest.mark.parametrize("case", REPEATED)
def test_a_key_that_stands_twice_is_named_with_its_line(case: str):
    require_refused(*REPEATED[case])


def test_what_is_merged_may_be_said_anew_and_by_others_again():
    text = """
mapping: a
tables:
  violations:
    - &one {files: [a], sheet: 1}
    - &two {<<: *one, sheet: 2}
    - {<<: *two, files: [b]}
    - {<<: [*one, *two], sheet: 3}
"""
    entries = [entry for _, _, entry in parse_mapping(text).entries()]
    assert [(entry.files, entry.sheet) for entry in entries] == [
        (["a"], 1),
        (["a"], 2),
        (["b"], 2),
        (["a"], 3),
    ]


def test_a_mapping_that_deliveries_came_in_with_is_read_as_it_was_then(tmp_path: Path):
    text = f"{MAPPING}archive_ends: 2020-01-01\narchive_ends: 2025-12-31"
    with pytest.raises(MappingError, match="stands twice"):
        parse_mapping(text)
    assert kept_mapping(COLUMN % "values: {1: 'true', '1': 'false'}")
    connection = warehouse()
    folder = deliver(tmp_path, {"register.csv": csv_bytes([firm(0)]), "v_1.csv": csv_bytes([violation("a")])})
    take_in(connection, judged(folder, kept_mapping(text)), received_on=date(2026, 1, 31))
    assert city_today(connection) == date(2025, 12, 31)


NOT_MEANT = {
    "columns in a list": (f"{ENTRY}    columns: [a]", "tables.violations.0.columns: "),
    "columns that are nothing": (f"{ENTRY}    columns: ''", "tables.violations.0.columns: "),
    "words in a list": (COLUMN % "values: [x]", "is_major_hazard.values: "),
    "words in a text": (COLUMN % "values: x", "is_major_hazard.values: "),
    "beginnings in a number": (COLUMN % "prefix: 3", "is_major_hazard.prefix: "),
    "a word for nothing": (COLUMN % "values: {重大: null}", "None is no text"),
    "a word for several": (COLUMN % "contains: {重大: ['true']}", "['true'] is no text"),
    "nothing for a word": (COLUMN % "values: {null: 'true'}", "None is no text"),
    "several others": (COLUMN % "otherwise: ['false']", "['false'] is no text"),
    "nothing among the empty": (COLUMN % "empty: [null]", "None is no text"),
    "an empty word": (COLUMN % "contains: {'': 'false'}", "an empty word is in every text"),
    "an empty beginning": (COLUMN % "prefix: {'': 'false'}", "an empty word is in every text"),
    "an empty text": (COLUMN % "values: {'': 'false'}", "said by blank"),
    "a number beyond all numbers": (
        f"{ENTRY}    columns: {{quantity: {{column: x, linear: {{times: '1e999999999'}}}}}}",
        "quantity.linear.times: ",
    ),
    "too many days": (
        f"{ENTRY}    columns: {{recorded_at: {{column: x, plus_days: 99999999999}}}}",
        "recorded_at.plus_days: ",
    ),
    **{
        f"no header to {key}": (
            f"{ENTRY}    columns: {{severity: {{{key}: []}}}}",
            "give at least one header",
        )
        for key in ("column", "first", "join")
    },
    **{
        f"{name} as an encoding": (f"{ENTRY}    encoding: {name}", f"read in '{name}'. {hint}")
        for name, hint in {
            "nope": "Known: utf-8, gb18030, big5",
            "zip": "Known: utf-8",
            "rot13": "Known: utf-8",
            "unicode_escape": "Known: utf-8",
            "gb18003": "Did you mean 'gb18030'?",
            "utf16": "Did you mean 'utf-16'?",
        }.items()
    },
    "file for files": ("mapping: a\ntables: {violations: [{file: [a]}]}", "no 'file'. Did you mean 'files'?"),
    "colums for columns": (
        f"{ENTRY}    colums: {{}}",
        "violations.0: there is no 'colums'. Did you mean 'columns'?",
    ),
    "table for tables": ("mapping: a\ntable: {}", "mapping: there is no 'table'. Did you mean 'tables'?"),
    "value for values": (
        COLUMN % "value: {}",
        "is_major_hazard: there is no 'value'. Did you mean 'values'?",
    ),
    "separator for with": (COLUMN % "wiht: x", "Did you mean 'with'?"),
    "reason for why": (f"{ENTRY}ignore: [{{files: [a], reason: b}}]", "no 'reason'. Known: files, why."),
}


@pytest.mark.parametrize("case", NOT_MEANT)
def test_what_cannot_be_meant_is_refused_with_its_place(case: str):
    require_refused(*NOT_MEANT[case])


@pytest.mark.parametrize(
    "name", ["utf-8", "UTF-8-SIG", "gbk", "GB18030", "gb2312", "big5", "cp950", "utf-16-le"]
)
def test_encodings_that_files_come_in_are_known(name: str):
    assert parse_mapping(f"{ENTRY}    encoding: {name}")


def test_a_mapping_that_is_not_in_utf_8_says_so(tmp_path: Path):
    file = tmp_path / "gbk.yaml"
    file.write_bytes(f"# 国务院\n{ENTRY}".encode("gbk"))
    with pytest.raises(MappingError, match=r"gbk\.yaml is not in UTF-8, .* its byte 3 .* Save it as UTF-8"):
        load_mapping(file)
