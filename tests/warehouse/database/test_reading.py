"""Readers see one whole published copy, the old or the new, never something between."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import duckdb
import pytest

from models.errors import ScoreError, WarehouseError
from models.features import CATALOGUE
from models.policy import load_policy
from tests.worlds.deliveries import (
    FIRMS,
    MAPPING,
    TODAY,
    alert,
    csv_bytes,
    deliver,
    firm,
    judged,
    violation,
    visit,
)
from warehouse.coding.coding import Coding
from warehouse.coding.issue import issue
from warehouse.coding.order import code_only
from warehouse.connection import Connection, writing
from warehouse.database.places import open_place
from warehouse.database.reading import reading, rows
from warehouse.home import Home
from warehouse.intake.take_in import take_in
from warehouse.planning.plan import compute_plan
from warehouse.publish import CODES, PUBLISHED, publish, publish_run, published_as_of
from warehouse.schema.catalogue import OWN

DAY = date(2025, 12, 31)
FILES = {
    "register.csv": csv_bytes([firm(number) for number in range(4)]),
    "v_1.csv": csv_bytes(
        [
            violation("a", severity="重大", is_major_hazard="是"),
            violation("b", enterprise_id=FIRMS[1], rectified_on="2025-06-20", recorded_at="2025-06-20"),
            violation("c", severity="巨大"),
        ]
    ),
    "alerts.csv": csv_bytes([alert("a"), alert("b", enterprise_id=FIRMS[2], level="blue")]),
    "visits.csv": csv_bytes([visit("a"), visit("b", enterprise_id=FIRMS[3])]),
}


def coding(day: date = DAY) -> Coding:
    return Coding(day, day, load_policy().on(day))


def rescore(connection: Connection, day: date = DAY) -> None:
    code_only(connection, coding(day))
    compute_plan(connection, coding(day))


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one day coded and published."""
    home = Home(tmp_path_factory.mktemp("ready")).prepare()
    outcome = judged(deliver(home.inbox / "bureau", FILES), MAPPING)
    with writing(home) as connection:
        take_in(connection, outcome, received_on=TODAY)
        rescore(connection)
        publish_run(connection, home, coding(), run_id="first")
    return home.root


@pytest.fixture
def published(ready: Path, tmp_path: Path) -> Iterator[Home]:
    """The same home, for one test alone."""
    shutil.copytree(ready, tmp_path / "copy")
    yield Home(tmp_path / "copy")


def as_of(connection: Connection) -> date:
    [row] = rows(connection, "SELECT DISTINCT as_of FROM risk.codes")
    return row["as_of"]


def test_reading_before_anything_is_published_names_the_next_step(home: Home) -> None:
    with pytest.raises(WarehouseError, match=r"Start a run first: \./riskcode run"), reading(home):
        pass
    assert published_as_of(home) is None


def test_a_damaged_copy_names_the_next_step(published: Home) -> None:
    published.published.write_bytes(b"no database" * 1000)
    with pytest.raises(WarehouseError, match="Run again to publish a new one"), reading(published):
        pass


def test_a_copy_of_another_format_is_refused_with_the_next_step(published: Home) -> None:
    with duckdb.connect(str(published.published)) as copy:
        copy.execute("UPDATE ops.meta SET value = '3' WHERE key = 'schema_version'")
    with (
        pytest.raises(WarehouseError, match=r"format 3, .*Publish a new one: \./riskcode run"),
        reading(published),
    ):
        pass


def test_every_published_table_has_the_declared_columns_in_their_order(published: Home) -> None:
    """The catalogue tells nothing that is not so: names, types and order are those that readers find."""
    factors = {factor.name for factor in load_policy().on(DAY).scorecard.factors}
    with reading(published) as copy:
        found = columns(copy)
    with duckdb.connect() as empty:
        for name in PUBLISHED:
            schema, _, _ = name.partition(".")
            empty.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            told = replace(OWN[name], columns=OWN[name].shown, key="")
            empty.execute(told.ddl(name))
        declared = columns(empty)
    assert found.keys() == declared.keys()
    for name, told in declared.items():
        has = [one for one in found[name] if name != "risk.scores" or one[0] not in factors]
        if name == "risk.features":
            assert [column for column, _ in has] == [*(feature.name for feature in CATALOGUE), "as_of"]
            continue
        # Nothing was planned, so some types of the plan's outcomes were never seen.
        assert [
            (column, kind if kind != '"NULL"' else told[i][1]) for i, (column, kind) in enumerate(has)
        ] == told, name


def columns(connection: Connection) -> dict[str, list[tuple[str, str]]]:
    """(name, type) of the columns of every table, in their order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows(connection, "SELECT * FROM information_schema.columns ORDER BY ordinal_position"):
        name = f"{row['table_schema']}.{row['table_name']}"
        found.setdefault(name, []).append((row["column_name"], row["data_type"]))
    return found


def test_the_published_copy_has_every_table_and_one_code_for_each_enterprise(published: Home) -> None:
    with reading(published) as connection:
        for table in PUBLISHED:
            assert rows(connection, f"SELECT count(*) AS n FROM {table}")
        codes = rows(
            connection, "SELECT enterprise_id, count(*) AS n FROM risk.codes GROUP BY ALL ORDER BY 1"
        )
        assert codes == [{"enterprise_id": each, "n": 1} for each in sorted(FIRMS[:4])]
        register = rows(connection, "SELECT enterprise_id FROM core.enterprises")
        assert sorted(row["enterprise_id"] for row in register) == sorted(FIRMS[:4])
        assert {row["code"] for row in rows(connection, "SELECT code FROM risk.codes")} <= {
            "red",
            "yellow",
            "blue",
            "green",
        }


def test_the_points_of_every_explanation_add_up_to_the_score(published: Home) -> None:
    with reading(published) as connection:
        wrong = rows(
            connection,
            "SELECT c.enterprise_id FROM risk.codes c LEFT JOIN "
            "(SELECT enterprise_id, sum(points) AS points FROM risk.explanations GROUP BY ALL) e USING (enterprise_id) "
            "WHERE c.score IS DISTINCT FROM e.points",
        )
        scored = rows(connection, "SELECT count(*) AS n FROM risk.codes WHERE score > 0")
    assert not wrong
    assert scored[0]["n"] > 0


def test_the_refused_row_is_published_with_its_place(published: Home) -> None:
    with reading(published) as connection:
        assert rows(connection, "SELECT file, line, rules FROM raw.rejected_rows") == [
            {"file": "v_1.csv", "line": 4, "rules": "unknown_code:severity"}
        ]


def test_a_reader_keeps_the_copy_it_opened_while_a_new_one_is_published(published: Home) -> None:
    """The reader is a process of its own, as in life, and asks again after the new copy is in place."""
    script = (
        "import sys; from pathlib import Path; from warehouse.home import Home\n"
        "from warehouse.database.reading import reading\n"
        "with reading(Home(Path(sys.argv[1]))) as c:\n"
        "    for _ in range(2):\n"
        "        print(c.sql('SELECT max(as_of) FROM risk.codes').fetchall()[0][0], flush=True); sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", script, str(published.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        assert reader.stdout.readline().strip() == "2025-12-31"
        with writing(published) as connection:
            rescore(connection, date(2026, 1, 1))
            assert publish_run(connection, published, coding(date(2026, 1, 1)), run_id="second")
        with reading(published) as fresh:
            assert as_of(fresh) == date(2026, 1, 1)
        reader.stdin.write("\n\n")
        reader.stdin.flush()
        assert reader.stdout.readline().strip() == "2025-12-31"
    assert reader.returncode == 0


def test_a_day_older_than_the_published_one_gets_a_copy_of_its_own(published: Home) -> None:
    older, before = date(2025, 12, 1), published.published.read_bytes()
    with writing(published) as connection:
        lives = connection.sql("FROM risk.codes").fetchall()
        with open_place(connection, published, older):
            code_only(connection, coding(older))
            assert publish_run(connection, published, coding(older), run_id="backfill") is None
        assert connection.sql("FROM risk.codes").fetchall() == lives != []
        runs = connection.sql("SELECT run_id, as_of, is_issued FROM ops.runs ORDER BY number").fetchall()
    assert runs == [("first", DAY, True), ("backfill", older, False)]
    assert published.published.read_bytes() == before
    with reading(published, replayed=older) as connection:
        assert as_of(connection) == older
        assert rows(connection, "FROM core.enterprises"), "with what was known of the enterprises"
    with (
        pytest.raises(WarehouseError, match="--as-of 2025-11-30"),
        reading(published, replayed=date(2025, 11, 30)),
    ):
        pass


def test_the_same_day_may_be_published_again(published: Home) -> None:
    with writing(published) as connection:
        rescore(connection)
        assert publish_run(connection, published, coding(), run_id="again")
    assert published_as_of(published) == DAY


def test_a_publication_that_dies_leaves_the_copy_as_it_was(
    published: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = published.published.read_bytes()
    with writing(published) as connection:
        monkeypatch.setitem(PUBLISHED, "risk.codes", "FROM no_such_table")
        with pytest.raises(Exception, match="no_such_table"):
            publish(connection, published, known_at=DAY)
        assert published.published.read_bytes() == before
        monkeypatch.undo()
        assert publish(connection, published, known_at=DAY)
    assert {path.stem for path in published.published.parent.iterdir()} == {"riskcode", "documents"}


def test_a_reader_cannot_write(published: Home) -> None:
    with reading(published) as connection, pytest.raises(Exception, match="read-only"):
        connection.execute("DELETE FROM risk.codes")


# ------------------------------------------------------------------------------------ publishing


def test_publishing_tells_the_size_of_the_copy_and_leaves_nothing_of_what_died_before(
    published: Home,
) -> None:
    folder = published.published.parent
    (folder / "riskcode.building-1").write_bytes(b"of a run that died")
    with writing(published) as connection:
        size = publish(connection, published, known_at=DAY)
    assert size == published.published.stat().st_size
    assert {path.stem for path in folder.iterdir()} == {"riskcode", "documents"}


def test_a_home_may_be_called_anything(ready: Path, tmp_path: Path) -> None:
    home = Home(shutil.copytree(ready, tmp_path / 'it\'s 济南 "home"'))
    home.published.unlink()
    assert published_as_of(home) is None
    with writing(home) as connection:
        publish(connection, home, known_at=DAY)
    assert published_as_of(home) == DAY


def test_the_copy_is_of_the_day_of_knowledge(published: Home) -> None:
    before = date(2023, 12, 31)
    with writing(published) as connection:
        publish(connection, published, known_at=before)
    with reading(published) as connection:
        assert rows(connection, "FROM core.enterprises") == [], "none was known then"


def test_tables_of_two_days_are_not_published_together(published: Home) -> None:
    before = published.published.read_bytes()
    with writing(published) as connection:
        rescore(connection, date(2026, 1, 1))
        for table in ("risk.features", "risk.scores", "risk.codes", "risk.explanations", "serve.red_queue"):
            held = connection.sql(f"FROM {table}").pl()
            connection.execute(f"UPDATE {table} SET as_of = DATE '2025-12-31'")
            if held.height:
                with pytest.raises(ScoreError, match=f"{table} holds 2025-12-31, not 2026-01-01"):
                    publish_run(connection, published, coding(date(2026, 1, 1)), run_id="mixed")
            connection.execute(f"UPDATE {table} SET as_of = DATE '2026-01-01'")
        assert [row[0] for row in connection.sql("SELECT run_id FROM ops.runs").fetchall()] == ["first"]
        assert publish_run(connection, published, coding(date(2026, 1, 1)), run_id="second")
    assert published.published.read_bytes() != before


def test_a_copy_is_behind_from_the_issue_of_codes_to_their_publication(published: Home) -> None:
    with writing(published) as connection:
        assert CODES.stands(connection, published)
        rescore(connection, date(2026, 1, 1))
        issue(connection, coding(date(2026, 1, 1)), run_id="second")
        assert not CODES.stands(connection, published)
        publish(connection, published, known_at=date(2026, 1, 1))
        assert CODES.stands(connection, published)
    with writing(Home(published.root / "new").prepare()) as connection:
        assert CODES.stands(connection, published), "nothing was issued"


def test_a_run_is_recorded_with_its_rules_its_knowledge_and_what_it_found(published: Home) -> None:
    policy = coding().policy
    with writing(published) as connection:
        some = replace(coding(), only=(FIRMS[0], FIRMS[1]))
        code_only(connection, some)
        issue(connection, some, run_id="second")
        first, second = rows(connection, "FROM ops.runs ORDER BY number")
        counted = {
            row["code"]: row["n"]
            for row in rows(connection, "SELECT code, count(*) AS n FROM risk.codes GROUP BY 1")
        }
    assert (first["run_id"], first["rescored"], first["number"]) == ("first", None, 1)
    assert (second["run_id"], second["rescored"], second["number"]) == ("second", 2, 2)
    for run in (first, second):
        assert (run["as_of"], run["known_at"], run["state"], run["is_issued"]) == (DAY, DAY, "done", True)
        assert (run["pack"], run["pack_version"], run["pack_hash"]) == (
            policy.pack,
            policy.version,
            policy.pack_hash,
        )
        assert run["fingerprint"] == policy.scorecard.fingerprint
        assert run["stored_no"] > 0 and run["calendar_version"] == version("holidays")
        assert run["enterprises"] == 4
        assert {code: run[code] for code in ("red", "yellow", "blue", "green")} == {
            code: counted.get(code, 0) for code in ("red", "yellow", "blue", "green")
        }
