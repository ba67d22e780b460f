"""Additive boosting taken apart: the step functions say exactly what the trees say."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.learning.additive import (
    AdditiveModel,
    Column,
    Levels,
    Steps,
    boost,
    design,
    design_columns,
    extract,
    fit_additive,
    frequent_levels,
)
from models.policy import LearningPolicy
from tests.worlds.effort import tries
from tests.worlds.panels import learning

NAMES = ("violations_36m", "days_since_violation", "employees", "last_result")
CATEGORIES = ("sector", "standardisation")
DIRECTIONS = ("up", "down", "free")


def frame_of(seed: int, rows: int) -> pl.DataFrame:
    """Integers with few or many values, gaps, one sign or both, and categories, all with nulls; labels from some.

    Each column is drawn in one of several ways: dense, sparse, constant, missing or not and nothing else, empty.
    """
    rng = np.random.default_rng(seed)
    spreads: list[Any] = [
        lambda: rng.integers(0, 6, rows),
        lambda: rng.integers(-50, 3000, rows),
        lambda: rng.choice([0, 1_000_000, 7], rows),
        lambda: np.full(rows, 4),
    ]
    made: dict[str, pl.Series] = {}
    hidden = np.zeros(rows)
    for name in NAMES:
        values = pl.Series(spreads[rng.integers(len(spreads))]().astype(np.int64))
        gone = rng.random(rows) < rng.choice([0.0, 0.02, 0.4, 1.0], p=[0.3, 0.3, 0.35, 0.05])
        made[name] = values.set(pl.Series(gone), None)
        rank = np.argsort(np.argsort(values.to_numpy(), kind="stable")) / rows
        hidden += rng.normal() * np.where(gone, rng.normal(), rank)
    for name in CATEGORIES:
        values = rng.choice(["a", "b", "c", "rare"], rows, p=[0.4, 0.3, 0.29, 0.01])
        made[name] = pl.Series(values).set(pl.Series(rng.random(rows) < rng.choice([0, 0.2])), None)
        hidden += rng.normal() * (values == "a")
    hit = rng.random(rows) < 1 / (1 + np.exp(-3 * (hidden - hidden.mean())))
    return pl.DataFrame(made).with_columns(label=pl.Series(hit.astype(np.int8)))


def policy_of(seed: int, **fitting: Any) -> LearningPolicy:
    """Candidates with directions drawn from the seed."""
    rng = np.random.default_rng(seed + 1)
    told = [(name, str(rng.choice(DIRECTIONS))) for name in NAMES]
    return learning(*told, *((name, "free") for name in CATEGORIES), boosting_rounds=25, **fitting)


def boosted(frame: pl.DataFrame, of: LearningPolicy) -> tuple[Any, list[Column], AdditiveModel]:
    """The trees, the columns of their design, and the model taken out of them."""
    columns = design_columns(frame, of.candidates)
    labels = frame["label"].cast(pl.Float64).to_numpy()
    trees = boost(design(frame, columns), labels, np.ones(frame.height), columns, of.fitting)
    return trees, columns, extract(trees, columns)


def difference(frame: pl.DataFrame, trees: Any, columns: list[Column], model: AdditiveModel) -> float:
    """Greatest distance of the two logits over all rows."""
    logit: NDArray[np.float64] = trees.decision_function(design(frame, columns))
    return float(np.abs(logit - model.logit(frame)).max())


# ---- exactness -----------------------------------------------------------------------------------------


@settings(max_examples=tries(20))
@given(st.integers(0, 10**6), st.sampled_from([60, 250, 700]))
def test_the_steps_give_the_logit_of_the_trees_on_every_row(seed: int, rows: int):
    frame, of = frame_of(seed, rows), policy_of(seed, least_leaf=5)
    trees, columns, model = boosted(frame, of)
    assert difference(frame, trees, columns, model) < 1e-9


@settings(max_examples=tries(10))
@given(st.integers(0, 10**6))
def test_the_steps_give_the_logit_of_the_trees_on_rows_never_seen(seed: int):
    frame, of = frame_of(seed, 250), policy_of(seed, least_leaf=5)
    trees, columns, model = boosted(frame, of)
    strange = [-(10**6), -1, 0, 1, 3, 4, 5, 8, 2999, 999_999, 1_000_001, 10**9, None]
    fresh = pl.DataFrame(
        {name: pl.Series(strange, dtype=pl.Int64) for name in NAMES}
        | {name: ["a", "b", "c", "rare", "unheard of", None, *"abcabca"] for name in CATEGORIES}
    )
    assert difference(fresh, trees, columns, model) < 1e-9


def test_where_only_being_missing_matters_no_number_is_cut():
    value = pl.Series([2] * 60 + [None] * 60, dtype=pl.Int64)
    frame = pl.DataFrame({"last_result": value, "label": [1] * 10 + [0] * 50 + [1] * 40 + [0] * 20})
    trees, columns, model = boosted(frame, learning(("last_result", "free"), least_leaf=5))
    thresholds = [tree[0].nodes["num_threshold"][0] for tree in trees._predictors]
    assert np.isinf(thresholds).any(), "the case this is about"
    [part] = model.parts
    assert isinstance(part, Steps)
    assert part.cuts == ()
    assert part.missing > part.values[0]
    assert difference(frame, trees, columns, model) < 1e-9


def test_missing_values_may_lie_on_either_side_of_a_cut():
    value = pl.Series([0] * 60 + [5] * 60 + [None] * 60, dtype=pl.Int64)
    for worst in (0, 60, 120):
        hit = [0] * 10 + [1] * 5
        labels = np.array(hit * 12)
        labels[worst : worst + 60] = np.array(([1] * 10 + [0] * 5) * 4)
        frame = pl.DataFrame({"last_result": value, "label": labels})
        trees, columns, model = boosted(frame, learning(("last_result", "free"), least_leaf=5))
        assert difference(frame, trees, columns, model) < 1e-9
        [part] = model.parts
        told = part.table[part.index(frame["last_result"])]
        assert told[worst] == max(told)


def test_rounds_that_cannot_split_are_not_lost():
    frame = pl.DataFrame({"last_result": [0, 1] * 30, "label": [0, 1, 1, 0, 1] * 12})
    trees, columns, model = boosted(frame, learning(("last_result", "free"), least_leaf=1000))
    assert {len(tree[0].nodes) for tree in trees._predictors} == {1}
    assert difference(frame, trees, columns, model) < 1e-9


# ---- which columns -------------------------------------------------------------------------------------


def test_a_constant_column_is_left_out_and_one_that_is_missing_at_times_is_not():
    frame = pl.DataFrame(
        {
            "employees": [3, 3, 3],
            "last_result": [3, 3, None],
            "violations_36m": [None] * 3,
            "label": [0, 1, 0],
        },
        schema_overrides={"violations_36m": pl.Int64},
    )
    of = learning(("employees", "up"), ("last_result", "down"), ("violations_36m", "up"))
    assert design_columns(frame, of.candidates) == [Column("last_result", None, -1)]


def test_rare_categories_have_no_column_of_their_own():
    frame = pl.DataFrame({"sector": ["a"] * 60 + ["b"] * 50 + ["c"] * 49 + [None] * 3})
    found = design_columns(frame, learning(("sector", "free")).candidates)
    assert [column.level for column in found] == ["a", "b"]


def test_nothing_that_varies_gives_a_model_without_parts():
    frame = pl.DataFrame({"employees": [3] * 90, "label": [0, 1, 1] * 30})
    of = learning(("employees", "up"))
    assert fit_additive(frame, np.ones(90), of.candidates, of.fitting).parts == ()


# ---- directions ----------------------------------------------------------------------------------------


@settings(max_examples=tries(20))
@given(st.integers(0, 10**6))
def test_a_declared_direction_holds_in_every_step(seed: int):
    of = policy_of(seed, least_leaf=5)
    _, _, model = boosted(frame_of(seed, 250), of)
    wanted = {one.feature: one.direction for one in of.candidates}
    for part in model.parts:
        rise = np.diff(part.values)
        if wanted[part.feature] == "up":
            assert (rise >= -1e-12).all()
        if wanted[part.feature] == "down":
            assert (rise <= 1e-12).all()


# ---- by hand -------------------------------------------------------------------------------------------


def test_a_step_function_reads_its_bins_from_their_least_value():
    steps = Steps("last_result", cuts=(2, 5), values=(0.1, 0.2, 0.3), missing=-1.0)
    column = pl.Series([-9, 1, 2, 4, 5, 99, None])
    assert steps.table[steps.index(column)].tolist() == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, -1.0]


def test_a_category_never_heard_of_is_treated_as_missing():
    levels = Levels("sector", ("a", "b"), (0.5, 0.7), missing=0.0)
    column = pl.Series(["b", "z", None, "a"])
    assert levels.table[levels.index(column)].tolist() == [0.7, 0.0, 0.0, 0.5]


def test_a_logit_is_the_intercept_and_what_every_part_adds():
    model = AdditiveModel(
        -1.0,
        (
            Steps("last_result", (2,), (0.0, 2.0), 0.5),
            Levels("sector", ("a",), (0.25,), 0.0),
        ),
    )
    frame = pl.DataFrame({"last_result": [1, 2, None], "sector": ["a", None, "a"]})
    assert model.logit(frame).tolist() == pytest.approx([-0.75, 1.0, -0.25])


def test_rows_beyond_the_limit_are_drawn_the_same_way_every_time():
    frame, of = frame_of(5, 700), policy_of(5, least_leaf=5, most_boosted_rows=300)
    assert boosted(frame, of)[2] == boosted(frame, of)[2]


def test_a_branch_counts_what_lies_in_it_and_is_left_out_where_that_is_one_narrower_branch():
    codes = (
        ["2614"] * 60
        + ["2611"] * 30
        + ["2619"] * 25
        + ["2710"] * 40
        + ["27"] * 20
        + ["餐饮"] * 9
        + ["34"] * 55
    )
    series = pl.Series("industry", [*codes, None, None])
    assert frequent_levels(series, 50) == {"2614": 60, "261": 115, "27": 60, "34": 55}


def test_a_branch_has_what_it_lies_in_and_its_own():
    of = Levels("industry", ("26", "2614", "34"), (1.0, 3.0, -1.0), 0.5)
    told = pl.Series(["2614", "2611", "26", "3400", "99", None])
    assert of.table[of.index(told)].tolist() == [3.0, 1.0, 1.0, -1.0, 0.5, 0.5]
    assert of.within.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
