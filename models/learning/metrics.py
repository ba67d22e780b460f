"""How good a risk score is, measured the way the best published evaluations do (domain.md section 8).

Arrays have one element per firm or visit.  A ``score`` is higher for the riskier and may have ties, which are
resolved by their expectation, never by the order of the rows.  A ``label`` is 1.0, 0.0 or NaN: not inspected,
or outcome unknown, which is never 0.  What cannot be computed (no positives, no pairs) is NaN.

Every function raises ValueError where arrays differ in length, a label is none of these, or a score is NaN.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics as sk

from models.estimates import wilson
from models.feedback import Keys, Numbers
from models.vocabulary import CODE_KEYS

"""An array of integers or floats."""

Rows = NDArray[np.int64]
"""Positions of rows, repeats allowed."""

"""A name per row, None for unknown."""


@dataclass(frozen=True)
class AtCapacity:
    """What visiting the ``k`` highest scores would have found (domain.md section 8.2).

    ``labelled`` and ``positives_expected`` are the expected numbers of known outcomes and of positives among
    them, whole where no tie crosses the boundary.  ``lift`` is how many times the rate of all labelled rows
    ``precision_expected`` is.
    """

    k: int
    labelled: float
    positives_expected: float
    precision_best: float
    precision_worst: float
    precision_expected: float
    recall_best: float
    recall_worst: float
    recall_expected: float
    lift: float


@dataclass(frozen=True)
class Chicago:
    """What reordering the visits by score would have changed, the daily number of visits being the same.

    ``share_first_half``: part of the positives met in the first half of the visits by score, and
    ``share_first_half_actual`` as they were made.  ``mean_days_earlier``: days, negative for later.
    ``share_later``: part of the positives met later than they were.
    """

    share_first_half: float
    share_first_half_actual: float
    mean_days_earlier: float
    share_later: float


def auc(score: Numbers, label: Numbers) -> float:
    """Chance that a positive scores above a negative, half for a tie, among known labels."""
    return two_class(sk.roc_auc_score, score, label)


def average_precision(score: Numbers, label: Numbers) -> float:
    """Precision averaged over the positives (step-wise, as in scikit-learn) among known labels."""
    return two_class(sk.average_precision_score, score, label)


def at_capacity(score: Numbers, label: Numbers, k: int) -> AtCapacity:
    """Precision and recall of the ``k`` highest scores of all rows, labelled or not (all rows if fewer).

    Unlabelled rows use up capacity and are not replaced; precision is over the labelled ones, recall over all
    labelled positives.  Rows tied at the boundary enter in the best order (positives, unlabelled, negatives),
    in the worst (the reverse), and in expectation over all orders (hypergeometric): each enters with chance
    free places / tied rows.  With unlabelled rows in the tie the expected precision is the ratio of expected
    positives to expected labelled.  An order that visits no labelled row has the expected precision.

    Raises:
        ValueError: ``k`` is below 1.
    """
    score, label = checked(score, label)
    if k < 1:
        raise ValueError(f"A capacity of {k} visits nobody. Give at least 1.")
    k = min(k, len(score))
    if not k:
        return AtCapacity(0, 0.0, 0.0, *[np.nan] * 7)
    boundary = np.partition(score, len(score) - k)[len(score) - k]
    sure, tied = label[score > boundary], label[score == boundary]
    places = k - len(sure)
    chance = places / len(tied)
    positives = _ones(sure) + chance * _ones(tied)
    labelled = _known(sure) + chance * _known(tied)
    expected = ratio(positives, labelled)
    best, worst = _orders(sure, tied, places)
    everyone = _ones(label)
    return AtCapacity(
        k=k,
        labelled=labelled,
        positives_expected=positives,
        precision_best=ratio(_ones(best), _known(best), expected),
        precision_worst=ratio(_ones(worst), _known(worst), expected),
        precision_expected=expected,
        recall_best=ratio(_ones(best), everyone),
        recall_worst=ratio(_ones(worst), everyone),
        recall_expected=ratio(positives, everyone),
        lift=ratio(expected, ratio(everyone, _known(label))),
    )


def chicago(score: Numbers, label: Numbers, day: Numbers) -> Chicago:
    """The City of Chicago's measure: the same number of visits each day, but the highest scores first.

    One element per visit made; ``day`` is the day number on which it was made.  A tied positive takes every
    place of its tie with equal chance (closed form); so does a visit among those of its day in the actual
    order.  Visits of unknown outcome keep their place.  The middle visit of an odd number counts half.

    Source: gh:Chicago/food-inspections-evaluation, ``simulated_date_diff_mean.R``, domain.md section 2.
    """
    score, label = checked(score, label)
    day, _ = checked(day, label)
    found = label == 1
    if not found.any():
        return Chicago(np.nan, np.nan, np.nan, np.nan)
    days = np.sort(day)
    first, tied = _places(score)
    until = np.concatenate([[0.0], np.cumsum(days)])
    simulated = (until[first + tied] - until[first]) / tied
    not_later = np.searchsorted(days, day, side="right")
    later = np.clip(first + tied - not_later, 0, tied) / tied
    return Chicago(
        share_first_half=float(_in_first_half(score)[found].mean()),
        share_first_half_actual=float(_in_first_half(-day)[found].mean()),
        mean_days_earlier=float((day - simulated)[found].mean()),
        share_later=float(later[found].mean()),
    )


def lift_curve(score: Numbers, label: Numbers, steps: int = 50) -> pl.DataFrame:
    """How much of all that is to be found is found by visiting the highest scores first, known labels only.

    Grain: one row per step of capacity, ``steps`` + 1 in all: ``share_visited`` from 0 to 1, ``share_found``
    (recall; ties by expectation), null without positives.
    """
    score, label = with_label(score, label)
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.diff(score[order], append=np.nan)) + 1
    reached = np.concatenate([[0], ends])
    found = np.concatenate([[0.0], np.cumsum(label[order])])[reached]
    visited = np.linspace(0, 1, steps + 1)
    # Within a tie every place finds the same on average, so the curve is straight there.
    share = np.interp(visited * len(label), reached, found) / found[-1] if found[-1] else visited * np.nan
    return pl.DataFrame({"share_visited": visited, "share_found": pl.Series(share).fill_nan(None)})


def spearman(a: Numbers, b: Numbers) -> float:
    """Rank correlation, ties by their mean rank; NaN where either array is constant."""
    if len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} values. Give one pair per firm.")
    if len(np.unique(a)) < 2 or len(np.unique(b)) < 2:
        return np.nan
    result: Any = stats.spearmanr(a, b)
    return float(result.statistic)


def checked(score: Numbers, label: Numbers) -> tuple[Numbers, Numbers]:
    """Both as floats."""
    score, label = np.asarray(score, dtype=float), np.asarray(label, dtype=float)
    if score.shape != label.shape:
        raise ValueError(f"{score.shape} scores, {label.shape} labels. Give one of each per row.")
    if np.isnan(score).any():
        raise ValueError("A score is NaN. Leave out rows without a score, or score them.")
    if not np.isin(label[~np.isnan(label)], (0, 1)).all():
        raise ValueError("A label is neither 0, 1 nor NaN. Say which outcome counts as positive.")
    return score, label


def with_label(score: Numbers, label: Numbers) -> tuple[Numbers, Numbers]:
    """Scores and labels where the label is known."""
    score, label = checked(score, label)
    known = ~np.isnan(label)
    return score[known], label[known]


def two_class(measure: Callable[..., Any], score: Numbers, label: Numbers) -> float:
    """A measure that needs both classes; NaN where there is one."""
    score, label = with_label(score, label)
    return float(measure(label, score)) if len(np.unique(label)) == 2 else np.nan


def ratio(part: float, whole: float, otherwise: float = np.nan) -> float:
    """A part of a whole; ``otherwise`` where the whole is nothing."""
    return float(part / whole) if whole else otherwise


def _ones(label: Numbers) -> int:
    return int((label == 1).sum())


def _known(label: Numbers) -> int:
    return int((~np.isnan(label)).sum())


def _orders(sure: Numbers, tied: Numbers, places: int) -> tuple[Numbers, Numbers]:
    """Labels of the rows visited when the tied ones come in the best and in the worst order."""
    worst = tied[np.argsort(np.nan_to_num(tied, nan=0.5))]
    return np.concatenate([sure, worst[::-1][:places]]), np.concatenate([sure, worst[:places]])


def _places(score: Numbers) -> tuple[Rows, Rows]:
    """First place (0 for the highest score) of each row's tie, and how many rows share it."""
    _, tie, size = np.unique(-score, return_inverse=True, return_counts=True)
    return (np.cumsum(size) - size)[tie], size[tie]


def _in_first_half(score: Numbers) -> Numbers:
    """Chance of each row to be in the first half, highest score first."""
    first, tied = _places(score)
    return np.clip((len(score) / 2 - first) / tied, 0, 1)


def ranks(codes: Keys) -> Rows:
    """Codes as ranks, the least grave first.  Raises ValueError for what is no code."""
    unknown = sorted({str(code) for code in codes} - set(CODE_KEYS))
    if unknown:
        raise ValueError(f"No such codes: {', '.join(unknown)}. Compare firms that have one of {CODE_KEYS}.")
    return np.array([CODE_KEYS.index(code) for code in codes], dtype=np.int64)


def count(what: pl.Expr) -> pl.Expr:
    """How many rows hold; unknown does not."""
    return what.fill_null(value=False).sum().cast(pl.Int64)


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """A part of a whole; null where the whole is nothing."""
    return pl.when(whole > 0).then(part / whole)


def wilson_ends(table: pl.DataFrame, part: str, whole: str, low: str, high: str) -> list[pl.Series]:
    """Ends of the Wilson 95 % interval of two columns' ratio."""
    ends = [wilson(*counts) for counts in table.select(part, whole).iter_rows()]
    return [
        pl.Series(low, [end[0] for end in ends], pl.Float64),
        pl.Series(high, [end[1] for end in ends], pl.Float64),
    ]
