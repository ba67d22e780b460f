"""``./riskcode sources draft``: a mapping for a pipe or a file, what comes next, and no file overwritten unasked."""

import json
from pathlib import Path

import pytest

from tests.worlds.deliveries import csv_bytes, deliver, firm, violation
from tests.worlds.runs import riskcode
from warehouse.intake.mapping import load_mapping, parse_mapping


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return deliver(
        tmp_path / "执法导出",
        {
            "企业名册.csv": csv_bytes([firm(0)]),
            "违法行为_2025.csv": csv_bytes([violation("v1", severity="甲")]),
        },
    )


def test_the_mapping_goes_to_a_pipe_and_the_next_step_beside_it(folder: Path, tmp_path: Path) -> None:
    done = riskcode(tmp_path / "home", "sources", "draft", str(folder), "--name", "bureau")
    assert done.returncode == 0, done.stderr
    assert parse_mapping(done.stdout).name == "bureau"
    assert "--out mapping.yaml" in done.stderr
    assert f"./riskcode sources check {folder} --mapping mapping.yaml" in done.stderr.replace("\n", "")


def test_a_draft_in_a_file_can_be_checked_at_once(folder: Path, tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "m.yaml"
    done = riskcode(home, "sources", "draft", str(folder), "--out", str(file), RISKCODE_LANG="zh")
    assert done.returncode == 0 and done.stdout == ""
    assert f"sources check {folder} --mapping {file}" in done.stderr.replace("\n", "")
    assert "# ? severity：" in file.read_text(encoding="utf-8") and "严重程度" in file.read_text(
        encoding="utf-8"
    )
    checked = json.loads(
        riskcode(home, "sources", "check", str(folder), "--mapping", str(file), "--json").stdout
    )
    assert (checked["accepted"], checked["refused"]) == (1, 1)
    assert [rule["rule"] for rule in checked["rules"]] == ["unknown_code:severity"]


def test_a_file_is_not_overwritten_unasked(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text("mapping: mine\n", encoding="utf-8")
    done = riskcode(tmp_path / "home", "sources", "draft", str(folder), "--out", str(file))
    assert done.returncode == 1 and "--force" in done.stderr
    assert file.read_text(encoding="utf-8") == "mapping: mine\n"
    assert (
        riskcode(tmp_path / "home", "sources", "draft", str(folder), "--out", str(file), "--force").returncode
        == 0
    )
    assert set(load_mapping(file).tables) == {"enterprises", "violations"}


def test_a_draft_as_data_says_the_same(folder: Path, tmp_path: Path) -> None:
    told = json.loads(riskcode(tmp_path / "home", "sources", "draft", str(folder), "--json").stdout)
    assert parse_mapping(told["text"]).tables.keys() == told["mapping"]["tables"].keys()
    [severity] = [one for entry in told["entries"] for one in entry["columns"] if one["name"] == "severity"]
    assert (severity["cells"], severity["fit"], severity["by"]) == (1, 0, "header")
    assert "甲 (1)" in severity["questions"][0]


def test_a_mapping_that_lies_in_the_folder_is_no_delivery(folder: Path, tmp_path: Path) -> None:
    home, file = tmp_path / "home", folder / "mapping.yaml"
    assert riskcode(home, "sources", "draft", str(folder), "--out", str(file)).returncode == 0
    again = riskcode(home, "sources", "draft", str(folder))
    assert again.stdout == file.read_text(encoding="utf-8")


def test_a_name_that_no_source_can_have_is_refused(folder: Path, tmp_path: Path) -> None:
    done = riskcode(tmp_path / "home", "sources", "draft", str(folder), "--name", "市安监")
    assert done.returncode == 2 and "市安监" in done.stderr
