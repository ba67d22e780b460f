"""Commands about the rules: a change is looked at, decided by a person, recorded, and nothing else changes a code."""

import csv
import json
import logging
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

from assets.resources import Warehouse
from desk.terminal.policy import show_diff, show_firm
from desk.words.words import Words
from models.errors import PolicyError
from models.policy import load_policy
from models.policy.loading import PACKS
from pipelines import cli
from tests.warehouse.rules.test_packs import END, FIRMS, coded_city
from tests.worlds.homes import copy_of
from tests.worlds.packs import LIMITS
from warehouse.connection import writing
from warehouse.home import Home
from warehouse.what_if.pack_diff import MOMENTS, PackDiff, Side

NEXT = (END + timedelta(days=1)).isoformat()
BY = ("--by", "Li", "--reason", "RED from 12 points on")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return coded_city(tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a pack of its own: only the file it changes, the rest from the starter pack."""
    folder = tmp_path_factory.mktemp("mine") / "hard"
    folder.mkdir()
    meta = (PACKS / "starter" / "pack.yaml").read_text(encoding="utf-8")
    (folder / "pack.yaml").write_text(
        meta.replace("name: starter", "name: hard\nextends: starter"), encoding="utf-8"
    )
    codes = (PACKS / "starter" / "codes.yaml").read_text(encoding="utf-8")
    assert LIMITS in codes
    (folder / "codes.yaml").write_text(
        codes.replace(LIMITS, "value: {blue: 2, yellow: 6, red: 12}"), encoding="utf-8"
    )
    return folder


def policy(home: Path, *arguments: str) -> Result:
    settings = {"RISKCODE_HOME": str(home), "RISKCODE_LANG": "en", "COLUMNS": "120"}
    return CliRunner().invoke(cli.app, ["policy", *arguments], env=settings)


def told(home: Path, *arguments: str) -> Any:
    done = policy(home, *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.slow
def test_the_first_run_puts_the_pack_of_the_settings_in_force(coded: Path) -> None:
    [first] = told(coded, "list")["activations"]
    assert (first["pack"], first["kind"], first["state"]) == ("starter", "initial", "active")
    assert first["pack_hash"] == load_policy().content_hash


def test_a_pack_is_compared_put_in_force_and_listed(city: Home, hard: Path, tmp_path: Path) -> None:
    home = copy_of(city.root, tmp_path / "home")
    done = policy(home, "activate", str(hard), "--from", NEXT, *BY)
    assert done.exit_code == 0, done.output
    assert "Codes, by facts" in done.stdout and "Workload" in done.stdout
    assert f"hard {load_policy().version} is in force from {NEXT}" in done.stdout
    latest, first = told(home, "list")["activations"]
    assert (latest["activated_by"], latest["reason"], latest["state"]) == ("Li", BY[3], "coming")
    kept = json.loads(latest["diff"])
    assert (kept["enterprises"], kept["new"]["name"], first["diff"]) == (FIRMS, "hard", None)
    shown = policy(home, "list").stdout
    assert "codes changed in the comparison" in shown and "as in force" in shown


def test_a_pack_put_in_force_unseen_is_recorded_as_that(city: Home, hard: Path, tmp_path: Path) -> None:
    home = copy_of(city.root, tmp_path / "home")
    assert policy(home, "activate", str(hard), "--from", NEXT, *BY, "--without-diff").exit_code == 0
    assert "without a comparison" in " ".join(policy(home, "list").stdout.split())
    refused = policy(home, "activate", "shanxi", "--from", END.isoformat(), *BY, "--without-diff")
    assert isinstance(refused.exception, PolicyError) and "coded already" in str(refused.exception)


def test_an_enterprise_has_a_preview_of_its_own(city: Home, hard: Path, tmp_path: Path) -> None:
    with writing(city) as connection:
        [[firm]] = connection.execute("SELECT arg_max(enterprise_id, score) FROM risk.codes").fetchall()
    out = tmp_path / "out"
    found = told(city.root, "diff", "active", str(hard), "--enterprise", firm, "--output", str(out))
    [row] = found["firms"]
    assert (row["enterprise_id"], row["new_facts"]) == (firm, "red")
    assert json.loads((out / "diff.json").read_text(encoding="utf-8"))["firms"] == found["firms"]
    with (out / "matrix.csv").open(encoding="utf-8-sig") as file:
        assert sum(int(one["enterprises"]) for one in csv.DictReader(file)) == FIRMS * len(MOMENTS)


def test_lint_of_a_faulty_pack_fails_and_the_pack_is_not_put_in_force(
    home: Home, hard: Path, tmp_path: Path
) -> None:
    assert policy(home.root, "lint").exit_code == policy(home.root, "lint", "shanxi").exit_code == 0
    faulty = tmp_path / "faulty"
    shutil.copytree(hard, faulty)
    codes = (faulty / "codes.yaml").read_text(encoding="utf-8")
    (faulty / "codes.yaml").write_text(codes.replace("red: 12", "red: 1200"), encoding="utf-8")
    done = policy(home.root, "lint", str(faulty))
    assert done.exit_code == 3
    assert "no score can reach 1200" in done.stdout and "check items starter" in done.stdout
    refused = policy(home.root, "activate", str(faulty), "--from", NEXT, *BY)
    assert isinstance(refused.exception, PolicyError) and "is not put in force" in str(refused.exception)
    assert told(home.root, "list")["activations"] == []


def test_an_unknown_pack_is_answered_with_the_known_ones(home: Home) -> None:
    done = policy(home.root, "lint", "jinan")
    assert isinstance(done.exception, PolicyError) and "shanxi, starter, active" in str(done.exception)
    assert policy(home.root, "diff", "a", "b", "c").exit_code == 2


# --------------------------------------------------------------------------------------------- runs and files


def test_a_run_goes_on_with_what_is_in_force_and_says_once_that_the_files_differ(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="riskcode")

    def coded_by(pack: str) -> str:
        with writing(home) as connection:
            run = Warehouse(home=str(home.root), pack=pack)
            run.begin(connection, (END,))
            with run.at(END):
                return [run.coding(END).policy.pack for _ in range(2)][-1]

    assert coded_by("starter") == "starter"
    assert caplog.messages == []
    assert coded_by("shanxi") == "starter"
    assert len(caplog.messages) == 1 and "./riskcode policy diff shanxi" in caplog.messages[0]
    caplog.clear()
    # Files somebody is in the middle of editing.
    assert coded_by("no_such_pack") == "starter"
    assert len(caplog.messages) == 1 and "stays in force" in caplog.messages[0]


# ------------------------------------------------------------------------------------------------- what is shown

FIRM = {
    "enterprise_id": "A",
    "name": "甲[1]",
    "old_issued": "red",
    "new_issued": "red",
    "old_facts": "red",
    "new_facts": "yellow",
    "old_later": "red",
    "new_later": "yellow",
    "old_score": 36,
    "new_score": 30,
    "old_decided_by": "score",
    "new_decided_by": "held",
    "reasons": [
        {
            "kind": "points",
            "factor": "credit",
            "title_zh": "信用",
            "title_en": "Credit",
            "old_points": 6,
            "new_points": None,
            "spoke": True,
            "speaks": False,
        },
        {
            "kind": "held",
            "factor": "held",
            "title_zh": "观察",
            "title_en": "Waiting",
            "old_points": None,
            "new_points": 0,
            "spoke": False,
            "speaks": True,
        },
    ],
}


def by_hand() -> PackDiff:
    """One enterprise of two gets milder, after the wait."""
    moves = [(moment, "red", "red" if moment == "issued" else "yellow") for moment in MOMENTS]
    rows = [{"moment": moment, "old": old, "new": new, "enterprises": 1} for moment, old, new in moves]
    rows += [{"moment": moment, "old": "green", "new": "green", "enterprises": 1} for moment in MOMENTS]
    groups = [{"grouped_by": "division", "group": "370102", **row} for row in rows]
    sides = (Side("a", "1", "0" * 64), Side("b", "2", "1" * 64))
    return PackDiff(END, date(2026, 9, 28), 2, *sides, "card1", rows, groups, [], [], [], [], [FIRM])


@pytest.mark.parametrize(
    ("language", "texts"),
    [("en", ("by facts", "Lixia", "no workload")), ("zh", ("仅看事实", "历下区", "无工作量比较"))],
)
def test_a_comparison_fits_a_terminal_in_both_languages(language: str, texts: tuple[str, ...]) -> None:
    console = Console(width=100, record=True, file=None, quiet=False, color_system=None)
    with console.capture() as shown:
        show_diff(by_hand(), {}, Words(language), console)
        show_firm(by_hand(), FIRM, {"held": "Waiting"}, Words(language), console)
    text = shown.get()
    assert all(one in text for one in (*texts, "card1", "甲[1]", "1 → 0"))
    assert max(len(line) for line in text.splitlines()) <= 100


def test_numbers_of_a_comparison_by_hand() -> None:
    found = by_hand()
    assert (found.moved("issued"), found.moved("facts"), found.moved("later")) == (0, 1, 1)
    assert found.counts("facts", "old") == {"red": 1, "green": 1}
    assert found.counts("facts", "new") == {"yellow": 1, "green": 1}
