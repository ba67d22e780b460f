"""Rows of visits: each enterprise as it stood, and was known, on the day before its visit."""

from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl
import pytest

from models.errors import ModelError
from models.learning.labels import attach_labels, in_cohort
from models.learning.training import Material, fit_finished
from models.learning.visits import VISIT_COLUMNS, VisitRows
from models.policy import load_policy
from models.vocabulary import day_number
from pipelines.demo.city import build_city
from tests.worlds.by_hand import world
from tests.worlds.panels import POLICY, by_several, history
from tests.worlds.strategies import World
from tests.worlds.warehouses import city_world, stored
from warehouse.coding.levels import features_on
from warehouse.connection import Connection
from warehouse.learning import visits as module
from warehouse.learning.outcomes import outcomes
from warehouse.learning.panel import label_of, needed_columns
from warehouse.learning.visits import visit_rows

END = date(2026, 6, 30)
PACK = load_policy()
LABEL = label_of(PACK.on(END), "serious_finding")
COLUMNS = needed_columns(PACK.on(END))


@pytest.fixture(scope="module")
def city() -> World:
    """Two years of a demo city of 150 firms."""
    return city_world(build_city(150, END, 2, 2026))


@pytest.fixture(scope="module")
def whole(city: World) -> Iterator[Connection]:
    with stored(city) as connection:
        yield connection


def rows_of(connection: Connection, since: date = date(2024, 7, 1), known_at: date = END) -> pl.DataFrame:
    found = visit_rows(connection, PACK, LABEL, COLUMNS, since=since, known_at=known_at)
    assert found is not None
    return found.frame


def test_a_visit_has_the_features_of_the_nightly_run_of_the_day_before(whole: Connection):
    rows = rows_of(whole)
    days = rows["as_of"].unique().sort()
    assert rows.height > 100
    assert not rows.select("enterprise_id", "as_of").is_duplicated().any()
    for day in days.gather_every(max(len(days) // 12, 1)):
        on = date(1970, 1, 1) + timedelta(days=day)
        [served] = features_on(whole, on, on, PACK.on(on).features)
        learnt = rows.filter(as_of=day)
        served = served.filter(in_cohort(LABEL)).join(learnt, on="enterprise_id", how="semi")
        assert (
            learnt.select(COLUMNS)
            .with_columns(pl.col(pl.Int32).cast(pl.Int64))
            .equals(served.select(COLUMNS))
        )


def test_its_label_is_that_of_the_enterprise_on_the_day_before(whole: Connection):
    rows = rows_of(whole)
    events = outcomes(whole, LABEL, END)
    known = attach_labels(
        rows.select("enterprise_id", pl.col("as_of").cast(pl.Int64)), events, label=LABEL, known_at=END
    )
    complete = known["label"].is_not_null()
    assert complete.sum() > 50
    assert rows.filter(complete)["label"].equals(known.filter(complete)["label"])
    assert (rows["outcome_day"] == rows["as_of"] + 1).all()


def test_what_is_known_of_the_day_itself_or_later_changes_no_row(city: World):
    day = date(2026, 3, 1)
    then = {name: frame.filter(pl.col("recorded_at") <= day) for name, frame in city.items()}
    now = rows_of(stored(city)).filter(pl.col("announced_day") <= day_number(day))
    before = rows_of(stored(then), known_at=day)
    both = ["enterprise_id", "as_of"]
    assert before.height > 50
    assert before.sort(both).equals(now.join(before.select(both), on=both, how="semi").sort(both))


def test_portions_and_the_order_of_days_make_no_difference(
    whole: Connection, monkeypatch: pytest.MonkeyPatch
):
    together = rows_of(whole)
    monkeypatch.setattr(module, "MOST_VISITS", 7)
    assert rows_of(whole).equals(together)


def test_a_visit_of_unknown_result_and_a_recheck_are_no_rows_and_the_gravest_of_a_day_speaks():
    seen = [
        {"inspected_on": date(2026, 1, 5), "result": "clean"},
        {"inspected_on": date(2026, 2, 5), "result": "unknown"},
        {"inspected_on": date(2026, 3, 5), "result": "serious", "kind": "recheck"},
        {"inspected_on": date(2026, 4, 5), "result": "clean", "officers": "mild"},
        {"inspected_on": date(2026, 4, 5), "result": "stopped", "officers": "strict"},
    ]
    found = rows_of(stored(world(inspections=seen)), since=date(2025, 1, 1))
    told = found.select("as_of", "label", "team", "inspections_24m").rows()
    assert told == [
        (day_number(date(2026, 1, 4)), 0, None, 0),
        (day_number(date(2026, 4, 4)), 1, "strict", 3),
    ]


def test_a_training_set_knows_the_visits_announced_with_its_own_labels():
    days = {
        "as_of": [99, 100, 150, 150],
        "outcome_day": [100, 101, 151, 151],
        "announced_day": [100, 101, 151, 160],
    }
    frame = pl.DataFrame({"enterprise_id": ["a", "b", "c", "d"], **days})
    train = pl.DataFrame({"as_of": [100, 120]})
    assert VisitRows(frame, 31).beside(train)["enterprise_id"].to_list() == ["b", "c"]
    assert VisitRows(frame, 30).beside(train)["enterprise_id"].to_list() == ["b"]


def test_labels_about_other_things_have_no_rows_of_visits_and_say_so(whole: Connection):
    penalty = label_of(PACK.on(END), "penalty")
    assert visit_rows(whole, PACK, penalty, COLUMNS, since=date(2024, 7, 1), known_at=END) is None
    with pytest.raises(ModelError, match="logistic_visits learns from visits"):
        fit_finished(history(by_several), policy=POLICY, in_force=POLICY, family="logistic_visits")


def test_a_card_of_visits_is_fitted_on_them_and_calibrated_on_cohorts():
    material = history(by_several)
    panel = material.panel.filter(pl.col("label").is_not_null())
    # Every second row is a visit of the day after.
    visits = panel.gather_every(2).with_columns(
        outcome_day=pl.col("as_of") + 1, announced_day=pl.col("as_of") + 1, team=pl.lit(None, pl.String)
    )
    rows = VisitRows(visits, material.label.spec.gap_days)
    assert set(VISIT_COLUMNS) <= set(visits.columns)
    with_visits = Material(**{**vars(material), "visits": rows})
    card = fit_finished(with_visits, policy=POLICY, in_force=POLICY, family="logistic_visits")
    cohorts = fit_finished(material, policy=POLICY, in_force=POLICY, family="logistic_bins_rounded")
    assert card.origin.rows < cohorts.origin.rows
    assert card.origin.last_cohort >= cohorts.origin.last_cohort
    assert set(card.calibrations) == set(cohorts.calibrations)
