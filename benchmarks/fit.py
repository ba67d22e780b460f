"""What fitting a card costs: 100,000 firms, 5 million events, 12 quarterly cohorts: ``python -m benchmarks.fit``.

The city in bulk spans six years, so two dozen cohort days have a panel and the latest twelve of those whose labels
are complete are learnt from.  Its outcomes follow the activity of a firm and little else: cost is measured here, not
worth (see ``benchmarks.models`` for that).
"""

import argparse
import cProfile
import io
import pstats
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.bulk import AS_OF, Size, write_bulk
from benchmarks.floor import WAREHOUSE, Floor, warehouse_floor
from benchmarks.meter import Measured, Meter, in_a_child
from benchmarks.report import WIDTH, machine
from benchmarks.stages import PACK, measure_intake
from models.learning.fit import fit_card
from models.learning.training import fit_finished, training_rows
from models.policy import LearningPolicy, load_policy
from warehouse.connection import writing
from warehouse.home import Home
from warehouse.learning.panel import build_material

LABEL = "penalty"
MOST_SECONDS, MOST_BYTES = 120.0, 4e9
"""Target of fitting a card on two cores."""
PANEL, WHOLE, CARD = "panel", "whole fit", "fit_card alone"
PROFILED_LINES = 25


@dataclass
class Fits:
    """What was measured: the scan floor, the stages, and what was learnt from."""

    floor: Floor
    stages: list[Measured] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)
    profile: str = ""


@dataclass(frozen=True)
class Panelled:
    """What the first process hands to the second."""

    stages: list[Measured]
    facts: dict[str, int]


def measure_panel(root: Path, label: str, engine: str, keep: Path) -> Panelled:
    """Build the panel and fit on it in one process, as ``riskcode`` does; the training rows are kept in a file."""
    meter, policy = Meter("fit"), load_policy(PACK)
    on_day = policy.on(AS_OF)
    with writing(Home(root)) as connection, meter.stage(PANEL, floor=WAREHOUSE) as stage:
        material = build_material(connection, policy, label=label, as_of=AS_OF, engine=engine, to_judge=False)
        stage.rows = material.panel.height
    rows = training_rows(material.panel, on_day.learning)
    rows.write_parquet(keep)
    facts = {
        "cohorts": material.panel["as_of"].n_unique(),
        "panel rows": material.panel.height,
        "panel columns": material.panel.width,
        "panel bytes": int(material.panel.estimated_size()),
        "training cohorts": rows["as_of"].n_unique(),
        "training rows": rows.height,
        "positives": int(rows["label"].sum()),
    }
    del rows
    with meter.stage(WHOLE, floor=WAREHOUSE) as stage:
        card = fit_finished(material, policy=on_day, in_force=on_day)
        stage.rows = card.origin.rows
    facts["factors"] = len(card.scorecard.factors)
    facts["numbers"] = sum(len(factor.points) for factor in card.scorecard.factors)
    return Panelled(meter.found, facts)


def measure_card(path: Path) -> list[Measured]:
    """``fit_card`` on the training rows, in a process that holds nothing else."""
    meter, learning, rows = Meter("fit"), load_policy(PACK).on(AS_OF).learning, pl.read_parquet(path)
    with meter.stage(CARD, floor=WAREHOUSE) as stage:
        _fit(rows, learning)
        stage.rows = rows.height
    return meter.found


def _fit(rows: pl.DataFrame, learning: LearningPolicy) -> None:
    fit_card(rows, learning=learning, name="fitted", version="-", reference="-")


def profile_card(path: Path) -> str:
    """Where ``fit_card`` spends its time, function by function."""
    rows, learning = pl.read_parquet(path), load_policy(PACK).on(AS_OF).learning
    profiler = cProfile.Profile()
    profiler.runcall(_fit, rows, learning)
    text = io.StringIO()
    for order in ("cumulative", "tottime"):
        pstats.Stats(profiler, stream=text).strip_dirs().sort_stats(order).print_stats(PROFILED_LINES)
    return text.getvalue()


def run(chosen: argparse.Namespace, work: Path, progress: Console) -> Fits:
    """Generate, take in, measure; every step in a process of its own."""
    began = time.perf_counter()

    def tell(what: str) -> None:
        progress.print(f"[dim]{time.perf_counter() - began:6.1f} s  {what} …[/]")

    root, rows = work / "home", work / "training.parquet"
    if not (root / "warehouse.duckdb").exists():
        tell("generating the delivery")
        bulk = write_bulk(work / "deliveries", Size(chosen.enterprises, chosen.events, chosen.seed))
        tell("taking it in")
        in_a_child(measure_intake, root, bulk.first, bulk.mapping)
    tell("scan floor")
    found = Fits(in_a_child(warehouse_floor, Home(root)))
    tell("building the panel and fitting")
    panelled = in_a_child(measure_panel, root, chosen.label, chosen.engine, rows)
    found.stages, found.facts = list(panelled.stages), panelled.facts
    tell("fitting alone")
    found.stages += in_a_child(measure_card, rows)
    if chosen.profile:
        tell("fitting once more, profiled")
        found.profile = in_a_child(profile_card, rows)
    return found


def show(found: Fits, chosen: argparse.Namespace, console: Console) -> None:
    """Print the table and how it stands to the target."""
    on, facts, floor = machine(), found.facts, found.floor
    console.print(f"{on['cores']} cores, {on['memory_gb']} GB, {on['system']}, Python {on['python']}")
    console.print(
        f"{chosen.enterprises:,} enterprises, {chosen.events:,} events, engine {chosen.engine}, label "
        f"{chosen.label}; panel of {facts['cohorts']} cohort days, {facts['panel rows']:,} rows × "
        f"{facts['panel columns']} columns ({facts['panel bytes'] / 1e9:.2f} GB); learnt from "
        f"{facts['training rows']:,} rows of {facts['training cohorts']} cohorts, {facts['positives']:,} positive"
    )
    console.print(
        f"scan floor {floor.key}, {floor.about}: {floor.columns} columns, {floor.rows:,} rows; "
        f"{floor.least:.2f} s least, {floor.median:.2f} s median, {floor.cpu:.2f} s CPU"
    )
    table = Table(width=WIDTH)
    table.add_column("stage", ratio=1)
    for name in ("wall s", "CPU s", "peak GB", "rows", "× floor"):
        table.add_column(name, justify="right")
    for stage in found.stages:
        table.add_row(*_cells(found, stage))
    console.print(table)
    console.print(_conclusion(found))
    if found.profile:
        console.print(found.profile, markup=False, highlight=False)


def _cells(found: Fits, stage: Measured) -> list[str]:
    folds = found.facts["cohorts"] + 1
    name = {
        PANEL: f"panel: {folds} folds, labels",
        WHOLE: "whole fit: fit_card, cut-offs, calibration, priors",
        CARD: "fit_card alone, in a fresh process",
    }[stage.stage]
    return [
        name,
        f"{stage.wall:.1f}",
        f"{stage.cpu:.1f}",
        f"{stage.peak / 1e9:.2f}",
        f"{stage.rows:,}",
        f"{stage.cpu / found.floor.cpu:.0f} {stage.floor}",
    ]


def _conclusion(found: Fits) -> str:
    of = {stage.stage: stage for stage in found.stages}
    folds = found.facts["cohorts"] + 1
    lines = [
        f"a fold of the panel: {of[PANEL].wall / folds:.1f} s, {of[PANEL].cpu / folds:.1f} s CPU, "
        f"{of[PANEL].cpu / folds / found.floor.cpu:.0f} {WAREHOUSE}",
        f"the card has {found.facts['factors']} factors and {found.facts['numbers']} numbers",
    ]
    lines += [f"{'yes' if is_met else 'NO '}: {text}" for is_met, text in targets(found)]
    return "\n".join(lines)


def targets(found: Fits) -> list[tuple[bool, str]]:
    """Whether fitting stays within two minutes and 4 GB."""
    lines: list[tuple[bool, str]] = []
    for stage in (one for one in found.stages if one.stage in (WHOLE, CARD)):
        is_met = stage.wall <= MOST_SECONDS and stage.peak <= MOST_BYTES
        text = (
            f"{stage.stage} within {MOST_SECONDS:.0f} s and {MOST_BYTES / 1e9:.0f} GB: "
            f"{stage.wall:.1f} s, {stage.peak / 1e9:.2f} GB"
        )
        lines.append((is_met, text))
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; exit code 1 when the target was missed."""
    chosen = _parser().parse_args(arguments)
    folder = nullcontext(chosen.keep) if chosen.keep else tempfile.TemporaryDirectory(prefix="riskcode-fit-")
    with folder as work:
        found = run(chosen, Path(work), Console(stderr=True))
    show(found, chosen, Console(width=WIDTH))
    return 0 if all(is_met for is_met, _ in targets(found)) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.fit", description="What fitting a card costs.")
    parser.add_argument("--enterprises", type=int, default=Size.enterprises)
    parser.add_argument("--events", type=int, default=Size.events)
    parser.add_argument("--seed", type=int, default=Size.seed)
    parser.add_argument("--label", default=LABEL)
    parser.add_argument("--engine", default="duckdb", help="engine of the folds")
    parser.add_argument("--profile", action="store_true", help="fit once more and show where the time goes")
    parser.add_argument("--keep", type=Path, help="work in this folder; a city that is there is used again")
    return parser


if __name__ == "__main__":
    sys.exit(main())
