"""What was begun is carried through: decisions act or were not taken, and readers are told by whoever comes next.

Real processes are killed by ``python -m tests.kills``; here the moment is chosen by hand.
"""

import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from dagster import DagsterInstance, SensorResult, build_sensor_context, validate_run_config

from assets.intraday import intraday
from models.errors import WarehouseError
from pipelines.orphans import unfinished_acts
from tests.warehouse.test_intraday import FIRMS, PACK, START, begun
from tests.worlds.by_hand import row
from tests.worlds.strategies import canonical
from tests.worlds.warehouses import fill
from warehouse.connection import writing
from warehouse.database.frames import Connection, transaction
from warehouse.database.reading import reading, rows, telling_of_runs
from warehouse.disputes.overrides import Given, end_override, give_override
from warehouse.disputes.sitting import Desk, at_the_desk
from warehouse.home import Home
from warehouse.publish import published_as_of
from warehouse.questions.nights import last_night, nights_due
from warehouse.resume import ALL, is_whole, renew_copies, resume
from warehouse.rules.packs import begin_with

FIRM = FIRMS[0]
REASON = "经现场核对，该企业已停产，责令其整改期间按黄码管理。"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home after its first run; its today is the day of that."""
    found = Home(shutil.copytree(begun(), tmp_path / "home"))
    monkeypatch.setenv("RISKCODE_HOME", str(found.root))
    for place in ("warehouse.disputes.sitting.city_today", "warehouse.resume.city_today"):
        monkeypatch.setattr(place, lambda _: START)
    monkeypatch.setattr("warehouse.resume.night_begun", lambda: START)
    with writing(found) as connection:
        begin_with(connection, found, PACK)
        renew_copies(connection, found)
    return found


def given(desk: Desk) -> str:
    """An override is given."""
    last_day = START + timedelta(days=20)
    what = Given(FIRM, "yellow", desk.as_of, last_day, REASON, "孙复核", desk.on)
    return give_override(desk.connection, desk.coding(FIRM), what)


def overrides(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT enterprise_id, code FROM dispute.overrides").fetchall()


def shown(home: Home) -> str:
    """The code that readers find."""
    with reading(home) as connection:
        [row] = rows(connection, "SELECT code FROM risk.codes WHERE enterprise_id = $id", {"id": FIRM})
    return str(row["code"])


def dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_who_dies_before_the_code_follows_has_decided_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shown(home)
    with monkeypatch.context() as here:
        here.setattr("warehouse.intraday.issue", dies)
        with pytest.raises(KeyboardInterrupt), at_the_desk(home, PACK, START) as desk, desk.deciding(FIRM):
            given(desk)
    with writing(home) as connection:
        assert overrides(connection) == [] and is_whole(connection, home)
    assert shown(home) == before != "yellow"


def test_who_dies_before_readers_are_told_has_decided_and_the_next_one_tells_them(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as here:
        here.setattr("warehouse.intraday.publish_changed", dies)
        with pytest.raises(KeyboardInterrupt), at_the_desk(home, PACK, START) as desk, desk.deciding(FIRM):
            given(desk)
    assert shown(home) != "yellow", "readers know nothing of it yet"
    with writing(home) as connection:
        assert overrides(connection) == [(FIRM, "yellow")] and not is_whole(connection, home)
    with at_the_desk(home, PACK, START) as desk:
        assert shown(home) == "yellow", "whoever sits down tells them, whatever for"
        assert given(desk) == "V-2026-0001", "who asks once more is told what it is called"
        assert overrides(desk.connection) == [(FIRM, "yellow")]
        assert not resume(desk.connection, home, PACK)


def test_who_ends_an_override_once_more_ends_nothing(home: Home) -> None:
    with at_the_desk(home, PACK, START) as desk:
        with desk.deciding(FIRM):
            number = given(desk)
        told = {"by": "孙复核", "reason": REASON, "on": START, "first_day_without": START}
        for _ in range(2):
            with desk.deciding(FIRM):
                assert end_override(desk.connection, number, **told) == FIRM
        judged = "SELECT count(*), count(DISTINCT ended_stored_no) FROM dispute.overrides"
        assert desk.connection.execute(judged).fetchall() == [(1, 1)]
    assert shown(home) != "yellow"


@pytest.mark.parametrize("file", ["riskcode.duckdb", "policy.duckdb"])
@pytest.mark.parametrize("how", ["gone", "cut", "nothing", "exchanged"])
def test_a_copy_that_is_not_as_it_was_made_is_made_anew(home: Home, file: str, how: str) -> None:
    path = home.published.parent / file
    whole = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes({"cut": whole[: len(whole) // 3], "nothing": b"", "exchanged": whole}[how])
    with writing(home) as connection:
        assert not is_whole(connection, home)
        assert resume(connection, home, PACK) and is_whole(connection, home)
        assert all(one.stands(connection, home) for one in ALL)
    assert published_as_of(home) == START
    with duckdb.connect(str(path), read_only=True) as copy:
        assert copy.execute("SELECT count(*) FROM duckdb_tables()").fetchall() != [(0,)]


def test_where_a_night_is_due_it_codes_what_was_taken_in_and_readers_are_told_of_decisions_only(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = row(
        "violations", 1, enterprise_id=FIRM, occurred_on=START, is_major_hazard=True, recorded_at=START
    )
    with writing(home) as connection:
        fill(connection, {"violations": canonical("violations", [finding])}, received_on=START)
        monkeypatch.setattr("warehouse.resume.night_begun", lambda: START + timedelta(days=1))
        assert is_whole(connection, home), "the night codes it"
        home.published.unlink()
        assert resume(connection, home, PACK) and is_whole(connection, home)
        assert shown(home) != "red"
        monkeypatch.setattr("warehouse.resume.night_begun", lambda: START)
        assert resume(connection, home, PACK)
    assert shown(home) == "red"


@pytest.mark.parametrize("how", ["gone", "damaged"])
def test_what_was_issued_is_known_without_the_copy(home: Home, how: str) -> None:
    home.published.unlink()
    if how == "damaged":
        home.published.write_bytes(b"no database")
    later = START + timedelta(days=2)
    assert published_as_of(home) is None and last_night(home) == START
    assert nights_due(home, later) == [START + timedelta(days=1), later]


def test_while_somebody_writes_a_damaged_copy_is_told_and_no_copy_is_as_before_the_first_run(
    home: Home,
) -> None:
    home.published.write_bytes(b"no database")
    with writing(home):
        with pytest.raises(WarehouseError, match="another run is writing"), telling_of_runs(home):
            pass
        home.published.unlink()
        with telling_of_runs(home) as connection:
            assert connection is None


def test_the_sensor_asks_once_for_what_is_left_and_for_nothing_else(
    home: Home, instance: DagsterInstance
) -> None:
    def looks(cursor: str | None) -> SensorResult:
        found = unfinished_acts(build_sensor_context(instance=instance, cursor=cursor))
        assert isinstance(found, SensorResult)
        return found

    first = looks(None)
    assert not first.run_requests and first.cursor
    assert looks(first.cursor).cursor == first.cursor
    home.published.unlink()
    assert not looks(first.cursor).run_requests, "it looks after a write, not at every file"
    with writing(home) as connection:
        connection.execute("UPDATE ops.meta SET value = 'x' WHERE key LIKE 'copy:risk%'")
    left = looks(first.cursor)
    [asked] = left.run_requests or []
    assert validate_run_config(intraday, asked.run_config)
    assert not looks(left.cursor).run_requests
    with writing(home):
        assert not looks(first.cursor).run_requests, "somebody is writing"


def test_a_transaction_inside_another_one_is_part_of_it() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (n INTEGER)")
    with pytest.raises(KeyboardInterrupt), transaction(connection):
        with transaction(connection):
            connection.execute("INSERT INTO t VALUES (1)")
        raise KeyboardInterrupt
    assert connection.execute("SELECT count(*) FROM t").fetchall() == [(0,)]
    with transaction(connection), transaction(connection):
        connection.execute("INSERT INTO t VALUES (1)")
    assert connection.execute("SELECT count(*) FROM t").fetchall() == [(1,)]
