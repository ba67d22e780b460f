"""The machine, the table of stages, figures, targets and the JSON of a benchmark."""

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
    "load": "what the intake is compared with",
    "intake": "intake of the first delivery",
    "rescoring": "checks, scoring, publication",
    "by hand": "features alone, and what somebody would write instead",
    "again": "what comes after",
    "nights": "nights after the first one",
    "within": "within the day",
    "dagster": "whole runs through Dagster, checks included",
    "fit": "fitting a card",
    "plan": "a month planned",
}
FIRST_RUN = "the first delivery, whole run"
LIBRARIES = ("polars", "duckdb", "dagster", "great-expectations")


@dataclass
class Report:
    """All that was measured in one run.

    ``asked``: size, seed and choices.  ``figures``: what was counted beside the stages.  ``targets``: what had to be
    reached, each a sentence, and whether it was.
    """

    asked: dict[str, Any]
    floors: list[Floor] = field(default_factory=list)
    stages: list[Measured] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    targets: dict[str, bool] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=lambda: machine(LIBRARIES))

    def floor_ratio(self, stage: Measured) -> float | None:
        """CPU seconds of the stage in scans of what it reads; ``None`` when no floor fits.

        CPU, because on a shared machine wall time measures the neighbours.
        """
        for floor in self.floors:
            if floor.key == stage.floor:
                return stage.cpu / floor.cpu
        return None

    @property
    def chain(self) -> list[Measured]:
        """Stages of a first nightly run."""
        return [stage for stage in self.stages if stage.in_chain]

    def most_expensive(self, count: int = 2) -> list[Measured]:
        """The stages of the chain that take most CPU time."""
        return sorted(self.chain, key=lambda stage: -stage.cpu)[:count]

    def dagster_share(self) -> float | None:
        """CPU seconds of the whole run through Dagster that no stage accounts for."""
        whole = [stage.cpu for stage in self.stages if stage.stage == FIRST_RUN]
        return whole[0] - sum(stage.cpu for stage in self.chain) if whole else None


def machine(libraries: tuple[str, ...]) -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_before": round(psutil.getloadavg()[0], 1),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in libraries},
        "day": datetime.now().date().isoformat(),
    }


def show(report: Report, console: Console) -> None:
    """Print everything a reader needs, on at most ``WIDTH`` columns."""
    found = report.machine
    console.print(
        f"{found['cores']} cores, {found['memory_gb']} GB, {found['system']}, Python {found['python']}; "
        f"load before: {found['load_before']}"
    )
    console.print(" · ".join(f"{name} {number}" for name, number in found["versions"].items()))
    console.print(", ".join(f"{name} {_number(value)}" for name, value in report.asked.items()))
    for floor in report.floors:
        console.print(
            f"scan floor {floor.key}, {floor.about}: {floor.columns} columns, {floor.rows:,} rows; "
            f"{floor.least:.2f} s least, {floor.median:.2f} s median, {floor.cpu:.2f} s CPU"
        )
    if report.stages:
        console.print(_table(report))
    for name, value in report.figures.items():
        console.print(f"{name}: {_number(value)}")
    for name, is_met in report.targets.items():
        console.print(f"{'yes' if is_met else '[bold red]NO [/]'}: {name}")
    if report.chain:
        console.print(_conclusion(report))


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _table(report: Report) -> Table:
    table = Table(width=WIDTH)
    table.add_column("stage", ratio=1)
    for name in ("wall s", "CPU s", "peak GB", "rows", "× floor"):
        table.add_column(name, justify="right")
    for group in dict.fromkeys(stage.group for stage in report.stages):
        mine = [stage for stage in report.stages if stage.group == group]
        table.add_section()
        table.add_row(f"[bold]{TITLES[group]}[/]", *_sum(mine))
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
    wall, cpu = (sum(getattr(stage, kind) for stage in report.chain) for kind in ("wall", "cpu"))
    parts = [f"{stage.stage} ({stage.cpu / cpu:.0%})" for stage in report.most_expensive()]
    own = report.dagster_share()
    lines = (
        [] if own is None else [f"Dagster's own share of the whole run: {own:+.1f} s CPU (less all stages)"]
    )
    return "\n".join(
        [*lines, f"all stages: {wall:.1f} s, {cpu:.1f} s CPU; most expensive: {', '.join(parts)}"]
    )


def save(report: Report, path: Path) -> None:
    """Write the report as JSON."""
    data = {
        **asdict(report),
        "ratios": {f"{s.group}: {s.stage}": report.floor_ratio(s) for s in report.stages if s.floor},
        "most_expensive": [stage.stage for stage in report.most_expensive()],
        "dagster_share": report.dagster_share(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
