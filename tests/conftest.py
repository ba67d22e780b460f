"""Fixtures shared by all tests."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from pipelines.settings import load_settings
from tests.worlds.effort import EVERYTHING, tries
from warehouse.home import Home

pytest_plugins = [
    "tests.worlds.crews",
    "tests.worlds.desks",
    "tests.worlds.devices",
    "tests.worlds.homes",
    "tests.worlds.instances",
    "tests.worlds.packs",
    "tests.worlds.receivers",
]

# A shared machine is no stop-watch; CI tries the same examples every time, people try new ones.
settings.register_profile(
    "here", deadline=None, derandomize="CI" in os.environ and not EVERYTHING, max_examples=tries(100)
)
settings.load_profile("here")

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ["RISKCODE_LANG"] = "en"
# As many workers as cores: a second thread of each would only wait.
os.environ.setdefault("RISKCODE_THREADS", "1")
# Tests code days of many years in one process.
os.environ["RISKCODE_COMMISSIONED_ON"] = "2000-01-01"


TESTS = Path(__file__).parent
# Tests that are found stay to the end: no search for garbage has to pass their million objects again and again.
gc.disable()


def pytest_collection_finish() -> None:
    """The tests that were found, and all that they import, are no garbage."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files of dear tests come first, so that no worker ends long after the others; some wait for a whole run."""
    if "live" not in str(config.getoption("markexpr")):
        live = [item for item in items if item.get_closest_marker("live")]
        config.hook.pytest_deselected(items=live)
        items[:] = [item for item in items if item not in live]
    dear = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("real")}
    items.sort(key=lambda item: (item.path not in dear, _place(item.path)))
    if not EVERYTHING:
        for item in items:
            if item.get_closest_marker("whole"):
                item.add_marker(pytest.mark.skip(reason="part of make test-all"))


def _place(path: Path) -> int:
    """Where whole nights are coded comes first, where pages are looked at last: the last files are the small ones."""
    places = {"warehouse": 0, "pipelines": 1, "models": 3, "desk": 4}
    return next((places[part] for part in path.relative_to(TESTS).parts if part in places), 2)


@pytest.fixture(autouse=True)
def no_instance_is_left() -> None:
    """Dagster remembers the instance that was open last, even when that is gone: who loads definitions next fails.

    An instance of an earlier test may go in the midst of another, and bring back the one before itself.
    """
    if storage := sys.modules.get("dagster._core.storage.defs_state.base"):
        storage._current_storage.set(None)
        storage.DefsStateStorage.get = classmethod(lambda _: _if_there(storage._current_storage.get()))


def _if_there(held: Any) -> Any:
    """What is kept of an instance, while there still is one."""
    return (
        None if held is None or held._instance_weakref is None or held._instance_weakref() is None else held
    )


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
