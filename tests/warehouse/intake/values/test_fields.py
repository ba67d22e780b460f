"""What a mapping may say of a column, and which cells may be left out without their row."""

from datetime import date, datetime
from typing import Any

import pytest

from models.errors import MappingError
from models.tables.canonical import TABLES, decisive
from tests.worlds.cells import conformed
from warehouse.intake.mapping import parse_mapping

TEXT = "mapping: a\ntables: {%s: [{files: ['*'], columns: {%s: {column: x, %s}}}]}"


@pytest.mark.parametrize(
    ("table", "column", "said", "told"),
    [
        ("violations", "severity", "format: '%Y-%m-%d'", "'format' means nothing"),
        ("violations", "occurred_on", "values: {a: b}", "'values' means nothing"),
        ("violations", "occurred_on", "otherwise: a", "'otherwise' means nothing"),
        ("violations", "quantity", "unit: 万元", "'unit' means nothing"),
        ("violations", "penalty_unit", "unit: 美元", "no unit of money"),
        ("violations", "severity", "linear: {times: 2}", "'linear' means nothing"),
        ("violations", "severity", "plus_days: 1", "'plus_days' means nothing"),
        ("violations", "severity", "values: {a: grave}", "'grave' is not in the list"),
        ("violations", "severity", "prefix: {a: grave}", "'grave' is not in the list"),
        ("violations", "severity", "contains: {a: grave}", "'grave' is not in the list"),
        ("violations", "severity", "otherwise: grave", "'grave' is not in the list"),
        ("violations", "severity", "blank: grave", "'blank' is grave, which this column cannot hold"),
        ("violations", "quantity", "blank: many", "'blank' is many"),
        ("violations", "rectified_on", "blank: soon", "'blank' is soon"),
        ("violations", "is_major_hazard", "blank: perhaps", "'blank' is perhaps"),
        ("violations", "is_major_hazard", "values: {J: ja}", "'ja' is not in the list"),
        ("violations", "is_major_hazard", "otherwise: maybe", "'maybe' is not in the list"),
        ("violations", "severity", "keywords: {a: serious}", "optional texts that decide nothing"),
        ("violations", "inspection_id", "keywords: {a: b}", "optional texts that decide nothing"),
        ("violations", "quantity", "keywords: {a: 2}", "optional texts that decide nothing"),
        ("enterprises", "name", "keywords: {a: b}", "optional texts that decide nothing"),
        ("enterprises", "industry", "keywords: {a: b}, otherwise: c", "stand alone"),
        ("violations", "severity", "unreadable: blank", "unreadable"),
        ("violations", "severity", "unreadable: empty", "optional columns that decide nothing"),
        ("violations", "violation_id", "unreadable: empty", "optional columns that decide nothing"),
        ("violations", "occurred_on", "unreadable: empty", "optional columns that decide nothing"),
        ("enterprises", "sector", "unreadable: empty", "optional columns that decide nothing"),
        ("accidents", "deaths", "unreadable: empty", "optional columns that decide nothing"),
    ],
)
def test_a_key_that_does_not_fit_its_column_is_refused_with_the_mapping(
    table: str, column: str, said: str, told: str
):
    with pytest.raises(MappingError, match=told):
        parse_mapping(TEXT % (table, column, said))


@pytest.mark.parametrize(
    ("table", "column", "said"),
    [
        ("enterprises", "industry", "keywords: {营造: '47', 工程: '50'}"),
        ("violations", "rectified_on", "unreadable: empty"),
        ("violations", "inspection_id", "unreadable: empty"),
        ("enterprises", "employees", "unreadable: empty"),
        ("violations", "occurred_on", "format: [minguo, '%d/%m/%Y']"),
        ("violations", "is_major_hazard", "contains: {重大: 'true'}, otherwise: false"),
        ("inspections", "score", "linear: {times: -1, plus: 100}"),
        ("accidents", "loss", "unit: 亿元"),
        ("violations", "severity", "values: {a: 重大, b: minor}, blank: 一般"),
    ],
)
def test_a_key_that_fits_is_taken(table: str, column: str, said: str):
    assert parse_mapping(TEXT % (table, column, said)).entries()


@pytest.mark.parametrize(
    ("table", "column", "blank", "value"),
    [
        ("violations", "severity", "一般", "general"),
        ("violations", "quantity", "2", 2),
        ("violations", "rectified_on", "2026-01-05", date(2026, 1, 5)),
        ("violations", "rectified_on", date(2026, 1, 5), date(2026, 1, 5)),
        ("violations", "is_major_hazard", "是", True),
        ("violations", "is_major_hazard", True, True),
        ("violations", "description", 7, "7"),
        ("enterprises", "longitude", 117, 117.0),
        ("alerts", "closed_at", "2026-01-05", datetime(2026, 1, 5)),
    ],
)
def test_what_a_blank_stands_for_is_read_as_a_cell_would_be(table: str, column: str, blank: Any, value: Any):
    found = conformed(table, {column: {"column": "x", "blank": blank}}, x=["", None])
    assert found[column].to_list() == [value, value]


@pytest.mark.parametrize("constant", ["soon", "06/05/2026", 7])
def test_a_constant_is_a_value_of_its_column(constant: Any):
    text = "mapping: a\ntables: {violations: [{files: ['*'], columns: {rectified_on: {constant: %s}}}]}"
    with pytest.raises(MappingError, match="'constant' is"):
        parse_mapping(text % constant)
    assert parse_mapping(text % "2026-01-05").entries()


@pytest.mark.parametrize(
    ("table", "column", "cell", "rule", "spec"),
    [
        ("violations", "rectified_on", "soon", "unreadable", {}),
        ("violations", "rectified_on", "06/05/2025", "ambiguous_date", {}),
        ("violations", "rectified_on", "#REF!", "error_cell", {}),
        ("violations", "disposal", "别的", "unknown_code", {}),
        ("violations", "inspection_id", 9.13701e17, "mangled_number", {}),
        ("enterprises", "employees", "many", "unreadable", {}),
    ],
)
def test_a_cell_left_out_is_named_and_its_row_stays(
    table: str, column: str, cell: Any, rule: str, spec: dict[str, Any]
):
    found = conformed(table, {column: {"column": "x", "unreadable": "empty", **spec}}, x=[cell, None])
    assert found["problems"].to_list() == [[], []]
    assert found["cell_problems"].to_list() == [[f"{rule}:{column}"], []]
    assert found[column].to_list() == [None, None]


def test_what_decides_is_declared_and_never_left_out():
    assert decisive(TABLES["violations"]) == ("severity", "is_major_hazard", "quantity")
    assert {name for name, table in TABLES.items() if decisive(table)} == {
        *("enterprises", "violations", "alerts", "inspections", "accidents", "tasks")
    }
    for name, table in TABLES.items():
        for column, kind in table.columns().items():
            if (kind.metadata or {})["codes"] is not None and (kind.metadata or {})["blank"] is not None:
                # Whose default is a word of the list: either it decides, or it says what is usual and harmless.
                is_harmless = column in ("role", "mode") or (name, column) == ("former_numbers", "kind")
                assert column in decisive(table) or is_harmless, f"{name}.{column}"


def test_codes_issued_with_a_wrong_check_are_named_with_a_day_and_a_reference():
    text = "mapping: a\ntables: {enterprises: [{files: ['*']}]}\naccepted_codes:\n  - {%s}"
    mapping = parse_mapping(text % "code: 91370102MA3C000000, since: 2016-03-01, reference: reply")
    assert mapping.accepted_on(mapping.accepted_codes[0].since) == {"91370102MA3C000000"}
    assert mapping.accepted_on(mapping.accepted_codes[0].since.replace(day=1, month=2)) == frozenset()
    with pytest.raises(MappingError):
        parse_mapping(text % "code: 91370102MA3C000000, since: 2016-03-01")
