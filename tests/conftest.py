"""Fixtures shared by all tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from pipelines.settings import load_settings
from warehouse.home import Home

REPOSITORY = Path(__file__).parents[1]

pytest_plugins = ["tests.worlds.homes"]

# A shared machine is no stop-watch; CI tries the same examples every time, people try new ones.
settings.register_profile("here", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("here")

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ["RISKCODE_LANG"] = "en"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """An empty RISKCODE_HOME of its own."""
    monkeypatch.setenv("RISKCODE_HOME", str(tmp_path / "home"))
    yield Home(tmp_path / "home").prepare()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real data sets; the test is skipped where there is none."""
    folder = load_settings().real_data
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; set RISKCODE_REAL_DATA")
    return folder
