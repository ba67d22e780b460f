"""Walk-forward splits on days counted by hand: what could be learnt on a test day, and what could not."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import LeakageError
from models.learning.splits import (
    Split,
    announced,
    cohort_days,
    learnable,
    require_no_leak,
    suspicious_features,
    walk_forward,
)
from tests.worlds.panels import label, learning

YEAR = label("violation", horizon=365, lag=35)
"""Outcomes of a year, all announced 400 days after the as-of day."""


def panel(*rows: dict[str, Any]) -> pl.DataFrame:
    """Labelled rows: usually ``e1``, negative, decided 10 days after its day and announced at once."""
    told = [{"enterprise_id": "e1", "label": 0, "outcome_day": row["as_of"] + 10, **row} for row in rows]
    whole = [{"announced_day": row["outcome_day"], **row} for row in told]
    return pl.DataFrame(whole)


# ---- days ----------------------------------------------------------------------------------------------


def test_cohorts_are_the_ends_of_quarters_between_the_first_event_and_the_last_day():
    assert cohort_days(date(2024, 3, 31), date(2025, 1, 15), months=3) == [
        date(2024, 3, 31),
        date(2024, 6, 30),
        date(2024, 9, 30),
        date(2024, 12, 31),
    ]


def test_the_last_day_itself_is_a_cohort_when_a_quarter_ends_with_it():
    assert cohort_days(date(2025, 12, 31), date(2026, 6, 30), months=6) == [
        date(2025, 12, 31),
        date(2026, 6, 30),
    ]


@pytest.mark.parametrize(("day", "is_learnable"), [(599, True), (600, True), (601, False)])
def test_a_label_may_be_learnt_from_the_day_its_lag_is_over(day: int, is_learnable: bool):
    assert learnable([day], by=1000, label=YEAR, most=5) == ((day,) if is_learnable else ())


def test_only_the_latest_cohorts_are_learnt():
    assert learnable([300, 100, 200, 900], by=1000, label=YEAR, most=2) == (200, 300)


def test_a_day_is_tried_on_once_enough_cohorts_before_it_are_complete():
    days = [0, 100, 400, 500, 600]
    fitting = learning(least_cohorts=2, train_cohorts=12, test_periods=6).fitting
    assert walk_forward(days, label=YEAR, fitting=fitting) == [Split((0, 100), 500), Split((0, 100), 600)]


def test_only_the_last_test_periods_are_tried():
    fitting = learning(least_cohorts=1, train_cohorts=12, test_periods=1).fitting
    assert walk_forward([0, 400, 800], label=YEAR, fitting=fitting) == [Split((0, 400), 800)]


@given(
    days=st.sets(st.integers(0, 3000), max_size=20),
    horizon=st.integers(1, 800),
    lag=st.integers(0, 300),
    most=st.integers(1, 5),
)
def test_no_split_ever_learns_what_was_not_complete_on_its_day(
    days: set[int], horizon: int, lag: int, most: int
):
    fitting = learning(least_cohorts=1, train_cohorts=most, test_periods=50).fitting
    for split in walk_forward(sorted(days), label=label(horizon=horizon, lag=lag), fitting=fitting):
        assert 1 <= len(split.train) <= most
        assert all(day + horizon + lag <= split.test for day in split.train)


# ---- what is refused -----------------------------------------------------------------------------------


def test_a_clean_split_is_accepted():
    require_no_leak(panel({"as_of": 600}, {"as_of": 1000}), Split((600,), 1000), label=YEAR)


def test_a_training_cohort_that_is_complete_only_after_the_test_day_is_a_leak():
    with pytest.raises(LeakageError, match="day 601 are complete only 400 days later"):
        require_no_leak(panel({"as_of": 601}, {"as_of": 1000}), Split((601,), 1000), label=YEAR)


def test_the_test_day_is_no_training_day():
    with pytest.raises(LeakageError):
        require_no_leak(panel({"as_of": 1000}), Split((1000,), 1000), label=YEAR)


@pytest.mark.parametrize("day", [600, 1000], ids=["training day", "test day"])
def test_an_enterprise_that_stands_twice_on_a_day_is_a_leak(day: int):
    rows = panel({"as_of": 600}, {"as_of": 1000}, {"as_of": day})
    with pytest.raises(LeakageError, match=f"e1 stands twice on day {day}"):
        require_no_leak(rows, Split((600,), 1000), label=YEAR)


def test_an_enterprise_may_stand_on_several_days():
    rows = panel({"as_of": 500}, {"as_of": 600}, {"as_of": 1000})
    require_no_leak(rows, Split((500, 600), 1000), label=YEAR)


def test_an_outcome_after_the_test_day_is_a_leak_whatever_the_label_says_of_itself():
    rows = panel({"as_of": 600, "outcome_day": 1001}, {"as_of": 1000})
    with pytest.raises(LeakageError, match="outcome of day 1001"):
        require_no_leak(rows, Split((600,), 1000), label=YEAR)


def test_an_outcome_announced_after_the_test_day_is_a_leak():
    rows = panel({"as_of": 600, "announced_day": 1001}, {"as_of": 1000})
    with pytest.raises(LeakageError, match="announced on day 1001"):
        require_no_leak(rows, Split((600,), 1000), label=YEAR)


def test_rows_announced_too_late_are_left_out_and_the_test_day_keeps_all():
    rows = panel(
        {"as_of": 600, "enterprise_id": "early", "announced_day": 1000},
        {"as_of": 600, "enterprise_id": "late", "announced_day": 1001},
        {"as_of": 600, "enterprise_id": "nothing", "announced_day": None},
        {"as_of": 1000, "enterprise_id": "tried", "announced_day": 1300},
    )
    left = announced(rows, Split((600,), 1000))
    assert left["enterprise_id"].to_list() == ["early", "nothing", "tried"]


# ---- features that know too much -----------------------------------------------------------------------


def known_to(*columns: str) -> pl.DataFrame:
    """Forty rows, thirty of them positive; columns that equal the label, its opposite, or half of it."""
    hit = [1] * 30 + [0] * 10
    made = {
        "tells": hit,
        "denies": [1 - one for one in hit],
        "hides": [None if one else 5 for one in hit],
        "guesses": [at % 2 for at in range(40)],
        "named": ["yes" if one else "no" for one in hit],
    }
    return pl.DataFrame({name: made[name] for name in columns} | {"label": hit})


def test_a_category_that_only_the_unlucky_carry_is_suspicious():
    rows = pl.DataFrame(
        {
            "label": [1] * 60 + [0] * 940,
            "wording": ["F construction"] * 60 + ["construction"] * 500 + ["other"] * 440,
            "honest": ["construction"] * 520 + ["other"] * 480,
        }
    )
    assert suspicious_features(rows, ["wording", "honest"]) == ["wording"]


@pytest.mark.parametrize("column", ["tells", "denies", "hides"])
def test_a_feature_that_tells_the_label_alone_is_suspicious(column: str):
    assert suspicious_features(known_to(column, "guesses"), [column, "guesses"]) == [column]


def test_rows_without_a_label_do_not_hide_a_leak():
    rows = known_to("tells")
    unknown = pl.DataFrame({"tells": [0] * 50 + [1] * 50, "label": [None] * 100}, schema=rows.schema)
    assert suspicious_features(pl.concat([rows, unknown]), ["tells"]) == ["tells"]


def test_with_few_positives_nobody_is_suspected():
    assert suspicious_features(known_to("tells")[1:], ["tells"]) == []
