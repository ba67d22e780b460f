"""What the README tells to type is typed: every command of it, on a coded home."""

import re
import shlex
from pathlib import Path

import duckdb
import pytest

from tests.worlds.deliveries import MAPPING, csv_bytes, deliver, firm
from tests.worlds.homes import copy_of
from tests.worlds.runs import REPOSITORY, riskcode

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.partition("#")[0].strip().removeprefix("./riskcode ")
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("./riskcode ")
]
ELSEWHERE = {
    "watch": "goes on for ever; tests/pipelines/test_bulletin.py",
    "serve --watch": "goes on for ever; tests/pipelines/test_desk_counts.py",
    "run": "tests/pipelines/test_missed_nights.py",
    "run --as-of 2026-06-30 --json": "tests/pipelines/test_run.py",
    "run --source FOLDER --mapping FILE": "tests/pipelines/test_run.py",
    "model evaluate": "tests/pipelines/test_learning_cycle.py",
    "model show CARD": "tests/pipelines/cli/test_model_commands.py",
    "policy diff FOLDER": "tests/pipelines/cli/test_policy_commands.py",
    "init /srv/riskcode": "tests/pipelines/test_instance.py",
}
"""Commands that take long, or need what a coded home does not have: where they are tried."""
REASONS = "经现场核对不动产登记与坐标，该储罐区属于邻厂，本条应予撤销。"


def typed(command: str, home: Path, folder: Path) -> list[str]:
    """A command with the names of this home in the place of those of the README's city."""
    with duckdb.connect(str(home / "published" / "riskcode.duckdb"), read_only=True) as connection:
        [(firm_id, finding)] = connection.execute(
            "SELECT enterprise_id, min(violation_id) FROM serve.open_findings GROUP BY 1 ORDER BY 1 LIMIT 1"
        ).fetchall()
        [(draw,)] = connection.execute(
            "SELECT draw_id FROM plan.draws WHERE kind = 'objects' ORDER BY 1 LIMIT 1"
        ).fetchall()
    known = {
        r"91370\w{13}": firm_id,
        r"WF\d{8}": finding,
        r"\b2026-random-district-\d+-\d+": draw,
        r"\bTEXT\b": f"'{REASONS}'",
        r"\bFOLDER\b": str(folder),
        r"--out FILE": f"--out {folder}/draft.yaml",
        r"--mapping FILE": f"--mapping {folder}/mapping.yaml",
        r"\bFILE\.duckdb": f"{folder}/shared.duckdb",
        r"/mnt/backup": f"{folder.parent}",
        r"(load\.svg|draw\.json)": rf"{folder}/\1",
    }
    for told, there in known.items():
        command = re.sub(told, there, command)
    return shlex.split(command)


def test_the_commands_that_are_tried_elsewhere_are_those_of_the_readme() -> None:
    assert len(COMMANDS) > 30
    assert set(ELSEWHERE) <= set(COMMANDS)


@pytest.mark.slow
def test_every_command_of_the_readme_does_what_it_says(coded: Path, tmp_path: Path) -> None:
    home = copy_of(coded, tmp_path / "home")
    register = csv_bytes(firm(number) for number in range(4))
    folder = deliver(tmp_path / "delivery", {"register.csv": register, "mapping.yaml": MAPPING.encode()})
    for command in COMMANDS:
        if command in ELSEWHERE:
            continue
        late = ("--late-reason", REASONS) if command.startswith("objection file") else ()
        done = riskcode(home, *typed(command, home, folder), *late)
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout.strip() or done.stderr.strip(), command
