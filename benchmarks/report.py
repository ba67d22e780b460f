"""The table, the machine line and the JSON of a benchmark."""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.floor import Floor
from benchmarks.meter import Measured

WIDTH = 110
TITLES = {
    "intake": "intake of the first delivery",
    "rescoring": "checks, scoring, publication",
    "fold": "the feature fold on both engines",
    "alternative": "violation features: ours and by hand",
    "again": "what comes after",
    "dagster": "whole runs through Dagster, checks included",
}
LIBRARIES = ("polars", "duckdb", "narwhals", "dagster", "great-expectations", "pandas")


@dataclass
class Report:
    """All that was measured in one run."""

    enterprises: int
    events: int
    seed: int
    engine: str
    generation_seconds: float
    floors: list[Floor] = field(default_factory=list)
    stages: list[Measured] = field(default_factory=list)
    equal: dict[str, bool] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=lambda: machine())

    def floor_ratio(self, stage: Measured) -> float | None:
        """How many times the scan floor the stage takes; ``None`` when no floor fits."""
        for floor in self.floors:
            if floor.key == stage.floor:
                return stage.wall / floor.least
        return None

    @property
    def chain(self) -> list[Measured]:
        """Stages of a first nightly run."""
        return [stage for stage in self.stages if stage.in_chain]

    def most_expensive(self, count: int = 2) -> list[Measured]:
        """The stages of the chain that take most of its wall time."""
        return sorted(self.chain, key=lambda stage: -stage.wall)[:count]

    def dagster_share(self) -> float | None:
        """Seconds of the whole run through Dagster that no stage accounts for."""
        whole = [stage for stage in self.stages if stage.group == "dagster" and "first" in stage.stage]
        return whole[0].wall - sum(stage.wall for stage in self.chain) if whole else None


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_before": round(psutil.getloadavg()[0], 1),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
        "day": datetime.now().date().isoformat(),
    }


def show(report: Report, console: Console) -> None:
    """Print everything a reader needs, on at most ``WIDTH`` columns."""
    found = report.machine
    versions = " · ".join(f"{name} {number}" for name, number in found["versions"].items())
    console.print(
        f"{found['cores']} cores, {found['memory_gb']} GB, {found['system']}, load {found['load_before']} before; "
        f"Python {found['python']}"
    )
    console.print(versions)
    console.print(
        f"{report.enterprises:,} enterprises, {report.events:,} events, engine {report.engine}; "
        f"generated in {report.generation_seconds:.1f} s (not part of the run)"
    )
    for floor in report.floors:
        console.print(
            f"scan floor {floor.key}: {floor.about} ({floor.columns} columns, {floor.rows:,} rows): "
            f"{floor.least:.2f} s least, {floor.median:.2f} s median of {len(floor.seconds)}"
        )
    console.print(_table(report))
    for name, is_equal in report.equal.items():
        console.print(f"{'same result' if is_equal else '[bold red]OTHER RESULT[/]'}: {name}")
    console.print(_conclusion(report))


def _table(report: Report) -> Table:
    table = Table(width=min(WIDTH, 110))
    table.add_column("stage", ratio=1)
    for name in ("wall s", "CPU s", "peak GB", "rows", "× floor"):
        table.add_column(name, justify="right")
    for group, title in TITLES.items():
        mine = [stage for stage in report.stages if stage.group == group]
        if mine:
            table.add_section()
            table.add_row(f"[bold]{title}[/]", *_sum(mine))
        for stage in mine:
            table.add_row(*_cells(report, stage))
    return table


def _sum(stages: list[Measured]) -> list[str]:
    if not stages[0].in_chain:
        return []
    wall, cpu = sum(stage.wall for stage in stages), sum(stage.cpu for stage in stages)
    peak = max(stage.peak for stage in stages) / 1e9
    return [f"[bold]{text}[/]" for text in (f"{wall:.2f}", f"{cpu:.2f}", f"{peak:.2f}")]


def _cells(report: Report, stage: Measured) -> list[str]:
    ratio = report.floor_ratio(stage)
    return [
        f"  {stage.stage}",
        f"{stage.wall:.2f}",
        f"{stage.cpu:.2f}",
        f"{stage.peak / 1e9:.2f}",
        f"{stage.rows:,}" if stage.rows else "",
        "" if ratio is None else f"{ratio:.1f} {stage.floor}",
    ]


def _conclusion(report: Report) -> str:
    total = sum(stage.wall for stage in report.chain)
    parts = [f"{stage.stage} ({stage.wall / total:.0%})" for stage in report.most_expensive()]
    lines = [f"chain of stages: {total:.1f} s; most expensive: {', '.join(parts)}"]
    own = report.dagster_share()
    if own is not None:
        lines.append(
            f"through Dagster the same takes {own:+.1f} s: its bookkeeping and the noise of this machine"
        )
    return "\n".join(lines)


def save(report: Report, path: Path) -> None:
    """Write the report as JSON."""
    data = {
        **asdict(report),
        "ratios": {f"{s.group}: {s.stage}": report.floor_ratio(s) for s in report.stages if s.floor},
        "most_expensive": [stage.stage for stage in report.most_expensive()],
        "dagster_share": report.dagster_share(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
