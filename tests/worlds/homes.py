"""Homes as a run leaves them, for all tests of a session; whoever writes in one takes a copy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worlds.once import once
from tests.worlds.runs import DAY_1, riskcode, run_arguments, write_city
from warehouse.home import Home, sides_of


@pytest.fixture(scope="session")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the small demo city delivers."""
    return once(tmp_path_factory, "delivery", write_city)


LEFT_BY_READERS = {
    *("exports", "run.lock", "run.holder"),
    *(path.name for path in sides_of(Home(Path()).documents)),
}
"""What a command that only reads may leave in a home: its exports, the lock when it looked whether it is free, and
beside the documents what SQLite's readers and writers see each other by."""


@pytest.fixture(scope="session")
def coded(delivery: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of the small demo city after its first run; ``summary.json`` is what that told.

    Who writes in it spoils it for others, so that is found out at the end.
    """

    def run(home: Path) -> None:
        done = riskcode(home, *run_arguments(delivery, DAY_1), "--json")
        assert done.returncode == 0, done.stderr
        (home / "summary.json").write_text(done.stdout, encoding="utf-8")

    home = once(tmp_path_factory, "coded", run)
    before = stamps(home)
    yield home
    assert stamps(home) == before, "a test wrote in the shared home; it should take a copy_of it"


def copy_of(home: Path, target: Path) -> Path:
    """A home to write in, without what only Dagster reads and what readers leave."""
    ignored = shutil.ignore_patterns("dagster", "data_docs", *LEFT_BY_READERS)
    shutil.copytree(home, target, ignore=ignored, dirs_exist_ok=True)
    return target


def stamps(home: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file that no reader may touch."""
    found = {path: path.stat() for path in home.rglob("*") if path.is_file()}
    return {
        f"{path.relative_to(home)}": (stat.st_size, stat.st_mtime_ns)
        for path, stat in found.items()
        if not LEFT_BY_READERS & set(path.relative_to(home).parts)
    }
