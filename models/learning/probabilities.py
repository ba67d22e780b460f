"""Measures of probabilities: Brier score, log-loss, calibration."""

import numpy as np
import polars as pl
from sklearn import metrics as sk

from models.feedback import Numbers
from models.learning.metrics import ratio, two_class, wilson_ends, with_label


def brier(probability: Numbers, label: Numbers) -> float:
    """Mean squared distance of the probability from what happened, among known labels."""
    return two_class(sk.brier_score_loss, probability, label)


def log_loss(probability: Numbers, label: Numbers) -> float:
    """Mean negative log-likelihood (natural logarithm) of what happened, among known labels."""
    return two_class(sk.log_loss, probability, label)


def calibration_table(probability: Numbers, label: Numbers, bins: int = 10) -> pl.DataFrame:
    """Predicted against observed share in bins of about equally many known labels.

    Equal probabilities share a bin, so there may be fewer than ``bins``.

    Grain: one row per bin, ascending: ``least``, ``most``, ``mean_predicted`` (probabilities in it),
    ``observed`` (share of positives) with its Wilson 95 % interval ``low``, ``high``, ``labelled`` and
    ``positives`` (rows).
    """
    probability, label = with_label(probability, label)
    edges = np.unique(np.quantile(probability, np.arange(1, bins) / bins)) if len(label) else np.empty(0)
    binned = pl.DataFrame({"bin": np.searchsorted(edges, probability), "p": probability, "label": label})
    table = (
        binned.group_by("bin")
        .agg(
            least=pl.col("p").min(),
            most=pl.col("p").max(),
            mean_predicted=pl.col("p").mean(),
            observed=pl.col("label").mean(),
            labelled=pl.len().cast(pl.Int64),
            positives=pl.col("label").sum().cast(pl.Int64),
        )
        .sort("bin")
        .drop("bin")
    )
    return table.with_columns(wilson_ends(table, "positives", "labelled", "low", "high"))


def expected_calibration_error(probability: Numbers, label: Numbers, bins: int = 10) -> float:
    """Mean distance of predicted from observed share over the bins of ``calibration_table``, by size."""
    table = calibration_table(probability, label, bins)
    distance = (table["mean_predicted"] - table["observed"]).abs()
    return ratio(float((distance * table["labelled"]).sum()), float(table["labelled"].sum()))
