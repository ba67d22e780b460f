"""Homes that cannot be written: told in one sentence with the next step, before anything is begun."""

import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from models.errors import WarehouseError
from tests.worlds.homes import copy_of
from tests.worlds.runs import published, riskcode
from warehouse.connection import writing
from warehouse.home import Home

NOBODY = 65_534


@contextmanager
def another_user(*paths: Path) -> Iterator[str]:
    """Be somebody who may read these files but not write them; gives the name of who owns them."""
    owner = pwd.getpwuid(os.geteuid()).pw_name
    before = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(0o555)
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    try:
        yield owner
    finally:
        os.seteuid(was)
        for path, mode in before.items():
            path.chmod(mode)


def open_to_all(folder: Path) -> Home:
    """A home in which everybody may write, and can get to."""
    folder.chmod(0o777)
    for parent in folder.parents:
        if parent != Path(parent.anchor) and parent.owner() == pwd.getpwuid(os.geteuid()).pw_name:
            parent.chmod(parent.stat().st_mode | 0o111)
    home = Home(folder / "home").prepare()
    for path in (home.root, home.logs, home.published.parent, home.dagster, home.inbox):
        path.chmod(0o777)
    return home


@pytest.mark.parametrize(
    "name", ["", "logs", "logs/runs.log", "warehouse.duckdb", "run.lock", "dagster/storage"]
)
def test_what_another_user_wrote_is_named_with_its_owner(name: str, tmp_path: Path) -> None:
    home = open_to_all(tmp_path)
    path = home.root / name
    if name and not path.exists():
        path.touch()
    with another_user(path) as owner, pytest.raises(WarehouseError) as told:
        home.prepare()
    assert told.value.facts["path"] == path and told.value.facts["owner"] == owner
    assert told.value.exit_code == 5 and f"chown -R {told.value.facts['user']} {home.root}" in str(told.value)


@pytest.mark.parametrize("name", ["logs", "warehouse.duckdb"])
def test_what_is_ones_own_and_read_only_is_not_blamed_on_another_user(name: str, tmp_path: Path) -> None:
    home = open_to_all(tmp_path)
    path = home.root / name
    path.touch()
    if os.geteuid() == 0:
        os.chown(path, NOBODY, -1)
    with another_user(path), pytest.raises(WarehouseError, match="read-only") as told:
        home.prepare()
    assert told.value.facts["path"] == path and "chown" not in str(told.value)


def test_a_home_of_ones_own_is_prepared_as_often_as_one_likes(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").prepare()
    (home.logs / "runs.log").touch()
    assert home.prepare() is home


def _copy_that_fills_the_disk(home: Home) -> None:
    """A published copy larger than what is free, of which nothing is stored."""
    with (home.published.parent / "large.duckdb").open("wb") as file:
        file.truncate(shutil.disk_usage(home.root).free)


def test_nothing_is_begun_without_room_for_the_copy_that_is_published(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").prepare()
    home.require_room()
    _copy_that_fills_the_disk(home)
    with pytest.raises(WarehouseError, match="No space left below"), writing(home):
        pass
    assert not home.warehouse.exists()


@pytest.mark.slow
def test_a_run_without_room_ends_in_one_sentence_and_leaves_the_copy(coded: Path, tmp_path: Path) -> None:
    home = Home(copy_of(coded, tmp_path / "home"))
    _copy_that_fills_the_disk(home)
    done = riskcode(home.root, "run")
    assert done.returncode == 5 and "Traceback" not in done.stderr
    [line] = [line for line in done.stderr.splitlines() if "✗" in line]
    assert "No space left below" in line and "nothing is lost" in line
    assert published(home.root) == published(coded)


@pytest.mark.slow
def test_without_a_day_named_none_before_the_one_coded_last_is_coded(coded: Path, tmp_path: Path) -> None:
    home = copy_of(coded, tmp_path / "home")
    for file in (Home(home).published, Home(home).warehouse):
        with duckdb.connect(str(file)) as connection:
            connection.execute("UPDATE ops.runs SET as_of = DATE '2199-01-01', known_at = DATE '2199-01-01'")
    done = riskcode(home, "run")
    assert done.returncode == 5 and "was the clock set back?" in done.stderr, done.stderr
    assert "2199-01-01" in done.stderr and "--as-of" in done.stderr
    with duckdb.connect(str(Home(home).warehouse)) as connection:
        # The demo city is an archive; a city that goes on is watched by the clock.
        connection.execute(r"UPDATE ops.mappings SET text = regexp_replace(text, 'archive_ends:[^\n]*', '')")
    watched = riskcode(home, "watch", "--once", "--json")
    assert watched.returncode == 5 and "was the clock set back?" in watched.stderr, watched.stderr


@pytest.mark.slow
def test_what_was_known_on_another_day_is_asked_of_a_day_that_is_named(coded: Path, tmp_path: Path) -> None:
    done = riskcode(copy_of(coded, tmp_path / "home"), "run", "--known-at", "2026-01-01")
    assert done.returncode == 2 and "--as-of" in done.stderr
