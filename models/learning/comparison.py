"""Who takes part in an evaluation: simple rules that must be beaten, the expert card, fitted cards, a logistic."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from models.coding.calibration import Calibration, calibrate
from models.coding.shrinkage import fit_priors, shrunk_rates
from models.learning.additive import AdditiveModel, design, design_columns, probability_of
from models.learning.families import FAMILIES
from models.learning.fit import Fitted, fit_card
from models.learning.labels import latest_labelled
from models.messages import Message
from models.policy import LearningPolicy
from models.scorecard import Scorecard

Floats = NDArray[np.float64]
Frame = pl.DataFrame


@dataclass(frozen=True)
class Prediction:
    """What a contestant says of the rows of a test day: a score (higher is riskier), maybe a probability."""

    score: Floats
    probability: Floats | None = None


@dataclass(frozen=True)
class Contestant:
    """A way to rank enterprises.  ``predict(train, test)`` learns from the one and ranks the other.

    ``kind``: baseline, expert, card, float (the card before rounding) or black_box.
    """

    name: str
    kind: str
    title: Message
    predict: Callable[[pl.DataFrame, pl.DataFrame], Prediction]


_BASE = 4
CALIBRATION_COHORTS = 4
"""Latest cohorts a card is calibrated on: base rates drift, so older ones would mislead."""


def _column(frame: Frame, expression: pl.Expr) -> Floats:
    return frame.select(expression.cast(pl.Float64)).to_series().to_numpy()


def _random(frame: Frame) -> Floats:
    """A draw by lot that anybody can repeat: the SHA-256 of id and day."""
    keys = zip(frame["enterprise_id"].to_list(), frame["as_of"].to_list(), strict=True)
    return np.array(
        [int(hashlib.sha256(f"{one}:{day}".encode()).hexdigest()[:12], 16) for one, day in keys], float
    )


def _severity_rule() -> pl.Expr:
    """Mean severity, + 3 if high hazard, + 2 if never seen: the cold-start rule of the model evidence."""
    never = pl.col("inspections_window") == 0
    return pl.col("severity_mean") / 10 + 3 * pl.col("high_hazard") + 2 * never.cast(pl.Int64)


RULES: dict[str, tuple[Message, Callable[[Frame], Floats]]] = {
    "random": (Message("random draw"), _random),
    "longest_since": (
        Message("longest since the last visit"),
        lambda f: _column(f, pl.col("days_since_inspection").fill_null(100_000)),
    ),
    "last_result": (
        Message("last result only"),
        lambda f: _column(f, pl.col("last_result").fill_null(-1)),
    ),
    "count_36m": (
        Message("count of violations, 36 months"),
        lambda f: _column(f, pl.col("violations_36m")),
    ),
    "sector_list": (
        Message("sector list"),
        lambda f: _column(
            f, pl.col("high_hazard") * _BASE + (pl.col("major_hazard_source").fill_null(0) > 0)
        ),
    ),
    "severity_rule": (
        Message("mean severity + 3 high hazard + 2 never seen"),
        lambda f: _column(f, _severity_rule()),
    ),
}
"""Baselines that need no learning: title and score."""


def baselines() -> list[Contestant]:
    """The rules above, and the shrunk share of serious visits, as contestants."""
    found = [
        Contestant(name, "baseline", title, lambda _, test, rule=rule: Prediction(rule(test)))
        for name, (title, rule) in RULES.items()
    ]
    shrunk = Message("shrunk share of serious visits")
    return [*found, Contestant("shrunk_rate", "baseline", shrunk, _shrunk)]


def strictness_taken_out(panel: Frame) -> list[Contestant]:
    """Counting with the teams' strictness taken out (``strictness``), where the panel knows the teams."""
    if "adjusted_36m" not in panel.columns:
        return []
    title = Message("count of violations, team strictness taken out")
    return [Contestant("count_adjusted", "baseline", title, _adjusted)]


def _adjusted(_: Frame, test: Frame) -> Prediction:
    return Prediction(_column(test, pl.col("adjusted_36m")))


def _shrunk(train: Frame, test: Frame) -> Prediction:
    latest = train.filter(pl.col("as_of") == train["as_of"].max())
    return Prediction(shrunk_rates(test, fit_priors(latest))["rate"].to_numpy())


def expert(card: Scorecard) -> Contestant:
    """The expert pack's points alone."""
    return by_points("expert", "expert", Message("expert pack alone"), card)


def by_points(name: str, kind: str, title: Message, card: Scorecard) -> Contestant:
    """A finished card as a contestant: it learns nothing more."""
    return Contestant(name, kind, title, lambda _, test: Prediction(points_of(card, test).astype(float)))


def points_of(card: Scorecard, frame: Frame) -> NDArray[np.int64]:
    """Score of every row."""
    return card.contributions(frame)["score"].to_numpy()


class CardMaker:
    """Fits one card per training set and keeps it: the float contestant reads what the card one has fitted."""

    def __init__(
        self,
        learning: LearningPolicy,
        family: str = "boosted",
        models: dict[Any, AdditiveModel] | None = None,
    ) -> None:
        self.learning, self.family = learning, family
        self._kept: dict[tuple[int, int, int], Fitted] = {}
        # Families that begin alike share their float models.
        self._models = {} if models is None else models

    def fit(self, train: Frame) -> Fitted:
        """The card for a training set."""
        key = (int(train["as_of"].min()), int(train["as_of"].max()), train.height)  # pyright: ignore
        if key not in self._kept:
            begun = (FAMILIES[self.family].start, key)
            fitted = fit_card(
                train,
                learning=self.learning,
                name=self.family,
                version="-",
                reference="-",
                family=self.family,
                model=self._models.get(begun),
            )
            self._kept[key], self._models[begun] = fitted, fitted.model
        return self._kept[key]

    def predict(self, train: Frame, test: Frame) -> Prediction:
        """Points, and the calibrated probability of the latest training cohorts."""
        card = self.fit(train).card
        points = points_of(card, test)
        return Prediction(points.astype(float), calibrated(card, train, "label").probabilities(points))

    def predict_float(self, train: Frame, test: Frame) -> Prediction:
        """The model before pruning and rounding."""
        logit = self.fit(train).model.logit(test)
        return Prediction(logit, probability_of(logit))


def calibrated(card: Scorecard, train: Frame, label: str) -> Calibration:
    """Calibration of a card on the latest cohorts of its training set."""
    rows = latest_labelled(train, CALIBRATION_COHORTS)
    labels = rows["label"].cast(pl.Float64).to_numpy()
    return calibrate(label, points_of(card, rows), labels, rows["enterprise_id"].to_list())


FAMILY_TITLES = {
    "boosted": Message("additive boosting"),
    "boosted_rounded": Message("additive boosting, only rounded"),
    "logistic_bins": Message("logistic on bins"),
    "logistic_bins_rounded": Message("logistic on bins, only rounded"),
}


def cards(learning: LearningPolicy, families: Sequence[str]) -> dict[str, tuple[Contestant, CardMaker]]:
    """A card of every family and its maker, by family."""
    models: dict[Any, AdditiveModel] = {}
    makers = {family: CardMaker(learning, family, models) for family in families}
    return {
        family: (Contestant(family, "card", FAMILY_TITLES[family], maker.predict), maker)
        for family, maker in makers.items()
    }


def chosen(one: Contestant, maker: CardMaker) -> list[Contestant]:
    """The card of the chosen family under its name in all tables, and its float model."""
    title = Message("fitted card ({family})", {"family": one.title})
    return [
        Contestant("card", "card", title, maker.predict),
        Contestant("float", "float", Message("the card before rounding"), maker.predict_float),
    ]


def logistic(learning: LearningPolicy) -> Contestant:
    """Plain logistic regression on log-scaled features, the model an analyst would try first."""

    def predict(train: Frame, test: Frame) -> Prediction:
        known = train.filter(pl.col("label").is_not_null())
        columns = design_columns(known, learning.candidates)
        model = make_pipeline(
            SimpleImputer(strategy="median", add_indicator=True),
            FunctionTransformer(_log_scaled),
            StandardScaler(),
            LogisticRegression(C=0.1, max_iter=500),
        )
        model.fit(design(known, columns), known["label"].to_numpy())
        probability = model.predict_proba(design(test, columns))[:, 1]
        return Prediction(probability, probability)

    return Contestant("logistic", "black_box", Message("logistic regression"), predict)


def _log_scaled(matrix: Floats) -> Floats:
    return np.sign(matrix) * np.log1p(np.abs(matrix))
