"""What counts: which version of a row is known on a day, what stands, and what is only on record.

Every canonical row is kept in versions (``known_from``, ``known_to``), may be withdrawn (``withdrawn_on``), and names
the write that stored it (``stored_no``).  What follows from these for a question is said here, as SQL, and in
``models.validity``, which also says it of frames; nowhere else.  What is known to be withdrawn never stood: the day of
knowledge decides it, not the day that is asked about.

``of``: alias of the table; ``day``, ``as_of``, ``by``: the argument, or any SQL, that gives the day or the write.
"""

from typing import TYPE_CHECKING

from models import validity
from models.validity import at
from warehouse.database.meta import FOREVER

if TYPE_CHECKING:
    # At run time it would bring dataframely into every question of a reader.
    from models.tables.canonical import Table

KNOWN_AT = "$known_at"


def known(of: str = "", *, day: str = KNOWN_AT) -> str:
    """The version of a row that counts on the day of knowledge."""
    return validity.known(of, day=day)


def standing(of: str = "", *, day: str = KNOWN_AT) -> str:
    """The version of an event that counts on the day of knowledge, where it was not withdrawn by then."""
    return validity.standing(of, day=day)


def withdrawn(of: str = "", *, day: str = KNOWN_AT) -> str:
    """The version says that the event was withdrawn by the day."""
    return f"coalesce({at(of, 'withdrawn_on')} <= {day}, false)"


def told_by(day: str = KNOWN_AT) -> str:
    """Versions that began to count by a day, whether or not they still do."""
    return f"known_from <= {day}"


def told_between(since: str, until: str) -> str:
    """Versions that began to count after one day and by another."""
    return f"known_from > {since} AND known_from <= {until}"


def changed_between(since: str, until: str) -> str:
    """Versions that began or ceased to count after one day and by another."""
    return f"({told_between(since, until)} OR known_to > {since} AND known_to <= {until})"


def withdrawn_between(since: str, until: str) -> str:
    """Versions that say of a day after one, and by another, that the event was withdrawn on it."""
    return f"withdrawn_on > {since} AND withdrawn_on <= {until}"


def told_after(day: str) -> str:
    """Versions that come to count after a day; one that is outranked at once never does."""
    return f"known_from > {day} AND known_to > known_from"


NEWEST = f"known_to = {FOREVER}"
"""The version of a row that no other one follows."""
NEVER_WITHDRAWN = "withdrawn_on IS NULL"
"""The row was not withdrawn, on whatever day."""


def until(table: "Table") -> str:
    """The day a version ceases to count: the next one's first among the rows asked.

    A later ``recorded_at`` outranks a later correction of an earlier one, which then never comes to count.
    """
    return (
        f"greatest(known_from, coalesce(min(known_from) OVER (PARTITION BY {', '.join(table.key)} "
        f"ORDER BY recorded_at, version ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), {FOREVER}))"
    )


def stored_by(by: str = "$by", *, column: str = "stored_no") -> str:
    """What that write or an earlier one stored; everything where no write is named."""
    return f"({by} IS NULL OR {column} <= {by})"


def as_stored(table: "Table", by: int) -> str:
    """The rows that were there after a past write, each version ending where the next one of those began."""
    return (
        f"SELECT * REPLACE ({until(table)} AS known_to) FROM core.{table.name} "
        f"WHERE coalesce(stored_no, 0) <= {by:d} AND (undone_no IS NULL OR undone_no > {by:d})"
    )


def as_delivered(column: str, of: str) -> str:
    """What a row of the register was delivered with, in a column in which another source's word may be in force."""
    told = f"(json_extract_string({of}.told_as, '$.{column}'))"
    return f"CASE WHEN {told} IS NULL THEN {of}.{column} ELSE nullif({told}, '') END"


# ---- visits and findings -----------------------------------------------------------------------------------


def inspection(of: str = "") -> str:
    """A visit that is an inspection: assistance never is one (P11).  That it was refused is its result."""
    return validity.inspection(of)


def counted_visit(of: str = "") -> str:
    """An inspection at which the inspectors were let in: it settles what was planned, and uses up a cap."""
    return f"{inspection(of)} AND {at(of, 'result')} <> 'refused'"


def open_finding(of: str = "", *, as_of: str = "$as_of") -> str:
    """A finding that is not put right by the end of a day."""
    column = at(of, "rectified_on")
    return f"({column} IS NULL OR {column} > {as_of})"


# ---- overrides ---------------------------------------------------------------------------------------------


def override_ends(*, day: str | None = None, by: str | None = None) -> str:
    """Last day of an override; one ended early ends the day before it holds no more.

    ``day``: once that end was known; ``by``: and stored.  Neither: as things are.
    """
    ended = "ended_on IS NOT NULL" if day is None else f"ended_on <= {day}"
    if by is not None:
        ended += f" AND {stored_by(by, column='ended_stored_no')}"
    return f"CASE WHEN {ended} THEN least(last_day, coalesce(ended_from, ended_on) - 1) ELSE last_day END"
