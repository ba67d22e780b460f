"""Fitting: points that add up, keep their direction, rest on enough rows, and come out the same every time."""

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.coding.card import FittedCard
from models.errors import ModelError
from models.learning.additive import Levels, Steps, fit_additive
from models.learning.binning import Binning, choose_bins
from models.learning.families import FAMILIES
from models.learning.fit import Fitted, fit_card
from models.learning.gate import monotonicity_breaches
from models.learning.training import fit_finished, matched_thresholds, propensity_weights, training_rows
from models.policy import VISIT_FAMILIES, LearningPolicy
from models.scorecard import Factor
from tests.models.learning.test_additive import NAMES, frame_of, policy_of
from tests.worlds.effort import tries
from tests.worlds.panels import DAYS, POLICY, by_chance, history, learning, policy

REPOSITORY = Path(__file__).parents[3]


def fit(rows: pl.DataFrame, of: LearningPolicy, **more: Any) -> Fitted:
    """A card for rows, which stand for different enterprises of one day."""
    if "enterprise_id" not in rows.columns:
        rows = rows.with_columns(enterprise_id=pl.format("e{}", pl.int_range(pl.len())), as_of=pl.lit(0))
    return fit_card(rows, learning=of, name="trial", version="1", reference="by hand", **more)


def factor(fitted: Fitted, feature: str) -> Factor:
    return next(one for one in fitted.card.factors if one.feature == feature)


@cache
def small() -> Fitted:
    """A card fitted on a panel with a known truth."""
    return fit(history().panel, learning())


def some_card(seed: int, rows: int = 400, **fitting: Any) -> tuple[pl.DataFrame, LearningPolicy, Fitted]:
    """Labelled rows with nulls and categories, a policy with drawn directions, and the card fitted on them."""
    frame, of = frame_of(seed, rows), policy_of(seed, least_leaf=5, **fitting)
    return frame, of, fit(frame, of)


# ---- what a card is made of ----------------------------------------------------------------------------


def test_the_points_of_every_firm_add_up_to_its_score():
    rows = history().current
    told = small().card.contributions(rows)
    factors = [one.name for one in small().card.factors]
    assert told.select(factors).dtypes == [pl.Int64] * len(factors)
    assert told["score"].to_list() == [sum(row) for row in told.select(factors).iter_rows()]


def test_the_card_tells_points_of_what_the_truth_is_made_of():
    wanted = {"violations_36m", "last_result", "employees", "sector"}
    assert wanted <= {one.feature for one in small().card.factors}
    assert factor(small(), "sector").points["fireworks"] == max(factor(small(), "sector").points.values())


def test_one_row_scored_alone_gets_the_points_it_has_among_all():
    rows = history().current.head(50)
    together = small().card.contributions(rows)["score"].to_list()
    alone = [small().card.contributions(rows[at])["score"].item() for at in range(rows.height)]
    assert alone == together


def test_points_that_tell_a_tenfold_risk_differ_by_its_logarithm():
    # 10 % of the one and 50 % of the other are positive: log-odds of -2.2 and 0, or 22 points of 0.1, of which
    # caution may keep one or two back.
    rows = pl.DataFrame(
        {"violations_36m": [0] * 600 + [1] * 600, "label": [1] * 60 + [0] * 540 + [1] * 300 + [0] * 300}
    )
    card = fit(rows, learning(("violations_36m", "up")))
    points = factor(card, "violations_36m").points
    assert points[0] == 0
    assert 20 <= points[1] <= 22


def test_missing_values_have_a_bin_of_their_own():
    rng = np.random.default_rng(3)
    value = pl.Series(rng.integers(0, 5, 3000)).set(pl.Series(np.arange(3000) % 4 == 0), None)
    risk = value.replace_strict({0: 0.1, 1: 0.1, 2: 0.2, 3: 0.2, 4: 0.3, None: 0.6}).to_numpy()
    rows = pl.DataFrame({"last_result": value, "label": (rng.random(3000) < risk).astype(np.int8)})
    last = factor(fit(rows, learning(("last_result", "up"))), "last_result")
    assert last.missing > max(last.points.values()) > min(last.points.values()) == 0


def test_a_feature_that_is_never_missing_gives_what_is_missing_later_the_highest_points():
    found = factor(small(), "violations_36m")
    assert found.missing == max(found.points.values())


@pytest.mark.parametrize("column", ["last_result", "sector"])
def test_a_handful_of_missing_values_buys_no_points_of_its_own(column: str):
    rng = np.random.default_rng(3)
    value = rng.integers(0, 5, 4000)
    hit = rng.random(4000) < 0.05 + 0.1 * value
    hit[:4] = True
    told: Any = value if column == "last_result" else np.array(list("abcde"))[value]
    shown = pl.Series(told).set(pl.Series(np.arange(4000) < 4), None if column == "last_result" else "rare")
    rows = pl.DataFrame({column: shown, "label": hit.astype(np.int8)})
    found = factor(fit(rows, learning((column, "free"))), column)
    assert min(found.points.values()) <= found.missing <= max(found.points.values())


def test_unlabelled_rows_change_nothing():
    rows = history(firms=600).panel
    of = learning()
    whole, known = fit(rows, of), fit(rows.filter(pl.col("label").is_not_null()), of)
    assert whole.card.fingerprint == known.card.fingerprint


# ---- limits --------------------------------------------------------------------------------------------


def binnings(frame: pl.DataFrame, of: LearningPolicy) -> list[Binning]:
    """How the features of a frame are cut for the card."""
    weights = np.ones(frame.height)
    model = fit_additive(frame, weights, of.candidates, of.fitting)
    wanted = {one.feature: one.direction for one in of.candidates}
    return choose_bins(model, frame, weights, wanted, of.fitting)


def numbers(one: Binning) -> int:
    """How many numbers of a card a reader has to read: one for every bin, but of categories one for each."""
    return len(one.part.levels) + one.has_missing if isinstance(one.part, Levels) else one.size


@settings(max_examples=tries(20))
@given(
    st.integers(0, 10**6),
    st.integers(1, 6),
    st.integers(2, 20),
    st.sampled_from([0.005, 0.05, 0.2]),
)
def test_factors_and_bins_stay_within_their_limits_and_every_bin_has_enough_rows(
    seed: int, factors: int, bins: int, support: float
):
    limits: dict[str, Any] = {"max_factors": factors, "max_bins": bins, "least_support": support}
    frame, of = frame_of(seed, 400), policy_of(seed, least_leaf=5, **limits)
    cut = binnings(frame, of)
    assert len(cut) <= factors
    assert sum(numbers(one) for one in cut) <= bins
    for one in cut:
        assert 2 <= one.bins <= of.fitting.bins_per_factor
        index = one.index(frame[one.part.feature])
        rows = np.bincount(index, minlength=one.bins + 1)
        hits = np.bincount(index, frame["label"].to_numpy(), minlength=one.bins + 1)
        holds = (rows >= support * frame.height) | (hits >= of.fitting.least_positives)
        assert holds[:-1].all()
        assert one.has_missing == (rows[-1] > 0)
        assert one.is_missing_thin == (rows[-1] < support * frame.height)


@settings(max_examples=tries(12))
@given(st.integers(0, 10**6))
def test_every_bin_of_a_finished_card_rests_on_enough_rows(seed: int):
    limits: dict[str, Any] = {"max_factors": 4, "max_bins": 14, "least_support": 0.05, "most_points": 25}
    frame = frame_of(seed, 400)
    of = policy_of(seed, least_leaf=5, **limits)
    if not binnings(frame, of):
        return
    card = fit(frame, of).card
    assert len(card.factors) <= 4
    shown = 0
    for one in card.factors:
        column = frame[one.feature]
        points = frame.select(one.expression().alias("p"))["p"]
        if one.is_numeric:
            edges = sorted(int(least) for least in one.points)
            bins = np.searchsorted(edges, column.drop_nulls().to_numpy(), side="right")
            rows = list(np.bincount(np.maximum(bins, 1))[1:])
            shown += len(edges)
        else:
            named = column.is_in(list(one.points))
            rows = points.filter(named.fill_null(value=False)).value_counts()["count"].to_list()
            shown += len(set(one.points.values()))
        assert min(rows) >= 0.05 * frame.height
        assert min(*one.points.values(), one.missing) == 0
        assert max(*one.points.values(), one.missing) <= 25
    assert shown <= 14


# ---- directions ----------------------------------------------------------------------------------------


@settings(max_examples=tries(12))
@given(st.integers(0, 10**6), st.sampled_from(sorted(FAMILIES)), st.data())
def test_more_of_a_feature_never_moves_a_score_the_wrong_way(seed: int, family: str, data: st.DataObject):
    frame, of = frame_of(seed, 300), policy_of(seed, least_leaf=5, least_support=0.02)
    try:
        card = fit(frame, of, family=family).card
    except ModelError:
        return
    wanted = {one.feature: one.direction for one in of.candidates}
    assert monotonicity_breaches(card, wanted) == ()
    row = frame[data.draw(st.integers(0, frame.height - 1))]
    raised = data.draw(st.sampled_from(NAMES))
    if row[raised].item() is None:
        return
    more = row.with_columns(pl.col(raised) + data.draw(st.integers(1, 2000)))
    before, after = (
        card.contributions(one.with_columns(enterprise_id=pl.lit("e")))["score"].item() for one in (row, more)
    )
    if wanted[raised] == "up":
        assert after >= before
    if wanted[raised] == "down":
        assert after <= before


# ---- the same every time -------------------------------------------------------------------------------


def finished(panel: pl.DataFrame | None = None, **fitting: Any) -> FittedCard:
    material = history(firms=600)
    if panel is not None:
        material = replace(material, panel=panel)
    return fit_finished(material, policy=policy(**fitting), in_force=POLICY)


def test_fitting_again_gives_the_same_card():
    one, other = finished(), finished()
    assert one.scorecard.fingerprint == other.scorecard.fingerprint
    assert one.card_id == other.card_id


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_the_order_of_the_rows_does_not_matter(family: str):
    # Fewer boosted rows than there are: which ones are drawn must not depend on the order either.
    panel, of = history(firms=600).panel, learning(most_boosted_rows=2000)
    weights = np.linspace(0.5, 1.5, panel.height)
    order = np.random.default_rng(4).permutation(panel.height)
    one = fit(panel, of, family=family, weights=weights)
    other = fit(panel[order], of, family=family, weights=weights[order])
    assert one.card.fingerprint == other.card.fingerprint
    assert one.model == other.model


def test_a_whole_card_does_not_depend_on_the_order_of_the_rows():
    panel = history(firms=600).panel
    assert finished(panel.sample(fraction=1, shuffle=True, seed=9)).card_id == finished(panel).card_id


_ELSEWHERE = """
from models.learning.families import FAMILIES
from models.learning.training import fit_finished
from models.policy import VISIT_FAMILIES
from tests.worlds.panels import POLICY, history, policy
for family in sorted(set(FAMILIES) - set(VISIT_FAMILIES)):
    firms = 2500 if family == "boosted" else 250
    card = fit_finished(history(firms=firms), policy=policy(), in_force=POLICY, family=family)
    print(family, card.scorecard.fingerprint, card.card_id)
"""


def fitted_on(threads: int) -> str:
    """Fingerprints of cards fitted in a process with so many threads."""
    limits = dict.fromkeys(
        ("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), f"{threads}"
    )
    found = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE],
        env={**os.environ, **limits, "PYTHONPATH": str(REPOSITORY), "PYTHONHASHSEED": f"{threads}"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout


@pytest.mark.whole
@pytest.mark.slow
def test_one_thread_and_two_fit_the_same_card():
    alone = fitted_on(1)
    assert alone.count("\n") == len(FAMILIES) - len(VISIT_FAMILIES)
    assert fitted_on(2) == alone


# ---- when there is too little --------------------------------------------------------------------------


@pytest.mark.parametrize(("positives", "negatives"), [(29, 500), (500, 29), (0, 500), (0, 0)])
def test_too_few_labels_of_a_kind_are_refused_with_a_next_step(positives: int, negatives: int):
    rows = pl.DataFrame(
        {
            "violations_36m": pl.int_range(positives + negatives, eager=True),
            "label": pl.Series([1] * positives + [0] * negatives, dtype=pl.Int8),
        }
    )
    with pytest.raises(ModelError, match=rf"{positives} of {positives + negatives} .* take in more history"):
        fit(rows, learning(("violations_36m", "up")))


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_features_that_never_vary_make_no_card(family: str):
    rows = pl.DataFrame({"violations_36m": [3] * 200, "label": [0, 1] * 100})
    with pytest.raises(ModelError, match="No feature tells the labels apart"):
        fit(rows, learning(("violations_36m", "up")), family=family)


def test_an_unlabelled_panel_is_refused_like_any_other_with_too_little():
    panel = history(firms=50).panel.with_columns(label=pl.lit(None, dtype=pl.Int8))
    with pytest.raises(ModelError, match="0 of 0 known labels"):
        finished(panel)


def test_a_label_nobody_can_tell_gives_few_points_or_none():
    try:
        card = fit(history(by_chance).panel, learning()).card
    except ModelError:
        return
    assert all(max(one.points.values()) <= 12 for one in card.factors)


# ---- finishing -----------------------------------------------------------------------------------------


def test_only_the_latest_complete_cohorts_are_learnt():
    rows = training_rows(history(firms=50).panel, learning(train_cohorts=3))
    assert rows["as_of"].unique().sort().to_list() == DAYS[-3:]
    assert rows["label"].null_count() == 0


def test_a_card_says_what_it_was_fitted_on():
    origin = finished().origin
    known = history(firms=600).panel.filter(pl.col("label").is_not_null())
    assert (origin.first_cohort, origin.last_cohort) == ("2023-03-31", "2025-03-31")
    assert (origin.rows, origin.positives) == (known.height, known["label"].sum())
    assert (origin.enterprises, origin.cohorts, origin.fitted_for) == (600, len(DAYS), "2026-06-30")


def test_a_card_is_calibrated_for_every_label_the_panel_brings():
    panel = history(firms=600).panel.with_columns(
        pl.col("label").alias("label:accident"),
        pl.lit(None, dtype=pl.Int8).alias("label:penalty"),
        pl.lit(0, dtype=pl.Int8).alias("label:lost_time_injury"),
    )
    assert set(finished(panel).calibrations) == {"serious_finding", "accident"}


def test_new_cut_offs_keep_the_share_of_every_code():
    rows = history().current
    card = small().card
    limits, old = POLICY.codes.thresholds, POLICY.scorecard.contributions(rows)["score"]
    cuts, new = matched_thresholds(card, POLICY, rows), card.contributions(rows)["score"]
    for name in ("blue", "yellow", "red"):
        had, has = (int((score >= getattr(at, name)).sum()) for score, at in ((old, limits), (new, cuts)))
        tied = int((new == getattr(cuts, name)).sum()) + int((new == getattr(cuts, name) - 1).sum())
        assert abs(has - had) <= tied, f"{name}: {had} before, {has} now"


def by_hand(points: dict[int, int], thresholds: tuple[int, int, int], values: list[int]) -> tuple[int, ...]:
    """Cut-offs of a card that scores a feature as it is, where the old card gave other points."""
    rows = pl.DataFrame({"enterprise_id": [f"e{n}" for n in range(len(values))], "violations_36m": values})
    old, new = (
        replace(small().card, factors=(replace(factor(small(), "violations_36m"), points=told),))
        for told in (points, {value: value for value in range(101)})
    )
    limits = dict(zip(("blue", "yellow", "red"), thresholds, strict=True))
    codes = replace(POLICY.codes, thresholds=POLICY.codes.thresholds.model_copy(update=limits))
    found = matched_thresholds(new, replace(POLICY, scorecard=old, codes=codes), rows)
    return found.blue, found.yellow, found.red


def test_cut_offs_by_hand():
    # Of ten firms the old card calls four BLUE or worse, two YELLOW or worse, one RED.
    old = {0: 0, 7: 10, 9: 20, 10: 30}
    assert by_hand(old, (10, 20, 30), list(range(1, 11))) == (7, 9, 10)


def test_where_nobody_was_red_nobody_becomes_red():
    old = {0: 0, 7: 10, 9: 20}
    blue, yellow, red = by_hand(old, (10, 20, 30), list(range(1, 11)))
    assert (blue, yellow) == (7, 9)
    assert red > 10


def test_where_old_codes_leave_no_room_between_them_red_keeps_its_share():
    # The old card jumps from GREEN to RED: three firms are RED, nobody is BLUE or YELLOW.
    assert by_hand({0: 0, 7: 30}, (10, 20, 30), [1, 2, 3, 4, 5, 6, 6, 7, 8, 9]) == (5, 6, 7)


def test_cut_offs_ascend_from_one_whatever_the_scores():
    assert by_hand({0: 0, 5: 30}, (10, 20, 30), [0, 0, 0, 1, 1]) == (1, 2, 3)


def test_propensity_weights_are_the_inverse_of_the_known_share_of_a_stratum():
    panel = pl.DataFrame(
        {
            "as_of": [0] * 6,
            "sector": ["a"] * 4 + ["b"] * 2,
            "track_record": ["visited"] * 6,
            "label": [1, 0, None, None, 1, 0],
        }
    )
    known = panel.filter(pl.col("label").is_not_null())
    found = propensity_weights(panel, known, learning(propensity_weights=True, most_propensity_weight=5.0))
    assert found is not None
    assert found.tolist() == pytest.approx([4 / 3, 4 / 3, 2 / 3, 2 / 3])
    assert propensity_weights(panel, known, learning()) is None


def test_weights_stand_for_repeated_rows():
    rows = frame_of(11, 300).select("violations_36m", "label").drop_nulls()
    twice = np.where(np.arange(rows.height) % 3 == 0, 2.0, 1.0)
    of = learning(("violations_36m", "up"), least_leaf=1, least_support=0.0)
    one = fit(rows, of, weights=twice).model
    assert isinstance(one.parts[0], Steps)
    assert one != fit(rows, of).model


def test_an_industry_is_pooled_upwards_within_the_limit_of_numbers():
    """Sixty classes of six divisions: a division is known from its classes, and a class that stands out by itself."""
    rng = np.random.default_rng(5)
    divisions = ("13", "26", "33", "47", "51", "70")
    codes = np.array([f"{division}{n:02}" for division in divisions for n in range(10)])
    drawn = codes[rng.integers(0, 60, 12_000)]
    logit = -1.5 + np.select([np.char.startswith(drawn, "26"), drawn == "4703"], [1.5, 2.5], 0.0)
    hit = rng.random(12_000) < 1 / (1 + np.exp(-logit))
    frame = pl.DataFrame({"industry": drawn, "label": hit.astype(np.int8)})
    for family in FAMILIES:
        found = factor(
            fit(frame, learning(("industry", "free"), levels_per_factor=6), family=family), "industry"
        )
        assert len(found.points) <= 6
        rows = pl.DataFrame({"industry": ["2607", "4703", "4702", "7001"]})
        chemistry, outlier, building, others = rows.select(found.expression().alias("p"))["p"].to_list()
        assert chemistry - others >= 10
        assert outlier - building >= 15
        assert abs(building - others) <= 3


def test_the_few_at_the_top_of_a_list_have_points_of_their_own():
    """Half a percent of the rows, far more often hit: too few for a bin by their number, enough by their hits."""
    rng = np.random.default_rng(6)
    count = rng.integers(0, 4, 20_000)
    count[:60] = rng.integers(40, 60, 60)
    hit = rng.random(20_000) < np.where(count >= 40, 0.8, 0.02 + 0.01 * np.minimum(count, 4))
    frame = pl.DataFrame({"violations_36m": count, "label": hit.astype(np.int8)})
    of = learning(("violations_36m", "up"))
    for family in FAMILIES:
        points = factor(fit(frame, of, family=family), "violations_36m").points
        assert max(int(least) for least in points) >= 20
