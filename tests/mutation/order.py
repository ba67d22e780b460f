"""The pytest plugin mutants are tested with: the cheapest tests first, the same examples every time, no shrinking."""

import json
import os
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import Phase, settings

SECONDS = Path("seconds.json")
"""What every test took with its fixtures, written while mutmut notes which test calls which function."""
_taken: defaultdict[str, float] = defaultdict(float)


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


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Fixtures count as well as the test."""
    _taken[report.nodeid] += report.duration


def pytest_sessionfinish() -> None:
    """Only the run that notes which test calls what."""
    if os.environ.get("MUTANT_UNDER_TEST") == "stats":
        SECONDS.write_text(json.dumps(dict(_taken)), encoding="utf-8")


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
