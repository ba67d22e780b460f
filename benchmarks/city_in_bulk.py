"""What the city in bulk costs: a night's run stage by stage, and fitting a card on six years of it.

The outcomes of that city follow the activity of a firm and little else: cost is measured here, not worth (see
``benchmarks.models`` for that).
"""

import statistics
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from benchmarks import by_hand, floor, nights, stages
from benchmarks.bench import Bench
from benchmarks.bulk import Size, write_bulk
from benchmarks.report import FIRST_RUN, Report
from warehouse.home import Home

MOST_SECONDS, MOST_BYTES = 120.0, 4e9
"""Target of fitting a card on two cores."""
MOST_LOADS, MOST_HELD = 6, 6e9
"""Target of taking a first delivery in, of whatever size."""
MOST_WHOLE, MOST_NIGHT, MOST_WITHOUT_WAYS, MOST_LEVELS, MOST_ALERT = 250, 25, 10, 12, 0.7
"""Targets of nights and of the levels of a day, in scans of the warehouse, and of an alert within the day."""


def night(bench: Bench, size: Size, *, quick: bool) -> Report:
    """A first night and those after.  ``quick`` leaves out Great Expectations and Dagster."""
    bench.tell("generating the deliveries")
    bulk = write_bulk(bench.folder / "deliveries", size)
    report = Report({**vars(size)}, stages=bench.stages)
    root = bench.folder / "stages"
    bench.tell("scan floor of the delivery")
    report.floors.append(bench.execute(floor.delivery_floor, bulk.first))
    bench.measure("intake", stages.measure_intake, root, bulk.first, bulk.mapping)
    bench.tell("scan floor of the warehouse")
    report.floors.append(bench.execute(floor.warehouse_floor, Home(root)))
    bench.measure("rescoring", stages.measure_rescoring, root, not quick)
    bench.measure("levels of one day, and counts by hand", by_hand.measure_by_hand, root)
    later = {
        "the same delivery again": bulk.first,
        "the same rows in other files": bulk.reordered,
        f"the night after: take in {bulk.night_rows:,} rows": bulk.night,
    }
    bench.measure("deliveries after the first", stages.measure_again, root, later, bulk.mapping)
    folder = bench.folder / "further"
    bench.measure("the nights after", nights.measure_nights, root, bulk.night, bulk.mapping, folder)
    bench.measure("alerts within the day", nights.measure_alerts, root, bulk.night, bulk.mapping, folder)
    read = bench.execute(nights.measure_reading, root)
    report.figures = {f"CPU ms of a reader, {what}": cost for what, cost in read.items()}
    report.targets = _targets(report, read)
    for name, folder in () if quick else ((FIRST_RUN, bulk.first), ("the next whole run", bulk.night)):
        home = bench.folder / "dagster"
        bench.measure(name, stages.measure_dagster, home, name, folder, bulk.mapping)
    return report


def _targets(report: Report, read: Mapping[str, float]) -> dict[str, bool]:
    """What was to be reached, in scans of the warehouse and CPU seconds."""
    coded = [stage for stage in report.chain if stage.group == "rescoring"]
    ordinary = [stage for stage in report.stages if stage.stage.startswith(f"{nights.TOUCHED:.1%}")]
    ordinary = [stage for stage in ordinary if not stage.stage.endswith("plan")]
    passports = sum(stage.cpu for stage in ordinary if stage.stage.endswith("passports"))
    scan = next(one.cpu for one in report.floors if one.key == floor.WAREHOUSE)
    night = sum(stage.cpu for stage in ordinary)
    levels = next(stage.cpu for stage in report.stages if stage.stage == by_hand.LEVELS)
    alert = statistics.median(stage.cpu for stage in report.stages if stage.group == "within")
    figures = {
        "whole run after intake": (sum(stage.cpu for stage in coded) / scan, MOST_WHOLE),
        "ordinary night": (night / scan, MOST_NIGHT),
        "ordinary night without ways": ((night - passports) / scan, MOST_WITHOUT_WAYS),
        "all features of a day": (levels / scan, MOST_LEVELS),
    }
    report.figures |= {f"{what}, in scans": f"{found:.0f}" for what, (found, _) in figures.items()}
    report.figures["CPU s of an alert, median"] = f"{alert:.2f}"
    return {
        **{f"{what}: at most {most} scans": found <= most for what, (found, most) in figures.items()},
        f"an alert: at most {MOST_ALERT} CPU s": alert <= MOST_ALERT,
        "a passport: at most 1 CPU ms": read["passport"] <= 1,
        "a RED queue of a district: at most 3 CPU ms": read["RED queue of a district"] <= 3,
    }


def intake(bench: Bench, size: Size) -> Report:
    """A first delivery against an unchecked load of the same files, and files of one row after it."""
    bench.tell("generating the deliveries")
    bulk = write_bulk(bench.folder / "deliveries", size)
    report = Report(dict(vars(size)), stages=bench.stages)
    root = bench.folder / "home"
    bench.tell("scan floor of the delivery")
    report.floors.append(bench.execute(floor.delivery_floor, bulk.first))
    bench.measure("unchecked load", stages.measure_load, bench.folder / "load.duckdb", bulk.first)
    bench.measure("intake", stages.measure_intake, root, bulk.first, bulk.mapping)
    bench.measure(
        "files of one row", stages.measure_one_row, root, bulk.night, bulk.mapping, bench.folder / "one"
    )
    times = sum(stage.cpu for stage in report.chain) / report.stages[0].cpu
    peak = max(stage.peak for stage in report.chain)
    one = statistics.median(stage.cpu for stage in report.stages[-stages.ONE_BY_ONE :])
    report.figures = {
        "CPU of the intake, in unchecked loads": f"{times:.1f}",
        "CPU ms of one row": round(one * 1000),
    }
    report.targets[f"at most {MOST_LOADS} unchecked loads"] = times <= MOST_LOADS
    report.targets[f"at most {MOST_HELD / 1e9:.0f} GB"] = peak <= MOST_HELD
    return report


def fit(bench: Bench, size: Size, label: str) -> Report:
    """Fit a card on the city.  A city that is already in the folder is used again."""
    report = Report({**vars(size), "label": label})
    root, rows = bench.folder / "home", bench.folder / "training.parquet"
    if not Home(root).warehouse.exists():
        bench.tell("generating the delivery")
        bulk = write_bulk(bench.folder / "deliveries", size)
        bench.tell("taking it in")
        bench.execute(stages.measure_intake, root, bulk.first, bulk.mapping)
    bench.tell("scan floor of the warehouse")
    report.floors.append(bench.execute(floor.warehouse_floor, Home(root)))
    bench.measure("building the panel and fitting", stages.measure_fit, root, label, rows)
    bench.measure("fitting alone", stages.measure_card, rows)
    report.stages = bench.stages
    report.figures = learnt_from(rows)
    for stage in bench.stages[1:]:
        limits = f"{MOST_SECONDS:.0f} s and {MOST_BYTES / 1e9:.0f} GB"
        is_met = stage.wall <= MOST_SECONDS and stage.peak <= MOST_BYTES
        report.targets[f"{stage.stage}: within {limits}"] = is_met
    return report


def learnt_from(path: Path) -> dict[str, int]:
    """Size of the training rows."""
    rows = pl.read_parquet(path, columns=["as_of", "label"])
    return {
        "training cohorts": rows["as_of"].n_unique(),
        "training rows": rows.height,
        "positive": int(rows["label"].sum()),
    }
