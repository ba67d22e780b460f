"""Labels, counted by hand: one enterprise, ``e1``, judged on day 1000, and what happens to it afterwards."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from models.learning.labels import attach_labels, in_cohort, last_complete_day
from models.policy import Label, load_policy
from models.vocabulary import EPOCH
from tests.worlds.by_hand import AS_OF, feature_rows
from tests.worlds.panels import label

DAY, HORIZON, LAG = 1000, 365, 30
ENOUGH = DAY + HORIZON + LAG
"""First day on which labels of day 1000 are complete."""
SERIOUS = label("next_visit", when=({"feature": "result_rank", "at_least": 3},))
FIRST_VISIT_SERIOUS = label(
    "next_visit",
    among=({"feature": "is_recheck", "at_most": 0},),
    when=({"feature": "result_rank", "at_least": 3},),
)
ANY_FINDING = label("violation")
SCHEMA = {
    "enterprise_id": pl.String,
    "day": pl.Int64,
    "announced_day": pl.Int64,
    "result_rank": pl.Int64,
    "score": pl.Int64,
    "is_recheck": pl.Int64,
    "severity_rank": pl.Int64,
    "team": pl.String,
}


def event(day: int, rank: int = 0, **more: Any) -> dict[str, Any]:
    """A visit or finding of ``e1``, announced on its day."""
    usual = dict.fromkeys(SCHEMA) | {"enterprise_id": "e1", "is_recheck": 0, "announced_day": day}
    return usual | {"day": day, "result_rank": rank, "severity_rank": rank, **more}


def labelled(*events: dict[str, Any], of: Label = SERIOUS, known_at: int = ENOUGH) -> dict[str, Any]:
    """Label of ``e1`` on day 1000 after the events."""
    rows = pl.DataFrame({"enterprise_id": ["e1"], "as_of": [DAY]})
    told = pl.DataFrame(list(events), schema=SCHEMA, orient="row")
    known = EPOCH + timedelta(days=known_at)
    return attach_labels(rows, told, label=of, known_at=known).row(0, named=True)


# ---- strictly after ------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [SERIOUS, ANY_FINDING], ids=["visit", "finding"])
@pytest.mark.parametrize(
    ("day", "counts"), [(999, False), (1000, False), (1001, True), (1365, True), (1366, False)]
)
def test_the_future_begins_the_day_after_and_ends_with_the_last_day_of_the_horizon(
    of: Label, day: int, counts: bool
):
    found = labelled(event(day, rank=3), of=of)
    assert found["outcome_day"] == (day if counts else None)
    assert (found["label"] == 1) == counts


def test_an_enterprise_that_was_not_visited_is_unknown():
    assert labelled()["label"] is None


def test_no_finding_on_record_is_a_zero_for_a_label_about_findings():
    assert labelled(of=ANY_FINDING)["label"] == 0


def test_a_clean_visit_is_a_zero():
    found = labelled(event(1100))
    assert (found["label"], found["outcome_day"]) == (0, 1100)


def test_a_visit_after_the_horizon_tells_nothing():
    assert labelled(event(1366, rank=3))["label"] is None


# ---- which event decides -------------------------------------------------------------------------------


def test_the_first_visit_decides_whatever_later_ones_find():
    found = labelled(event(1100), event(1101, rank=5))
    assert (found["label"], found["outcome_day"]) == (0, 1100)


@pytest.mark.parametrize(
    ("ranks", "told"), [((1,), None), ((0, 1), None), ((1, 2), None), ((1, 3), 1), ((3, 1), 1), ((0, 2), 0)]
)
def test_a_visit_of_unknown_result_is_neither_hit_nor_miss_but_one_that_is_known_to_be_grave_speaks(
    ranks: tuple[int, ...], told: int | None
):
    found = labelled(*[event(1100, rank=rank) for rank in ranks], event(1200, rank=5))
    assert found["label"] == told
    assert found["outcome_day"] == (None if told is None else 1100)


def test_a_label_about_scores_asks_nothing_of_the_result():
    scored = label(
        "next_visit",
        among=({"feature": "score", "at_least": 0},),
        when=({"feature": "score", "at_least": 28},),
    )
    assert labelled(event(1100, rank=1, score=30), of=scored)["label"] == 1


def test_any_finding_of_the_horizon_decides_not_only_the_first():
    serious = label("violation", when=({"feature": "severity_rank", "at_least": 3},))
    found = labelled(event(1100, rank=1), event(1200, rank=4), of=serious)
    assert (found["label"], found["outcome_day"]) == (1, 1200)


@pytest.mark.parametrize("ranks", [(0, 3), (3, 0)])
def test_of_several_visits_on_a_day_the_gravest_speaks(ranks: tuple[int, int]):
    teams = {0: "mild", 3: "strict"}
    found = labelled(*[event(1100, rank=rank, team=teams[rank]) for rank in ranks])
    assert (found["label"], found["team"]) == (1, "strict")


def test_a_recheck_decides_nothing_where_only_other_visits_count():
    found = labelled(event(1050, rank=3, is_recheck=1), event(1100), of=FIRST_VISIT_SERIOUS)
    assert (found["label"], found["outcome_day"]) == (0, 1100)


def test_a_visit_without_a_score_decides_nothing_about_scores():
    scored = label(
        "next_visit",
        among=({"feature": "score", "at_least": 0},),
        when=({"feature": "score", "at_least": 28},),
    )
    assert labelled(event(1050), of=scored)["label"] is None
    assert labelled(event(1050), event(1060, score=28), of=scored)["label"] == 1
    assert labelled(event(1050), event(1060, score=27), of=scored)["label"] == 0


def test_events_of_others_decide_nothing():
    assert labelled(event(1100, rank=3, enterprise_id="e2"))["label"] is None
    assert labelled(event(1100, rank=3, enterprise_id="e2"), of=ANY_FINDING)["label"] == 0


# ---- when a label is known -----------------------------------------------------------------------------


@pytest.mark.parametrize("of", [SERIOUS, ANY_FINDING], ids=["visit", "finding"])
@pytest.mark.parametrize("known_at", [DAY + 1, DAY + HORIZON, ENOUGH - 1])
def test_until_the_lag_is_over_even_an_early_positive_is_unknown(of: Label, known_at: int):
    found = labelled(event(1001, rank=3), of=of, known_at=known_at)
    assert found["label"] is found["outcome_day"] is found["announced_day"] is found["team"] is None


def test_with_the_last_day_of_the_lag_the_label_is_known():
    assert labelled(event(1001, rank=3), known_at=ENOUGH)["label"] == 1
    assert labelled(of=ANY_FINDING, known_at=ENOUGH - 1)["label"] is None
    assert labelled(of=ANY_FINDING, known_at=ENOUGH)["label"] == 0


def test_the_last_complete_day_leaves_room_for_horizon_and_lag():
    assert last_complete_day(SERIOUS, EPOCH + timedelta(days=ENOUGH)) == DAY


# ---- rows ----------------------------------------------------------------------------------------------


def test_rows_keep_their_order_and_columns_and_every_day_has_its_own_future():
    rows = pl.DataFrame(
        {"enterprise_id": ["e2", "e1", "e1"], "as_of": [1000, 1200, 1000], "kept": ["a", "b", "c"]}
    )
    events = pl.DataFrame([event(1100, rank=3), event(1300)], schema=SCHEMA, orient="row")
    found = attach_labels(rows, events, label=SERIOUS, known_at=EPOCH + timedelta(days=2000))
    assert set(found.columns) == {*rows.columns, "label", "outcome_day", "announced_day", "team"}
    assert found["kept"].to_list() == ["a", "b", "c"]
    assert found["label"].to_list() == [None, 0, 1]
    assert found["outcome_day"].to_list() == [None, 1300, 1100]


def test_the_cohort_of_a_label_is_any_of_its_groups_and_unknown_fulfils_nothing():
    penalty = load_policy().on(AS_OF).learning.labels["penalty"]
    rows = feature_rows(
        {"status": "active", "violations_36m": 1, "inspections_24m": 0},
        {"status": "active", "violations_36m": 0, "inspections_24m": 1},
        {"status": "active", "violations_36m": 0, "inspections_24m": 0},
        {"status": "closed", "violations_36m": 1},
        {"status": None, "violations_36m": 1},
    )
    assert rows.filter(in_cohort(penalty))["enterprise_id"].to_list() == ["e1", "e2"]


# ---- variants of a label -------------------------------------------------------------------------------


def test_a_variant_has_another_horizon_or_threshold_and_a_name_that_tells_it():
    of = load_policy().on(AS_OF).learning
    told = of.label("penalty:severity_rank>=3:730d")
    assert told is not None
    assert told.name == "penalty:severity_rank>=3:730d"
    assert told.spec.horizon_days == 730
    assert [(one.feature, one.at_least, one.at_most) for one in told.spec.when] == [
        ("severity_rank", 3, None)
    ]
    assert told.spec.cohort == of.labels["penalty"].spec.cohort
    assert "730d" in told.title.zh
    below = of.label("bad_score:score<=59")
    assert below is not None
    assert [(one.feature, one.at_most) for one in below.spec.when] == [("score", 59)]
    assert of.label("penalty") == of.labels["penalty"]


@pytest.mark.parametrize(
    "name",
    [
        "lateness",
        "penalty:",
        "penalty:0d",
        "penalty:severity_rank=3",
        "penalty:730 d",
        "penalty:x>=-1",
        "730d",
    ],
)
def test_what_is_no_variant_is_no_label(name: str):
    assert load_policy().on(AS_OF).learning.label(name) is None
