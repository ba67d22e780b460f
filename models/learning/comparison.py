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
from models.learning.visits import VisitRows
from models.messages import Message
from models.policy import VISIT_FAMILIES, LearningPolicy
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
Rule = tuple[Message, Callable[[Frame, Frame], Floats]]
"""Title and score of a simple rule: of the rows of a test day, given the training rows, whose labels it never reads."""


def _column(expression: pl.Expr) -> Callable[[Frame, Frame], Floats]:
    return lambda _, test: test.select(expression.cast(pl.Float64)).to_series().to_numpy()


def _random(_: Frame, test: Frame) -> Floats:
    """A draw by lot that anybody can repeat: the SHA-256 of id and day."""
    keys = zip(test["enterprise_id"].to_list(), test["as_of"].to_list(), strict=True)
    return np.array(
        [int(hashlib.sha256(f"{one}:{day}".encode()).hexdigest()[:12], 16) for one, day in keys], float
    )


def _severity_rule() -> pl.Expr:
    """Mean severity, + 3 if high hazard, + 2 if never seen: the cold-start rule of the model evidence."""
    never = pl.col("inspections_window") == 0
    return pl.col("severity_mean") / 10 + 3 * pl.col("high_hazard") + 2 * never.cast(pl.Int64)


def _sector_list() -> pl.Expr:
    return pl.col("high_hazard") * _BASE + (pl.col("major_hazard_source").fill_null(0) > 0)


def _shrunk(train: Frame, test: Frame) -> Floats:
    latest = train.filter(pl.col("as_of") == train["as_of"].max())
    return shrunk_rates(test, fit_priors(latest))["rate"].to_numpy()


RANDOM, COUNTED = "random", "violations_36m"
RULES: dict[str, Rule] = {
    "count_36m": (Message("count of violations, 36 months"), _column(pl.col(COUNTED))),
    "count_60m": (Message("count of violations, 60 months"), _column(pl.col("violations_60m"))),
    "count_12m": (Message("count of violations, 12 months"), _column(pl.col("violations_12m"))),
    "count_adjusted": (
        Message("count of violations, team strictness taken out"),
        _column(pl.col("adjusted_36m")),
    ),
    # Nobody scored is lowest; a score is never negative.
    "mean_score": (Message("mean past check-list score"), _column(pl.col("score_mean").fill_null(-1))),
    "last_result": (Message("last result only"), _column(pl.col("last_result").fill_null(-1))),
    "severity_rule": (Message("mean severity + 3 high hazard + 2 never seen"), _column(_severity_rule())),
    "shrunk_rate": (Message("shrunk share of serious visits"), _shrunk),
    "sector_list": (Message("sector list"), _column(_sector_list())),
    "longest_since": (
        Message("longest since the last visit"),
        _column(pl.col("days_since_inspection").fill_null(100_000)),
    ),
    RANDOM: (Message("random draw"), _random),
}
"""Simple rules, none of which learns from a label.  Of rules that do equally well the first stands for all."""
_MAY_BE_ABSENT = {
    "count_60m": "violations_60m",
    "count_12m": "violations_12m",
    "count_adjusted": "adjusted_36m",
    "mean_score": "score_mean",
}
"""Rules that need a column which a panel may not have."""


def baselines(panel: Frame) -> list[Contestant]:
    """The rules that the panel has the columns for, as contestants."""
    return [
        Contestant(name, "baseline", title, lambda train, test, score=score: Prediction(score(train, test)))
        for name, (title, score) in RULES.items()
        if _MAY_BE_ABSENT.get(name) in (None, *panel.columns)
    ]


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
    """Fits one card per training set and keeps it: the float contestant reads what the card one has fitted.

    ``visits``: rows of visits, which some families learn from.
    """

    def __init__(
        self,
        learning: LearningPolicy,
        family: str = "boosted",
        models: dict[Any, AdditiveModel] | None = None,
        visits: VisitRows | None = None,
    ) -> None:
        self.learning, self.family = learning, family
        self._visits = visits if family in VISIT_FAMILIES else None
        self._kept: dict[tuple[int, int, int], Fitted] = {}
        # Families that begin alike share their float models.
        self._models = {} if models is None else models

    def rows(self, train: Frame) -> Frame:
        """The rows that are learnt from, of a training set."""
        return self._visits.beside(train) if self._visits else train

    def fit(self, train: Frame) -> Fitted:
        """The card for a training set."""
        key = (int(train["as_of"].min()), int(train["as_of"].max()), train.height)  # pyright: ignore
        if key not in self._kept:
            begun = (FAMILIES[self.family].start, self._visits is None, key)
            fitted = fit_card(
                self.rows(train),
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
    "boosted_visits": Message("additive boosting on visits"),
    "logistic_visits": Message("logistic on bins, on visits"),
}


def cards(
    learning: LearningPolicy, families: Sequence[str], visits: VisitRows | None = None
) -> dict[str, tuple[Contestant, CardMaker]]:
    """A card of every family and its maker, by family; without ``visits`` none that learns from them."""
    models: dict[Any, AdditiveModel] = {}
    makers = {
        family: CardMaker(learning, family, models, visits)
        for family in families
        if visits is not None or family not in VISIT_FAMILIES
    }
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
