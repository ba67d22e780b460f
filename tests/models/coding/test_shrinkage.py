"""Small exposure: one bad visit of one is not ten of ten, and nobody's rate depends on who else is there."""

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.coding.shrinkage import (
    LEAST_CELL,
    WHOLE,
    Priors,
    among_worst,
    cell,
    fit_priors,
    interval_permille,
    shrunk_rates,
)

ONE_IN_TEN = Priors({WHOLE: (1.0, 9.0)})
"""As if everybody had been visited ten times before, once with a serious result."""


def firms(*seen: tuple[int, int], **more: list[Any]) -> pl.DataFrame:
    """One firm per (visits, of these serious)."""
    usual: dict[str, Any] = {
        "enterprise_id": [f"e{n}" for n in range(len(seen))],
        "sector": ["general"] * len(seen),
        "employees": [50] * len(seen),
        "inspections_36m": [visits for visits, _ in seen],
        "serious_visits_36m": [serious for _, serious in seen],
    }
    return pl.DataFrame(usual | more, schema_overrides={"employees": pl.Int64, "sector": pl.String})


def rates(*seen: tuple[int, int], priors: Priors = ONE_IN_TEN) -> list[float]:
    return shrunk_rates(firms(*seen), priors)["rate"].to_list()


# ---- by hand -------------------------------------------------------------------------------------------


def test_a_rate_adds_what_was_seen_to_what_peers_are_like():
    # (1 + serious) of (10 + visits).
    assert rates((0, 0), (1, 1), (10, 10), (10, 0)) == pytest.approx([0.1, 2 / 11, 11 / 20, 1 / 20])


def test_one_bad_visit_of_one_lies_nearer_its_peers_than_ten_of_ten():
    peer, one, ten = rates((0, 0), (1, 1), (10, 10))
    assert peer < one < ten
    assert one - peer < (ten - peer) / 4


def test_who_was_never_visited_has_the_rate_of_its_peers_and_a_wider_interval_than_who_was_like_them():
    found = shrunk_rates(firms((0, 0), (10, 1), (100, 10)), ONE_IN_TEN)
    assert found["rate"].to_list() == pytest.approx([0.1, 0.1, 0.1])
    assert found["peer_rate"].to_list() == pytest.approx([0.1, 0.1, 0.1])
    widths = (found["high"] - found["low"]).to_list()
    assert widths == sorted(widths, reverse=True)


def test_clean_visits_narrow_the_interval():
    widths = interval_permille(shrunk_rates(firms((0, 0), (1, 0), (5, 0), (50, 0)), ONE_IN_TEN)).to_list()
    assert widths == sorted(set(widths), reverse=True)
    assert all(isinstance(width, int) for width in widths)


def test_the_interval_is_told_in_whole_per_mille():
    # Beta(1, 1) is flat: 5 % lie below 0.05, 5 % above 0.95.
    assert interval_permille(shrunk_rates(firms((0, 0)), Priors({WHOLE: (1.0, 1.0)}))).to_list() == [900]


@pytest.mark.parametrize(
    ("employees", "size"),
    [
        (None, "unknown"),
        (0, "micro"),
        (19, "micro"),
        (20, "small"),
        (299, "small"),
        (300, "medium"),
        (1000, "large"),
    ],
)
def test_peers_are_firms_of_the_same_sector_and_size(employees: int | None, size: str):
    frame = firms((0, 0), employees=[employees], sector=["fireworks"])
    assert frame.select(cell()).item() == f"fireworks/{size}"


def test_an_unknown_sector_is_a_cell_of_its_own():
    assert firms((0, 0), sector=[None]).select(cell()).item() == "unknown/small"


# ---- priors --------------------------------------------------------------------------------------------


def city(cell_size: int) -> pl.DataFrame:
    """Fireworks makers of whom every visit is serious, and as many shops of whom none is."""
    seen = [(4, 4)] * cell_size + [(4, 0)] * cell_size
    return firms(*seen, sector=["fireworks"] * cell_size + ["general"] * cell_size)


def test_a_cell_with_enough_firms_has_its_own_prior():
    priors = fit_priors(city(LEAST_CELL))
    assert set(priors.cells) == {WHOLE, "fireworks/small", "general/small"}
    bad, good, whole = (
        a / (a + b) for a, b in (priors.cells[one] for one in ("fireworks/small", "general/small", WHOLE))
    )
    assert good < 0.01 < whole < 0.99 < bad
    assert whole == pytest.approx(0.5)


def test_a_smaller_cell_uses_the_whole_citys():
    priors = fit_priors(city(LEAST_CELL - 1))
    assert set(priors.cells) == {WHOLE}
    assert rates((0, 0), priors=priors) == pytest.approx([0.5])


def test_firms_that_are_alike_are_shrunk_more_than_firms_that_differ():
    rng = np.random.default_rng(2)
    visits = np.full(400, 10)
    alike = rng.binomial(visits, 0.2)
    different = rng.binomial(visits, rng.beta(0.4, 1.6, 400))
    weights: list[float] = []
    for serious in (alike, different):
        a, b = fit_priors(firms(*zip(visits.tolist(), serious.tolist(), strict=True))).cells[WHOLE]
        assert a / (a + b) == pytest.approx(0.2, abs=0.04)
        weights.append(a + b)
    assert weights[0] > 20 > 4 > weights[1] > 1, "true prior visits: endless, and 2"


def test_firms_visited_once_each_do_not_tell_how_firms_differ():
    a, b = fit_priors(firms((1, 1), (1, 0), (1, 0))).cells[WHOLE]
    assert (a + b, a / (a + b)) == pytest.approx((200, 1.5 / 4))


def test_a_firm_counts_for_its_cell_from_its_first_visit():
    visited, unseen = [(1, 0)] * (LEAST_CELL - 1), [(0, 0)] * LEAST_CELL
    assert set(fit_priors(firms(*visited, *unseen)).cells) == {WHOLE}
    assert set(fit_priors(firms(*visited, (1, 1), *unseen)).cells) == {WHOLE, "general/small"}


def test_a_city_without_visits_knows_nothing():
    a, b = fit_priors(firms((0, 0), (0, 0))).cells[WHOLE]
    assert a == b


def test_priors_survive_json():
    priors = fit_priors(city(LEAST_CELL))
    assert Priors.from_dict(json.loads(json.dumps(priors.to_dict()))) == priors


# ---- laws ----------------------------------------------------------------------------------------------

SEEN = st.integers(0, 40).flatmap(lambda visits: st.tuples(st.just(visits), st.integers(0, visits)))
PRIORS = st.tuples(st.floats(0.05, 100), st.floats(0.05, 100)).map(lambda pair: Priors({WHOLE: pair}))


@given(st.lists(SEEN, min_size=1, max_size=8), PRIORS)
def test_a_rate_depends_on_the_enterprise_itself_not_on_the_batch(
    seen: list[tuple[int, int]], priors: Priors
):
    frame = firms(*seen)
    together = shrunk_rates(frame, priors)
    for at in range(frame.height):
        assert shrunk_rates(frame[at], priors).equals(together[at])
    assert shrunk_rates(frame.reverse(), priors).equals(together.reverse())


@given(SEEN, PRIORS)
def test_a_rate_lies_between_the_peers_and_what_was_seen_and_within_its_interval(
    seen: tuple[int, int], priors: Priors
):
    row = shrunk_rates(firms(seen), priors).row(0, named=True)
    share = seen[1] / seen[0] if seen[0] else row["peer_rate"]
    low, high = sorted([share, row["peer_rate"]])
    assert low - 1e-12 <= row["rate"] <= high + 1e-12
    assert 0 <= row["low"] <= row["high"] <= 1


# ---- among the worst -----------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 3, 10])
def test_chances_of_being_among_the_worst_add_up_to_their_number(k: int):
    rng = np.random.default_rng(1)
    visits = rng.integers(0, 20, 60)
    found = shrunk_rates(
        firms(*zip(visits.tolist(), rng.binomial(visits, 0.3).tolist(), strict=True)), ONE_IN_TEN
    )
    chance = among_worst(found, ONE_IN_TEN, k)
    assert chance.sum() == pytest.approx(k)
    assert chance.is_between(0, 1).all()


def test_many_bad_visits_are_surer_to_be_among_the_worst_than_one():
    found = shrunk_rates(firms((10, 10), (1, 1), (0, 0), (20, 0)), ONE_IN_TEN)
    chance = among_worst(found, ONE_IN_TEN, 1).to_list()
    assert chance == sorted(chance, reverse=True)
    assert chance[0] > 0.9
    assert chance[3] < 0.01


def test_two_alike_share_the_chance_and_the_draw_repeats_itself():
    found = shrunk_rates(firms((3, 1), (3, 1)), ONE_IN_TEN)
    chance = among_worst(found, ONE_IN_TEN, 1)
    assert chance.to_list() == pytest.approx([0.5, 0.5], abs=0.05)
    assert among_worst(found, ONE_IN_TEN, 1).equals(chance)


def test_where_all_are_among_the_worst_everybody_is():
    found = shrunk_rates(firms((3, 1), (0, 0)), ONE_IN_TEN)
    assert among_worst(found, ONE_IN_TEN, 2).to_list() == [1.0, 1.0]
