"""A fitted card: readable, unchangeable, and put in place of the expert's points without touching a rule."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import polars as pl
import pytest

from models.coding.card import FittedCard, code_version, with_card
from models.coding.verdicts import assign_codes
from models.errors import RiskcodeError
from models.learning.training import fit_finished
from tests.worlds.by_hand import POLICY, feature_rows
from tests.worlds.panels import history, policy


@cache
def card() -> FittedCard:
    return fit_finished(history(firms=600), policy=policy(), in_force=POLICY)


# ---- kept as JSON --------------------------------------------------------------------------------------


def test_a_card_survives_json_whole():
    back = FittedCard.from_dict(json.loads(card().to_json()))
    assert back == card()
    assert back.card_id == card().card_id
    assert back.calibration == card().calibrations["serious_finding"]


def test_a_card_without_priors_survives_json():
    bare = replace(card(), priors=None)
    assert FittedCard.from_dict(json.loads(bare.to_json())) == bare


def test_the_json_is_readable_and_chinese_stays_chinese():
    text = card().to_json()
    assert "行业领域固有风险" in text
    assert text.count("\n") > 50


def test_the_id_is_short_and_says_what_is_inside():
    assert len(card().card_id) == 12
    assert replace(card(), logit_per_point=0.2).card_id != card().card_id


def change_points(data: dict[str, Any]) -> None:
    points = data["scorecard"]["factors"][0]["points"]
    points[next(iter(points))] += 1


def take_a_factor_out(data: dict[str, Any]) -> None:
    data["scorecard"] = replace(card().scorecard, factors=card().scorecard.factors[1:]).to_dict()


def change_a_cut_off(data: dict[str, Any]) -> None:
    data["thresholds"]["red"] += 1


def change_a_probability(data: dict[str, Any]) -> None:
    data["calibrations"]["serious_finding"]["steps"][0]["probability"] /= 2


def change_the_priors(data: dict[str, Any]) -> None:
    data["priors"]["all"][0] += 1


def change_the_origin(data: dict[str, Any]) -> None:
    data["origin"]["rows"] += 1


def forget_the_id(data: dict[str, Any]) -> None:
    del data["card_id"]


@pytest.mark.parametrize(
    "change",
    [
        change_points,
        take_a_factor_out,
        change_a_cut_off,
        change_a_probability,
        change_the_priors,
        change_the_origin,
        forget_the_id,
    ],
    ids=lambda change: change.__name__,
)
def test_a_card_that_was_changed_is_refused(change: Callable[[dict[str, Any]], None]):
    data = json.loads(card().to_json())
    change(data)
    with pytest.raises(
        RiskcodeError, match=f"(Card {data.get('card_id')}|scorecard .*) was changed after it was saved"
    ):
        FittedCard.from_dict(data)


def test_the_code_version_is_that_of_the_method():
    assert card().origin.code_version == code_version()
    assert len(code_version()) == 12


# ---- in force ------------------------------------------------------------------------------------------


def test_no_card_leaves_the_policy_as_it_is():
    assert with_card(POLICY, None) is POLICY


def test_a_card_brings_points_and_cut_offs_and_leaves_every_rule():
    new = with_card(POLICY, card())
    assert new.scorecard == card().scorecard
    assert new.codes.thresholds == card().thresholds
    assert new.codes.rules == POLICY.codes.rules
    assert new.codes.sufficiency == POLICY.codes.sufficiency
    assert (new.features, new.queue, new.learning) == (POLICY.features, POLICY.queue, POLICY.learning)
    assert (new.pack, new.pack_hash) == (POLICY.pack, POLICY.pack_hash)


def test_the_new_cut_offs_say_which_card_they_come_from():
    told = with_card(POLICY, card()).codes.provenance["thresholds"]
    assert told.basis == "proposal"
    assert card().card_id in told.reference


def coded(*changed: dict[str, Any]) -> pl.DataFrame:
    rows = feature_rows(*changed)
    new = with_card(POLICY, card())
    return assign_codes(rows, new.scorecard.contributions(rows), policy=new)


def test_a_veto_is_red_under_a_card_whatever_its_points_say():
    harmless, hazard = coded({}, {"open_major_hazards": 1}).rows(named=True)
    assert harmless["code"] == "green"
    assert (hazard["code"], hazard["decided_by"]) == ("red", "open_major_hazard")
    assert hazard["score"] < card().thresholds.red


def test_the_unrated_are_never_green_under_a_card():
    unseen = {"inspections_12m": 0, "inspections_24m": 0, "inspections_window": 0, "self_reports_12m": 0}
    row = coded(unseen).row(0, named=True)
    assert row["is_provisional"]
    assert row["code"] != "green"


def test_the_cut_offs_of_the_card_decide_what_its_points_are_worth():
    new, rows = with_card(POLICY, card()), history(firms=600).current
    codes = assign_codes(rows, new.scorecard.contributions(rows), policy=new)
    by_score = codes.filter(pl.col("decided_by") == "score", ~pl.col("is_provisional"))
    limits = card().thresholds
    for code, least, most in (
        ("red", limits.red, 10**6),
        ("yellow", limits.yellow, limits.red - 1),
        ("blue", limits.blue, limits.yellow - 1),
        ("green", -(10**6), limits.blue - 1),
    ):
        own = by_score.filter(pl.col("code") == code)["score"]
        assert own.is_between(least, most).all()
