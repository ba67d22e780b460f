"""Walk-forward splits: a model is tried on a day it could have been used on, with nothing it could not know.

On test day T a label of an earlier cohort day D may be used only when it was complete by T, that is when
D + horizon + announcement lag <= T.  That is the gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.errors import LeakageError
from models.policy import Fitting, Label


@dataclass(frozen=True)
class Split:
    """Cohort days to learn from and the day to be tried on, in days since 1970-01-01."""

    train: tuple[int, ...]
    test: int


def cohort_days(first: date, last: date, *, months: int) -> list[date]:
    """Ends of every ``months``-th month from ``first`` to ``last``, counted back from ``last``'s quarter grid."""
    days: list[date] = []
    year, month = first.year, 1
    while (year, month) <= (last.year + 1, 12):
        end = date(year, month, 1) - timedelta(days=1)
        if first <= end <= last:
            days.append(end)
        year, month = (year, month + months) if month + months <= 12 else (year + 1, month + months - 12)
    return days


def learnable(days: Sequence[int], *, by: int, label: Label, most: int) -> tuple[int, ...]:
    """The latest ``most`` cohort days whose labels were complete on day ``by``."""
    return tuple(sorted(day for day in days if day + label.spec.gap_days <= by)[-most:])


def walk_forward(days: Sequence[int], *, label: Label, fitting: Fitting) -> list[Split]:
    """The last ``test_periods`` days that have enough complete cohorts before them, oldest first."""
    splits = [
        Split(train, day)
        for day in sorted(days)
        if len(train := learnable(days, by=day, label=label, most=fitting.train_cohorts))
        >= fitting.least_cohorts
    ]
    return splits[-fitting.test_periods :]


def announced(panel: pl.DataFrame, split: Split) -> pl.DataFrame:
    """The panel without the training rows whose outcome was announced only after the test day.

    The usual delay is over by then, but some announcements take longer still.
    """
    late = (pl.col("as_of") != split.test) & (pl.col("announced_day") > split.test)
    return panel.filter(~late.fill_null(value=False))


def require_no_leak(panel: pl.DataFrame, split: Split, *, label: Label) -> None:
    """Raise LeakageError unless the split's rows could have been told apart on the test day.

    Checks that the test day is no training day, that every training label was complete on it, that no
    outcome that was learnt lies after it or was announced after it, and that no enterprise stands twice on one
    day.
    """
    gap = label.spec.gap_days
    late = [day for day in split.train if day + gap > split.test]
    if late:
        raise LeakageError(
            "Labels of day {late} are complete only {gap} days later, after the test day {test}. Take "
            "the day out of the training days.",
            late=late[0],
            gap=gap,
            test=split.test,
        )
    used = panel.filter(pl.col("as_of").is_in([*split.train, split.test]))
    doubled = used.filter(pl.struct("enterprise_id", "as_of").is_duplicated())
    if not doubled.is_empty():
        raise LeakageError(
            "{enterprise_id} stands twice on day {as_of}: one copy could be learnt and the other "
            "tried. Give every enterprise one row a day.",
            enterprise_id=doubled["enterprise_id"][0],
            as_of=doubled["as_of"][0],
        )
    learnt = used.filter(pl.col("as_of") != split.test, pl.col("outcome_day") > split.test)
    if not learnt.is_empty():
        raise LeakageError(
            "An outcome of day {outcome_day} would be learnt before the test day {test}. Label the "
            "rows with a shorter horizon or test later.",
            outcome_day=learnt["outcome_day"][0],
            test=split.test,
        )
    unheard = used.filter(pl.col("as_of") != split.test, pl.col("announced_day") > split.test)
    if not unheard.is_empty():
        raise LeakageError(
            "An outcome announced on day {announced_day} would be learnt before the test day {test}. "
            "Leave such rows out (splits.announced).",
            announced_day=unheard["announced_day"][0],
            test=split.test,
        )


TOO_GOOD = 0.95
"""AUC of a single feature above which it rather knows the future than foretells it; honest ones on the open
archives stay below 0.82, and the one column that told the future reached 0.978."""
LEAST_LEVEL = 50
"""Rows a category needs before its own rate says anything."""


def suspicious_features(
    panel: pl.DataFrame, features: Sequence[str], *, least_positives: int = 30
) -> list[str]:
    """Features that alone tell the label almost perfectly, in either direction: look there for a leak.

    A category is taken as its rate of positives.
    """
    # scikit-learn takes seconds to import; who only reads what was measured does not need it.
    from sklearn.metrics import roc_auc_score

    known = panel.filter(pl.col("label").is_not_null())
    labels = known["label"].to_numpy()
    if labels.sum() < least_positives or labels.all():
        return []
    areas = {name: roc_auc_score(labels, _as_numbers(known, name)) for name in features}
    return [name for name, area in areas.items() if max(area, 1 - area) >= TOO_GOOD]


def _as_numbers(known: pl.DataFrame, name: str) -> NDArray[np.float64]:
    if known.schema[name] != pl.String:
        return known[name].cast(pl.Float64).fill_null(-1e18).to_numpy()
    rate = pl.col("label").cast(pl.Float64).mean()
    own = pl.when(pl.len().over(name) >= LEAST_LEVEL).then(rate.over(name)).otherwise(rate)
    return known.select(own).to_series().to_numpy()
