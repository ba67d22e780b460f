"""Rates from random draws: how often a visit finds a serious hazard, estimated without selection.

Targeted visits go where trouble is expected, so their hit rate says nothing about the firms left alone.  The
yearly random draw (双随机) visits firms by chance; weighting each of its visits by one over the firm's chance to
be drawn (its inclusion probability) gives the rate over every firm that could have been drawn.  Firms that
could not be drawn, and visits of any other kind, do not belong in these frames.  Source: domain.md section 8.1.

A label is 1 (serious hazard found), 0 (none found) or unknown (NaN, in frames also null).  Unknown is never 0:
such visits are left out, which assumes that outcomes are missing by chance.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[Any]
"""An array of integers or floats."""


@dataclass(frozen=True)
class Estimate:
    """A share between 0 and 1 with its interval.

    ``visits`` counts the visits with a known outcome; ``effective`` is how many visits drawn with equal
    chances would say as much.  Without visits the rate is NaN and the interval 0 to 1.
    """

    rate: float
    low: float
    high: float
    visits: int
    effective: float


def wilson(positives: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Least and greatest plausible share behind ``positives`` out of ``n``, Wilson's score interval.

    Effective counts may be fractions.  Nothing seen (``n`` 0) leaves everything possible: (0, 1).

    Raises:
        ValueError: ``positives`` lies outside 0 to ``n``.
    """
    # Sums of weights differ in their last digits.
    if not -1e-9 <= positives <= n * (1 + 1e-9):
        raise ValueError(f"{positives} positives of {n} are no share. Count both over the same rows.")
    if n == 0:
        return 0.0, 1.0
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    share = min(max(positives / n, 0.0), 1.0)
    middle = share + z2 / (2 * n)
    half = (z2 * share * (1 - share) / n + (z2 / (2 * n)) ** 2) ** 0.5
    low, high = (middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n)
    # Rounding must not move an end past the share itself.
    return max(0.0, min(low, share)), min(1.0, max(high, share))


def drawn_rate(label: Numbers, inclusion: Numbers, level: float = 0.95) -> Estimate:
    """Rate of positives among all that could have been drawn: Hájek's weighted mean of the drawn.

    One element per drawn visit; ``inclusion`` is the chance (0 to 1) that it was drawn.  The interval is
    Wilson's on the effective number of visits: Kish's (Σw)² / Σw² with w = 1 / inclusion, or less where the
    estimate varies more than that (the likely positives were drawn less readily).

    Raises:
        ValueError: the arrays differ in length, a label is neither 0, 1 nor NaN, or a chance of a visit is
            not above 0 and at most 1.
    """
    label, weight = _weighted(label, inclusion)
    total = float(weight.sum())
    if not total:
        return Estimate(np.nan, 0.0, 1.0, 0, 0.0)
    rate = float(weight @ label) / total
    effective = total**2 / float(weight @ weight)
    variance = float((weight * (label - rate)) @ (weight * (label - rate))) / total**2
    if variance:
        effective = min(effective, rate * (1 - rate) / variance)
    low, high = wilson(rate * effective, effective, level)
    return Estimate(rate, low, high, len(label), effective)


def drawn_rates_by(frame: pl.DataFrame, by: str = "code", level: float = 0.95) -> pl.DataFrame:
    """Rate of positives per value of ``by``; with ``code`` the row of GREEN is the green leak rate.

    ``frame`` has one row per drawn visit with ``by``, ``label`` and ``inclusion``, as in ``drawn_rate``; the
    code is the one in force before the visit.

    Grain: one row per value of ``by`` (null included), sorted: ``by``, ``rate``, ``low``, ``high`` (shares),
    ``visits`` and ``effective`` (visits).  ``rate`` is null where no outcome is known.
    """
    groups = [
        {by: value} | vars(_rate_of(part, level))
        for (value,), part in frame.group_by(by, maintain_order=True)
    ]
    schema = {
        by: frame.schema[by],
        "rate": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "visits": pl.Int64,
        "effective": pl.Float64,
    }
    return pl.DataFrame(groups, schema).with_columns(pl.col("rate").fill_nan(None)).sort(by)


def _rate_of(frame: pl.DataFrame, level: float) -> Estimate:
    label, inclusion = (
        frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in ("label", "inclusion")
    )
    return drawn_rate(label, inclusion, level)


def _weighted(label: Numbers, inclusion: Numbers) -> tuple[Numbers, Numbers]:
    """Label and weight of the visits whose outcome is known."""
    if label.shape != inclusion.shape:
        raise ValueError(f"{label.shape} labels, {inclusion.shape} chances. Give one chance per visit.")
    if not np.all((inclusion > 0) & (inclusion <= 1)):
        raise ValueError("A visit was drawn with no chance of it. Keep only visits of the random draw.")
    known = ~np.isnan(label)
    if not np.isin(label[known], (0, 1)).all():
        raise ValueError("A label is neither 0, 1 nor NaN. Say which outcome counts as serious.")
    return label[known], 1 / inclusion[known]
