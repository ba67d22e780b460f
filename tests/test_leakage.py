"""Traps: what would be learnt or scored from the future is caught, each kind by name."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from models.errors import LeakageError, ModelError
from models.learning.evaluation import play, usable_splits
from models.learning.labels import attach_labels
from models.learning.splits import Split, announced, require_no_leak, suspicious_features
from models.policy import load_policy
from models.vocabulary import day_number
from tests.worlds.by_hand import AS_OF, POLICY, days_before, fold, world
from tests.worlds.panels import DAYS, history, label, learning
from tests.worlds.strategies import World, canonical, integer_frames
from tests.worlds.warehouses import stored
from warehouse.learning.outcomes import outcomes
from warehouse.learning.panel import label_of

Fold = Callable[[World, date], pl.DataFrame]
WITHIN_A_YEAR = label("violation", horizon=365, lag=240)


# ---- the future in a feature ---------------------------------------------------------------------------


def honest(of: World, day: date) -> pl.DataFrame:
    """The real fold."""
    return fold(of, as_of=day, known_at=day)


def reads_what_was_announced_later(of: World, day: date) -> pl.DataFrame:
    """The real fold, told too much: everything that ever became known."""
    return fold(of, as_of=day, known_at=date(9000, 1, 1))


def reads_what_happened_later(of: World, day: date) -> pl.DataFrame:
    """The real fold, and next to it the findings of all time."""
    everything = integer_frames(of)["violations"].group_by("enterprise_id").agg(violations_ever=pl.len())
    return honest(of, day).join(everything, on="enterprise_id", how="left").fill_null(0)


def as_it_was(of: World, day: date) -> World:
    """The world as it stood at the end of a day: what was recorded later had not been written down."""
    return {
        name: canonical(name, frame.filter(pl.col("recorded_at") <= day).to_dicts())
        for name, frame in of.items()
    }


def leaks(folding: Fold, of: World, day: date) -> bool:
    """Whether features of a day are others once it is known what came afterwards."""
    return not folding(as_it_was(of, day), day).equals(folding(of, day))


BUSY = world(
    violations=[
        {"occurred_on": days_before(400), "severity": "serious"},
        {"occurred_on": days_before(300), "recorded_at": days_before(100), "severity": "serious"},
        {"occurred_on": days_before(90), "severity": "critical"},
    ],
    inspections=[
        {"inspected_on": days_before(390), "result": "serious"},
        {"inspected_on": days_before(210), "recorded_at": days_before(150)},
        {"inspected_on": days_before(20), "result": "stopped"},
    ],
    accidents=[{"occurred_on": days_before(220), "recorded_at": days_before(60), "deaths": 1}],
)
BEFORE = days_before(200)
"""A day on which some things had happened and were not known, and others had not happened."""


def test_the_real_fold_gives_the_same_features_whatever_comes_later():
    assert not leaks(honest, BUSY, BEFORE)


LONG_MEMORY = {
    "violations_halved_1y",
    "violations_halved_2y",
    "accidents_halved_2y",
    "finding_days_12m",
    "finding_days_36m",
    "finding_days",
    "items_found_36m",
    "authorities_60m",
    "days_since_first_violation",
}
"""Features that look back further than a year or two, each by another measure."""


def test_what_was_heard_later_changes_every_feature_of_a_long_memory_and_is_caught():
    """One finding and one accident known in time; others that had happened were told of later, and one came later."""
    known = {"item_code": "x", "department": "m"}
    of = world(
        violations=[
            {"occurred_on": days_before(300), **known},
            {
                "occurred_on": days_before(290),
                "recorded_at": days_before(100),
                "item_code": "y",
                "department": "n",
            },
            {"occurred_on": days_before(900), "recorded_at": days_before(99), **known},
            {"occurred_on": days_before(50), "item_code": "z", "department": "o"},
        ],
        accidents=[{"occurred_on": days_before(400), "recorded_at": days_before(60)}],
    )
    told = {folding: folding(of, BEFORE) for folding in (honest, reads_what_was_announced_later)}
    differ = {
        name
        for name in LONG_MEMORY
        if not told[honest][name].equals(told[reads_what_was_announced_later][name])
    }
    assert differ == LONG_MEMORY
    assert honest(as_it_was(of, BEFORE), BEFORE).equals(told[honest])


@pytest.mark.parametrize(
    "folding", [reads_what_was_announced_later, reads_what_happened_later], ids=lambda one: one.__name__
)
def test_a_fold_that_reads_the_future_is_caught(folding: Fold):
    assert leaks(folding, BUSY, BEFORE)


def test_a_planted_feature_that_knows_the_label_is_suspicious():
    rows = history(firms=800).panel.filter(pl.col("as_of") == DAYS[-1])
    rng = np.random.default_rng(1)
    is_honest = pl.Series(rng.random(rows.height) < 0.01)
    planted = rows.with_columns(overdue_days=pl.when(is_honest).then(7).otherwise(pl.col("label") * 40))
    candidates = [one.feature for one in learning().candidates]
    assert suspicious_features(rows, candidates) == []
    assert suspicious_features(planted, candidates) == ["overdue_days"]


# ---- what was announced late ---------------------------------------------------------------------------


def label_on(
    day: date, *findings: dict[str, Any], of: Any = WITHIN_A_YEAR, known_at: date = AS_OF
) -> dict[str, Any]:
    """Label of ``e1`` from findings, read out of a warehouse the way a panel is."""
    events = outcomes(stored(world(violations=findings)), of, known_at)
    rows = pl.DataFrame({"enterprise_id": ["e1"], "as_of": [day_number(day)]})
    return attach_labels(rows, events, label=of, known_at=known_at).row(0, named=True)


def test_a_penalty_of_before_that_was_announced_after_is_neither_feature_nor_label():
    day = days_before(700)
    late = {"occurred_on": day - timedelta(days=30), "recorded_at": day + timedelta(days=30)}
    assert fold(world(violations=[late]), as_of=day)["violations_12m"].item() == 0
    assert label_on(day, late)["label"] == 0
    assert fold(world(violations=[late]), as_of=day + timedelta(days=30))["violations_12m"].item() == 1


def test_a_finding_of_the_day_itself_is_a_feature_and_no_label():
    day = days_before(700)
    assert fold(world(violations=[{"occurred_on": day}]), as_of=day)["violations_12m"].item() == 1
    assert label_on(day, {"occurred_on": day})["label"] == 0


def test_a_penalty_announced_after_the_test_day_is_not_learnt():
    day, test = days_before(1300), days_before(600)
    found = label_on(day, {"occurred_on": day + timedelta(days=100), "recorded_at": test + timedelta(days=1)})
    assert found["label"] == 1, "by today it is known"
    split = Split((day_number(day),), day_number(test))
    rows = pl.DataFrame([found], schema_overrides={"team": pl.String})
    with pytest.raises(LeakageError, match="announced"):
        require_no_leak(rows, split, label=WITHIN_A_YEAR)
    assert announced(rows, split).is_empty()


def test_a_penalty_announced_by_the_test_day_is_learnt():
    day, test = days_before(1300), days_before(600)
    found = label_on(day, {"occurred_on": day + timedelta(days=100), "recorded_at": test})
    rows = pl.DataFrame([found], schema_overrides={"team": pl.String})
    split = Split((day_number(day),), day_number(test))
    require_no_leak(rows, split, label=WITHIN_A_YEAR)
    assert announced(rows, split).height == 1


def test_a_correction_does_not_move_the_day_of_the_announcement():
    day = days_before(1300)
    told = {"violation_id": "same", "occurred_on": day + timedelta(days=100)}
    found = label_on(
        day,
        {**told, "recorded_at": day + timedelta(days=120)},
        {**told, "recorded_at": days_before(5), "severity": "minor"},
    )
    assert found["announced_day"] == day_number(day) + 120


def test_an_early_announcement_of_an_open_window_is_not_learnt():
    penalty = label_of(load_policy().on(AS_OF), "penalty")
    day = AS_OF - timedelta(days=604)
    finding = {"occurred_on": day + timedelta(days=1)}
    assert label_on(day, finding, of=penalty)["label"] is None
    assert label_on(day - timedelta(days=1), finding, of=penalty)["label"] == 1


# ---- whole evaluations ---------------------------------------------------------------------------------


def train_of(panel: pl.DataFrame) -> list[pl.DataFrame]:
    """Training rows every test day is given."""
    of = POLICY.learning.labels["serious_finding"]
    splits = usable_splits(panel, label=of, learning=learning())
    return [one.train for one in play(panel, splits, [], label=of, report=lambda _: None)]


def test_an_evaluation_learns_no_outcome_it_could_not_have_heard_of():
    panel = history(firms=600).panel.with_columns(announced_day=pl.col("outcome_day") + 900)
    first, *_ = train_of(panel.with_columns(announced_day="outcome_day"))
    assert first.height > 0
    late = pl.int_range(pl.len()) % 2 == 0
    half = panel.with_columns(announced_day=pl.when(late).then("announced_day").otherwise("outcome_day"))
    for rows in train_of(half):
        assert not rows.is_empty()
        assert (rows["announced_day"] <= rows["outcome_day"]).all()
    with pytest.raises(ModelError, match="No day can be tried on"):
        train_of(panel)


def test_an_evaluation_refuses_a_firm_that_stands_on_both_sides():
    panel = history(firms=600).panel
    doubled = pl.concat([panel, panel.filter(pl.col("as_of") == DAYS[-1]).head(1)])
    with pytest.raises(LeakageError, match="stands twice"):
        train_of(doubled)


def test_an_evaluation_refuses_cohorts_whose_window_was_still_open():
    material = history(firms=600)
    splits = [Split(tuple(DAYS[-3:-1]), DAYS[-1])]
    with pytest.raises(LeakageError, match="complete only 395 days later"):
        play(material.panel, splits, [], label=material.label, report=lambda _: None)
