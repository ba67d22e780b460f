"""What docs/asvs.md claims can be looked at: tests and code it names are there, every requirement is there once."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from docs.markers import block

REPOSITORY = Path(__file__).parents[1]
PAGES = ("asvs.md", "threat-model.md")
CHAPTERS = dict(enumerate((27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7), start=1))
"""How many requirements of levels 1 and 2 each chapter of ASVS 5.0.0 has."""
STATES = ("met", "not met", "does not apply")
_NUMBER = re.compile(r"\d+\.\d+\.\d+")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_PLACE = re.compile(r"`((?:models|warehouse|desk|pipelines|docs|deploy)(?:/[\w.-]+)+)(?::(\w+))?`")


class Line(NamedTuple):
    """One line of a table: the requirements it is about, their state, and what is said of them."""

    numbers: list[str]
    state: str
    said: str


@cache
def page(name: str) -> str:
    return (REPOSITORY / "docs" / name).read_text(encoding="utf-8")


@cache
def names_in(path: str) -> frozenset[str]:
    """Functions, classes and names that a module defines, at its top or in a class."""
    found = set[str]()
    for node in ast.walk(ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                parts = target.elts if isinstance(target, ast.Tuple) else [target]
                found |= {part.id for part in parts if isinstance(part, ast.Name)}
    return frozenset(found)


def lines() -> list[Line]:
    """Lines of the tables, in their order."""
    found = list[Line]()
    for text in page("asvs.md").splitlines():
        cells = [cell.strip() for cell in text.strip("|").split(" | ")]
        if text.startswith("|") and len(cells) == 4 and _NUMBER.match(cells[0]):
            found.append(Line(cells[0].split(", "), cells[2], cells[3]))
    return found


def test_every_requirement_stands_there_once_under_its_chapter() -> None:
    numbers = [number for line in lines() for number in line.numbers]
    assert [number for number, count in Counter(numbers).items() if count > 1] == []
    assert [number for number in numbers if not _NUMBER.fullmatch(number)] == []
    assert Counter(int(number.partition(".")[0]) for number in numbers) == CHAPTERS
    assert sum(CHAPTERS.values()) == 253
    under = {
        number: int(chapter)
        for chapter, part in re.findall(r"^## V(\d+) (.*?)(?=^## |\Z)", page("asvs.md"), re.M | re.S)
        for number in _NUMBER.findall("\n".join(row.split(" | ")[0] for row in part.splitlines()))
    }
    assert [number for number, chapter in under.items() if not number.startswith(f"{chapter}.")] == []


def test_every_requirement_is_met_is_not_or_does_not_apply_and_it_is_said_how_or_why() -> None:
    assert [line for line in lines() if line.state not in STATES or not line.said] == []
    # A claim of having met something can be looked at: it names a file or a test.
    bare = [line.numbers for line in lines() if line.state == "met" and "`" not in line.said]
    assert bare == []


def test_the_sums_are_those_of_the_lines() -> None:
    counts = Counter((int(number.split(".")[0]), line.state) for line in lines() for number in line.numbers)
    told = [
        f"| V{chapter} | {' | '.join(str(counts[chapter, state]) for state in STATES)} |"
        for chapter in CHAPTERS
    ]
    whole = (sum(counts[chapter, state] for chapter in CHAPTERS) for state in STATES)
    told.append(f"| all | {' | '.join(map(str, whole))} |")
    assert block(page("asvs.md"), "sums").strip().splitlines() == told


@pytest.mark.parametrize("name", PAGES)
def test_every_test_that_is_named_is_there(name: str) -> None:
    named = _TEST.findall(page(name))
    assert named
    assert page(name).count("::") == len(named), "a test is named as `tests/…/test_x.py::test_y`"
    assert [
        f"{path}::{test}"
        for path, test in named
        if not (REPOSITORY / path).is_file() or test not in names_in(path)
    ] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_module_file_and_function_that_is_named_is_there(name: str) -> None:
    named = _PLACE.findall(page(name))
    assert named
    gone = [path for path, _ in named if not (REPOSITORY / path).exists()]
    assert gone == []
    assert [f"{path}:{what}" for path, what in named if what and what not in names_in(path)] == []
