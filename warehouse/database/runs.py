"""Which run counts: the runs that issued codes, in their order, and what the tables hold at the moment."""

from dataclasses import dataclass
from datetime import date

from warehouse.database.frames import Connection
from warehouse.database.meta import get_meta, set_meta


@dataclass(frozen=True)
class Run:
    """A run that issued codes: the day coded, the day of knowledge, the last write it could use, and its number."""

    run_id: str
    as_of: date
    known_at: date
    stored_no: int
    number: int


_ISSUED = """
SELECT run_id, as_of, known_at, stored_no, number FROM ops.runs WHERE is_issued AND {} ORDER BY number DESC LIMIT 1
"""


def last_issued(connection: Connection) -> Run | None:
    """The run whose codes stand now."""
    return _one(connection, "true", [])


def would_issue(connection: Connection, as_of: date, known_at: date, *, stored_by: int | None = None) -> bool:
    """Whether codes of a day, from what is known on another, are new: a replay of earlier ones issues nothing.

    Nor do codes that leave out what was known by the end of their day, or what the codes issued last could use.
    ``stored_by``: the last write they could use (``None``: the last one there is).
    """
    last = last_issued(connection)
    if last is None:
        return known_at >= as_of
    is_newest = stored_by is None or stored_by >= last.stored_no
    return known_at >= as_of and (as_of, known_at) >= (last.as_of, last.known_at) and is_newest


def issued_for(connection: Connection, day: date) -> Run | None:
    """The last run that issued codes for a day."""
    return _one(connection, "as_of = ?", [day])


def _one(connection: Connection, which: str, arguments: list[date]) -> Run | None:
    found = connection.execute(_ISSUED.format(which), arguments).fetchall()
    return Run(*found[0]) if found else None


_RULES = "rules_changed"


def whole_city_coded(connection: Connection) -> None:
    """All forecasts are by the rules that hold."""
    set_meta(connection, _RULES, "")


def rules_changed(connection: Connection) -> None:
    """Rules of days to come were changed; forecasts follow when the whole city is coded next, codes stand."""
    set_meta(connection, _RULES, "yes")


def forecasts_are_old(connection: Connection) -> bool:
    """Whether forecasts are by rules that were changed since."""
    return bool(get_meta(connection, _RULES))


IS_ISSUED = "is_issued"
"""SQL: a run in ``ops.runs`` issued its codes."""


LAST_ISSUED = f"SELECT max(as_of) FROM ops.runs WHERE {IS_ISSUED}"
"""SQL: the latest day whose codes were issued."""


def stored_by(connection: Connection, as_of: date, known_at: date) -> int | None:
    """Number of the last write that codes of a day, as known on another, could use.

    It is that of the run that issued the day from that knowledge, else of the last run that knew no more.  ``None``
    (everything stored) when nothing was issued by then, as for archives taken in later, and for what comes after
    the run issued last: what has come in since is what a new run is for.
    """
    last = last_issued(connection)
    if last is None or (as_of, known_at) >= (last.as_of, last.known_at):
        return None
    own = issued_for(connection, as_of)
    if own is not None and own.known_at == known_at:
        return own.stored_no
    found = _one(connection, "known_at <= ?", [known_at])
    return found.stored_no if found else None


def known_for(connection: Connection, as_of: date) -> date:
    """Day of knowledge of a run that is given none: the day coded, or where it was issued from later knowledge, that.

    Coding the last day again must not unlearn what was told within the day.
    """
    own = issued_for(connection, as_of)
    return max(as_of, own.known_at) if own is not None and own == last_issued(connection) else as_of
