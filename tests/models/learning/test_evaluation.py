"""Evaluation on a world whose truth is known: a card is praised where it helps, and nowhere else."""

import json
import math
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from desk.words.words import kept
from models.coding.card import with_card
from models.errors import ModelError
from models.learning import groups
from models.learning.comparison import RULES, Contestant, Prediction, baselines, expert
from models.learning.error_analysis import codes_of
from models.learning.evaluation import Evaluation, evaluate, play, usable_splits
from models.learning.families import FAMILIES
from models.learning.gate import judge
from models.learning.resampling import CAPACITY, MEASURES
from models.learning.training import fit_finished
from models.messages import Message
from models.policy import VISIT_FAMILIES
from tests.worlds.panels import (
    DAYS,
    POLICY,
    by_chance,
    by_findings,
    by_several,
    history,
    learning,
    policy,
)

TRUTHS = {"several": by_several, "findings": by_findings, "chance": by_chance}
QUICKER = {"boosting_rounds": 25}
FIRMS = 1500


def all_knowing(train: pl.DataFrame, test: pl.DataFrame) -> Prediction:
    """The truth itself, which nobody can beat but by luck."""
    logit = by_several(test)
    return Prediction(logit, 1 / (1 + np.exp(-logit)))


def by_results(rows: pl.DataFrame) -> np.ndarray:
    """Logit of a truth that knows the last result alone."""
    return rows["last_result"].fill_null(0).to_numpy() * 0.8 - 2.5


ORACLE = Contestant("oracle", "black_box", Message("oracle"), all_knowing)


@cache
def measured(truth: str) -> Evaluation:
    """A whole evaluation; all families and an oracle where there is something to be found."""
    everything = truth == "several"
    return evaluate(
        history(TRUTHS[truth], firms=FIRMS if everything else 700),
        policy=policy(**QUICKER),
        in_force=POLICY,
        families=tuple(FAMILIES) if everything else ("boosted",),
        more=[ORACLE] if everything else [],
    )


def pooled(truth: str, name: str) -> dict[str, float]:
    """A metric over the final periods, by contestant."""
    rows = measured(truth).metrics.filter(pl.col("test_as_of").is_null(), pl.col("metric") == name)
    return dict(rows.select("contestant", "value").iter_rows())


def against(truth: str, other: str, name: str = "auc") -> tuple[float, float, float]:
    """The card less another contestant, and the interval of that."""
    rows = measured(truth).differences.filter(pl.col("contestant") == other, pl.col("metric") == name)
    return rows.select("difference", "low", "high").row(0)


# ---- honest verdicts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["auc", "precision_expected"])
@pytest.mark.parametrize("other", ["random", "count_36m"])
def test_where_the_truth_is_made_of_several_things_the_card_beats_chance_and_counting(other: str, name: str):
    difference, low, high = against("several", other, name)
    assert low > 0
    assert low <= difference <= high


def test_then_the_verdict_says_so_in_both_languages():
    verdict = measured("several").verdict
    zh, en = kept(verdict).values()
    title = next(
        one.title for one in measured("several").contestants if one.name == measured("several").opponent
    )
    assert en.startswith(
        f"The card is better than the best simple rule ({title}). Measured on the last 2 periods"
    )
    assert zh.startswith("评分卡优于最佳简单规则（")
    assert "Expected of the next period" in en and "预计下一期" in zh
    assert "to count" not in en


def test_the_card_comes_near_what_can_be_known_at_all():
    areas = pooled("several", "auc")
    assert areas["oracle"] - 0.03 < areas["card"] < areas["oracle"] + 0.01
    assert abs(areas["card"] - areas["float"]) < 0.02


def test_every_family_finds_something():
    areas = pooled("several", "auc")
    named = {one.name for one in measured("several").contestants}
    on_cohorts = set(FAMILIES) - set(VISIT_FAMILIES)
    families = {"card", *on_cohorts} & named
    assert len(families) == len(on_cohorts)
    assert min(areas[name] for name in families) > areas["count_36m"] + 0.03
    assert measured("several").card.origin.family in FAMILIES


@pytest.mark.parametrize("truth", ["findings", "chance"])
def test_where_counting_is_the_truth_or_nothing_is_the_card_is_not_called_better(truth: str):
    verdict = measured(truth).verdict
    zh, en = kept(verdict).values()
    assert "NOT shown to be better than the best simple rule (" in en or "WORSE than" in en
    assert "That rule would do" in en
    assert "没有证据表明评分卡优于" in zh or "评分卡不如" in zh


def test_where_counting_is_the_truth_counting_is_the_opponent():
    found = measured("findings")
    assert found.opponent == "count_36m"
    assert "(count of violations, 36 months)" in str(found.verdict)


def test_where_there_is_nothing_to_count_the_opponent_is_another_rule_and_the_verdict_says_so():
    material = history(by_results, firms=400)
    blank = pl.lit(0).cast(material.panel.schema["violations_36m"]).alias("violations_36m")
    quiet = replace(
        material, panel=material.panel.with_columns(blank), current=material.current.with_columns(blank)
    )
    found = evaluate(quiet, policy=policy(**QUICKER), in_force=POLICY, families=("boosted",))
    zh, en = kept(found.verdict).values()
    assert found.opponent == "last_result"
    assert en.endswith("There are no violations to count; the simplest rival is last result only.")
    assert zh.endswith("没有违法违规记录可数，最简单的对手是“只看最近一次结果”。")


def test_where_counting_is_the_truth_the_card_counts():
    assert abs(against("findings", "count_36m")[0]) < 0.02
    assert pooled("findings", "auc")["card"] > 0.65


def test_of_pure_noise_nothing_is_found():
    assert pooled("chance", "auc")["card"] == pytest.approx(0.5, abs=0.05)
    _, low, high = against("chance", "random")
    assert low < 0 < high


def test_probabilities_of_the_card_are_what_happens():
    assert pooled("several", "calibration_error")["card"] < 0.05
    known = history(by_several).panel.filter(pl.col("label").is_not_null())
    rate = float(known["label"].mean())  # type: ignore[arg-type]
    assert pooled("several", "brier")["card"] < rate * (1 - rate)


# ---- what is in the tables -----------------------------------------------------------------------------

COLUMNS = {
    "periods": {
        *("test_as_of", "first_cohort", "last_cohort", "cohorts", "train_rows"),
        *("test_rows", "labelled", "positives", "is_final"),
    },
    "metrics": {"contestant", "test_as_of", "metric", "value", "low", "high"},
    "differences": {"contestant", "metric", "difference", "low", "high"},
    "curve": {"contestant", "share_visited", "share_found"},
    "calibration": {"least", "most", "mean_predicted", "observed", "low", "high", "labelled", "positives"},
    "parity": {"kind", *groups.PARITY_COLUMNS},
    "drawn": {"code", "rate", "low", "high", "visits", "effective"},
    "leak": {"code", "labelled", "positives", "rate", "low", "high", "share_of_positives"},
    "stability": {"before", "after", "unchanged", "two_bands", "jaccard"},
    "tradeoff": {"logit_per_point", "max_bins", "auc", "log_loss", "factors", "bins"},
    "feedback": {"slope", "low", "high", "is_alarming"},
    "gains": {"test_as_of", "family", "opponent", "metric", "card", "rival", "gain"},
    "forecast": {"metric", "expected", "low", "high", "level", "periods", "ahead"},
}


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("table", COLUMNS)
def test_every_table_has_its_columns_and_rows(truth: str, table: str):
    frame: pl.DataFrame = getattr(measured(truth), table)
    assert set(frame.columns) == COLUMNS[table]
    assert frame.height > 0
    assert pl.Null not in frame.dtypes


def test_periods_walk_forward_and_the_last_ones_are_final():
    periods = measured("several").periods
    assert periods["test_as_of"].is_sorted()
    assert periods["is_final"].to_list()[-2:] == [True, True]
    assert periods["is_final"].sum() == POLICY.learning.gate.periods
    gap = periods["test_as_of"] - periods["last_cohort"]
    assert gap.dt.total_days().min() >= 395
    assert (periods["test_rows"] == 1500).all()


def test_every_contestant_is_measured_on_every_day_and_over_the_final_ones():
    found = measured("several")
    names = {one.name for one in found.contestants}
    assert {*RULES, "expert", "card", "float", "logistic", "oracle"} <= {*names, "count_adjusted"}
    areas = found.metrics.filter(pl.col("metric") == "auc")
    told = dict(areas.group_by("contestant").len().iter_rows())
    kinds = {one.name: one.kind for one in found.contestants}
    final = int(found.periods["is_final"].sum())
    assert told == {
        name: (final if kinds[name] == "reported" else found.periods.height) + 1 for name in names
    }
    assert found.metrics["value"].is_not_nan().all()


def test_pooled_numbers_are_means_of_the_final_days_and_lie_within_their_intervals():
    found = measured("several")
    finals = found.periods.filter("is_final")["test_as_of"].implode()
    days = found.metrics.filter(pl.col("test_as_of").is_in(finals), pl.col("metric") == "auc")
    means = dict(days.group_by("contestant").agg(pl.col("value").mean()).iter_rows())
    assert pooled("several", "auc") == pytest.approx(means)
    bounded = found.metrics.filter(pl.col("low").is_not_null())
    assert set(bounded["metric"]) == set(MEASURES)
    assert (bounded["low"] <= bounded["high"]).all()
    assert (
        bounded.filter(pl.col("metric") == "auc")
        .select((pl.col("value").is_between("low", "high")).all())
        .item()
    )


def test_differences_are_with_everybody_else_and_match_the_pooled_numbers():
    found = measured("several")
    others = {one.name for one in found.contestants} - {"card"}
    assert set(found.differences["contestant"]) == others
    areas = pooled("several", "auc")
    for name in others:
        assert against("several", name)[0] == pytest.approx(areas["card"] - areas[name])


def test_curves_go_from_nothing_to_everything():
    for (_,), curve in measured("several").curve.group_by("contestant"):
        ordered = curve.sort("share_visited")
        assert ordered["share_found"].to_list()[:: ordered.height - 1] == [0.0, 1.0]
        assert ordered["share_found"].is_sorted()


def test_the_leak_splits_all_positives_by_code():
    leak = measured("several").leak
    finals = measured("several").periods.filter("is_final")
    assert leak["positives"].sum() == finals["positives"].sum()
    assert leak["share_of_positives"].sum() == pytest.approx(1.0)
    assert (leak["low"] <= leak["rate"]).all()
    assert (leak["rate"] <= leak["high"]).all()


def test_draws_by_lot_are_counted_by_code_and_weighed_by_their_chance():
    drawn = measured("several").drawn
    assert 300 < drawn["visits"].sum() < 600, "a fifth of four fifths of two times 1,500"
    assert (drawn["effective"] <= drawn["visits"] + 1e-9).all()


def test_stability_compares_neighbouring_days():
    found = measured("several")
    assert found.stability.height == found.periods.height - 1
    assert found.stability["unchanged"].is_between(0, 1).all()
    assert found.stability["jaccard"].min() > 0.3


def test_the_price_of_rounding_begins_with_the_float_model():
    trade = measured("several").tradeoff
    assert trade["logit_per_point"].to_list()[0] is None
    assert trade["logit_per_point"].null_count() == 1
    assert trade["log_loss"].is_between(0, 0.7).all()
    assert trade["auc"].min() > trade["auc"][0] - 0.05
    assert trade["factors"][1:].max() <= POLICY.learning.fitting.max_factors


def test_parity_covers_everybody_three_times():
    parity = measured("several").parity
    assert dict(parity.group_by("kind").agg(pl.col("n").sum()).iter_rows()) == {
        "division": 1500,
        "sector": 1500,
        "size": 1500,
    }
    assert parity["flagged"].sum() >= 3 * int(1500 * CAPACITY)
    assert parity.filter(kind="division")["group"].to_list() == ["370102", "370103", "370104"]


def test_nothing_is_suspicious_where_nothing_leaks():
    assert measured("several").suspicious == ()


def test_the_summary_reads_as_markdown():
    text = measured("several").as_markdown(("auc", "precision_expected"))
    assert text.startswith("| contestant | auc | precision_expected |\n| --- | --- | --- |\n")
    assert len(text.splitlines()) == 2 + len(measured("several").contestants)


# ---- the gate ------------------------------------------------------------------------------------------


def test_the_gate_is_told_everything_it_asks_for():
    found = measured("several")
    inputs = found.gate_inputs
    areas = pooled("several", "auc")
    assert inputs.auc_difference == pytest.approx(areas["card"] - areas["expert"])
    assert inputs.auc_low <= inputs.auc_difference <= inputs.auc_high
    assert inputs.challenger["auc"] == pytest.approx(areas["card"])
    assert inputs.champion["auc"] == pytest.approx(areas["expert"])
    rates = pooled("several", "precision_expected")
    assert inputs.precision_ratio == pytest.approx(rates["card"] / rates["expert"])
    assert inputs.periods == 2
    told = (inputs.opponent_difference, inputs.opponent_low, inputs.opponent_high)
    assert told == against("several", found.opponent)
    assert inputs.monotonicity_breaches == ()
    assert {one.kind for one in inputs.parity} == {"division", "sector", "size"}
    assert all(one.champion_ratio is not None for one in inputs.parity)
    json.dumps(inputs.to_dict(), allow_nan=False)
    assert all(not math.isnan(one.value) for one in judge(inputs, POLICY.learning.gate).findings)


def test_moves_are_those_of_todays_firms_from_the_codes_in_force_to_those_of_the_card():
    found = measured("several")
    current = history(by_several).current
    now, then = codes_of(current, POLICY), codes_of(current, with_card(policy(**QUICKER), found.card))
    moves = found.gate_inputs.moves
    assert sum(moves.values()) == current.height
    assert found.gate_inputs.migration == pytest.approx((now != then).mean())
    assert moves["green", "green"] == ((now == "green") & (then == "green")).sum()


@cache
def second() -> Evaluation:
    """The evaluation of a challenger to a card in force, on a panel with a planted leak."""
    plain = history(firms=500)
    told = pl.col("label").fill_null(0).cast(pl.Int64) * 30
    planted = replace(plain, panel=plain.panel.with_columns(overdue_days=told))
    champion = fit_finished(plain, policy=policy(**QUICKER), in_force=POLICY)
    return evaluate(
        planted,
        policy=policy(**QUICKER),
        in_force=with_card(POLICY, champion),
        families=("boosted",),
    )


def test_a_card_in_force_takes_part_and_is_the_one_to_beat():
    inputs = second().gate_inputs
    areas = dict(
        second()
        .metrics.filter(pl.col("test_as_of").is_null(), pl.col("metric") == "auc")
        .select("contestant", "value")
        .iter_rows()
    )
    assert areas["champion"] > areas["expert"]
    assert inputs.champion["auc"] == pytest.approx(areas["champion"])


def test_a_planted_leak_is_named_in_the_evaluation():
    assert second().suspicious == ("overdue_days",)


# ---- too little, and fair play -------------------------------------------------------------------------


def test_a_short_history_is_refused_with_a_next_step():
    material = history(firms=200, days=DAYS[:5])
    with pytest.raises(ModelError, match=r"No day can be tried on: 5 cohort days .* Take in more history"):
        evaluate(material, policy=policy(**QUICKER), in_force=POLICY)


def test_days_without_enough_positives_are_not_tried_on():
    panel = history(firms=300).panel
    silent = panel.with_columns(
        label=pl.when(pl.col("as_of") == DAYS[-1]).then(pl.lit(0, dtype=pl.Int8)).otherwise("label")
    )
    of = history(firms=10).label
    assert usable_splits(panel, label=of, learning=learning())[-1].test == DAYS[-1]
    assert usable_splits(silent, label=of, learning=learning())[-1].test == DAYS[-2]


def test_contestants_are_given_labelled_rows_of_the_past_and_all_rows_of_the_day():
    seen: list[tuple[pl.DataFrame, pl.DataFrame]] = []

    def look(train: pl.DataFrame, test: pl.DataFrame) -> Prediction:
        seen.append((train, test))
        return Prediction(np.zeros(test.height))

    material = history(firms=300)
    splits = usable_splits(material.panel, label=material.label, learning=learning())
    looker = Contestant("looker", "baseline", Message("look"), look)
    play(material.panel, splits, [looker], label=material.label, report=lambda _: None)
    assert len(seen) == len(splits) > 1
    for (train, test), split in zip(seen, splits, strict=True):
        assert train["label"].null_count() == 0
        assert set(train["as_of"]) == set(split.train)
        assert set(test["as_of"]) == {split.test}
        assert test.height == 300


def test_baselines_and_the_expert_rank_without_knowing_a_label():
    material = history(firms=200)
    train = material.panel.filter(pl.col("as_of") == DAYS[0], pl.col("label").is_not_null())
    test = material.panel.filter(pl.col("as_of") == DAYS[-1])
    blind = test.with_columns(label=pl.lit(None, dtype=pl.Int8))
    for one in (*baselines(material.panel), expert(POLICY.scorecard)):
        said, unsaid = one.predict(train, test), one.predict(train, blind)
        assert not np.isnan(said.score).any()
        assert np.array_equal(said.score, unsaid.score)


def test_a_random_draw_can_be_repeated_and_depends_on_firm_and_day_alone():
    rows = history(firms=100).panel.filter(pl.col("as_of") == DAYS[0])
    [lot] = [one for one in baselines(rows) if one.name == "random"]
    first = lot.predict(rows, rows).score
    assert np.array_equal(lot.predict(rows, rows.reverse()).score[::-1], first)
    later = lot.predict(rows, rows.with_columns(pl.col("as_of") + 1)).score
    assert not np.array_equal(later, first)
    assert len(set(first)) == 100
