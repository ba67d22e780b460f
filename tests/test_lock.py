"""The locks: everything pinned with hashes, in step with pyproject.toml, and no registry named."""

import re
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
LOCKS = {"requirements.lock": "dependencies", "requirements-dev.lock": "dev"}


def pins(lock: str) -> dict[str, str]:
    """Name and version of everything a lock pins."""
    text = (REPOSITORY / lock).read_text()
    return {
        name.lower().replace("_", "-"): version
        for name, version in re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.MULTILINE)
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_carries_a_hash(lock: str) -> None:
    text = (REPOSITORY / lock).read_text()
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) > 50
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("lock", LOCKS)
def test_no_registry_or_local_path_is_named(lock: str) -> None:
    text = (REPOSITORY / lock).read_text()
    assert not re.search(r"https?://|file:|--index|--find-links|--extra-index", text)


@pytest.mark.parametrize(("lock", "group"), LOCKS.items())
def test_every_declared_dependency_is_pinned_within_its_bounds(lock: str, group: str) -> None:
    from packaging.requirements import Requirement

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    declared = project["project"]["dependencies"] + (
        project["dependency-groups"]["dev"] if group == "dev" else []
    )
    pinned = pins(lock)
    for text in declared:
        requirement = Requirement(text)
        name = requirement.name.lower()
        assert name in pinned, f"{lock} lacks {name}: run make lock"
        assert requirement.specifier.contains(pinned[name]), f"{lock}: {name} is out of step: run make lock"


def test_both_locks_agree() -> None:
    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: dev.get(name) for name in run} == run
