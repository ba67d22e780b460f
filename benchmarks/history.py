"""What was measured over time: one line of JSON a run in ``history.jsonl``, newest last."""

import json
from pathlib import Path
from typing import Any

from benchmarks.report import Report

FILE = Path(__file__).with_name("history.jsonl")


def record(report: Report, file: Path = FILE) -> None:
    """Add what a benchmark measured; its stages with CPU seconds, bytes at most, and rows."""
    told = {
        "day": report.machine["day"],
        "machine": {name: report.machine[name] for name in ("cores", "memory_gb", "load_before", "versions")},
        "asked": report.asked,
        "floors": {one.key: round(one.cpu, 3) for one in report.floors},
        "stages": [[one.group, one.stage, round(one.cpu, 2), one.peak, one.rows] for one in report.stages],
        "figures": report.figures,
        "targets": report.targets,
    }
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(told, ensure_ascii=False) + "\n")


def recorded(file: Path = FILE) -> list[dict[str, Any]]:
    """Everything that was recorded, oldest first."""
    return (
        [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    )
