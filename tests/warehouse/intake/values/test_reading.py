"""Whatever a cell holds, it is a value, a blank or a named problem, and the cells beside it are read as ever."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.tables.canonical import TABLES
from tests.worlds.cells import conformed
from tests.worlds.effort import tries

ODD = (
    "0159 ٣٥０５-/.:年月日时分上下午民國ZTAPM+eE,'￥万元人%#N/A!无*X\u200b\u3000\x00\ufeff\t\ud7ff\U000e0041"
)
BLANKS = "".join(c for c in map(chr, range(0x3001)) if c.isspace() and c not in "\x1c\x1d\x1e\x1f")
texts = st.one_of(st.text(ODD, max_size=20), st.text(max_size=12))
COLUMNS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("violations", "occurred_on", "2025-06-01", {}),
    ("violations", "occurred_on", "01/06/2025", {"format": "%d/%m/%Y"}),
    ("violations", "occurred_on", "114/06/01", {"format": ["minguo", "%Y%m%d"]}),
    ("violations", "occurred_on", "1748736000", {"format": "epoch_s"}),
    ("alerts", "raised_at", "2025-06-01 10:00", {}),
    ("alerts", "raised_at", "2025-06-01 10:00 AM", {"format": "%Y-%m-%d %I:%M %p"}),
    ("violations", "penalty_unit", "3万元", {}),
    ("violations", "penalty_unit", "3", {"unit": "万元"}),
    ("violations", "quantity", "2", {}),
    ("inspections", "score", "85", {"linear": {"times": -1, "plus": 100}}),
    ("enterprises", "longitude", "117.1", {}),
    ("violations", "severity", "一般", {"prefix": {"无": "minor"}, "contains": {"元": "serious"}}),
    ("violations", "is_major_hazard", "是", {}),
    ("violations", "violation_id", "v1", {}),
]


@pytest.mark.parametrize(("table", "column", "good", "spec"), COLUMNS)
@settings(max_examples=tries(60))
@given(odd=texts)
def test_a_cell_is_read_blank_or_named(table: str, column: str, good: str, spec: dict[str, Any], odd: str):
    found = conformed(table, {column: {"column": "x", **spec}}, x=[good, odd, good])
    alone = conformed(table, {column: {"column": "x", **spec}}, x=[good])
    values, problems = found[column].to_list(), found["problems"].to_list()
    assert values[0] == values[2] == alone[column][0] is not None
    assert problems[0] == problems[2] == []
    assert all(problem.endswith(f":{column}") for problem in problems[1])
    if problems[1]:
        assert values[1] is None
    elif odd.strip(BLANKS):
        assert values[1] is not None
    else:
        default = (TABLES[table].columns()[column].metadata or {})["blank"]
        assert values[1] == default
