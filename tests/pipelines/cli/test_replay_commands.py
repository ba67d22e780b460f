"""Past codes from the command line: the days issued, one of them again, one enterprise, and what relied on errors."""

import json
from pathlib import Path

import duckdb
import pytest

from tests.worlds.homes import copy_of
from tests.worlds.runs import DAY_1, FIRMS, Done, ended, process, riskcode
from warehouse.connection import holding, looking_back, writing
from warehouse.home import Home

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own: a replay takes the lock for a moment."""
    return copy_of(coded, tmp_path_factory.mktemp("replay"))


def replay(home: Path, *arguments: str, **more: str) -> Done:
    return riskcode(home, "replay", *arguments, **more)


def test_the_days_issued_are_told_with_their_rules(home: Path) -> None:
    [day] = json.loads(replay(home, "days", "--json").stdout)
    assert (day["as_of"], day["pack"], day["runs"]) == (f"{DAY_1}", "starter", 1)
    assert replay(home, "days").stdout == f"{DAY_1}  starter {day['pack_version']}  ×1\n"


def test_an_issued_day_comes_out_again_and_a_changed_history_does_not(home: Path, tmp_path: Path) -> None:
    told = json.loads(replay(home, "check", f"{DAY_1}", "--json").stdout)
    assert told == {"as_of": f"{DAY_1}", "enterprises": FIRMS, "differences": []}
    page = replay(home, "check", f"{DAY_1}", RISKCODE_LANG="zh")
    assert page.returncode == 0 and f"{FIRMS}" in page.stdout and f"{DAY_1}" in page.stdout
    other = copy_of(home, tmp_path / "other")
    with duckdb.connect(str(other / "warehouse.duckdb")) as connection:
        [(firm,)] = connection.execute(
            "SELECT min(enterprise_id) FROM risk.code_history WHERE code = 'green'"
        ).fetchall()
        connection.execute("UPDATE risk.code_history SET code = 'red' WHERE enterprise_id = ?", [firm])
    found = replay(other, "check", f"{DAY_1}", COLUMNS="80")
    assert found.returncode == 7
    assert firm in found.stdout and "RED" in found.stdout and "GREEN" in found.stdout
    assert max(map(len, found.stdout.splitlines())) <= 80
    assert "the codes of 1 enterprises are not those that were issued" in found.stderr


def test_one_enterprise_of_a_past_day_has_the_code_and_reasons_it_was_given(home: Path) -> None:
    with duckdb.connect(str(home / "published" / "riskcode.duckdb"), read_only=True) as connection:
        [(firm, code, score)] = connection.execute(
            "SELECT enterprise_id, code, score FROM risk.codes ORDER BY score DESC, enterprise_id LIMIT 1"
        ).fetchall()
    told = json.loads(replay(home, "show", firm, "--as-of", f"{DAY_1}", "--json").stdout)
    assert (told["enterprise_id"], told["code"], told["score"]) == (firm, code, score)
    assert sum(reason["points"] or 0 for reason in told["reasons"]) == score
    page = replay(home, "show", firm, "--as-of", f"{DAY_1}")
    assert page.returncode == 0 and firm in page.stdout
    assert page.stdout.splitlines()[0].split()[-2:] == [code.upper(), f"{score}"]


def test_what_relied_on_findings_withdrawn_since_is_told(home: Path, tmp_path: Path) -> None:
    assert "No code, visit or penalty relied on it" in replay(home, "impact").stdout
    other = copy_of(home, tmp_path / "other")
    with duckdb.connect(str(other / "warehouse.duckdb")) as connection:
        [(firm,)] = connection.execute(
            "SELECT arg_max(enterprise_id, violation_points) FROM risk.features JOIN risk.codes USING (enterprise_id) "
            "WHERE code = 'red' AND decided_by = 'score'"
        ).fetchall()
        for statement in WITHDRAWN.split(";"):
            connection.execute(statement, {"firm": firm} if "$firm" in statement else None)
    told = json.loads(replay(other, "impact", "--known-at", "2026-07-01", "--json").stdout)
    assert [(row["enterprise_id"], row["issued"]) for row in told["codes"]] == [(firm, "red")]
    page = replay(other, "impact", "--known-at", "2026-07-01", "--enterprise", firm, COLUMNS="80")
    assert firm in page.stdout and "Codes that would have been others (1)" in page.stdout
    assert max(map(len, page.stdout.splitlines())) <= 80


WITHDRAWN = """
CREATE TEMP TABLE was AS FROM core.current_violations WHERE enterprise_id = $firm;
UPDATE core.violations SET known_to = DATE '2026-07-01' WHERE enterprise_id = $firm AND known_to > DATE '2026-07-01';
INSERT INTO core.violations BY NAME
SELECT * REPLACE (DATE '2026-07-01' AS withdrawn_on, DATE '2026-07-01' AS recorded_at, DATE '2026-07-01' AS known_from)
FROM was
"""


def test_while_a_run_writes_a_replay_waits_for_its_end(home: Path) -> None:
    with holding(Home(home)):
        waits = process(home, "-m", "pipelines", "replay", "days")
        assert waits.stderr is not None and "this waits for its end" in waits.stderr.readline()
        refused = replay(home, "days", RISKCODE_WAIT_SECONDS="1")
        assert refused.returncode == 6
    done = ended(waits)
    assert done.returncode == 0 and done.stdout.startswith(f"{DAY_1}  starter")


def test_no_run_waits_for_who_asks_the_past_and_nothing_is_left_of_it(home: Path) -> None:
    with looking_back(Home(home)) as past:
        with writing(Home(home)) as connection:
            connection.execute("CREATE TABLE ops.written_meanwhile AS SELECT 1")
            connection.execute("DROP TABLE ops.written_meanwhile")
        assert past.execute("SELECT count(*) FROM risk.codes").fetchall() == [(FIRMS,)]
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            past.execute("DELETE FROM risk.codes")
    (home / ".asked-1.duckdb").write_bytes(b"of one that was killed")
    with looking_back(Home(home)):
        assert [path.name for path in home.glob(".asked*")] == []


def test_an_empty_home_has_no_past(tmp_path: Path) -> None:
    found = replay(tmp_path, "days")
    assert found.returncode == 5 and "Start a run first" in found.stderr
