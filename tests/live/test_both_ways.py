"""Twenty nights of one city by cron and by the daemon, one of them missed, one failed: both code the same."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from desk.words.words import Words
from pipelines.alerts import LATE, RECOVERED, RETRIED, RUN, SOURCE, alerts, title_of
from pipelines.demo import SEED, ContinuedCity, build_city, write_day
from tests.live.conftest import FIRST, installation, moment, site
from tests.live.nights import ONE_DAY, Nights, decided, faults
from tests.live.services import DAEMON, Services, waits_for
from tests.live.sources import lock_held, mapping
from tests.worlds.deliveries import deliver
from tests.worlds.receivers import receiver
from warehouse.database.reading import reading
from warehouse.home import Home
from warehouse.questions.plan import SCHEDULED

pytestmark = pytest.mark.live

FIRMS, YEARS = 300, 2
NIGHTS = [FIRST + timedelta(days=later) for later in range(1, 21)]
MISSED, FAILED, BROKEN = (NIGHTS[at] for at in (6, 11, 16))
"""The machines are off; somebody holds the warehouse; a source has a mapping that cannot be read, for a day."""


class City:
    """The demo city lives on: it is visited as the plan of one site says, and delivers to all of them."""

    def __init__(self, *sites: Services) -> None:
        self.sites, self.city = sites, ContinuedCity(build_city(FIRMS, FIRST, YEARS, SEED))

    def day(self, day: date) -> int:
        """What happens on a day; delivered in its evening.  Returns the number of visits."""
        with reading(self.sites[0].home) as connection:
            planned = connection.sql(SCHEDULED, params={"day": day}).pl()
        made = planned.filter(self.city.is_made(day, planned.height))
        if made.height:
            self.city.visit(day, made)
        # What is known on the first evening was delivered before.
        news = self.city.news(day - ONE_DAY, day) if day > FIRST else {}
        for one in self.sites:
            before = files(one.home)
            write_day(one.home.inbox / "city", day, news)
            if day + ONE_DAY == BROKEN:
                deliver(one.home.inbox / "platform", {"mapping.yaml": b"mapping: [\n"})
            if day == BROKEN:
                deliver(one.home.inbox / "platform", {"mapping.yaml": mapping("platform", "alerts")})
            one.clock.set(moment(day, 20))
            at = one.clock.now().timestamp()
            for file in files(one.home) - before:
                os.utime(file, (at, at))
        return made.height


def files(home: Home) -> set[Path]:
    """What lies in the inbox."""
    return {path for path in home.inbox.rglob("*") if path.is_file()}


def by_cron(site: Services, day: date) -> int:
    """What cron calls at two o'clock.  Returns its exit code."""
    site.clock.set(moment(day, 2))
    return site.command("run", "--json").returncode


def test_cron_and_the_daemon_code_the_same_and_tell_what_went_wrong() -> None:
    with (
        receiver() as of_cron,
        receiver() as of_daemon,
        installation(enterprises=FIRMS, wait_seconds=1, years=YEARS, RISKCODE_NOTIFY=of_cron.url) as cron,
        site(enterprises=FIRMS, wait_seconds=20, years=YEARS, RISKCODE_NOTIFY=of_daemon.url) as daemon,
    ):
        city, nights = City(cron, daemon), Nights(daemon)
        visits = 0
        for day in NIGHTS:
            visits += city.day(day - ONE_DAY)
            falls = moment(day, 1, 59, 57)
            if day == MISSED:
                daemon.stop(DAEMON)
                daemon.clock.set(moment(day, 9))
                daemon.start(DAEMON)
            elif day == FAILED:
                with lock_held(cron):
                    assert by_cron(cron, day) == 6
                with lock_held(daemon):
                    daemon.clock.set(falls)
                    waits_for(lambda day=day: is_in_vain(nights, day), "a run to have waited in vain")
            else:
                assert by_cron(cron, day) == (10 if day == BROKEN else 0)
                daemon.clock.set(falls)
            nights.is_coded(day)
            if day in (MISSED, FAILED, BROKEN):
                nights.is_told_by_noon(day)
        assert visits > 0
        days = [(day,) for day in (FIRST, *NIGHTS)]
        found, same = decided(cron.home), decided(daemon.home)
        assert found["days"] == days
        assert [name for name, rows in found.items() if rows != same[name]] == []
        assert kinds(cron.home) == [RUN, SOURCE]
        assert kinds(daemon.home) == [LATE, RETRIED, SOURCE]
        made_up_for = [one.cause for one in alerts(cron.home) if one.kind == RECOVERED]
        assert made_up_for == [f"Missed and made up for: {day}." for day in (FAILED, MISSED)]
        assert len([one for one in alerts(daemon.home) if one.kind == RECOVERED]) == 1
        words = Words("en")
        for home, told in ((cron.home, of_cron), (daemon.home, of_daemon)):
            written = [title_of(home, one, words) for one in reversed(alerts(home))]
            assert told.titles == written, "what was written down was told"
            print(
                *(f"{title}: {text}" for title, text in zip(told.titles, told.texts, strict=True)), sep="\n"
            )


def is_in_vain(nights: Nights, day: date) -> bool:
    """Whether a run of a day failed."""
    return any(one.status == "FAILURE" for one in nights.of_day(day))


def kinds(home: Home) -> list[str]:
    """Kinds of what failed, the oldest first."""
    return [one.kind for one in faults(home)]
