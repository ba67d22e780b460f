"""What counts, said of frames: which version of a row is known on a day, what stands, which visits count.

``warehouse.database.validity`` says the same in SQL.  What is known to be withdrawn never stood: the day of knowledge
decides it, not the day that is asked about.

``col`` makes the expressions: ``narwhals.col`` or ``polars.col``.  Days are in the form of the frame.
"""

from collections.abc import Callable
from typing import Any

Column = Callable[[str], Any]


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
