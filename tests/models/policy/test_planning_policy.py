"""Packs that contradict themselves are refused with file and next step; bad input never stops the planner."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models.errors import PolicyError, PolicyGapError
from models.planning.certificate import certificate
from models.planning.floors import floors
from models.planning.plan import SCHEDULED, SHORT, Plan, make_plan
from models.planning.situation import Situation
from models.policy import CHANNELS, load_policy, pack_names
from tests.worlds.packs import ChangedPack
from tests.worlds.plans import POLICY, officers, situation

AS_OF = date(2026, 6, 30)
ORDER = "[red_overdue, red, immediate, recheck, hazard_source, annual_full, department, random, audit]"
LAST_CAP = """        - title: {zh: 一般企业, en: General}
          most: 2
"""
IMMEDIATE = "{quarter_days: 2, within_working_days: 5, off_plan: true"
NO_QUIET_DAYS = """reference: "None assumed. Many cities publish quiet days (企业安静期); put them here"
      value: []"""
QUIET_DAYS = """reference: "A made-up notice"
      value: [{first: 2026-07-10, last: 2026-07-01, title: {zh: 安静期, en: quiet days}}]"""

REFUSED = {
    "a precedence without a channel": ("planning", ORDER, ORDER.replace(", audit", ""), "must order exactly"),
    "a precedence with one channel twice": ("planning", ORDER, ORDER.replace("audit", "red"), "must order exactly"),
    "a channel the planner does not know": (
        "planning",
        "channel: audit",
        "channel: surprise",
        "channels must be exactly .*audit",
    ),
    "an immediate visit without a deadline": (
        "planning",
        IMMEDIATE,
        "{quarter_days: 2, off_plan: true",
        "immediate from 1990-01-01 is urgent but has no deadline",
    ),
    "an immediate visit that would be announced": (
        "planning",
        f"{IMMEDIATE}, spares_green: false, yields_to_superior: false, keeps_gap: false, "
        "off_site_first: false, is_published: false",
        f"{IMMEDIATE}, spares_green: false, yields_to_superior: false, keeps_gap: false, "
        "off_site_first: false, is_published: true",
        "immediate from 1990-01-01 would be announced",
    ),
    "a visit of three quarter-days": ("planning", "{quarter_days: 1,", "{quarter_days: 3,", "quarter_days"),
    "caps that leave somebody out": ("caps", LAST_CAP, "", "need a last row for everybody else"),
    "no caps at all": ("caps", "      value:\n", "      value: []\n      remark:\n", "remark"),
    "caps of a sector that does not exist": ("caps", "[non_coal_mine,", "[coal_mine,", "unknown sector coal_mine"),
    "caps of a code that does not exist": (
        "caps",
        LAST_CAP,
        f"{LAST_CAP.replace('most: 2', 'codes: [orange]')}          most: 1\n{LAST_CAP}",
        "unknown code orange; known",
    ),
    "a negative cap": ("caps", "most: 4", "most: -1", "most"),
    "shares that leave no day for inspections": (
        "planning",
        "other_enforcement_permille: 454, non_enforcement_permille: 367",
        "other_enforcement_permille: 600, non_enforcement_permille: 400",
        "leave no day for inspections",
    ),
    "quiet days that end before they begin": ("planning", NO_QUIET_DAYS, QUIET_DAYS, "ends before it begins"),
    "a negative weight": ("planning", "{red: 2, yellow: 2,", "{red: -2, yellow: 2,", "must not be negative"),
    "a weight for no code": ("planning", "{red: 2, yellow: 2,", "{red: 2, orange: 2,", "must name red, yellow"),
    "filing further ahead than planning": (
        "planning",
        "filed_working_days: 2",
        "filed_working_days: 11",
        "files visits further ahead than it plans",
    ),
    "a crew of one": ("planning", "{officers: 2, technical: 1", "{officers: 1, technical: 1", "officers"),
    "a form of lending nobody knows": ("planning", "[regional, ", "[provincial, ", "forms"),
    "a default level that does not exist": ("planning", "default_level: district", "default_level: x", "default_level"),
    "full coverage by a kind that does not exist": (
        "planning",
        "value: [annual_full]",
        "value: [annual]",
        "annual_satisfied_by from 1990-01-01: unknown inspection kind annual; known",
    ),
    "an alert level that does not exist": (
        "planning",
        "alert_levels: [red]",
        "alert_levels: [purple]",
        "immediate from 1990-01-01: unknown alert level purple",
    ),
    "a result that does not exist": (
        "planning",
        "results: [stopped]",
        "results: [halted]",
        "recheck from 1990-01-01: unknown inspection result halted",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_pack_is_refused_with_file_and_next_step_for(changed_pack: ChangedPack, case: str):
    file, old, new, message = REFUSED[case]
    with pytest.raises(PolicyError, match=f"(?s){file}.yaml.*{message}.*Correct the pack"):
        changed_pack(file, old, new)


def test_precedence_is_the_order_of_the_channels_of_a_day():
    assert tuple(POLICY.channels) == CHANNELS
    assert [one.rank for one in POLICY.channels.values()] == list(range(len(CHANNELS)))


# ---- packs that change another -------------------------------------------------------------------------


@pytest.mark.parametrize(("pack", "day"), [("shanxi", AS_OF), ("longyan", date(2025, 6, 30))], ids=str)
def test_a_pack_that_extends_another_changes_the_caps_and_inherits_the_rest(pack: str, day: date):
    own, starter = load_policy(pack).on(day), load_policy().on(day)
    assert own.planning.caps != starter.planning.caps
    assert own.planning.channels == starter.planning.channels
    assert (own.scorecard.factors, own.codes, own.features) == (
        starter.scorecard.factors,
        starter.codes,
        starter.features,
    )


def test_every_pack_has_a_hash_of_its_own():
    assert len({load_policy(pack).hash for pack in pack_names()}) == len(pack_names())


def test_after_the_plan_of_a_year_has_ended_the_caps_are_those_of_the_starter_pack_and_a_proposal():
    last, next_year = (
        load_policy("longyan").on(day).planning for day in (date(2025, 12, 31), date(2026, 1, 1))
    )
    assert last.provenance["caps"].basis == "policy" and [row.most for row in last.caps] == [2]
    assert next_year.provenance["caps"].basis == "proposal"
    assert next_year.caps == load_policy().on(AS_OF).planning.caps


def test_shanxi_says_of_each_class_whether_its_list_names_it():
    [caps] = load_policy("shanxi").files.caps.caps.values.values()
    named = {str(at): row for at, row in enumerate(caps.value, 1)}
    fireworks = [at for at, row in named.items() if row.sectors == ["fireworks"]]
    assert [named[at].most for at in fireworks] == [2, 4]
    assert {caps.in_parts[at].basis for at in fireworks} == {"proposal"}
    assert all(caps.in_parts[str(len(named))].reference == caps.in_parts[at].reference for at in fireworks)


def test_before_the_caps_of_a_place_were_published_there_are_none():
    with pytest.raises(
        PolicyGapError, match=r"no caps for 2025-04-22; .* starts 2025-04-23\. Add a dated value"
    ):
        load_policy("shanxi").on(date(2025, 4, 22))


def _child(folder: Path, name: str, parent: str) -> None:
    (folder / name).mkdir()
    words = "{zh: 甲, en: A}"
    text = f"name: {name}\nversion: '1'\nextends: {parent}\ntitle: {words}\nnote: {words}\n"
    (folder / name / "pack.yaml").write_text(text, encoding="utf-8")


def test_a_pack_that_extends_none_there_is_is_answered_with_the_known_ones(tmp_path: Path):
    _child(tmp_path, "child", "nowhere")
    with pytest.raises(
        PolicyError, match=r"pack\.yaml: child extends 'nowhere', which is no pack; known packs: .*starter"
    ):
        load_policy("child", folder=tmp_path)


def test_a_pack_may_not_extend_one_that_extends_another_or_itself(tmp_path: Path):
    _child(tmp_path, "child", "parent")
    _child(tmp_path, "parent", "starter")
    _child(tmp_path, "narcissus", "narcissus")
    for pack in ("child", "narcissus"):
        with pytest.raises(PolicyError, match=r"itself extends .*\. Extend a pack that stands alone"):
            load_policy(pack, folder=tmp_path)


# ---- bad input -----------------------------------------------------------------------------------------


def _busy(as_of: date = AS_OF, **given: Any) -> Situation:
    """A RED, a fireworks plant, a drawn enterprise and a matter of another department."""
    first = date(as_of.year, 1, 5)
    firms = [
        {"enterprise_id": "e1", "code": "red", "red_since": as_of},
        {"enterprise_id": "e2", "sector": "fireworks"},
        {"enterprise_id": "e3"},
        {"enterprise_id": "e4", "code": "yellow"},
    ]
    target = {"enterprise_id": "e3", "channel": "random", "month_on": as_of.replace(month=7, day=1)}
    usual: dict[str, Any] = {
        "firms": firms,
        "targets": [{**target, "set_on": first, "draw_id": f"{as_of.year}-random-district"}],
        "tasks": [{"enterprise_id": "e4", "opens_on": first, "due_on": as_of.replace(month=12)}],
        "officers": officers(6),
    }
    return situation(as_of, **{**usual, **given})


def _planned(now: Situation) -> tuple[Plan, pl.DataFrame]:
    plan = make_plan(now, POLICY)
    return plan, certificate(plan, now, POLICY, floors(now, POLICY))


def _rules(told: pl.DataFrame) -> set[str]:
    return set(told.filter(pl.col("scope").is_in(["visit", "deferred"]))["rule"])


def test_an_ordinary_day_needs_no_excuse():
    plan, told = _planned(_busy())
    assert set(plan.visits["state"]) == {SCHEDULED}
    assert told.is_empty()


def test_without_any_officer_every_visit_says_so():
    plan, told = _planned(_busy(officers=[]))
    assert plan.visits.filter(pl.col("state") == SCHEDULED).is_empty()
    assert _rules(told) == {"no_officers"}


def test_with_everybody_on_leave_every_visit_says_so():
    span = {"first_day": AS_OF, "last_day": date(2027, 1, 31)}
    away = [{"officer_id": one["officer_id"], **span} for one in officers(6)]
    plan, told = _planned(_busy(absences=away))
    assert plan.visits.filter(pl.col("state") == SCHEDULED).is_empty()
    assert _rules(told) <= {"absence", "no_officers"}


def test_a_day_without_enterprises_has_an_empty_plan():
    plan, told = _planned(situation(AS_OF, firms=[]))
    assert plan.visits.is_empty() and plan.items.is_empty() and told.is_empty()


def test_a_year_without_announced_holidays_is_planned_and_noted_as_provisional():
    plan, told = _planned(_busy(date(2027, 6, 30)))
    assert plan.is_provisional
    assert set(plan.visits["state"]) == {SCHEDULED}
    assert told["rule"].to_list() == ["calendar"]


def test_unknown_sector_level_and_division_are_planned_by_assumption_and_noted():
    unknown = dict.fromkeys(("sector", "level", "division"))
    strange = {"enterprise_id": "e1", "code": "red", "red_since": AS_OF, **unknown}
    plan, told = _planned(situation(AS_OF, firms=[strange], officers=officers(4)))
    assert plan.visits.select("at_level", "at_division").rows() == [("district", "?")]
    assert {"unknown_sector", "unknown_level"} <= set(told["rule"])


def test_a_division_that_is_no_code_is_an_authority_of_its_own():
    firm = {"enterprise_id": "e1", "division": "高新区", "code": "red", "red_since": AS_OF}
    plan, _ = _planned(situation(AS_OF, firms=[firm], officers=officers(2, division="高新区")))
    assert plan.visits.select("at_division", "state").rows() == [("高新区", SCHEDULED)]


@pytest.mark.parametrize("mark", [",", '"', "+", "/", ";", " ", "'", "李"])
def test_marks_in_ids_of_officers_and_enterprises_do_not_stop_the_planner(mark: str):
    people = [{"officer_id": f"o{mark}{n}"} for n in range(4)]
    seen = [
        {"enterprise_id": f"e{mark}1", "inspected_on": date(2026, 3, 10), "officers": f"o{mark}0;o{mark}1"}
    ]
    firm = {"enterprise_id": f"e{mark}1", "code": "red", "red_since": AS_OF}
    plan, _ = _planned(situation(AS_OF, firms=[firm], officers=people, inspections=seen))
    assert plan.visits["state"].to_list() == [SCHEDULED]


def test_a_deadline_before_the_day_it_opens_is_told_and_holds_nobody_up():
    turned = [{"enterprise_id": "e4", "opens_on": date(2026, 7, 20), "due_on": date(2026, 7, 10)}]
    plan, told = _planned(_busy(tasks=turned))
    states = dict(plan.visits.select("channel", "state").iter_rows())
    assert (states["red"], states["department"]) == (SCHEDULED, SHORT)
    assert _rules(told) == {"no_lawful_day"}
