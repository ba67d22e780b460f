"""Points to colours: each edge, each veto and floor fires on its own and not one step before."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.coding.verdicts import INTERVAL, assign_codes, judge, verdicts
from models.errors import PolicyError, ScoreError
from models.policy import Condition
from tests.models.test_laws import some
from tests.worlds.by_hand import AS_OF, POLICY, days_before, feature_rows, fold, world
from tests.worlds.strategies import feature_frames


def _coded(*, score: int = 0, **features: Any) -> dict[str, Any]:
    rows = feature_rows(features)
    scores = rows.select("enterprise_id", score=pl.lit(score, dtype=pl.Int64))
    return assign_codes(rows, scores, policy=POLICY).row(0, named=True)


@pytest.mark.parametrize(
    ("score", "code"),
    [
        (-9, "green"),
        (14, "green"),
        (15, "blue"),
        (24, "blue"),
        (25, "yellow"),
        (41, "yellow"),
        (42, "red"),
        (900, "red"),
    ],
)
def test_a_code_starts_at_its_threshold(score: int, code: str):
    assert _coded(score=score) == {
        "enterprise_id": "e1",
        "code": code,
        "score": score,
        "is_provisional": False,
        "decided_by": "score",
    }


LIMITS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "closure_threshold": (
        "red",
        {"penalties_180d": 3, "open_major_hazards": 1},
        {"penalties_180d": 3, "open_major_hazards": 0},
    ),
    "closure_threshold_of_a_year": (
        "red",
        {"penalties_180d": 2, "penalties_12m": 4, "open_major_hazards": 1},
        {"penalties_180d": 2, "penalties_12m": 1, "open_major_hazards": 0},
    ),
    "open_major_hazard": ("red", {"open_major_hazards": 1}, {"open_major_hazards": 0}),
    "major_accident": (
        "red",
        {"major_accidents_36m": 1, "days_since_major_accident": 1096},
        {"major_accidents_36m": 0, "days_since_major_accident": 1097},
    ),
    "two_larger_accidents": ("red", {"larger_accidents_36m": 2}, {"larger_accidents_36m": 1}),
    "fatal_accident": (
        "red",
        {"fatal_accidents_12m": 1, "days_since_fatal_accident": 365},
        {"fatal_accidents_12m": 0, "days_since_fatal_accident": 366},
    ),
    "serious_injuries": ("red", {"serious_injuries_12m": 3}, {"serious_injuries_12m": 2}),
    "refused_inspection": ("red", {"last_result": 5}, {"last_result": 4}),
    "overdue_rectification": ("yellow", {"overdue_rectifications": 1}, {"overdue_rectifications": 0}),
    "unchecked_major_hazard": ("yellow", {"unchecked_major_hazards": 1}, {"unchecked_major_hazards": 0}),
    "seriously_untrustworthy": ("yellow", {"credit": "listed"}, {"credit": "b"}),
    "recent_accident": ("yellow", {"days_since_accident": 365}, {"days_since_accident": 366}),
    "unsettled_findings": ("blue", {"unsettled_findings": 1}, {"unsettled_findings": 0}),
    "repeated_penalties": ("blue", {"penalties_12m": 2}, {"penalties_12m": 1}),
    "complaint_found_true": ("blue", {"complaints_upheld_12m": 1}, {"complaints_upheld_12m": 0}),
    "silent_sensors": ("blue", {"offline_days": 7}, {"offline_days": 6}),
    "high_hazard_without_self_report": (
        "blue",
        {"high_hazard": 1, "self_reports_12m": 0},
        {"high_hazard": 1, "self_reports_12m": 1},
    ),
}
"""For each rule: the code it gives, what makes it fire, and one step less."""


def test_every_rule_of_the_pack_is_tried():
    assert {rule.name for rule in POLICY.codes.rules} == set(LIMITS)


@pytest.mark.parametrize("rule", LIMITS)
def test_a_rule_fires_at_its_limit_and_not_one_step_before(rule: str):
    code, at, before = LIMITS[rule]
    fired = _coded(**at)
    assert (fired["code"], fired["decided_by"], fired["score"]) == (code, rule, 0)
    quiet = _coded(**before)
    assert (quiet["code"], quiet["decided_by"]) == ("green", "score")


@some
@given(feature_frames(), st.sets(st.sampled_from(sorted(LIMITS))))
def test_what_binds_an_override_is_the_worst_that_a_veto_says_and_nothing_else(
    features: pl.DataFrame, vetoes: set[str]
):
    kinds = [replace(rule, kind="veto" if rule.name in vetoes else "floor") for rule in POLICY.codes.rules]
    policy = replace(POLICY, codes=replace(POLICY.codes, rules=tuple(kinds)))
    points = policy.scorecard.contributions(features)
    said = {row["enterprise_id"]: row for row in verdicts(features, points, policy.codes).to_dicts()}
    for one, bound in judge(features, points, policy).select("enterprise_id", "veto_rank").iter_rows():
        assert bound == max((said[one][f"voice:{name}"] for name in vetoes), default=0)


def test_what_is_not_clearly_better_is_what_the_margin_would_make_of_the_score():
    asked = list(product(range(-4, 40), ({}, {"unsettled_findings": 1}, {"overdue_rectifications": 1})))
    rows = feature_rows(*(given for _, given in asked)).with_columns(
        score=pl.Series([one for one, _ in asked])
    )
    scores = rows.select("enterprise_id", "score")
    more = scores.with_columns(pl.col("score") + POLICY.codes.change.margin)
    rows = rows.drop("score")
    assert judge(rows, scores, POLICY)["near_rank"].equals(
        judge(rows, more, POLICY)["rank"], check_names=False
    )


def test_a_high_hazard_rule_needs_both_of_its_conditions():
    assert _coded(high_hazard=0, self_reports_12m=0)["code"] == "green"


def test_an_unknown_value_fires_no_rule():
    assert _coded(last_result=None, days_since_accident=None)["code"] == "green"


def test_a_floor_softens_no_worse_score_and_a_score_decides_where_it_is_worse():
    coded = _coded(score=42, unsettled_findings=1)
    assert (coded["code"], coded["decided_by"]) == ("red", "score")


def test_where_a_rule_and_the_score_agree_the_rule_is_named():
    assert _coded(score=42, open_major_hazards=1)["decided_by"] == "open_major_hazard"
    assert _coded(score=15, unsettled_findings=1)["decided_by"] == "unsettled_findings"


def test_of_two_rules_that_agree_the_first_of_the_pack_is_named():
    assert _coded(serious_injuries_12m=3, open_major_hazards=1)["decided_by"] == "open_major_hazard"


@pytest.mark.parametrize(
    ("inspections", "reports", "rated"),
    [(0, 0, False), (0, 9, False), (1, 0, False), (1, 1, True), (2, 0, True)],
)
def test_two_visits_or_one_visit_and_a_report_are_enough_to_rate(inspections: int, reports: int, rated: bool):
    coded = _coded(inspections_24m=inspections, self_reports_12m=reports)
    assert coded["is_provisional"] is not rated
    assert (coded["code"], coded["decided_by"]) == (("green", "score") if rated else ("blue", "unrated"))


def test_a_rate_known_too_widely_rates_nobody_where_the_pack_sets_a_limit():
    codes = POLICY.codes
    limited = codes.sufficiency.model_copy(update={"widest_interval_permille": 300})
    policy = replace(POLICY, codes=replace(codes, sufficiency=limited))
    rows = feature_rows({}, {}, {}).with_columns(interval_permille=pl.Series([299, 300, 301]))
    scores = rows.select("enterprise_id", score=pl.lit(0, dtype=pl.Int64))
    coded = assign_codes(rows, scores, policy=policy)
    assert coded["is_provisional"].to_list() == [False, False, True]
    assert coded["code"].to_list() == ["green", "green", "blue"]
    assert not assign_codes(rows, scores, policy=POLICY)["is_provisional"].any()


def test_an_unrated_enterprise_can_still_be_worse_than_its_provisional_floor():
    coded = _coded(inspections_24m=0, open_major_hazards=1)
    assert (coded["code"], coded["decided_by"]) == ("red", "open_major_hazard")
    assert coded["is_provisional"]


def test_the_counts_of_the_codes_sum_to_the_cohort_whatever_is_unknown():
    unknown = {"sector": None, "high_hazard": 0, "last_result": None, "days_since_inspection": None}
    rows = feature_rows({}, unknown, {**unknown, "inspections_24m": 0}, {"status": None, "credit": None})
    scores = rows.select("enterprise_id", score=pl.lit(0, dtype=pl.Int64))
    assert assign_codes(rows, scores, policy=POLICY)["code"].to_list() == ["green", "green", "blue", "green"]


@pytest.mark.parametrize(("age", "code"), [(365, "red"), (366, "green")])
def test_a_fatal_accident_is_red_for_a_year_from_events_to_code(age: int, code: str):
    visits = [{"inspected_on": days_before(n)} for n in (10, 20)]
    features = fold(world(accidents=[{"occurred_on": days_before(age), "deaths": 1}], inspections=visits))
    scores = features.select("enterprise_id", score=pl.lit(0, dtype=pl.Int64))
    assert assign_codes(features, scores, policy=POLICY)["code"].to_list() == [code]


@pytest.mark.parametrize(("age", "code"), [(1096, "red"), (1097, "green")])
def test_a_major_accident_is_red_for_three_years_from_events_to_code(age: int, code: str):
    visits = [{"inspected_on": days_before(n)} for n in (10, 20)]
    features = fold(
        world(accidents=[{"occurred_on": days_before(age), "grade": "major"}], inspections=visits)
    )
    scores = features.select("enterprise_id", score=pl.lit(0, dtype=pl.Int64))
    assert assign_codes(features, scores, policy=POLICY)["code"].to_list() == [code]
    assert AS_OF - timedelta(days=1096) == date(2023, 6, 30)


def test_an_enterprise_without_a_score_stops_the_run():
    rows = feature_rows({}, {})
    scores = rows.head(1).select("enterprise_id", score=pl.lit(0, dtype=pl.Int64))
    with pytest.raises(ScoreError, match=r"1 enterprises have features but no score\. Run again"):
        assign_codes(rows, scores, policy=POLICY)


def test_a_rule_on_a_feature_that_does_not_exist_is_a_policy_error():
    rule = replace(POLICY.codes.rules[0], when=(Condition(feature="bad_luck", at_least=1),))
    policy = replace(POLICY, codes=replace(POLICY.codes, rules=(rule,)))
    rows = feature_rows({})
    with pytest.raises(PolicyError, match=r"tests bad_luck, which no feature is called\. Correct"):
        assign_codes(rows, rows.select("enterprise_id", score=pl.lit(0)), policy=policy)


def test_no_enterprises_give_no_codes():
    rows = feature_rows({}).clear()
    scores = rows.select("enterprise_id", score=pl.lit(0, dtype=pl.Int64))
    assert assign_codes(rows, scores, policy=POLICY).is_empty()


def test_a_condition_on_categories_holds_for_those_it_names():
    rule = replace(
        POLICY.codes.rules[0], when=(Condition(feature="sector", one_of=["fireworks", "explosive_dust"]),)
    )
    policy = replace(POLICY, codes=replace(POLICY.codes, rules=(rule,)))
    rows = feature_rows({"sector": "fireworks"}, {"sector": "general"}, {"sector": None})
    scores = rows.select("enterprise_id", score=pl.lit(0, dtype=pl.Int64))
    assert assign_codes(rows, scores, policy=policy)["code"].to_list() == ["red", "green", "green"]


@pytest.mark.parametrize(("width", "rated"), [(0, True), (500, True), (501, False)])
def test_a_rate_known_no_better_than_the_widest_interval_does_not_rate(width: int, rated: bool):
    assert POLICY.codes.sufficiency.widest_interval_permille == 500
    rows = feature_rows({}).with_columns(pl.Series(INTERVAL, [width], dtype=pl.Int64))
    coded = assign_codes(rows, rows.select("enterprise_id", score=pl.lit(0)), policy=POLICY).row(
        0, named=True
    )
    assert (coded["is_provisional"], coded["decided_by"]) == (not rated, "score" if rated else "unrated")


def test_without_a_limit_no_interval_is_too_wide():
    sufficiency = POLICY.codes.sufficiency.model_copy(update={"widest_interval_permille": None})
    policy = replace(POLICY, codes=replace(POLICY.codes, sufficiency=sufficiency))
    rows = feature_rows({}).with_columns(pl.lit(1000).alias(INTERVAL))
    assert not assign_codes(rows, rows.select("enterprise_id", score=pl.lit(0)), policy=policy)[
        "is_provisional"
    ].item()


def test_what_is_near_is_the_code_with_the_margin_on_top_and_never_better_than_the_code():
    limits, margin = POLICY.codes.thresholds, POLICY.codes.change.margin
    edges = {near for edge in limits for near in range(edge[1] - margin - 1, edge[1] + 2)}
    scores = (
        pl.DataFrame({"score": sorted(edges)})
        .with_row_index("n")
        .with_columns(enterprise_id=pl.format("e{}", pl.col("n") + 1))
    )
    plain, floored = (
        judge(feature_rows(*[features] * scores.height), scores, POLICY)
        .select("score", "rank", "near_rank")
        .unique()
        .sort("score")
        .rows()
        for features in ({}, {"overdue_rectifications": 1})
    )
    band = [sum(score >= edge for _, edge in limits) for score, _, _ in plain]
    assert [rank for _, rank, _ in plain] == band
    assert [near for _, _, near in plain] == [
        sum(s + margin >= edge for _, edge in limits) for s, _, _ in plain
    ]
    assert [near for _, _, near in floored] == [max(near, 2) for _, _, near in plain]


def test_where_no_rule_is_a_veto_nothing_binds_an_override():
    floors = tuple(rule for rule in POLICY.codes.rules if rule.kind != "veto")
    policy = replace(POLICY, codes=replace(POLICY.codes, rules=floors))
    rows = feature_rows({"open_major_hazards": 1, "overdue_rectifications": 1})
    said = judge(rows, rows.select("enterprise_id", score=pl.lit(0)), policy).row(0, named=True)
    assert (said["rank"], said["veto_rank"], said["decided_by"]) == (2, 0, "overdue_rectification")
