"""Measures of probabilities: Brier score, log-loss, calibration."""

import numpy as np
import polars as pl
from scipy import special
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression

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


def calibration_line(probability: Numbers, label: Numbers) -> tuple[float, float]:
    """Intercept and slope of the log-odds of the label on the log-odds of the probability: (0, 1) is perfect.

    Logistic regression without penalty (Cox 1958) on known labels.  A slope below 1 says the probabilities
    are too extreme, a positive intercept (at slope 1) that they are too low.  NaN where one class is missing
    or all probabilities are the same.
    """
    probability, label = with_label(probability, label)
    if len(np.unique(label)) < 2 or len(np.unique(probability)) < 2:
        return np.nan, np.nan
    # Log-odds of a sure forecast are infinite; a float cannot tell 1 - 1e-15 from much nearer.
    odds = special.logit(np.clip(probability, 1e-15, 1 - 1e-15))
    fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10).fit(odds[:, None], label)
    return float(fit.intercept_[0]), float(fit.coef_[0, 0])
