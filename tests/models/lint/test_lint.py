"""Lint: every fault that can be computed with and cannot be meant is found, and the packs at hand have no error."""

import pytest

from models.lint.faults import FAULTS
from models.lint.lint import has_errors, lint
from models.policy import Policy, load_policy, pack_names
from models.policy.loading import policy_from
from tests.worlds.packs import without_the_off_site_reading


def changed(*changes: tuple[str, str, str]) -> Policy:
    """The starter pack with passages of its files replaced."""
    texts = dict(load_policy().texts)
    for file, old, new in changes:
        assert old in texts[file], f"{file}.yaml no longer says {old!r}; correct the test"
        texts[file] = texts[file].replace(old, new, 1)
    return policy_from(texts)


def faults(policy: Policy) -> set[tuple[str, str]]:
    return {(one.fault, f"{one.file}.{one.field}") for one in lint(policy)}


RULE = """\
  - rule: {name}
    kind: floor
    title: {{zh: 试, en: Tried}}
    clearing: {{zh: 试, en: Tried}}
    check: {{zh: 试, en: Tried}}
    values:
      1990-01-01: {{basis: proposal, reference: "Made up for a test", value: {value}}}
"""


def with_rules(**rules: str) -> tuple[str, str, str]:
    """Further rules at the end of codes.yaml."""
    last = "when: [{feature: high_hazard, at_least: 1}, {feature: self_reports_12m, at_most: 0}]\n"
    return "codes", last, last + "".join(RULE.format(name=name, value=value) for name, value in rules.items())


@pytest.mark.parametrize("pack", pack_names())
def test_the_packs_that_come_along_have_no_error(pack: str) -> None:
    assert not has_errors(lint(load_policy(pack)))


def test_the_starter_pack_has_no_fault_at_all() -> None:
    assert lint(load_policy()) == ()


def test_faults_of_points_references_and_scales_are_found() -> None:
    found = faults(
        changed(
            ("scorecard", "{0: 0, 3: 1, 8: 2}", "{0: 0, 3: 0, 8: 0}"),
            ("scorecard", "{0: 0, 1: 1, 4: 2}", "{0: 0, 1: 2, 4: 1}"),
            ("scorecard", "{0: 0, 2: -1, 3: -2}", "{0: 0, 2: 1, 3: 2}"),
            ("scorecard", "a: -1, b: 0, c: 2, d: 6", "a: -1, b: 0, c: 2, e: 6"),
            ("scorecard", "feature: failed_rechecks_12m", "feature: failed_rechecks"),
            ("scorecard", "feature: employees", "feature: inspections_12m"),
            ("scorecard", "feature: complaints_12m", "feature: owner_type"),
            ("features", '"No rule found; one day"', '"待定"'),
            ("features", '"No rule found; a working half-day"', '"ours"'),
            (
                "features",
                "minor: 1, general: 2, serious: 5, critical: 10",
                "minor: 1, general: 6, serious: 5, critical: 10",
            ),
            ("features", "{upto_days: 30, weight: 3}", "{upto_days: 30, weight: 1}"),
            ("review", "民法典 art. 203: a period", "The civil code: a period"),
        )
    )
    assert found == {
        ("no_effect", "scorecard.slow_alerts.1990-01-01"),
        ("not_monotone", "scorecard.open_rectifications.1990-01-01"),
        ("wrong_direction", "scorecard.clean_streak.1990-01-01"),
        ("unknown_category", "scorecard.credit.1990-01-01"),
        ("unnamed_category", "scorecard.credit.1990-01-01"),
        ("unknown_feature", "scorecard.failed_rechecks"),
        ("forbidden_feature", "scorecard.employees"),
        ("inspector_or_owner", "scorecard.complaints"),
        ("placeholder", "features.unanswered_minutes.1990-01-01"),
        ("short_reference", "features.slow_minutes.1990-01-01"),
        ("graver_for_less", "features.severity_points.1990-01-01"),
        ("older_for_more", "features.alert_bands.1990-01-01"),
        ("law_without_article", "review.clock_rolls.1990-01-01"),
    }


def test_faults_of_cut_offs_rules_and_changes_are_found() -> None:
    found = faults(
        changed(
            ("codes", "value: {blue: 8, yellow: 18, red: 34}", "value: {blue: 8, yellow: 18, red: 1000}"),
            ("codes", "dwell_days: {red: 30,", "dwell_days: {red: 0,"),
            ("codes", "margin: 3", "margin: 10"),
            (
                "codes",
                "clearing: {zh: 接受一次现场检查, en: Admitting an inspection on site}",
                "clearing: {zh: 无, en: none}",
            ),
            ("codes", "days_since_accident, after_days: 366}", "days_since_accident, after_days: 30}"),
            with_rules(
                never="{code: red, when: [{feature: last_result, at_least: 6}]}",
                contradiction=(
                    "{code: red, when: [{feature: alert_points, at_least: 5}, {feature: alert_points, at_most: 4}]}"
                ),
                nobody="{code: red, when: [{feature: sector, one_of: [shipyard]}]}",
                milder="{code: blue, when: [{feature: overdue_rectifications, at_least: 2}]}",
                crew="{code: blue, when: [{feature: division, one_of: ['370102']}]}",
            ),
            (
                "caps",
                "- title: {zh: 一般企业, en: General}",
                "- {title: {zh: 小, en: Small}, standardisation: [level_1], most: 0}\n"
                "        - title: {zh: 一般企业, en: General}",
            ),
            (
                "features",
                '"No rule found; one day", value: 1440}',
                '"No rule found; one day", value: 1440}\n'
                '    2026-01-01: {basis: proposal, reference: "Said again", value: 1440}',
            ),
            (
                "planning",
                '  values:\n    1990-01-01:\n      basis: proposal\n      reference: "None assumed.',
                '  values:\n    2020-01-01:\n      basis: proposal\n      reference: "None assumed.',
            ),
        )
    )
    assert found == {
        ("unreachable", "codes.thresholds.red"),
        ("no_dwell", "codes.change.1990-01-01.dwell_days.red"),
        ("wide_margin", "codes.change.1990-01-01.margin"),
        ("no_way_out", "codes.refused_inspection.1990-01-01"),
        ("wrong_expiry", "codes.recent_accident.1990-01-01"),
        ("never_holds", "codes.never.1990-01-01"),
        ("never_holds", "codes.contradiction.1990-01-01"),
        ("never_holds", "codes.nobody.1990-01-01"),
        ("never_decides", "codes.milder"),
        ("inspector_or_owner", "codes.crew"),
        ("covered_cap", "caps.caps.1990-01-01.4"),
        ("cap_of_nothing", "caps.caps.1990-01-01.4"),
        ("says_the_same", "features.unanswered_minutes.2026-01-01"),
        ("gap", "planning.blackouts"),
    }


def test_a_score_that_is_never_green_and_a_name_for_numbers_are_found() -> None:
    found = faults(
        changed(
            ("codes", "value: {blue: 8, yellow: 18, red: 34}", "value: {blue: -99, yellow: 18, red: 34}"),
            ("scorecard", "points: {0: 0, 1: 3, 2: 6}", "points: {none: 0, some: 3}"),
        )
    )
    assert found == {
        ("never_green", "codes.thresholds.blue"),
        ("not_categories", "scorecard.failed_rechecks.1990-01-01"),
    }


def test_a_pack_that_does_not_say_what_off_site_checks_settle_is_told() -> None:
    before = without_the_off_site_reading(full="false")
    assert faults(before) == {("off_site_as_before", "codes.off_site_settles")}


def test_a_narrower_rule_that_is_named_first_decides_and_one_named_after_does_not() -> None:
    hazard = "{feature: open_major_hazards, at_least: 1}"
    assert faults(
        changed(with_rules(later=f"{{code: red, when: [{hazard}, {{feature: penalties_12m, at_least: 5}}]}}"))
    ) == {("never_decides", "codes.later")}


def test_every_fault_has_a_sentence_and_a_severity() -> None:
    assert all(message and severity in ("error", "warning") for message, severity in FAULTS.values())
