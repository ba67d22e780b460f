"""What is measured on a test day: order, precision at capacity, probabilities, and how sure all that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.learning import groups, probabilities
from models.learning import metrics as metric
from models.learning.comparison import Contestant, Prediction
from models.learning.splits import Split
from models.territory import lies_in
from models.vocabulary import as_date

Floats = NDArray[np.float64]
CAPACITY = 0.1
"""Share of a cohort that can be visited: what precision and recall are measured at."""
ROUNDS = 200
INTERVALS = ("auc", "precision_expected")


@dataclass(frozen=True)
class Period:
    """One test day: its rows, what every contestant said of them, and what became of them."""

    split: Split
    train: pl.DataFrame
    test: pl.DataFrame
    predictions: dict[str, Prediction]

    @property
    def day(self) -> date:
        """The test day."""
        return as_date(self.split.test)

    @cached_property
    def labels(self) -> Floats:
        """Labels as floats, NaN where unknown."""
        return self.test["label"].cast(pl.Float64).fill_null(float("nan")).to_numpy()

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """Number of the team that recorded the outcome, else of the district."""
        source = self.test.select(group=pl.coalesce("team", lies_in("district")))
        return source.select(pl.col("group").rank("dense").fill_null(0).cast(pl.Int64)).to_series().to_numpy()


def measure(period: Period, prediction: Prediction) -> dict[str, float]:
    """Every metric of one prediction."""
    labels, score = period.labels, prediction.score
    top = metric.at_capacity(score, labels, max(1, int(len(labels) * CAPACITY)))
    found = {
        "auc": metric.auc(score, labels),
        "within_auc": groups.within_group_auc(score, labels, period.groups)[0],
        "average_precision": metric.average_precision(score, labels),
        "precision_expected": top.precision_expected,
        "precision_best": top.precision_best,
        "precision_worst": top.precision_worst,
        "recall_expected": top.recall_expected,
        "lift": top.lift,
        "labelled_at_k": float(top.labelled),
    }
    if prediction.probability is not None:
        found["brier"] = probabilities.brier(prediction.probability, labels)
        found["log_loss"] = probabilities.log_loss(prediction.probability, labels)
        found["calibration_error"] = probabilities.expected_calibration_error(prediction.probability, labels)
    return found | _chicago(period, score)


def _chicago(period: Period, score: Floats) -> dict[str, float]:
    """The Chicago measure on the visits that really took place; only for labels about visits."""
    seen = period.test["outcome_day"].is_not_null() & period.test["label"].is_not_null()
    if not seen.any() or period.test.filter(seen)["label"].min() == 1:
        return {}
    rows = seen.to_numpy()
    days = period.test["outcome_day"].fill_null(0).to_numpy()[rows].astype(float)
    found = metric.chicago(score[rows], period.labels[rows], days)
    return {
        "chicago_first_half": found.share_first_half,
        "chicago_first_half_actual": found.share_first_half_actual,
        "chicago_days_earlier": found.mean_days_earlier,
        "chicago_share_later": found.share_later,
    }


def metric_rows(periods: Sequence[Period], contestants: Sequence[Contestant]) -> pl.DataFrame:
    """Every metric of every contestant on every test day, without intervals."""
    rows = [
        (one.name, period.day, name, value, None, None)
        for period in periods
        for one in contestants
        for name, value in measure(period, period.predictions[one.name]).items()
    ]
    return _metric_frame(rows)


def _metric_frame(rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    schema = {
        "contestant": pl.String,
        "test_as_of": pl.Date,
        "metric": pl.String,
        "value": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def pooled_rows(by_period: pl.DataFrame, final: Sequence[Period]) -> pl.DataFrame:
    """Means over the final periods, with bootstrap intervals (firms resampled) for the ``INTERVALS``.

    ``by_period``: the rows of ``metric_rows``.  What was not measured on every final period is left out.
    """
    stacked = _Stack(final)
    means = (
        by_period.filter(pl.col("test_as_of").is_in([period.day for period in final]))
        .group_by("contestant", "metric", maintain_order=True)
        .agg(pl.col("value").mean(), periods=pl.len())
        .filter(pl.col("periods") == len(final))
    )
    rows: list[tuple[Any, ...]] = []
    for contestant, name, mean in means.select("contestant", "metric", "value").iter_rows():
        low = high = None
        if name in INTERVALS:
            score = stacked.scores[contestant]
            low, high = metric.cluster_bootstrap(
                lambda rows, score=score, name=name: stacked.of(score[rows], name, rows),
                stacked.firms,
                ROUNDS,
            )
        rows.append((contestant, None, name, mean, low, high))
    return _metric_frame(rows)


def _dense(score: Floats) -> Floats:
    return np.unique(score, return_inverse=True)[1].astype(np.float64)


class _Stack:
    """The final periods one after another, so that a resampled firm brings its rows of every period."""

    def __init__(self, periods: Sequence[Period]) -> None:
        self.firms = pl.concat([period.test["enterprise_id"] for period in periods])
        self.labels = np.concatenate([period.labels for period in periods])
        self.number = np.concatenate([np.full(one.test.height, at) for at, one in enumerate(periods)])
        # Ranks instead of scores: no metric here tells them apart, and counting ranks needs no sorting.
        self.scores = {
            name: np.concatenate([_dense(period.predictions[name].score) for period in periods])
            for name in periods[0].predictions
        }
        self.count = len(periods)

    def of(self, score: Floats, name: str, rows: NDArray[np.int64]) -> float:
        """Mean of a metric over the periods for scores of some rows."""
        values: list[float] = []
        for at in range(self.count):
            here = self.number[rows] == at
            own, labels = score[here], self.labels[rows][here]
            if name == "auc":
                values.append(metric.auc_of_ranks(own.astype(np.int64), labels))
            else:
                values.append(
                    metric.at_capacity(own, labels, max(1, int(len(own) * CAPACITY))).precision_expected
                )
        return float(np.mean(values))


def difference_rows(final: Sequence[Period], contestants: Sequence[Contestant]) -> pl.DataFrame:
    """The card less every other contestant on the final periods, on the same resampled firms."""
    stacked = _Stack(final)
    rows: list[tuple[Any, ...]] = []
    for one in contestants:
        for name in INTERVALS if one.name != "card" else ():
            difference = metric.paired_difference(
                lambda score, rows, name=name: stacked.of(score, name, rows),
                stacked.scores["card"],
                stacked.scores[one.name],
                stacked.firms,
                ROUNDS,
            )
            rows.append((one.name, name, *difference))
    columns = ["contestant", "metric", "difference", "low", "high"]
    kinds = dict(zip(columns, [pl.String, pl.String, pl.Float64, pl.Float64, pl.Float64], strict=True))
    return pl.DataFrame(rows, schema=kinds, orient="row")
