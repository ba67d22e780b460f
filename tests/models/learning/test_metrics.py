"""Measures of a risk score: small numbers by hand, and laws that hold for every score."""

from itertools import permutations
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.estimates import wilson
from models.feedback import feedback_loop
from models.learning import groups, metrics, probabilities
from models.learning.metrics import Numbers

NAN = np.nan
NO_LABELS = np.array([NAN, NAN, NAN])


def some(*values: Any) -> Numbers:
    return np.array(values, dtype=float)


@st.composite
def scored(draw: st.DrawFn, *, most: int = 30, unknown: bool = True) -> tuple[Numbers, Numbers]:
    """Scores with many ties, and labels."""
    labels = [0.0, 1.0, NAN] if unknown else [0.0, 1.0]
    pairs = draw(st.lists(st.tuples(st.integers(-3, 3), st.sampled_from(labels)), min_size=1, max_size=most))
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


def same(left: float, right: float) -> bool:
    return left == pytest.approx(right, nan_ok=True)


# Discrimination


def test_two_of_three_pairs_in_order_and_one_tied_are_five_sixths():
    # The positive of 2 beats 1 and 0 and ties with the negative of 2.
    assert metrics.auc(some(2, 2, 1, 0), some(1, 0, 0, 0)) == pytest.approx(2.5 / 3)


def test_the_average_precision_of_a_first_and_a_third():
    assert metrics.average_precision(some(4, 3, 2, 1), some(1, 0, 1, 0)) == pytest.approx((1 + 2 / 3) / 2)


def test_brier_and_log_loss_by_hand():
    probability, label = some(0.8, 0.4, 0.9), some(1, 0, NAN)
    assert probabilities.brier(probability, label) == pytest.approx((0.04 + 0.16) / 2)
    assert probabilities.log_loss(probability, label) == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)


@pytest.mark.parametrize(
    "measure", [metrics.auc, metrics.average_precision, probabilities.brier, probabilities.log_loss]
)
@pytest.mark.parametrize("label", [some(), some(1, 1), some(0, NAN), some(NAN, NAN)])
def test_one_class_alone_gives_no_number(measure: Any, label: Numbers):
    assert np.isnan(measure(np.full(len(label), 0.5), label))


def test_an_unknown_outcome_is_not_a_zero():
    assert metrics.auc(some(3, 2, 1), some(NAN, 1, 0)) == 1.0


@pytest.mark.parametrize(
    ("score", "label", "words"),
    [
        (some(1, 2), some(1), "one of each per row"),
        (some(NAN), some(1), "score is NaN"),
        (some(1), some(2), "neither 0, 1 nor NaN"),
    ],
)
def test_arrays_that_cannot_be_meant_are_refused(score: Numbers, label: Numbers, words: str):
    with pytest.raises(ValueError, match=words):
        metrics.auc(score, label)


@given(scored())
def test_auc_does_not_change_when_scores_are_stretched(case: tuple[Numbers, Numbers]):
    score, label = case
    assert same(metrics.auc(score, label), metrics.auc(np.exp(score / 2) - 7, label))
    assert same(metrics.auc(score, label), 1 - metrics.auc(-score, label))


# At capacity


def test_a_tie_at_the_boundary_counts_by_its_share():
    # One sure positive; two of three tied rows (one positive) fit.
    result = metrics.at_capacity(some(9, 5, 5, 5, 1), some(1, 1, 0, 0, 1), 3)
    assert result.labelled == 3
    assert result.positives_expected == pytest.approx(1 + 2 / 3)
    assert (result.precision_best, result.precision_worst) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert result.precision_expected == pytest.approx((1 + 2 / 3) / 3)
    assert (result.recall_best, result.recall_worst) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert result.recall_expected == pytest.approx((1 + 2 / 3) / 3)
    assert result.lift == pytest.approx((1 + 2 / 3) / 3 / (3 / 5))


def test_an_unlabelled_firm_in_the_top_uses_up_its_place():
    result = metrics.at_capacity(some(4, 3, 2, 1), some(NAN, 1, 1, 0), 2)
    assert (result.k, result.labelled, result.positives_expected) == (2, 1, 1)
    assert (result.precision_expected, result.recall_expected) == (1.0, 0.5)
    assert result.lift == pytest.approx(1 / (2 / 3))


def test_unlabelled_ties_are_expected_positives_over_expected_labelled():
    # One of three tied rows fits: 1/3 positive of 2/3 labelled.
    result = metrics.at_capacity(some(5, 5, 5), some(1, 0, NAN), 1)
    assert (result.labelled, result.positives_expected) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert result.precision_expected == pytest.approx(0.5)
    assert (result.precision_best, result.precision_worst) == (1.0, 0.0)


def test_a_top_without_labels_has_no_precision():
    result = metrics.at_capacity(some(3, 2, 1), some(NAN, 1, 0), 1)
    assert np.isnan([result.precision_best, result.precision_expected, result.precision_worst]).all()
    assert result.recall_expected == 0.0


def test_a_capacity_above_all_firms_visits_all():
    result = metrics.at_capacity(some(2, 1), some(1, 0), 10)
    assert (result.k, result.precision_expected, result.recall_expected, result.lift) == (2, 0.5, 1.0, 1.0)


def test_no_firms_no_numbers_and_no_capacity_no_question():
    assert np.isnan(metrics.at_capacity(some(), some(), 5).precision_expected)
    with pytest.raises(ValueError, match="visits nobody"):
        metrics.at_capacity(some(1), some(1), 0)


@given(scored(), st.integers(1, 40))
def test_the_best_is_never_below_the_expected_nor_that_below_the_worst(case: tuple[Numbers, Numbers], k: int):
    result = metrics.at_capacity(*case, k)
    slack = 1e-12
    for best, expected, worst in (
        (result.precision_best, result.precision_expected, result.precision_worst),
        (result.recall_best, result.recall_expected, result.recall_worst),
    ):
        assert np.isnan([best, expected, worst]).all() or best + slack >= expected >= worst - slack


@given(scored(most=6), st.integers(1, 6))
def test_the_expectation_is_the_mean_over_all_orders_of_ties(case: tuple[Numbers, Numbers], k: int):
    score, label = case
    result = metrics.at_capacity(score, label, k)
    tops = [label[list(order)][np.argsort(-score[list(order)], kind="stable")][:k] for order in orders(score)]
    positives = [np.sum(top == 1) for top in tops]
    labelled = [np.sum(~np.isnan(top)) for top in tops]
    assert result.positives_expected == pytest.approx(np.mean(positives))
    assert result.labelled == pytest.approx(np.mean(labelled))
    precisions = [one / seen for one, seen in zip(positives, labelled, strict=True) if seen]
    if precisions:
        assert result.precision_best == pytest.approx(max(precisions))
        assert result.precision_worst == pytest.approx(min(precisions))
    if len(set(labelled)) == 1:
        assert same(result.precision_expected, np.mean(precisions) if precisions else NAN)
    if np.any(label == 1):
        everyone = np.sum(label == 1)
        assert result.recall_best == pytest.approx(max(positives) / everyone)
        assert result.recall_worst == pytest.approx(min(positives) / everyone)


def orders(values: Numbers) -> list[tuple[int, ...]]:
    return list(permutations(range(len(values))))


# Within groups


def test_only_pairs_of_the_same_team_count():
    score = some(9, 8, 2, 1, 5)
    label = some(0, 1, 1, 0, 1)
    # Team a: the positive of 8 loses to 9.  Team b: 2 beats 1.  The fifth has no team.
    assert groups.within_group_auc(score, label, ["a", "a", "b", "b", None]) == (0.5, 2)


def test_a_team_with_twice_the_pairs_counts_twice():
    value, pairs = groups.within_group_auc(
        some(3, 2, 1, 1, 2), some(1, 0, 0, 1, 0), np.array([1, 1, 1, 2, 2])
    )
    assert (value, pairs) == (pytest.approx(2 / 3), 3)


def test_teams_without_pairs_give_no_number():
    value, pairs = groups.within_group_auc(some(2, 1), some(1, 0), pl.Series(["a", "b"]))
    assert np.isnan(value)
    assert pairs == 0


def test_a_group_per_row_is_needed():
    with pytest.raises(ValueError, match="one per row"):
        groups.within_group_auc(some(2, 1), some(1, 0), ["a"])


@given(scored())
def test_one_group_is_the_whole(case: tuple[Numbers, Numbers]):
    score, label = case
    value, pairs = groups.within_group_auc(score, label, ["all"] * len(score))
    assert same(value, metrics.auc(score, label))
    assert pairs == np.sum(label == 1) * np.sum(label == 0)


@given(scored(), st.randoms(use_true_random=False))
def test_pairs_counted_one_by_one_give_the_same(case: tuple[Numbers, Numbers], random: Any):
    score, label = case
    group = np.array([random.choice(["a", "b", None]) for _ in score], dtype=object)
    won = [
        (score[one] > score[other]) + 0.5 * (score[one] == score[other])
        for one in np.flatnonzero(label == 1)
        for other in np.flatnonzero(label == 0)
        if group[one] is not None and group[one] == group[other]
    ]
    value, pairs = groups.within_group_auc(score, label, group)
    assert (pairs, same(value, float(np.mean(won)) if won else NAN)) == (len(won), True)


# Chicago


def test_the_last_visit_moved_to_the_front_comes_three_days_earlier():
    result = metrics.chicago(some(1, 2, 3, 9), some(0, 0, 0, 1), some(10, 11, 12, 13))
    assert result == metrics.Chicago(1.0, 0.0, 3.0, 0.0)


def test_the_number_of_visits_of_each_day_stays():
    # Places are day 1, 1, 1, 5: the two highest scores both go to day 1.
    result = metrics.chicago(some(1, 2, 3, 4), some(1, 0, 1, 1), some(1, 1, 1, 5))
    # Positives: score 1 from day 1 to 5, score 3 stays on day 1, score 4 from day 5 to 1.
    assert result.mean_days_earlier == pytest.approx((-4 + 0 + 4) / 3)
    assert result.share_later == pytest.approx(1 / 3)
    assert result.share_first_half == pytest.approx(2 / 3)
    # As made: two of the three visits of day 1 are in the first half, so 2/3 of each of its positives.
    assert result.share_first_half_actual == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)


def test_a_tied_positive_gets_the_mean_day_of_its_tie():
    result = metrics.chicago(some(5, 5, 5, 5), some(0, 1, NAN, 0), some(1, 2, 3, 10))
    assert result.mean_days_earlier == pytest.approx(2 - 4)
    assert result.share_later == pytest.approx(2 / 4)
    assert result.share_first_half == pytest.approx(0.5)


def test_the_middle_of_an_odd_number_counts_half():
    result = metrics.chicago(some(3, 2, 1), some(0, 1, 0), some(1, 2, 3))
    assert (result.share_first_half, result.share_first_half_actual) == (0.5, 0.5)


def test_without_positives_nothing_comes_earlier():
    assert np.isnan(metrics.chicago(some(1, 2), some(0, NAN), some(1, 2)).mean_days_earlier)


@given(scored(most=6), st.randoms(use_true_random=False))
def test_chicago_is_the_mean_over_all_orders_of_ties(case: tuple[Numbers, Numbers], random: Any):
    score, label = case
    assume(np.any(label == 1))
    day = np.array([random.randint(0, 4) for _ in score])
    ranked = [np.array(order)[np.argsort(-score[list(order)], kind="stable")] for order in orders(score)]
    result = metrics.chicago(score, label, day)
    earlier, later = [], []
    for visits in ranked:
        simulated = np.empty(len(day))
        simulated[visits] = np.sort(day)
        earlier.append(np.mean((day - simulated)[label == 1]))
        later.append(np.mean((simulated > day)[label == 1]))
    assert result.mean_days_earlier == pytest.approx(np.mean(earlier))
    assert result.share_later == pytest.approx(np.mean(later))
    if len(day) % 2 == 0:
        half = [np.sum(label[visits][: len(day) // 2] == 1) / np.sum(label == 1) for visits in ranked]
        assert result.share_first_half == pytest.approx(np.mean(half))


@given(scored())
def test_the_actual_order_as_score_changes_nothing(case: tuple[Numbers, Numbers]):
    day, label = case
    assume(np.any(label == 1))
    result = metrics.chicago(-day, label, day)
    assert (result.mean_days_earlier, result.share_later) == (pytest.approx(0), 0.0)
    assert result.share_first_half == result.share_first_half_actual


# Calibration


def test_each_bin_shows_what_was_predicted_and_what_happened():
    table = probabilities.calibration_table(some(0.1, 0.2, 0.6, 0.8, 0.9), some(0, 0, 1, 0, NAN), bins=2)
    low, high = wilson(1, 2)
    assert table.rows(named=True) == [
        {
            "least": 0.1,
            "most": 0.2,
            "mean_predicted": pytest.approx(0.15),
            "observed": 0.0,
            "labelled": 2,
            "positives": 0,
            "low": 0.0,
            "high": wilson(0, 2)[1],
        },
        {
            "least": 0.6,
            "most": 0.8,
            "mean_predicted": pytest.approx(0.7),
            "observed": 0.5,
            "labelled": 2,
            "positives": 1,
            "low": low,
            "high": high,
        },
    ]


def test_the_calibration_error_weighs_bins_by_their_rows():
    probability, label = some(0.1, 0.1, 0.1, 0.6), some(0, 0, 0, 1)
    assert probabilities.expected_calibration_error(probability, label, bins=4) == pytest.approx(
        (3 * 0.1 + 0.4) / 4
    )


def test_equal_probabilities_share_a_bin():
    table = probabilities.calibration_table(np.repeat([0.1, 0.3], [90, 10]), np.zeros(100))
    assert table["labelled"].to_list() == [90, 10]


def test_no_known_labels_make_an_empty_table():
    assert probabilities.calibration_table(np.full(3, 0.5), NO_LABELS).is_empty()
    assert np.isnan(probabilities.expected_calibration_error(np.full(3, 0.5), NO_LABELS))


@given(scored(), st.integers(1, 12))
def test_every_known_label_is_in_one_bin(case: tuple[Numbers, Numbers], bins: int):
    score, label = case
    table = probabilities.calibration_table((score + 4) / 8, label, bins)
    assert len(table) <= bins
    assert table["labelled"].sum() == np.sum(~np.isnan(label))
    assert table["positives"].sum() == np.sum(label == 1)


# Lift curve


def test_the_lift_curve_by_hand():
    # Order 1, (0, 1), 0: after a quarter one of two, within the tie half a positive per visit.
    curve = metrics.lift_curve(some(9, 5, 5, 1, 7), some(1, 0, 1, 0, NAN), steps=4)
    assert curve["share_visited"].to_list() == [0, 0.25, 0.5, 0.75, 1]
    assert curve["share_found"].to_list() == [0, 0.5, 0.75, 1, 1]


def test_without_positives_the_curve_is_unknown():
    assert metrics.lift_curve(some(1, 2), some(0, 0), steps=2)["share_found"].to_list() == [None] * 3


@given(scored(unknown=False))
def test_the_curve_meets_recall_at_every_capacity(case: tuple[Numbers, Numbers]):
    score, label = case
    assume(np.any(label == 1))
    curve = metrics.lift_curve(score, label, steps=len(score))["share_found"].to_list()
    recalls = [metrics.at_capacity(score, label, k + 1).recall_expected for k in range(len(score))]
    assert curve == pytest.approx([0, *recalls])


# Ranks, codes and lists


def test_rank_correlation_by_hand():
    # Ranks 1 2 3 4 against 1 2 4 3: 1 - 6 * 2 / (4 * 15).
    assert metrics.spearman(some(1, 2, 3, 40), some(1, 2, 4, 3)) == pytest.approx(0.8)
    assert np.isnan(metrics.spearman(some(1, 1), some(1, 2)))
    with pytest.raises(ValueError, match="one pair per firm"):
        metrics.spearman(some(1), some(1, 2))


def test_moves_of_codes_are_counted_in_bands():
    before = ["green", "blue", "red", "green", "yellow"]
    after = pl.Series(["green", "yellow", "green", "yellow", "yellow"])
    assert groups.stability(before, after) == groups.Stability(unchanged=0.4, moved_two=0.4)


def test_a_code_nobody_knows_is_refused_and_no_firms_do_not_move():
    with pytest.raises(ValueError, match="No such codes: GREEN"):
        groups.stability(["GREEN"], ["green"])
    assert np.isnan(groups.stability([], []).unchanged)


def test_lists_that_share_one_of_three_firms():
    assert groups.jaccard_top(some(4, 3, 2, 1), some(4, 1, 3, 2), 2) == pytest.approx(1 / 3)


def test_ties_with_the_last_of_the_list_belong_to_it():
    assert groups.jaccard_top(some(3, 2, 2, 1), some(3, 2, 1, 0), 2) == pytest.approx(2 / 3)


@pytest.mark.parametrize("k", [0, 3])
def test_a_list_longer_than_the_city_is_refused(k: int):
    with pytest.raises(ValueError, match="the same firms"):
        groups.jaccard_top(some(1, 2), some(1, 2), k)


# Parity


PARITY = pl.DataFrame(
    {
        "group": ["a"] * 6 + ["b"] * 2,
        "flagged": [True, True, True, False, False, False, False, True],
        "label": [1, 0, None, 1, 1, 0, None, None],
    }
)


def test_groups_are_compared_by_flags_hits_and_misses():
    a = groups.parity_table(PARITY).row(0, named=True)
    assert (a["n"], a["flagged"], a["labelled"], a["positives"]) == (6, 3, 5, 3)
    assert (a["flagged_share"], a["ratio"]) == (0.5, pytest.approx(0.5 / (4 / 8)))
    # Flagged and labelled: one of two right.  Two of three positives missed.  One of two negatives flagged.
    assert (a["precision"], a["miss_rate"], a["false_positive_rate"]) == (0.5, pytest.approx(2 / 3), 0.5)
    assert (a["precision_low"], a["precision_high"]) == wilson(1, 2)
    assert (a["miss_low"], a["miss_high"]) == wilson(2, 3)


def test_a_group_without_outcomes_has_shares_of_nothing():
    b = groups.parity_table(PARITY).row(1, named=True)
    assert (b["flagged_share"], b["ratio"]) == (0.5, 1.0)
    assert (b["precision"], b["miss_rate"], b["false_positive_rate"]) == (None, None, None)
    assert (b["miss_low"], b["miss_high"]) == (0.0, 1.0)


def test_nobody_flagged_has_no_ratio():
    table = groups.parity_table(PARITY.with_columns(flagged=pl.lit(value=False)))
    assert table["flagged_share"].to_list() == [0.0, 0.0]
    assert table["ratio"].to_list() == [None, None]


# Feedback


def test_the_slope_is_taken_within_strata():
    # In each stratum one more visit is one rank of eight more, though the strata themselves run the other way.
    score, visits = some(5, 6, 7, 8, 1, 2, 3, 4), some(0, 1, 2, 3, 10, 11, 12, 13)
    result = feedback_loop(score, visits, ["small"] * 4 + ["large"] * 4)
    assert result.slope == pytest.approx(1 / 8)
    assert result.standard_error == pytest.approx(0, abs=1e-9)
    assert result.alarming
    assert feedback_loop(score, visits, ["all"] * 8).slope < 0


def test_the_standard_error_by_hand():
    # Ranks 1/4 2/4 4/4 3/4; visits 0 0 1 1, centred -1/2 and 1/2: slope 1/2, residuals ±1/8.
    result = feedback_loop(some(1, 2, 4, 3), some(0, 0, 1, 1), ["all"] * 4)
    assert result.slope == pytest.approx(0.5)
    # HC1: sum x²e² = 4 * 1/4 * 1/64, over (sum x²)² = 1, times 4 / (4 - 2).
    assert result.standard_error == pytest.approx((2 / 64) ** 0.5)
    assert (result.low, result.high) == pytest.approx(
        (0.5 - 1.96 * 0.1767767, 0.5 + 1.96 * 0.1767767), abs=1e-4
    )


def test_a_score_that_ignores_visits_does_not_alarm():
    rng = np.random.default_rng(3)
    stratum = rng.integers(0, 5, 2000)
    visits = rng.poisson(1 + stratum)
    blind = feedback_loop(stratum + rng.normal(size=2000), visits, stratum)
    fed = feedback_loop(stratum + rng.normal(size=2000) + 0.3 * visits, visits, stratum)
    assert (blind.alarming, fed.alarming) == (False, True)
    assert blind.low < 0 < blind.high


def test_firms_without_a_stratum_are_left_out_and_equal_visits_say_nothing():
    result = feedback_loop(some(1, 2, 3, 4), some(1, 1, 1, 9), ["a", "a", "a", None])
    assert (result.firms, result.alarming) == (3, False)
    assert np.isnan(result.slope)
