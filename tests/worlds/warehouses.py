"""Warehouses filled without files: worlds counted by hand, and the demo city with its truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from models.policy import load_policy
from models.tables.canonical import TABLES
from pipelines.demo.city import City, build_city, truth
from pipelines.demo.events import clean_tables
from tests.worlds.deliveries import warehouse
from warehouse.coding.order import code_only
from warehouse.connection import Connection, writing
from warehouse.database.places import open_place
from warehouse.database.runs import known_for, stored_by, would_issue
from warehouse.home import Home
from warehouse.intake.accepted import write_versions
from warehouse.intake.inbox import take_in_all
from warehouse.planning.draws import seeds_from
from warehouse.planning.plan import compute_plan
from warehouse.publish import publish_run
from warehouse.rules.in_force import coding_on
from warehouse.rules.packs import begin_with


@dataclass(frozen=True)
class KnownCity:
    """A warehouse that holds the demo city, and the latent risk of every enterprise at its end."""

    connection: Connection
    end: date
    truth: pl.DataFrame


def fill(connection: Connection, world: Mapping[str, pl.DataFrame], *, received_on: date) -> Connection:
    """Take canonical tables in as accepted rows."""
    for name, frame in world.items():
        written = frame.with_columns(
            delivery_id=pl.lit("d"), source_file=pl.lit("f"), source_line=pl.lit(1, dtype=pl.Int64)
        )
        write_versions(connection, TABLES[name], written, received_on=received_on)
    return connection


def stored(world: Mapping[str, pl.DataFrame], *, received_on: date = date(2026, 6, 30)) -> Connection:
    """A new warehouse that holds a canonical world."""
    return fill(warehouse(), world, received_on=received_on)


def night(home: Home, day: date, delivery: Path | None = None) -> None:
    """A night without scheduler, checks and passports: take in (mapping: demo_city), code, plan and publish.

    What is known, and what becomes of an older day, is as in a run that a person asks for.
    """
    with writing(home) as connection:
        if delivery is not None:
            folder = str(delivery)
            take_in_all(connection, home, folder=folder, mapping="demo_city", received_on=day, today=day)
        begin_with(connection, home, load_policy())
        known_at = known_for(connection, day)
        by = stored_by(connection, day, known_at)
        coding = coding_on(connection, load_policy(), day, known_at=known_at, stored_by=by)
        run_id = f"night {day} {datetime.now():%H:%M:%S.%f}"
        with open_place(connection, home, day):
            code_only(connection, coding)
            if would_issue(connection, day, known_at, stored_by=by):
                compute_plan(connection, coding, seeds=seeds_from("test"))
            publish_run(connection, home, coding, run_id=run_id)


def city_world(city: City) -> dict[str, pl.DataFrame]:
    """The clean tables of the demo city, with the columns its authorities do not keep left empty."""
    return {name: _whole(name, frame) for name, frame in clean_tables(city).items()}


def stored_city(firms: int, *, end: date, years: int, seed: int = 2026) -> KnownCity:
    """A new warehouse that holds the clean tables of the demo city."""
    city = build_city(firms, end, years, seed)
    return KnownCity(stored(city_world(city), received_on=end), end, truth(city))


def _whole(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The columns the city's authorities keep, and the others empty."""
    schema = TABLES[name].schema.create_empty().schema
    empty = [pl.lit(None, dtype=dtype).alias(column) for column, dtype in schema.items()]
    given = frame.with_columns(source=pl.lit("demo"))
    return given.with_columns(one for one in empty if one.meta.output_name() not in given.columns).select(
        *schema
    )
