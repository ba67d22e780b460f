"""The locks: everything pinned with hashes, in step with pyproject.toml, no registry named, licences told in NOTICE."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
LOCKS = {
    "requirements.lock": (),
    "requirements-postgres.lock": ("requirements.lock",),
    "requirements-spark.lock": ("requirements.lock",),
    "requirements-dev.lock": ("requirements.lock", "requirements-postgres.lock"),
}
"""Each with those of which it holds all; Spark is large, and no test needs it."""
INSTALLED = ("requirements-postgres.lock", "requirements-spark.lock")


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


def declared() -> dict[str, list[str]]:
    """What each lock was made from."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    own = {"requirements-dev.lock": project["dependency-groups"]["dev"]}
    own |= {"requirements.lock": project["project"]["dependencies"]}
    own |= {f"requirements-{name}.lock": told for name, told in extras.items()}
    return {lock: [*own[lock], *(one for held in LOCKS[lock] for one in own[held])] for lock in LOCKS}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_declared_dependency_is_pinned_within_its_bounds(lock: str) -> None:
    from packaging.requirements import Requirement

    pinned = pins(lock)
    for text in declared()[lock]:
        requirement = Requirement(text)
        name = requirement.name.lower()
        assert name in pinned, f"{lock} lacks {name}: run make lock"
        assert requirement.specifier.contains(pinned[name]), f"{lock}: {name} is out of step: run make lock"


@pytest.mark.parametrize(
    ("smaller", "larger"), [(smaller, larger) for larger, held in LOCKS.items() for smaller in held]
)
def test_a_lock_agrees_with_the_one_it_builds_on(smaller: str, larger: str) -> None:
    held = pins(larger)
    assert {name: held.get(name) for name in pins(smaller)} == pins(smaller)


def test_an_installation_without_postgres_and_spark_needs_nothing_of_them() -> None:
    assert not {"dagster-postgres", "psycopg2-binary", "pyspark"} & set(pins("requirements.lock"))
    assert "pyspark" not in pins("requirements-dev.lock")


_ASKS_FOR_MORE = re.compile(r"\b(A?GPL|LGPL|MPL|EPL|EUPL|CDDL|OSL)\b|Affero|Lesser General|Mozilla Public")
"""Licences that ask for more than that a notice is kept."""


def test_the_notice_names_every_library_whose_licence_asks_for_more_than_a_notice() -> None:
    notice = (REPOSITORY / "NOTICE").read_text(encoding="utf-8")
    named = set(re.findall(r"^  ([a-z0-9-]+)  ", notice, re.MULTILINE))
    found = set[str]()
    installed = {name for lock in INSTALLED for name in pins(lock)}
    for name in installed:
        try:
            about = metadata(name)
        except PackageNotFoundError:
            continue  # of another system
        licences = [about.get("License-Expression") or "", (about.get("License") or "").split("\n")[0]]
        licences += [one for one in about.get_all("Classifier") or [] if one.startswith("License")]
        if _ASKS_FOR_MORE.search(" ".join(licences)):
            found.add(name)
    assert found <= named <= installed
