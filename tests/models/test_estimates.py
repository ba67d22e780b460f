"""Rates from random draws: by hand, and whether their intervals keep what they promise."""

from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models.estimates import Numbers, drawn_rate, drawn_rates_by, wilson
from pipelines.demo import visits as demo_visits
from pipelines.demo.city import City, build_city
from pipelines.demo.findings import draw_findings
from pipelines.demo.visits import RANDOM_DRAW, draw_visits, inspection_ids, inspection_rows
from tests.worlds.effort import EVERYTHING

NAN = np.nan
SEEDS = 200 if EVERYTHING else 70
LEAST_COVERED = stats.binom.ppf(0.0005, SEEDS, 0.95) / SEEDS
"""Lower end of the 99.9 % band of how many true 95 % intervals of so many cover: of 200, 0.895."""

DRAWN = pl.DataFrame(
    {
        "code": ["green", "green", "green", "red", "red", None],
        "label": [1, 0, 0, 1, 1, None],
        "inclusion": [0.5, 0.5, 0.25, 1.0, 0.5, 0.5],
    }
)
"""Weights 2, 2, 4 in green, 1 and 2 in red."""


def test_wilson_gives_what_the_textbook_gives():
    # Newcombe 1998: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_nothing_seen_leaves_everything_possible():
    assert wilson(0, 0) == (0.0, 1.0)


def test_more_positives_than_visits_are_refused():
    with pytest.raises(ValueError, match="same rows"):
        wilson(3, 2)


@given(st.floats(0, 1), st.floats(0.1, 1e6), st.floats(0.5, 0.999))
def test_wilson_holds_its_share_and_mirrors_the_negatives(share: float, n: float, level: float):
    low, high = wilson(share * n, n, level)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1
    assert wilson(n - share * n, n, level) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_equal_chances_give_the_plain_share_and_its_wilson_interval():
    estimate = drawn_rate(np.array([1, 0, 0, 0, NAN]), np.full(5, 0.35))
    assert estimate.rate == 0.25
    assert (estimate.visits, estimate.effective) == (4, pytest.approx(4))
    assert (estimate.low, estimate.high) == pytest.approx(wilson(1, 4))


def test_a_visit_drawn_with_half_the_chance_stands_for_twice_as_many_firms():
    # Weights 2 and 4: 4 of 6 firms are positive, and (2 + 4)² / (4 + 16) = 1.8 visits count.
    estimate = drawn_rate(np.array([0.0, 1.0]), np.array([0.5, 0.25]))
    assert estimate.rate == pytest.approx(4 / 6)
    assert estimate.effective == pytest.approx(1.8)
    assert (estimate.low, estimate.high) == pytest.approx(wilson(1.2, 1.8))


@pytest.mark.parametrize("label", [np.array([]), np.array([NAN])])
def test_no_known_outcome_says_nothing(label: Numbers):
    estimate = drawn_rate(label, np.full(len(label), 0.5))
    assert np.isnan(estimate.rate)
    assert (estimate.low, estimate.high, estimate.visits, estimate.effective) == (0.0, 1.0, 0, 0.0)


@pytest.mark.parametrize("chance", [0.0, -0.1, 1.1, NAN])
def test_a_visit_that_could_not_be_drawn_is_refused(chance: float):
    with pytest.raises(ValueError, match="random draw"):
        drawn_rate(np.array([1.0]), np.array([chance]))


def test_a_label_that_is_no_outcome_is_refused():
    with pytest.raises(ValueError, match="neither 0, 1 nor NaN"):
        drawn_rate(np.array([2.0]), np.array([0.5]))


def test_labels_without_their_chances_are_refused():
    with pytest.raises(ValueError, match="one chance per visit"):
        drawn_rate(np.array([1.0, 0.0]), np.array([0.5]))


def test_every_code_has_its_own_rate_and_an_unknown_code_too():
    rates = drawn_rates_by(DRAWN)
    assert rates["code"].to_list() == [None, "green", "red"]
    assert rates["rate"].to_list() == [None, pytest.approx(2 / 8), 1.0]
    assert rates["visits"].to_list() == [0, 3, 2]
    assert rates["effective"].to_list() == pytest.approx([0, 64 / 24, 9 / 5])
    assert rates.row(0)[2:4] == (0.0, 1.0)


def test_rates_go_by_any_column_and_an_empty_frame_has_none():
    rates = drawn_rates_by(DRAWN.rename({"code": "district"}).head(0), by="district")
    assert rates.columns == ["district", "rate", "low", "high", "visits", "effective"]
    assert rates.is_empty()


CHANCE = np.repeat([0.1, 0.3, 0.9], 500)
"""Chance to be drawn of 1,500 firms."""


def covered(likely: Numbers, *, seed: int) -> bool:
    """Whether the interval from one draw holds the mean of the firms' own chances of a finding."""
    rng = np.random.default_rng(seed)
    drawn, label = rng.random(len(CHANCE)) < CHANCE, (rng.random(len(CHANCE)) < likely).astype(float)
    estimate = drawn_rate(label[drawn], CHANCE[drawn])
    return estimate.low <= likely.mean() <= estimate.high


@pytest.mark.parametrize(
    "likely",
    [np.full(1500, 0.1), np.repeat([0.03, 0.08, 0.25], 500)],
    ids=["chances_unrelated_to_risk", "the_risky_drawn_more_readily"],
)
def test_unequal_chances_keep_the_promised_coverage(likely: Numbers):
    """Estimated: the mean probability over 1,500 firms, drawn anew 200 times; a visit stands for 1 to 10."""
    assert np.mean([covered(likely, seed=seed) for seed in range(SEEDS)]) >= LEAST_COVERED


def test_ignoring_the_chances_would_not_cover():
    """The plain share of the drawn visits (about 0.19) is no estimate of the mean probability (0.12)."""
    likely = np.repeat([0.03, 0.08, 0.25], 500)
    rng = np.random.default_rng(0)
    drawn, label = rng.random(len(CHANCE)) < CHANCE, rng.random(len(CHANCE)) < likely
    low, _ = wilson(label[drawn].sum(), drawn.sum())
    assert low > likely.mean()


@dataclass(frozen=True)
class AnotherLife(City):
    """The same firms, risks and teams with everything else left to chance again."""

    life: int = 0

    def rng(self, part: int) -> np.random.Generator:
        strictness_of_the_teams = 7
        same = part == strictness_of_the_teams
        return super().rng(part) if same else np.random.default_rng([self.seed, part, self.life])


FIRMS, TRUTH_LIVES = 6000, 100
NO_CAUSES = pl.DataFrame(schema={"firm": pl.Int64, "day": pl.Int64})
BY_DRAW = {"random": RANDOM_DRAW, "annual_full": 1.0}
"""Kinds of visit by which every firm is seen with a known chance: the draw, and high hazard every year."""


def year_of_visits(city: City, life: int) -> pl.DataFrame:
    """Visits of one life by draw: firm, group, inclusion, and outcome as ``found`` and as ``delivered``.

    ``found`` says whether the visit found a major hazard.  ``delivered`` is the result on record: serious or
    stopped, or not; null where the record says refused or unknown, or came after the end of the year.
    """
    again = AnotherLife(**{field.name: getattr(city, field.name) for field in fields(city)}, life=life)
    drawn = draw_visits(again, NO_CAUSES).filter(pl.col("kind").is_in(list(BY_DRAW)))
    findings = draw_findings(again, drawn)
    major = findings.filter("is_major_hazard")["visit"].unique()
    serious = {"serious": 1, "stopped": 1, "clean": 0, "findings": 0}
    recorded = inspection_rows(again, drawn, findings).select(
        "inspection_id",
        delivered=pl.col("result").replace_strict(serious, default=None, return_dtype=pl.Int64),
    )
    return drawn.select(
        "firm",
        group=groups(city).gather(drawn["firm"]),
        inclusion=pl.col("kind").replace_strict(BY_DRAW),
        found=pl.col("visit").is_in(major.implode()).cast(pl.Int64),
        inspection_id=inspection_ids(pl.col("visit")),
    ).join(recorded, on="inspection_id", how="left", maintain_order="left")


def groups(city: City) -> pl.Series:
    """Thirds of the general firms by their risk when the year begins; the high hazard firms apart."""
    thirds = np.quantile(city.risk[~city.is_high_hazard(), 0], [1 / 3, 2 / 3])
    names = np.array(["low", "middle", "high"])[np.searchsorted(thirds, city.risk[:, 0])]
    return pl.Series(np.where(city.is_high_hazard(), "high_hazard", names))


def rates(visits: pl.DataFrame, label: str) -> pl.DataFrame:
    """Rates of the three groups, of all general firms and of the whole city."""
    general = visits.filter(pl.col("group") != "high_hazard")
    frame = pl.concat(
        [general, general.with_columns(group=pl.lit("general")), visits.with_columns(group=pl.lit("city"))]
    )
    return drawn_rates_by(frame.select("group", "inclusion", label=label), by="group")


@pytest.fixture(scope="module")
def demo_city() -> City:
    return build_city(FIRMS, date(2026, 6, 30), years=1, seed=2026)


@pytest.fixture(scope="module")
def true_rates(demo_city: City) -> pl.DataFrame:
    """One row per group: ``truth``, the mean over its firms of the chance that a visit finds a major hazard."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_visits, "RANDOM_DRAW", 1.0)
        lives = [year_of_visits(demo_city, SEEDS + life) for life in range(TRUTH_LIVES)]
    everyone = pl.concat(lives).with_columns(inclusion=pl.lit(1.0))
    return rates(everyone, "found").select("group", truth="rate")


@pytest.fixture(scope="module")
def lives(demo_city: City) -> list[pl.DataFrame]:
    return [year_of_visits(demo_city, life) for life in range(SEEDS)]


@pytest.mark.parametrize("label", ["found", "delivered"])
def test_random_arm_estimates_cover_the_truth_over_many_seeds(
    lives: list[pl.DataFrame], true_rates: pl.DataFrame, label: str
):
    """Estimated: the probability that a visit of the year finds a serious hazard, averaged over firms.

    Frame: the firms of one demo city that are open at some time of the year.  The truth is the mean of each
    firm's own probability, the day, team and mode of the visit left to the generator: every firm is visited
    in many lives by the generator's own functions (RANDOM_DRAW set to 1), of 100 some 590,000 visits, so its
    error is a small part of an estimate's.  Each seed draws anew who is visited, when, by whom, and what is
    found, in the same city.  Estimated from the random draw alone: three groups of the general firms by risk,
    and all of them (chance 0.35); and with the yearly visit of every high hazard firm (chance 1, the same
    findings per visit) the whole city, the case of unequal chances.  ``found`` is exactly the estimand;
    ``delivered`` lacks the outcomes that are on record as unknown, all of them without a finding, which lifts
    the rate by about a fiftieth of itself.
    """
    estimates = pl.concat([rates(visits, label) for visits in lives]).join(true_rates, on="group")
    coverage = estimates.group_by("group").agg(
        covered=pl.col("truth").is_between("low", "high").mean(), seeds=pl.len()
    )
    assert set(coverage["group"]) == {"low", "middle", "high", "general", "city"}
    assert coverage["seeds"].to_list() == [SEEDS] * 5
    assert coverage.filter(pl.col("covered") < LEAST_COVERED).is_empty(), coverage


def test_random_arm_estimates_are_right_on_average(lives: list[pl.DataFrame], true_rates: pl.DataFrame):
    """The mean of many estimates of the rate of all general firms lies within four of its standard errors."""
    estimates = pl.concat([rates(visits, "found") for visits in lives]).filter(pl.col("group") == "general")
    truth = true_rates.filter(pl.col("group") == "general")["truth"].item()
    error = float(np.std(estimates["rate"].to_numpy()) / SEEDS**0.5)
    assert abs(float(np.mean(estimates["rate"].to_numpy())) - truth) < 4 * error


def test_targeted_visits_do_not_estimate_the_rate_of_all(demo_city: City, true_rates: pl.DataFrame):
    """Special visits go to the riskier firms and look harder: their hit rate is well above the truth."""
    visits = draw_visits(demo_city, NO_CAUSES).filter(pl.col("kind") == "special")
    hits = draw_findings(demo_city, visits).filter("is_major_hazard")["visit"].n_unique()
    low, _ = wilson(hits, len(visits))
    assert low > true_rates.filter(pl.col("group") == "general")["truth"].item()
