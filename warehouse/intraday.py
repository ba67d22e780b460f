"""Within the day: what came in changes the codes of the enterprises it is about, and of no others.

The same functions as in a nightly run, asked about fewer enterprises; what they write takes the place of those
enterprises' rows.  A code depends on nothing but its own enterprise's facts, so the result is that of a full run.
Plans are not made anew: a new RED stands in the red queue at once and in the plan after the night.
"""

from collections.abc import Container, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from models.errors import ScoreError
from models.policy import Policy
from warehouse.clock import local_today
from warehouse.coding.issue import issue
from warehouse.coding.order import code_enterprises
from warehouse.coding.touched import touched
from warehouse.database.frames import Connection, transaction
from warehouse.database.meta import value
from warehouse.database.runs import forecasts_are_old, last_issued
from warehouse.home import Home
from warehouse.intake.arrivals import Arrival, take_in_arrivals, waiting
from warehouse.intake.inbox import city_today
from warehouse.intake.take_in import TakenIn
from warehouse.publish import CODES, DOCUMENTS, publish, publish_changed, tells_of_intake
from warehouse.rules.in_force import coding_on


@dataclass(frozen=True)
class Updated:
    """What an update did: the day coded, the enterprises it was about, and how many of them changed code."""

    as_of: date
    enterprises: int
    changed: int


def coded_day(connection: Connection) -> date:
    """The day the tables hold.  Raises ScoreError when they hold none."""
    day = value(connection, "SELECT max(as_of) FROM risk.codes") if _has_codes(connection) else None
    if day is None:
        raise ScoreError("Nothing is coded yet. Code the whole city first: ./riskcode run")
    return day


def is_coded_for(connection: Connection, day: date) -> bool:
    """Whether the codes issued last are those of a day, and forecasts are by the rules that hold."""
    last = last_issued(connection)
    return last is not None and last.as_of == day and not forecasts_are_old(connection)


def update_enterprises(
    connection: Connection,
    home: Home,
    pack: Policy,
    *,
    known_at: date,
    run_id: str,
) -> Updated:
    """Rescore and republish the enterprises something new is known about.

    The day coded stays that of the last full run; ``known_at`` is today.  Codes and their issue are one transaction.
    Raises ScoreError when nothing is coded yet.
    """
    with updating(connection, home, pack, known_at=known_at, run_id=run_id) as found:
        pass
    return found[0]


@contextmanager
def updating(
    connection: Connection,
    home: Home,
    pack: Policy,
    *,
    known_at: date,
    run_id: str,
    also: tuple[str, ...] = (),
) -> Generator[list[Updated]]:
    """The same, and for the enterprises of ``also``, together with what is written inside: all of it, or nothing.

    Then it is published.  Whoever dies before that leaves a copy that does not stand, which ``warehouse.resume`` makes
    anew.  What the update did is in the list once it is done.
    """
    found, stood = list[Updated](), CODES.stands(connection, home)
    documented = DOCUMENTS.stands(connection, home)
    with transaction(connection):
        yield found
        as_of, last = coded_day(connection), last_issued(connection)
        known_at = max(as_of, known_at, last.known_at if last else as_of)
        only = tuple(sorted({*touched(connection, known_at=known_at), *also}))
        coding, changed = None, 0
        if only:
            coding = coding_on(connection, pack, as_of, known_at=known_at, only=only, stored_by=None)
            code_enterprises(connection, coding)
            changed = issue(connection, coding, run_id=run_id)
    if stood and documented:
        if coding or not tells_of_intake(connection, home):
            publish_changed(connection, home, only, known_at=known_at)
    else:
        publish(connection, home, known_at=known_at, documented=only if documented else None)
    found.append(Updated(as_of, len(only), changed))


def take_in_and_update(
    connection: Connection,
    home: Home,
    pack: Policy,
    arrivals: list[Arrival],
    *,
    run_id: str,
) -> tuple[list[TakenIn], Updated]:
    """Take in what arrived, then rescore and republish the enterprises it is about."""
    today = city_today(connection)
    taken = take_in_arrivals(connection, arrivals, received_on=today, today=local_today())
    return taken, update_enterprises(connection, home, pack, known_at=today, run_id=run_id)


def take_in_inbox(
    connection: Connection,
    home: Home,
    pack: Policy,
    *,
    run_id: str,
    finished: Container[str] | None = None,
) -> Updated:
    """The same for everything in the inbox, whenever it arrived; what was taken in before changes nothing.

    ``finished``: marks of the files that are known to be whole (``intake.arrivals``); the others are left alone.
    """
    arrivals = waiting(home, finished=finished)
    return take_in_and_update(connection, home, pack, arrivals, run_id=run_id)[1]


def _has_codes(connection: Connection) -> bool:
    found = (
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'risk' AND table_name = 'codes'"
    )
    return bool(value(connection, found))
