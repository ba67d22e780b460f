"""The pytest plugin mutants are tested with.

The cheapest tests come first, with the same examples every time and no shrinking.  While mutmut notes which test calls
which function, every test that uses a shared fixture calls what its fixture called, and all call what imports did.
"""

import json
import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from mutmut.state import state

SECONDS = Path("seconds.json")
"""What every test took, with its fixtures."""
_taken = defaultdict[str, float](float)
_called_by = dict[Any, set[str]]()
"""What shared fixtures called when they were made."""


def pytest_sessionstart() -> None:
    """After ``tests/conftest.py`` chose its profile, before a test module reads it."""
    settings.register_profile(
        "mutants",
        settings.get_profile("here"),
        phases=(Phase.explicit, Phase.generate),
        derandomize=True,
        database=None,
    )
    settings.load_profile("mutants")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files by what their tests take, then tests by what they take: fixtures of a file are made once."""
    taken: dict[str, float] = json.loads(SECONDS.read_text(encoding="utf-8")) if SECONDS.exists() else {}
    whole = defaultdict[str, float](float)
    for item in items:
        whole[_file(item)] += taken.get(item.nodeid, 0)
    items.sort(key=lambda item: (whole[_file(item)], _file(item), taken.get(item.nodeid, 0)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What imports called, any test may depend on."""
    for function in state()._stats:
        state().tests_by_mangled_function_name[function] |= {item.nodeid for item in session.items}


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """Keep what a fixture called that several tests share."""
    before = set(state()._stats)
    state()._stats.clear()
    made = yield
    if fixturedef.scope != "function":
        _called_by[fixturedef] = set(state()._stats)
    state()._stats.update(before)
    return made


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Before mutmut notes what a test called."""
    known: dict[str, Any] = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    for fixture in (one for several in known.values() for one in several):
        state()._stats.update(_called_by.get(fixture, ()))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Fixtures count as well as the test."""
    _taken[report.nodeid] += report.duration


def pytest_sessionfinish() -> None:
    """Only the run that notes which test calls what."""
    if os.environ.get("MUTANT_UNDER_TEST") == "stats":
        SECONDS.write_text(json.dumps(_taken), encoding="utf-8")


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
