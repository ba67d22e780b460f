"""How sure a measure is: enterprises drawn anew, all their rows with them, and the measures counted again.

Scores stand as dense ranks, so that a measure is counted from how many rows of each outcome share a rank and needs
no sorting.  Every score is measured on the same draws: a difference of two is one of pairs.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.feedback import Keys
from models.learning.metrics import ratio

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MEASURES = ("auc", "precision_expected", "precision_2pct", "average_precision")
"""What ``at_ranks`` gives, in this order: the measures that are told with an interval."""
CAPACITY, HEAD = 0.1, 0.02
"""Share of a cohort that can be visited, which precision and recall are measured at; and the head of the list."""
ROUNDS = 200
_ZERO, _ONE, _UNKNOWN = range(3)


def draws(clusters: Keys, rounds: int = ROUNDS, seed: int = 0) -> Iterator[Ints]:
    """How often every row is drawn when as many clusters as there are are drawn with replacement, once per round.

    Depends on ``seed`` alone; the rows of a cluster (an enterprise) are drawn together.
    """
    rng = np.random.default_rng(seed)
    names, cluster = np.unique(np.asarray(clusters), return_inverse=True)
    for _ in range(rounds):
        yield np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))[cluster]


def interval(values: Floats, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of what was measured on the draws; draws without a number (no positives) are left out.

    NaN where no draw has one.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def places(capacity: float, rows: float) -> int:
    """Rows that a share of so many is."""
    return max(1, int(rows * capacity))


class Ranked:
    """A score of some rows with their labels (1, 0, NaN for unknown), ready to be measured on many draws."""

    def __init__(self, score: Floats, label: Floats) -> None:
        rank = np.unique(-score, return_inverse=True)[1]
        outcome = np.where(np.isnan(label), _UNKNOWN, np.where(label == 1, _ONE, _ZERO))
        self._cell = rank * 3 + outcome
        self._cells = 3 * (int(rank.max()) + 1 if len(rank) else 1)

    def measured(self, times: Ints | None = None) -> tuple[float, ...]:
        """The ``MEASURES`` when each row is there so many times (default: once)."""
        weights = np.ones(len(self._cell)) if times is None else times
        counts = np.bincount(self._cell, weights=weights, minlength=self._cells).astype(np.float64)
        ones, zeros, rows = counts[_ONE::3], counts[_ZERO::3], counts.reshape(-1, 3).sum(axis=1)
        return (
            _auc(ones, zeros),
            _precision_at(places(CAPACITY, rows.sum()), ones, ones + zeros, rows),
            _precision_at(places(HEAD, rows.sum()), ones, ones + zeros, rows),
            _average_precision(ones, zeros),
        )


def _auc(ones: Floats, zeros: Floats) -> float:
    """``metrics.auc`` from the counts of positives and negatives by rank, the highest score first."""
    beaten = zeros.sum() - np.cumsum(zeros)
    return ratio(float((ones * (beaten + zeros / 2)).sum()), float(ones.sum() * zeros.sum()))


def _precision_at(k: int, ones: Floats, labelled: Floats, rows: Floats) -> float:
    """``precision_expected`` of ``metrics.at_capacity``."""
    reached = np.cumsum(rows)
    at = min(int(np.searchsorted(reached, k)), len(rows) - 1)
    share = min(1.0, (k - (reached[at] - rows[at])) / rows[at]) if rows[at] else 0.0
    return ratio(*(float(count[:at].sum() + share * count[at]) for count in (ones, labelled)))


def _average_precision(ones: Floats, zeros: Floats) -> float:
    """``metrics.average_precision``; NaN without a positive or a negative."""
    found, labelled = np.cumsum(ones), np.cumsum(ones + zeros)
    if not found[-1] or found[-1] == labelled[-1]:
        return np.nan
    some = ones > 0
    return float((ones[some] * found[some] / labelled[some]).sum() / found[-1])
