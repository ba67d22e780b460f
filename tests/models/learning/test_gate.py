"""The gate: each rule by hand, and what may never pass."""

import json
from dataclasses import replace

import pytest

from desk.words.words import kept
from models.learning.gate import Finding, GateInputs, GroupShare, judge, monotonicity_breaches
from models.policy import FORBIDDEN
from models.policy.learning import Gate
from models.scorecard import Factor, Scorecard
from tests.worlds.by_hand import POLICY

GATE = Gate(
    periods=2,
    least_auc_difference=0.0,
    least_precision_ratio=0.97,
    most_migration=0.35,
    most_two_band_moves=0.05,
    most_parity_ratio=1.5,
    least_group=200,
)
BETTER = GateInputs(
    auc_difference=0.02,
    auc_low=0.01,
    auc_high=0.03,
    precision_ratio=1.1,
    migration=0.2,
    two_band_moves=0.01,
    periods=2,
    opponent_difference=0.01,
    opponent_low=-0.01,
    opponent_high=0.03,
    parity=(GroupShare("division", "370102", 900, 1.2, 1.1),),
    moves={("green", "green"): 8, ("green", "blue"): 2},
)
NAN = float("nan")


def finding(name: str, gate: Gate = GATE, **changed: object) -> Finding:
    result = judge(replace(BETTER, **changed), gate)
    return {one.name: one for one in result.findings}[name]


def test_a_clearly_better_card_passes_every_rule():
    result = judge(BETTER, GATE)
    assert result.passed and not result.refusals
    assert len(result.findings) == 8


def test_the_gate_of_the_starter_pack_is_one():
    assert judge(BETTER, POLICY.learning.gate).passed


@pytest.mark.parametrize(
    ("difference", "low", "high", "ratio", "passes"),
    [
        (0.000, -0.010, 0.010, 0.98, True),  # reaches the limit
        (-0.002, -0.010, 0.006, 1.00, True),  # may be chance, and finds as many
        (-0.002, -0.010, 0.006, 0.99, False),  # may be chance, but finds fewer
        (-0.008, -0.015, -0.001, 1.20, False),  # clearly worse, however many it finds
        (NAN, NAN, NAN, 1.20, False),  # never measured
    ],
)
def test_a_card_ranks_better_or_is_not_clearly_worse_and_finds_as_many(
    difference: float, low: float, high: float, ratio: float, passes: bool
):
    told = finding(
        "discrimination", auc_difference=difference, auc_low=low, auc_high=high, precision_ratio=ratio
    )
    assert told.passed is passes


def test_a_margin_asked_for_moves_the_limit():
    asked = GATE.model_copy(update={"least_auc_difference": 0.025})
    assert finding("discrimination", asked, precision_ratio=1.0).passed
    assert not finding("discrimination", asked, precision_ratio=0.99).passed


@pytest.mark.parametrize(
    ("low", "high", "passes"),
    [(0.01, 0.03, True), (-0.02, 0.0, True), (-0.02, -0.001, False), (NAN, NAN, False)],
)
def test_a_card_that_is_clearly_worse_than_the_best_simple_rule_is_refused(
    low: float, high: float, passes: bool
):
    told = finding("opponent", opponent_difference=(low + high) / 2, opponent_low=low, opponent_high=high)
    assert told.passed is passes


@pytest.mark.parametrize(("ratio", "passes"), [(0.97, True), (0.969, False), (NAN, False)])
def test_precision_may_fall_a_little(ratio: float, passes: bool):
    assert finding("precision", precision_ratio=ratio).passed is passes


def test_one_period_is_too_few():
    assert not finding("periods", periods=1).passed


def test_a_factor_against_its_direction_is_refused_and_named():
    told = finding("directions", monotonicity_breaches=("violations_12m (up): 3+ → +5, 5+ → +2",))
    assert not told.passed
    assert all("violations_12m" in text for text in kept(told.sentence).values())


@pytest.mark.parametrize(
    ("n", "ratio", "before", "passes"),
    [
        (200, 1.6, 1.4, False),  # over the limit, and more than before
        (199, 9.0, 1.0, True),  # too small a group to tell
        (200, 1.6, 1.7, True),  # over the limit, but less than under the champion
        (200, 1.5, 1.0, True),  # at the limit
        (200, 1.6, None, False),  # nothing to excuse it
        (200, 1.6, NAN, False),
        (200, NAN, 1.0, True),  # nobody is flagged at all
        (200, None, None, True),
    ],
)
def test_no_large_group_may_be_flagged_far_more_often_than_before(
    n: int, ratio: float | None, before: float | None, passes: bool
):
    assert finding("parity", parity=(GroupShare("sector", "fireworks", n, ratio, before),)).passed is passes


def test_groups_flagged_too_often_are_named_worst_first():
    groups = (GroupShare("size", "micro", 300, 1.6, 1.0), GroupShare("sector", "fireworks", 900, 2.5, 1.0))
    told = finding("parity", parity=groups)
    assert told.value == 2.5
    zh, en = kept(told.sentence).values()
    assert en.index("sector fireworks 2.50 (n 900)") < en.index("size micro")
    assert zh.index("行业 烟花爆竹 2.50 (n 900)") < zh.index("规模 微型")


@pytest.mark.parametrize(("share", "passes"), [(0.35, True), (0.351, False), (NAN, False)])
def test_not_too_many_may_change_their_code(share: float, passes: bool):
    assert finding("migration", migration=share).passed is passes


@pytest.mark.parametrize(("share", "passes"), [(0.05, True), (0.051, False)])
def test_few_may_move_by_two_bands(share: float, passes: bool):
    told = finding("two_band_moves", two_band_moves=share)
    assert told.passed is passes
    assert "5.1%" in kept(told.sentence)["zh"] or passes


def test_one_rule_is_enough_to_refuse_and_all_are_told():
    result = judge(replace(BETTER, migration=0.5, periods=1), GATE)
    assert not result.passed
    assert [one.name for one in result.refusals] == ["periods", "migration"]


def test_sentences_hold_the_numbers_in_both_languages():
    told = finding("discrimination").sentence
    for text in kept(told).values():
        assert "+0.020 (+0.010 … +0.030)" in text


def test_inputs_and_findings_are_plain_json_and_unknown_is_null():
    unknown = replace(BETTER, auc_difference=NAN, challenger={"auc": NAN})
    data = json.loads(json.dumps(unknown.to_dict(), allow_nan=False))
    assert data["auc_difference"] is None and data["challenger"] == {"auc": None}
    assert data["moves"][1] == {"from": "green", "to": "blue", "enterprises": 2}
    assert data["parity"][0]["group"] == "370102"
    verdict = json.loads(json.dumps(judge(unknown, GATE).to_dict(kept), allow_nan=False))
    assert verdict["passed"] is False
    assert verdict["findings"][0]["value"] is None


# Directions


def card_of(feature: str, points: dict[int, int] | dict[str, int], missing: int = 0) -> Scorecard:
    return Scorecard("card", "1", (Factor(feature, feature, points, missing, "题", "title"),))


@pytest.mark.parametrize(
    ("points", "direction", "breaks"),
    [
        ({0: 0, 3: 5, 5: 5}, "up", False),
        ({5: 2, 0: 0, 3: 5}, "up", True),
        ({0: 5, 3: 1}, "down", False),
        ({0: 1, 3: 5}, "down", True),
        ({0: 0, 3: 5, 5: 2}, "free", False),
    ],
)
def test_points_move_the_declared_way(points: dict[int, int], direction: str, breaks: bool):
    assert (
        bool(monotonicity_breaches(card_of("violations_12m", points), {"violations_12m": direction}))
        is breaks
    )


def test_a_breach_says_which_bins():
    found = monotonicity_breaches(card_of("alerts", {0: 0, 3: 5, 5: 2}), {"alerts": "up"})
    assert found == ("alerts (up): 3+ → +5, 5+ → +2",)


def test_what_is_missing_has_no_place_in_the_order():
    assert not monotonicity_breaches(card_of("alerts", {0: 0, 3: 5}, missing=9), {"alerts": "up"})


def test_categories_and_undeclared_features_are_free():
    assert not monotonicity_breaches(card_of("sector", {"general": 3, "fireworks": 0}), {})
    assert not monotonicity_breaches(card_of("alerts", {0: 3, 5: 0}), {})


@pytest.mark.parametrize("feature", sorted(FORBIDDEN))
def test_a_forbidden_feature_is_a_breach_whatever_its_direction(feature: str):
    (found,) = monotonicity_breaches(card_of(feature, {0: 0, 1: 1}), {feature: "free"})
    assert found == f"{feature}: {FORBIDDEN[feature]}"


def test_the_expert_card_breaks_no_direction_it_shares_with_the_candidates():
    directions = {one.feature: one.direction for one in POLICY.learning.candidates}
    found = monotonicity_breaches(POLICY.scorecard, directions)
    assert not [text for text in found if text.split(":")[0] not in FORBIDDEN], found
