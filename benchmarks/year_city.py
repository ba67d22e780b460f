"""The demo city living through a year in which our plan decides who is visited."""

from datetime import date

import numpy as np
import polars as pl

from models.tables.canonical import TABLES
from models.vocabulary import day_number
from pipelines.demo.city import City, build_city
from pipelines.demo.events import recorded, register_rows
from pipelines.demo.living import VisitedCity, as_ledger
from pipelines.demo.period import Days, Floats

SOURCE = "demo"


class LivingCity(VisitedCity):
    """The city before ``first`` as the demo made it, and from then on with the visits it is told to have had."""

    def __init__(self, enterprises: int, first: date, end: date, *, years: int, seed: int) -> None:
        city = build_city(enterprises, end, years, seed)
        self._events, inspections, ledger = _history(city, day_number(first) - day_number(city.period.start))
        super().__init__(city, first, inspections, ledger)

    def likely(self, firms: Days, days: Days) -> Floats:
        """Latent risk between 0 and 1 of each firm on the day beside it."""
        return 1 / (1 + np.exp(-self.city.risk_on(firms, days)))

    def delivery(self, since: date | None, until: date) -> dict[str, pl.DataFrame]:
        """Accepted rows that became known after ``since``, until ``until``, keyed by table."""
        low = date.min if since is None else since
        recorded = (pl.col("recorded_at") > low) & (pl.col("recorded_at") <= until)
        told = {name: frame.filter(recorded) for name, frame in self._events.items()}
        told["inspections"] = self.inspections.filter(recorded)
        told["violations"] = self.findings(
            -(10**6) if since is None else self.number(since), self.number(until)
        )
        return {name: _accepted(name, frame) for name, frame in told.items() if frame.height}


def _history(city: City, first: int) -> tuple[dict[str, pl.DataFrame], pl.DataFrame, pl.DataFrame]:
    """What the demo city's authorities record without our visits; its visits and findings before day ``first``."""
    events, findings = recorded(city)
    inspections = events.pop("inspections")
    before = findings.filter(pl.col("day") < first)
    before = before.with_columns(again=pl.lit(None, dtype=pl.String))
    past = inspections.filter(pl.col("inspected_on") < city.period.dates(np.array([first]))[0])
    return (
        {"enterprises": register_rows(city), **events},
        past,
        as_ledger(city, city.rng(102), before).drop("again"),
    )


def _accepted(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Canonical columns, and where the rows came from."""
    schema = TABLES[name].schema.create_empty().schema
    given = frame.with_columns(source=pl.lit(SOURCE))
    absent = {
        column: pl.lit(None, dtype=dtype) for column, dtype in schema.items() if column not in given.columns
    }
    return (
        given.with_columns(**absent)
        .select(pl.col(column).cast(dtype) for column, dtype in schema.items())
        .with_columns(
            delivery_id=pl.lit("year"), source_file=pl.lit("year"), source_line=pl.lit(1, dtype=pl.Int64)
        )
    )
