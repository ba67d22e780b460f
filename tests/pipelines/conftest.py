"""Homes that several test modules read."""

from pathlib import Path

import pytest

from tests.pipelines.city import DAY_1, riskcode, run_arguments, write_city


@pytest.fixture(scope="session")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one published run of the small demo city; tests only read it."""
    home = tmp_path_factory.mktemp("coded")
    city = write_city(tmp_path_factory.mktemp("delivery") / "city")
    done = riskcode(home, *run_arguments(city, DAY_1))
    assert done.returncode == 0, done.stderr
    (home / "summary.txt").write_text(done.stdout, encoding="utf-8")
    return home
