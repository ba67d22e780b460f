"""For whom, for which code and at what price: the tables of an evaluation beyond the plain measures."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.coding.shrinkage import cell
from models.coding.verdicts import assign_codes
from models.estimates import drawn_rates_by
from models.feedback import feedback_loop
from models.learning import groups, probabilities
from models.learning import metrics as metric
from models.learning.additive import AdditiveModel, probability_of
from models.learning.comparison import CardMaker, Contestant, points_of
from models.learning.fit import card_of
from models.learning.measures import Period
from models.learning.resampling import CAPACITY, places
from models.learning.rounding import settled
from models.learning.splits import suspicious_features
from models.learning.training import Material, least_red_cut, matched_thresholds
from models.policy import LearningPolicy, PolicyOnDay
from models.territory import lies_in
from models.vocabulary import CODE_KEYS

Floats = NDArray[np.float64]


def curve_rows(period: Period, contestants: Sequence[Contestant]) -> pl.DataFrame:
    """Lift curve of every contestant: ``metrics.lift_curve`` with ``contestant``."""
    return pl.concat(
        metric.lift_curve(period.predictions[one.name].score, period.labels).with_columns(
            contestant=pl.lit(one.name)
        )
        for one in contestants
    )


def calibration_rows(final: Sequence[Period]) -> pl.DataFrame:
    """The card's probabilities against what became of the rows of the final periods."""
    said = [period.predictions["card"].probability for period in final]
    probability = np.concatenate([one for one in said if one is not None])
    return probabilities.calibration_table(probability, np.concatenate([period.labels for period in final]))


def _flagged(period: Period, contestant: str) -> NDArray[np.bool_]:
    """Whether a contestant ranks a row among the share that can be visited; ties with the last are in."""
    score = period.predictions[contestant].score
    k = places(CAPACITY, len(score))
    return score >= np.sort(score)[-k]


GROUPED_BY = ("division", "legal_form", "sector", "size")
"""By what enterprises are grouped, where it is known of them: a panel need not have a legal form."""


def parity_rows(
    period: Period, contestant: str = "card", *, kinds: Sequence[str] = GROUPED_BY
) -> pl.DataFrame:
    """``metrics.parity_table`` by district (``division``), legal form, sector and size, with ``kind``."""
    flagged = pl.Series("flagged", _flagged(period, contestant))
    rows = period.test.with_columns(flagged, lies_in("district"), size=cell().str.split("/").list.last())
    parts = [
        groups.parity_table(rows.select("flagged", "label", group=pl.col(kind).fill_null("unknown"))).select(
            pl.lit(kind).alias("kind"), pl.all()
        )
        for kind in kinds
        # What nobody is told of groups nobody.
        if kind in rows.columns and (kind != "legal_form" or rows[kind].count())
    ]
    return pl.concat(parts)


def policy_with(
    maker: CardMaker,
    period: Period,
    policy: PolicyOnDay,
    in_force: PolicyOnDay,
    material: Material,
) -> PolicyOnDay:
    """The policy as it would have been on a test day with the card fitted for it, and with the crews of today."""
    card = maker.fit(period.train).card
    latest = period.train.filter(pl.col("as_of") == period.split.train[-1])
    most = material.most_red if policy.learning.thresholds.red_within_capacity else None
    least = None if most is None else least_red_cut(card, latest, policy.codes, most)
    thresholds = matched_thresholds(card, in_force, latest, least_red=least)
    return replace(policy, scorecard=card, codes=replace(policy.codes, thresholds=thresholds))


def codes_of(rows: pl.DataFrame, policy: PolicyOnDay) -> pl.Series:
    """Code of every row (one day), with vetoes, floors and the unrated as in a nightly run."""
    scores = policy.scorecard.contributions(rows)
    codes = assign_codes(rows, scores, policy=policy)
    return rows.select("enterprise_id").join(codes, on="enterprise_id", how="left", maintain_order="left")[
        "code"
    ]


def coded_rows(final: Sequence[Period], policies: Sequence[PolicyOnDay]) -> pl.DataFrame:
    """Rows of the final periods with the ``code`` each would have had."""
    return pl.concat(
        period.test.with_columns(code=codes_of(period.test, policy))
        for period, policy in zip(final, policies, strict=True)
    )


def leak_rows(coded: pl.DataFrame) -> pl.DataFrame:
    """Positives by code on all labelled rows: rate with Wilson interval, and share of all positives."""
    known = coded.filter(pl.col("label").is_not_null())
    table = known.group_by("code").agg(labelled=pl.len(), positives=pl.col("label").cast(pl.Int64).sum())
    table = table.with_columns(
        rate=pl.col("positives") / pl.col("labelled"),
        share_of_positives=pl.col("positives") / pl.col("positives").sum(),
    ).sort(pl.col("code").replace_strict(dict(zip(CODE_KEYS, range(4), strict=True))), descending=True)
    return table.with_columns(*metric.wilson_ends(table, "positives", "labelled", "low", "high"))


def drawn_rows(coded: pl.DataFrame) -> pl.DataFrame:
    """Rates by code from random draws only, each weighted by the inverse of its stratum's share of draws."""
    if "drawn_label" not in coded.columns:
        return drawn_rates_by(pl.DataFrame(schema=_DRAWN), "code")
    strata = ["as_of", "sector", "division"]
    coded = coded.with_columns(lies_in("district"))
    chance = coded.group_by(strata).agg(inclusion=pl.col("drawn_label").is_not_null().mean())
    drawn = coded.filter(pl.col("drawn_label").is_not_null()).join(chance, on=strata, nulls_equal=True)
    rows = drawn.select("code", label=pl.col("drawn_label").cast(pl.Float64), inclusion="inclusion")
    return drawn_rates_by(rows, "code")


_DRAWN = {"code": pl.String, "label": pl.Float64, "inclusion": pl.Float64}


def stability_rows(periods: Sequence[Period], policies: Sequence[PolicyOnDay]) -> pl.DataFrame:
    """The same firms on the same day, coded by the card of the day and by the one before."""
    rows: list[dict[str, Any]] = []
    for (before, old), (after, new) in pairwise(zip(periods, policies, strict=True)):
        test = after.test
        moved = groups.stability(codes_of(test, old), codes_of(test, new))
        scores = [points_of(policy.scorecard, test) for policy in (old, new)]
        k = places(CAPACITY, test.height)
        rows.append(
            {
                "before": before.day,
                "after": after.day,
                "unchanged": moved.unchanged,
                "two_bands": moved.moved_two,
                "jaccard": groups.jaccard_top(scores[0], scores[1], k),
            }
        )
    kinds = {"before": pl.Date, "after": pl.Date} | dict.fromkeys(
        ("unchanged", "two_bands", "jaccard"), pl.Float64
    )
    return pl.DataFrame(rows, schema=kinds)


TRADES = ((0.05, 120), (0.05, 60), (0.1, 60), (0.1, 40), (0.1, 25), (0.2, 60), (0.2, 25), (0.4, 25))
"""Logit per point and most bins that the price of rounding is shown for."""


def tradeoff_rows(maker: CardMaker, period: Period, learning: LearningPolicy) -> pl.DataFrame:
    """AUC and log-loss of the same float model, pruned and rounded more and more coarsely."""
    model, learnt = maker.fit(period.train).model, maker.rows(period.train)
    labels = period.labels
    logit = model.logit(period.test)
    found = [_trade_row(None, None, labels, logit, len(model.parts), _float_bins(model))]
    for unit, bins in TRADES:
        fitting = learning.fitting.model_copy(update={"logit_per_point": unit, "max_bins": bins})
        card = card_of(model, learnt, learning=replace(learning, fitting=fitting), family=maker.family)
        points = np.multiply(points_of(card, period.test), unit)
        level = _intercept(np.multiply(points_of(card, period.train), unit), period.train["label"].to_numpy())
        size = sum(len(factor.points) for factor in card.factors)
        found.append(_trade_row(unit, bins, labels, points + level, len(card.factors), size))
    kinds = {"logit_per_point": pl.Float64, "max_bins": pl.Int64, "auc": pl.Float64, "log_loss": pl.Float64}
    return pl.DataFrame(found, schema={**kinds, "factors": pl.Int64, "bins": pl.Int64}, orient="row")


def _float_bins(model: AdditiveModel) -> int:
    return sum(len(part.values) for part in model.parts)


def _trade_row(
    unit: float | None, bins: int | None, labels: Floats, logit: Floats, factors: int, size: int
) -> tuple[Any, ...]:
    probability = probability_of(logit)
    return unit, bins, metric.auc(logit, labels), probabilities.log_loss(probability, labels), factors, size


def _intercept(logit: Floats, labels: NDArray[Any]) -> float:
    """Best constant to add to logits."""
    return float((settled(logit, np.ones(len(logit)), labels.astype(np.float64)) - logit)[0])


def feedback_rows(period: Period) -> pl.DataFrame:
    """``models.feedback.feedback_loop`` of the card on the visits of 24 months, within sector and size."""
    strata = period.test.select(cell().alias("cell"))["cell"].to_list()
    visits = period.test["inspections_24m"].cast(pl.Float64).to_numpy()
    found = feedback_loop(period.predictions["card"].score, visits, strata)
    return pl.DataFrame(
        [{"slope": found.slope, "low": found.low, "high": found.high, "is_alarming": found.alarming}]
    )


def suspicious_names(period: Period, learning: LearningPolicy) -> list[str]:
    """Candidates that alone tell the label of a test day."""
    return suspicious_features(period.test, [one.feature for one in learning.candidates])
