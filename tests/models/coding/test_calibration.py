"""From points to probability: small tables pooled by hand, and laws that hold for any labels."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.coding.calibration import FROM, LEAST_STEP, Calibration, Step, calibrate
from models.estimates import wilson
from models.vocabulary import LIKELIHOOD


def told(*groups: tuple[int, int, int], firms: int | None = None) -> Calibration:
    """Calibration of groups (points, labels, positives); every row is another firm unless told otherwise."""
    points = np.concatenate([np.full(count, at) for at, count, _ in groups])
    labels = np.concatenate([np.repeat([1.0, 0.0], [hits, count - hits]) for _, count, hits in groups])
    count = firms or len(points)
    return calibrate("trial", points, labels, [f"e{n % count}" for n in range(len(points))])


def summary(of: Calibration) -> list[tuple[int, float, int]]:
    return [(step.least_points, step.probability, step.labelled) for step in of.steps]


# ---- by hand -------------------------------------------------------------------------------------------


def test_groups_that_rise_keep_their_own_share():
    assert summary(told((0, 100, 10), (5, 100, 20), (9, 200, 100))) == [
        (0, 0.1, 100),
        (5, 0.2, 100),
        (9, 0.5, 200),
    ]


def test_neighbours_in_the_wrong_order_are_pooled():
    # 30 of 100, then 10 of 300: together 40 of 400, which is less than the 20 % that follow.
    found = told((0, 100, 5), (1, 100, 30), (2, 300, 10), (3, 100, 20))
    assert summary(found) == [(0, 0.05, 100), (1, 0.1, 400), (3, 0.2, 100)]


def test_pooling_goes_back_as_far_as_it_must():
    # 20 % and 10 % pool to 15 %; the 6 % that follow pull all three to 12 %.
    assert summary(told((0, 100, 20), (1, 100, 10), (2, 100, 6))) == [(0, 0.12, 300)]


def test_equal_shares_are_one_step():
    assert summary(told((0, 100, 10), (1, 100, 10), (2, 100, 30))) == [(0, 0.1, 200), (2, 0.3, 100)]


def test_thin_scores_are_joined_until_there_are_enough_labels():
    # 60 and 60 make a block of 120; the last 50 are too few to stand alone and join the 100 before them.
    found = told((0, 60, 0), (1, 60, 12), (2, 100, 20), (3, 50, 25))
    assert summary(found) == [(0, 0.1, 120), (2, 0.3, 150)]


def test_fewer_labels_than_a_step_needs_give_one_step():
    assert summary(told((0, 30, 3), (1, 30, 9))) == [(0, 0.2, 60)]


def test_the_base_rate_is_that_of_all_rows():
    assert told((0, 100, 10), (5, 300, 90)).base_rate == 0.25


def test_intervals_are_wilsons_when_every_row_is_another_firm():
    step = told((0, 100, 10), (5, 100, 40)).steps[1]
    assert (step.low, step.high) == pytest.approx(wilson(40, 100))


def test_a_firm_seen_on_four_days_is_not_four_firms():
    step = told((0, 100, 10), (5, 100, 40), firms=50).steps[1]
    assert (step.low, step.high) == pytest.approx(wilson(10, 25))


# ---- reading -------------------------------------------------------------------------------------------

THREE = Calibration(
    "trial",
    0.1,
    (
        Step(2, 0.04, 0.02, 0.06, 500, 20),
        Step(6, 0.10, 0.08, 0.12, 500, 50),
        Step(9, 0.50, 0.40, 0.60, 100, 50),
    ),
)


@pytest.mark.parametrize(
    ("points", "probability"),
    [(-5, 0.04), (0, 0.04), (2, 0.04), (5, 0.04), (6, 0.10), (8, 0.10), (9, 0.50), (999, 0.50)],
)
def test_a_score_falls_on_the_last_step_it_reaches_and_below_the_first_on_the_first(
    points: int, probability: float
):
    assert THREE.at(points).probability == probability
    assert THREE.probabilities(np.array([points])).tolist() == [probability]
    row = pl.DataFrame({"score": [points]}).select(**THREE.columns()).row(0, named=True)
    step = THREE.at(points)
    assert (row["probability"], row["low"], row["high"]) == (step.probability, step.low, step.high)
    key = THREE.likelihood(points)
    assert (row["wording_zh"], row["wording_en"]) == (LIKELIHOOD.zh(key), LIKELIHOOD.labels[key])


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.5, "far above average"),
        (0.25, "well above average"),
        (0.15625, "somewhat above average"),
        (0.1, "about average"),
        (0.0625, "somewhat below average"),
        (0.06, "well below average"),
        (0.0, "well below average"),
    ],
)
def test_words_compare_with_a_base_rate_of_one_in_eight(probability: float, words: str):
    key = Calibration("trial", 0.125, (Step(0, probability, 0, 1, 1, 0),)).likelihood(0)
    assert LIKELIHOOD.labels[key] == words


def test_where_nothing_ever_happened_everybody_is_average():
    assert told((0, 200, 0)).likelihood(0) == "average"


def test_limits_come_in_order_and_every_likelihood_has_one():
    limits = [least for least, _ in FROM]
    assert limits == sorted(limits, reverse=True)
    assert limits[-1] == 0
    assert [key for _, key in FROM] == LIKELIHOOD.keys


# ---- laws ----------------------------------------------------------------------------------------------


@st.composite
def calibrations(draw: st.DrawFn) -> tuple[Calibration, int]:
    """A calibration of any points and labels, and the number of rows."""
    seed, rows = draw(st.integers(0, 10**6)), draw(st.integers(1, 1200))
    rng = np.random.default_rng(seed)
    points = rng.integers(-20, -20 + draw(st.integers(1, 90)), rows)
    labels = (rng.random(rows) < draw(st.sampled_from([0.0, 0.02, 0.5, 1.0]))).astype(float)
    firms = [f"e{n}" for n in rng.integers(0, draw(st.integers(1, 500)), rows)]
    return calibrate("trial", points, labels, firms), rows


@given(calibrations())
def test_more_points_never_mean_less_risk_and_intervals_hold_the_point(drawn: tuple[Calibration, int]):
    found, rows = drawn
    shares = [step.probability for step in found.steps]
    assert shares == sorted(shares)
    assert [step.least_points for step in found.steps] == sorted({step.least_points for step in found.steps})
    for step in found.steps:
        assert 0 <= step.low <= step.probability <= step.high <= 1
        if 0 < step.positives < step.labelled:
            assert step.probability == step.positives / step.labelled
        else:
            assert step.probability == pytest.approx(step.positives / step.labelled, abs=1 / step.labelled)
        assert step.labelled >= min(rows, LEAST_STEP)
    assert sum(step.labelled for step in found.steps) == rows


@given(calibrations())
def test_a_calibration_survives_json(drawn: tuple[Calibration, int]):
    found, _ = drawn
    assert Calibration.from_dict(json.loads(json.dumps(found.to_dict()))) == found
