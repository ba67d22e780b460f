"""A small demo city as a delivery; commands of the CLI, here or as processes; and what they publish."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines import cli
from pipelines.demo import write_demo_city

REPOSITORY = Path(__file__).parents[2]
FIRMS = 300
DAY_1, DAY_2 = date(2026, 6, 30), date(2026, 7, 1)

DECIDED = {
    "codes": "SELECT * FROM risk.codes ORDER BY ALL",
    "explanations": "SELECT * FROM risk.explanations ORDER BY ALL",
    "features": "SELECT * FROM risk.features ORDER BY ALL",
    "queue": "SELECT * FROM serve.red_queue ORDER BY ALL",
    "rejects": "SELECT source, table_name, rules, content, state FROM raw.rejected_rows ORDER BY ALL",
}
"""What a run decides; everything that may not depend on how, or how often, it was run."""


def write_city(folder: Path, firms: int = FIRMS) -> Path:
    """The demo city's delivery."""
    write_demo_city(folder, enterprises=firms, years=2)
    return folder


def with_news(folder: Path, target: Path) -> Path:
    """The same delivery a day later: every tenth finding is now rectified, so there is much to write."""
    shutil.copytree(folder, target)
    for path in sorted(target.glob("违法行为_*.csv")):
        lines = path.read_bytes().split(b"\n")
        changed = [
            line.replace("轻微".encode(), "一般".encode()) if at % 10 == 3 else line
            for at, line in enumerate(lines)
        ]
        path.write_bytes(b"\n".join(changed))
    return target


def environment(home: Path, **more: str) -> dict[str, str]:
    """What a command finds in its environment: a home of its own, and nothing of the machine's language or width."""
    return {"RISKCODE_HOME": str(home), "RISKCODE_LANG": "en", "COLUMNS": "120", **more}


def of_process(home: Path, **more: str) -> dict[str, str]:
    """What a process of its own finds: the machine's, with all its threads as a user has them, and ``environment``."""
    machine = {name: told for name, told in os.environ.items() if not name.endswith("_THREADS")}
    return {**machine, "PYTHONPATH": str(REPOSITORY), **environment(home, **more)}


def process(home: Path, *command: str, **more: str) -> subprocess.Popen[str]:
    """A Python process of this environment; ``command`` are its arguments (``-m``, ``pipelines``, … or ``-c``, …)."""
    return subprocess.Popen(
        [sys.executable, *command],
        env=of_process(home, **more),
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(what: Callable[[], bool], seconds: float = 120) -> float:
    """Wait until something holds; how long that took."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() < begun + seconds, "it never came to that"
        time.sleep(0.1)
    return time.monotonic() - begun


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def ended(begun: subprocess.Popen[str]) -> Done:
    """Wait for a process."""
    stdout, stderr = begun.communicate(timeout=300)
    return Done(begun.returncode, stdout, stderr)


class _LeftError(Exception):
    """The command would now end its process."""


def riskcode(home: Path, *arguments: str, **more: str) -> Done:
    """Run a command of the CLI to its end: the ``main`` of ``./riskcode`` with its arguments, environment and streams.

    It runs in this process, which most tests can share; what it imports and caches stays.
    """

    def leave(status: int) -> None:
        raise _LeftError(status)

    with (
        pytest.MonkeyPatch.context() as here,
        CliRunner().isolation(env=environment(home, **more)) as streams,
    ):
        here.setattr(cli, "_leave", leave)
        here.setattr(sys, "argv", ["riskcode", *arguments])
        try:
            cli.main()
        except _LeftError as left:
            [status] = left.args
        sys.stdout.flush()
        sys.stderr.flush()
        out, err = (stream.getvalue().decode() for stream in streams[:2])
    return Done(status, out, err)


def run_arguments(folder: Path, day: date) -> Sequence[str]:
    """Arguments of a run over one delivery."""
    return ("run", "--source", str(folder), "--mapping", "demo_city", "--as-of", day.isoformat())


def published(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything decided, as published."""
    with duckdb.connect(str(home / "published" / "riskcode.duckdb"), read_only=True) as connection:
        return {name: connection.execute(query).fetchall() for name, query in DECIDED.items()}
