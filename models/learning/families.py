"""Families of additive models that a card may be rounded from.

Each takes labelled rows and gives an ``AdditiveModel``; bins, integer search and limits come afterwards and are
the same for all, so that the families are compared like for like.  A model without parts says that no feature
tells anything apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from models.learning.additive import AdditiveModel, Levels, Part, Steps, fit_additive, frequent_levels, sums
from models.policy import FAMILY_NAMES, Candidate, Direction, Fitting, directions_of

Floats = NDArray[np.float64]


def boosted(
    rows: pl.DataFrame, weights: Floats, candidates: Sequence[Candidate], fitting: Fitting
) -> AdditiveModel:
    """Additive boosting on all candidates, then again on the ``max_factors`` that moved logits most."""
    whole = fit_additive(rows, weights, candidates, fitting)
    spread = whole.contributions(rows).std(axis=0)
    ranked = sorted(range(len(whole.parts)), key=lambda at: (-spread[at], whole.parts[at].feature))
    kept = {whole.parts[at].feature for at in ranked[: fitting.max_factors]}
    if len(kept) == len(whole.parts):
        return whole
    return fit_additive(rows, weights, [one for one in candidates if one.feature in kept], fitting)


def logistic_bins(
    rows: pl.DataFrame, weights: Floats, candidates: Sequence[Candidate], fitting: Fitting
) -> AdditiveModel:
    """Ridge logistic regression on indicator columns of quantile bins (weight-of-evidence cards are made so)."""
    parts = _blank_parts(rows, candidates, fitting)
    if not parts:
        return AdditiveModel(0.0, ())
    index = [part.index(rows[part.feature]) for part in parts]
    matrix = sparse.hstack([_indicators(one, part) for one, part in zip(index, parts, strict=True)])
    model = LogisticRegression(C=_STRENGTH, max_iter=300)
    with threadpool_limits(limits=1):
        model.fit(matrix.tocsr(), rows["label"].to_numpy(), sample_weight=weights)
    values = np.split(np.asarray(model.coef_)[0], np.cumsum([len(part.table) for part in parts])[:-1])
    directions = directions_of(candidates)
    filled = [
        _with_values(part, own, sums(one, weights, len(own)), directions[part.feature])
        for part, own, one in zip(parts, values, index, strict=True)
    ]
    return AdditiveModel(float(np.asarray(model.intercept_)[0]), tuple(filled))


_STRENGTH = 0.1
"""Inverse ridge: of 0.003 to 1 the middle did best, or as well, on the earlier periods of four open archives."""
_QUANTILES = np.array([*np.linspace(0.1, 0.9, 9), 0.95, 0.975, 0.99, 0.995])
"""Where numbers may be cut: deciles, and the tail, so that the top of a list is no plateau."""


def _blank_parts(rows: pl.DataFrame, candidates: Sequence[Candidate], fitting: Fitting) -> list[Part]:
    """Quantile bins of every candidate that varies, all values 0."""
    least = fitting.least_support * rows.height
    labels = rows["label"].cast(pl.Float64).to_numpy()
    parts: list[Part] = []
    for candidate in candidates:
        series = rows[candidate.feature]
        if series.dtype == pl.String:
            levels = frequent_levels(series, least)
            if levels and len(levels) + (series.null_count() > 0) > 1:
                parts.append(Levels(candidate.feature, tuple(levels), (0.0,) * len(levels), 0.0))
            continue
        known = series.is_not_null().to_numpy()
        cuts = _cuts(series.drop_nulls().to_numpy(), labels[known], fitting, least)
        if cuts:
            parts.append(Steps(candidate.feature, cuts, (0.0,) * (len(cuts) + 1), 0.0))
    return parts


def _cuts(values: NDArray[np.int64], labels: Floats, fitting: Fitting, least: float) -> tuple[int, ...]:
    """Quantiles, those of what lies above the lowest value, and those of the positives.

    Every bin holds ``least`` rows, or ``least_positives`` positives: at the top of a list hits are many and rows few.
    """
    order = np.argsort(values, kind="stable")
    values, positives = values[order], np.concatenate([[0.0], np.cumsum(labels[order])])
    if not len(values) or values[0] == values[-1]:
        return ()

    def holds(start: int, stop: int) -> bool:
        return stop - start >= least or positives[stop] - positives[start] >= fitting.least_positives

    parts = (values, values[values > values[0]], values[labels[order] == 1])
    offered = np.unique(
        np.concatenate([np.quantile(part, _QUANTILES, method="higher") for part in parts if len(part)])
    )
    cuts: list[int] = []
    before = 0
    for cut in offered.tolist():
        at = int(np.searchsorted(values, cut))
        if at > before and holds(before, at) and holds(at, len(values)):
            cuts.append(int(cut))
            before = at
    return tuple(cuts)


def _indicators(index: NDArray[np.int64], part: Part) -> Any:
    """Columns of a part: its bin, or its category and the branches that one lies in."""
    rows, size = np.arange(len(index)), len(part.table)
    bins = sparse.csr_matrix((np.ones(len(index)), (rows, index)), shape=(len(index), size))
    return bins @ sparse.csr_matrix(_within(part))


def _within(part: Part) -> Floats:
    found = np.eye(len(part.table))
    if isinstance(part, Levels):
        found[:-1, :-1] = part.within
    return found


def _with_values(part: Part, values: Floats, count: Floats, direction: Direction) -> Part:
    """The part with fitted values, made monotone where a direction is declared."""
    values = _within(part) @ values
    body = values[:-1]
    if direction != "free" and isinstance(part, Steps):
        sign = 1 if direction == "up" else -1
        order = np.arange(len(body))
        body = sign * IsotonicRegression().fit_transform(order, sign * body, sample_weight=count[:-1] + 1e-9)
    return replace(part, values=tuple(body.tolist()), missing=float(values[-1]))


Start = Callable[[pl.DataFrame, Floats, Sequence[Candidate], Fitting], AdditiveModel]


@dataclass(frozen=True)
class Family:
    """A way to make a card: a float model, and whether its points are searched for or only rounded.

    The search lowers the loss of the rows that are learnt from; where a signal is weak, rounding alone may do better
    on those to come.
    """

    start: Start
    is_searched: bool = True


FAMILIES: dict[str, Family] = {
    "boosted": Family(boosted),
    "boosted_rounded": Family(boosted, is_searched=False),
    "logistic_bins": Family(logistic_bins),
    "logistic_bins_rounded": Family(logistic_bins, is_searched=False),
    "boosted_visits": Family(boosted, is_searched=False),
    "logistic_visits": Family(logistic_bins, is_searched=False),
}
assert tuple(FAMILIES) == FAMILY_NAMES, "a new family needs its name in the policy"
