"""Which run counts: the runs that issued codes, in their order, and what the tables hold at the moment."""

from dataclasses import dataclass
from datetime import date

from warehouse.database.frames import Connection
from warehouse.history import IS_ISSUED
from warehouse.schema import get_meta, set_meta


@dataclass(frozen=True)
class Run:
    """A run that issued codes: the day coded, the day of knowledge, and the last write it could use."""

    run_id: str
    as_of: date
    known_at: date
    stored_no: int


_ISSUED = (
    "SELECT run_id, as_of, coalesce(known_at, as_of), coalesce(stored_no, 0) FROM ops.runs WHERE {} AND {}"
)
_ORDER = " ORDER BY coalesce(number, 0) DESC, finished_at DESC LIMIT 1"


def last_issued(connection: Connection) -> Run | None:
    """The run whose codes stand now."""
    return _one(connection, "true", [])


def would_issue(connection: Connection, as_of: date, known_at: date) -> bool:
    """Whether codes of a day, from what is known on another, are new: a replay of earlier ones issues nothing."""
    last = last_issued(connection)
    return last is None or (as_of, known_at) >= (last.as_of, last.known_at)


def issued_for(connection: Connection, day: date) -> Run | None:
    """The last run that issued codes for a day."""
    return _one(connection, "as_of = ?", [day])


def known_by(connection: Connection, known_at: date) -> Run | None:
    """The last run that issued codes from what was known by the end of a day."""
    return _one(connection, "coalesce(known_at, as_of) <= ?", [known_at])


def _one(connection: Connection, which: str, arguments: list[date]) -> Run | None:
    found = connection.execute(_ISSUED.format(IS_ISSUED, which) + _ORDER, arguments).fetchall()
    return Run(*found[0]) if found else None


_HOLD = "tables_hold"
_UNFINISHED = "a coding that did not end"


def begin_coding(connection: Connection) -> None:
    """From now on the tables hold no issued codes, until a run has ended."""
    set_meta(connection, _HOLD, _UNFINISHED)


def end_coding(connection: Connection, run_id: str, *, is_issued: bool) -> None:
    """The tables hold what a run coded."""
    set_meta(connection, _HOLD, run_id if is_issued else "a replay")


def rules_changed(connection: Connection) -> None:
    """Rules of days to come were changed, so the forecasts in the tables no longer hold."""
    if get_meta(connection, _HOLD) is not None:
        set_meta(connection, _HOLD, "forecasts by rules that were changed since")


def stale_because(connection: Connection) -> str | None:
    """Why the tables do not hold the codes issued last; ``None`` when they do."""
    last, held = last_issued(connection), get_meta(connection, _HOLD)
    if last is None:
        return "nothing"
    return None if held == last.run_id else (held or "codes of an earlier version of the program")
