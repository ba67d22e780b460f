"""The tree and the arrows: every package resolves to this repository, and both workspace files agree."""

import importlib
import tomllib
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[1]


@pytest.mark.parametrize("package", ["models", "warehouse", "assets", "pipelines", "tests", "benchmarks"])
def test_each_package_is_this_repositorys_own(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(REPOSITORY)
    assert not Path(module.__file__).is_relative_to(REPOSITORY / ".venv")


def test_dagsters_two_configurations_name_the_same_module() -> None:
    workspace = yaml.safe_load((REPOSITORY / "workspace.yaml").read_text())
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    [location] = workspace["load_from"]
    assert location["python_module"]["module_name"] == project["code_location_target_module"]
    assert location["python_module"]["location_name"] == project["code_location_name"]


def test_assets_and_pipelines_keep_annotations_that_dagster_can_read() -> None:
    for folder in ("assets", "pipelines"):
        for path in (REPOSITORY / folder).rglob("*.py"):
            assert "from __future__ import annotations" not in path.read_text(), path


def test_every_package_says_what_it_is_for() -> None:
    for folder in ("models", "warehouse", "assets", "pipelines"):
        for path in (REPOSITORY / folder).rglob("*.py"):
            assert path.read_text().startswith('"""'), f"{path} has no module docstring"


def test_there_are_no_drawers_for_odds_and_ends() -> None:
    names = {path.name for path in REPOSITORY.glob("*/**/*.py") if ".venv" not in path.parts}
    assert not names & {"utils.py", "helpers.py", "misc.py", "common.py"}


def test_only_the_warehouse_opens_duckdb() -> None:
    for folder in ("models", "assets", "pipelines"):
        for path in (REPOSITORY / folder).rglob("*.py"):
            assert "duckdb.connect" not in path.read_text(), path
