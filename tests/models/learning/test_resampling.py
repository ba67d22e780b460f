"""How sure a measure is: whole enterprises are drawn, and counting by ranks measures what the metrics do."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.learning import metrics
from models.learning.resampling import Floats, Ints, Ranked, draws, interval, places

NAN = float("nan")


def some(*values: float) -> Floats:
    return np.array(values, dtype=float)


def of_mean(values: Floats, clusters: Any, rounds: int = 200, **settings: Any) -> tuple[float, float]:
    """The interval of the mean of some rows."""
    seed = settings.pop("seed", 0)
    means = [float((times * values).sum() / times.sum()) for times in draws(clusters, rounds, seed)]
    return interval(np.array(means), **settings)


def test_clusters_are_drawn_whole():
    clusters = np.array(["b", "a", "b", "c", "b", "a"])
    seen: list[Ints] = list(draws(clusters, rounds=50))
    for times in seen:
        b, a, _, c, *_ = times
        assert times.tolist() == [b, a, b, c, b, a]
        assert a + b + c == 3
    assert len({tuple(times) for times in seen}) > 5


def test_the_interval_of_a_mean_is_the_one_of_theory():
    values = np.random.default_rng(1).normal(size=400)
    low, high = of_mean(values, np.arange(400), rounds=2000)
    error = values.std() / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


def test_firms_seen_twenty_times_are_not_twenty_firms():
    values = np.repeat(np.random.default_rng(1).normal(size=50), 20)

    def width(clusters: Ints) -> float:
        low, high = of_mean(values, clusters)
        return high - low

    assert width(np.repeat(np.arange(50), 20)) > 3 * width(np.arange(1000))


def test_the_seed_decides_the_interval_and_a_lower_level_narrows_it():
    values, firms = np.random.default_rng(1).normal(size=100), np.arange(100) // 2
    assert of_mean(values, firms, seed=3) == of_mean(values, firms, seed=3) != of_mean(values, firms, seed=4)
    wide, narrow = of_mean(values, firms), of_mean(values, firms, level=0.5)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_draws_without_a_number_are_left_out():
    ranked = Ranked(some(2, 1), some(1, 0))
    areas = np.array([ranked.measured(times)[0] for times in draws(["a", "b"])])
    assert np.isnan(areas).any()
    assert interval(areas) == (1.0, 1.0)
    assert np.isnan(interval(some(NAN, NAN))).all()


@st.composite
def drawn(draw: st.DrawFn) -> tuple[Floats, Floats, Ints]:
    """Scores with many ties, labels, and how often each row was drawn (one of them at least once)."""
    row = st.tuples(st.integers(-9, 9), st.sampled_from([0.0, 1.0, NAN]), st.integers(0, 9))
    rows = draw(st.lists(row, min_size=1, max_size=80))
    score, label, times = (np.array(column) for column in zip(*rows, strict=True))
    times[0] = max(1, times[0])
    return score.astype(float), label, times


@given(drawn())
def test_counting_by_ranks_measures_what_the_metrics_measure_of_the_rows_as_often_as_drawn(
    case: tuple[Floats, Floats, Ints],
):
    score, label, times = case
    scores, labels = np.repeat(score, times), np.repeat(label, times)
    expected = (
        metrics.auc(scores, labels),
        metrics.at_capacity(scores, labels, places(0.1, len(scores))).precision_expected,
        metrics.at_capacity(scores, labels, places(0.02, len(scores))).precision_expected,
        metrics.average_precision(scores, labels),
    )
    assert Ranked(score, label).measured(times) == pytest.approx(expected, nan_ok=True)


def test_a_place_that_is_shared_counts_in_part():
    # 20 rows, 2 places: the first row is a hit, the second place is shared by three rows, one of them a hit.
    score = some(9, 8, 8, 8, *[1] * 16)
    label = some(1, 1, 0, 0, *[0] * 16)
    _, at_tenth, at_head, _ = Ranked(score, label).measured()
    assert at_tenth == pytest.approx((1 + 1 / 3) / 2)
    assert at_head == 1.0
