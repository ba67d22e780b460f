"""Thirty nights by the daemon with five faults: each day is coded as if nothing had happened, each fault told once."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from pipelines.alerts import LATE, NO_FAULTS, RECOVERED, RETRIED, SOURCE, Written, alerts
from tests.live.conftest import FIRST, deliver_city, moment, site
from tests.live.page import Run
from tests.live.services import DAEMON, Services, waits_for
from tests.live.sources import alarms, findings, firms_of, lock_held, mapping
from tests.worlds.deliveries import deliver
from tests.worlds.warehouses import night
from warehouse.connection import writing
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all

pytestmark = pytest.mark.live

FIRMS = 100
NIGHTS = [FIRST + timedelta(days=later) for later in range(1, 31)]
LOCKED, KILLED, BROKEN, REPAIRED, CANCELLED = (NIGHTS[at] for at in (3, 8, 18, 20, 25))
OFF = NIGHTS[13:15]
"""Nights in which the machine is off, and with it who delivers to it."""
ONE_DAY = timedelta(days=1)
Rows = list[tuple[Any, ...]]


def arrives(home: Home, firms: list[str], *nights: date) -> None:
    """What came in before nights is laid into the inbox; the platform's waits for its source to be mended."""
    for coded in nights:
        day = coded - ONE_DAY
        deliver(home.inbox / "bureau", {f"{day}.csv": findings(firms, day)})
        if not BROKEN <= coded < REPAIRED:
            deliver(home.inbox / "platform", {f"{day}.csv": alarms(firms, day)})
        if coded == REPAIRED:
            late = [BROKEN + timedelta(days=later) - ONE_DAY for later in range((REPAIRED - BROKEN).days)]
            deliver(home.inbox / "platform", {f"{one}.csv": alarms(firms, one) for one in late})


def inbox_of(day: date) -> list[date]:
    """The nights for which something has come in when one falls."""
    return [] if day in OFF[:-1] else [*OFF] if day == OFF[-1] else [day]


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


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """The same nights, one after the other, without scheduler and without faults."""
    home = Home(tmp_path_factory.mktemp("undisturbed")).prepare()
    deliver_city(home, FIRMS)
    by_hand(home, FIRST)
    firms = firms_of(home)
    begin(home)
    for day in NIGHTS:
        arrives(home, firms, *inbox_of(day))
        by_hand(home, day)
    return decided(home)


def by_hand(home: Home, day: date) -> None:
    """One night, asked for by a person who is never late."""
    with writing(home) as connection:
        take_in_all(connection, home, folder=None, mapping=None, received_on=day, today=day)
    night(home, day)


def begin(home: Home) -> None:
    """Two sources are announced."""
    deliver(home.inbox / "bureau", {"mapping.yaml": mapping("bureau", "violations")})
    deliver(home.inbox / "platform", {"mapping.yaml": mapping("platform", "alerts")})


class Month:
    """Nights of a site, lived through one after the other."""

    def __init__(self, city: Services) -> None:
        self.city, self.firms, self.told = city, firms_of(city.home), 0
        begin(city.home)
        city.page.start_schedule("nightly_schedule")

    def evening(self, day: date) -> None:
        """What is delivered before the night of a day comes in."""
        self.city.clock.set(moment(day - ONE_DAY, 20))
        arrives(self.city.home, self.firms, *inbox_of(day))
        if day == BROKEN:
            deliver(self.city.home.inbox / "platform", {"mapping.yaml": b"mapping: [platform\n"})
        if day == REPAIRED:
            deliver(self.city.home.inbox / "platform", {"mapping.yaml": mapping("platform", "alerts")})

    def night(self, day: date) -> None:
        """Two o'clock comes, with what else happens in that night."""
        falls = moment(day, 1, 59, 57)
        if day == LOCKED:
            with lock_held(self.city):
                self.city.clock.set(falls)
                failed = f"the run of {day} to have waited in vain"
                waits_for(lambda: [one for one in self._of_day(day) if one.status == "FAILURE"], failed)
            self.is_coded(day)
            return
        self.city.clock.set(falls)
        if day in (KILLED, CANCELLED):
            run = self.at_work(day)
            if day == KILLED:
                self.city.worker().kill()
            else:
                self.city.page.terminate(run.run_id)
                assert self.city.page.ended(run.run_id)[0].status == "CANCELED"
                return
        self.is_coded(day, *([CANCELLED] if day == CANCELLED + ONE_DAY else []))

    def off(self) -> None:
        """The daemon is off for the nights of ``OFF``, and back at nine in the morning."""
        self.city.stop(DAEMON)
        self.city.clock.set(moment(OFF[-1], 9))
        arrives(self.city.home, self.firms, *inbox_of(OFF[-1]))
        self.city.start(DAEMON)
        self.is_coded(*OFF)

    def is_told_by_noon(self, day: date) -> None:
        """One more alert is written in the morning after a night.  Looks are five minutes apart by the clock."""
        self.told += 1
        for minutes in range(0, 180, 10):
            if len(self.alerts()) >= self.told:
                return
            at = moment(day, 9) + timedelta(minutes=minutes)
            self.city.clock.set(max(at, self.city.clock.now()))
            with suppress(AssertionError):
                waits_for(lambda: len(self.alerts()) >= self.told, "an alert", seconds=20)
        raise AssertionError(f"nobody was told of the night of {day}")

    def alerts(self) -> list[Written]:
        """All that failed, the oldest first."""
        return [one for one in reversed(alerts(self.city.home)) if one.kind not in NO_FAULTS]

    def at_work(self, day: date) -> Run:
        """The run of a day, once it has begun to code."""
        place = self.city.home.days / f"{day}.duckdb"
        waits_for(place.exists, f"{day} to be begun")
        [run] = self._of_day(day)
        assert run.status == "STARTED"
        return run

    def is_coded(self, *days: date) -> None:
        """Wait until days are coded."""
        for day in days:
            waits_for(
                lambda day=day: any(one.status == "SUCCESS" for one in self._of_day(day)),
                f"{day} to be coded",
                seconds=300,
            )

    def _of_day(self, day: date) -> list[Run]:
        """Runs of a day, the newest first; what has ended of the services is started again."""
        self.city.keep()
        return [one for one in self.city.page.runs() if one.day == f"{day}"]


def test_every_day_is_coded_as_if_nothing_had_happened_and_each_fault_is_told_once(
    undisturbed: Mapping[str, Rows],
) -> None:
    with site(enterprises=FIRMS, wait_seconds=20) as city:
        month = Month(city)
        for day in NIGHTS:
            if day in OFF:
                if day == OFF[-1]:
                    month.off()
                    month.is_told_by_noon(day)
                continue
            month.evening(day)
            month.night(day)
            if day in (LOCKED, KILLED, BROKEN, CANCELLED):
                month.is_told_by_noon(day)
        assert [one.kind for one in month.alerts()] == [RETRIED, RETRIED, LATE, SOURCE, LATE], month.alerts()
        made_up_for = [one for one in alerts(city.home) if one.kind == RECOVERED]
        assert len(made_up_for) == 2, "once for each of the two that were late"
        found = decided(city.home)
    assert found["days"] == [(day,) for day in (FIRST, *NIGHTS)]
    for name, rows in undisturbed.items():
        assert found[name] == rows, name
