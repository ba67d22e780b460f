"""Additive boosting, and its step functions taken out exactly.

scikit-learn's boosted trees with ``interaction_cst="no_interactions"`` use one column per tree.  The sum of all
trees over one column is a step function of it, so the whole model is an intercept and one step function per
feature: what a scorecard is, before rounding.

Boosting runs on one thread: parallel sums differ in their last digits with the number of threads, and a card
must not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from models.industries import branches_of
from models.policy import Candidate, Fitting

Floats = NDArray[np.float64]
_SIGNS = {"up": 1, "down": -1, "free": 0}
_LEAST_LEVEL_ROWS = 50
_MOST_LEVELS = 20
"""Categories that get a column of their own, those that set most apart; each costs as much time as a feature."""
SEED = 20260101


@dataclass(frozen=True)
class Steps:
    """A step function of an integer feature: ``values[i]`` from ``cuts[i - 1]`` (inclusive) up to ``cuts[i]``."""

    feature: str
    cuts: tuple[int, ...]
    values: tuple[float, ...]
    missing: float

    def index(self, column: pl.Series) -> NDArray[np.int64]:
        """Bin of every row; missing values get the number after the last bin."""
        filled = column.fill_null(0).to_numpy()
        found = np.searchsorted(np.array(self.cuts, dtype=np.int64), filled, side="right")
        return np.where(column.is_null().to_numpy(), len(self.values), found)

    @property
    def table(self) -> Floats:
        """Values by ``index``."""
        return np.array([*self.values, self.missing])


@dataclass(frozen=True)
class Levels:
    """A value per category; ``missing`` for what is missing or has no value of its own.

    A code of digits has the value of the narrowest branch that is listed.
    """

    feature: str
    levels: tuple[str, ...]
    values: tuple[float, ...]
    missing: float

    def index(self, column: pl.Series) -> NDArray[np.int64]:
        """Number of every row's category; missing and other ones get the number after the last."""
        numbers = {level: at for at, level in enumerate(self.levels)}
        of = {
            text: next((numbers[one] for one in reversed(branches_of(text)) if one in numbers), len(numbers))
            for text in column.drop_nulls().unique()
        }
        return column.replace_strict(of, default=len(numbers), return_dtype=pl.Int64).to_numpy()

    @property
    def within(self) -> Floats:
        """Which levels lie in which: one row per level with 1 for itself and the listed branches it lies in."""
        found = np.zeros((len(self.levels), len(self.levels)))
        for at, level in enumerate(self.levels):
            for branch in branches_of(level):
                if branch in self.levels:
                    found[at, self.levels.index(branch)] = 1
        return found

    @property
    def table(self) -> Floats:
        """Values by ``index``."""
        return np.array([*self.values, self.missing])


Part = Steps | Levels


@dataclass(frozen=True)
class AdditiveModel:
    """An intercept and one part per feature, in logits."""

    intercept: float
    parts: tuple[Part, ...]

    def contributions(self, frame: pl.DataFrame) -> Floats:
        """Logits of every part: one row per row of ``frame``, one column per part."""
        columns = [part.table[part.index(frame[part.feature])] for part in self.parts]
        return np.column_stack(columns) if columns else np.zeros((frame.height, 0))

    def logit(self, frame: pl.DataFrame) -> Floats:
        """Predicted logit of every row."""
        return self.intercept + self.contributions(frame).sum(axis=1)


@dataclass(frozen=True)
class Column:
    """One column of the design: a feature as it is, or whether a category has one level."""

    feature: str
    level: str | None
    sign: int


def design_columns(frame: pl.DataFrame, candidates: Sequence[Candidate]) -> list[Column]:
    """Columns of the design for what varies in ``frame``; categories give one column per frequent level."""
    columns: list[Column] = []
    for candidate in candidates:
        series = frame[candidate.feature]
        if series.dtype != pl.String:
            if series.n_unique() > 1:
                columns.append(Column(candidate.feature, None, _SIGNS[candidate.direction]))
            continue
        frequent = frequent_levels(series, max(_LEAST_LEVEL_ROWS, frame.height // 200))
        if len(frequent) > 1 or (len(frequent) == 1 and series.null_count()):
            levels = tuple(frequent)
            if len(levels) > _MOST_LEVELS:
                levels = _most_unlike(Levels(candidate.feature, levels, (0.0,) * len(levels), 0.0), frame)
            columns += [Column(candidate.feature, level, 0) for level in levels]
    return columns


def _most_unlike(of: Levels, frame: pl.DataFrame) -> tuple[str, ...]:
    """Those levels whose rates of positives set most apart."""
    index, labels = of.index(frame[of.feature]), frame["label"].cast(pl.Float64).to_numpy()
    mass, worth = (sums(index, each, len(of.table)) for each in (np.ones(len(index)), labels))
    return tuple(of.levels[at] for at in set_apart(of, mass, worth, _MOST_LEVELS)[0])


def frequent_levels(series: pl.Series, least: float) -> dict[str, int]:
    """Categories with so many rows, and branches that have them with all that lies in them.

    A branch in which only one narrower one has rows says nothing more than that one.
    """
    counts = dict[str, int]()
    for text, rows in series.drop_nulls().value_counts().sort(series.name).iter_rows():
        for branch in branches_of(text):
            counts[branch] = counts.get(branch, 0) + rows
    repeated = {
        branches[-2]
        for text, rows in counts.items()
        if len(branches := branches_of(text)) > 1 and counts[branches[-2]] == rows
    }
    return {text: rows for text, rows in sorted(counts.items()) if rows >= least and text not in repeated}


def set_apart(of: Levels, mass: Floats, worth: Floats, most: int) -> tuple[list[int], Floats]:
    """At most so many levels, one after another that sets most apart, and the mean of each and of all others.

    ``mass``, ``worth``: weight and weighted value of the rows of each level that lie in none narrower, and, last, of
    those in none.  Those of a level that is not chosen count for the branch it lies in.
    """
    size = len(of.levels)
    within = np.vstack([of.within, np.zeros(size)]) > 0
    owner, chosen = np.full(size + 1, size), list[int]()
    for _ in range(most):
        gains = [
            _apart(mass, worth, owner == owner[at], within[:, at]) if at not in chosen else -1.0
            for at in range(size)
        ]
        best = int(np.argmax(gains))
        if gains[best] <= 0:
            break
        owner = np.where(within[:, best] & (owner == owner[best]), best, owner)
        chosen.append(best)
    held, total = (sums(owner, each, size + 1) for each in (mass, worth))
    return sorted(chosen), np.divide(total, held, out=of.table.copy(), where=held > 0)


def _apart(mass: Floats, worth: Floats, among: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> float:
    """How much of the weighted squares within a group goes when some of it stand apart."""
    inside, outside = among & chosen, among & ~chosen
    one, other = mass[inside].sum(), mass[outside].sum()
    if not one or not other:
        return 0.0
    distance = worth[inside].sum() / one - worth[outside].sum() / other
    return float(one * other / (one + other) * distance**2)


def design(frame: pl.DataFrame, columns: Sequence[Column]) -> Floats:
    """The design matrix: one row per row of ``frame``, missing values as NaN."""
    matrix = np.empty((frame.height, len(columns)))
    for at, column in enumerate(columns):
        series = frame[column.feature]
        if column.level is None:
            matrix[:, at] = series.cast(pl.Float64).to_numpy()
        else:
            of = Levels(column.feature, (column.level,), (0.0,), 0.0)
            matrix[:, at] = of.index(series) == 0
    return matrix


def boost(
    matrix: Floats, labels: Floats, weights: Floats, columns: Sequence[Column], fitting: Fitting
) -> HistGradientBoostingClassifier:
    """Fit the boosted model on one thread."""
    model = HistGradientBoostingClassifier(
        interaction_cst="no_interactions",
        monotonic_cst=[column.sign for column in columns],
        max_iter=fitting.boosting_rounds,
        learning_rate=fitting.learning_rate,
        max_leaf_nodes=fitting.leaves,
        min_samples_leaf=fitting.least_leaf,
        l2_regularization=fitting.ridge,
        early_stopping=False,  # pyright: ignore[reportArgumentType]
        random_state=SEED,
    )
    with threadpool_limits(limits=1, user_api="openmp"):
        model.fit(matrix, labels, sample_weight=weights)
    return model


def extract(model: HistGradientBoostingClassifier, columns: Sequence[Column]) -> AdditiveModel:
    """The model as step functions.  Its logit equals ``decision_function`` up to the order of the sums."""
    steps = _column_steps(model, columns)
    parts: list[Part] = []
    for feature in dict.fromkeys(column.feature for column in columns):
        own = {column.level: steps[at] for at, column in enumerate(columns) if column.feature == feature}
        parts.append(own[None] if None in own else _levels(feature, own))
    return AdditiveModel(float(model._baseline_prediction.ravel()[0]), tuple(parts))


def fit_additive(
    frame: pl.DataFrame, weights: Floats, candidates: Sequence[Candidate], fitting: Fitting
) -> AdditiveModel:
    """Boost and extract; no parts when nothing varies.

    ``frame`` holds the candidates and a known ``label`` in every row.
    """
    columns = design_columns(frame, candidates)
    if not columns:
        return AdditiveModel(0.0, ())
    few, mass = draw_rows(frame, weights, fitting.most_boosted_rows)
    labels = few["label"].cast(pl.Float64).to_numpy()
    return extract(boost(design(few, columns), labels, mass, columns, fitting), columns)


def draw_rows(frame: pl.DataFrame, weights: Floats, most: int) -> tuple[pl.DataFrame, Floats]:
    """At most ``most`` rows with their weights, drawn with a fixed seed and left in their order."""
    if frame.height <= most:
        return frame, weights
    drawn = np.sort(np.random.default_rng(SEED).choice(frame.height, most, replace=False))
    return frame[drawn], weights[drawn]


def sums(index: NDArray[np.int64], values: Floats, size: int) -> Floats:
    """Sum of the values of each index, one after another and so the same on any machine."""
    return np.bincount(index, values, size).astype(np.float64)


def probability_of(logit: Floats) -> Floats:
    """Probability of a logit."""
    return 1 / (1 + np.exp(-logit))


def _levels(feature: str, own: Mapping[str | None, Steps]) -> Levels:
    """Indicator columns as one value per category: its own column says yes, all others say no."""
    no = {level: steps.table[steps.index(pl.Series([0]))[0]] for level, steps in own.items()}
    yes = {level: steps.table[steps.index(pl.Series([1]))[0]] for level, steps in own.items()}
    others = float(sum(no.values()))
    named = tuple(level for level in own if level is not None)
    blank = Levels(feature, named, (0.0,) * len(named), others)
    values = others + blank.within @ np.array([float(yes[level] - no[level]) for level in named])
    return replace(blank, values=tuple(values.tolist()))


def _column_steps(model: HistGradientBoostingClassifier, columns: Sequence[Column]) -> list[Steps]:
    trees = [stage[0].nodes for stage in model._predictors]
    by_column: list[list[NDArray[np.void]]] = [[] for _ in columns]
    for nodes in trees:
        if len(nodes) > 1:
            by_column[int(nodes[0]["feature_idx"])].append(nodes)
    # A tree that could not split is a constant: it belongs to no feature, so the first column carries it.
    stumps = [float(nodes[0]["value"]) for nodes in trees if len(nodes) == 1]
    result = [_steps(column.feature, trees) for column, trees in zip(columns, by_column, strict=True)]
    if stumps and result:
        first, rest = result[0], sum(stumps)
        shifted = tuple(value + rest for value in first.values)
        result[0] = Steps(first.feature, first.cuts, shifted, first.missing + rest)
    return result


def _steps(feature: str, trees: Sequence[NDArray[np.void]]) -> Steps:
    """Sum of one-column trees.  A value above a threshold goes right, so the right bin starts one integer on."""
    splits = [nodes[~nodes["is_leaf"].astype(bool)]["num_threshold"] for nodes in trees]
    thresholds = np.concatenate(splits) if splits else np.zeros(0)
    # An infinite threshold parts the missing values from all others and cuts no number.
    cuts = np.unique(np.floor(thresholds[np.isfinite(thresholds)]).astype(np.int64) + 1)
    values, missing = np.zeros(len(cuts) + 1), 0.0
    for nodes in trees:
        missing += _add_tree(nodes, cuts, values)
    return Steps(feature, tuple(int(cut) for cut in cuts), tuple(values.tolist()), missing)


def _add_tree(nodes: NDArray[np.void], cuts: NDArray[np.int64], values: Floats) -> float:
    """Add a tree's leaves to the bins they cover.  Returns what it gives to missing values."""
    missing, waiting = 0.0, [(0, 0, len(values), True)]
    while waiting:
        at, start, stop, takes_missing = waiting.pop()
        node = nodes[at]
        if node["is_leaf"]:
            values[start:stop] += node["value"]
            missing += float(node["value"]) if takes_missing else 0.0
            continue
        threshold = float(node["num_threshold"])
        right = (
            int(np.searchsorted(cuts, int(np.floor(threshold)) + 1)) + 1 if np.isfinite(threshold) else stop
        )
        goes_left = bool(node["missing_go_to_left"])
        waiting.append((int(node["left"]), start, right, takes_missing and goes_left))
        waiting.append((int(node["right"]), right, stop, takes_missing and not goes_left))
    return missing
