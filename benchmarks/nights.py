"""What comes after a first night: ordinary nights, an alert within the day, and those who read.

As in ``benchmarks.stages`` every function is one group, and the calls are the product's own.
"""

import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.bulk import AS_OF
from benchmarks.floor import WAREHOUSE
from benchmarks.meter import Measured, Meter
from benchmarks.stages import coded, coding, pack
from warehouse.coding import renewal
from warehouse.coding.coding import Coding
from warehouse.coding.order import STAGES, begin, run_stage
from warehouse.connection import Connection, writing
from warehouse.database.documents import passport_of, queue_of
from warehouse.database.places import open_place
from warehouse.disputes.overrides import Given, give_override
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all
from warehouse.intraday import update_enterprises
from warehouse.planning.plan import compute_plan
from warehouse.publish import publish_run

OVERRIDDEN = 0.0001
"""Share of the enterprises that a person gives another code to before it."""
TOUCHED = 0.005
"""Share of the enterprises about which something new is delivered on an ordinary night."""
ALERTS, READS = 5, 200
NIGHTS = {1: "the delivery of a night", 2: "nothing new", 3: f"{TOUCHED:.1%} touched"}
"""Nights by the days after the first one."""


def measure_nights(root: Path, night: Path, mapping: Path, folder: Path) -> list[Measured]:
    """Three nights: with what the bulk's night brought, the first after a first one; nothing new; an ordinary one."""
    meter, home = Meter("nights"), Home(root)
    with writing(home) as connection:
        for days, about in NIGHTS.items():
            day = AS_OF + timedelta(days=days)
            if days == 3:
                _deliver(
                    connection, home, "violations", night, mapping, folder / "few", day, _few(connection)
                )
            what = coding(connection, day)
            if days == 3:
                _override(connection, what)
            with open_place(connection, home, day):
                begin(connection, what)
                for name in STAGES:
                    with meter.stage(f"{about}: {name.replace('_', ' ')}", floor=WAREHOUSE) as stage:
                        run_stage(connection, what, name)
                        stage.rows = len(
                            renewal.enterprises(connection, "ways" if name == "passports" else "codes")
                        )
                with meter.stage(f"{about}: plan", floor=WAREHOUSE) as stage:
                    planned = compute_plan(connection, what)
                    stage.rows = planned.visits if planned else 0
                with meter.stage(f"{about}: publish", floor=WAREHOUSE) as stage:
                    publish_run(connection, home, what, run_id=f"benchmark {day}")
                    stage.rows = coded(connection)
    return meter.found


def measure_alerts(root: Path, night: Path, mapping: Path, folder: Path) -> list[Measured]:
    """Files of one alert each, taken in and published one after the other."""
    meter, home, day = Meter("within"), Home(root), AS_OF + timedelta(days=3)
    with writing(home) as connection:
        for at in range(ALERTS):
            with meter.stage(
                f"an alert, from its file to what readers see ({at + 1})", floor=WAREHOUSE
            ) as stage:
                _deliver(connection, home, "alerts", night, mapping, folder / f"alert {at}", day, 1, first=at)
                done = update_enterprises(
                    connection, home, pack(), known_at=day, run_id=f"benchmark alert {at}"
                )
                stage.rows = done.enterprises
    return meter.found


def measure_reading(root: Path) -> dict[str, float]:
    """CPU milliseconds of a passport, and of the RED queue of a district."""
    home = Home(root)
    red = [row for row in queue_of(home) or () if row["division"]]
    some = red[:: max(1, len(red) // READS)]
    return {
        "passport": _each(lambda one: passport_of(home, one["enterprise_id"]), some),
        "RED queue of a district": _each(lambda one: queue_of(home, district=one["division"]), some[:20]),
    }


def _each(ask: Callable[[dict[str, Any]], object], rows: Sequence[dict[str, Any]]) -> float:
    begun = time.process_time()
    for row in rows:
        ask(row)
    return round((time.process_time() - begun) / max(1, len(rows)) * 1000, 2)


def _few(connection: Connection) -> int:
    return max(1, round(coded(connection) * TOUCHED))


def _override(connection: Connection, what: Coding) -> None:
    """Let some enterprises be YELLOW for a month, whatever the facts say."""
    few = max(1, round(coded(connection) * OVERRIDDEN))
    blue = (
        f"SELECT enterprise_id FROM risk.codes WHERE code = 'blue' ORDER BY hash(enterprise_id) LIMIT {few}"
    )
    for (enterprise,) in connection.execute(blue).fetchall():
        until = what.as_of + timedelta(days=29)
        told = ("yellow", what.as_of, until, "seen on the spot: worse than it says", "王主任", what.as_of)
        give_override(connection, what, Given(enterprise, *told))


def _deliver(
    connection: Connection,
    home: Home,
    table: str,
    night: Path,
    mapping: Path,
    folder: Path,
    day: date,
    count: int,
    first: int = 0,
) -> None:
    """Take in so many rows of the bulk's night, under numbers of their own."""
    key = {"violations": "violation_id", "alerts": "alert_id"}[table]
    rows = pl.read_parquet(night / f"{table}.parquet")[first : first + count]
    folder.mkdir(parents=True)
    rows.with_columns(pl.col(key) + f"-{folder.name}", recorded_at=pl.lit(day)).write_parquet(
        folder / f"{table}.parquet"
    )
    take_in_all(connection, home, folder=str(folder), mapping=str(mapping), received_on=day, today=day)
