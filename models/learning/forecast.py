"""What the card will gain in the next period: foretold from the gains so far, as sure as it would have been so far.

Single exponential smoothing of the gains: the level moves half-way to each new one, and is what is expected of the
next.  How far off it was each time says how far off it will be (docs/decisions/0041).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import isnan, nan, sqrt

import polars as pl
from scipy import stats

LEVEL = 0.8
"""Share of the periods to come whose gain is to lie in the interval."""
LEAST_GAINS = 3
"""Gains without which nothing is foretold: two errors of the forecast."""
_MOVED = 0.5
"""How far the level goes to each new gain: gains that drift want all of it, gains that swing about one mean little."""


@dataclass(frozen=True)
class Forecast:
    """A gain that is expected of the next period, with its interval; NaN where the gains are too few."""

    expected: float
    low: float
    high: float
    periods: int

    @property
    def is_known(self) -> bool:
        """Whether there were gains enough."""
        return not isnan(self.expected)


def next_gain(gains: Sequence[float], *, ahead: int = 1) -> Forecast:
    """The gain so many periods ``ahead``; ``gains`` of successive periods, the oldest first (NaN: not measured)."""
    known = [one for one in gains if not isnan(one)]
    if len(known) < LEAST_GAINS:
        return Forecast(nan, nan, nan, len(known))
    level, errors = known[0], list[float]()
    for gain in known[1:]:
        errors.append(gain - level)
        level += _MOVED * errors[-1]
    scale = sqrt(sum(error**2 for error in errors) / len(errors))
    # What moves the level each period adds up until then.
    scale *= sqrt(1 + (ahead - 1) * _MOVED**2)
    width = float(stats.t.ppf((1 + LEVEL) / 2, len(errors))) * scale
    return Forecast(level, level - width, level + width, len(known))


def periods_ahead(days: Sequence[date], used_from: date) -> int:
    """Periods from the last test day to the one that begins when a card is used; outcomes of those between are open."""
    if len(days) < 2:
        return 1
    apart = (days[-1] - days[0]).days / (len(days) - 1)
    return max(1, round((used_from - days[-1]).days / apart))


def forecast_rows(gains: pl.DataFrame, *, used_from: date) -> pl.DataFrame:
    """The forecast of every measure of ``opponent.gain_rows`` for the first period of a card used from a day on.

    Grain: one row per ``metric``: ``expected``, ``low``, ``high`` (null where gains are too few), ``level``,
    ``periods`` (gains it rests on) and ``ahead`` (periods from the last of them to that one).
    """
    ahead = periods_ahead(gains["test_as_of"].unique().sort().to_list(), used_from)
    rows: list[tuple[object, ...]] = []
    for (name,), of in gains.sort("test_as_of").group_by("metric", maintain_order=True):
        one = next_gain(of["gain"].to_list(), ahead=ahead)
        ends = (None if isnan(value) else value for value in (one.expected, one.low, one.high))
        rows.append((name, *ends, LEVEL, one.periods, ahead))
    kinds = dict.fromkeys(("expected", "low", "high", "level"), pl.Float64)
    return pl.DataFrame(
        rows, schema={"metric": pl.String, **kinds, "periods": pl.Int64, "ahead": pl.Int64}, orient="row"
    )
