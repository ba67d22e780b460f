"""Honest evaluation: every contestant on days it never saw, next to what simple rules give.

Walk-forward: on each test day a contestant learns from cohorts whose labels were complete by then and ranks the
cohort of that day.  The last ``gate.periods`` test days are the *final* periods: numbers over them decide.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models import metrics as metric
from models.additive import AdditiveModel
from models.card import FittedCard, with_card
from models.codes import assign_codes
from models.contest import (
    CardMaker,
    Contestant,
    Prediction,
    baselines,
    cards,
    chosen,
    expert,
    logistic,
    points_of,
    strictness_taken_out,
)
from models.errors import ModelError
from models.estimates import drawn_rates_by, wilson
from models.fit import card_of
from models.gate import GateInputs, GroupShare, monotonicity_breaches
from models.policy import Label, LearningPolicy, PolicyOnDay, Words
from models.shrinkage import cell
from models.splits import Split, announced, require_no_leak, suspicious_features, walk_forward
from models.training import Material, as_date, fit_finished, matched_thresholds
from models.vocabulary import CODE_KEYS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """Everything that was measured, as tables.

    ``periods``: one row per test day: ``test_as_of``, ``first_cohort``, ``last_cohort`` (dates), ``cohorts``,
    ``train_rows``, ``test_rows``, ``labelled``, ``positives``, ``is_final``.
    ``metrics``: one row per ``contestant``, ``test_as_of`` (null = pooled over the final periods) and
    ``metric``, with ``value`` and, where pooled, a bootstrap interval ``low``, ``high``.
    ``differences``: final periods, champion-to-be less each other ``contestant``: ``metric``, ``difference``,
    ``low``, ``high``.
    ``curve``: ``contestant``, ``share_visited``, ``share_found``, last final period.
    ``calibration``: bins of ``mean_predicted`` against ``observed`` with ``low``, ``high``, ``labelled``.
    ``parity``: one row per ``kind`` (division, sector, size) and ``group``; see ``metrics.parity_table``.
    ``drawn``: serious rate by ``code`` from random draws only: ``rate``, ``low``, ``high``, ``visits``.
    ``leak``: positives by ``code`` of the card on all labelled rows: ``labelled``, ``positives``, ``rate``,
    ``low``, ``high``, ``share_of_positives``.
    ``stability``: one row per pair of neighbouring test days: ``before``, ``after``, ``unchanged``,
    ``two_bands``, ``jaccard`` (same firms, cards refitted).
    ``tradeoff``: one row per ``logit_per_point`` and ``max_bins``: ``auc``, ``log_loss``, ``factors``, ``bins``;
    null weights for the float model.
    ``feedback``: slope of score rank on past visits within strata, ``low``, ``is_alarming``.
    ``gate_inputs``: the new card against the one in force, for ``models.gate``.
    ``suspicious``: features that alone tell the label almost perfectly.
    """

    label: Label
    known_at: date
    contestants: tuple[Contestant, ...]
    periods: pl.DataFrame
    metrics: pl.DataFrame
    differences: pl.DataFrame
    curve: pl.DataFrame
    calibration: pl.DataFrame
    parity: pl.DataFrame
    drawn: pl.DataFrame
    leak: pl.DataFrame
    stability: pl.DataFrame
    tradeoff: pl.DataFrame
    feedback: pl.DataFrame
    suspicious: tuple[str, ...]
    verdict: Words
    card: FittedCard
    gate_inputs: GateInputs

    def pooled(self, names: Sequence[str]) -> pl.DataFrame:
        """Metrics over the final periods: one row per contestant, one column per name."""
        rows = self.metrics.filter(pl.col("test_as_of").is_null(), pl.col("metric").is_in(names))
        wide = rows.pivot(on="metric", index="contestant", values="value")
        return wide.select("contestant", *(name for name in names if name in wide.columns))

    def as_markdown(self, names: Sequence[str]) -> str:
        """``pooled`` as a Markdown table."""
        wide = self.pooled(names)
        body = [
            [f"{one:.3f}" if isinstance(one, float) else str(one) for one in row] for row in wide.iter_rows()
        ]
        lines = [wide.columns, ["---"] * wide.width, *body]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


CAPACITY = 0.1
"""Share of a cohort that can be visited: what precision and recall are measured at."""
COUNT = "count_36m"
"""The baseline a verdict is spoken against."""
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

    @property
    def labels(self) -> Floats:
        """Labels as floats, NaN where unknown."""
        return self.test["label"].cast(pl.Float64).fill_null(float("nan")).to_numpy()

    @property
    def groups(self) -> NDArray[np.int64]:
        """Number of the team that recorded the outcome, else of the division."""
        teams = (
            self.test["team"] if self.test["team"].null_count() < self.test.height else self.test["division"]
        )
        source = self.test.select(pl.coalesce(teams, pl.col("division")).alias("group"))
        return source.select(pl.col("group").rank("dense").fill_null(0).cast(pl.Int64)).to_series().to_numpy()


def play(
    panel: pl.DataFrame,
    splits: Sequence[Split],
    contestants: Sequence[Contestant],
    *,
    label: Label,
    report: Callable[[str], None],
) -> list[Period]:
    """Let every contestant learn and rank, split by split.  Raises LeakageError when a split would leak."""
    periods: list[Period] = []
    for split in splits:
        known = announced(panel, split)
        require_no_leak(known, split, label=label)
        train = known.filter(pl.col("as_of").is_in(split.train), pl.col("label").is_not_null())
        test = known.filter(pl.col("as_of") == split.test)
        said: dict[str, Prediction] = {}
        for one in contestants:
            report(f"{as_date(split.test)}: {one.title.en}")
            said[one.name] = one.predict(train, test)
        periods.append(Period(split, train, test, said))
    return periods


def evaluate(
    material: Material,
    *,
    policy: PolicyOnDay,
    in_force: PolicyOnDay,
    families: Sequence[str] = ("boosted", "logistic_bins", "sparse_rules"),
    more: Sequence[Contestant] = (),
    report: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Measure everything, and fit the card that would be used from now on.

    ``more``: further contestants, such as black boxes that only a laboratory has.
    Raises ModelError when there is not enough history for a single test day.
    """
    learning, label = policy.learning, material.label
    made = cards(learning, families)
    fixed = (
        *baselines(),
        *strictness_taken_out(material.panel),
        expert(policy.scorecard),
        *_champion(policy, in_force),
        logistic(learning),
        *more,
    )
    splits = usable_splits(material.panel, label=label, learning=learning)
    trying = (*fixed, *(one for one, _ in made.values()))
    periods = play(material.panel, splits, trying, label=label, report=report)
    final = periods[-learning.gate.periods :]
    family = best_family(periods[: -len(final)], families)
    maker, contestants = made[family][1], _with_chosen(periods, made, fixed, family)
    report("measuring")
    metrics = pl.concat([_metrics(periods, contestants), _pooled(final, contestants)])
    differences = _differences(final, contestants)
    stand_ins = [_policy_with(maker, period, policy, in_force) for period in periods]
    last, last_policy = final[-1], stand_ins[-1]
    card = fit_finished(material, policy=policy, in_force=in_force, family=family)
    return Evaluation(
        label=label,
        known_at=material.data_watermark,
        contestants=contestants,
        periods=_period_table(periods, final),
        metrics=metrics,
        differences=differences,
        curve=_curves(last, contestants),
        calibration=_calibration(final),
        parity=_parity(last),
        drawn=_drawn(final, stand_ins[-len(final) :]),
        leak=_leak(final, stand_ins[-len(final) :]),
        stability=_stability(periods, stand_ins),
        tradeoff=_tradeoff(maker, last, learning),
        feedback=_feedback(last),
        suspicious=tuple(_suspicious(last, learning)),
        verdict=_verdict(metrics, differences, last_policy.learning.gate.periods),
        card=card,
        gate_inputs=_gate_inputs(final, metrics, differences, card, material, policy, in_force),
    )


def best_family(periods: Sequence[Period], families: Sequence[str]) -> str:
    """Family with the best mean AUC on periods before the final ones: the choice must not see those.

    The first family where there is no earlier period.
    """
    if not periods:
        return families[0]

    def worth(family: str) -> float:
        return float(np.mean([metric.auc(one.predictions[family].score, one.labels) for one in periods]))

    return max(families, key=worth)


def _with_chosen(
    periods: Sequence[Period],
    made: Mapping[str, tuple[Contestant, CardMaker]],
    fixed: Sequence[Contestant],
    family: str,
) -> tuple[Contestant, ...]:
    """All contestants once the family is chosen; its predictions go by the name of the card from here on."""
    card, before = chosen(*made[family])
    for period in periods:
        period.predictions["card"] = period.predictions.pop(family)
        period.predictions["float"] = before.predict(period.train, period.test)
    others = [one for name, (one, _) in made.items() if name != family]
    return (*fixed, card, *others, before)


def _champion(policy: PolicyOnDay, in_force: PolicyOnDay) -> list[Contestant]:
    """The card in force, unless that is the expert pack.  It may have learnt from the test days: that helps it."""
    card = in_force.scorecard
    if card.fingerprint == policy.scorecard.fingerprint:
        return []
    title = Words(zh="现行积分卡", en="card in force")
    return [
        Contestant("champion", "card", title, lambda _, test: Prediction(points_of(card, test).astype(float)))
    ]


def _gate_inputs(
    final: Sequence[Period],
    metrics: pl.DataFrame,
    differences: pl.DataFrame,
    card: FittedCard,
    material: Material,
    policy: PolicyOnDay,
    in_force: PolicyOnDay,
) -> GateInputs:
    """The card against the one in force: final periods for its worth, today's enterprises for what would move."""
    against = "champion" if "champion" in final[0].predictions else "expert"
    pooled = metrics.filter(pl.col("test_as_of").is_null())
    worth = {
        name: dict(pooled.filter(pl.col("contestant") == name).select("metric", "value").iter_rows())
        for name in ("card", against)
    }
    gap = differences.filter(pl.col("contestant") == against, pl.col("metric") == "auc").row(0, named=True)
    now, then = codes_of(material.current, in_force), codes_of(material.current, with_card(policy, card))
    moved = metric.stability(now, then)
    pairs = pl.DataFrame({"now": now, "then": then}).group_by("now", "then").len().sort("now", "then")
    last = final[-1]
    theirs = {(row["kind"], row["group"]): row["ratio"] for row in _parity(last, against).to_dicts()}
    return GateInputs(
        auc_difference=gap["difference"],
        auc_low=gap["low"],
        auc_high=gap["high"],
        precision_ratio=worth["card"]["precision_expected"] / max(worth[against]["precision_expected"], 1e-9),
        migration=1 - moved.unchanged,
        two_band_moves=moved.moved_two,
        periods=len(final),
        parity=tuple(
            GroupShare(row["kind"], row["group"], row["n"], row["ratio"], theirs[row["kind"], row["group"]])
            for row in _parity(last, "card").to_dicts()
        ),
        monotonicity_breaches=monotonicity_breaches(card.scorecard, card.directions),
        moves={(one, other): count for one, other, count in pairs.iter_rows()},
        challenger=worth["card"],
        champion=worth[against],
    )


def usable_splits(panel: pl.DataFrame, *, label: Label, learning: LearningPolicy) -> list[Split]:
    """Walk-forward splits over the days that have labels of both kinds."""
    known = panel.group_by("as_of").agg(positives=pl.col("label").sum(), labelled=pl.col("label").count())
    full = known.filter(pl.col("positives") >= 10, pl.col("labelled") >= 100)
    splits = walk_forward(full["as_of"].sort().to_list(), label=label, fitting=learning.fitting)
    if not splits:
        gap = label.spec.horizon_days + label.spec.lag_days
        raise ModelError(
            f"No day can be tried on: {full.height} cohort days have labels, and a test day needs "
            f"{learning.fitting.least_cohorts} of them at least {gap} days before it. Take in more history, or "
            "choose a label with a shorter horizon."
        )
    return splits


def measure(
    period: Period, prediction: Prediction, rows: NDArray[np.int64] | None = None
) -> dict[str, float]:
    """Every metric of one prediction, on all rows of the test day or on some."""
    labels, score, groups = period.labels, prediction.score, period.groups
    if rows is not None:
        labels, score, groups = labels[rows], score[rows], groups[rows]
    top = metric.at_capacity(score, labels, max(1, int(len(labels) * CAPACITY)))
    found = {
        "auc": metric.auc(score, labels),
        "within_auc": metric.within_group_auc(score, labels, groups)[0],
        "average_precision": metric.average_precision(score, labels),
        "precision_expected": top.precision_expected,
        "precision_best": top.precision_best,
        "precision_worst": top.precision_worst,
        "recall_expected": top.recall_expected,
        "lift": top.lift,
        "labelled_at_k": float(top.labelled),
    }
    if prediction.probability is not None and rows is None:
        found["brier"] = metric.brier(prediction.probability, labels)
        found["log_loss"] = metric.log_loss(prediction.probability, labels)
        found["calibration_error"] = metric.expected_calibration_error(prediction.probability, labels)
    if rows is None:
        found |= _chicago(period, score)
    return found


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


def _metrics(periods: Sequence[Period], contestants: Sequence[Contestant]) -> pl.DataFrame:
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


def _pooled(final: Sequence[Period], contestants: Sequence[Contestant]) -> pl.DataFrame:
    """Means over the final periods, with bootstrap intervals (firms resampled) for the ``INTERVALS``."""
    rows: list[tuple[Any, ...]] = []
    stacked = _Stack(final)
    for one in contestants:
        each = [measure(period, period.predictions[one.name]) for period in final]
        for name in each[0]:
            low = high = None
            if name in INTERVALS:
                low, high = metric.cluster_bootstrap(
                    lambda rows, one=one, name=name: stacked.mean(one.name, name, rows), stacked.firms, ROUNDS
                )
            rows.append((one.name, None, name, float(np.mean([found[name] for found in each])), low, high))
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

    def mean(self, contestant: str, name: str, rows: NDArray[np.int64]) -> float:
        """Mean of a metric over the periods, on some rows."""
        return self.of(self.scores[contestant][rows], name, rows)

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


def _differences(final: Sequence[Period], contestants: Sequence[Contestant]) -> pl.DataFrame:
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


def _period_table(periods: Sequence[Period], final: Sequence[Period]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "test_as_of": one.day,
                "first_cohort": as_date(one.split.train[0]),
                "last_cohort": as_date(one.split.train[-1]),
                "cohorts": len(one.split.train),
                "train_rows": one.train.height,
                "test_rows": one.test.height,
                "labelled": int(one.test["label"].count()),
                "positives": int(one.test["label"].sum()),
                "is_final": one in final,
            }
            for one in periods
        ]
    )


def _curves(period: Period, contestants: Sequence[Contestant]) -> pl.DataFrame:
    return pl.concat(
        metric.lift_curve(period.predictions[one.name].score, period.labels).with_columns(
            contestant=pl.lit(one.name)
        )
        for one in contestants
    )


def _calibration(final: Sequence[Period]) -> pl.DataFrame:
    said = [period.predictions["card"].probability for period in final]
    probability = np.concatenate([one for one in said if one is not None])
    return metric.calibration_table(probability, np.concatenate([period.labels for period in final]))


def _flagged(period: Period, contestant: str) -> NDArray[np.bool_]:
    """Whether a contestant ranks a row among the share that can be visited; ties with the last are in."""
    score = period.predictions[contestant].score
    k = max(1, int(len(score) * CAPACITY))
    return score >= np.sort(score)[-k]


def _parity(period: Period, contestant: str = "card") -> pl.DataFrame:
    flagged = pl.Series("flagged", _flagged(period, contestant))
    rows = period.test.with_columns(flagged, size=cell().str.split("/").list.last())
    parts = [
        metric.parity_table(rows.select("flagged", "label", group=pl.col(kind).fill_null("unknown"))).select(
            pl.lit(kind).alias("kind"), pl.all()
        )
        for kind in ("division", "sector", "size")
    ]
    return pl.concat(parts)


def _policy_with(maker: CardMaker, period: Period, policy: PolicyOnDay, in_force: PolicyOnDay) -> PolicyOnDay:
    """The policy as it would have been on a test day with the card fitted for it."""
    card = maker.fit(period.train).card
    latest = period.train.filter(pl.col("as_of") == period.split.train[-1])
    thresholds = matched_thresholds(card, in_force, latest)
    return replace(policy, scorecard=card, codes=replace(policy.codes, thresholds=thresholds))


def codes_of(rows: pl.DataFrame, policy: PolicyOnDay) -> pl.Series:
    """Code of every row (one day), with vetoes, floors and the unrated as in a nightly run."""
    scores = policy.scorecard.contributions(rows)
    codes = assign_codes(rows, scores, policy=policy)
    return rows.select("enterprise_id").join(codes, on="enterprise_id", how="left", maintain_order="left")[
        "code"
    ]


def _coded(final: Sequence[Period], policies: Sequence[PolicyOnDay]) -> pl.DataFrame:
    return pl.concat(
        period.test.with_columns(code=codes_of(period.test, policy))
        for period, policy in zip(final, policies, strict=True)
    )


def _leak(final: Sequence[Period], policies: Sequence[PolicyOnDay]) -> pl.DataFrame:
    known = _coded(final, policies).filter(pl.col("label").is_not_null())
    table = known.group_by("code").agg(labelled=pl.len(), positives=pl.col("label").cast(pl.Int64).sum())
    table = table.with_columns(
        rate=pl.col("positives") / pl.col("labelled"),
        share_of_positives=pl.col("positives") / pl.col("positives").sum(),
    ).sort(pl.col("code").replace_strict(dict(zip(CODE_KEYS, range(4), strict=True))), descending=True)
    bounds = [wilson(hits, count) for hits, count in table.select("positives", "labelled").iter_rows()]
    return table.with_columns(
        low=pl.Series([low for low, _ in bounds], dtype=pl.Float64),
        high=pl.Series([high for _, high in bounds], dtype=pl.Float64),
    )


def _drawn(final: Sequence[Period], policies: Sequence[PolicyOnDay]) -> pl.DataFrame:
    """Rates by code from random draws only, each weighted by the inverse of its stratum's share of draws."""
    coded = _coded(final, policies)
    if "drawn_label" not in coded.columns:
        return drawn_rates_by(pl.DataFrame(schema=_DRAWN), "code")
    strata = ["as_of", "sector", "division"]
    chance = coded.group_by(strata).agg(inclusion=pl.col("drawn_label").is_not_null().mean())
    drawn = coded.filter(pl.col("drawn_label").is_not_null()).join(chance, on=strata, nulls_equal=True)
    rows = drawn.select("code", label=pl.col("drawn_label").cast(pl.Float64), inclusion="inclusion")
    return drawn_rates_by(rows, "code")


_DRAWN = {"code": pl.String, "label": pl.Float64, "inclusion": pl.Float64}


def _stability(periods: Sequence[Period], policies: Sequence[PolicyOnDay]) -> pl.DataFrame:
    """The same firms on the same day, coded by the card of the day and by the one before."""
    rows: list[dict[str, Any]] = []
    for (before, old), (after, new) in pairwise(zip(periods, policies, strict=True)):
        test = after.test
        moved = metric.stability(codes_of(test, old), codes_of(test, new))
        scores = [policy.scorecard.contributions(test)["score"].to_numpy() for policy in (old, new)]
        k = max(1, int(test.height * CAPACITY))
        rows.append(
            {
                "before": before.day,
                "after": after.day,
                "unchanged": moved.unchanged,
                "two_bands": moved.moved_two,
                "jaccard": metric.jaccard_top(scores[0], scores[1], k),
            }
        )
    kinds = {"before": pl.Date, "after": pl.Date} | dict.fromkeys(
        ("unchanged", "two_bands", "jaccard"), pl.Float64
    )
    return pl.DataFrame(rows, schema=kinds)


TRADES = ((0.05, 120), (0.05, 60), (0.1, 60), (0.1, 40), (0.1, 25), (0.2, 60), (0.2, 25), (0.4, 25))
"""Logit per point and most bins that the price of rounding is shown for."""


def _tradeoff(maker: CardMaker, period: Period, learning: LearningPolicy) -> pl.DataFrame:
    """AUC and log-loss of the same float model, pruned and rounded more and more coarsely."""
    model = maker.fit(period.train).model
    labels = period.labels
    logit = model.logit(period.test)
    found = [_trade_row(None, None, labels, logit, len(model.parts), _float_bins(model))]
    for unit, bins in TRADES:
        fitting = learning.fitting.model_copy(update={"logit_per_point": unit, "max_bins": bins})
        card = card_of(model, period.train, learning=replace(learning, fitting=fitting))
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
    probability = 1 / (1 + np.exp(-logit))
    return unit, bins, metric.auc(logit, labels), metric.log_loss(probability, labels), factors, size


def _intercept(logit: Floats, labels: NDArray[Any]) -> float:
    """Best constant to add to logits (Newton)."""
    level = 0.0
    for _ in range(50):
        probability = 1 / (1 + np.exp(-(logit + level)))
        slope, curve = float((probability - labels).sum()), float((probability * (1 - probability)).sum())
        # Steps are bounded: far from the best level the curve is flat and a whole step would overshoot.
        level -= min(max(slope / max(curve, 1e-12), -2.0), 2.0)
    return level


def _feedback(period: Period) -> pl.DataFrame:
    strata = period.test.select(cell())["sector"].to_list()
    visits = period.test["inspections_24m"].cast(pl.Float64).to_numpy()
    found = metric.feedback_loop(period.predictions["card"].score, visits, strata)
    return pl.DataFrame(
        [{"slope": found.slope, "low": found.low, "high": found.high, "is_alarming": found.alarming}]
    )


def _suspicious(period: Period, learning: LearningPolicy) -> list[str]:
    return suspicious_features(period.test, [one.feature for one in learning.candidates])


def _verdict(metrics: pl.DataFrame, differences: pl.DataFrame, periods: int) -> Words:
    """One plain sentence: better than counting or not, by how much, how sure."""
    pooled = metrics.filter(pl.col("test_as_of").is_null(), pl.col("metric") == "precision_expected")
    rate = dict(pooled.select("contestant", "value").iter_rows())
    gap = {
        name: (value, low, high)
        for name, value, low, high in differences.filter(pl.col("contestant") == COUNT)
        .select("metric", "difference", "low", "high")
        .iter_rows()
    }
    value, low, high = gap["auc"]
    hits = tuple(f"{100 * rate[name]:.0f}" for name in ("card", COUNT, "random"))
    span = f"{value:+.3f} ({low:+.3f} … {high:+.3f})"
    facts_zh = (
        f"风险最高的一成企业中，每100家积分卡找到{hits[0]}家，按违法次数找到{hits[1]}家，随机抽取{hits[2]}家"
    )
    facts_en = (
        f"Among the riskiest tenth, {hits[0]} of 100 are hits by the card, {hits[1]} by counting past violations, "
        f"{hits[2]} at random"
    )
    if low > 0 and gap["precision_expected"][1] > -0.01:
        return Words(
            zh=f"积分卡优于简单计数：{facts_zh}；AUC 差 {span}，最近{periods}期。",
            en=f"The card is better than counting: {facts_en}; AUC difference {span}, last {periods} periods.",
        )
    return Words(
        zh=f"积分卡并不优于简单计数：{facts_zh}；AUC 差 {span}，最近{periods}期。直接计数即可。",
        en=f"The card is NOT better than counting: {facts_en}; AUC difference {span}, last {periods} periods. "
        "Counting would do.",
    )
