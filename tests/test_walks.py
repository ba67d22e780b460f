"""The walks of CONTRIBUTING.md: the files they name are there and as many as they say; those that can be walked are."""

import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from desk.words import catalogue
from desk.words.words import Words
from models.lint.lint import has_errors, lint
from models.policy import load_policy
from models.policy.loading import PACKS
from pipelines.cli import app
from tests.worlds.packs import LIMITS, edited

REPOSITORY = Path(__file__).parents[1]
PAGE = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
WALKS = {
    head: (int(count), re.findall(r"^\d+\. `([^`]+)`", text, flags=re.M))
    for head, count, text in re.findall(
        r"^### (.+?): (\d+) (?:files?|folder)[^\n]*\n(.*?)(?=^##)", PAGE, flags=re.M | re.S
    )
}


def test_five_changes_are_walked_through() -> None:
    assert len(WALKS) == 5


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_names_as_many_files_as_it_says_and_they_are_there(walk: str) -> None:
    count, paths = WALKS[walk]
    assert len(paths) == count
    for path in paths:
        # What is new stands in capitals: its folder is there, it is not.
        is_new = re.search(r"[A-Z]{4,}\b", path.replace("CHANGELOG", "")) is not None
        assert (REPOSITORY / path).exists() != is_new, path
        assert (REPOSITORY / path).parent.is_dir(), path


def test_an_alert_source_is_one_mapping_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "报警.csv").write_text(
        "编号,企业,时间,级别\nA1,91370102MA3005GLXR,2026-06-01 08:00,red\n", encoding="utf-8"
    )
    (tmp_path / "source.yaml").write_text(
        """
mapping: gas_sensors
title: 燃气报警 / gas alarms
id_scheme: uscc
tables:
  alerts:
    - files: ["报警.csv"]
      columns:
        alert_id: 编号
        enterprise_id: 企业
        raised_at: 时间
        recorded_at: 时间
        kind: {constant: exceedance}
        level: 级别
        source_system: {constant: platform}
""",
        encoding="utf-8",
    )
    monkeypatch.setenv("RISKCODE_HOME", str(tmp_path / "home"))
    asked = ["sources", "check", str(tmp_path), "--mapping", str(tmp_path / "source.yaml"), "--json"]
    told = CliRunner().invoke(app, asked)
    assert told.exit_code == 0, told.output
    assert '"alerts"' in told.output


def test_a_rule_of_red_is_changed_in_one_file_of_the_pack(tmp_path: Path) -> None:
    provenance = "      basis: proposal\n      reference: resolution of the bureau of 1 September 2026\n"
    dated = f"    2026-09-01:\n{provenance}      {LIMITS.replace('42', '38')}\n"
    edited(PACKS / "starter", tmp_path, "codes", f"      {LIMITS}\n", f"      {LIMITS}\n{dated}")
    policy = load_policy("starter", folder=tmp_path)
    assert [policy.on(date(2026, month, 1)).codes.thresholds.red for month in (8, 9)] == [42, 38]
    assert not has_errors(lint(policy))


def test_a_language_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "labels.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgctxt "code"\nmsgid "RED"\nmsgstr "ROT"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    assert catalogue.languages() == ("en", "de")
    assert Words("de").within("code", "RED") == "ROT"
    assert Words("de").within("code", "GREEN") == "GREEN"
