"""Keeping codes up to the minute: the inbox is watched, and what arrives is coded and published at once.

Where this runs, the nightly schedule stays off: the same job runs here when its hour has come.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import duckdb

from models.errors import BusyError, RiskcodeError
from models.policy import load_policy
from pipelines.alerts import likeness
from pipelines.bulletin import tell_failure, tell_news_of_run
from pipelines.nightly import Order, run_night
from pipelines.settings import Settings
from warehouse.clock import local_today, night_begun
from warehouse.connection import writing
from warehouse.database.meta import value
from warehouse.database.reading import Row
from warehouse.database.runs import last_issued
from warehouse.intake.arrivals import Arrival, Lookout
from warehouse.intake.files.raw import shown
from warehouse.intake.inbox import closed_on
from warehouse.intake.take_in import TakenIn
from warehouse.intraday import Updated, coded_day, is_coded_for, take_in_and_update
from warehouse.questions.complaints import standing
from warehouse.resume import resume, written
from warehouse.rules.in_force import coding_on
from warehouse.what_if.replay import past_explanation

log = logging.getLogger("riskcode")


@dataclass(frozen=True)
class Seen:
    """One arrival: what was taken in and changed, what of its sources stands as a complaint, and how long it took.

    ``seconds``: from the look that told of it.
    """

    taken: list[TakenIn]
    updated: Updated
    complaints: list[Row]
    seconds: float


def watch(
    settings: Settings,
    *,
    interval_seconds: float = 0.3,
    forever: bool = True,
    is_ended: Callable[[], bool] = lambda: False,
) -> Iterator[Seen]:
    """Look into the inbox again and again; yields one entry for each arrival that was taken in.

    At the hour of the night, and after something went wrong, the whole city is coded first unless it is.  With
    ``forever=False`` it ends when nothing is waiting any more, with what went wrong last and was not
    mended.  ``is_ended`` is asked before each look.  An arrival that cannot be read is told in the log;
    while another run is writing, arrivals wait.
    """
    lookout, quiet, begun, failed = Lookout(settings.home), 0, None, None
    left = told = ""
    while not is_ended() and (forever or quiet < 3):
        seen, arrivals = None, list[Arrival]()
        try:
            if begun != night_begun():
                _begin_night(settings)
                begun = night_begun()
            if left != written(settings.home):
                # Somebody else wrote, and may have died before readers were told.
                _carry_through(settings)
                left = written(settings.home)
                tell_news_of_run(settings.home, settings)
            arrivals = lookout.arrivals()
            if arrivals:
                seen = _take_up(settings, arrivals)
                left = written(settings.home)
        except BusyError:
            lookout.forget(arrivals)
            time.sleep(PATIENCE_SECONDS)
        except (RiskcodeError, duckdb.Error, OSError) as error:
            # The inbox must be watched to-morrow too; what went wrong is in the log, and is tried again.
            log.warning("%s", error)
            lookout.forget(arrivals)
            begun, quiet, failed = None, quiet + 1, error
            if likeness(f"{error}") != told:
                told = likeness(f"{error}")
                tell_failure(settings, error, job="watch")
            time.sleep(PATIENCE_SECONDS)
        else:
            failed, told = None, ""
        quiet = 0 if arrivals and seen else quiet + 1
        if seen is not None:
            yield seen
            tell_news_of_run(settings.home, settings)
        time.sleep(interval_seconds)
    if failed is not None and not is_ended():
        raise failed


PATIENCE_SECONDS = 2
"""Before trying again while another run is writing, or after something went wrong."""


def _take_up(settings: Settings, arrivals: list[Arrival]) -> Seen | None:
    started = time.perf_counter()
    with writing(settings.home) as connection:
        taken, updated = take_in_and_update(
            connection,
            settings.home,
            load_policy(settings.pack),
            arrivals,
            run_id=f"watch-{uuid.uuid4()}",
        )
        # A source is complained of by the name of its folder where its mapping cannot be read.
        of = {shown(one.source.folder.name) for one in arrivals} | {one.source.name for one in arrivals}
        told = [row for row in standing(connection) if row["state"] == "open" and row["source"] in of]
    if not (taken or updated.enterprises or told):
        return None
    return Seen(taken, updated, told, time.perf_counter() - started)


def _begin_night(settings: Settings) -> None:
    """Code the whole city, and before it the nights that were missed, unless the day is coded and published."""
    today = _uncoded_day(settings)
    if today is not None:
        log.info("coding the whole city for %s", today)
        run_night(settings, Order(as_of=today), job="watch", say=_log_missed)
    _warm_up(settings)


def _log_missed(day: date, error: RiskcodeError | None) -> None:
    if error:
        log.warning("%s is not made up for: %s", day, error)
    else:
        log.info("making up for the night of %s", day)


def _carry_through(settings: Settings) -> None:
    """Tell readers what the warehouse knows and they do not."""
    with writing(settings.home) as connection:
        resume(connection, settings.home, load_policy(settings.pack))


def _warm_up(settings: Settings) -> None:
    """Code one enterprise and forget it, so that the first arrival need not wait for what is loaded once."""
    with writing(settings.home) as connection:
        one = value(connection, "SELECT min(enterprise_id) FROM risk.codes")
        if one is not None:
            day = coded_day(connection)
            past_explanation(connection, coding_on(connection, load_policy(settings.pack), day, only=(one,)))


def _uncoded_day(settings: Settings) -> date | None:
    with writing(settings.home) as connection:
        today, last = closed_on(connection) or night_begun(), last_issued(connection)
        if last is not None and last.as_of == local_today():
            # Somebody was earlier than the night.
            today = last.as_of
        return None if is_coded_for(connection, today) else today
