"""The command that explains a code: on screen, as JSON, as a page."""

import json
import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

from desk.terminal.passport import show_passport
from desk.words.words import Words
from pipelines.cli import app
from tests.worlds.passports import GREEN, HELD, RED, write_copy
from warehouse.database.reading import open_copy
from warehouse.home import Home
from warehouse.questions.passport import passport


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_copy(tmp_path_factory.mktemp("copy") / "riskcode.duckdb")


@pytest.fixture(autouse=True)
def published(copy: Path, home: Home) -> Home:
    shutil.copy(copy, home.published)
    return home


def explain(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["explain", *arguments], env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.output
    return done.output


def test_the_screen_says_why_until_when_and_what_would_change_it() -> None:
    said = " ".join(explain(RED).split())
    for told in (
        "RED since 2026-05-02 · 20 risk points",
        "RED because of a rule: Open major hazard (1 open).",
        "If nothing new happens RED RED; time alone does not change it",
        "What would change it YELLOW from 2026-07-31",
        "□ Rectify it and have it closed: CHEM-05 demo/V1",
        "How the code has changed RED 2026-05-02 GREEN to RED",
    ):
        assert told in said, told
    assert "One event from RED" not in said
    assert "any of these makes it RED: one accident" in " ".join(explain(GREEN).split())
    assert "Nothing needs be done; waiting is enough" in " ".join(explain(HELD).split())


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("firm", [RED, HELD, GREEN])
def test_the_screen_fits_80_columns(published: Home, firm: str, language: str) -> None:
    with open_copy(published.published) as connection:
        found = passport(connection, firm)
    console = Console(width=80, record=True, force_terminal=False)
    with console.capture() as captured:
        show_passport(found, Words(language), console)
    assert max(cell_len(line) for line in captured.get().splitlines()) <= 80


def test_json_is_the_whole_passport() -> None:
    found = json.loads(explain(RED, "--json"))
    assert sum(reason["points"] for reason in found["reasons"]) == found["score"] == 20
    assert found["ways"][0]["acts"][0]["ref"] == "demo/V1"
    assert found["forecast"][0]["valid_from"] == "2026-07-01"


def test_the_page_goes_where_it_is_told_and_else_into_its_folder(published: Home, tmp_path: Path) -> None:
    assert explain(RED, "--html").strip() == str(published.passports / f"{RED}.html")
    explain(RED, "--html", "--output", str(tmp_path / "p.html"))
    first, second = (
        (published.passports / f"{RED}.html").read_bytes(),
        (tmp_path / "p.html").read_bytes(),
    )
    assert first == second


def test_an_output_without_a_page_is_refused() -> None:
    assert CliRunner().invoke(app, ["explain", RED, "--output", "p.html"]).exit_code == 2
