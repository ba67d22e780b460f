"""What is mutated, by which tests it is held, and what is not worth mutating: ``areas.yaml``, read and checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
FILE, SURVIVORS = HERE / "areas.yaml", HERE / "survivors.yaml"
PACKAGES = ("models", "warehouse", "desk", "assets", "pipelines")


@dataclass(frozen=True)
class Place:
    """Source files, and the tests that speak for them.

    ``fixture_seconds``: what the costliest fixture takes; mutmut's estimate of a test leaves fixtures out.
    """

    name: str
    sources: tuple[str, ...]
    tests: tuple[str, ...]
    fixture_seconds: int = 0

    def files(self) -> list[str]:
        """Paths of the source files, below the repository."""
        found = [path for source in self.sources for path in _python(REPOSITORY / source)]
        return sorted({path.relative_to(REPOSITORY).as_posix() for path in found})


@dataclass(frozen=True)
class LeftOut:
    """Mutants nobody should be asked to kill: those whose change has this form, and the reason."""

    what: str
    change: re.Pattern[str]
    because: str


@dataclass(frozen=True)
class Plan:
    """``areas.yaml``."""

    areas: Mapping[str, Place]
    lines_left_out: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    preload: tuple[str, ...]


@cache
def plan() -> Plan:
    """The areas and what is left out of them."""
    told: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    areas = {
        name: Place(name, tuple(area["sources"]), tuple(area["tests"]), area.get("fixture_seconds", 0))
        for name, area in told["areas"].items()
    }
    left_out = [LeftOut(one["what"], re.compile(one["change"]), one["because"]) for one in told["left_out"]]
    lines = tuple(one["line"] for one in told["lines_left_out"])
    return Plan(areas, lines, tuple(left_out), tuple(told["preload"]))


def place(name: str) -> Place:
    """An area by its name, or a folder or file with the tests of the areas it lies in.

    Raises ValueError where no area speaks for it.
    """
    areas = plan().areas
    path = name.strip("/")
    if path in areas:
        return areas[path]
    if not (REPOSITORY / path).exists():
        raise ValueError(f"There is no area and no path {path}. Areas: {', '.join(areas)}.")
    ours = [area for area in areas.values() if any(_overlap(path, source) for source in area.sources)]
    if not ours:
        raise ValueError(f"No area speaks for {path}. Add it to {FILE.relative_to(REPOSITORY)}.")
    same = [area for area in ours if area.sources == (path,)]
    if same:
        return same[0]
    tests = tuple(dict.fromkeys(test for area in ours for test in area.tests))
    return Place(path.replace("/", "-"), (path,), tests, max(area.fixture_seconds for area in ours))


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _python(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]
