"""The opponent and the gain on it: chosen on earlier days, and foretold as sure as it turns out to be."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from models.learning.comparison import Contestant, Prediction
from models.learning.forecast import LEVEL, next_gain, periods_ahead
from models.learning.measures import Period, Resampled
from models.learning.opponent import best, gain_rows, only_count, opponent, rivals
from models.learning.splits import Split
from models.messages import Message
from models.vocabulary import as_date
from tests.worlds.effort import tries

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
FAMILIES = ("boosted", "logistic_bins")
RULES = ("count_36m", "count_12m", "mean_score", "expert")


def never(train: pl.DataFrame, test: pl.DataFrame) -> Prediction:
    raise AssertionError("the days were played already")


def by_column(name: str, kind: str = "baseline") -> Contestant:
    """A rule that ranks by a column of its name."""
    return Contestant(name, kind, Message(name), lambda _, test: Prediction(test[name].to_numpy()))


def period(scores: dict[str, list[float]], labels: list[int | None], day: int = 9) -> Period:
    """A test day with given scores."""
    test = pl.DataFrame({"label": labels, "as_of": [day] * len(labels)})
    said: dict[str, Prediction] = {name: Prediction(np.array(score)) for name, score in scores.items()}
    return Period(Split((0,), day), test, test, said)


RIGHT, WRONG, HITS = [1.0, 2, 3, 4], [4.0, 3, 2, 1], [0, 0, 1, 1]

# ---- who is chosen ----------------------------------------------------------------------------------------


def test_the_best_of_earlier_days_is_chosen_and_of_equals_the_first():
    earlier = period({"a": RIGHT, "b": WRONG, "c": RIGHT}, HITS)
    assert best([earlier], ("b", "a", "c")) == "a"
    assert best([earlier], ("c", "b", "a")) == "c"
    assert best([], ("b", "a")) == "b"


def test_a_day_with_outcomes_of_one_kind_chooses_nobody():
    silent, telling = (
        period({"a": WRONG, "b": RIGHT}, [1, 1, 1, None]),
        period({"a": RIGHT, "b": WRONG}, HITS),
    )
    assert best([silent], ("b", "a")) == "b"
    assert best([silent, telling], ("b", "a")) == "a"


def test_rivals_are_the_simple_rules_and_the_expert_but_neither_chance_nor_what_is_fitted():
    kinds = {
        "random": "baseline",
        "count_36m": "baseline",
        "expert": "expert",
        "champion": "card",
        "box": "black_box",
    }
    contestants = [Contestant(name, kind, Message(name), never) for name, kind in kinds.items()]
    assert [one.name for one in rivals(contestants)] == ["count_36m", "expert"]


def test_without_an_earlier_day_the_opponent_is_the_best_rule_on_what_is_learnt_from():
    learnt = pl.DataFrame({"a": WRONG * 2, "b": RIGHT * 2, "label": HITS * 2, "as_of": [0] * 4 + [1] * 4})
    test = learnt.filter(as_of=0).with_columns(label=1 - pl.col("label"))
    first = Period(Split((0, 1), 9), learnt, test, {})
    assert opponent([], first, [by_column("a"), by_column("b")]) == "b"
    earlier = period({"a": RIGHT, "b": WRONG}, HITS)
    assert opponent([earlier], first, [by_column("a"), by_column("b")]) == "a"


def test_gains_of_a_day_are_on_whom_the_days_before_chose():
    days = [
        period({"x": RIGHT, "y": WRONG, "a": WRONG, "b": RIGHT}, HITS, day=8),
        period({"x": WRONG, "y": RIGHT, "a": RIGHT, "b": WRONG}, HITS, day=9),
    ]
    learnt = pl.DataFrame({"a": RIGHT, "b": WRONG, "label": HITS, "as_of": [0] * 4})
    days[0] = Period(days[0].split, learnt, days[0].test, days[0].predictions)
    rows = gain_rows(days, ("x", "y"), [by_column("a"), by_column("b")]).filter(metric="auc")
    assert rows.select("family", "opponent", "card", "rival", "gain").rows() == [
        ("x", "a", 1.0, 0.0, 1.0),
        ("x", "b", 0.0, 0.0, 0.0),
    ]


@pytest.mark.parametrize(
    ("counts", "labels", "only"),
    [([0, 0, 0], [1, 0, None], 0), ([2, 2, 0], [1, 0, None], 2), ([2, 0, 0], [1, 0, None], None)],
)
def test_nothing_can_be_counted_where_all_that_were_judged_have_the_same_number(
    counts: list[int], labels: list[int | None], only: int | None
):
    test = pl.DataFrame({"violations_36m": counts, "label": labels})
    assert only_count([Period(Split((0,), 9), test, test, {})]) == only


# ---- what is foretold -------------------------------------------------------------------------------------


def test_a_forecast_by_hand():
    # Level 2, then errors 4 and -1: levels 4 and 3.5.  t of 2 degrees of freedom at 90 %: 1.8856.
    told = next_gain([2.0, 6.0, 3.0])
    assert told.expected == 3.5
    assert told.high - told.expected == pytest.approx(1.8856 * np.sqrt((16 + 1) / 2), rel=1e-4)
    assert told.low == pytest.approx(2 * told.expected - told.high)


def test_five_periods_ahead_is_less_sure_than_one():
    gains = [2.0, 6.0, 3.0]
    near, far = next_gain(gains), next_gain(gains, ahead=5)
    assert far.expected == near.expected
    assert far.high - far.expected == pytest.approx(np.sqrt(2) * (near.high - near.expected))


def test_two_gains_foretell_nothing_and_a_day_that_was_not_measured_is_left_out():
    assert not next_gain([0.1, 0.2]).is_known
    assert next_gain([0.1, float("nan"), 0.2, 0.2]) == next_gain([0.1, 0.2, 0.2])


def test_a_card_is_used_from_a_day_whose_outcomes_are_not_known_yet():
    days = [as_date(20_000 + 91 * n) for n in range(4)]
    assert periods_ahead(days, as_date(20_000 + 91 * 8 - 10)) == 5
    assert periods_ahead(days[:1], as_date(30_000)) == 1
    assert periods_ahead(days, days[-1]) == 1


# ---- as sure as it says: many histories --------------------------------------------------------------------

PAST, FIRMS, KEPT = 6, 600, 0.5
"""Test days of a history, its enterprises, and the share that keeps outcome and luck from one day to the next:
windows of a year overlap from quarter to quarter."""


class World(NamedTuple):
    """How far the skill of the cards lies above the rules', and how it moves from day to day."""

    gain: float
    swings: float = 0.0
    drifts: float = 0.0


WORLDS = {
    "nothing is gained": World(0.0),
    "a steady gain": World(0.4),
    "no gain on average, but it swings": World(0.0, swings=0.15),
    "a gain that swings": World(0.4, swings=0.15),
    "a gain that drifts": World(0.4, drifts=0.12),
    "no gain at first, and it drifts": World(0.0, drifts=0.12),
}


def history(world: World, seed: int, length: int) -> list[Period]:
    """Days with labels, and scores of families and rules: luck, and skill where there is a hit."""
    rng = np.random.default_rng(seed)
    names = (*FAMILIES, *RULES)
    hit, luck = rng.random(FIRMS) < 0.2, rng.normal(size=(len(names), FIRMS))
    base = np.array([*rng.normal(0, 0.05, 2), *rng.normal(0, 0.05, 4)]) + 0.8
    drift, periods = 0.0, list[Period]()
    firms = [f"e{n}" for n in range(FIRMS)]
    for day in range(length):
        drawn = rng.random(FIRMS) > KEPT
        hit = np.where(drawn, rng.random(FIRMS) < 0.2, hit)
        luck = np.where(drawn, rng.normal(size=luck.shape), luck)
        drift += world.drifts * rng.normal()
        lead = world.gain + drift + world.swings * rng.normal()
        skill = base + lead * np.isin(names, FAMILIES)
        scores = np.round(luck + skill[:, None] * hit, 1)
        test = pl.DataFrame({"enterprise_id": firms, "label": hit.astype(np.int8), "as_of": [day] * FIRMS})
        said = {name: Prediction(score) for name, score in zip(names, scores, strict=True)}
        learnt = test.with_columns(pl.Series(name, said[name].score) for name in RULES)
        periods.append(Period(Split((day,), day), learnt, test, said))
    return periods


def came(seen: Sequence[Period], then: Period, measure: str) -> float:
    """What was gained later by the family and on the rule that the days seen would have chosen."""
    return then.measured(best(seen, FAMILIES))[measure] - then.measured(best(seen, RULES))[measure]


RULED = [by_column(name) for name in RULES]


def forecast_holds(world: World, seed: int, ahead: int, measure: str) -> bool:
    """Whether the gain lay in the interval that was foretold for it."""
    days = history(world, seed, PAST + ahead)
    seen, then = days[:PAST], days[-1]
    gains = gain_rows(seen, FAMILIES, RULED).filter(metric=measure)["gain"].to_list()
    told = next_gain(gains, ahead=ahead)
    return told.low <= came(seen, then, measure) <= told.high


def promise_held(world: World, seed: int) -> bool:
    """Whether it lay in the interval that used to be promised: 95 %, enterprises drawn anew in the two final days."""
    days = history(world, seed, PAST + 1)
    before, final, then = days[: PAST - 2], days[PAST - 2 : PAST], days[-1]
    pair = (best(before, FAMILIES), best(before, RULES))
    both = [
        Period(one.split, one.train, one.test, {name: one.predictions[name] for name in pair})
        for one in final
    ]
    _, low, high = Resampled(both).difference(*pair, "auc")
    ours, theirs = (then.measured(name)["auc"] for name in pair)
    return low <= ours - theirs <= high


HISTORIES = tries(400)
"""Histories of each world: 100, all 400 before a release."""


@cache
def coverage(name: str, *, ahead: int = 1, measure: str = "auc") -> float:
    """Share of histories in which the forecast held."""
    held = [forecast_holds(WORLDS[name], seed, ahead, measure) for seed in range(HISTORIES)]
    return float(np.mean(held))


@pytest.mark.parametrize("name", WORLDS)
def test_a_forecast_holds_four_times_of_five(name: str):
    assert coverage(name) == pytest.approx(LEVEL, abs=0.1)


def test_over_all_worlds_it_holds_as_often_as_it_says():
    assert np.mean([coverage(name) for name in WORLDS]) == pytest.approx(LEVEL, abs=0.05)


@pytest.mark.whole
@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize(
    ("ahead", "measure"),
    [(1, "precision_expected"), (1, "precision_2pct"), (1, "average_precision"), (4, "auc")],
)
def test_so_does_that_of_every_measure_and_of_a_day_further_ahead(name: str, ahead: int, measure: str):
    assert coverage(name, ahead=ahead, measure=measure) == pytest.approx(LEVEL, abs=0.1)


SHAKY = ("no gain on average, but it swings", "a gain that swings", "a gain that drifts")


def test_the_interval_of_enterprises_drawn_anew_promised_more_than_came():
    # 95 % were promised: it fell short of that by more than the forecast of 80 % may.
    held = [promise_held(WORLDS[name], seed) for name in SHAKY for seed in range(HISTORIES // 3)]
    assert np.mean(held) < 0.85
    assert np.mean([coverage(name) for name in SHAKY]) > LEVEL - 0.03
