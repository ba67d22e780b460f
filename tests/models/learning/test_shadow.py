"""Two cards beside each other, by hand: what each says, and which points make the difference."""

import json
from dataclasses import replace

from models.coding.card import FittedCard, Origin
from models.learning.shadow import APART, PAIRS, in_shadow
from models.policy import Thresholds
from models.scorecard import Factor, Scorecard
from tests.worlds.by_hand import POLICY, feature_rows


def factor(feature: str, points: dict[int, int]) -> Factor:
    return Factor(feature, feature, points, 0, feature, feature)


def scorecard(findings: int, people: int) -> Scorecard:
    """So many points for three findings and more, and for a hundred people and more."""
    factors = (factor("violations_36m", {0: 0, 3: findings}), factor("employees", {0: 0, 100: people}))
    return Scorecard("trial", "1", factors)


LIMITS = Thresholds(blue=4, yellow=8, red=12)
NOW = replace(POLICY, scorecard=scorecard(12, 4), codes=replace(POLICY.codes, thresholds=LIMITS))
CARD = FittedCard(
    scorecard(8, 24),
    Thresholds(blue=8, yellow=16, red=24),
    0.1,
    {},
    {},
    None,
    Origin("boosted", "trial", *["2026-06-30"] * 3, *[1] * 4, "2026-06-29", "starter", "1", "00", "00"),
)
ROWS = feature_rows(
    {"violations_36m": 3, "employees": 5},
    {"violations_36m": 0, "employees": 500},
    {"violations_36m": 3, "employees": 500},
    {"violations_36m": 0, "employees": 5},
    {"violations_36m": 0, "employees": 5, "open_major_hazards": 1},
)


def test_codes_of_both_are_counted_in_pairs():
    pairs, _ = in_shadow(ROWS, in_force=NOW, champion=None, card=CARD)
    assert dict(pairs.schema) == PAIRS
    assert pairs.rows() == [
        ("blue", "red", 1),  # many people
        ("green", "green", 1),
        ("red", "blue", 1),  # findings
        ("red", "red", 2),  # both, and the major hazard, whose points say nothing
    ]


def test_who_is_red_under_one_alone_is_told_with_the_points_that_make_the_difference():
    _, apart = in_shadow(ROWS, in_force=NOW, champion=None, card=CARD)
    assert dict(apart.schema) == APART
    told = [{**row, "points": json.loads(row["points"])} for row in apart.to_dicts()]
    assert [row["enterprise_id"] for row in told] == ["e1", "e2"]
    assert told[0] == {
        "enterprise_id": "e1",
        "from_code": "red",
        "to_code": "blue",
        "score": 12,
        "red_from": 12,
        "shadow_score": 8,
        "shadow_red_from": 24,
        "points": [["violations_36m", 12, 8]],
    }
    assert told[1]["points"] == [["employees", 4, 24]]


def test_a_card_beside_itself_agrees_with_itself():
    same = replace(CARD, scorecard=NOW.scorecard, thresholds=LIMITS)
    pairs, apart = in_shadow(ROWS, in_force=NOW, champion=None, card=same)
    assert all(one == other for one, other, _ in pairs.rows()) and apart.is_empty()
