"""Three untidy exports, from their files to codes without editing any of them: draft, check, inbox, run."""

import json
import shutil
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from tests import onboarding
from tests.worlds.exports import EXPORTS, FIRMS
from tests.worlds.runs import riskcode
from warehouse.intake.delivery import judge_delivery
from warehouse.intake.mapping import parse_mapping

MOST_SECONDS = 300
AS_OF = date(2026, 6, 30)
EVENTS = {"enforcement": ("violations", 48), "monitoring": ("alerts", 60), "supervision": ("inspections", 50)}


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """What is accepted of the three exports by their drafts, untouched; the register of each by its name."""
    found = dict[str, pl.DataFrame]()
    for name, (table, _) in EVENTS.items():
        folder = tmp_path_factory.mktemp(name)
        text, checked = onboarding.onboarded(folder, name)
        assert checked["refused"] == 0, checked["rules"]
        judged = judge_delivery(
            parse_mapping(text), folder / name, known_enterprises=pl.Series([], dtype=pl.String), today=AS_OF
        )
        found |= {table: judged.accepted[table], name: judged.accepted["enterprises"]}
    return found


def counted(frame: pl.DataFrame, column: str) -> dict[Any, int]:
    return dict(Counter(frame[column].to_list()))


def test_every_row_of_the_three_exports_is_accepted(accepted: dict[str, pl.DataFrame]) -> None:
    for name, (table, rows) in EVENTS.items():
        assert accepted[name].height == FIRMS
        assert accepted[table].height == rows


def test_the_ledger_of_an_enforcement_system_says_what_its_cells_say(
    accepted: dict[str, pl.DataFrame],
) -> None:
    found = accepted["violations"]
    assert counted(found, "severity") == {"general": 40, "critical": 8}
    assert counted(found, "is_major_hazard") == {False: 40, True: 8}
    assert counted(found, "penalty_unit") == {None: 24, 15_000: 12, 8_000: 12}
    assert found["rectified_on"].null_count() == 9
    assert found["violation_id"].n_unique() == 48 and found["enterprise_id"].n_unique() == FIRMS
    known = found.filter(pl.col("rectified_on").is_not_null())
    assert ((known["rectified_on"] - known["occurred_on"]).dt.total_days() == 20).all()
    assert ((found["rectify_due_on"] - found["occurred_on"]).dt.total_days() == 30).all()
    register = accepted["enforcement"]
    assert counted(register, "major_hazard_source") == {0: 12, 4: 6, 3: 6}
    assert counted(register, "status") == {"active": 18, "suspended": 6}


def test_the_alarms_of_a_platform_say_what_their_cells_say(accepted: dict[str, pl.DataFrame]) -> None:
    found = accepted["alerts"]
    assert counted(found, "level") == {"blue": 12, "yellow": 24, "orange": 12, "red": 12}
    assert counted(found, "kind") == {"exceedance": 30, "sensor_offline": 15, "observation": 15}
    assert counted(found, "is_false_alarm") == {False: 45, True: 15}
    minutes = (found["closed_at"] - found["raised_at"]).dt.total_minutes().drop_nulls()
    assert set(minutes) == {180} and len(minutes) == 45
    assert found["acknowledged_at"].null_count() == 10


def test_the_visits_of_a_platform_say_what_their_keys_say(accepted: dict[str, pl.DataFrame]) -> None:
    found = accepted["inspections"]
    assert counted(found, "result") == {"clean": 25, "findings": 13, "serious": 12}
    assert counted(found, "kind") == {"random": 13, "special": 13, "other": 12, "recheck": 12}
    assert ((found["recorded_at"] - found["inspected_on"]).dt.total_days() == 2).all()
    register = accepted["supervision"]
    assert counted(register, "enforcing_level") == {"district": 8, "town": 8, "city": 8}


@pytest.mark.whole
@pytest.mark.slow
def test_from_files_to_codes_in_less_than_five_minutes(tmp_path: Path) -> None:
    home, started = tmp_path / "home", time.monotonic()
    for name, write in EXPORTS.items():
        folder = write(tmp_path / name)
        mapping = tmp_path / f"{name}.yaml"
        assert riskcode(home, "sources", "draft", str(folder), "--out", str(mapping)).returncode == 0
        assert riskcode(home, "sources", "check", str(folder), "--mapping", str(mapping)).returncode == 0
        shutil.copytree(folder, home / "inbox" / name)
        shutil.copy(mapping, home / "inbox" / name / "mapping.yaml")
    done = riskcode(home, "run", "--as-of", AS_OF.isoformat(), "--json")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - started < MOST_SECONDS
    told = json.loads(done.stdout)
    assert told
    with duckdb.connect(str(home / "published" / "riskcode.duckdb"), read_only=True) as connection:
        codes = dict(connection.sql("SELECT code, count(*) FROM risk.codes GROUP BY code").fetchall())
        refused = connection.sql("SELECT count(*) FROM raw.rejected_rows").fetchall()
    assert sum(codes.values()) == 3 * FIRMS and codes.get("red", 0) > 0
    assert refused == [(0,)]


def test_the_page_of_a_first_delivery_is_fresh() -> None:
    assert onboarding.PAGE.read_text(encoding="utf-8") == onboarding.page(), "run: python -m tests.onboarding"
