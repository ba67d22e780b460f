"""A feature is one declaration: all that folds, scores, foresees, explains and documents it follows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from docs import data_dictionary
from models.coding.explain import explain_codes
from models.coding.timeline import InForce, Span
from models.features import CATALOGUE
from models.features.feature import Feature
from models.features.measures import Combined, Sum
from models.policy import PolicyOnDay, load_policy
from models.scorecard import Factor, Scorecard
from models.vocabulary import day_number
from tests.worlds.by_hand import AS_OF, POLICY, days_before, world
from tests.worlds.coded import features_on, judged_steps
from tests.worlds.strategies import as_events, integer_frames

TOY = Feature("accidents", "deaths_24m", Sum(of="deaths", within=730), "up").told(
    "people", "Killed in 24 months", "people killed within 730 days"
)
KILLED = world(accidents=[{"occurred_on": days_before(age), "deaths": n} for age, n in ((700, 2), (731, 4))])


@pytest.fixture
def with_toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(CATALOGUE, "features", (*CATALOGUE.features, TOY))
    yield


def by_the_toy() -> PolicyOnDay:
    """A card that reads the toy alone."""
    factor = Factor("deaths", TOY.name, {0: 0, 1: 7}, 99, "死亡人数", "People killed")
    return replace(POLICY, scorecard=Scorecard("toy", "1", (factor,)))


def features(policy: PolicyOnDay) -> pl.DataFrame:
    return features_on(as_events(integer_frames(KILLED)), as_of=AS_OF, policy=policy.features)


@pytest.mark.usefixtures("with_toy")
def test_a_declared_feature_is_a_column_of_the_day():
    found = features(POLICY)
    assert found[TOY.name].to_list() == [2]
    assert TOY.name in found.columns


@pytest.mark.usefixtures("with_toy")
def test_a_declared_feature_is_scored_and_explained():
    policy = by_the_toy()
    points = policy.scorecard.contributions(features(policy))
    assert points["deaths"].to_list() == [7]
    reasons = explain_codes(features(policy), points, as_of=AS_OF, policy=policy)
    told = reasons.filter(pl.col("factor") == "deaths").select("points", "value")
    assert told.rows() == [(7, "2")]


@pytest.mark.usefixtures("with_toy")
def test_a_declared_feature_loses_its_points_on_the_day_its_window_ends():
    rules = [InForce(date(1990, 1, 1), by_the_toy())]
    span = Span(AS_OF, AS_OF + timedelta(days=100), AS_OF)
    steps = judged_steps(as_events(integer_frames(KILLED)), span, rules).select("as_of", "score")
    assert steps.rows() == [(day_number(AS_OF), 7), (day_number(AS_OF) + 31, 0)]


@pytest.mark.usefixtures("with_toy")
def test_a_declared_feature_is_documented():
    row = "| `deaths_24m` | Int64 | people | people killed within 730 days |"
    assert row in "\n\n".join(data_dictionary._features()).splitlines()


def test_what_is_not_declared_is_nowhere():
    assert TOY.name not in features(POLICY).columns
    assert TOY.name not in data_dictionary._features()


def test_every_feature_has_its_own_name_its_words_and_a_known_table():
    names = [feature.name for feature in CATALOGUE]
    assert len(names) == len(set(names))
    assert [one.name for one in CATALOGUE if not (one.title and one.meaning)] == []
    assert [one.name for one in CATALOGUE if not (one.unit or one.is_text)] == []
    assert {one.table for one in CATALOGUE} == {*CATALOGUE.tables, ""}


def test_what_several_tables_give_names_the_features_it_reads():
    parts: dict[str, Any] = {
        one.name: list(one.measure.of) for one in CATALOGUE if isinstance(one.measure, Combined)
    }
    assert [name for several in parts.values() for name in several if name not in CATALOGUE] == []
    assert len(parts) == len(CATALOGUE.of(""))


def test_the_starter_pack_offers_no_barred_feature_and_learns_each_in_its_own_direction():
    offered = load_policy().on(AS_OF).learning.candidates
    assert [one.feature for one in offered if one.feature in CATALOGUE.barred] == []
    assert [one.feature for one in offered if one.direction != CATALOGUE[one.feature].direction] == []


def test_the_catalogue_finds_features_by_name_by_table_and_by_what_acts_do():
    assert CATALOGUE["complaints_12m"].table == "alerts"
    assert "complaints_12m" in CATALOGUE
    assert "bad_luck" not in CATALOGUE
    assert {feature.table for feature in CATALOGUE.of("alerts")} == {"alerts"}
    assert "slow_alerts" in CATALOGUE.moved("either")
    for acts in ("none", "lower", "raise", "either"):
        assert CATALOGUE.moved(acts) == {one.name for one in CATALOGUE if one.acts == acts} != set()
