"""What was written goes into the file by way of a copy: wherever that dies, nothing of it is lost."""

import os
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.kills.doom import FULL, KILLED, TORN, Doom
from tests.worlds.effort import EVERYTHING
from warehouse import checkpoint
from warehouse.checkpoint import take_in_log
from warehouse.connection import writing
from warehouse.home import Home, log_of

ROWS = 3_000


def written(home: Home) -> None:
    """A warehouse with something in its file and something else in its log."""
    with writing(home) as connection:
        connection.execute("CREATE TABLE ops.first AS SELECT range AS i FROM range(100000)")
    assert not log_of(home.warehouse).exists(), "beside a small file no log is left"
    with pytest.MonkeyPatch.context() as here, writing(home) as connection:
        here.setattr("warehouse.checkpoint._SMALL", 0)
        connection.execute(f"CREATE TABLE ops.then AS SELECT range AS i FROM range({ROWS})")
    assert log_of(home.warehouse).stat().st_size > 0


def found(home: Home) -> tuple[int, int]:
    with writing(home) as connection:
        [counted] = connection.execute(
            "SELECT (SELECT count(*) FROM ops.first), (SELECT count(*) FROM ops.then)"
        ).fetchall()
    return counted


def test_beside_a_large_file_what_was_written_stays_in_the_log_until_that_is_long(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.checkpoint._SMALL", 0)
    written(home)
    assert found(home) == (100_000, ROWS)
    with writing(home) as connection:
        connection.execute("CREATE TABLE ops.much AS SELECT i, hash(i)::VARCHAR AS h FROM range(100000) r(i)")
        connection.execute("UPDATE ops.much SET h = h || h")
    assert not log_of(home.warehouse).exists()
    assert found(home) == (100_000, ROWS)


def test_the_file_holds_everything_once_the_log_is_taken_in(home: Home) -> None:
    written(home)
    take_in_log(home)
    assert not log_of(home.warehouse).exists() and not list(home.root.glob("checkpoint*"))
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM ops.then").fetchall() == [(ROWS,)]


def test_where_there_is_no_room_for_a_copy_nothing_is_lost(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(home)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as here:
        here.setattr("warehouse.checkpoint.shutil.copy", full)
        assert found(home) == (100_000, ROWS), "who wrote is not told that it failed"
        with pytest.raises(OSError, match="No space"):
            take_in_log(home)
    assert found(home) == (100_000, ROWS)


@pytest.mark.parametrize("number", range(1, 5))
def test_wherever_the_disk_refuses_to_be_waited_for_nothing_is_lost(
    home: Home, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    written(home)
    calls = iter(range(1, 100))

    def refuses(path: Path) -> None:
        if next(calls) == number:
            raise OSError(5, "Input/output error", str(path))

    with monkeypatch.context() as here:
        here.setattr("warehouse.checkpoint.synced", refuses)
        with pytest.raises(OSError, match="Input/output"):
            take_in_log(home)
    assert found(home) == (100_000, ROWS)


def test_a_warehouse_on_another_disk_stays_there_and_belongs_to_whom_it_did(
    home: Home, tmp_path: Path
) -> None:
    written(home)
    elsewhere = tmp_path / "disk" / "warehouse.duckdb"
    elsewhere.parent.mkdir()
    shutil.move(home.warehouse, elsewhere)
    home.warehouse.symlink_to(elsewhere)
    if os.geteuid() == 0:
        os.chown(elsewhere, 65534, 65534)
    before = elsewhere.stat()
    take_in_log(home)
    assert home.warehouse.is_symlink() and not elsewhere.is_symlink()
    assert (elsewhere.stat().st_uid, elsewhere.stat().st_mode) == (before.st_uid, before.st_mode)
    assert elsewhere.stat().st_ino != before.st_ino
    assert found(home) == (100_000, ROWS)


@pytest.mark.parametrize("has_taken_its_place", [True, False])
def test_what_was_decided_is_finished_by_whoever_writes_next(home: Home, has_taken_its_place: bool) -> None:
    written(home)
    (home.root / "checkpoint.decided").touch()
    if has_taken_its_place:
        log = log_of(home.warehouse).read_bytes()
        checkpoint.take_in_log(home)
        (home.root / "checkpoint.decided").touch()
        log_of(home.warehouse).write_bytes(log)
        with pytest.raises(duckdb.Error, match="older version"):
            duckdb.connect(str(home.warehouse))
    else:
        (home.root / "checkpoint.duckdb").write_bytes(b"half of it")
    assert found(home) == (100_000, ROWS)
    assert not list(home.root.glob("checkpoint*"))


@pytest.mark.slow
def test_wherever_it_dies_nothing_is_lost(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").prepare()
    doom = Doom(tmp_path)
    command = (
        "-c",
        "from pathlib import Path; import sys; from warehouse.checkpoint import take_in_log; "
        "from warehouse.home import Home; take_in_log(Home(Path(sys.argv[1])))",
        str(home.root),
    )
    written(home)
    before = {path: path.read_bytes() for path in (home.warehouse, log_of(home.warehouse))}
    changes = doom.python(home.root, home.root, *command).changes
    assert changes > 10
    for at in range(1, changes + 1, 1 if EVERYTHING else 3):
        for how in (KILLED, TORN, FULL):
            for path, content in before.items():
                path.write_bytes(content)
            doom.python(home.root, home.root, *command, at=at, how=how)
            assert found(home) == (100_000, ROWS), f"{how} at change {at}"
