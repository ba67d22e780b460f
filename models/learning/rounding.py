"""From an additive model to integer points: merge bins by dynamic programming, then search on the log-loss.

1. Every step function is cut into few bins.  The price of a merge is the weighted squared error of the logit,
   with the curvature of the log-loss as weight: to second order the log-loss it costs.
2. Bins are given out where they save most, up to ``max_factors`` and ``max_bins``; what gets none is dropped.
3. Values become integers, then runs of neighbouring bins are moved by one point as long as the log-loss on all
   rows falls; directions, support and limits hold at every step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.industries import lies_in
from models.learning.additive import AdditiveModel, Levels, Part, Steps, probability_of
from models.policy import Direction, Fitting

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LEAST_GAIN = 1e-7
"""Improvement of the mean log-loss below which the search stops."""


@dataclass(frozen=True)
class Binning:
    """How a feature is cut: ``groups[i]`` is the bin of atom i of the part it was made from; missing comes last.

    ``is_missing_thin``: fewer rows are missing than a bin needs, so their points are not searched for.
    """

    part: Part
    groups: tuple[int, ...]
    bins: int
    has_missing: bool
    is_missing_thin: bool
    direction: Direction

    def index(self, column: pl.Series) -> Ints:
        """Bin of every row; missing values get the number ``bins``."""
        return np.array([*self.groups, self.bins], dtype=np.int64)[self.part.index(column)]

    @property
    def size(self) -> int:
        """Bins on the card, the missing one included."""
        return self.bins + self.has_missing


@dataclass(frozen=True)
class Points:
    """Integer points of one feature by bin, the missing one last."""

    binning: Binning
    points: tuple[int, ...]


@dataclass(frozen=True)
class _Atoms:
    """Rows, positives, curvature and value of each atom (interval or category), in the order they may merge."""

    part: Part
    order: Ints
    count: Floats
    positives: Floats
    weight: Floats
    value: Floats
    missing_count: float


def choose_bins(
    model: AdditiveModel,
    frame: pl.DataFrame,
    weights: Floats,
    directions: Mapping[str, Direction],
    fitting: Fitting,
) -> list[Binning]:
    """Cut the step functions of a model into few bins, spending ``max_bins`` where they save most."""
    probability = probability_of(model.logit(frame))
    curvature = weights * probability * (1 - probability)
    parts = [_worth_a_number(part, frame, curvature, fitting) for part in model.parts]
    atoms = [_atoms(part, frame, weights, curvature) for part in parts]
    least = fitting.least_support * float(weights.sum())
    paths = [_segmentations(atom, least, fitting) for atom in atoms]
    chosen = _spend(atoms, [[cost for cost, _ in path] for path in paths], fitting)
    return [
        _binning(atoms[at], paths[at][bins - 1][1], least, directions[atoms[at].part.feature])
        for at, bins in chosen.items()
    ]


def _worth_a_number(part: Part, frame: pl.DataFrame, curvature: Floats, fitting: Fitting) -> Part:
    """The part with at most ``levels_per_factor`` categories: those kept that differ most from what they lie in.

    The others have the value of the branch they lie in, or of what has none of its own.
    """
    if not isinstance(part, Levels):
        return part
    column = frame[part.feature]
    while len(part.levels) > fitting.levels_per_factor:
        mass = _sums(part.index(column), curvature, len(part.table))
        within = [
            max((one for one in part.levels if lies_in(level, one)), key=len, default="")
            for level in part.levels
        ]
        of = dict(zip(part.levels, part.values, strict=True)) | {"": part.missing}
        saved = [mass[at] * (value - of[within[at]]) ** 2 for at, value in enumerate(part.values)]
        kept = [at for at in range(len(saved)) if at != int(np.argmin(saved))]
        part = replace(
            part, levels=tuple(part.levels[at] for at in kept), values=tuple(part.values[at] for at in kept)
        )
    return part


def _atoms(part: Part, frame: pl.DataFrame, weights: Floats, curvature: Floats) -> _Atoms:
    index = part.index(frame[part.feature])
    size = len(part.table)
    count = _sums(index, weights, size)
    positives = _sums(index, weights * frame["label"].cast(pl.Float64).to_numpy(), size)
    weight = _sums(index, curvature, size)
    values = np.array(part.values)
    order = np.arange(len(values)) if isinstance(part, Steps) else np.argsort(values, kind="stable")
    found = (column[order] for column in (count, positives, weight, values))
    return _Atoms(part, order, *found, missing_count=float(count[-1]))


def _segmentations(atoms: _Atoms, least: float, fitting: Fitting) -> list[tuple[float, list[int]]]:
    """Best cut into 1, 2, ... bins: its cost and the first atom of every bin.

    Every bin holds ``least`` rows or ``least_positives`` positives.
    """
    size = len(atoms.value)
    count, weight, positives = _running(atoms.count), _running(atoms.weight), _running(atoms.positives)
    first, second = _running(atoms.weight * atoms.value), _running(atoms.weight * atoms.value**2)
    start, stop = np.meshgrid(np.arange(size), np.arange(1, size + 1), indexing="ij")
    mass = weight[stop] - weight[start]
    total = first[stop] - first[start]
    cost = second[stop] - second[start] - np.divide(total**2, mass, out=np.zeros_like(mass), where=mass > 0)
    thin = (count[stop] - count[start] < least) & (
        positives[stop] - positives[start] < fitting.least_positives
    )
    cost[thin | (start >= stop)] = np.inf
    cost[0, -1] = min(cost[0, -1], second[-1])
    best: list[Floats] = [np.concatenate([[np.inf], cost[0]])]
    back: list[Ints] = [np.zeros(size + 1, dtype=np.int64)]
    for _ in range(1, fitting.bins_per_factor):
        options = best[-1][:size, None] + cost
        back.append(np.concatenate([[0], options.argmin(axis=0)]))
        best.append(np.concatenate([[np.inf], options.min(axis=0)]))
    found = [(float(level[-1]), _path(back, bins, size)) for bins, level in enumerate(best)]
    return [entry for entry in found if np.isfinite(entry[0])]


def _sums(index: Ints, values: Floats, size: int) -> Floats:
    """Sum of the values of each index, one after another and so the same on any machine."""
    return np.bincount(index, values, size).astype(np.float64)


def _running(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])


def _path(back: Sequence[Ints], bins: int, size: int) -> list[int]:
    starts, stop = [], size
    for level in range(bins, 0, -1):
        stop = int(back[level][stop])
        starts.append(stop)
    return [0, *reversed(starts)]


def _spend(atoms: Sequence[_Atoms], costs: Sequence[list[float]], fitting: Fitting) -> dict[int, int]:
    """Bins per part, bought one step at a time where a number saves most.  A part with one bin is not bought.

    Every category is a number to read, however few bins they share, so of categories all bins are bought at once.
    """
    chosen: dict[int, int] = {}
    left = fitting.max_bins
    while True:
        offers = [
            offer
            for at, path in enumerate(costs)
            if at in chosen or len(chosen) < fitting.max_factors
            for offer in _offers(at, path, chosen.get(at, 1), atoms[at])
            if offer[1] <= left and offer[0] > 0
        ]
        if not offers:
            return dict(sorted(chosen.items()))
        _, price, at, bins = max(offers, key=lambda offer: (offer[0], -offer[2], -offer[3]))
        chosen[at] = bins
        left -= price


def _offers(at: int, path: list[float], now: int, atoms: _Atoms) -> list[tuple[float, int, int, int]]:
    """(saving per number, price in numbers, part, bins) of having more bins than ``now``."""
    offers: list[tuple[float, int, int, int]] = []
    adds_missing = atoms.missing_count > 0 and now == 1
    if isinstance(atoms.part, Levels):
        if now > 1 or len(path) == 1:
            return []
        price = len(atoms.part.levels) + adds_missing
        return [((path[0] - path[-1]) / price, price, at, len(path))]
    for bins in range(now + 1, len(path) + 1):
        price = bins - now + (now == 1) + adds_missing
        offers.append(((path[now - 1] - path[bins - 1]) / price, price, at, bins))
    return offers


def _binning(atoms: _Atoms, starts: list[int], least: float, direction: Direction) -> Binning:
    groups = np.zeros(len(atoms.value), dtype=np.int64)
    bounds = [*starts, len(atoms.value)]
    for number, (start, stop) in enumerate(pairwise(bounds)):
        groups[atoms.order[start:stop]] = number
    return Binning(
        atoms.part,
        tuple(groups.tolist()),
        len(starts),
        atoms.missing_count > 0,
        atoms.missing_count < least,
        direction,
    )


def start_values(binning: Binning, frame: pl.DataFrame, weights: Floats) -> Floats:
    """Mean logit of each bin in the model the binning was made from; 0 where there are no rows."""
    column = frame[binning.part.feature]
    values = binning.part.table[binning.part.index(column)]
    index = binning.index(column)
    mass = _sums(index, weights, binning.bins + 1)
    total = _sums(index, weights * values, binning.bins + 1)
    return np.divide(total, mass, out=np.zeros_like(total), where=mass > 0)


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
    start: Sequence[Points], frame: pl.DataFrame, weights: Floats, fitting: Fitting
) -> list[Points]:
    """Integer points that minimise the log-loss of ``frame``, from some that are near."""
    unit = fitting.logit_per_point
    binnings = [one.binning for one in start]
    points = [np.array(one.points, dtype=np.int64) for one in start]
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
        _sums(pattern, ordered["weight"].to_numpy(), last),
        _sums(pattern, ordered["positive"].to_numpy(), last),
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
    rows = _sums(board.bins[at], board.weight, size)
    held = _prior(points, rows, fitting)
    best: tuple[float, int, int, int] | None = None
    for sign in (1, -1):
        change = _running(_sums(board.bins[at], board.loss(sign * unit) - before, size))
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
