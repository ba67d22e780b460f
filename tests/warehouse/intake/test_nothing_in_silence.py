"""What the mangler found: no cell, key, column, file or table is missing without a word."""

import json
from pathlib import Path
from typing import Any

import pytest

from models.tables.canonical import TABLES
from tests.worlds.cells import read
from tests.worlds.deliveries import (
    FIRMS,
    MAPPING,
    accident,
    csv_bytes,
    deliver,
    firm,
    ids,
    judged,
    refusals,
    require_nothing_lost,
    taken,
    violation,
    warehouse,
)
from warehouse.intake.judged import Judged
from warehouse.intake.recognition import nearest

REGISTER = csv_bytes([firm(0), firm(1)])


def outcome_of(folder: Path, files: dict[str, bytes], columns: str = "") -> Judged:
    mapping = MAPPING.replace('["v_*"]', f'["v_*"]\n      columns: {columns}') if columns else MAPPING
    outcome = judged(deliver(folder, {"register.csv": REGISTER, **files}), mapping)
    require_nothing_lost(outcome)
    return outcome


# ---- otherwise -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "cell", "spec", "value"),
    [
        ("severity", "重大", {"values": {"甲": "serious"}, "otherwise": "ungraded"}, "critical"),
        ("severity", "甲", {"values": {"甲": "serious"}, "otherwise": "ungraded"}, "serious"),
        ("severity", "乙", {"values": {"甲": "serious"}, "otherwise": "ungraded"}, "ungraded"),
        ("severity", "重大", {"values": {"重大": "minor"}, "otherwise": "ungraded"}, "minor"),
        ("is_major_hazard", "有", {"values": {"是": "true"}, "otherwise": "false"}, True),
        ("is_major_hazard", "未判定", {"values": {"是": "true"}, "otherwise": "false"}, False),
        ("quantity", "7", {"values": {"若干": "3"}, "otherwise": "1"}, 7),
        ("quantity", "若干", {"values": {"若干": "3"}, "otherwise": "1"}, 3),
        ("quantity", "不详", {"values": {"若干": "3"}, "otherwise": "1"}, 1),
        ("penalty_unit", "2", {"unit": "万元", "otherwise": "0"}, 20_000),
        ("department", "某局", {"values": {"甲": "乙"}, "otherwise": "其他"}, "其他"),
        ("department", "甲", {"values": {"甲": "乙"}, "otherwise": "其他"}, "乙"),
        ("is_major_hazard", "#REF!", {"otherwise": "false"}, "error_cell:is_major_hazard"),
    ],
)
def test_otherwise_is_for_what_the_column_does_not_know(column: str, cell: str, spec: Any, value: Any):
    assert read("violations", column, [cell], **spec) == [value]


HAZARDS = "{is_major_hazard: {column: 是否重大, values: {重大: 'true'}, otherwise: 'false'}}"


def hazards(*cells: str) -> bytes:
    return csv_bytes(
        {
            **{key: cell for key, cell in violation(f"v{at}").items() if key != "is_major_hazard"},
            "是否重大": text,
        }
        for at, text in enumerate(cells)
    )


def remarks_of_otherwise(outcome: Judged) -> list[str]:
    return [one for one in outcome.remarks() if "took otherwise" in one]


def test_what_otherwise_takes_of_a_decisive_column_is_remarked_by_its_texts(tmp_path: Path):
    cells = ("√", "重大事故隐患", "√", "重大", "是", "", "无", "一般\u202e")
    outcome = outcome_of(tmp_path, {"v_1.csv": hazards(*cells), "v_2.csv": hazards("重大", "否")}, HAZARDS)
    assert remarks_of_otherwise(outcome) == [
        "v_1.csv: violations.is_major_hazard: 4 cells took otherwise (false): √ × 2; 一般? × 1; 重大事故隐患 × 1"
    ]


def test_of_many_texts_that_otherwise_takes_ten_are_told(tmp_path: Path):
    outcome = outcome_of(tmp_path, {"v_1.csv": hazards(*(f"第{at:02}类" for at in range(13)))}, HAZARDS)
    [told] = remarks_of_otherwise(outcome)
    assert told.startswith(
        "v_1.csv: violations.is_major_hazard: 13 cells took otherwise (false): 第00类 × 1; "
    )
    assert told.endswith("第09类 × 1; and 3 other texts")


@pytest.mark.parametrize(
    ("columns", "is_told"),
    [
        ("{department: {column: 是否重大, values: {甲: 乙}, otherwise: 其他}}", False),
        ("{severity: {column: 是否重大, prefix: {重: critical}, otherwise: ungraded}}", True),
        ("{quantity: {column: 是否重大, otherwise: 1}}", True),
        (
            "{is_major_hazard: {column: 是否重大, contains: {大: 'true', 小: 'false'}, otherwise: 'false'}}",
            True,
        ),
    ],
)
def test_what_otherwise_takes_is_told_of_every_decisive_column_and_of_no_other(
    columns: str, is_told: bool, tmp_path: Path
):
    outcome = outcome_of(tmp_path, {"v_1.csv": hazards("若干", "重大", "大大小小")}, columns)
    assert ["若干 × 1" in one for one in remarks_of_otherwise(outcome)] == [True] * is_told
    assert not any("大大小小" in one for one in remarks_of_otherwise(outcome) if "is_major" in one)


# ---- JSON ----------------------------------------------------------------------------------------------


def as_json(*items: dict[str, Any]) -> bytes:
    return json.dumps(items, ensure_ascii=False).encode()


def without(ident: str, *keys: str) -> dict[str, Any]:
    return {key: cell for key, cell in violation(ident).items() if key not in keys}


def test_objects_that_lack_a_decisive_key_are_told(tmp_path: Path):
    content = as_json(violation("a"), without("b", "is_major_hazard"), without("c", "is_major_hazard"))
    outcome = outcome_of(tmp_path, {"v_1.json": content})
    [told] = [one for one in outcome.remarks() if "is_major_hazard" in one]
    assert told == "v_1.json: 2 objects have no key for violations.is_major_hazard, first in line 2"


def test_a_mapping_may_say_what_a_missing_key_means(tmp_path: Path):
    content = as_json(violation("a"), without("b", "is_major_hazard"))
    outcome = outcome_of(
        tmp_path, {"v_1.json": content}, "{is_major_hazard: {column: is_major_hazard, blank: false}}"
    )
    assert not [one for one in outcome.remarks() if "is_major_hazard" in one]


@pytest.mark.parametrize(
    ("ident", "rule"), [(7.0, "mangled_number"), (True, "unreadable"), (9.13701e17, "mangled_number")]
)
def test_an_id_that_a_program_made_something_else_of_is_refused(ident: Any, rule: str, tmp_path: Path):
    outcome = outcome_of(
        tmp_path, {"v_1.json": as_json(violation("a"), violation("b") | {"violation_id": ident})}
    )
    assert (ids(outcome), refusals(outcome, "v_1.json")) == ({"a"}, {2: f"{rule}:violation_id"})


def test_an_id_that_is_a_whole_number_is_that_number(tmp_path: Path):
    content = as_json(violation("a") | {"violation_id": 7})
    assert ids(outcome_of(tmp_path, {"v_1.json": content})) == {"7"}


# ---- columns -------------------------------------------------------------------------------------------


def test_a_decisive_column_of_blanks_is_told_like_one_that_is_missing(tmp_path: Path):
    rows = [violation("a", severity=""), violation("b", severity=" ")]
    outcome = outcome_of(tmp_path, {"v_1.csv": csv_bytes(rows)})
    assert "v_1.csv: nothing fills violations.severity: all its cells are blank" in outcome.remarks()
    assert ids(outcome) == {"a", "b"}


@pytest.mark.parametrize(("deaths", "told"), [("0", []), ("", ["accidents.deaths", "accidents.casualties"])])
def test_people_harmed_are_counted_together_only_where_they_are_not_apart(
    deaths: str, told: list[str], tmp_path: Path
):
    rows = [accident("a", deaths=deaths, serious_injuries="1", casualties="")]
    outcome = outcome_of(tmp_path, {"accidents.csv": csv_bytes(rows)})
    assert [f"{one.table}.{one.column}" for one in outcome.unfilled if one.why == "cells"] == told


def test_what_is_blank_throughout_is_a_complaint_of_its_own_until_it_is_filled(tmp_path: Path):
    connection = warehouse()
    states = "SELECT message, state FROM ops.complaints WHERE place = 'violations.severity' ORDER BY message"
    files = {"register.csv": REGISTER, "v_1.csv": csv_bytes([violation("a", severity="")])}
    taken(connection, deliver(tmp_path, files))
    [(message, state)] = connection.sql(states).fetchall()
    assert ("all cells of {column} are blank" in message, state) == (True, "open")
    taken(connection, deliver(tmp_path, {"v_1.csv": csv_bytes([violation("a"), violation("b")])}))
    assert connection.sql(states).fetchall() == [(message, "over")]


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("是否重大", "重大事故隐患"),
        ("重大隐患", "重大事故隐患"),
        ("是否重大隐患", "重大事故隐患"),
        ("severty", "severity"),
        ("严重程度", None),
        ("内部编码", None),
    ],
)
def test_a_header_that_nothing_reads_is_hinted_at_another_one(header: str, meant: str | None):
    table = TABLES["violations"]
    assert nearest(header, table, list(table.columns())) == meant


# ---- rows ----------------------------------------------------------------------------------------------


def test_rows_below_the_header_of_another_table_are_refused(tmp_path: Path):
    lines = csv_bytes([accident("a"), accident("b")]).decode().splitlines()
    below = [
        "report_id,recorded_at,enterprise_id,filed_on,hazards_found",
        f"r1,2025-06-02,{FIRMS[1]},2025-06-01,3",
    ]
    again = [lines[0], lines[1].replace("a,", "c,", 1)]
    content = "\n".join([*lines, *below, *again]).encode()
    outcome = outcome_of(tmp_path, {"accidents.csv": content})
    assert ids(outcome, "accidents") == {"a", "b", "c"}
    told = refusals(outcome, "accidents.csv")
    assert list(told) == [4, 5, 6]
    assert "below_another_header" in told[5]
    assert outcome.rejects.filter(outcome.rejects["line"] == 5)["entry"].to_list() == [None]


def test_a_header_that_comes_again_is_one_refused_row(tmp_path: Path):
    lines = csv_bytes([accident("a"), accident("b")]).decode().splitlines()
    content = "\n".join([lines[0], lines[1], lines[0], lines[2]]).encode()
    outcome = outcome_of(tmp_path, {"accidents.csv": content})
    assert (ids(outcome, "accidents"), list(refusals(outcome, "accidents.csv"))) == ({"a", "b"}, [3])


# ---- files ---------------------------------------------------------------------------------------------


def test_a_file_without_rows_is_told(tmp_path: Path):
    outcome = outcome_of(tmp_path, {"v_1.csv": csv_bytes([violation("a")]).splitlines()[0]})
    assert "v_1.csv: holds no rows" in outcome.remarks()


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\v"])
def test_a_file_whose_lines_end_in_another_sign_is_refused_with_it(sign: str, tmp_path: Path):
    content = csv_bytes([violation("a"), violation("b")]).decode().strip().replace("\n", sign)
    outcome = outcome_of(tmp_path, {"v_1.csv": content.encode()})
    [(rules, told)] = outcome.rejects.select("rules", "content").rows()
    assert rules == "unreadable_header"
    assert f"its lines end in U+{ord(sign):04X}, which ends none" in told


@pytest.mark.parametrize("name", ["v_1.csv.part", "v_1.csv.TMP", ".v_1.csv"])
def test_a_file_that_does_not_carry_its_name_yet_is_told(name: str, tmp_path: Path):
    outcome = outcome_of(tmp_path, {name: csv_bytes([violation("a")])})
    assert f"{name}: left alone until it is called v_1.csv" in outcome.remarks()
    [told] = [one for one in outcome.remarks() if one.startswith("no file came for")]
    assert "violations (v_*)" in told
    assert "enterprises" not in told


def test_files_that_are_nobodys_are_not_told_of(tmp_path: Path):
    outcome = outcome_of(tmp_path, {".DS_Store": b"x", "letter.part": b"x"})
    assert not [one for one in outcome.remarks() if "left alone" in one]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("v_1.xlsb", "save it as .xlsx"),
        ("v_1.et", "save it as .xlsx"),
        ("v_1.zip", "unpack it"),
        ("v_1.dat", "known: .csv"),
    ],
)
def test_a_file_of_a_kind_that_is_not_read_says_what_to_do(name: str, advice: str, tmp_path: Path):
    outcome = outcome_of(tmp_path, {name: b"x"})
    [content] = outcome.rejects["content"]
    assert advice in content


@pytest.mark.parametrize("name", ["v_1.csv", "v_1.json"])
def test_a_file_that_is_empty_says_so_in_words(name: str, tmp_path: Path):
    outcome = outcome_of(tmp_path, {name: b""})
    assert outcome.rejects.select("rules", "content").rows() == [("empty_file", "it holds nothing")]


# ---- numbers -------------------------------------------------------------------------------------------


def test_a_number_that_stands_for_events_of_two_days_is_told(tmp_path: Path):
    again = accident("1", occurred_on="2025-07-01", recorded_at="2025-07-02")
    corrected = accident("2", deaths="1", recorded_at="2025-06-09")
    rows = [accident("1"), again, accident("2"), corrected]
    outcome = outcome_of(tmp_path, {"accidents.csv": csv_bytes(rows)})
    assert outcome.rejects.is_empty()
    [told] = [one for one in outcome.remarks() if "several days" in one]
    assert told == (
        "accidents.csv: 1 values of accidents.accident_id stand for events of several days, "
        "read as corrections; first 1 in line 3"
    )
