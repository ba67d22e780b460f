"""Levels of days and of spans are what plain loops over the rows count (``tests.worlds.folded``)."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.coding.timeline import InForce, Span
from models.vocabulary import day_number
from tests.models.test_laws import some
from tests.worlds.by_hand import AS_OF
from tests.worlds.coded import features_on, judged_steps, points_on_days
from tests.worlds.edges import LONG_AGO, POLICIES, edgy_card, edgy_rules, edgy_world
from tests.worlds.effort import tries
from tests.worlds.folded import folded
from tests.worlds.strategies import SEEDS, World, as_events, coded_days, integer_frames, worlds
from tests.worlds.warehouses import stored
from tests.worlds.witness import differences, levels_apart
from warehouse.coding import levels

LAGS = st.sampled_from((0, 1, 30, 400))
"""Days from the day that is asked about to the day of knowledge."""
policies = st.sampled_from(POLICIES)
BASES = st.sampled_from((date(1990, 6, 30), date(2024, 2, 29), AS_OF, date(2039, 12, 31)))


@st.composite
def edgy_worlds(draw: st.DrawFn) -> tuple[World, date]:
    """A world whose events lie on the edges of windows, and the day they are counted from."""
    around = draw(BASES)
    most, firms = draw(st.sampled_from((3, 8, 25))), draw(st.integers(1, 4))
    return edgy_world(draw(SEEDS), around, firms=firms, most_events=most), around


# ---- one day -------------------------------------------------------------------------------------------


def assert_same_day(of: World, as_of: date, lag: int, policy: Any) -> None:
    """In every column: the same values of the same type."""
    known_at = as_of + timedelta(days=lag)
    told = features_on(as_events(integer_frames(of)), as_of=as_of, known_at=known_at, policy=policy)
    counted = folded(of, as_of=as_of, known_at=known_at, policy=policy)
    assert told.schema == counted.schema
    assert {name: told[name].to_list() for name in told.columns if not told[name].equals(counted[name])} == {}


@settings(some, max_examples=tries(60))
@given(worlds(), policies, LAGS, st.data())
def test_the_features_of_a_day_are_what_loops_count(of: World, policy: Any, lag: int, data: st.DataObject):
    assert_same_day(of, data.draw(coded_days(of)), lag, policy)


@settings(some, max_examples=tries(60))
@given(edgy_worlds(), policies, LAGS, st.sampled_from((-366, -91, -1, 0, 1, 90)))
def test_the_features_of_a_day_are_what_loops_count_at_the_edges_of_windows(
    of: tuple[World, date], policy: Any, lag: int, later: int
):
    assert_same_day(of[0], of[1] + timedelta(days=later), lag, policy)


def test_the_features_of_a_whale_are_what_loops_count():
    assert_same_day(edgy_world(7, AS_OF, whale=300), AS_OF, 400, POLICIES[1])


# ---- a span --------------------------------------------------------------------------------------------


BEFORE = st.sampled_from((-1500, -400, -91, -1, 0, 0, 1, 90))
"""Days from that which the events are counted from to the first of a span: in silence, in plans, in spells."""
LENGTHS = st.sampled_from((0, 1, 40, 400, 1500))


@settings(some, max_examples=tries(16))
@given(edgy_worlds(), st.lists(policies, min_size=1, max_size=3), BEFORE, LENGTHS, LAGS, SEEDS)
def test_every_change_over_a_span_is_what_loops_count_on_its_day(
    of: tuple[World, date], several: list[Any], before: int, days: int, lag: int, seed: int
):
    first = of[1] + timedelta(days=before)
    span = Span(first, first + timedelta(days=days), first + timedelta(days=lag))
    rules = edgy_rules(seed, span.first, span.last, several)
    others = range(day_number(span.first), day_number(span.last), 1 + days // 8)
    assert list(differences(of[0], span, rules, others)) == []


@settings(some, max_examples=tries(12))
@given(worlds(most_events=15), policies, st.sampled_from((0, 400, 1500)), LAGS, SEEDS, st.data())
def test_every_change_over_a_span_is_what_loops_count_in_any_world(
    of: World, policy: Any, days: int, lag: int, seed: int, data: st.DataObject
):
    first = data.draw(coded_days(of)) - timedelta(days=data.draw(st.sampled_from((0, 400, 1500))))
    span = Span(first, first + timedelta(days=days), first + timedelta(days=lag + days))
    others = range(day_number(span.first), day_number(span.last), 1 + days // 8)
    assert list(differences(of, span, [InForce(LONG_AGO, edgy_card(seed, policy))], others)) == []


@settings(some, max_examples=tries(24))
@given(SEEDS, BASES, st.sampled_from((5, 25)), policies, BEFORE, LAGS)
def test_the_level_of_every_feature_on_any_day_is_what_loops_count_of_that_day(
    seed: int, around: date, firms: int, policy: Any, before: int, lag: int
):
    """Whoever reads it; of so many events that every window ends within the few days for one of them."""
    first = around + timedelta(days=before - 2)
    span = Span(first, first + timedelta(days=5), first + timedelta(days=lag))
    world = edgy_world(seed, around, firms=firms, most_events=250)
    assert list(levels_apart(world, span, policy)) == []


def test_neither_the_order_of_rows_nor_portions_change_anything(monkeypatch: pytest.MonkeyPatch):
    of = edgy_world(3, AS_OF, most_events=25)
    frames = integer_frames(of)
    mixed = {name: one.sample(fraction=1, shuffle=True, seed=5) for name, one in frames.items()}
    span = Span(AS_OF - timedelta(days=400), AS_OF + timedelta(days=400), AS_OF)
    rules = [InForce(LONG_AGO, edgy_card(1, POLICIES[1]))]
    for told in (judged_steps, points_on_days):
        assert told(as_events(mixed), span, rules).equals(told(as_events(frames), span, rules))
    connection, policy = stored(of), POLICIES[2]
    [whole] = levels.features_on(connection, AS_OF, AS_OF, policy)
    assert whole.equals(folded(of, as_of=AS_OF, policy=policy))
    [together] = [rows.judged(span, rules) for rows in levels.portions(connection)]
    monkeypatch.setattr("warehouse.coding.extract.MOST_ROWS", 40)
    parts = list(levels.features_on(connection, AS_OF, AS_OF, policy))
    assert len(parts) > 2
    assert pl.concat(parts).equals(whole)
    apart = [rows.judged(span, rules) for rows in levels.portions(connection)]
    assert pl.concat([one.steps for one in apart]).equals(together.steps)
    assert pl.concat([one.points for one in apart]).equals(together.points)
