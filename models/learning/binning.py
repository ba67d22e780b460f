"""Bins: the steps and categories of a float model cut into few, by dynamic programming.

1. Every step function is cut into few bins that rest on enough rows.  The price of a merge is the weighted squared
   error of the logit, with the curvature of the log-loss as weight: to second order the log-loss it costs.
2. Numbers to read (a bin is one, and so is every category) are given out where they save most, up to ``max_factors``
   and ``max_bins``; what gets none is dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.learning.additive import AdditiveModel, Levels, Part, Steps, probability_of, set_apart, sums
from models.policy import Direction, Fitting

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
    """The part with at most ``levels_per_factor`` categories or branches: one after another that sets most apart.

    All others have the value of the branch they lie in, or of what has none of its own.
    """
    if not isinstance(part, Levels) or len(part.levels) <= fitting.levels_per_factor:
        return part
    mass = sums(part.index(frame[part.feature]), curvature, len(part.table))
    kept, mean = set_apart(part, mass, mass * part.table, fitting.levels_per_factor)
    levels = tuple(part.levels[at] for at in kept)
    return Levels(part.feature, levels, tuple(mean[kept].tolist()), float(mean[-1]))


def _atoms(part: Part, frame: pl.DataFrame, weights: Floats, curvature: Floats) -> _Atoms:
    index = part.index(frame[part.feature])
    size = len(part.table)
    count = sums(index, weights, size)
    positives = sums(index, weights * frame["label"].cast(pl.Float64).to_numpy(), size)
    weight = sums(index, curvature, size)
    values = np.array(part.values)
    order = np.arange(len(values)) if isinstance(part, Steps) else np.argsort(values, kind="stable")
    found = (column[order] for column in (count, positives, weight, values))
    return _Atoms(part, order, *found, missing_count=float(count[-1]))


def _segmentations(atoms: _Atoms, least: float, fitting: Fitting) -> list[tuple[float, list[int]]]:
    """Best cut into 1, 2, ... bins: its cost and the first atom of every bin.

    Every bin holds ``least`` rows or ``least_positives`` positives.
    """
    size = len(atoms.value)
    count, weight, positives = running(atoms.count), running(atoms.weight), running(atoms.positives)
    first, second = running(atoms.weight * atoms.value), running(atoms.weight * atoms.value**2)
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


def running(values: Floats) -> Floats:
    """Sums of the first none, one, two and so on."""
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
    mass = sums(index, weights, binning.bins + 1)
    total = sums(index, weights * values, binning.bins + 1)
    return np.divide(total, mass, out=np.zeros_like(total), where=mass > 0)
