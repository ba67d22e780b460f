"""From points to probability: monotone, with an interval for every step, in words and numbers.

Isotonic regression on the points, so more points never mean less risk.  The interval of a step is Wilson's on
the effective number of labels: cohorts overlap, so an enterprise seen on four days is not four enterprises.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.estimates import wilson
from models.vocabulary import LIKELIHOOD

Floats = NDArray[np.float64]
LEAST_STEP = 100
"""Labels a step needs at least; thinner ones are joined with their neighbour before the regression."""

FROM = (
    (4.0, "far_above"),
    (2.0, "well_above"),
    (1.25, "somewhat_above"),
    (0.8, "average"),
    (0.5, "somewhat_below"),
    (0.0, "well_below"),
)
"""Least multiple of the base rate for each likelihood."""


def likelihood(probability: float, base_rate: float) -> str:
    """How a probability compares with the base rate, by a key of ``LIKELIHOOD``; where nothing happens, average."""
    multiple = probability / base_rate if base_rate else 1.0
    return next(key for least, key in FROM if multiple >= least)


@dataclass(frozen=True)
class Step:
    """Probability from ``least_points`` on, with its 95 % interval and the labels it rests on."""

    least_points: int
    probability: float
    low: float
    high: float
    labelled: int
    positives: int


@dataclass(frozen=True)
class Calibration:
    """Probability of one label by points; ``base_rate`` is that of the cohort it was measured on."""

    label: str
    base_rate: float
    steps: tuple[Step, ...]

    def at(self, points: int) -> Step:
        """The step a score falls on; below the first one, the first."""
        found = bisect_right([step.least_points for step in self.steps], points) - 1
        return self.steps[max(found, 0)]

    def probabilities(self, points: NDArray[np.int64]) -> Floats:
        """Probability of every score."""
        least = np.array([step.least_points for step in self.steps])
        found = np.searchsorted(least, points, side="right") - 1
        return np.array([step.probability for step in self.steps])[np.maximum(found, 0)]

    def columns(self, score: str = "score") -> dict[str, pl.Expr]:
        """Expressions ``probability``, ``low``, ``high``, ``wording_zh`` and ``wording_en`` of a points column."""
        words = [self.likelihood(step.least_points) for step in self.steps]
        told = {name: [getattr(step, name) for step in self.steps] for name in ("probability", "low", "high")}
        told |= {
            "wording_zh": [LIKELIHOOD.zh(key) for key in words],
            "wording_en": [LIKELIHOOD.labels[key] for key in words],
        }
        return {name: self._by_points(score, values) for name, values in told.items()}

    def _by_points(self, score: str, values: Sequence[Any]) -> pl.Expr:
        """The value of the step that a score falls on, of one value for each step."""
        found: pl.Expr = pl.lit(values[0])
        for step, value in zip(self.steps[1:], values[1:], strict=True):
            found = pl.when(pl.col(score) >= step.least_points).then(pl.lit(value)).otherwise(found)
        return found

    def likelihood(self, points: int) -> str:
        """How the probability compares with the base rate, by a key of ``LIKELIHOOD``."""
        return likelihood(self.at(points).probability, self.base_rate)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, readable as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Calibration":
        """Read back what ``to_dict`` wrote."""
        return cls(data["label"], data["base_rate"], tuple(Step(**step) for step in data["steps"]))


def calibrate(
    label: str, points: NDArray[np.int64], labels: Floats, enterprises: Sequence[str]
) -> Calibration:
    """Fit on rows with known label; ``enterprises`` tells which rows are about the same firm."""
    # Imported here: a nightly run reads calibrations and should not wait for scikit-learn.
    from sklearn.isotonic import IsotonicRegression

    thin = _blocks(points)
    centre = np.array([points[thin == block].mean() for block in range(thin.max() + 1)])
    count = np.bincount(thin).astype(float)
    rate = np.bincount(thin, labels) / count
    fitted = IsotonicRegression(out_of_bounds="clip").fit_transform(centre, rate, sample_weight=count)
    # Rows of one firm on several days count as so many firms.
    share = len(set(enterprises)) / len(points)
    steps: list[Step] = []
    base = float(labels.mean())
    level = np.concatenate([[0], np.cumsum(np.diff(fitted) > 1e-12)])
    for number in range(int(level[-1]) + 1):
        rows = np.isin(thin, np.flatnonzero(level == number))
        total, positives = int(rows.sum()), int(labels[rows].sum())
        low, high = wilson(positives * share, total * share)
        least = int(points[rows].min())
        probability = positives / total
        if positives in (0, total):
            # One label's worth of the base rate: what was not seen among a few is rare, not impossible.
            probability = (positives + base) / (total + 1)
        floor = max((one.probability for one in steps), default=0.0)
        steps.append(Step(least, max(probability, floor), low, high, total, positives))
    return Calibration(label, base, tuple(steps))


def _blocks(points: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the block of neighbouring scores every row lies in; a block holds ``LEAST_STEP`` rows or more."""
    values, inverse, counts = np.unique(points, return_inverse=True, return_counts=True)
    block, held, numbers = 0, 0, np.zeros(len(values), dtype=np.int64)
    for at, count in enumerate(counts):
        numbers[at] = block
        held += int(count)
        if held >= LEAST_STEP and int(counts[at + 1 :].sum()) >= LEAST_STEP:
            block, held = block + 1, 0
    return numbers[inverse]
