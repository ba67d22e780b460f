"""The tree and the arrows: every package resolves to this repository, and both workspace files agree."""

import ast
import importlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[1]
SOURCES = ("models", "warehouse", "desk", "assets", "pipelines", "benchmarks", "docs")
MOST_LINES_OF_A_FILE, MOST_LINES_OF_A_FUNCTION = 400, 60
MOST_IMPORTS_BELOW = 30
"""Imports inside functions: libraries that take seconds, or that readers of the published copy do without."""


def sources(*folders: str) -> Iterator[tuple[str, str]]:
    """Path below the repository and text of every source file."""
    for folder in folders:
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            yield str(path.relative_to(REPOSITORY)), path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "package", ["models", "warehouse", "desk", "assets", "pipelines", "tests", "benchmarks"]
)
def test_each_package_is_this_repositorys_own(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(REPOSITORY)
    assert not Path(module.__file__).is_relative_to(REPOSITORY / ".venv")


def test_dagsters_two_configurations_name_the_same_module() -> None:
    workspace = yaml.safe_load((REPOSITORY / "workspace.yaml").read_text())
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    nights, learning = (location["python_module"] for location in workspace["load_from"])
    assert nights["module_name"] == project["code_location_target_module"]
    assert nights["location_name"] == project["code_location_name"]
    assert learning["module_name"] == "pipelines.learning_definitions"


def test_assets_and_pipelines_keep_annotations_that_dagster_can_read() -> None:
    for name, text in sources("assets", "pipelines"):
        assert "from __future__ import annotations" not in text, name


def test_every_package_says_what_it_is_for() -> None:
    for name, text in sources(*SOURCES):
        assert text.startswith('"""'), f"{name} has no module docstring"


def test_there_are_no_drawers_for_odds_and_ends() -> None:
    names = {path.name for path in REPOSITORY.glob("*/**/*.py") if ".venv" not in path.parts}
    assert not names & {"utils.py", "helpers.py", "misc.py", "common.py"}


def test_only_the_warehouse_opens_duckdb() -> None:
    for name, text in sources("models", "desk", "assets", "pipelines"):
        assert "duckdb.connect" not in text, name


def test_a_file_can_be_read_in_one_go() -> None:
    lines = {name: text.count("\n") for name, text in sources(*SOURCES)}
    assert {name: count for name, count in lines.items() if count > MOST_LINES_OF_A_FILE} == {}


def test_a_function_fits_a_screen() -> None:
    lines = {
        f"{name}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, text in sources(*SOURCES)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: count for name, count in lines.items() if count > MOST_LINES_OF_A_FUNCTION} == {}


def test_modules_import_at_the_top() -> None:
    below = {
        f"{name}:{node.lineno}"
        for name, text in sources("models", "warehouse", "desk", "assets", "pipelines")
        for function in ast.walk(ast.parse(text))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert len(below) <= MOST_IMPORTS_BELOW, sorted(below)
