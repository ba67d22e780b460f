"""A day is coded in a place of its own: what lives changes when it is issued, whole, and not before."""

import os
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from models.errors import WarehouseError
from models.policy import load_policy
from pipelines.demo.city import build_city
from tests.worlds.warehouses import city_world, fill, night
from warehouse.coding.coding import identity_of
from warehouse.coding.issue import issue
from warehouse.coding.order import STAGES, code_enterprises, require
from warehouse.connection import Connection, writing
from warehouse.database import places
from warehouse.database.frames import insert
from warehouse.database.places import OF_DAY, open_place, place_of
from warehouse.home import Home, log_of
from warehouse.planning.plan import compute_plan, planned_as_of
from warehouse.rules.in_force import coding_on

DAY = date(2026, 6, 30)
NEXT = DAY + timedelta(days=1)
PACK = load_policy()


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a small city was coded, issued and published for one day."""
    home = Home(tmp_path_factory.mktemp("issued")).prepare()
    with writing(home) as connection:
        fill(connection, city_world(build_city(60, DAY, 2, 2026)), received_on=DAY)
    night(home, DAY)
    return home.root


@pytest.fixture
def city(issued: Path, tmp_path: Path) -> Home:
    return Home(shutil.copytree(issued, tmp_path / "city"))


def lives(connection: Connection) -> dict[str, pl.DataFrame]:
    """Every table of the day as it lives, whatever place is open."""
    first = places.live(connection)
    held = connection.execute(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = ?", [first]
    ).fetchall()
    return {
        name: connection.sql(f"FROM {first}.{name}").pl().sort(pl.all())
        for (name,) in held
        if name in OF_DAY and not name.endswith(("visit_checks", "ways", "explanations"))
    }


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> bool:
    return one.keys() == other.keys() and all(one[name].equals(other[name]) for name in one)


def test_whatever_is_coded_and_planned_in_a_place_leaves_what_lives_as_it_is(city: Home) -> None:
    with writing(city) as connection:
        before = lives(connection)
        with open_place(connection, city, NEXT):
            coding = coding_on(connection, PACK, NEXT)
            code_enterprises(connection, coding)
            compute_plan(connection, coding)
            assert connection.sql("SELECT DISTINCT as_of FROM risk.codes").fetchall() == [(NEXT,)]
            assert same(lives(connection), before)
            assert planned_as_of(connection) == DAY, "a plan that nobody issued"
        assert connection.sql("SELECT DISTINCT as_of FROM risk.codes").fetchall() == [(DAY,)]
        assert same(lives(connection), before)


def test_issuing_puts_the_whole_day_in_force_and_the_place_remembers_it(city: Home) -> None:
    with writing(city) as connection, open_place(connection, city, NEXT):
        coding = coding_on(connection, PACK, NEXT)
        code_enterprises(connection, coding)
        compute_plan(connection, coding)
        made = {
            name: connection.sql(f"FROM {name}").pl() for name in ("risk.codes", "plan.visits", "risk.ways")
        }
        issue(connection, coding, run_id="second")
        assert planned_as_of(connection) == NEXT
    with writing(city) as connection:
        for name, frame in made.items():
            assert connection.sql(f"FROM {name}").pl().equals(frame), name
        with open_place(connection, city, NEXT):
            assert connection.sql("FROM risk.codes").pl().equals(made["risk.codes"])


def test_an_issue_that_fails_leaves_all_as_it_was(city: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    with writing(city) as connection, open_place(connection, city, NEXT):
        before = lives(connection)
        coding = coding_on(connection, PACK, NEXT)
        code_enterprises(connection, coding)
        compute_plan(connection, coding)
        monkeypatch.setattr("warehouse.coding.issue.record_run", refuse)
        with pytest.raises(RuntimeError, match="no"):
            issue(connection, coding, run_id="second")
        assert same(lives(connection), before)
        assert connection.sql("SELECT max(as_of) FROM ops.runs").fetchall() == [(DAY,)]


_KILLED = """
import os, sys
from datetime import date
from pathlib import Path
from models.policy import load_policy
from warehouse.coding.order import code_only
from warehouse.connection import writing
from warehouse.database.places import open_place, put_in_force
from warehouse.home import Home, log_of
from warehouse.rules.in_force import coding_on

city, day = Home(Path(sys.argv[1])), date.fromisoformat(sys.argv[2])
with writing(city) as connection, open_place(connection, city, day):
    code_only(connection, coding_on(connection, load_policy(), day))
    connection.begin()
    put_in_force(connection)
    os.kill(os.getpid(), 9)
"""


def test_a_worker_killed_while_it_issues_leaves_all_as_it_was(city: Home) -> None:
    with writing(city) as connection:
        before = lives(connection)
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(city.root), f"{NEXT}"], check=False)
    assert killed.returncode == -9
    with writing(city) as connection:
        assert same(lives(connection), before)
        with open_place(connection, city, NEXT):
            assert places.made(connection) == {*STAGES} - {"passports"}, "what was made stays made"


def test_what_a_stage_needs_is_made_first_and_only_what_is_lacking(city: Home) -> None:
    with writing(city) as connection, open_place(connection, city, NEXT):
        coding = coding_on(connection, PACK, NEXT)
        places.begin(connection, identity_of(connection, coding))
        require(connection, coding, "explanations")
        assert places.made(connection) == {"features", "scores", "timelines", "codes", "explanations"}
        connection.execute("UPDATE day.risk.features SET as_of = as_of")
        require(connection, coding, "red_queue")
        assert places.made(connection) == {*STAGES} - {"passports"}


def test_another_coding_of_the_day_begins_with_an_empty_place(city: Home) -> None:
    with writing(city) as connection, open_place(connection, city, NEXT):
        coding = coding_on(connection, PACK, NEXT)
        code_enterprises(connection, coding, but=("passports",))
        held = places.identity(connection)
        places.begin(connection, identity_of(connection, coding))
        assert places.made(connection), "the same coding goes on"
        later = coding_on(connection, PACK, NEXT, known_at=NEXT + timedelta(days=3))
        places.begin(connection, identity_of(connection, later))
        assert not places.made(connection)
        assert places.identity(connection) != held
        assert connection.sql(
            "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'day' AND schema_name <> 'main'"
        ).fetchall() == [(0,)]


def test_a_place_that_another_warehouse_left_is_not_gone_on_with(city: Home) -> None:
    with writing(city) as connection, open_place(connection, city, NEXT):
        coding = coding_on(connection, PACK, NEXT)
        held = identity_of(connection, coding)
        insert(connection, "ops.deliveries", delivery_id="d", taken_in_at=datetime(2026, 7, 1, 2))
        assert identity_of(connection, coding) != held


def test_a_cursor_sees_the_place_too(city: Home) -> None:
    with writing(city) as connection, open_place(connection, city, NEXT):
        code_enterprises(connection, coding_on(connection, PACK, NEXT), but=("passports",))
        told = places.cursor_of(connection).execute("SELECT DISTINCT as_of FROM risk.codes").fetchall()
        assert told == [(NEXT,)]


def test_of_places_but_those_written_last_the_codes_are_kept(city: Home) -> None:
    days = [DAY - timedelta(days=back) for back in range(3)]
    coded: dict[date, pl.DataFrame] = {}
    with writing(city) as connection:
        for day in days:
            with open_place(connection, city, day):
                code_enterprises(connection, coding_on(connection, PACK, day), but=("passports",))
                coded[day] = connection.sql("FROM risk.codes ORDER BY enterprise_id").pl()
            os.utime(place_of(city, day), (day.toordinal(), day.toordinal()))
    places.shed_old(city, 1)
    assert [path.stem for path in city.days.glob("*.duckdb")] == [f"{DAY}"]
    kept = {path.stem: pl.read_parquet(path) for path in (city.days / "codes").iterdir()}
    assert kept.keys() == {f"{days[1]}", f"{days[2]}"}
    assert all(kept[f"{day}"].equals(coded[day]) for day in days[1:])


def test_a_place_that_is_damaged_is_made_anew_and_the_log_says_so(
    city: Home, caplog: pytest.LogCaptureFixture
) -> None:
    place_of(city, DAY).parent.mkdir(exist_ok=True)
    place_of(city, DAY).write_bytes(b"not a database" * 1000)
    with writing(city) as connection, open_place(connection, city, DAY):
        assert places.identity(connection) is None
        assert not places.made(connection)
        assert connection.sql("SELECT DISTINCT as_of FROM risk.codes").fetchall() == [(DAY,)]
    assert "cannot be read" in caplog.text


def test_a_long_log_of_a_place_is_taken_into_its_file(city: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    log = log_of(place_of(city, NEXT))
    with writing(city) as connection, open_place(connection, city, NEXT):
        connection.execute(f"CREATE TABLE {places.PLACE}.risk.codes AS FROM risk.codes")
        places.mark(connection, "codes")
        assert log.stat().st_size
        monkeypatch.setattr(places, "LONG_LOG", 0)
        places.mark(connection, "codes")
        assert not log.exists() or not log.stat().st_size
        assert connection.sql(f"SELECT count(*) FROM {places.PLACE}.risk.codes").fetchall() == [(60,)]


def test_a_place_of_which_a_table_turns_out_to_be_damaged_is_removed_for_whoever_goes_on(city: Home) -> None:
    path = place_of(city, NEXT)
    with writing(city) as connection, open_place(connection, city, NEXT):
        connection.execute(
            "CREATE TABLE day.risk.codes AS SELECT md5(i::VARCHAR) AS said FROM range(200000) r(i)"
        )
    there = bytearray(path.read_bytes())
    middle = len(there) // 2
    there[middle : middle + 5000] = bytes(5000)
    path.write_bytes(there)
    read = pytest.raises(duckdb.Error, match="Corrupt")
    with writing(city) as connection, read, open_place(connection, city, NEXT):
        connection.execute("SELECT max(said) FROM risk.codes")
    assert not path.exists()
    with writing(city) as connection, open_place(connection, city, NEXT):
        assert connection.sql("SELECT DISTINCT as_of FROM risk.codes").fetchall() == [(DAY,)]


def test_a_place_that_this_program_holds_already_is_left_alone(city: Home) -> None:
    with writing(city) as connection, open_place(connection, city, DAY):
        refused = pytest.raises(WarehouseError, match="Close other programs")
        with writing(Home(city.root / "other").prepare()) as other, refused, open_place(other, city, DAY):
            pass
        assert place_of(city, DAY).exists()


def test_of_an_old_place_that_is_damaged_or_half_made_no_codes_are_kept(
    city: Home, caplog: pytest.LogCaptureFixture
) -> None:
    with writing(city) as connection, open_place(connection, city, NEXT):
        connection.execute("CREATE TABLE day.risk.codes AS FROM risk.codes LIMIT 1")
    place_of(city, DAY).write_bytes(b"not a database" * 1000)
    places.shed_old(city, 0)
    assert list(city.days.glob("**/*.duckdb")) == list(city.days.glob("**/*.parquet")) == []
    assert f"codes of {DAY} are not kept" in caplog.text


def test_a_place_that_another_program_holds_is_left_alone(city: Home) -> None:
    path = place_of(city, DAY)
    path.parent.mkdir(exist_ok=True)
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline()
        refused = pytest.raises(WarehouseError, match="Close other programs")
        with writing(city) as connection, refused, open_place(connection, city, DAY):
            pass
    finally:
        holder.stdin.close()
        holder.wait()
    assert path.exists()


def test_every_table_that_a_coding_replaces_is_declared_as_of_the_day(city: Home) -> None:
    """What is not would be written to the warehouse itself, past the place."""
    with writing(city) as connection, open_place(connection, city, NEXT):
        ledgers = ("plan.targets", "plan.draws", "plan.crews", "plan.ties")

        def kept() -> dict[str, int]:
            found = connection.execute(
                "SELECT schema_name || '.' || table_name, estimated_size FROM duckdb_tables() "
                "WHERE database_name = ? AND table_name NOT IN ('meta')",
                [places.live(connection)],
            ).fetchall()
            return {name: size for name, size in found if name not in ledgers}

        before = kept()
        coding = coding_on(connection, PACK, NEXT)
        code_enterprises(connection, coding)
        compute_plan(connection, coding)
        assert kept() == before
