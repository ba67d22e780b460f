"""``python -m benchmarks``: see benchmarks/README.md."""

import argparse
import sys
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rich.console import Console

from benchmarks.bulk import Size
from benchmarks.report import WIDTH, save, show
from benchmarks.run import Options, run_benchmark
from warehouse.coding.engines import ENGINES

LATEST = Path(__file__).parent / "results" / "latest.json"


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; exit code 1 when two ways of computing the same did not agree."""
    chosen = _parser().parse_args(arguments)
    if chosen.keep and chosen.keep.exists() and any(chosen.keep.iterdir()):
        sys.exit(f"{chosen.keep} is not empty; give --keep a new folder.")
    options = Options(Size(chosen.enterprises, chosen.events, chosen.seed), chosen.engine, chosen.quick)
    started = time.perf_counter()
    progress = Console(stderr=True)
    with _folder(chosen.keep) as work:
        report = run_benchmark(
            options,
            Path(work),
            tell=lambda what: progress.print(f"[dim]{time.perf_counter() - started:6.1f} s  {what} …[/]"),
        )
    show(report, Console(width=WIDTH))
    if chosen.json:
        save(report, chosen.json)
    return 0 if all(report.equal.values()) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Speed and memory of a nightly run.")
    parser.add_argument("--enterprises", type=int, default=Size.enterprises)
    parser.add_argument("--events", type=int, default=Size.events)
    parser.add_argument("--seed", type=int, default=Size.seed)
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help="engine of the chain")
    parser.add_argument("--quick", action="store_true", help="without Great Expectations and Dagster")
    parser.add_argument(
        "--json", type=Path, nargs="?", const=LATEST, help="save the numbers (benchmarks/results/latest.json)"
    )
    parser.add_argument("--keep", type=Path, help="work in this new folder and leave everything there")
    return parser


def _folder(keep: Path | None) -> AbstractContextManager[str | Path]:
    if keep is None:
        return tempfile.TemporaryDirectory(prefix="riskcode-bench-")
    keep.mkdir(parents=True, exist_ok=True)
    return nullcontext(keep)


if __name__ == "__main__":
    sys.exit(main())
