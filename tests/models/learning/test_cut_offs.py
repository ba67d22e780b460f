"""Cut-offs of fitted cards: the share of each code is kept, but no more are RED than the crews can visit in time."""

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache

import polars as pl
import yaml

from models.coding.card import FittedCard, with_card
from models.learning.training import cut_offs, fit_finished, least_red_cut, matched_thresholds
from models.planning.crews.capacity import Capacity
from models.policy import Thresholds, load_policy
from models.policy.learning import CutOffs
from models.policy.loading import policy_from
from models.scorecard import Factor, Scorecard
from tests.worlds.by_hand import feature_rows
from tests.worlds.panels import POLICY, history, policy


def scored(values: list[int], hazards: tuple[int, ...] = ()) -> pl.DataFrame:
    """Firms whose score under ``line()`` is the value; those at the named places have an open major hazard."""
    return feature_rows(
        *(
            {"violations_36m": value, "open_major_hazards": int(at in hazards)}
            for at, value in enumerate(values)
        )
    )


@cache
def line() -> Scorecard:
    """A card that scores a feature as it is."""
    points = {value: value for value in range(101)}
    return Scorecard("line", "1", (Factor("f", "violations_36m", points, 0, "违法", "findings"),))


def least_red(values: list[int], most: int, hazards: tuple[int, ...] = ()) -> int:
    rows = scored(values, hazards)
    return least_red_cut(line(), rows, POLICY.codes, Fraction(most, rows.height))


def test_red_by_score_are_as_many_as_can_be_visited():
    assert least_red(list(range(1, 11)), 3) == 8, "8, 9 and 10"
    assert least_red(list(range(1, 11)), 10) <= 1, "all of them"
    assert least_red(list(range(1, 11)), 0) == 11, "none"


def test_equal_scores_never_go_beyond_what_can_be_visited():
    assert least_red([1, 2, 5, 5, 5, 9], 2) == 6, "with one of the fives all three would be RED"
    assert least_red([1, 2, 5, 5, 5, 9], 4) == 3


def test_who_is_red_by_a_rule_uses_up_the_capacity_first():
    values = list(range(1, 11))
    assert least_red(values, 3, hazards=(0, 1)) == 10, "two by a rule, one by its score"
    assert least_red(values, 3, hazards=(8, 9)) == 8, "whose score is high anyway is not counted twice"
    assert least_red(values, 2, hazards=(0, 1, 2)) == 11, "the rules alone are more than can be visited"


def bounded(
    capacity: int | None, *, within: bool = True, closed: int = 0
) -> tuple[Thresholds, Thresholds, str]:
    """Cut-offs that keep the share, those of a card for a known capacity, and what bounds RED.

    Of a hundred firms, scored 1 to 100, the card in force has twenty RED.
    """
    rows = scored(list(range(1, 101)))
    codes = replace(POLICY.codes, thresholds=Thresholds(blue=41, yellow=61, red=81))
    told = replace(policy(), codes=codes, scorecard=line())
    asked = replace(told.learning, thresholds=CutOffs(red_within_capacity=within))
    held = Capacity(capacity, 5) if capacity is not None else None
    material = replace(
        history(firms=10),
        current=rows,
        capacity=held,
        closed=frozenset(rows["enterprise_id"].tail(closed).to_list()),
    )
    found, bound = cut_offs(line(), replace(told, learning=asked), told, material)
    return matched_thresholds(line(), told, rows), found, str(bound)


def test_where_the_crews_can_visit_more_the_share_is_kept():
    kept, found, bound = bounded(35)
    assert (kept.red, found, bound) == (81, kept, "share")


def test_where_they_cannot_red_shrinks_and_yellow_takes_whom_it_spares():
    kept, found, bound = bounded(5)
    assert (found.red, bound) == (96, "capacity")
    assert (found.yellow, found.blue) == (kept.yellow, kept.blue) == (61, 41)


def test_who_no_longer_operates_is_not_visited():
    assert bounded(5, closed=10)[1].red == 86, "86 to 90 operate"


def test_without_a_roster_the_share_is_kept_and_the_card_says_so():
    kept, found, bound = bounded(None)
    assert (found, bound) == (kept, "no_roster")


def test_packs_that_do_not_ask_keep_the_share():
    kept, found, bound = bounded(5, within=False)
    assert (found, bound) == (kept, "None")


def test_packs_written_before_this_was_asked_do_not_ask():
    texts = dict(load_policy().texts)
    said = yaml.safe_load(texts["learning"])
    del said["thresholds"]
    texts["learning"] = yaml.safe_dump(said, allow_unicode=True)
    before = policy_from(texts).on(date(2026, 6, 30)).learning
    assert not before.thresholds.red_within_capacity
    assert POLICY.learning.thresholds.red_within_capacity


def test_a_card_tells_what_bounds_its_red_and_stays_under_it():
    material = replace(history(firms=600), capacity=Capacity(9, 5))
    in_force = replace(POLICY, codes=replace(POLICY.codes, thresholds=Thresholds(blue=4, yellow=6, red=8)))
    card = fit_finished(material, policy=policy(), in_force=in_force)
    assert (card.origin.red_bound, card.origin.red_capacity) == ("capacity", 9)
    scores = card.scorecard.contributions(material.current)["score"]
    assert 0 < int((scores >= card.thresholds.red).sum()) <= 9
    assert "RED no more than the 9" in with_card(POLICY, card).codes.provenance["thresholds"].reference
    assert FittedCard.from_dict(json.loads(card.to_json())) == card
    free = fit_finished(history(firms=600), policy=policy(), in_force=in_force)
    assert (free.origin.red_bound, free.origin.red_capacity) == ("no_roster", None)
    assert "red_capacity" not in free.to_dict()["origin"], "what is not told leaves no trace in the id"
