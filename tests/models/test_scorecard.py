"""The card: bins by hand, what is missing or unheard of, and cards as JSON."""

import json
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from models.errors import PolicyError
from models.scorecard import Factor, Scorecard
from tests.worlds.by_hand import POLICY

BINNED = Factor("load", "alerts", points={0: 0, 5: 1, 15: 4}, missing=2, title_zh="预警", title_en="Alerts")
NAMED = Factor(
    "trade", "sector", points={"fireworks": 8, "general": 0}, missing=3, title_zh="行业", title_en="Trade"
)
CARD = Scorecard(name="small", version="1", factors=(BINNED, NAMED))


def _points(alerts: int | None, sector: str | None) -> dict[str, int]:
    row = pl.DataFrame(
        {"enterprise_id": ["e1"], "alerts": [alerts], "sector": [sector]},
        schema={"enterprise_id": pl.String, "alerts": pl.Int64, "sector": pl.String},
    )
    return CARD.contributions(row).drop("enterprise_id").row(0, named=True)


@pytest.mark.parametrize(
    ("value", "points"), [(-7, 0), (0, 0), (4, 0), (5, 1), (14, 1), (15, 4), (10**9, 4), (None, 2)]
)
def test_a_bin_starts_at_its_least_value_and_missing_has_its_own_points(value: int | None, points: int):
    assert _points(value, "general")["load"] == points


@pytest.mark.parametrize(
    ("sector", "points"), [("fireworks", 8), ("general", 0), ("asteroids", 3), (None, 3)]
)
def test_a_category_the_card_has_never_heard_of_counts_as_missing(sector: str | None, points: int):
    assert _points(0, sector)["trade"] == points


def test_contributions_sum_to_the_score():
    assert _points(15, "fireworks") == {"load": 4, "trade": 8, "score": 12}


def test_no_enterprises_give_no_contributions():
    none = pl.DataFrame(schema={"enterprise_id": pl.String, "alerts": pl.Int64, "sector": pl.String})
    assert CARD.contributions(none).is_empty()


def test_the_bins_may_be_listed_in_any_order():
    turned = replace(BINNED, points=dict(reversed(BINNED.points.items())))
    assert replace(CARD, factors=(turned, NAMED)).fingerprint == CARD.fingerprint
    values = pl.DataFrame({"alerts": [0, 5, 15]})
    assert values.select(turned.expression()).to_series().to_list() == [0, 1, 4]


def test_a_factor_without_points_is_refused():
    with pytest.raises(PolicyError, match=r"load has no points\. Give it"):
        replace(BINNED, points={})


def test_two_factors_of_one_name_are_refused():
    with pytest.raises(PolicyError, match=r"names a factor twice.*Rename"):
        Scorecard(name="small", version="1", factors=(BINNED, BINNED))


@pytest.mark.parametrize("card", [CARD, POLICY.scorecard], ids=["small", "starter"])
def test_a_card_comes_back_from_json_as_it_was(card: Scorecard):
    assert Scorecard.from_dict(json.loads(json.dumps(card.to_dict()))) == card


def test_the_fingerprint_does_not_depend_on_the_wording():
    reworded = replace(BINNED, title_en="Other words", check_zh="核查", reference="elsewhere", basis="law")
    assert replace(CARD, name="other", version="9", factors=(reworded, NAMED)).fingerprint == CARD.fingerprint


@pytest.mark.parametrize(
    "change",
    [{"points": {0: 0, 5: 1, 15: 5}}, {"points": {0: 0, 5: 1, 16: 4}}, {"missing": 0}, {"feature": "calls"}],
    ids=["points", "bin", "missing", "feature"],
)
def test_the_fingerprint_depends_on_everything_that_scores(change: dict[str, Any]):
    assert replace(CARD, factors=(replace(BINNED, **change), NAMED)).fingerprint != CARD.fingerprint


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("points", {"0": 0, "5": 0, "15": 4}),
        ("points", {"0": 0, "6": 1, "15": 4}),
        ("points", {"0": 0, "5": 1}),
        ("missing", 0),
        ("feature", "calls"),
        ("kind", "category"),
    ],
)
def test_a_card_changed_after_it_was_saved_is_refused(field: str, value: Any):
    saved = json.loads(json.dumps(CARD.to_dict()))
    saved["factors"][0][field] = value
    with pytest.raises(PolicyError, match=r"small was changed after it was saved.*Restore"):
        Scorecard.from_dict(saved)


def test_a_card_stripped_of_its_fingerprint_is_refused():
    saved = CARD.to_dict()
    del saved["fingerprint"]
    with pytest.raises(PolicyError):
        Scorecard.from_dict(saved)


def test_a_card_that_reads_a_feature_that_does_not_exist_is_a_policy_error():
    with pytest.raises(PolicyError, match="alerts"):
        CARD.contributions(pl.DataFrame({"enterprise_id": ["e1"], "sector": ["general"]}))


BRANCHED = Factor(
    "trade", "sector", {"26": 5, "2614": 9, "建筑": 3, "x": 1}, missing=2, title_zh="行业", title_en="Trade"
)


@pytest.mark.parametrize(
    ("code", "points"),
    [
        *(("26", 5), ("261", 5), ("2611", 5), ("2614", 9), ("26145", 9)),
        *(("2", 2), ("27", 2), ("建筑", 3), ("建筑业", 2), ("x", 1), ("xy", 2), ("26a", 2), (None, 2)),
    ],
)
def test_a_code_of_digits_gets_the_points_of_the_narrowest_branch_it_lies_in(code: str | None, points: int):
    rows = pl.DataFrame({"sector": [code]}, schema={"sector": pl.String})
    assert rows.select(BRANCHED.expression()).item() == points
