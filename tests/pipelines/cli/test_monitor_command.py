"""What ``./riskcode monitor`` shows after a real run, and an alarm that a person takes as it is."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.worlds.homes import copy_of
from tests.worlds.runs import riskcode

pytestmark = pytest.mark.slow


def measured(home: Path) -> list[dict[str, Any]]:
    return json.loads(riskcode(home, "monitor", "--json").stdout)


def test_a_run_measures_itself_before_it_publishes(coded: Path) -> None:
    found = measured(coded)
    assert {row["as_of"] for row in found} == {"2026-06-30"}
    assert {"codes_moved", "red_rate", "feedback", "flip_flops", "quiet_data"} <= {
        row["metric"] for row in found
    }
    assert all(row["text_zh"] and row["text_en"] for row in found)
    assert all(row["look_en"] and row["since"] for row in found if row["state"] == "alarm")


def test_the_table_begins_with_the_alarms_and_fits_the_terminal(coded: Path) -> None:
    lines = riskcode(coded, "monitor", "--all").stdout.splitlines()
    alarms = sum(row["state"] == "alarm" for row in measured(coded))
    assert lines[0].startswith("All is well" if not alarms else f"{alarms} alarm")
    assert len([line for line in lines if line.startswith("RED rate")]) >= 10
    assert max(len(line) for line in lines) <= 120


def test_the_page_is_one_file_that_asks_nobody(coded: Path, tmp_path: Path) -> None:
    target = tmp_path / "monitoring.html"
    done = riskcode(coded, "monitor", "--html", str(target))
    assert done.returncode == 0, done.stderr
    html = target.read_text(encoding="utf-8")
    assert "<script" not in html and "http" not in html.replace("http://www.w3.org", "")
    assert html.count("<svg") >= 4


def test_an_alarm_is_acknowledged_by_name_and_nothing_else_can_be(coded: Path, tmp_path: Path) -> None:
    home = copy_of(coded, tmp_path / "home")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("UPDATE ops.monitoring_history SET state = 'alarm' WHERE metric = 'codes_moved'")
    said = ("--by", "Li", "--reason", "the city was coded for the first time")
    assert riskcode(home, "monitor", "acknowledge", "codes_moved", *said).returncode == 0
    refused = riskcode(home, "monitor", "acknowledge", "quiet_data", *said)
    assert refused.returncode == 5
    assert "No alarm quiet_data on 2026-06-30" in " ".join(refused.stderr.split())
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute("SELECT metric, as_of::VARCHAR, given_by FROM ops.acknowledged").fetchall()
    assert rows == [("codes_moved", "2026-06-30", "Li")]


def test_complaints_that_stand_are_on_the_page_and_harmless_there(coded: Path, tmp_path: Path) -> None:
    home, target = copy_of(coded, tmp_path / "home"), tmp_path / "monitoring.html"
    with duckdb.connect(str(home / "published" / "riskcode.duckdb")) as copy:
        copy.execute(
            "INSERT INTO ops.complaints BY NAME SELECT 'abcd1234' AS complaint_id, 'shiju' AS source, "
            "'file_unreadable' AS kind, 'x' AS place, true AS is_grave, '{file} is cut off.' AS message, "
            """'{"file": "<script>x</script>.csv"}' AS facts, DATE '2026-06-30' AS first_on, DATE '2026-06-30' AS """
            "last_on, 'open' AS state"
        )
    assert riskcode(home, "monitor", "--html", str(target)).returncode == 0
    html = target.read_text(encoding="utf-8")
    assert "<strong>shiju: &lt;script&gt;x&lt;/script&gt;.csv is cut off.</strong>" in html
    assert "abcd1234" in html
    assert "<script" not in html
