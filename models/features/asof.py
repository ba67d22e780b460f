"""The as-of cut, and the two expressions that measures are built from: banded weights and categories as integers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from models.validity import is_known, stands

Frame = nw.LazyFrame[Any]


AS_OF = "as_of"
"""Column with the day of each row where a fold covers many days at once (``models.coding.timeline``)."""


@dataclass(frozen=True)
class Moment:
    """The day coded and the day of knowledge, both as days since 1970-01-01.

    Without ``as_of`` every row carries its own day in the column ``as_of``.
    """

    as_of: int | None
    known_at: int

    @property
    def day(self) -> nw.Expr:
        """The day coded."""
        return nw.col(AS_OF) if self.as_of is None else nw.lit(self.as_of)

    @property
    def last_minute(self) -> nw.Expr:
        """Last minute of the day coded, in minutes since 1970-01-01."""
        return (self.day + 1) * 1440 - 1


def known(frame: Frame, moment: Moment, *, happened: nw.Expr | None) -> Frame:
    """Rows as they were known at ``known_at``, not withdrawn by then, that had happened by the end of ``as_of``."""
    if happened is None:
        return frame.filter(is_known(nw.col, moment.known_at))
    return frame.filter(stands(nw.col, moment.known_at) & (happened <= moment.day))


def weighted(age: nw.Expr, bands: Sequence[tuple[int, int]]) -> nw.Expr:
    """Weight of the first band (last day, weight) that holds the age in days; 0 past the last one."""
    weight: Any = nw.lit(0)
    for last_day, value in reversed(bands):
        weight = nw.when(age <= last_day).then(nw.lit(value)).otherwise(weight)
    return weight


def coded(column: str, values: Mapping[str, int], *, otherwise: int = 0) -> nw.Expr:
    """Integer that stands for each category of a column."""
    result: Any = nw.lit(otherwise)
    for key, value in values.items():
        result = nw.when(nw.col(column) == key).then(nw.lit(value)).otherwise(result)
    return result
