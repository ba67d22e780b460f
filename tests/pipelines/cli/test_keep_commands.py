"""``./riskcode backup`` and ``restore`` as an operator calls them."""

import json
from pathlib import Path

import pytest

from tests.worlds.homes import copy_of
from tests.worlds.runs import DAY_1, published, riskcode

pytestmark = pytest.mark.slow


def test_a_home_goes_into_a_backup_and_out_of_it_on_another_machine(coded: Path, tmp_path: Path) -> None:
    home, to, other = copy_of(coded, tmp_path / "home"), tmp_path / "to", tmp_path / "other"
    to.mkdir()
    made = riskcode(home, "backup", str(to), "--json", "--keep", "1")
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    assert (told["issued_on"], told["home"], told["removed"]) == (f"{DAY_1}", f"{home}", [])
    checked = riskcode(home, "restore", "--check", told["backup"], "--json")
    assert json.loads(checked.stdout)["bytes"] == told["bytes"]
    restored = riskcode(other, "restore", told["backup"], COLUMNS="80")
    assert restored.returncode == 0, restored.stderr
    assert f"codes issued last: {DAY_1}" in restored.stdout
    short = [line for line in restored.stdout.splitlines() if f"{tmp_path}" not in line]
    assert max(map(len, short)) <= 80
    assert published(other) == published(home) == published(coded)
    assert riskcode(other, "restore", told["backup"]).returncode == 5
    again = riskcode(home, "backup", str(to), "--keep", "1")
    assert f"removed: {told['backup']}" in again.stdout and len(list(to.iterdir())) == 1


def test_what_is_no_backup_is_told_with_the_next_step(coded: Path, tmp_path: Path) -> None:
    home = copy_of(coded, tmp_path / "home")
    cases = [
        (("restore", str(tmp_path / "nowhere")), 5, "no finished backup"),
        (("backup", str(tmp_path / "nowhere")), 5, "Make it, or mount the disk"),
        (("backup", str(tmp_path), "--keep", "0"), 2, "--keep"),
    ]
    for arguments, status, words in cases:
        done = riskcode(home, *arguments)
        assert (done.returncode, words in done.stderr) == (status, True), (arguments, done.stderr)
