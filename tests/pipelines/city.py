"""A small demo city as a delivery, and whole runs as processes: what the run tests share."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

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
    """Environment of a run with its own home."""
    return {
        **os.environ,
        "RISKCODE_HOME": str(home),
        "RISKCODE_LANG": "en",
        "PYTHONPATH": str(REPOSITORY),
        "COLUMNS": "120",
        **more,
    }


def command(*arguments: str) -> list[str]:
    """Command line of the CLI, in this environment's Python."""
    return [sys.executable, "-m", "pipelines", *arguments]


def riskcode(home: Path, *arguments: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """Run the CLI to its end."""
    return subprocess.run(
        command(*arguments),
        env=environment(home),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def run_arguments(folder: Path, day: date) -> Sequence[str]:
    """Arguments of a run over one delivery."""
    return ("run", "--source", str(folder), "--mapping", "demo_city", "--as-of", day.isoformat())


def published(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything decided, as published."""
    with duckdb.connect(str(home / "published" / "riskcode.duckdb"), read_only=True) as connection:
        return {name: connection.execute(query).fetchall() for name, query in DECIDED.items()}
