"""The demo city lives on: each day its plan is carried out, what happens is delivered, and the day is coded.

What a day's crews were told to do is kept before anything of it is delivered, and everything else follows from that:
whoever dies half-way is carried on by the next call.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from models.errors import WarehouseError
from models.policy import load_policy
from pipelines.demo import END, SEED, YEARS, ContinuedCity, build_city, write_day
from pipelines.demo_home import DEMO_MAPPING, demo_delivery, demo_size, is_whole, kept_visits, lived_days
from pipelines.nightly import Order, run_nightly
from pipelines.settings import Settings
from warehouse.clock import local_today
from warehouse.connection import holding, writing
from warehouse.database.reading import reading
from warehouse.database.runs import last_issued
from warehouse.questions import codes as queries
from warehouse.questions.plan import SCHEDULED
from warehouse.resume import resume


@dataclass(frozen=True)
class LivedDay:
    """A day that was lived and coded.

    ``scheduled`` visits, those ``made``, their ``findings``; ``changed`` codes and ``red`` enterprises.
    """

    day: date
    scheduled: int
    made: int
    findings: int
    changed: int
    red: int


class DemoLife:
    """The demo city of a home, from the day coded last on.

    ``last`` is the day coded last, ``end`` the last day it can live: it comes to no day that the clock has not reached.
    Raises WarehouseError where the home holds no demo city, or none that is coded; BusyError while a run writes.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings, self.home = settings, settings.home.prepare()
        size = demo_size(self.home)
        if size is None or not is_whole(self.home):
            raise WarehouseError(
                "{root} holds no demo city. Set RISKCODE_HOME to an empty folder and write one there: ./riskcode run",
                root=self.home.root,
            )
        self.last = self._carried_through()
        self.city = ContinuedCity(build_city(size, END, YEARS, SEED))
        self.end = max(self.last, min(self.city.ends, local_today()))
        with holding(self.home):
            self._told = self._live_again()

    def live(self) -> LivedDay:
        """Live the day after ``last``: its visits are made, what became known is delivered, the day is coded."""
        day, home = self.last + timedelta(days=1), self.home
        with holding(home):
            scheduled = self._scheduled(day)
            findings = self._visit(day, scheduled)
            write_day(demo_delivery(home), day, self.city.news(self._told, day))
        folder = demo_delivery(home)
        run_nightly(
            self.settings, Order(as_of=day, folder=folder, mapping=DEMO_MAPPING, draw_seed=DEMO_MAPPING)
        )
        self.last = self._told = day
        with reading(home) as connection:
            changed = sum(row["enterprises"] for row in queries.changes(connection))
            red = queries.last_run(connection)["red"]
        return LivedDay(day, scheduled.height, int(scheduled["is_made"].sum()), findings, changed, red)

    def _carried_through(self) -> date:
        """The day coded last, once readers know of it: crews go by its plan."""
        if self.home.warehouse.exists():
            with writing(self.home) as connection:
                resume(connection, self.home, load_policy(self.settings.pack))
                last = last_issued(connection)
            if last is not None and last.as_of >= END:
                return last.as_of
        raise WarehouseError(
            "The demo city in {root} is not coded as of {day} yet. Code it first: ./riskcode run",
            root=self.home.root,
            day=END,
        )

    def _live_again(self) -> date:
        """Make the visits of all days that were coded.  Returns the last day of which anything is delivered.

        Where somebody died over that day and it was coded all the same, what is missing is delivered late.
        """
        days = [END, *(day for day in lived_days(self.home) if day <= self.last)]
        for before, day in pairwise(days):
            self._visit(day, pl.read_parquet(kept_visits(self.home, day)))
            if day == days[-1]:
                write_day(demo_delivery(self.home), day, self.city.news(before, day))
        return days[-1]

    def _visit(self, day: date, scheduled: pl.DataFrame) -> int:
        """Make the visits that are made.  Returns the number of findings."""
        made = scheduled.filter("is_made")
        return int(self.city.visit(day, made)["found"].sum()) if made.height else 0

    def _scheduled(self, day: date) -> pl.DataFrame:
        """Visits the published plan has for a day, and whether each is made: as kept, or kept from now on."""
        kept = kept_visits(self.home, day)
        if not kept.exists():
            with reading(self.home) as connection:
                found = connection.sql(SCHEDULED, params={"day": day}).pl()
            kept.parent.mkdir(exist_ok=True)
            part = kept.with_suffix(".part")
            found.with_columns(is_made=self.city.is_made(day, found.height)).write_parquet(part)
            part.replace(kept)
        return pl.read_parquet(kept)
