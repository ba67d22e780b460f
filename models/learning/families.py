"""Families of additive models that a card may be rounded from.

Each takes labelled rows and gives an ``AdditiveModel``; bins, integer search and limits come afterwards and are
the same for all, so that the families are compared like for like.  A model without parts says that no feature
tells anything apart.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from models.learning.additive import AdditiveModel, Levels, Part, Steps, draw_rows, fit_additive
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
    matrix = sparse.hstack(
        [_indicators(one, len(part.table)) for one, part in zip(index, parts, strict=True)]
    )
    model = LogisticRegression(C=1.0, max_iter=300)
    with threadpool_limits(limits=1):
        model.fit(matrix.tocsr(), rows["label"].to_numpy(), sample_weight=weights)
    values = np.split(np.asarray(model.coef_)[0], np.cumsum([len(part.table) for part in parts])[:-1])
    directions = directions_of(candidates)
    filled = [
        _with_values(
            part, own, np.bincount(one, weights, len(own)).astype(np.float64), directions[part.feature]
        )
        for part, own, one in zip(parts, values, index, strict=True)
    ]
    return AdditiveModel(float(np.asarray(model.intercept_)[0]), tuple(filled))


MOST_RULES = 12
BEAM = 3
RULE_ROWS = 60_000


def sparse_rules(
    rows: pl.DataFrame, weights: Floats, candidates: Sequence[Candidate], fitting: Fitting
) -> AdditiveModel:
    """Few yes/no rules found by a beam search, in the manner of FasterRisk: each step adds the rule that helps most.

    Searched on at most ``RULE_ROWS`` rows; the integer search afterwards uses all of them.
    """
    part_of = [part for part in _blank_parts(rows, candidates, fitting) if isinstance(part, Steps)]
    if not part_of:
        return AdditiveModel(0.0, ())
    few, mass = draw_rows(rows, weights, RULE_ROWS)
    columns, names = _rule_columns(few, part_of)
    chosen, model = _beam(columns, few["label"].to_numpy().astype(float), mass)
    weight_of = dict(zip(chosen, np.asarray(model.coef_)[0], strict=True))
    return AdditiveModel(float(np.asarray(model.intercept_)[0]), _rule_parts(part_of, names, weight_of))


def _rule_columns(rows: pl.DataFrame, parts: Sequence[Steps]) -> tuple[Floats, list[tuple[str, int]]]:
    """One 0/1 column per feature and cut: whether the value reaches the cut."""
    names = [(part.feature, cut) for part in parts for cut in part.cuts]
    columns = [(rows[name] >= cut).fill_null(value=False).to_numpy() for name, cut in names]
    return np.column_stack(columns).astype(np.float64), names


def _beam(columns: Floats, labels: Floats, weights: Floats) -> tuple[list[int], LogisticRegression]:
    """Rules of the best set found, and the regression on them."""
    beams: list[tuple[float, list[int], LogisticRegression | None]] = [(np.inf, [], None)]
    best: tuple[float, list[int], LogisticRegression | None] = beams[0]
    for _ in range(min(MOST_RULES, columns.shape[1])):
        grown: dict[tuple[int, ...], tuple[float, list[int], LogisticRegression | None]] = {}
        for _, chosen, model in beams:
            for extra in _promising(columns, labels, weights, chosen, model)[:BEAM]:
                rules = [*chosen, extra]
                grown.setdefault(tuple(sorted(rules)), (*_refit(columns, labels, weights, rules),))
        beams = sorted(grown.values(), key=lambda one: (one[0], one[1]))[:BEAM]
        best = min(best, beams[0], key=lambda one: one[0])
    assert best[2] is not None
    return best[1], best[2]


def _promising(
    columns: Floats, labels: Floats, weights: Floats, chosen: list[int], model: LogisticRegression | None
) -> list[int]:
    """Rules in the order of the log-loss a Newton step on each alone would save."""
    mean = float(np.average(labels, weights=weights))
    guess = np.full(len(labels), mean) if model is None else model.predict_proba(columns[:, chosen])[:, 1]
    slope = columns.T @ (weights * (labels - guess))
    curve = columns.T @ (weights * guess * (1 - guess)) + 1.0
    saved = slope**2 / curve
    saved[chosen] = -1
    return np.argsort(-saved, kind="stable").tolist()


def _refit(
    columns: Floats, labels: Floats, weights: Floats, rules: list[int]
) -> tuple[float, list[int], LogisticRegression]:
    model = LogisticRegression(C=10.0, max_iter=100)
    with threadpool_limits(limits=1):
        model.fit(columns[:, rules], labels, sample_weight=weights)
    guess = np.clip(model.predict_proba(columns[:, rules])[:, 1], 1e-9, 1 - 1e-9)
    loss = -float(np.average(labels * np.log(guess) + (1 - labels) * np.log(1 - guess), weights=weights))
    return loss, rules, model


def _rule_parts(
    parts: Sequence[Steps], names: Sequence[tuple[str, int]], weight_of: Mapping[int, float]
) -> tuple[Part, ...]:
    found: list[Part] = []
    for part in parts:
        own = sorted(
            (names[at][1], weight) for at, weight in weight_of.items() if names[at][0] == part.feature
        )
        if own:
            sums = np.concatenate([[0.0], np.cumsum([weight for _, weight in own])])
            found.append(Steps(part.feature, tuple(cut for cut, _ in own), tuple(sums.tolist()), 0.0))
    return tuple(found)


_QUANTILES = np.linspace(0.1, 0.9, 9)


def _blank_parts(rows: pl.DataFrame, candidates: Sequence[Candidate], fitting: Fitting) -> list[Part]:
    """Quantile bins of every candidate that varies, all values 0."""
    least = fitting.least_support * rows.height
    parts: list[Part] = []
    for candidate in candidates:
        series = rows[candidate.feature]
        if series.dtype == pl.String:
            counts = series.drop_nulls().value_counts().sort(series.name)
            levels = counts.filter(pl.col("count") >= least)[series.name].to_list()
            if levels and len(levels) + (series.null_count() > 0) > 1:
                parts.append(Levels(candidate.feature, tuple(levels), (0.0,) * len(levels), 0.0))
            continue
        values = np.sort(series.drop_nulls().to_numpy())
        if len(values) and values[0] < values[-1]:
            cuts = _cuts(values, least)
            if cuts:
                parts.append(Steps(candidate.feature, cuts, (0.0,) * (len(cuts) + 1), 0.0))
    return parts


def _cuts(values: NDArray[np.int64], least: float) -> tuple[int, ...]:
    """Deciles, and the deciles of what lies above the most common low end; every bin holds ``least`` rows."""
    above = values[values > values[0]]
    offered = np.unique(
        np.concatenate([np.quantile(part, _QUANTILES, method="higher") for part in (values, above)])
    )
    cuts: list[int] = []
    before = 0
    for cut in offered.tolist():
        at = int(np.searchsorted(values, cut))
        if at - before >= least and len(values) - at >= least:
            cuts.append(int(cut))
            before = at
    return tuple(cuts)


def _indicators(index: NDArray[np.int64], size: int) -> Any:
    rows = np.arange(len(index))
    return sparse.csr_matrix((np.ones(len(index)), (rows, index)), shape=(len(index), size))


def _with_values(part: Part, values: Floats, count: Floats, direction: Direction) -> Part:
    """The part with fitted values, made monotone where a direction is declared."""
    body = values[:-1]
    if direction != "free" and isinstance(part, Steps):
        sign = 1 if direction == "up" else -1
        order = np.arange(len(body))
        body = sign * IsotonicRegression().fit_transform(order, sign * body, sample_weight=count[:-1] + 1e-9)
    return replace(part, values=tuple(body.tolist()), missing=float(values[-1]))


Family = Callable[[pl.DataFrame, Floats, Sequence[Candidate], Fitting], AdditiveModel]
FAMILIES: dict[str, Family] = {
    "boosted": boosted,
    "logistic_bins": logistic_bins,
    "sparse_rules": sparse_rules,
}
assert tuple(FAMILIES) == FAMILY_NAMES, "a new family needs its name in the policy"
