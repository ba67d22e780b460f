"""Rows that were refused and are taken up later, and queries that give no rows."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.errors import DeliveryError
from tests.worlds.deliveries import (
    MAPPING,
    TODAY,
    csv_bytes,
    deliver,
    firm,
    judged,
    taken,
    violation,
    warehouse,
)
from warehouse.intake import rejects
from warehouse.intake.mapping import parse_mapping
from warehouse.intake.rejects import retry_rejects

MENDED = parse_mapping(
    MAPPING.replace(
        '["v_*"]', '["v_*"]\n      columns: {severity: {column: severity, values: {甲: critical}}}'
    )
)


def test_a_correction_that_could_not_be_read_counts_from_the_day_it_was_taken_up(tmp_path: Path) -> None:
    connection = warehouse()
    first = {"register.csv": csv_bytes([firm(0)]), "v_1.csv": csv_bytes([violation("a")])}
    taken(connection, deliver(tmp_path / "1", first), received_on=date(2025, 7, 1))
    again = {"v_2.csv": csv_bytes([violation("a", severity="甲")])}
    taken(connection, deliver(tmp_path / "2", again), received_on=date(2025, 7, 2))
    day = date(2025, 7, 9)
    assert retry_rejects(connection, received_on=day, today=TODAY, only_waiting=False, mapping=MENDED) == 1
    rows = connection.sql(
        "SELECT severity, known_from, known_to FROM core.violations ORDER BY version"
    ).fetchall()
    assert [row[:2] for row in rows] == [("general", date(2025, 6, 2)), ("critical", day)]
    assert rows[0][2] == day
    [settled] = connection.sql("SELECT state, settled_on FROM raw.rejected_rows").fetchall()
    assert settled == ("accepted", day)


def _query(text: str) -> str:
    sql = f'- sql: {{url: "duckdb:///:memory:", query: "{text}"}}'
    return f"mapping: bureau\ntables:\n  violations:\n    {sql}\n"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "SELECT nothing FROM nowhere",
            r"sql:violations\[0\] gave nothing: .*nowhere.* Correct url or query",
        ),
        ("SELECT 1 AS a, 2 AS a", r"sql:violations\[0\] gives columns of one name or called .*: a, a\. Name"),
    ],
)
def test_a_query_that_gives_no_rows_is_named(query: str, said: str) -> None:
    with pytest.raises(DeliveryError, match=f"(?s){said}"):
        judged(None, _query(query))


def test_waiting_rows_are_judged_again_when_the_register_or_the_day_may_settle_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, judgings = warehouse(), list[date]()
    retry = rejects._retry

    def counted(*arguments: Any, **named: Any) -> int:
        judgings.append(arguments[2])
        return retry(*arguments, **named)

    monkeypatch.setattr(rejects, "_retry", counted)

    def arrives(number: int, files: dict[str, bytes], today: date = TODAY) -> int:
        taken(connection, deliver(tmp_path / f"{number}", files), received_on=today)
        before = len(judgings)
        retry_rejects(connection, received_on=today, today=today)
        return len(judgings) - before

    assert arrives(1, {"register.csv": csv_bytes([firm(0)]), "v_1.csv": csv_bytes([violation("a")])}) == 1
    stranger = violation("b") | {"enterprise_id": firm(1)["enterprise_id"]}
    assert arrives(2, {"v_2.csv": csv_bytes([stranger])}) == 0, "it was judged by this very register"
    assert arrives(3, {"v_3.csv": csv_bytes([violation("c")])}, TODAY + timedelta(days=1)) == 1
    assert arrives(4, {"v_4.csv": csv_bytes([violation("d")])}, TODAY + timedelta(days=1)) == 0
    assert arrives(5, {"register_2.csv": csv_bytes([firm(1)])}, TODAY + timedelta(days=1)) == 2
    [states] = connection.sql("SELECT list(state) FROM raw.rejected_rows").fetchall()
    assert states == (["accepted"],)
