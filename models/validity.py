"""What counts: which version of a row is known on a day, what stands, which visits count; of frames, and in SQL.

``warehouse.database.validity`` says the rest.  What is known to be withdrawn never stood: the day of knowledge decides
it, not the day that is asked about.

``col`` makes the expressions (``polars.col``).  Days are in the form of the frame.  In SQL, ``of`` is
the alias of the table and ``day`` any SQL that gives the day.
"""

from collections.abc import Callable
from typing import Any

Column = Callable[[str], Any]


def at(of: str, column: str) -> str:
    """SQL: a column of a table."""
    return f"{of}.{column}" if of else column


def known(of: str = "", *, day: str) -> str:
    """SQL: the version of a row that counts on the day of knowledge."""
    return f"{at(of, 'known_from')} <= {day} AND {at(of, 'known_to')} > {day}"


def standing(of: str = "", *, day: str) -> str:
    """SQL: the version of an event that counts on the day of knowledge, where it was not withdrawn by then."""
    column = at(of, "withdrawn_on")
    return f"{known(of, day=day)} AND ({column} IS NULL OR {column} > {day})"


def inspection(of: str = "") -> str:
    """SQL: a visit that is an inspection: assistance never is one (P11).  That it was refused is its result."""
    return f"{at(of, 'kind')} <> 'assistance'"


def is_known(col: Column, known_at: Any) -> Any:
    """The version of a row that counts on the day of knowledge."""
    return (col("known_from") <= known_at) & (col("known_to") > known_at)


def stands(col: Column, known_at: Any) -> Any:
    """The version of an event that counts on the day of knowledge, where it was not withdrawn by then."""
    withdrawn = col("withdrawn_on")
    return is_known(col, known_at) & (withdrawn.is_null() | (withdrawn > known_at))


def never_withdrawn(col: Column) -> Any:
    """The row was not withdrawn, on whatever day."""
    return col("withdrawn_on").is_null()


def ever_counts(col: Column) -> Any:
    """The version counts on some day; one that is outranked at once never does."""
    return col("known_to") > col("known_from")


def is_inspection(col: Column) -> Any:
    """A visit that is an inspection: assistance never is one (P11).  That it was refused is its result."""
    return col("kind") != "assistance"


def is_counted(col: Column) -> Any:
    """An inspection at which the inspectors were let in: it settles what was planned, and uses up a cap."""
    return is_inspection(col) & (col("result") != "refused")


def is_open(col: Column, as_of: Any) -> Any:
    """A finding that is not put right by the end of a day."""
    return col("rectified_on").is_null() | (col("rectified_on") > as_of)
