"""Honest evaluation: every contestant on days it never saw, next to what simple rules give.

Walk-forward: on each test day a contestant learns from cohorts whose labels were complete by then and ranks the
cohort of that day.  The last ``gate.periods`` test days are the *final* periods: numbers over them decide.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.coding.card import FittedCard, with_card
from models.errors import ModelError
from models.learning import groups
from models.learning.comparison import (
    CardMaker,
    Contestant,
    Prediction,
    baselines,
    by_points,
    cards,
    chosen,
    expert,
    logistic,
)
from models.learning.effects import effects
from models.learning.error_analysis import (
    calibration_rows,
    coded_rows,
    codes_of,
    curve_rows,
    drawn_rows,
    feedback_rows,
    leak_rows,
    parity_rows,
    policy_with,
    stability_rows,
    suspicious_names,
    tradeoff_rows,
)
from models.learning.fit import can_learn
from models.learning.forecast import forecast_rows
from models.learning.gate import GateInputs, GroupShare, monotonicity_breaches
from models.learning.measures import Period, Resampled, difference_rows, metric_rows, pooled_rows
from models.learning.opponent import best, gain_rows, opponent, rivals
from models.learning.reported import FAMILY, Reported
from models.learning.splits import Split, announced, require_no_leak, walk_forward
from models.learning.training import Material, fit_finished
from models.learning.verdict import Measured
from models.messages import Message
from models.policy import FAMILY_NAMES, Label, LearningPolicy, PolicyOnDay
from models.vocabulary import as_date

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
    ``gate_inputs``: the new card against the one in force, for ``models.learning.gate``.
    ``suspicious``: features that alone tell the label almost perfectly.
    ``opponent``: name of the best simple rule on the days before the final ones, which the verdict speaks against.
    ``reported``, ``reported_parity``: what columns no card may use would bring, and to whom; see
    ``models.learning.reported``.
    ``gains``, ``forecast``: the card less the opponent of its day, by test day, and what is expected of the next
    period; see ``opponent.gain_rows`` and ``forecast.forecast_rows``.
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
    opponent: str
    gains: pl.DataFrame
    forecast: pl.DataFrame
    reported: pl.DataFrame
    reported_parity: pl.DataFrame
    verdict: Message
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
            report(f"{as_date(split.test)}: {one.title}")
            said[one.name] = one.predict(train, test)
        periods.append(Period(split, train, test, said))
    return periods


def evaluate(
    material: Material,
    *,
    policy: PolicyOnDay,
    in_force: PolicyOnDay,
    families: Sequence[str] = FAMILY_NAMES,
    more: Sequence[Contestant] = (),
    report: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Measure everything, and fit the card that would be used from now on.

    ``more``: further contestants, such as black boxes that only a laboratory has.
    Raises ModelError when there is not enough history for a single test day.
    """
    learning, label = policy.learning, material.label
    fixed = (*_rules(material, policy, in_force), logistic(learning), *more)
    splits = usable_splits(material.panel, label=label, learning=learning)
    made = _able(cards(learning, families, material.visits), material.panel, splits)
    trying = (*fixed, *(one for one, _ in made.values()))
    periods = play(material.panel, splits, trying, label=label, report=report)
    final = periods[-learning.gate.periods :]
    before, rules = periods[: -len(final)], rivals(fixed)
    family, against = best(before, [*made]), opponent(before, final[0], rules)
    gains = gain_rows(periods, [*made], rules)
    maker, contestants = made[family][1], _with_chosen(periods, made, fixed, family)
    apart = Reported(material.panel, final, learning, "card" if family == FAMILY else FAMILY)
    contestants = (*contestants, *apart.contestants)
    report("measuring")
    resampled = Resampled(final)
    metrics, differences = _measured(periods, final, contestants, resampled)
    forecast = forecast_rows(gains, used_from=material.fitted_for)
    stand_ins = [policy_with(maker, period, policy, in_force, material) for period in periods]
    coded, last = coded_rows(final, stand_ins[-len(final) :]), final[-1]
    card = fit_finished(material, policy=policy, in_force=in_force, family=family)
    return Evaluation(
        label=label,
        known_at=material.data_watermark,
        contestants=contestants,
        periods=_period_table(periods, final, maker),
        metrics=metrics,
        differences=differences,
        curve=curve_rows(last, contestants),
        calibration=calibration_rows(final),
        parity=parity_rows(last),
        drawn=drawn_rows(coded),
        leak=leak_rows(coded),
        stability=stability_rows(periods, stand_ins),
        tradeoff=tradeoff_rows(maker, last, learning),
        feedback=feedback_rows(last),
        suspicious=tuple(suspicious_names(last, learning)),
        opponent=against,
        gains=gains,
        forecast=forecast,
        reported=apart.brought(resampled),
        reported_parity=apart.parity,
        verdict=Measured(contestants, against, metrics, differences, forecast, final).verdict,
        card=card,
        gate_inputs=_gate_inputs(final, against, metrics, differences, card, material, policy, in_force),
    )


def _measured(
    periods: Sequence[Period],
    final: Sequence[Period],
    contestants: Sequence[Contestant],
    resampled: Resampled,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tables ``metrics`` and ``differences``."""
    by_period = metric_rows(periods, contestants)
    metrics = pl.concat([by_period, pooled_rows(by_period, final, resampled)])
    return metrics, difference_rows(contestants, resampled)


def _with_chosen(
    periods: Sequence[Period],
    made: Mapping[str, tuple[Contestant, CardMaker]],
    fixed: Sequence[Contestant],
    family: str,
) -> tuple[Contestant, ...]:
    """All contestants once the family is chosen; its predictions go by the name of the card from here on alone."""
    card, before = chosen(*made[family])
    for period in periods:
        period.predictions["card"] = period.predictions.pop(family)
        period.predictions["float"] = before.predict(period.train, period.test)
    others = [one for name, (one, _) in made.items() if name != family]
    return (*fixed, card, *others, before)


def _able(
    made: Mapping[str, tuple[Contestant, CardMaker]], panel: pl.DataFrame, splits: Sequence[Split]
) -> Mapping[str, tuple[Contestant, CardMaker]]:
    """The families that have enough to learn from on every test day: of visits there may be too few."""
    trains = [announced(panel, split).filter(pl.col("as_of").is_in(split.train)) for split in splits]
    able = {
        family: one for family, one in made.items() if all(can_learn(one[1].rows(train)) for train in trains)
    }
    if not able:
        raise ModelError(
            "No family that was asked for can learn this label. Choose another one, or take in more history."
        )
    return able


def _rules(material: Material, policy: PolicyOnDay, in_force: PolicyOnDay) -> list[Contestant]:
    """Who learns nothing: simple rules, the expert pack, the card in force."""
    return [*baselines(material.panel), expert(policy.scorecard), *_champion(policy, in_force)]


def _champion(policy: PolicyOnDay, in_force: PolicyOnDay) -> list[Contestant]:
    """The card in force, unless that is the expert pack.  It may have learnt from the test days: that helps it."""
    card = in_force.scorecard
    if card.fingerprint == policy.scorecard.fingerprint:
        return []
    return [by_points("champion", "card", Message("card in force"), card)]


def _gate_inputs(
    final: Sequence[Period],
    opponent: str,
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
    areas = differences.filter(pl.col("metric") == "auc")
    gap, rival = (
        areas.filter(pl.col("contestant") == name).row(0, named=True) for name in (against, opponent)
    )
    now, then = codes_of(material.current, in_force), codes_of(material.current, with_card(policy, card))
    moved = groups.stability(now, then)
    pairs = pl.DataFrame({"now": now, "then": then}).group_by("now", "then").len().sort("now", "then")
    last = final[-1]
    theirs = {(row["kind"], row["group"]): row["ratio"] for row in parity_rows(last, against).to_dicts()}
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
            for row in parity_rows(last, "card").to_dicts()
        ),
        monotonicity_breaches=monotonicity_breaches(card.scorecard, card.directions),
        moves={(one, other): count for one, other, count in pairs.iter_rows()},
        challenger=worth["card"],
        champion=worth[against],
        opponent_difference=rival["difference"],
        opponent_low=rival["low"],
        opponent_high=rival["high"],
        effects=effects(
            material.current,
            now,
            then,
            codes=policy.codes,
            closed=material.closed,
            capacity=material.capacity,
            on=material.fitted_for,
        ),
    )


def usable_splits(panel: pl.DataFrame, *, label: Label, learning: LearningPolicy) -> list[Split]:
    """Walk-forward splits over the days that have labels of both kinds."""
    known = panel.group_by("as_of").agg(positives=pl.col("label").sum(), labelled=pl.col("label").count())
    full = known.filter(pl.col("positives") >= 10, pl.col("labelled") >= 100)
    splits = [
        split
        for split in walk_forward(full["as_of"].sort().to_list(), label=label, fitting=learning.fitting)
        if can_learn(announced(panel, split).filter(pl.col("as_of").is_in(split.train)))
    ]
    if not splits:
        raise ModelError(
            "No day can be tried on: {height} cohort days have labels, and a test day needs "
            "{least_cohorts} of them at least {gap_days} days before it. Take in more history, or "
            "choose a label with a shorter horizon.",
            height=full.height,
            least_cohorts=learning.fitting.least_cohorts,
            gap_days=label.spec.gap_days,
        )
    return splits


def _period_table(periods: Sequence[Period], final: Sequence[Period], maker: CardMaker) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "test_as_of": one.day,
                "first_cohort": as_date(one.split.train[0]),
                "last_cohort": as_date(one.split.train[-1]),
                "cohorts": len(one.split.train),
                "train_rows": maker.rows(one.train).height,
                "test_rows": one.test.height,
                "labelled": int(one.test["label"].count()),
                "positives": int(one.test["label"].sum()),
                "is_final": one.day >= final[0].day,
            }
            for one in periods
        ]
    )
