"""The cases of the desk as files tell them: ``tests/cases/desk/*.yaml``, one file for each clause."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

Case = Mapping[str, Any]
FOLDER = Path(__file__).parents[1] / "cases" / "desk"


def files() -> dict[str, Mapping[str, Any]]:
    """Files by clause."""
    return {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}


CLAUSES = frozenset(files())


def cases(is_asked: Callable[[Case], bool], *, usual: int | None = None) -> Iterator[Any]:
    """Cases by name, those that are asked for.  ``usual``: how many of a clause a usual run plays."""
    for clause, file in files().items():
        for place, case in enumerate(filter(is_asked, file["cases"])):
            marks = [pytest.mark.whole] if usual is not None and place >= usual else []
            yield pytest.param(case, id=f"{clause}: {case['name']}", marks=marks)
