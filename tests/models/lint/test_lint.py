"""Lint: every fault that can be computed with and cannot be meant is found, and the packs at hand have no error."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from models.law import legal_texts, read_citation
from models.lint.faults import FAULTS
from models.lint.lint import has_errors, lint
from models.lint.references import catalogue_findings, history_findings
from models.policy import Policy, load_policy, pack_names
from models.policy.check_items import CATALOGUES, load_catalogue
from models.policy.loading import policy_from
from models.policy.shape import Dated
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


RED_VISIT = '"C3: 济南市应急管理局九条措施 §4.1, “红码”企业 5 个工作日内落实 1 次专项执法检查"'


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
            ("codes", f"policy\n      reference: {RED_VISIT}", 'policy\n      reference: "Everybody knows"'),
            ("codes", '      cites: ["济南市应急管理局九条措施 4.1"]\n', ""),
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
        ("no_source", "codes.red_visit_working_days.2025-01-01"),
    }


def test_faults_of_cut_offs_rules_and_changes_are_found() -> None:
    found = faults(
        changed(
            ("codes", "value: {blue: 15, yellow: 25, red: 42}", "value: {blue: 15, yellow: 25, red: 1000}"),
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
                "  values:\n    1990-01-01:\n      basis: proposal\n      cites: [交口县企业安静期]",
                "  values:\n    2020-01-01:\n      basis: proposal\n      cites: [交口县企业安静期]",
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
            ("codes", "value: {blue: 15, yellow: 25, red: 42}", "value: {blue: -99, yellow: 25, red: 42}"),
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


# ---- the texts that values rest on ---------------------------------------------------------------------

NINE, MINES, QINGDAO = (
    "济南市应急管理局九条措施 2.3",
    "矿安〔2022〕88号 underground (7)",
    "青岛市应急管理涉企行政检查管理办法",
)
RESTING = {
    "2021-09-01 law 安全生产法 41": "",
    "2021-08-31 law 安全生产法 41": "too_early",
    f"2025-01-01 policy {NINE}": "",
    f"2024-12-31 policy {NINE}": "too_early",
    "2020-01-01 unverified 令第15号": "after_its_end",
    "2020-01-01 proposal 令第15号, 令第18号": "",
    "2020-01-01 law 危险化学品安全管理条例 20": "has_successor",
    "2026-09-30 law AQ 3067-2026 5.5.3": "not_read",
    "2026-09-30 unverified AQ 3067-2026 5.5.3": "",
    "2026-09-30 law AQ 3067-2026 5.5.3, 安全生产法 36": "",
    f"2022-09-01 law {MINES}": "not_binding",
    f"2022-09-01 policy {MINES}": "",
    f"2025-06-20 policy {QINGDAO}": "not_of_an_authority",
    "2025-06-20 policy 某区企业分级规则": "not_of_an_authority undated_text",
    "2026-01-01 policy 某应急发〔2026〕1号 3": "unknown_text",
    "2026-01-01 policy 某局会议纪要": "unknown_text no_source",
}
"""Day, basis and citations of a value, and what is wrong with it."""


def resting(*values: str) -> set[tuple[str, str]]:
    """Faults of a value that rests on something on some days."""
    told = {
        date.fromisoformat(day): {
            "basis": by,
            "cites": on.split(", "),
            "reference": "A made-up notice",
            "value": 1,
        }
        for day, by, on in (value.split(" ", 2) for value in values)
    }
    history = Dated[int].model_validate({"values": told})
    return {
        (one.fault, one.field.removeprefix("slow.")) for one in history_findings("features", "slow", history)
    }


@pytest.mark.parametrize("value", RESTING, ids=str)
def test_a_value_rests_on_texts_that_were_read_and_hold_on_its_day(value: str) -> None:
    assert resting(value) == {(fault, value.split()[0]) for fault in RESTING[value].split()}


def test_a_value_ends_with_its_text_on_the_very_day() -> None:
    old = "2020-01-01 unverified 令第15号"
    assert resting(old, "2026-02-01 policy 令第18号") == set()
    assert resting(old, "2026-02-02 policy 令第18号") == {("after_its_end", "2020-01-01")}
    until = "2020-01-01 law 危险化学品安全管理条例 20"
    assert resting(until, "2026-05-01 law 危险化学品安全法 37") == set()
    assert resting(until, "2026-05-02 law 危险化学品安全法 37") == {("has_successor", "2020-01-01")}


def test_a_part_of_a_value_is_judged_by_what_it_rests_on_itself() -> None:
    part = "parts: {weights: {basis: law, cites: [山东省安全生产条例 43]}}"
    policy = changed(("planning", "      value: &draw", f"      {part}\n      value: &draw"))
    assert faults(policy) == {("too_early", "planning.draw.1990-01-01.weights")}


def test_every_fault_of_sources_is_shown_by_a_value() -> None:
    ours = list(FAULTS)[list(FAULTS).index("no_source") : list(FAULTS).index("inspector_or_owner")]
    assert set(ours) == {fault for found in RESTING.values() for fault in found.split()}


def test_the_check_items_that_come_along_have_no_fault() -> None:
    assert catalogue_findings(load_catalogue()) == ()


def test_items_to_check_are_judged_by_the_same_laws(tmp_path: Path) -> None:
    folder = tmp_path / "starter"
    folder.mkdir()
    shutil.copy(CATALOGUES / "starter" / "catalogue.yaml", folder)
    (folder / "fireworks.yaml").write_text(ITEM, encoding="utf-8")
    [found] = catalogue_findings(load_catalogue("starter", folder=tmp_path))
    assert (found.fault, found.file, found.field) == (
        "too_early",
        "catalogues/starter/fireworks",
        "FW-01.2021-08-31",
    )


ITEM = """\
sectors: [fireworks]
items:
  - item: FW-01
    title: {zh: 试, en: Tried}
    look: {zh: 试, en: Tried}
    values:
      2021-08-31: {basis: law, is_major: false, cites: [安全生产法 30]}
"""


def test_the_register_knows_every_name_once_and_every_successor() -> None:
    texts = legal_texts()
    names = [name for text in texts.values() for name in (text.name, *text.also)]
    assert len(names) == len(set(names))
    assert {after for text in texts.values() for after in text.successors} <= set(texts)
    for text in texts.values():
        for after in map(texts.__getitem__, text.successors):
            assert text.until is None or after.start is None or text.until < after.start


def test_a_citation_names_the_longest_text_it_can() -> None:
    law, order, nothing = (
        read_citation(said) for said in ("安全生产法 65(1)3", "令第10号", "某局会议纪要 2")
    )
    assert law.text and (law.text.name, law.clause) == ("安全生产法", "65(1)3")
    assert order.text and (order.text.name, order.clause) == ("令第10号", "")
    assert nothing.text is None
