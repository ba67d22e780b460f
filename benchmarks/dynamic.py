"""``python -m benchmarks.dynamic``: forecasts, replays and flip-flops, held against the slow and obvious way.

Three questions, each answered on its own: is the forecast of every enterprise of the demo city what runs on 365
single days give; do codes of random enterprises on random days of the real data sets come out again; and how often
does a code go and come back, with the change rules and without.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from models.coding.changes import flip_flops, paths
from models.coding.path import code_path, codes_on, memory_days, on_day
from models.coding.timeline import InForce, Span, judged_steps
from models.features import Events
from models.policy import ChangeRules, load_policy
from models.policy.shape import BandDays, Thresholds
from models.vocabulary import CODE_KEYS, day_number
from pipelines.demo import write_demo_city
from pipelines.settings import load_settings
from tests.day_by_day import codes_of_days, spread
from warehouse.coding.engines import read_events
from warehouse.coding.timelines import compute_timelines
from warehouse.connection import Connection, writing
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all
from warehouse.intake.mapping import load_mapping
from warehouse.rules.in_force import coding_on

SETS = ("tw_osh", "msha_quarterly", "nrc_reactors", "nyc_restaurants")
PACK = load_policy()
AT_ONCE = ChangeRules(
    dwell_days=BandDays(red=0, yellow=0, blue=0),
    margin=0,
    hold_at_most_days=BandDays(red=0, yellow=0, blue=0),
)
Tell = Callable[[str], None]


@contextmanager
def taken_in(mapping: str, folder: Path, day: date) -> Iterator[Connection]:
    """A warehouse that holds one delivery."""
    with tempfile.TemporaryDirectory(prefix="riskcode-dynamic-") as root:
        home = Home(Path(root)).prepare()
        with writing(home) as connection:
            take_in_all(connection, home, folder=str(folder), mapping=mapping, received_on=day, today=day)
            yield connection


# ---- the forecast against single days ----------------------------------------------------------------------


def forecast_of_the_demo(enterprises: int, days: int, tell: Tell) -> None:
    """Every enterprise, every day: how many codes were compared, and how many differed."""
    day = load_mapping("demo_city").archive_ends or date(2026, 6, 30)
    with tempfile.TemporaryDirectory(prefix="riskcode-demo-") as folder:
        write_demo_city(Path(folder), enterprises=enterprises)
        with taken_in("demo_city", Path(folder), day) as connection:
            started = time.perf_counter()
            compute_timelines(connection, coding_on(connection, PACK, day))
            quick = time.perf_counter() - started
            last = day + timedelta(days=days)
            foretold = spread(connection.sql("FROM risk.forecast").pl(), day, last)
            started = time.perf_counter()
            events = read_events(connection)
            slowly = codes_of_days(events, day, last, known_at=day, policy=PACK.on(day))
            slow = time.perf_counter() - started
    compared = sum(len(codes) for codes in slowly.values())
    wrong = sum(a != b for one in slowly for a, b in zip(slowly[one], foretold[one], strict=True))
    moved = sum(len(set(codes)) > 1 for codes in slowly.values())
    tell(
        f"| forecast of {len(slowly):,} enterprises over {days} days | {compared:,} codes compared, {wrong} differ; "
        f"{moved:,} enterprises change code; {quick:.1f} s against {slow:.0f} s day by day ({slow / quick:.0f} times) |"
    )


# ---- replays of real records ----------------------------------------------------------------------------------


def replays_of(name: str, folder: Path, pairs: int, tell: Tell) -> None:
    """Random enterprises on random days: alone as in the whole city, foretold as coded later."""
    mapping = load_mapping(name)
    end = mapping.archive_ends
    assert end is not None, "a closed archive says when it ends"
    dice = random.Random(name)
    with taken_in(name, folder, end) as connection:
        events = collected(read_events(connection))
    rules = [InForce(date(1990, 1, 1), PACK.on(end))]
    known = events.enterprises.select("enterprise_id", "known_from").collect()
    replayed = foretold = differ = slow_differ = slow_days = 0
    dates = [end - timedelta(days=dice.randrange(1500)) for _ in range(max(1, pairs // 36))]
    for at, day in enumerate(dates):
        there = (
            known.filter(pl.col("known_from") <= day_number(day))["enterprise_id"].unique().sort().to_list()
        )
        if not there:
            continue
        chosen = dice.sample(there, min(36, len(there)))
        few, later = of(events, chosen), day + timedelta(days=dice.randrange(1, 365))
        whole = codes_on(events, as_of=day, known_at=day, rules=rules)
        alone = code_path(few, first=day, last=later, known_at=day, rules=rules).codes
        then = codes_on(events, as_of=later, known_at=day, rules=rules)
        differ += different(on_day(alone, day_number(day)), whole) + different(
            on_day(alone, day_number(later)), then
        )
        replayed, foretold = replayed + len(chosen), foretold + len(chosen)
        if at == 0:
            slowly = codes_of_days(few, day, later, known_at=day, policy=PACK.on(end))
            ranks = {one: [CODE_KEYS.index(code) for code in codes] for one, codes in slowly.items()}
            for step in range((later - day).days + 1):
                now = on_day(alone, day_number(day) + step).select("enterprise_id", "rank")
                slow_differ += sum(ranks[one][step] != rank for one, rank in now.iter_rows())
                slow_days += now.height
    tell(
        f"| {name}: {replayed} replays, {foretold} forecasts on {len(dates)} days | {differ} differ from the whole "
        f"city coded on that day; {slow_days:,} codes day by day, {slow_differ} differ |"
    )


def collected(events: Events) -> Events:
    """Events in memory."""
    return Events(**{name: frame.collect().lazy() for name, frame in vars(events).items()})


def of(events: Events, chosen: list[str]) -> Events:
    """The events of a few enterprises."""
    return Events(
        **{name: frame.filter(pl.col("enterprise_id").is_in(chosen)) for name, frame in vars(events).items()}
    )


def different(few: pl.DataFrame, whole: pl.DataFrame) -> int:
    """How many of the few have another code in the whole."""
    both = few.select("enterprise_id", "rank").join(
        whole.select("enterprise_id", whole="rank"), on="enterprise_id", how="left"
    )
    return int(both.select((pl.col("rank").ne_missing(pl.col("whole"))).sum()).item())


# ---- flip-flops and a change of the rules ---------------------------------------------------------------------


def flip_flops_of(name: str, events: Events, end: date, years: int, tell: Tell) -> None:
    """Codes that went and came back within 90 days, per 1,000 enterprises and year: without change rules, and with."""
    policy = PACK.on(end)
    rules = [InForce(date(1990, 1, 1), policy)]
    first = end - timedelta(days=365 * years)
    steps = judged_steps(events, Span(first - timedelta(days=memory_days(rules)), end, end), rules)
    size, told = steps["enterprise_id"].n_unique(), list[str]()
    for label, change in (("without", AT_ONCE), ("with", policy.codes.change)):
        moved = paths(steps, [change], last=day_number(end)).filter(pl.col("as_of") > day_number(first))
        flips = flip_flops(moved, within_days=policy.review.flip_flop_days)
        told.append(
            f"{label} {1000 * flips / size / years:.1f} flip-flops and {1000 * moved.height / size / years:.0f} changes"
        )
    tell(
        f"| {name}: {size:,} enterprises, {years} years, per 1,000 enterprises and year | {'; '.join(told)} |"
    )


def migration_of(name: str, events: Events, end: date, tell: Tell) -> None:
    """What a stricter cut-off would do on the day: RED from 30 and YELLOW from 16 points instead of 34 and 18."""
    policy = PACK.on(end)
    stricter = replace(policy, codes=replace(policy.codes, thresholds=Thresholds(blue=8, yellow=16, red=30)))
    before, after = (
        codes_on(events, as_of=end, known_at=end, rules=[InForce(date(1990, 1, 1), one)])
        for one in (policy, stricter)
    )
    both = before.select("enterprise_id", before="rank").join(
        after.select("enterprise_id", after="rank"), on="enterprise_id"
    )
    cells = {(row[0], row[1]): row[2] for row in both.group_by("before", "after").len().iter_rows()}
    lines = [" ".join(f"{cells.get((old, new), 0):>7,}" for new in (3, 2, 1, 0)) for old in (3, 2, 1, 0)]
    tell(f"| {name}: codes before (rows) and after (columns), RED YELLOW BLUE GREEN | {' / '.join(lines)} |")


def main() -> int:
    """Measure what is asked for and print one line each."""
    parser = argparse.ArgumentParser("python -m benchmarks.dynamic", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--enterprises", type=int, default=5000, help="size of the demo city; 0 leaves it out"
    )
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument(
        "--pairs", type=int, default=1000, help="enterprises and days of the real sets together"
    )
    parser.add_argument("--years", type=int, default=3, help="years in which flip-flops are counted")
    chosen = parser.parse_args()
    tell: Tell = lambda line: print(line, flush=True)  # noqa: E731
    if chosen.enterprises:
        forecast_of_the_demo(chosen.enterprises, chosen.days, tell)
    data = load_settings().real_data
    for name in SETS if data.is_dir() else ():
        replays_of(name, data / name, chosen.pairs // len(SETS), tell)
        end = load_mapping(name).archive_ends
        assert end is not None, "a closed archive says when it ends"
        with taken_in(name, data / name, end) as connection:
            events = collected(read_events(connection))
        flip_flops_of(name, events, end, chosen.years, tell)
        migration_of(name, events, end, tell)
    return 0


if __name__ == "__main__":
    sys.exit(main())
