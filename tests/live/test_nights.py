"""Thirty nights by the daemon with five faults: each day is coded as if nothing had happened, each fault told once."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from pipelines.alerts import LATE, RECOVERED, RETRIED, SOURCE, alerts
from tests.live.conftest import FIRST, deliver_city, moment, site
from tests.live.nights import ONE_DAY, Nights, Rows, decided, faults
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


class Month(Nights):
    """Nights of a site, lived through one after the other."""

    def __init__(self, city: Services) -> None:
        super().__init__(city)
        self.firms = firms_of(city.home)
        begin(city.home)

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
                waits_for(lambda: [one for one in self.of_day(day) if one.status == "FAILURE"], failed)
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

    def at_work(self, day: date) -> Run:
        """The run of a day, once it has begun to code."""
        place = self.city.home.days / f"{day}.duckdb"
        waits_for(place.exists, f"{day} to be begun")
        [run] = self.of_day(day)
        assert run.status == "STARTED"
        return run


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
        assert [one.kind for one in faults(city.home)] == [RETRIED, RETRIED, LATE, SOURCE, LATE], faults(
            city.home
        )
        made_up_for = [one for one in alerts(city.home) if one.kind == RECOVERED]
        assert len(made_up_for) == 2, "once for each of the two that were late"
        found = decided(city.home)
    assert found["days"] == [(day,) for day in (FIRST, *NIGHTS)]
    for name, rows in undisturbed.items():
        assert found[name] == rows, name
