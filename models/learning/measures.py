"""What is measured on a test day: order, precision at capacity, probabilities, and how sure all that is."""

from collections.abc import Mapping, Sequence
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
from models.learning.resampling import CAPACITY, HEAD, MEASURES, ROUNDS, Ranked, draws, interval, places
from models.learning.splits import Split
from models.territory import lies_in
from models.vocabulary import as_date

Floats = NDArray[np.float64]


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
    def _measured(self) -> dict[str, Mapping[str, float]]:
        return {}

    def measured(self, name: str) -> Mapping[str, float]:
        """The ``MEASURES`` of a contestant, taken once; NaN with outcomes of one kind alone."""
        if name not in self._measured:
            ranked = Ranked(self.predictions[name].score, self.labels)
            self._measured[name] = dict(zip(MEASURES, ranked.measured(), strict=True))
        return self._measured[name]

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """Number of the team that recorded the outcome, else of the district."""
        source = self.test.select(group=pl.coalesce("team", lies_in("district")))
        return source.select(pl.col("group").rank("dense").fill_null(0).cast(pl.Int64)).to_series().to_numpy()


def measure(period: Period, prediction: Prediction) -> dict[str, float]:
    """Every metric of one prediction."""
    labels, score = period.labels, prediction.score
    top, head = (metric.at_capacity(score, labels, places(share, len(labels))) for share in (CAPACITY, HEAD))
    found = {
        "auc": metric.auc(score, labels),
        "within_auc": groups.within_group_auc(score, labels, period.groups)[0],
        "average_precision": metric.average_precision(score, labels),
        "precision_expected": top.precision_expected,
        "precision_best": top.precision_best,
        "precision_worst": top.precision_worst,
        "precision_2pct": head.precision_expected,
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
    """Every metric of every contestant on every test day it took part on, without intervals."""
    rows = [
        (one.name, period.day, name, value, None, None)
        for period in periods
        for one in contestants
        if one.name in period.predictions
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


class Resampled:
    """The ``MEASURES`` of every contestant, means over some periods, with the enterprises drawn anew ``ROUNDS`` times.

    A drawn enterprise brings its rows of every period.
    """

    def __init__(self, periods: Sequence[Period]) -> None:
        names = list(periods[0].predictions)
        ranked = [
            {name: Ranked(one.predictions[name].score, one.labels) for name in names} for one in periods
        ]
        ends = np.cumsum([period.test.height for period in periods])[:-1]
        self._drawn = {name: np.empty((ROUNDS, len(MEASURES))) for name in names}
        firms = pl.concat([period.test["enterprise_id"] for period in periods])
        for number, times in enumerate(draws(firms)):
            parts = np.split(times, ends)
            for name in names:
                found = [of[name].measured(part) for of, part in zip(ranked, parts, strict=True)]
                self._drawn[name][number] = np.mean(found, axis=0)
        self._seen = {name: np.mean([of[name].measured() for of in ranked], axis=0) for name in names}

    def interval(self, name: str, measure: str) -> tuple[float, float]:
        """The interval of a measure of a contestant."""
        return interval(self._drawn[name][:, MEASURES.index(measure)])

    def difference(self, name: str, other: str, measure: str) -> tuple[float, float, float]:
        """A contestant less another, and the interval of that from the same draws for both."""
        at = MEASURES.index(measure)
        low, high = interval(self._drawn[name][:, at] - self._drawn[other][:, at])
        return float(self._seen[name][at] - self._seen[other][at]), low, high


def pooled_rows(by_period: pl.DataFrame, final: Sequence[Period], resampled: Resampled) -> pl.DataFrame:
    """Means over the final periods, with bootstrap intervals (firms resampled) for the ``MEASURES``.

    ``by_period``: the rows of ``metric_rows``.  What was not measured on every final period is left out.
    """
    means = (
        by_period.filter(pl.col("test_as_of").is_in([period.day for period in final]))
        .group_by("contestant", "metric", maintain_order=True)
        .agg(pl.col("value").mean(), periods=pl.len())
        .filter(pl.col("periods") == len(final))
    )
    rows = [
        (contestant, None, name, mean, *(resampled.interval(contestant, name) if name in MEASURES else _NONE))
        for contestant, name, mean in means.select("contestant", "metric", "value").iter_rows()
    ]
    return _metric_frame(rows)


_NONE = (None, None)


def difference_rows(contestants: Sequence[Contestant], resampled: Resampled) -> pl.DataFrame:
    """The card less every other contestant on the final periods, on the same resampled firms."""
    rows = [
        (one.name, name, *resampled.difference("card", one.name, name))
        for one in contestants
        if one.name != "card"
        for name in MEASURES
    ]
    columns = ["contestant", "metric", "difference", "low", "high"]
    kinds = dict(zip(columns, [pl.String, pl.String, pl.Float64, pl.Float64, pl.Float64], strict=True))
    return pl.DataFrame(rows, schema=kinds, orient="row")
