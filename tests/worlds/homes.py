"""Homes as a run leaves them, for all tests of a session; whoever writes in one takes a copy."""

import shutil
from pathlib import Path

import pytest

from tests.worlds.once import once
from tests.worlds.runs import DAY_1, ended, process, run_arguments, write_city


@pytest.fixture(scope="session")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the small demo city delivers."""
    return once(tmp_path_factory, "delivery", write_city)


@pytest.fixture(scope="session")
def coded(delivery: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the small demo city after its first run, a process of its own; ``summary.json`` is what it told."""

    def run(home: Path) -> None:
        done = ended(process(home, "-m", "pipelines", *run_arguments(delivery, DAY_1), "--json"))
        assert done.returncode == 0, done.stderr
        (home / "summary.json").write_text(done.stdout, encoding="utf-8")

    return once(tmp_path_factory, "coded", run)


def copy_of(home: Path, target: Path) -> Path:
    """A home to write in, without what only Dagster reads."""
    shutil.copytree(home, target, ignore=shutil.ignore_patterns("dagster", "data_docs"), dirs_exist_ok=True)
    return target
