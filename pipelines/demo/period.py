"""The days the demo city lives through.  Days are integers, 0 on the first day of the period."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.vocabulary import day_number

Days = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MONTH_ZEAL = (1.6, 0.8, 1.0, 1.0, 1.0, 1.6, 1.1, 0.9, 1.2, 0.8, 1.0, 1.2)
"""Visits per working day by month: the drive before Spring Festival and the safety month of June stand out."""

FIXED_HOLIDAYS = {(1, 1), (5, 1), (5, 2), (5, 3), *((10, day) for day in range(1, 8))}
"""Month and day of the holidays that do not move; the moving ones would need a calendar of every year."""

BEYOND = 120
"""Days after the end for which a next working day is still known (due dates lie in the future)."""


@dataclass(frozen=True)
class Period:
    """From ``start`` to ``end``, both included, cut into ``months`` equal parts."""

    start: date
    end: date
    years: int

    @classmethod
    def ending(cls, end: date, years: int) -> "Period":
        """The ``years`` years whose last day is ``end``."""
        last_day_of_february = 28
        day = min(end.day, last_day_of_february) if end.month == 2 else end.day
        return cls(date(end.year - years, end.month, day) + timedelta(days=1), end, years)

    def following(self) -> "Period":
        """The year after the last day."""
        last_day_of_february, end = 28, self.end
        day = min(end.day, last_day_of_february) if end.month == 2 else end.day
        return Period(end + timedelta(days=1), date(end.year + 1, end.month, day), 1)

    @property
    def months(self) -> int:
        """Number of parts in which latent risk is held constant."""
        return self.years * 12

    @property
    def last(self) -> int:
        """Number of the last day."""
        return (self.end - self.start).days

    def month(self, days: Days) -> Days:
        """Part of the period each day lies in."""
        return np.clip(days, 0, self.last) * self.months // (self.last + 1)

    def year_bounds(self) -> list[tuple[int, int]]:
        """First and last day of each year of the period."""
        cuts = [round(year * (self.last + 1) / self.years) for year in range(self.years + 1)]
        return [(first, after - 1) for first, after in pairwise(cuts)]

    def draw_days(self, rng: np.random.Generator, first: Days, last: Days) -> Days:
        """One working day per pair of bounds, busy seasons more often."""
        low, high = self._zeal[first], self._zeal[last + 1]
        position = low + rng.random(len(first)) * (high - low)
        return np.clip(np.searchsorted(self._zeal, position, side="right") - 1, first, last)

    def next_working_day(self, days: Days) -> Days:
        """The day itself, or the next that is no weekend and no fixed holiday."""
        return self._next_working[np.clip(days, 0, self.last + BEYOND)]

    def to_date(self, day: pl.Expr) -> pl.Expr:
        """Day numbers as dates; null stays null."""
        return (day + day_number(self.start)).cast(pl.Int32).cast(pl.Date)

    def dates(self, days: Days) -> pl.Series:
        """Day numbers as dates."""
        return pl.Series((days + day_number(self.start)).astype(np.int32)).cast(pl.Date)

    @cached_property
    def _zeal(self) -> Floats:
        days = (self.start + timedelta(days=number) for number in range(self.last + 1))
        weights = [MONTH_ZEAL[day.month - 1] if is_working(day) else 0.0 for day in days]
        return np.concatenate([[0.0], np.cumsum(weights)])

    @cached_property
    def _next_working(self) -> Days:
        found = np.empty(self.last + BEYOND + 1, dtype=np.int64)
        following = self.last + BEYOND
        for number in range(self.last + BEYOND, -1, -1):
            if is_working(self.start + timedelta(days=number)):
                following = number
            found[number] = following
        return found


def is_working(day: date) -> bool:
    """Whether officers make planned visits that day."""
    return day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS
