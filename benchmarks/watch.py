"""Seconds from a file's arrival to its published code.

A city is taken in, coded and published; then ``./riskcode watch`` runs as a process of its own, and files with one new
alert each are put into its inbox, one after another.  The clock runs from the moment a file has its name to the moment
the published copy that counts the alert is in place.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from benchmarks.bench import Bench
from benchmarks.bulk import AS_OF, Size, write_bulk
from benchmarks.report import Report
from models.policy import load_policy
from warehouse.coding.order import code_enterprises
from warehouse.connection import writing
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all
from warehouse.planning.plan import compute_plan
from warehouse.publish import publish_run
from warehouse.rules.in_force import coding_on

REPOSITORY = Path(__file__).parents[1]
PATIENCE = 120.0


def prepare(bench: Bench, size: Size, more: Callable[[Path], str] = lambda _: "") -> tuple[Home, list[str]]:
    """A home whose city is coded and published, with an empty inbox; ids of its enterprises.

    ``more``: puts further files into the inbox, and tells the lines of the mapping that read them.
    """
    home = Home(bench.folder / "home").prepare()
    bench.tell("generating the delivery")
    bulk = write_bulk(bench.folder / "deliveries", size)
    inbox = home.inbox / "bench_city"
    inbox.mkdir()
    mapping = inbox / "mapping.yaml"
    told = f"{bulk.mapping.read_text()}{more(inbox)}archive_ends: {AS_OF}\n"
    mapping.write_text(told, encoding="utf-8")
    for path in bulk.first.glob("*.parquet"):
        os.link(path, inbox / path.name)
    with writing(home) as connection:
        take_in_all(connection, home, folder=str(inbox), mapping=str(mapping), received_on=AS_OF, today=AS_OF)
        coding = coding_on(connection, load_policy(), AS_OF)
        bench.tell("coding the whole city")
        code_enterprises(connection, coding)
        bench.tell("planning and publishing it")
        compute_plan(connection, coding)
        publish_run(connection, home, coding, run_id="night")
        ids = [
            one for (one,) in connection.execute("SELECT enterprise_id FROM risk.codes ORDER BY 1").fetchall()
        ]
    return home, ids


def arrive(home: Home, number: int, enterprise: str) -> tuple[str, float]:
    """Put one alert into the inbox the careful way.  Returns its id and the moment it had its name."""
    alert = f"WATCH{number:06d}"
    folder = home.inbox / "bench_city"
    at = datetime.combine(AS_OF, datetime.min.time()) + timedelta(hours=9, minutes=number % 60)
    row = {
        "alert_id": alert,
        "recorded_at": AS_OF,
        "enterprise_id": enterprise,
        "source_system": "platform",
        "kind": "exceedance",
        "level": "red",
        "raised_at": at,
    }
    unfinished = folder / f"alerts_{number:04d}.parquet.part"
    pl.DataFrame([row]).write_parquet(unfinished)
    unfinished.rename(folder / f"alerts_{number:04d}.parquet")
    return alert, time.perf_counter()


def published_after(home: Home, before: int, enterprise: str, points: int) -> float:
    """The moment another copy is in place that counts the alert.  Raises TimeoutError when none comes."""
    limit = time.perf_counter() + PATIENCE
    while time.perf_counter() < limit:
        if home.published.stat().st_ino != before and alert_points(home, enterprise) > points:
            return time.perf_counter()
        time.sleep(0.01)
    raise TimeoutError("nothing was published")


def alert_points(home: Home, enterprise: str) -> int:
    """What the published copy counts."""
    with duckdb.connect(str(home.published), read_only=True) as copy:
        query = "SELECT alert_points FROM risk.features WHERE enterprise_id = ?"
        [[points]] = copy.execute(query, [enterprise]).fetchall()
    return int(points)


def watch(bench: Bench, size: Size, arrivals: int) -> Report:
    """Let files arrive, one after another."""
    home, ids = prepare(bench, size)
    environment = {**os.environ, "RISKCODE_HOME": str(home.root), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "pipelines", "watch", "--json"]
    bench.tell("watching")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as watcher:
        try:
            seconds, inside = follow(home, ids, arrivals, watcher)
        finally:
            watcher.terminate()
    return Report(
        {**vars(size), "arrivals": arrivals},
        figures={
            "seconds of the first": round(seconds[0], 1),
            "seconds, median of the others": round(statistics.median(seconds[1:]), 2),
            "seconds, worst of the others": round(max(seconds[1:]), 2),
            "of it the update, median": round(statistics.median(inside[1:]), 2),
            "published copy, MB": round(home.published.stat().st_size / 1e6),
        },
    )


def follow(
    home: Home, ids: list[str], arrivals: int, watcher: "subprocess.Popen[str]"
) -> tuple[list[float], list[float]]:
    """Seconds of each arrival, from outside and as the watcher tells them."""
    seconds: list[float] = []
    inside: list[float] = []
    assert watcher.stdout is not None
    for number in range(arrivals):
        enterprise = ids[number * 997 % len(ids)]
        before, points = home.published.stat().st_ino, alert_points(home, enterprise)
        _, started = arrive(home, number, enterprise)
        seconds.append(published_after(home, before, enterprise, points) - started)
        inside.append(json.loads(watcher.stdout.readline())["seconds"])
    return seconds, inside
