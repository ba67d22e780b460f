"""Packs: every number has a day and a source, and a pack that is not sound is refused with a next step."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.errors import PolicyError, PolicyGapError
from models.features import CATALOGUE
from models.policy import load_policy, pack_names
from models.policy.loading import CODING_FILES, PACKS, content_hash, policy_from
from models.vocabulary import CODE_LISTS
from tests.worlds.packs import ChangedPack, without_the_off_site_reading

FILES = ("features", "scorecard", "codes", "planning", "caps", "review", "desk")
SCALE = "{minor: 1, general: 2, serious: 5, critical: 10, ungraded: 2}"
UNANSWERED = '{basis: proposal, reference: "No rule found; one day", value: 1440}'
DAY_OF_UNANSWERED = f"1990-01-01: {UNANSWERED}"


def _raw(pack: str, file: str) -> Any:
    return yaml.safe_load((PACKS / pack / f"{file}.yaml").read_text(encoding="utf-8"))


def _dated(node: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Every block of dated values below a node, with its place."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "values":
                yield where, value
            else:
                yield from _dated(value, f"{where}.{key}")
    if isinstance(node, list):
        for n, value in enumerate(node):
            yield from _dated(value, f"{where}[{n}]")


def _numbers_without_a_day(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return [
            number
            for key, value in node.items()
            if key != "values"
            for number in _numbers_without_a_day(value)
        ]
    if isinstance(node, list):
        return [number for each in node for number in _numbers_without_a_day(each)]
    return [node] if isinstance(node, int | float) else []


PLACES = [(pack, file) for pack in pack_names() for file in FILES if (PACKS / pack / f"{file}.yaml").exists()]


@pytest.mark.parametrize(("pack", "file"), PLACES)
def test_every_value_of_every_pack_has_a_day_a_basis_and_a_reference(pack: str, file: str):
    raw = _raw(pack, file)
    blocks = list(_dated(raw, file))
    assert blocks
    for where, values in blocks:
        for day, value in values.items():
            assert type(day) is date, where
            assert value["basis"] in ("law", "policy", "proposal", "unverified"), where
            assert len(value["reference"].strip()) > 5, where
    assert _numbers_without_a_day(raw) == []


@pytest.mark.parametrize("pack", pack_names())
def test_a_pack_only_tests_features_that_exist(pack: str):
    policy = load_policy(pack).on(date(2026, 6, 30))
    tested = {condition.feature for rule in policy.codes.rules for condition in rule.when}
    tested |= {rule.expires.days_since for rule in policy.codes.rules if rule.expires}
    tested |= {condition.feature for group in policy.codes.sufficiency.any_of for condition in group}
    assert tested | set(policy.scorecard.features) <= set(CATALOGUE.names)


@pytest.mark.parametrize("pack", pack_names())
def test_a_factor_of_categories_names_every_category_of_its_list(pack: str):
    lists = {codes.name: set(codes.keys) for codes in CODE_LISTS}
    for factor in load_policy(pack).on(date(2026, 6, 30)).scorecard.factors:
        if not factor.is_numeric:
            assert set(factor.points) == lists[factor.feature], factor.name


def test_the_day_before_the_first_value_is_a_gap_with_a_next_step():
    first = date(1990, 1, 1)
    assert load_policy().on(first).codes.thresholds.red == 42
    with pytest.raises(
        PolicyGapError, match=r"no \w+ for 1989-12-31; .* starts 1990-01-01\. Add a dated value"
    ):
        load_policy().on(first - timedelta(days=1))


def test_a_rule_that_starts_later_decides_nothing_before(changed_pack: ChangedPack):
    old = '      1990-01-01:\n        basis: proposal\n        reference: "District rule seen'
    policy = changed_pack("codes", old, old.replace("1990-01-01", "2025-01-01"))
    names = [
        {rule.name for rule in policy.on(day).codes.rules} for day in (date(2024, 12, 31), date(2025, 1, 1))
    ]
    assert names[1] - names[0] == {"serious_injuries"}


def test_a_factor_that_starts_later_leaves_a_gap_before(changed_pack: ChangedPack):
    old = '      1990-01-01:\n        basis: proposal\n        reference: "安全生产法 art. 78'
    policy = changed_pack("scorecard", old, old.replace("1990-01-01", "2025-01-01"))
    assert policy.on(date(2025, 1, 1))
    with pytest.raises(PolicyGapError, match=r"for 2024-12-31; its first value starts 2025-01-01\. Add"):
        policy.on(date(2024, 12, 31))


def test_a_dated_value_switches_on_its_day(changed_pack: ChangedPack):
    later = '2026-01-01: {basis: policy, reference: "A made-up notice", value: 720}'
    policy = changed_pack("features", DAY_OF_UNANSWERED, f"{DAY_OF_UNANSWERED}\n    {later}")
    minutes = [
        policy.on(day).features.unanswered_minutes
        for day in (date(2025, 12, 31), date(2026, 1, 1), date(2040, 1, 1))
    ]
    assert minutes == [1440, 720, 720]


def test_the_hash_changes_with_a_number(changed_pack: ChangedPack):
    assert changed_pack("features", "value: 1440", "value: 1441").hash != load_policy().hash


def test_the_hash_does_not_change_with_a_comment(changed_pack: ChangedPack):
    commented = changed_pack("features", "unanswered_minutes:", "# A remark.\nunanswered_minutes:")
    assert commented.hash == load_policy().hash


def _anchored(text: str) -> str:
    """The same YAML with what it says twice written once."""
    met = dict[str, Any]()

    def shared(node: Any) -> Any:
        if isinstance(node, dict):
            node = {key: shared(value) for key, value in node.items()}
        elif isinstance(node, list):
            node = [shared(value) for value in node]
        else:
            return node
        return met.setdefault(repr(node), node)

    return yaml.safe_dump(shared(yaml.safe_load(text)), allow_unicode=True)


@pytest.mark.parametrize("write", [str, _anchored])
def test_the_hash_is_that_of_everything_in_one_text(write: Callable[[str], str]):
    texts = {name: write(text) for name, text in load_policy().texts.items()}
    assert write is str or sum("&id001" in text for text in texts.values()) > 1
    read = policy_from(texts)
    raw = {name: yaml.safe_load(text) for name, text in texts.items()}
    assert read.content_hash == content_hash(raw)
    assert read.hash == content_hash({name: raw[name] for name in CODING_FILES})


def test_a_pack_read_twice_is_read_the_same():
    assert load_policy().on(date(2026, 6, 30)) == load_policy().on(date(2026, 6, 30))
    assert load_policy().on(date(2026, 6, 30)).pack_hash == load_policy().hash


def test_bands_may_be_listed_in_any_order(changed_pack: ChangedPack):
    old = "- {upto_days: 182, weight: 3}\n        - {upto_days: 365, weight: 2}"
    new = "- {upto_days: 365, weight: 2}\n        - {upto_days: 182, weight: 3}"
    bands = changed_pack("features", old, new).on(date(2026, 6, 30)).features.violation_bands
    assert bands == ((182, 3), (365, 2), (730, 1))


OFF_SITE = "off_site_settles"


@pytest.mark.parametrize(("full", "more"), [("false", set[str]()), ("true", {"annual_full"})])
def test_a_pack_of_before_reads_off_site_checks_as_it_did(full: str, more: set[str]):
    """Packs kept in a warehouse lack the value and have a switch instead."""
    before = without_the_off_site_reading(full=full).on(date(2026, 6, 30))
    settled = {"refusal", "clean_visit", "sufficiency", *more}
    assert before.features.off_site_settles == before.planning.off_site_settles == settled
    today = load_policy().on(date(2026, 6, 30))
    assert today.features.off_site_settles == today.planning.off_site_settles == set()
    assert OFF_SITE in today.codes.provenance and OFF_SITE not in before.codes.provenance


def test_what_off_site_checks_settle_may_change_from_a_day_on(changed_pack: ChangedPack):
    policy = changed_pack(
        "codes",
        "value: []\n",
        'value: []\n    2027-01-01: {basis: policy, reference: "Made up", value: [red_visit]}\n',
    )
    days = (date(2026, 12, 31), date(2027, 1, 1))
    assert [policy.on(day).planning.off_site_settles for day in days] == [set(), {"red_visit"}]
    assert date(2027, 1, 1) in policy.changes_between(*days)


# ---- refused -------------------------------------------------------------------------------------------

REFUSED = {
    "a day that stands twice": (
        "features",
        UNANSWERED,
        f"{UNANSWERED}\n    {DAY_OF_UNANSWERED}",
        "1990-01-01 stands twice",
    ),
    "a bin that stands twice": ("scorecard", "{0: 0, 1: 3, 3: 5}", "{0: 0, 1: 3, 1: 5}", "1 stands twice"),
    "a setting that stands twice": ("codes", "rules:\n", "rules: []\nrules:\n", "rules stands twice"),
    "no reference": ("features", UNANSWERED, "{basis: proposal, value: 1440}", "reference: Field required"),
    "an empty reference": ("features", '"No rule found; one day"', '""', "reference: .*at least 1"),
    "no basis": (
        "features",
        '{basis: proposal, reference: "No rule found; one day"',
        '{reference: "x"',
        "basis",
    ),
    "a basis of its own": (
        "features",
        '{basis: proposal, reference: "No rule',
        '{basis: habit, reference: "No rule',
        "basis",
    ),
    "an unknown field": ("features", "value: 1440", "value: 1440, unit: minutes", "unit: Extra inputs"),
    "an unknown setting": ("features", "slow_minutes:", "snail_minutes:", "slow_minutes: Field required"),
    "a value without a day": (
        "features",
        '1990-01-01: {basis: proposal, reference: "No',
        'always: {basis: proposal, reference: "No',
        "always",
    ),
    "a severity without points": (
        "features",
        SCALE,
        "{minor: 1}",
        "severity_points from 1990-01-01 must name exactly",
    ),
    "an alert level without points": (
        "features",
        "yellow: 2, blue: 1}",
        "yellow: 2}",
        "alert_points from 1990-01-01 must name exactly",
    ),
    "thresholds out of order": ("codes", "blue: 15, yellow: 25", "blue: 25, yellow: 25", "must ascend"),
    "a condition that says nothing": (
        "codes",
        "{feature: open_major_hazards, at_least: 1}",
        "{feature: open_major_hazards}",
        "needs at_least",
    ),
    "a rule that gives green": ("codes", "{code: blue, when", "{code: green, when", "code"),
    "GREEN for the unrated": (
        "codes",
        "provisional_floor: blue",
        "provisional_floor: green",
        "provisional_floor",
    ),
    "what an off-site check cannot settle": (
        "codes",
        "value: []\n",
        "value: [accident]\n",
        "off_site_settles",
    ),
    "off-site checks said twice": (
        "planning",
        "off_plan_counts_in_cap: false",
        "off_plan_counts_in_cap: false, off_site_satisfies_annual: false",
        "off_site_settles of codes.yaml",
    ),
    "a fractional point": ("scorecard", "{0: 0, 1: 3, 3: 5}", "{0: 0, 1: 3, 3: 5.5}", "points"),
    "a negative weight": ("features", "upto_days: 182, weight: 3", "upto_days: 182, weight: -3", "weight"),
    "a part its value does not have": (
        "planning",
        "        weights:\n",
        "        weight:\n",
        "weight is no part of the",
    ),
    "a part of a number": (
        "codes",
        "      value: 5\n",
        "      value: 5\n      parts: {days: {basis: proposal, reference: Ours}}\n",
        "its parts: none",
    ),
    "text that is not YAML": ("codes", "rules:\n", "rules: ]\n", "codes.yaml"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_pack_is_refused_for(changed_pack: ChangedPack, case: str):
    file, old, new, message = REFUSED[case]
    with pytest.raises(PolicyError, match=f"(?s){file}.yaml.*{message}"):
        changed_pack(file, old, new)


QUIET_MISTAKES = {
    "a severity without points in the mean": (
        "features",
        f"points: {SCALE}",
        "points: {minor: 1}",
    ),
    "a day that does not exist": ("features", DAY_OF_UNANSWERED, f"1990-13-01: {UNANSWERED}"),
    "one day written in two ways": (
        "features",
        DAY_OF_UNANSWERED,
        f"{DAY_OF_UNANSWERED}\n    '1990-01-01': {UNANSWERED}",
    ),
    "two bands up to one day": (
        "features",
        "upto_days: 365, weight: 2}\n        - {upto_days: 730",
        "upto_days: 182, weight: 2}\n        - {upto_days: 730",
    ),
    "two rules of one name": ("codes", "rule: major_accident", "rule: open_major_hazard"),
    "a rule called score": ("codes", "rule: major_accident", "rule: score"),
    "two factors of one name": ("scorecard", "factor: credit", "factor: sector"),
    "a factor called score": ("scorecard", "factor: credit", "factor: score"),
    "no bins": ("scorecard", "points: {0: 0, 1: 3, 3: 5}", "points: {}"),
    "a blank reference": ("features", '"No rule found; one day"', '"   "'),
}


@pytest.mark.parametrize("case", QUIET_MISTAKES, ids=str)
def test_a_pack_is_refused_when_read_rather_than_when_used_for(changed_pack: ChangedPack, case: str):
    with pytest.raises(PolicyError):
        changed_pack(*QUIET_MISTAKES[case])


STILL_OPEN = {
    "one day of a rule written in two ways": (
        "codes",
        '      1990-01-01:\n        basis: proposal\n        reference: "P8: overdue',
        "      '1990-01-01': {basis: law, reference: elsewhere, value: "
        "{code: blue, when: [{feature: high_hazard, at_least: 1}]}}\n"
        '      1990-01-01:\n        basis: proposal\n        reference: "P8: overdue',
    ),
    "a set of conditions without any, which everyone would meet": (
        "codes",
        "- [{feature: inspections_24m, at_least: 2}]",
        "- []",
    ),
    "a condition on none of the categories": (
        "codes",
        "{feature: open_major_hazards, at_least: 1}",
        "{feature: open_major_hazards, one_of: []}",
    ),
}


@pytest.mark.parametrize("case", STILL_OPEN, ids=str)
def test_a_pack_should_be_refused_too_for(changed_pack: ChangedPack, case: str):
    with pytest.raises(PolicyError):
        changed_pack(*STILL_OPEN[case])


def test_an_unknown_pack_is_answered_with_the_known_ones(tmp_path: Path):
    with pytest.raises(PolicyError, match=r"no policy pack 'jinan'; known packs: .*starter"):
        load_policy("jinan")


def test_a_pack_without_one_of_its_files_is_refused(tmp_path: Path):
    shutil.copytree(PACKS / "starter", tmp_path / "starter")
    (tmp_path / "starter" / "codes.yaml").unlink()
    with pytest.raises(PolicyError, match=r"codes\.yaml"):
        load_policy("starter", folder=tmp_path)


def test_a_whole_pack_written_before_there_was_a_desk_has_the_starter_packs_and_keeps_its_hash(
    tmp_path: Path,
):
    shutil.copytree(PACKS / "starter", tmp_path / "older")
    (tmp_path / "older" / "desk.yaml").unlink()
    older, starter = load_policy("older", folder=tmp_path), load_policy("starter")
    assert older.on(date(2026, 6, 30)).desk == starter.on(date(2026, 6, 30)).desk
    assert "desk" not in older.texts
    assert policy_from(older.texts).content_hash == older.content_hash != starter.content_hash
    assert older.hash == starter.hash


def test_an_emergency_is_filed_within_one_working_day_by_policy_and_looked_at_again_within_ten_days_by_proposal():
    file = load_policy("starter").files.desk
    day = date(2026, 6, 30)
    emergency, recheck = file.emergency.on(day, name="emergency"), file.recheck.on(day, name="recheck")
    assert (emergency.basis, emergency.value.file_within_working_days) == ("policy", 1)
    assert (recheck.basis, recheck.value.within_days) == ("proposal", 10)
