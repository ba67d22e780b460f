"""Reasons: what decides comes first, points add up, and what ends by itself says when."""

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from models.coding.explain import REASON_SCHEMA, explain_codes, factor_texts
from models.policy.shape import DatedValue, Provenance
from models.vocabulary import REASON
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
        "value": "-3",
        "points": 0,
        "code": "green",
        "expires_on": None,
    }
    # Employees unknown +1; severity mean 12 -2; last visit clean -1; report 100 days ago -1.
    points = {name: value for name, value in reasons.select("factor", "points").iter_rows() if value}
    assert points == {"employees": 1, "severity_mean": -2, "last_result": -1, "self_reports": -1}


def test_what_decides_comes_first_then_other_rules_then_points_then_the_band():
    reasons = _reasons(
        open_major_hazards=1,
        overdue_rectifications=4,
        unsettled_findings=1,
        repeat_items=4,
        severity_mean=20,
        last_result=1,
        days_since_self_report=200,
        employees=0,
    )
    assert _named(reasons) == [
        "open_major_hazard",  # the veto decides
        "overdue_rectification",  # yellow floor before blue floor
        "unsettled_findings",
        "overdue_rectifications",  # 11 points before 4
        "repeat_items",
        "band",
    ]
    assert reasons["points"].to_list() == [0, 0, 0, 11, 4, 0]
    assert reasons["code"].to_list() == ["red", "yellow", "blue", None, None, "blue"]


def test_where_the_score_decides_the_band_comes_first():
    reasons = _reasons(
        sector="fireworks", high_hazard=1, unsettled_findings=1, violations_60m=64, complaints_12m=4
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
    assert (never["value"], never["points"]) == (None, 3)


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
        assert (texts[column].fill_null("").str.len_chars() > 0).all(), column


def test_the_texts_of_a_reason_are_those_of_the_pack():
    texts = {text.pop("factor"): text for text in factor_texts(POLICY).rows(named=True)}
    for one in POLICY.scorecard.factors:
        told = texts[one.name]
        assert told.pop("kind") == "points"
        assert (told.pop("clearing_zh"), told.pop("clearing_en")) == ("", "")
        assert told == {name: getattr(one, name) for name in told}
    codes = POLICY.codes
    sources = codes.provenance
    for name, kind, title, clearing, check, source in (
        *((r.name, r.kind, r.title, r.clearing, r.check, r.provenance) for r in codes.rules),
        (
            "unrated",
            "unrated",
            codes.sufficiency_title,
            codes.sufficiency_clearing,
            None,
            sources["sufficiency"],
        ),
        ("held", "held", codes.change_title, codes.change_clearing, None, sources["change"]),
    ):
        assert texts[name] == {
            "kind": kind,
            "title_zh": title.zh,
            "title_en": title.en,
            "basis": source.basis,
            "reference": source.reference,
            "check_zh": check.zh if check else "",
            "check_en": check.en if check else "",
            "clearing_zh": clearing.zh,
            "clearing_en": clearing.en,
        }


def test_a_rule_that_rests_on_law_in_part_is_called_a_proposal_and_says_which_part_is_one():
    ours = Provenance(basis="proposal", reference="RED is ours")
    told = DatedValue[dict[str, int]].model_validate(
        {"basis": "law", "cites": ["安全生产法 66"], "value": {"code": 1, "when": 2}, "parts": {"code": ours}}
    )
    rule = replace(POLICY.codes.rules[0], provenance=told)
    policy = replace(POLICY, codes=replace(POLICY.codes, rules=(rule,)))
    [text] = factor_texts(policy).filter(pl.col("factor") == rule.name).rows(named=True)
    assert (text["basis"], text["reference"]) == ("proposal", "安全生产法 66; `code` (proposal): RED is ours")


def test_the_band_names_the_cut_offs_and_where_they_come_from():
    limits, source = POLICY.codes.thresholds, POLICY.codes.provenance["thresholds"]
    band, override = (
        factor_texts(POLICY).row(by_predicate=pl.col("factor") == name, named=True)
        for name in ("band", "override")
    )
    assert (band["kind"], band["basis"], band["reference"]) == ("band", source.basis, source.reference)
    spoken = f"BLUE {limits.blue}+, YELLOW {limits.yellow}+, RED {limits.red}+"
    assert (band["title_zh"], band["title_en"]) == (
        REASON.zh("band").format(limits=spoken),
        REASON.labels["band"].format(limits=spoken),
    )
    assert (override["kind"], override["basis"]) == ("override", "proposal")
    assert (override["title_zh"], override["title_en"]) == (REASON.zh("override"), REASON.labels["override"])
    assert [told[name] for told in (band, override) for name in ("check_zh", "check_en", "clearing_zh")] == [
        ""
    ] * 6


def _shown(code: str, by: str, ends: list[tuple[str, date]] = (), **features: Any) -> list[dict[str, Any]]:  # type: ignore[assignment]
    rows = feature_rows(features)
    given = pl.DataFrame({"enterprise_id": ["e1"], "code": [code], "decided_by": [by]})
    told = [("e1", factor, day) for factor, day in ends]
    schema = {"enterprise_id": pl.String, "factor": pl.String, "expires_on": pl.Date}
    return explain_codes(
        rows,
        POLICY.scorecard.contributions(rows),
        as_of=AS_OF,
        policy=POLICY,
        given=given,
        ends=pl.DataFrame(told, schema=schema, orient="row"),
    ).rows(named=True)


@pytest.mark.parametrize("by", ["held", "override"])
def test_where_time_or_a_person_decides_that_comes_first_with_what_the_facts_say(by: str):
    first, *others = _shown("yellow", by, unsettled_findings=1)
    assert (first["kind"], first["factor"], first["value"], first["code"]) == (by, by, "blue", "yellow")
    assert (first["rank"], first["points"], first["expires_on"]) == (1, 0, None)
    assert by not in [reason["kind"] for reason in others]
    assert [reason["rank"] for reason in others] == list(range(2, len(others) + 2))


def test_where_the_facts_decide_nothing_else_is_named():
    assert {"held", "override"} & {
        r["kind"] for r in _shown("blue", "unsettled_findings", unsettled_findings=1)
    } == set()


def test_a_reason_ends_on_its_own_day_else_on_the_day_foretold():
    foretold, other = date(2026, 9, 9), date(2026, 8, 8)
    ends = [("held", foretold), ("repeat_items", other), ("recent_accident", other)]
    told = _shown("red", "held", ends, days_since_accident=30, repeat_items=1, unsettled_findings=1)
    days = {reason["factor"]: reason["expires_on"] for reason in told}
    assert days["held"] == foretold
    assert days["repeat_items"] == other
    assert days["recent_accident"] == date(2027, 6, 1)
    assert days["unsettled_findings"] is None


def test_no_enterprises_give_no_reasons():
    none = feature_rows({}).clear()
    reasons = explain_codes(none, POLICY.scorecard.contributions(none), as_of=AS_OF, policy=POLICY)
    assert reasons.is_empty()
    assert dict(reasons.schema) == REASON_SCHEMA
