"""What was written goes into the file by way of a copy: wherever that dies, nothing of it is lost."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from models.errors import WarehouseError
from tests.kills.doom import FULL, KILLED, TORN, Doom
from tests.worlds.effort import EVERYTHING
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


@pytest.mark.parametrize("number", range(1, 6))
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


def test_a_warehouse_goes_on_belonging_to_whom_it_did(home: Home) -> None:
    written(home)
    if os.geteuid() == 0:
        os.chown(home.warehouse, 65534, 65534)
    before = home.warehouse.stat()
    take_in_log(home)
    after = home.warehouse.stat()
    assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)
    assert after.st_ino != before.st_ino


@pytest.mark.parametrize("is_there", [True, False])
def test_a_warehouse_that_is_a_link_is_refused(home: Home, tmp_path: Path, is_there: bool) -> None:
    written(home)
    elsewhere = tmp_path / "disk" / "warehouse.duckdb"
    elsewhere.parent.mkdir()
    if is_there:
        shutil.move(home.warehouse, elsewhere)
    home.warehouse.unlink(missing_ok=True)
    home.warehouse.symlink_to(elsewhere)
    with pytest.raises(WarehouseError, match="is a link"), writing(home):
        pass


def test_a_log_without_its_warehouse_is_refused(home: Home, tmp_path: Path) -> None:
    written(home)
    shutil.move(home.warehouse, tmp_path / "kept")
    with pytest.raises(WarehouseError, match="lies there without"), writing(home):
        pass
    shutil.move(tmp_path / "kept", home.warehouse)
    assert found(home) == (100_000, ROWS)


def test_nothing_is_taken_in_under_another_program(home: Home) -> None:
    written(home)
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home.warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout and other.stdout.readline() == b"open\n"
        with pytest.raises(duckdb.Error, match="lock"):
            take_in_log(home)
        other.communicate()
    assert found(home) == (100_000, ROWS)


def note_of(home: Home) -> bytes:
    """What the note says when the copy of this home takes its place."""
    kept: list[bytes] = []
    replace = Path.replace

    def noting(path: Path, target: Path) -> Path:
        kept.append((home.root / "checkpoint.decided").read_bytes())
        return replace(path, target)

    with pytest.MonkeyPatch.context() as here:
        here.setattr(Path, "replace", noting)
        take_in_log(home)
    [note] = kept
    return note


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_copy_that_took_its_place_is_noticed_by_whoever_writes_next(home: Home, is_whole: bool) -> None:
    written(home)
    log = log_of(home.warehouse).read_bytes()
    note = note_of(home)
    log_of(home.warehouse).write_bytes(log)
    with pytest.raises(duckdb.Error, match="older version"):
        duckdb.connect(str(home.warehouse))
    (home.root / "checkpoint.decided").write_bytes(note if is_whole else note[:5])
    if is_whole:
        assert found(home) == (100_000, ROWS)
    else:
        with pytest.raises(WarehouseError, match="older version"):
            found(home)
    assert not list(home.root.glob("checkpoint*"))


@pytest.mark.parametrize("copy", [b"half of it", None])
def test_a_log_stays_where_its_copy_never_took_its_place(home: Home, copy: bytes | None) -> None:
    written(home)
    (home.root / "checkpoint.decided").write_text('[1, "of a copy that somebody removed"]', encoding="utf-8")
    if copy:
        (home.root / "checkpoint.duckdb").write_bytes(copy)
    assert found(home) == (100_000, ROWS)
    assert not list(home.root.glob("checkpoint*"))


def test_a_note_that_comes_back_beside_a_later_log_takes_nothing_away(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(home)
    note = note_of(home)
    monkeypatch.setattr("warehouse.checkpoint._SMALL", 0)
    with writing(home) as connection:
        connection.execute("INSERT INTO ops.then VALUES (1)")
    (home.root / "checkpoint.decided").write_bytes(note)
    assert found(home) == (100_000, ROWS + 1)


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
