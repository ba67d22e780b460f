"""A whole benchmark: generate, measure floors and stages in processes of their own, compare, report."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks import alternative, floor, stages
from benchmarks.bulk import Size, write_bulk
from benchmarks.meter import in_a_child
from benchmarks.report import FIRST_RUN, Report
from warehouse.coding.engines import ENGINES
from warehouse.home import Home


@dataclass(frozen=True)
class Options:
    """What to measure.  ``quick`` leaves out Great Expectations and Dagster."""

    size: Size
    engine: str = "polars"
    quick: bool = False


def run_benchmark(
    options: Options,
    work: Path,
    *,
    tell: Callable[[str], None] = lambda _: None,
    execute: Callable[..., object] = in_a_child,
) -> Report:
    """Measure everything below ``work``, an empty folder."""
    tell("generating the deliveries")
    started = time.perf_counter()
    bulk = write_bulk(work / "deliveries", options.size)
    size = options.size
    report = Report(size.enterprises, size.events, size.seed, options.engine, time.perf_counter() - started)
    root = work / "stages"
    home = Home(root)

    def measure(name: str, *call: object) -> None:
        tell(name)
        report.stages += execute(*call)

    tell("scan floor of the delivery")
    report.floors.append(execute(floor.delivery_floor, bulk.first))
    measure("intake", stages.measure_intake, root, bulk.first, bulk.mapping)
    tell("scan floor of the warehouse")
    report.floors.append(execute(floor.warehouse_floor, home))
    measure("rescoring", stages.measure_rescoring, root, options.engine, not options.quick)
    for engine in ENGINES:
        measure(f"fold on {engine}", stages.measure_fold, root, engine, work / f"fold-{engine}.parquet")
    _alternatives(report, root, work, measure)
    later = {
        "the same delivery again": bulk.first,
        "the same rows in other files": bulk.reordered,
        f"the night after: take in {bulk.night_rows:,} rows": bulk.night,
    }
    measure("deliveries after the first", stages.measure_again, root, later, bulk.mapping)
    measure("the night after", stages.measure_night, root, options.engine)
    if not options.quick:
        for name, folder in ((FIRST_RUN, bulk.first), ("the night after, whole run", bulk.night)):
            measure(
                name, stages.measure_dagster, work / "dagster", name, folder, bulk.mapping, options.engine
            )
    return report


def _alternatives(report: Report, root: Path, work: Path, measure: Callable[..., None]) -> None:
    ours = {engine: work / f"violations-{engine}.parquet" for engine in ENGINES}
    sql, pandas = work / "violations-sql.parquet", work / "violations-pandas.parquet"
    for engine, path in ours.items():
        measure(f"violations on {engine}", alternative.measure_ours, root, engine, path)
    measure("violations in SQL", alternative.measure_sql, root, sql)
    measure("violations in pandas", alternative.measure_pandas, root, pandas)
    folds = [pl.read_parquet(work / f"fold-{engine}.parquet") for engine in ENGINES]
    report.equal["all features, Polars and DuckDB"] = folds[0].equals(folds[1])
    for name, path in (("DuckDB", ours["duckdb"]), ("hand-written SQL", sql), ("pandas", pandas)):
        same = alternative.same_result(ours["polars"], path)
        report.equal[f"violation features, ours on Polars and {name}"] = same
