"""Nights: which days were issued, which were late, and which never were."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from warehouse.clock import commissioned_on, night_due
from warehouse.database.frames import Connection
from warehouse.database.meta import CLOSED_ON, get_meta
from warehouse.database.reading import telling_of_runs
from warehouse.database.runs import IS_ISSUED, last_issued
from warehouse.home import Home

CATCH_UP_DAYS = 14
"""Days that are coded late at most; who was away longer begins with the last of them."""
SHOWN_DAYS = 30
"""How far back missed nights are told."""


@dataclass(frozen=True)
class Night:
    """A day and what became of its codes: ``issued`` in time, ``late``, or ``missed``."""

    day: date
    state: Literal["issued", "late", "missed"]


def nights_due(home: Home, until: date) -> list[date]:
    """Days to be coded now, in their order: those after the day issued last, up to ``until``.

    ``until`` alone where nothing was issued yet, and in a closed archive, which has no nights.  A day before the one
    issued last can only be coded again.
    """
    with telling_of_runs(home) as connection:
        last = last_issued(connection) if connection else None
        is_closed = connection is not None and bool(get_meta(connection, CLOSED_ON))
    if last is None:
        return [until]
    if is_closed:
        return [until] if last.as_of < until else []
    return days_after(last.as_of, until)


def days_after(last: date, until: date) -> list[date]:
    """Days to be coded after the day issued last, up to ``until``; no more than are coded late at most."""
    first = max(last + timedelta(days=1), until - timedelta(days=CATCH_UP_DAYS - 1), commissioned_on())
    return [first + timedelta(days=more) for more in range((until - first).days + 1)]


def last_night(home: Home) -> date | None:
    """Day issued last where nights go on; ``None`` where nothing was issued yet, and in a closed archive."""
    with telling_of_runs(home) as connection:
        if connection is None or get_meta(connection, CLOSED_ON):
            return None
        last = last_issued(connection)
    return last.as_of if last else None


def nights(connection: Connection, until: date) -> list[Night]:
    """Every day since codes were first issued, of the last ``SHOWN_DAYS`` up to ``until``, the newest first.

    A closed archive is bound to no clock: once further days were coded its nights are the days issued, up to the last.
    """
    if closed := get_meta(connection, CLOSED_ON):
        until = min(until, date.fromisoformat(closed))
        issued = connection.execute(_ISSUED, {"until": until, "shown": SHOWN_DAYS}).fetchall()
        return [Night(day, "issued") for (day,) in issued] if len(issued) > 1 else []
    found = connection.execute(_NIGHTS, {"until": until, "shown": SHOWN_DAYS}).fetchall()
    return [Night(day, state) for day, state in found]


_ISSUED = f"""
SELECT DISTINCT as_of FROM ops.runs WHERE {IS_ISSUED} AND as_of <= $until AND as_of > $until::DATE - $shown::INTEGER
ORDER BY as_of DESC
"""

# A night's codes are out by noon of their day; what came later was caught up.
_NIGHTS = f"""
WITH issued AS (SELECT as_of, min(finished_at) AS finished FROM ops.runs WHERE {IS_ISSUED} GROUP BY as_of),
days AS (
    SELECT unnest(generate_series((SELECT min(as_of) FROM issued)::TIMESTAMP, $until::TIMESTAMP, INTERVAL 1 DAY))::DATE
           AS day)
SELECT day,
       CASE WHEN finished IS NULL THEN 'missed' WHEN finished > day + INTERVAL 12 HOUR THEN 'late' ELSE 'issued' END
FROM days LEFT JOIN issued ON as_of = day WHERE day > $until::DATE - $shown::INTEGER ORDER BY day DESC
"""


@dataclass(frozen=True)
class Told(Night):
    """A night with what was published: when (``None``: never), of how many enterprises, how many of them RED.

    ``updates``: updates within the day.  ``set_aside``: sources of which something grave could not be read that day.
    """

    finished_at: datetime | None
    enterprises: int
    red: int
    updates: int
    set_aside: tuple[str, ...]


def nights_so_far(connection: Connection) -> list[Night]:
    """The nights up to the last one whose codes are out, or should be."""
    last = last_issued(connection)
    return nights(connection, max(night_due(), last.as_of) if last else night_due())


def told_nights(connection: Connection, days: int) -> list[Told]:
    """The nights so far of the last days, told."""
    return [Told(one.day, one.state, *_told(connection, one.day)) for one in nights_so_far(connection)[:days]]


_PUBLISHED = f"""
SELECT min(finished_at) FILTER ({IS_ISSUED}), coalesce(arg_min(enterprises, number) FILTER ({IS_ISSUED}), 0),
       coalesce(arg_min(red, number) FILTER ({IS_ISSUED}), 0), count(rescored)
FROM ops.runs WHERE as_of = ?
"""


def _told(connection: Connection, day: date) -> tuple[datetime | None, int, int, int, tuple[str, ...]]:
    [(finished_at, enterprises, red, updates)] = connection.execute(_PUBLISHED, [day]).fetchall()
    set_aside = connection.execute(
        "SELECT DISTINCT source FROM ops.complaints WHERE is_grave AND first_on <= $day AND "
        "coalesce(over_on, DATE '9999-12-31') > $day ORDER BY 1",
        {"day": day},
    ).fetchall()
    return finished_at, enterprises, red, updates, tuple(source for (source,) in set_aside)
