"""Black boxes that a card is held against: LightGBM and EBM on the features a card may use, and no others.

Settings are the sensible ones of their users and are not tuned: a card must stand next to a model that somebody
would really build, with a reasonable effort.
"""

from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.learning.additive import SEED, design, design_columns
from models.learning.comparison import Contestant, Prediction
from models.messages import Message
from models.policy import LearningPolicy

Floats = NDArray[np.float64]
MOST_ROWS = 100_000
"""Rows a black box learns from; more are drawn down to this number with a fixed seed."""
LIGHTGBM = {
    "n_estimators": 300,
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_child_samples": 100,
    "random_state": SEED,
    "deterministic": True,
    "force_row_wise": True,
    "n_jobs": 2,
    "verbose": -1,
}
# One process: joblib's workers would fight for the two cores of a small machine.
EBM = {"interactions": 10, "outer_bags": 4, "random_state": SEED, "n_jobs": 1}


class Classifier(Protocol):
    """What both libraries offer."""

    def fit(self, matrix: Floats, labels: NDArray[np.int64]) -> object:
        """Learn."""
        ...

    def predict_proba(self, matrix: Floats) -> Floats:
        """Probability of both classes, one row per row of the matrix."""
        ...


def _lightgbm() -> Classifier:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(**LIGHTGBM)


def _ebm() -> Classifier:
    from interpret.glassbox import ExplainableBoostingClassifier

    return ExplainableBoostingClassifier(**EBM)


BLACK_BOXES = {
    "lightgbm": (Message("LightGBM"), _lightgbm),
    "ebm": (Message("EBM with interactions"), _ebm),
}
"""Title and maker by name."""


def black_boxes(learning: LearningPolicy) -> list[Contestant]:
    """The black boxes as contestants."""
    return [black_box(name, learning) for name in BLACK_BOXES]


def black_box(name: str, learning: LearningPolicy) -> Contestant:
    """One of ``BLACK_BOXES``."""
    title, make = BLACK_BOXES[name]

    def predict(train: pl.DataFrame, test: pl.DataFrame) -> Prediction:
        known = train.filter(pl.col("label").is_not_null())
        columns = design_columns(known, learning.candidates)
        few = drawn(known)
        model = make()
        model.fit(design(few, columns), few["label"].cast(pl.Int64).to_numpy())
        probability = np.asarray(model.predict_proba(design(test, columns)), dtype=np.float64)[:, 1]
        return Prediction(probability, probability)

    return Contestant(name, "black_box", title, predict)


def drawn(rows: pl.DataFrame) -> pl.DataFrame:
    """At most ``MOST_ROWS`` rows, in their order."""
    if rows.height <= MOST_ROWS:
        return rows
    return rows[np.sort(np.random.default_rng(SEED).choice(rows.height, MOST_ROWS, replace=False))]
