"""How often a code goes and comes back on real records, with the change rules and without.

That forecasts and replays agree with single days is no measurement: tests ask it.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from benchmarks.bench import Bench
from benchmarks.report import Report
from models.coding.changes import flip_flops, paths
from models.coding.path import remembered
from models.coding.timeline import InForce
from models.policy import ChangeRules, load_policy
from models.policy.shape import BandDays
from models.vocabulary import day_number
from warehouse.coding.levels import portions
from warehouse.connection import Connection, writing
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all
from warehouse.intake.mapping import load_mapping

SETS = ("tw_osh", "msha_quarterly", "nrc_reactors", "nyc_restaurants")
PACK = load_policy()
NEVER = BandDays(red=0, yellow=0, blue=0)
CHANGES = {
    "without": ChangeRules(dwell_days=NEVER, margin=0, hold_at_most_days=NEVER),
    "with": None,
}
"""Change rules that are tried; ``None``: those of the pack."""


def dynamic(bench: Bench, data: Path, years: int) -> Report:
    """Changes and flip-flops of the real sets that are there, over the last years of each."""
    report = Report({"years": years})
    for name in (one for one in SETS if (data / one).is_dir()):
        bench.tell(name)
        end = load_mapping(name).archive_ends
        assert end is not None, "a closed archive says when it ends"
        home = Home(bench.folder / name)
        with writing(home) as connection:
            take_in_all(connection, home, folder=str(data / name), mapping=name, received_on=end, today=end)
            report.figures[f"{name}, per 1,000 enterprises and year"] = _told(connection, end, years)
    return report


def _told(connection: Connection, end: date, years: int) -> str:
    policy = PACK.on(end)
    rules = [InForce(date(1990, 1, 1), policy)]
    first = end - timedelta(days=365 * years)
    span = remembered(first, end, end, rules)
    steps = pl.concat(rows.judged(span, rules).steps for rows in portions(connection))
    size, told = steps["enterprise_id"].n_unique(), list[str]()
    for label, change in CHANGES.items():
        moved = paths(steps, [change or policy.codes.change], last=day_number(end))
        moved = moved.filter(pl.col("as_of") > day_number(first))
        flips = flip_flops(moved, within_days=policy.review.flip_flop_days)
        told.append(
            f"{label} {1000 * flips / size / years:.1f} flip-flops and {1000 * moved.height / size / years:.0f} changes"
        )
    return f"{size:,} enterprises; {'; '.join(told)}"
