"""Homes of earlier versions open, get what is new, and code what they coded."""

import json
import tarfile
from pathlib import Path

import duckdb
import pytest

from tests.upgrade.__main__ import CODES, HOMES
from tests.worlds.runs import DAY_1, DAY_2, riskcode
from warehouse.database.meta import FORMAT, format_of
from warehouse.schema.catalogue import OWN

pytestmark = pytest.mark.slow

KEPT = sorted(path.name.removesuffix(".tar.xz") for path in HOMES.glob("*.tar.xz"))


def test_the_last_two_versions_are_kept() -> None:
    assert len(KEPT) >= 2


@pytest.mark.parametrize(
    "version", [pytest.param(one, marks=[pytest.mark.whole] if one != KEPT[0] else []) for one in KEPT]
)
def test_a_home_of_an_earlier_version_codes_what_it_coded(version: str, tmp_path: Path) -> None:
    with tarfile.open(HOMES / f"{version}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    before = history(tmp_path)
    done = riskcode(tmp_path, "run", "--as-of", f"{DAY_2}")
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        assert format_of(connection) == FORMAT
        held = connection.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall()
        assert {name for name, table in OWN.items() if table.is_kept} <= {name for (name,) in held}
        assert [list(row) for row in connection.execute(CODES).fetchall()] == told[f"{DAY_2}"]
    assert [row for row in history(tmp_path) if row in before] == before, "what was issued stays as it was"
    replayed = riskcode(tmp_path, "replay", "show", told[f"{DAY_1}"][0][0], "--as-of", f"{DAY_1}", "--json")
    assert replayed.returncode == 0, replayed.stderr
    assert riskcode(tmp_path, "doctor", "--json").returncode == 0


def history(home: Path) -> list[tuple[object, ...]]:
    """The codes as they were issued."""
    asked = "SELECT enterprise_id, valid_from, code, score FROM risk.code_history ORDER BY ALL"
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(asked).fetchall()
