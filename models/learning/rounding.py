"""From bins to integer points: values are rounded, and maybe searched further on the log-loss.

The search moves runs of neighbouring bins by one point as long as the log-loss on all rows falls; directions, support
and limits hold at every step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.learning.additive import Levels, Steps, probability_of, sums
from models.learning.binning import Binning, running
from models.policy import Fitting

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LEAST_GAIN = 1e-7
"""Improvement of the mean log-loss below which the search stops."""


@dataclass(frozen=True)
class Points:
    """Integer points of one feature by bin, the missing one last."""

    binning: Binning
    points: tuple[int, ...]


@dataclass
class _Board:
    """Rows with the same bins, counted once: bins by factor, total weight, weight of the positives, logit."""

    bins: list[Ints]
    weight: Floats
    positive: Floats
    logit: Floats

    def loss(self, shift: float = 0.0) -> Floats:
        """Log-loss of each pattern with the logit moved by ``shift``."""
        logit = self.logit + shift
        return self.weight * np.logaddexp(0.0, logit) - self.positive * logit

    def settle(self) -> None:
        """Move the intercept to its best value."""
        self.logit = settled(self.logit, self.weight, self.positive)


def settled(logit: Floats, weight: Floats, positive: Floats) -> Floats:
    """Logits moved by the constant that minimises the log-loss (Newton); weights of all and of the positives.

    Steps are bounded: far from the best level the curve is flat and a whole step would overshoot.
    """
    for _ in range(25):
        probability = probability_of(logit)
        slope = float((weight * probability - positive).sum())
        curve = float((weight * probability * (1 - probability)).sum())
        step = min(max(slope / max(curve, 1e-12), -2.0), 2.0)
        logit = logit - step
        if abs(step) < 1e-10:
            break
    return logit


def round_points(binnings: Sequence[Binning], values: Sequence[Floats], fitting: Fitting) -> list[Points]:
    """The nearest admissible points to logits by bin."""
    found: list[Points] = []
    for value, one in zip(values, binnings, strict=True):
        points = np.rint(value / fitting.logit_per_point).astype(np.int64)
        found.append(Points(one, tuple(_admissible(points, one, fitting).tolist())))
    return found


def search_points(
    rounded: Sequence[Points], frame: pl.DataFrame, weights: Floats, fitting: Fitting
) -> list[Points]:
    """Integer points that minimise the log-loss of ``frame``, from some that are near."""
    unit = fitting.logit_per_point
    binnings = [one.binning for one in rounded]
    points = [np.array(one.points, dtype=np.int64) for one in rounded]
    board = _board(binnings, frame, weights)
    for at in range(len(binnings)):
        board.logit += unit * points[at][board.bins[at]]
    board.settle()
    scale = float(board.weight.sum())
    improved = True
    while improved:
        improved = False
        for at, one in enumerate(binnings):
            while (move := _best_move(board, at, one, points[at], fitting)) is not None:
                gain, start, stop, sign = move
                if gain >= -_LEAST_GAIN * scale:
                    break
                points[at][start:stop] += sign
                inside = (board.bins[at] >= start) & (board.bins[at] < stop)
                board.logit = board.logit + unit * sign * inside
                board.settle()
                improved = True
    return [Points(one, tuple(int(p) for p in own)) for one, own in zip(binnings, points, strict=True)]


def _board(binnings: Sequence[Binning], frame: pl.DataFrame, weights: Floats) -> _Board:
    columns = {f"b{at}": pl.Series(one.index(frame[one.part.feature])) for at, one in enumerate(binnings)}
    labels = frame["label"].cast(pl.Float64).to_numpy()
    rows = pl.DataFrame({**columns, "weight": weights, "positive": weights * labels})
    # Summed in the order of the rows, so that no thread decides the last digit.
    ordered = rows.with_row_index("at").sort([*columns, "at"])
    pattern = ordered.select(pl.struct(*columns).rle_id()).to_series().to_numpy().astype(np.int64)
    last = int(pattern[-1]) + 1
    starts = np.concatenate([[0], np.flatnonzero(np.diff(pattern)) + 1])
    return _Board(
        [ordered[name].to_numpy()[starts] for name in columns],
        sums(pattern, ordered["weight"].to_numpy(), last),
        sums(pattern, ordered["positive"].to_numpy(), last),
        np.zeros(last),
    )


def _admissible(points: Ints, binning: Binning, fitting: Fitting) -> Ints:
    """Rounded points that keep the direction and lie no further apart than ``most_points``."""
    used = points[: binning.size]
    if used.max() - used.min() > fitting.most_points:
        low = int(np.median(used)) - fitting.most_points // 2
        points = np.clip(points, low, low + fitting.most_points)
    body = points[: binning.bins]
    if binning.direction == "up":
        points[: binning.bins] = np.maximum.accumulate(body)
    if binning.direction == "down":
        points[: binning.bins] = np.minimum.accumulate(body)
    return points


def _best_move(
    board: _Board, at: int, binning: Binning, points: Ints, fitting: Fitting
) -> tuple[float, int, int, int] | None:
    """Change of the loss, first bin, bin after the last, and sign of the best admissible move of one point."""
    size, unit = binning.bins + 1, fitting.logit_per_point
    before = board.loss()
    rows = sums(board.bins[at], board.weight, size)
    held = _prior(points, rows, fitting)
    best: tuple[float, int, int, int] | None = None
    for sign in (1, -1):
        change = running(sums(board.bins[at], board.loss(sign * unit) - before, size))
        for start, stop in _runs(binning):
            moved = points.copy()
            moved[start:stop] += sign
            if not _is_admissible(moved, binning, fitting):
                continue
            gain = float(change[stop] - change[start]) + _prior(moved, rows, fitting) - held
            if best is None or gain < best[0]:
                best = (gain, start, stop, sign)
    return best


def _prior(points: Ints, rows: Floats, fitting: Fitting) -> float:
    """Price of points far from their mean: a normal prior on the logit of every bin that has rows.

    Without it a bin without a single positive would run away; with many rows it hardly counts.
    """
    mean = float((points * rows).sum() / max(rows.sum(), 1e-12))
    logit = fitting.logit_per_point * (points - mean)
    return float((logit[rows > 0] ** 2).sum()) / (2 * fitting.prior_sd**2)


def _runs(binning: Binning) -> list[tuple[int, int]]:
    """Bins that may move together: neighbours of a number, single categories, the missing bin by itself.

    A thin missing bin does not move: a handful of rows would buy themselves as many points as there are.
    """
    numbers = range(binning.bins)
    if isinstance(binning.part, Levels):
        runs = [(at, at + 1) for at in numbers]
    else:
        runs = [(start, stop) for start in numbers for stop in range(start + 1, binning.bins + 1)]
    return runs if binning.is_missing_thin else [*runs, (binning.bins, binning.bins + 1)]


def _is_admissible(points: Ints, binning: Binning, fitting: Fitting) -> bool:
    """Whether points keep the direction and lie no further apart than ``most_points``."""
    used = points[: binning.size]
    if used.max() - used.min() > fitting.most_points:
        return False
    steps = np.diff(points[: binning.bins])
    if binning.direction == "up":
        return bool((steps >= 0).all())
    return bool((steps <= 0).all()) if binning.direction == "down" else True


def tidy(points: Points) -> Points | None:
    """Join bins with equal points and let the lowest be 0; ``None`` when nothing is left to tell apart."""
    body = points.points[: points.binning.bins]
    missing = _missing_points(points, body)
    if {*body} == {missing}:
        return None
    least = min(*body, missing)
    joined, numbers = _join(body, is_ordered=isinstance(points.binning.part, Steps))
    groups = tuple(numbers[group] for group in points.binning.groups)
    binning = replace(points.binning, groups=groups, bins=len(joined))
    return Points(binning, tuple(p - least for p in (*joined, missing)))


def _missing_points(points: Points, body: Sequence[int]) -> int:
    """Points of what is missing: as found; within those of the bins where it is thin; else the highest."""
    if not points.binning.has_missing:
        return max(body)
    found = points.points[-1]
    return min(max(found, min(body)), max(body)) if points.binning.is_missing_thin else found


def _join(body: Sequence[int], *, is_ordered: bool) -> tuple[list[int], list[int]]:
    """Distinct (or, of ordered bins, neighbouring distinct) points, and the new number of every old bin."""
    joined: list[int] = []
    numbers: list[int] = []
    for value in body:
        known = joined[-1:] if is_ordered else joined
        if value not in known:
            joined.append(value)
        numbers.append(len(joined) - 1 if is_ordered else joined.index(value))
    return joined, numbers
