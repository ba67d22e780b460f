"""Backups: verified before they count, refused by name once they are damaged, and only the oldest make room."""

import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from models.errors import BusyError, WarehouseError
from warehouse.clock import LOCAL
from warehouse.connection import holding, writing
from warehouse.home import Home
from warehouse.keeping.backup import Backup, back_up
from warehouse.keeping.manifest import read_manifest
from warehouse.keeping.restore import check, restore

AT = datetime(2026, 7, 1, 3, 0, tzinfo=LOCAL)
MAPPING = "mapping: shi\ntables: {}\n"


@pytest.fixture
def filled(home: Home) -> Home:
    """A home that never coded, with a file of every kind."""
    with writing(home) as connection:
        connection.execute("INSERT INTO ops.meta VALUES ('mark', 'kept')")
    for name, text in {
        "cards/c1.json": "{}",
        "seeds/D-1": "secret",
        "exports/draws/D-1.json": "{}",
        "exports/queue.xlsx": "made again",
        "inbox/shi/mapping.yaml": MAPPING,
        "inbox/shi/企业名册.csv": "delivered again",
        "approved_mappings.jsonl": '{"hash": "h"}\n',
        "dagster/dagster.yaml": "telemetry: {}\n",
        "dagster/history/runs.db": "written at any time",
        "days/2026-06-30.duckdb": "a place",
        "map/park.geojson": "{}",
    }.items():
        path = home.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return home


def backed_up(home: Home, to: Path, *, hours: int = 0, keep: int | None = None) -> Backup:
    to.mkdir(exist_ok=True)
    return back_up(home, to, at=AT + timedelta(hours=hours), program="1", keep=keep)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mark(home: Home) -> list[tuple[str]]:
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return connection.execute("SELECT value FROM ops.meta WHERE key = 'mark'").fetchall()


def test_a_backup_holds_what_cannot_be_made_again_and_says_what_it_holds(
    filled: Home, tmp_path: Path
) -> None:
    made = backed_up(filled, tmp_path / "to")
    assert made.folder == tmp_path / "to" / "riskcode-2026-07-01T030000-1"
    assert check(made.folder) == made.manifest
    assert sorted(made.manifest.files) == [
        "approved_mappings.jsonl",
        "cards/c1.json",
        "dagster/dagster.yaml",
        "exports/draws/D-1.json",
        "inbox/shi/mapping.yaml",
        "map/park.geojson",
        "seeds/D-1",
        "warehouse.duckdb",
    ]
    assert (made.manifest.issued_on, made.manifest.made_at) == (None, AT)


def test_only_its_owner_can_read_a_backup_whatever_the_umask(filled: Home, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = backed_up(filled, tmp_path / "to")
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o077 for path in (made.folder, *made.folder.rglob("*"))}
    assert modes == {0}


def test_a_home_is_restored_as_it_was_and_what_gave_way_is_set_aside(filled: Home, tmp_path: Path) -> None:
    made = backed_up(filled, tmp_path / "to")
    with writing(filled) as connection:
        connection.execute("UPDATE ops.meta SET value = 'later' WHERE key = 'mark'")
    (filled.inbox / "shi" / "mapping.yaml").write_text("later")
    (filled.cards / "c2.json").write_text("later")
    (filled.root / "dagster" / "dagster.yaml").write_text("of this machine")
    with pytest.raises(WarehouseError, match="--replace"):
        restore(filled, made.folder, at=AT)
    done = restore(filled, made.folder, at=AT, replace=True)
    assert mark(filled) == [("kept",)]
    assert (filled.inbox / "shi" / "mapping.yaml").read_text() == MAPPING
    assert names(filled.inbox / "shi") == ["mapping.yaml", "企业名册.csv"]
    assert names(filled.cards) == ["c1.json"]
    assert (filled.seeds / "D-1").read_text() == "secret"
    assert not any(filled.days.iterdir()), "a place that another warehouse made is not gone on with"
    assert (filled.root / "dagster" / "dagster.yaml").read_text() == "of this machine"
    assert done.aside is not None and (done.aside / "cards" / "c2.json").read_text() == "later"
    assert (done.aside / "inbox" / "shi" / "mapping.yaml").read_text() == "later"
    assert not [path for path in filled.root.iterdir() if path.name.startswith("restoring")]


def test_a_new_home_is_filled_without_being_asked_twice(filled: Home, tmp_path: Path) -> None:
    made = backed_up(filled, tmp_path / "to")
    new = Home(tmp_path / "new")
    done = restore(new, made.folder, at=AT)
    assert done.aside is None and mark(new) == [("kept",)]
    assert (new.root / "dagster" / "dagster.yaml").read_text() == "telemetry: {}\n"
    assert (new.approved.read_text(), names(new.cards)) == ('{"hash": "h"}\n', ["c1.json"])


def _truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def _flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [_truncated, _flipped, Path.unlink])
@pytest.mark.parametrize("name", ["home/warehouse.duckdb", "home/seeds/D-1", "home/inbox/shi/mapping.yaml"])
def test_a_damaged_file_is_named_and_nothing_is_touched(
    name: str, damage: Callable[[Path], None], filled: Home, tmp_path: Path
) -> None:
    made = backed_up(filled, tmp_path / "to")
    damage(made.folder / name)
    before = {path: path.stat().st_mtime_ns for path in filled.root.rglob("*")}
    for attempt in (lambda: check(made.folder), lambda: restore(filled, made.folder, at=AT, replace=True)):
        with pytest.raises(WarehouseError) as told:
            attempt()
        assert told.value.facts["file"] == name.removeprefix("home/") and "is damaged" in str(told.value)
    assert {path: path.stat().st_mtime_ns for path in filled.root.rglob("*")} == before


def test_every_flipped_bit_of_a_manifest_is_noticed(filled: Home, tmp_path: Path) -> None:
    made = backed_up(filled, tmp_path / "to")
    manifest = made.folder / "manifest.json"
    content = manifest.read_bytes()
    for at in range(0, len(content), 7):
        changed = bytearray(content)
        changed[at] ^= 1 << at % 8
        manifest.write_bytes(changed)
        try:
            found = read_manifest(made.folder)
        except WarehouseError as error:
            assert "manifest.json" in str(error)
        else:
            # White space between what it says.
            assert found == made.manifest
    manifest.write_bytes(content[:-40])
    with pytest.raises(WarehouseError, match=r"manifest\.json is not as it was written"):
        check(made.folder)


def test_a_manifest_that_leads_out_of_the_home_is_refused(filled: Home, tmp_path: Path) -> None:
    from warehouse.keeping.manifest import write_manifest

    made = backed_up(filled, tmp_path / "to")
    outside = made.manifest.files | {"../stolen": next(iter(made.manifest.files.values()))}
    (made.folder / "manifest.json").unlink()
    write_manifest(made.folder, type(made.manifest)(**{**vars(made.manifest), "files": outside}))
    with pytest.raises(WarehouseError, match=r"manifest\.json"):
        check(made.folder)


def test_the_oldest_of_this_home_make_room_and_nothing_else_does(filled: Home, tmp_path: Path) -> None:
    to = tmp_path / "to"
    other = Home(tmp_path / "other")
    with writing(other):
        pass
    backed_up(other, to)
    (to / "riskcode-2020-01-01T000000-1").mkdir()
    made = [backed_up(filled, to, hours=hour, keep=2) for hour in range(1, 5)]
    assert [one.removed for one in made] == [(), (), (made[0].folder,), (made[1].folder,)]
    assert names(to) == [
        "riskcode-2020-01-01T000000-1",
        "riskcode-2026-07-01T030000-1",
        "riskcode-2026-07-01T060000-1",
        "riskcode-2026-07-01T070000-1",
    ]


def test_two_backups_of_one_second_have_two_names(filled: Home, tmp_path: Path) -> None:
    first, second = (backed_up(filled, tmp_path / "to") for _ in range(2))
    assert [first.folder.name[-2:], second.folder.name[-2:]] == ["-1", "-2"]


def test_a_name_that_another_home_took_meanwhile_is_left_to_it(
    filled: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = backed_up(filled, tmp_path / "to")
    free = iter([first.folder, first.folder.with_name("riskcode-next")])
    monkeypatch.setattr("warehouse.keeping.backup._free", lambda *_: next(free))
    assert backed_up(filled, tmp_path / "to").folder == first.folder.with_name("riskcode-next")
    assert check(first.folder) == first.manifest


def test_an_unfinished_backup_is_neither_restored_nor_counted_and_the_next_one_removes_it(
    filled: Home, tmp_path: Path
) -> None:
    to = tmp_path / "to"
    whole = backed_up(filled, to)
    unfinished = shutil.copytree(whole.folder, whole.folder.with_name("riskcode-2026-07-01T020000-1.x.part"))
    with pytest.raises(WarehouseError, match=r"no finished backup"):
        check(unfinished)
    assert backed_up(filled, to, hours=1, keep=2).removed == ()
    assert unfinished.exists(), "it may be of another home that is being backed up"


def test_where_there_is_nothing_no_folder_or_a_writer_that_is_told(filled: Home, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="Start a run first"):
        backed_up(Home(tmp_path / "new").prepare(), tmp_path / "to")
    with pytest.raises(WarehouseError, match="There is no folder"):
        back_up(filled, tmp_path / "unmounted", at=AT, program="1")
    with holding(filled), pytest.raises(BusyError):
        back_up(filled, tmp_path / "to", at=AT, program="1", wait_seconds=0.3)
    assert names(tmp_path / "to") == []


def test_nothing_is_begun_without_room(filled: Home, tmp_path: Path) -> None:
    with (filled.cards / "large.json").open("wb") as file:
        file.truncate(shutil.disk_usage(tmp_path).total)
    with pytest.raises(WarehouseError, match="No space left below"):
        backed_up(filled, tmp_path / "to")
    assert names(tmp_path / "to") == []
