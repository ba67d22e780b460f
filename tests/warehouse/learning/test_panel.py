"""The panel: what is learnt from is what a nightly run of that day would have seen, and what came of it."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from models.errors import ModelError
from models.learning.labels import attach_labels, in_cohort
from models.learning.training import Material
from models.policy import load_policy
from models.vocabulary import EPOCH, day_number
from pipelines.demo.city import build_city
from tests.worlds.by_hand import world
from tests.worlds.panels import label
from tests.worlds.strategies import World
from tests.worlds.warehouses import city_world, stored
from warehouse.coding.coding import Coding
from warehouse.coding.stages import compute_features
from warehouse.connection import Connection
from warehouse.learning.outcomes import outcomes
from warehouse.learning.panel import (
    build_material,
    first_event_day,
    label_of,
    needed_columns,
    panel_days,
    with_outcomes,
)

END = date(2026, 6, 30)
PACK = load_policy()
NO_FEATURES = ["adjusted_36m", "legal_form"]
"""A baseline's count, and what is reported alone: no score may use them."""
BOOKKEEPING = ["as_of", "label", "outcome_day", "announced_day", "team", "drawn_label"]


@pytest.fixture(scope="module")
def city() -> World:
    """Two years of a demo city of 150 firms."""
    return city_world(build_city(150, END, 2, 2026))


@pytest.fixture(scope="module")
def whole(city: World) -> Iterator[Connection]:
    with stored(city) as connection:
        yield connection


@pytest.fixture(scope="module")
def material(whole: Connection) -> Material:
    return build_material(whole, PACK, label="serious_finding", as_of=END)


def until(of: World, day: date) -> World:
    """What had been recorded by a day."""
    return {name: frame.filter(pl.col("recorded_at") <= day) for name, frame in of.items()}


def features_of(material: Material, day: date) -> pl.DataFrame:
    """Features of a cohort day, as integers of full size."""
    rows = material.panel.filter(pl.col("as_of") == day_number(day))
    others = [name for name in rows.columns if name in BOOKKEEPING or name.startswith("label:")]
    return rows.drop(others).with_columns(pl.col(pl.Int32).cast(pl.Int64)).sort("enterprise_id")


def days_of(material: Material) -> list[date]:
    return [EPOCH + timedelta(days=day) for day in material.panel["as_of"].unique().sort()]


# ---- training and serving ------------------------------------------------------------------------------


def test_cohorts_are_the_quarter_ends_from_the_first_event_to_the_last_complete_label(
    material: Material, whole: Connection
):
    assert days_of(material) == [date(2024, 9, 30), date(2024, 12, 31), date(2025, 3, 31)]
    assert first_event_day(whole) < date(2024, 9, 30)
    assert END - timedelta(days=395) >= date(2025, 3, 31)


def test_a_card_needs_fewer_cohorts_than_its_judgement(whole: Connection):
    fitting = PACK.on(END).learning.fitting.model_copy(update={"train_cohorts": 2, "test_periods": 1})
    wanted = label_of(PACK.on(END), "serious_finding")
    to_fit = panel_days(whole, wanted, fitting, END, to_judge=False)
    assert to_fit == [date(2024, 12, 31), date(2025, 3, 31)]
    assert len(panel_days(whole, wanted, fitting, END, to_judge=True)) == 3


def test_a_label_that_is_complete_nowhere_is_refused_with_a_next_step(whole: Connection):
    with pytest.raises(ModelError, match="Take in more history"):
        build_material(whole, PACK, label="serious_finding", as_of=date(2025, 1, 31))


def test_a_firm_has_the_same_row_in_training_as_in_the_nightly_run_of_that_day(
    material: Material, whole: Connection
):
    wanted = label_of(PACK.on(END), "serious_finding")
    for day in days_of(material):
        coding = Coding(as_of=day, known_at=day, policy=PACK.on(day))
        compute_features(whole, coding)
        served = whole.sql("FROM risk.features ORDER BY enterprise_id").pl().filter(in_cohort(wanted))
        learnt = features_of(material, day).drop(NO_FEATURES)
        assert learnt.height > 100
        assert learnt.equals(served.select(learnt.columns)), day


def test_the_latest_features_are_those_of_all_firms_in_the_nightly_run(material: Material, whole: Connection):
    compute_features(whole, Coding(as_of=END, known_at=END, policy=PACK.on(END)))
    served = whole.sql("FROM risk.features ORDER BY enterprise_id").pl()
    assert material.current.equals(served.select(material.current.columns))


def test_features_of_a_day_stay_when_later_events_come_to_be_known(city: World, material: Material):
    for day in (date(2024, 9, 30), date(2025, 3, 31)):
        then = build_material(stored(until(city, day)), PACK, label="serious_finding", as_of=END)
        assert features_of(then, day).equals(features_of(material, day)), day


def test_labels_of_a_day_are_unknown_then_and_known_a_year_and_a_month_later(city: World, material: Material):
    day = date(2024, 12, 31)
    rows = material.panel.filter(pl.col("as_of") == day_number(day))
    assert rows["label"].null_count() < rows.height
    for later, is_known in ((394, False), (395, True)):
        then = day + timedelta(days=later)
        built = build_material(stored(until(city, then)), PACK, label="serious_finding", as_of=then)
        found = built.panel.filter(pl.col("as_of") == day_number(day))["label"]
        assert (found.null_count() < len(found)) == is_known


def test_a_panel_has_one_row_per_firm_and_day_and_the_columns_that_are_read(material: Material):
    assert not material.panel.select("enterprise_id", "as_of").is_duplicated().any()
    assert set(needed_columns(PACK.on(END))) <= set(material.panel.columns)
    assert {"label:penalty", "label:accident"} <= set(material.panel.columns)
    assert material.data_watermark <= END


def test_an_unknown_label_is_refused_with_those_there_are(whole: Connection):
    with pytest.raises(ModelError, match=r"no label 'lateness'. Choose one of: serious_finding, penalty"):
        build_material(whole, PACK, label="lateness", as_of=END)


# ---- outcomes, counted by hand -------------------------------------------------------------------------

DAY = date(2024, 10, 31)
"""Every label of this day is complete on the last of June 2026."""


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def labelled(name: str, **events: Any) -> dict[str, Any]:
    """Label of ``e1`` on ``DAY``, as known on the last of June 2026, out of a warehouse."""
    rows = pl.DataFrame({"enterprise_id": ["e1"], "as_of": [day_number(DAY)]})
    wanted = label_of(PACK.on(END), name) if name in PACK.on(END).learning.labels else label(name)
    built = with_outcomes(stored(world(**events)), rows, wanted, known_at=END)
    return built.row(0, named=True)


def visit(days: int, result: str = "clean", **more: Any) -> dict[str, Any]:
    return {"inspected_on": after(days), "result": result, **more}


def finding(days: int, **more: Any) -> dict[str, Any]:
    return {"occurred_on": after(days), **more}


@pytest.mark.parametrize(
    ("result", "found"),
    [("clean", 0), ("unknown", None), ("findings", 0), ("serious", 1), ("stopped", 1), ("refused", 1)],
)
def test_results_from_serious_on_are_positive_and_an_unknown_one_is_unknown(result: str, found: int | None):
    assert labelled("serious_finding", inspections=[visit(30, result)])["label"] == found


def test_an_assistance_visit_decides_nothing():
    helped = visit(30, "serious", kind="assistance")
    assert labelled("serious_finding", inspections=[helped])["label"] is None
    assert labelled("serious_finding", inspections=[helped, visit(40)])["label"] == 0


def test_a_recheck_is_no_next_visit():
    assert labelled("serious_finding", inspections=[visit(30, "serious", kind="recheck")])["label"] is None


def test_of_two_visits_on_one_day_the_graver_speaks_and_its_team_is_named():
    visits = [visit(30, officers="mild"), visit(30, "stopped", officers="strict")]
    found = labelled("serious_finding", inspections=visits)
    assert (found["label"], found["team"], found["outcome_day"]) == (1, "strict", day_number(after(30)))


def test_only_random_draws_decide_the_label_of_the_drawn():
    drawn = labelled("serious_finding", inspections=[visit(30), visit(60, "serious", kind="random")])
    assert (drawn["label"], drawn["drawn_label"]) == (0, 1)


@pytest.mark.parametrize(("withdrawn", "found"), [(None, 1), (after(100), 0)])
def test_a_finding_that_was_withdrawn_never_happened(withdrawn: date | None, found: int):
    told = {**finding(30), "violation_id": "same"}
    later = [{**told, "withdrawn_on": withdrawn, "recorded_at": after(101)}] if withdrawn else []
    assert labelled("penalty", violations=[{**told, "recorded_at": after(60)}, *later])["label"] == found


def test_a_visit_or_an_accident_that_was_withdrawn_never_happened():
    told = {**visit(30, "serious"), "inspection_id": "same", "recorded_at": after(40)}
    withdrawn = {**told, "withdrawn_on": after(50), "recorded_at": after(51)}
    assert labelled("serious_finding", inspections=[told])["label"] == 1
    assert labelled("serious_finding", inspections=[told, withdrawn])["label"] is None
    accident = {"occurred_on": after(10), "accident_id": "same", "recorded_at": after(20)}
    undone = {**accident, "withdrawn_on": after(50), "recorded_at": after(51)}
    assert labelled("accident", accidents=[accident])["label"] == 1
    assert labelled("accident", accidents=[accident, undone])["label"] == 0


@pytest.mark.parametrize(("days", "found"), [(-1, 0), (0, 0), (1, 1), (365, 0)])
def test_findings_count_strictly_after_the_day_and_within_the_horizon(days: int, found: int):
    within_364 = label("violation", horizon=364, lag=0)
    events = outcomes(stored(world(violations=[finding(days)])), within_364, END)
    rows = pl.DataFrame({"enterprise_id": ["e1"], "as_of": [day_number(DAY)]})
    assert attach_labels(rows, events, label=within_364, known_at=END)["label"].item() == found


def test_an_open_window_is_unknown_for_everybody_even_for_who_was_announced_early():
    rows = pl.DataFrame({"enterprise_id": ["e1", "e2"], "as_of": [day_number(END) - 600] * 2})
    penalty = label_of(PACK.on(END), "penalty")
    early = {"occurred_on": END - timedelta(days=590)}
    built = with_outcomes(stored(world(violations=[early])), rows, penalty, known_at=END)
    assert built["label"].to_list() == [None, None]


def test_what_is_not_known_yet_is_no_outcome():
    unheard = visit(30, "serious", recorded_at=END + timedelta(days=1))
    assert labelled("serious_finding", inspections=[unheard])["label"] is None


def test_a_result_told_later_was_not_known_before():
    told = {**visit(30, "clean"), "inspection_id": "same"}
    visits = [{**told, "recorded_at": after(35)}, {**told, "result": "serious", "recorded_at": after(90)}]
    found = labelled("serious_finding", inspections=visits)
    assert (found["label"], found["announced_day"]) == (1, day_number(after(90)))


def test_a_correction_of_something_else_does_not_move_the_day_an_event_was_known():
    told = {**visit(30, "serious"), "inspection_id": "same"}
    visits = [{**told, "recorded_at": after(35)}, {**told, "officers": "b", "recorded_at": after(90)}]
    found = labelled("serious_finding", inspections=visits)
    assert (found["label"], found["announced_day"]) == (1, day_number(after(35)))


def test_accidents_are_outcomes_and_name_no_team():
    found = labelled("accident", accidents=[{"occurred_on": after(10)}])
    assert (found["label"], found["outcome_day"], found["team"]) == (1, day_number(after(10)), None)
    assert labelled("lost_time_injury", accidents=[{"occurred_on": after(10)}])["label"] == 0
    lost = {"occurred_on": after(10), "lost_days": 3}
    assert labelled("lost_time_injury", accidents=[lost])["label"] == 1


@pytest.mark.parametrize(("score", "found"), [(None, None), (27, 0), (28, 1)])
def test_a_check_list_score_decides_where_there_is_one(score: int | None, found: int | None):
    assert labelled("bad_score", inspections=[visit(30, score=score)])["label"] == found
