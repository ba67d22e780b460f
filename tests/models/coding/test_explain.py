"""Reasons: what decides comes first, points add up, and what ends by itself says when."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from models.coding.explain import REASON_SCHEMA, explain_codes, factor_texts
from tests.worlds.by_hand import AS_OF, POLICY, feature_rows


def _reasons(**features: Any) -> pl.DataFrame:
    rows = feature_rows(features)
    points = POLICY.scorecard.contributions(rows)
    return explain_codes(rows, points, as_of=AS_OF, policy=POLICY)


def _named(reasons: pl.DataFrame) -> list[str]:
    return reasons["factor"].to_list()


def test_a_green_enterprise_is_explained_by_its_band_first():
    reasons = _reasons()
    assert reasons.row(0, named=True) == {
        "enterprise_id": "e1",
        "rank": 1,
        "kind": "band",
        "factor": "band",
        "value": "-2",
        "points": 0,
        "code": "green",
        "expires_on": None,
    }
    # Employees unknown +1; severity mean 12 -1; last visit clean -1; report 100 days ago -1.
    points = {name: value for name, value in reasons.select("factor", "points").iter_rows() if value}
    assert points == {"employees": 1, "severity_mean": -1, "last_result": -1, "self_reports": -1}


def test_what_decides_comes_first_then_other_rules_then_points_then_the_band():
    reasons = _reasons(
        open_major_hazards=1,
        overdue_rectifications=1,
        unsettled_findings=1,
        repeat_items=1,
        severity_mean=20,
        last_result=1,
        days_since_self_report=200,
        employees=0,
    )
    assert _named(reasons) == [
        "open_major_hazard",  # the veto decides
        "overdue_rectification",  # yellow floor before blue floor
        "unsettled_findings",
        "overdue_rectifications",  # 5 points before 3
        "repeat_items",
        "band",
    ]
    assert reasons["points"].to_list() == [0, 0, 0, 5, 3, 0]
    assert reasons["code"].to_list() == ["red", "yellow", "blue", None, None, "blue"]


def test_where_the_score_decides_the_band_comes_first():
    reasons = _reasons(
        sector="fireworks", high_hazard=1, unsettled_findings=1, repeat_items=4, complaints_12m=4
    )
    assert reasons["code"][0] == "yellow"
    assert reasons["kind"].to_list()[:2] == ["band", "floor"]


def test_equal_points_are_ordered_by_name():
    reasons = _reasons(repeat_items=1, failed_rechecks_12m=1)
    tied = [name for name in _named(reasons) if name in ("repeat_items", "failed_rechecks")]
    assert tied == ["failed_rechecks", "repeat_items"]


def test_too_little_data_is_a_reason_with_its_number_of_visits():
    reasons = _reasons(inspections_24m=0, days_since_inspection=None, last_result=None)
    first = reasons.row(0, named=True)
    assert (first["kind"], first["value"], first["code"]) == ("unrated", "0", "blue")


def test_points_for_missing_data_are_shown_without_a_value():
    reasons = _reasons(days_since_inspection=None)
    never = reasons.filter(pl.col("factor") == "days_since_inspection").row(0, named=True)
    assert (never["value"], never["points"]) == (None, 4)


def test_a_reason_tells_the_datum_it_rests_on():
    reasons = _reasons(offline_days=9)
    assert set(reasons.filter(pl.col("value") == "9")["factor"]) == {"silent_sensors", "offline_days"}


@pytest.mark.parametrize(
    ("features", "rule", "expires_on"),
    [
        ({"fatal_accidents_12m": 1, "days_since_fatal_accident": 0}, "fatal_accident", date(2027, 7, 1)),
        ({"fatal_accidents_12m": 1, "days_since_fatal_accident": 365}, "fatal_accident", date(2026, 7, 1)),
        ({"major_accidents_36m": 1, "days_since_major_accident": 1096}, "major_accident", date(2026, 7, 1)),
        ({"days_since_accident": 30}, "recent_accident", date(2027, 6, 1)),
        ({"open_major_hazards": 1}, "open_major_hazard", None),
    ],
)
def test_a_rule_that_ends_by_itself_says_the_first_day_it_no_longer_holds(
    features: dict[str, Any], rule: str, expires_on: date | None
):
    reasons = _reasons(**features)
    assert reasons.filter(pl.col("factor") == rule)["expires_on"].to_list() == [expires_on]


def test_reasons_have_the_columns_and_types_promised():
    assert dict(_reasons(open_major_hazards=1).schema) == REASON_SCHEMA


def test_every_reason_has_a_text_in_both_languages_with_its_provenance():
    texts = factor_texts(POLICY)
    assert texts["factor"].is_unique().all()
    named = {rule.name for rule in POLICY.codes.rules} | {factor.name for factor in POLICY.scorecard.factors}
    assert named | {"band", "unrated", "held", "override"} == set(texts["factor"])
    for column in ("title_zh", "title_en", "basis", "reference"):
        assert (texts[column].str.len_chars() > 0).all(), column


def test_no_enterprises_give_no_reasons():
    none = feature_rows({}).clear()
    reasons = explain_codes(none, POLICY.scorecard.contributions(none), as_of=AS_OF, policy=POLICY)
    assert reasons.is_empty()
    assert dict(reasons.schema) == REASON_SCHEMA
