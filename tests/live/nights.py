"""Nights that the schedule codes while the clock is set from one to the next, and what is decided in them."""

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import duckdb

from pipelines.alerts import NO_FAULTS, Written, alerts
from tests.live.conftest import moment
from tests.live.page import Run
from tests.live.services import Services, waits_for
from warehouse.home import Home

Rows = list[tuple[Any, ...]]
ONE_DAY = timedelta(days=1)


def decided(home: Home) -> dict[str, Rows]:
    """What was decided night by night, and what stands in the end."""
    asked = {
        "history": "SELECT enterprise_id, valid_from, valid_to, code, previous_code, score, is_provisional, decided_by "
        "FROM risk.code_history ORDER BY ALL",
        "codes": "SELECT enterprise_id, as_of, code, score, decided_by FROM risk.codes ORDER BY ALL",
        "explanations": "SELECT * FROM risk.explanations ORDER BY ALL",
        "queue": "SELECT * FROM serve.red_queue ORDER BY ALL",
        "days": "SELECT DISTINCT as_of FROM ops.runs WHERE is_issued ORDER BY ALL",
    }
    with duckdb.connect(str(home.published), read_only=True) as connection:
        return {name: connection.execute(query).fetchall() for name, query in asked.items()}


def faults(home: Home) -> list[Written]:
    """All that failed, the oldest first."""
    return [one for one in reversed(alerts(home)) if one.kind not in NO_FAULTS]


class Nights:
    """The nights of a site whose schedule is on."""

    def __init__(self, city: Services) -> None:
        self.city, self.told = city, 0
        city.page.start_schedule("nightly_schedule")

    def is_told_by_noon(self, day: date) -> None:
        """One more alert is written in the morning after a night.  Looks are five minutes apart by the clock."""
        self.told += 1
        for minutes in range(0, 180, 10):
            if len(faults(self.city.home)) >= self.told:
                return
            at = moment(day, 9) + timedelta(minutes=minutes)
            self.city.clock.set(max(at, self.city.clock.now()))
            with suppress(AssertionError):
                waits_for(lambda: len(faults(self.city.home)) >= self.told, "an alert", seconds=20)
        raise AssertionError(f"nobody was told of the night of {day}")

    def is_coded(self, *days: date) -> None:
        """Wait until days are coded."""
        for day in days:
            waits_for(
                lambda day=day: any(one.status == "SUCCESS" for one in self.of_day(day)),
                f"{day} to be coded",
                seconds=300,
            )

    def of_day(self, day: date) -> list[Run]:
        """Runs of a day, the newest first; what has ended of the services is started again."""
        self.city.keep()
        return [one for one in self.city.page.runs() if one.day == f"{day}"]
