"""Each feature on a world of a few rows, counted by hand.  The as-of day is 30 June 2026."""

from datetime import date, timedelta
from itertools import product

import pytest

from models.vocabulary import RESULT_RANK
from tests.worlds.by_hand import AS_OF, POLICY, days_before, features_of, fold, minutes_before_end, world

A_YEAR_ON = date(2027, 6, 30)


def test_an_enterprise_without_events_counts_nothing_and_knows_nothing():
    features = features_of()
    assert features["violation_points"] == features["accidents_36m"] == features["inspections_24m"] == 0
    assert features["days_since_inspection"] is None
    assert features["last_result"] is None
    assert features["days_since_self_report"] is None
    assert features["days_since_fatal_accident"] is None


def test_every_enterprise_of_the_register_has_one_row_whatever_is_unknown_about_it():
    firms = [{"enterprise_id": "e1", "sector": None}, {"enterprise_id": "e2", "sector": "fireworks"}]
    features = fold(world(register=firms, violations=[{"occurred_on": days_before(1)}]))
    assert features["enterprise_id"].to_list() == ["e1", "e2"]
    assert features["high_hazard"].to_list() == [0, 1]


def test_events_of_an_enterprise_the_register_does_not_know_give_no_row():
    stranger = {"enterprise_id": "stranger", "occurred_on": days_before(1)}
    assert fold(world(violations=[stranger]))["enterprise_id"].to_list() == ["e1"]


# ---- findings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "weight"), [(0, 3), (182, 3), (183, 2), (365, 2), (366, 1), (730, 1), (731, 0), (3000, 0)]
)
def test_a_finding_weighs_less_past_each_boundary_day(age: int, weight: int):
    features = features_of(violations=[{"occurred_on": days_before(age), "severity": "serious"}])
    assert features["violation_points"] == 5 * weight


def test_time_is_counted_in_days_so_the_turn_of_the_year_changes_no_weight():
    found = [{"occurred_on": date(2025, 12, 20), "severity": "minor"}]
    on_each_side = [
        features_of(as_of=day, violations=found)["violation_points"]
        for day in (date(2025, 12, 31), date(2026, 1, 1))
    ]
    assert on_each_side == [3, 3]


def test_the_window_moves_with_the_day_coded():
    found = [{"occurred_on": days_before(0), "severity": "minor"}]
    at_ages = [AS_OF + timedelta(days=days) for days in (0, 200, 400, 731)]
    assert [features_of(as_of=day, violations=found)["violation_points"] for day in at_ages] == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("severity", "points"), [("minor", 3), ("general", 6), ("serious", 15), ("critical", 30), ("ungraded", 6)]
)
def test_each_severity_has_its_points(severity: str, points: int):
    features = features_of(violations=[{"occurred_on": AS_OF, "severity": severity}])
    assert features["violation_points"] == points


def test_the_same_item_in_one_visit_counts_once_at_its_gravest():
    shared = {"occurred_on": days_before(10), "inspection_id": "v1", "item_code": "x"}
    features = features_of(violations=[{**shared, "severity": s} for s in ("minor", "serious", "general")])
    assert features["violation_points"] == 3 * 5
    assert features["violations_36m"] == 3


def test_two_items_in_one_visit_and_one_item_in_two_visits_count_twice():
    on = {"occurred_on": days_before(10), "severity": "minor"}
    items = [{**on, "inspection_id": "v1", "item_code": item} for item in "xy"]
    visits = [{**on, "inspection_id": visit, "item_code": "x"} for visit in ("v1", "v2")]
    assert features_of(violations=items)["violation_points"] == 6
    assert features_of(violations=visits)["violation_points"] == 6


def test_findings_without_item_or_visit_are_never_taken_for_the_same():
    features = features_of(violations=[{"occurred_on": days_before(10), "severity": "minor"}] * 2)
    assert features["violation_points"] == 6
    assert features["repeat_items"] == 0


def test_visits_of_two_sources_that_share_a_number_are_two_visits():
    on = {"occurred_on": days_before(10), "severity": "minor", "inspection_id": "1", "item_code": "x"}
    features = features_of(violations=[{**on, "source": "a"}, {**on, "source": "b"}])
    assert features["violation_points"] == 6
    assert features["repeat_items"] == 1


def test_findings_without_item_that_share_a_number_across_sources_are_no_repeat():
    found = {"violation_id": "1", "occurred_on": days_before(10)}
    features = features_of(violations=[{**found, "source": "a"}, {**found, "source": "b"}])
    assert features["repeat_items"] == 0


def test_an_item_found_by_two_sources_is_a_repeat():
    found = {"occurred_on": days_before(10), "inspection_id": "1", "item_code": "x"}
    features = features_of(violations=[{**found, "source": "a"}, {**found, "source": "b"}])
    assert features["repeat_items"] == 1


def test_a_row_that_stands_for_several_findings_weighs_as_many():
    features = features_of(
        violations=[{"occurred_on": days_before(10), "severity": "general", "quantity": 4}]
    )
    assert features["violation_points"] == 3 * 2 * 4
    assert features["violations_36m"] == 4


@pytest.mark.parametrize(("age", "counted"), [(1096, 1), (1097, 0)])
def test_findings_are_counted_over_three_years(age: int, counted: int):
    assert features_of(violations=[{"occurred_on": days_before(age)}])["violations_36m"] == counted


def test_the_severity_mean_is_shrunk_towards_three_visits_of_two_points():
    assert features_of()["severity_mean"] == 6 * 10 // 3
    one_clean_visit = [{"inspected_on": days_before(10)}]
    assert features_of(inspections=one_clean_visit)["severity_mean"] == 6 * 10 // 4
    critical = [{"occurred_on": days_before(10), "severity": "critical"}]
    assert (
        features_of(inspections=one_clean_visit, violations=critical)["severity_mean"] == (10 + 6) * 10 // 4
    )


@pytest.mark.parametrize(("age", "mean"), [(1826, (10 + 6) * 10 // 4), (1827, 6 * 10 // 3)])
def test_the_severity_mean_forgets_finding_and_visit_on_the_same_day(age: int, mean: int):
    features = features_of(
        inspections=[{"inspected_on": days_before(age)}],
        violations=[{"occurred_on": days_before(age), "severity": "critical"}],
    )
    assert features["severity_mean"] == mean


@pytest.mark.parametrize(("withdrawn", "points"), [(-1, 6), (0, 0), (5, 0)])
def test_a_withdrawn_finding_counts_until_the_day_it_is_withdrawn(withdrawn: int, points: int):
    found = {"occurred_on": days_before(10), "withdrawn_on": days_before(withdrawn)}
    features = features_of(violations=[found])
    assert features["violation_points"] == points
    assert features["unsettled_findings"] == (points > 0)


@pytest.mark.parametrize(("due", "overdue", "days"), [(-1, 0, 0), (0, 0, 0), (1, 1, 1), (30, 1, 30)])
def test_an_order_is_overdue_only_after_its_last_day(due: int, overdue: int, days: int):
    found = {"occurred_on": days_before(60), "rectify_due_on": days_before(due)}
    features = features_of(violations=[found])
    assert features["open_rectifications"] == 1
    assert features["overdue_rectifications"] == overdue
    assert features["overdue_days"] == days


def test_overdue_days_are_those_of_the_longest():
    found = [{"occurred_on": days_before(60), "rectify_due_on": days_before(late)} for late in (3, 20, 7)]
    assert features_of(violations=found)["overdue_days"] == 20


@pytest.mark.parametrize(("rectified", "is_open"), [(1, 0), (0, 0), (-1, 1)])
def test_a_rectification_counts_from_the_day_it_is_accepted(rectified: int, is_open: int):
    found = {
        "occurred_on": days_before(60),
        "rectify_due_on": days_before(30),
        "rectified_on": days_before(rectified),
        "is_major_hazard": True,
    }
    features = features_of(violations=[found])
    assert features["open_rectifications"] == features["overdue_rectifications"] == is_open
    assert features["open_major_hazards"] == features["unsettled_findings"] == is_open


def test_a_finding_without_an_order_is_no_open_rectification_but_unsettled():
    features = features_of(violations=[{"occurred_on": days_before(60)}])
    assert features["open_rectifications"] == 0
    assert features["unsettled_findings"] == 1


def test_a_plan_rests_points_and_order_from_its_approval_to_its_end_for_180_days_and_never_what_was_overdue():
    """Days before the as-of day: approved, until, and due before or after the approval; never a major hazard."""
    plans = {
        f"{approved} {until} {overdue} {is_major}": (approved, until, overdue, is_major)
        for approved, until, overdue, is_major in product(
            (0, 1, 179, 180, 181), (-1, 0, 1), (None, -1, 0, 1), (False, True)
        )
        if until <= approved
    }
    found = [
        {
            "enterprise_id": firm,
            "occurred_on": days_before(190),
            "is_major_hazard": is_major,
            "plan_approved_on": days_before(approved),
            "plan_until": days_before(until),
            "rectify_due_on": None if overdue is None else days_before(approved + overdue),
        }
        for firm, (approved, until, overdue, is_major) in plans.items()
    ]
    folded = fold(world([{"enterprise_id": firm} for firm in plans], violations=found))
    for row in folded.rows(named=True):
        approved, until, overdue, is_major = plans[row["enterprise_id"]]
        rests = approved < 180 and until <= 0 and overdue in (None, -1, 0) and not is_major
        is_ordered = overdue is not None and not rests
        assert (row["violation_points"] == 0) == rests, row["enterprise_id"]
        assert row["open_rectifications"] == is_ordered, row["enterprise_id"]
        assert row["overdue_rectifications"] == (is_ordered and approved + overdue > 0), row["enterprise_id"]
        assert row["unsettled_findings"] == row["violations_12m"] == 1


@pytest.mark.parametrize(("age", "recent"), [(730, 1), (731, 0), (3000, 0)])
def test_a_major_hazard_stays_open_until_rectified_however_old(age: int, recent: int):
    features = features_of(violations=[{"occurred_on": days_before(age), "is_major_hazard": True}])
    assert features["open_major_hazards"] == 1
    assert features["major_hazards_24m"] == recent


@pytest.mark.parametrize(("age", "repeats"), [(730, 1), (731, 0)])
def test_an_item_found_in_two_visits_of_the_window_is_a_repeat(age: int, repeats: int):
    found = [
        {"occurred_on": days_before(age), "inspection_id": "v1", "item_code": "x"},
        {"occurred_on": days_before(10), "inspection_id": "v2", "item_code": "x"},
    ]
    assert features_of(violations=found)["repeat_items"] == repeats


def test_an_item_of_a_visit_is_as_old_as_the_newest_row_about_it():
    old = [{"occurred_on": days_before(n), "inspection_id": "v1", "item_code": "x"} for n in (730, 731, 900)]
    new = {"occurred_on": days_before(10), "inspection_id": "v2", "item_code": "x"}
    assert features_of(violations=[*old, new])["repeat_items"] == 1
    assert features_of(violations=[*old[1:], new])["repeat_items"] == 0


def test_an_item_found_twice_in_one_visit_or_three_times_in_three_is_no_or_one_repeat():
    once = {"occurred_on": days_before(10), "inspection_id": "v1", "item_code": "x"}
    assert features_of(violations=[once, once])["repeat_items"] == 0
    thrice = [{**once, "inspection_id": visit} for visit in ("v1", "v2", "v3")]
    assert features_of(violations=thrice)["repeat_items"] == 1


@pytest.mark.parametrize(("visited", "unsettled"), [(61, 1), (60, 1), (59, 0)])
def test_a_finding_is_settled_by_a_later_clean_visit_not_by_one_on_its_day(visited: int, unsettled: int):
    features = features_of(
        violations=[{"occurred_on": days_before(60)}], inspections=[{"inspected_on": days_before(visited)}]
    )
    assert features["unsettled_findings"] == unsettled


@pytest.mark.parametrize(("visited", "unchecked"), [(61, 1), (31, 1), (30, 0), (29, 0)])
def test_a_major_hazard_put_right_is_checked_by_a_clean_visit_of_that_day_or_later(
    visited: int, unchecked: int
):
    found = {"occurred_on": days_before(60), "rectified_on": days_before(30), "is_major_hazard": True}
    features = features_of(violations=[found], inspections=[{"inspected_on": days_before(visited)}])
    assert features["unchecked_major_hazards"] == unchecked
    assert features_of(violations=[found])["unchecked_major_hazards"] == 1
    mild = {**found, "is_major_hazard": False}
    assert features_of(violations=[mild])["unchecked_major_hazards"] == 0


@pytest.mark.parametrize("result", ["findings", "unknown"])
def test_a_later_visit_that_was_not_clean_settles_nothing(result: str):
    features = features_of(
        violations=[{"occurred_on": days_before(60)}],
        inspections=[{"inspected_on": days_before(10), "result": result}],
    )
    assert features["unsettled_findings"] == 1


@pytest.mark.parametrize(("age", "unsettled"), [(730, 1), (731, 0)])
def test_an_unsettled_finding_is_forgotten_after_two_years(age: int, unsettled: int):
    assert features_of(violations=[{"occurred_on": days_before(age)}])["unsettled_findings"] == unsettled


LONG_AGO = days_before(1827)
"""A day past the long window."""


@pytest.mark.parametrize(
    ("events", "record"),
    [
        ({}, "none"),
        ({"self_reports": [{"filed_on": AS_OF}]}, "none"),
        ({"violations": [{"occurred_on": AS_OF}]}, "records"),
        ({"accidents": [{"occurred_on": AS_OF}]}, "records"),
        ({"alerts": [{"raised_at": minutes_before_end(0)}]}, "records"),
        ({"inspections": [{"inspected_on": days_before(1826)}]}, "visited"),
        ({"inspections": [{"inspected_on": AS_OF}], "violations": [{"occurred_on": AS_OF}]}, "visited"),
        ({"inspections": [{"inspected_on": LONG_AGO}], "accidents": [{"occurred_on": AS_OF}]}, "records"),
        ({name: [{"occurred_on": LONG_AGO}] for name in ("violations", "accidents")}, "none"),
        ({"inspections": [{"inspected_on": AS_OF, "kind": "assistance"}]}, "none"),
    ],
    ids=str,
)
def test_one_visit_of_the_long_window_or_else_one_event_is_a_track_record(
    events: dict[str, list[dict[str, object]]], record: str
):
    assert features_of(**events)["track_record"] == record


# ---- visits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "counts"), [(365, (1, 1)), (366, (0, 1)), (730, (0, 1)), (731, (0, 0))])
def test_visits_are_counted_over_one_and_two_years(age: int, counts: tuple[int, int]):
    features = features_of(inspections=[{"inspected_on": days_before(age)}])
    assert (features["inspections_12m"], features["inspections_24m"]) == counts
    assert features["days_since_inspection"] == age


def test_an_assistance_visit_never_counts():
    helped = [
        {"inspected_on": days_before(age), "kind": "assistance", "result": result}
        for age, result in ((1, "clean"), (2, "refused"))
    ]
    found = [{"occurred_on": days_before(60)}]
    assert features_of(inspections=helped, violations=found) == features_of(violations=found)


def test_of_two_visits_on_one_day_the_graver_is_the_last_result():
    visits = [
        {"inspected_on": days_before(5), "result": result} for result in ("clean", "serious", "findings")
    ]
    assert features_of(inspections=visits)["last_result"] == 3
    assert features_of(inspections=visits)["clean_streak"] == 0


def test_a_newer_visit_replaces_a_graver_older_one():
    visits = [
        {"inspected_on": days_before(6), "result": "refused"},
        {"inspected_on": days_before(5), "result": "clean"},
    ]
    assert features_of(inspections=visits)["last_result"] == 0


@pytest.mark.parametrize(
    ("results", "streak"),
    [
        (["clean", "clean", "clean"], 3),
        (["findings", "clean", "clean"], 2),
        (["clean", "findings", "clean"], 1),
        (["clean", "clean", "unknown"], 0),
    ],
)
def test_the_clean_streak_counts_since_the_last_visit_that_was_not_clean(results: list[str], streak: int):
    visits = [
        {"inspected_on": days_before(100 - 10 * n), "result": result} for n, result in enumerate(results)
    ]
    assert features_of(inspections=visits)["clean_streak"] == streak


def test_a_recheck_fails_when_it_still_finds_something():
    visits = [
        {"inspected_on": days_before(age), "kind": kind, "result": result}
        for age, kind, result in (
            (10, "recheck", "findings"),
            (20, "recheck", "clean"),
            (30, "special", "findings"),
            (365, "recheck", "serious"),
            (366, "recheck", "serious"),
        )
    ]
    assert features_of(inspections=visits)["failed_rechecks_12m"] == 2


@pytest.mark.parametrize("result", RESULT_RANK)
def test_a_visit_ended_serious_where_it_found_something_serious_stopped_work_or_was_refused(result: str):
    features = features_of(inspections=[{"inspected_on": AS_OF, "result": result}])
    assert features["serious_visits_36m"] == (result in ("serious", "stopped", "refused"))


@pytest.mark.parametrize(("age", "refusals"), [(730, 1), (731, 0)])
def test_refusals_are_counted_over_two_years(age: int, refusals: int):
    features = features_of(inspections=[{"inspected_on": days_before(age), "result": "refused"}])
    assert features["refusals_24m"] == refusals


# ---- alerts --------------------------------------------------------------------------------------------

DAY = 1440


@pytest.mark.parametrize(("age", "weight"), [(0, 3), (30, 3), (31, 2), (90, 2), (91, 1), (365, 1), (366, 0)])
def test_an_alert_weighs_less_past_each_boundary_day(age: int, weight: int):
    features = features_of(alerts=[{"raised_at": minutes_before_end(age * DAY), "level": "orange"}])
    assert features["alert_points"] == 5 * weight


def test_a_false_alarm_never_counts():
    alarm = {
        "raised_at": minutes_before_end(20 * DAY),
        "level": "red",
        "is_false_alarm": True,
        "kind": "sensor_offline",
    }
    assert features_of(alerts=[alarm]) == features_of()


def test_an_alert_is_answered_slowly_after_240_minutes_and_unanswered_after_24_hours_by_the_last_minute():
    raised = (0, 239, 240, 241, DAY - 1, DAY, DAY + 1, 5 * DAY)
    answered = (None, -1, 0, 1, 240, 241, DAY)
    asked = {
        f"{begin} {end}": (begin, end)
        for begin, end in product(raised, answered)
        if end is None or end <= begin
    }
    alerts = [
        {
            "enterprise_id": firm,
            "raised_at": minutes_before_end(begin),
            "acknowledged_at": None if end is None else minutes_before_end(end),
        }
        for firm, (begin, end) in asked.items()
    ]
    folded = fold(world([{"enterprise_id": firm} for firm in asked], alerts=alerts))
    for row in folded.rows(named=True):
        begin, end = asked[row["enterprise_id"]]
        is_answered = end is not None and end >= 0
        assert row["slow_alerts"] == (is_answered and begin - end > 240), row["enterprise_id"]
        assert row["unanswered_alerts"] == (not is_answered and begin >= DAY), row["enterprise_id"]


@pytest.mark.parametrize(("age", "counted"), [(90, 1), (91, 0)])
def test_unanswered_and_slow_alerts_are_those_of_90_days(age: int, counted: int):
    raised = minutes_before_end(age * DAY)
    late = raised + timedelta(minutes=241)
    features = features_of(alerts=[{"raised_at": raised}, {"raised_at": raised, "acknowledged_at": late}])
    assert features["unanswered_alerts"] == features["slow_alerts"] == counted


def _offline(start: int, stop: int | None = None, **more: object) -> dict[str, object]:
    """An offline spell from and to so many days before the end of the as-of day."""
    closed = None if stop is None else minutes_before_end(stop * DAY)
    return {
        "raised_at": minutes_before_end(start * DAY),
        "closed_at": closed,
        "kind": "sensor_offline",
        **more,
    }


@pytest.mark.parametrize(
    ("start", "stop", "days"),
    [
        (10, 3, 7),
        (10, None, 10),
        (10, -5, 10),
        (100, 80, 10),
        (100, None, 90),
        (500, None, 90),
        (120, 91, 0),
        (0, None, 0),
    ],
    ids=lambda value: str(value),
)
def test_offline_days_are_clipped_to_the_90_days_before_the_end_of_the_day(
    start: int, stop: int | None, days: int
):
    assert features_of(alerts=[_offline(start, stop)])["offline_days"] == days


def test_offline_minutes_of_all_spells_add_up_before_they_become_days():
    half_a_day = DAY // 2
    spells = [
        {
            "raised_at": minutes_before_end(age * DAY),
            "closed_at": minutes_before_end(age * DAY - half_a_day),
            "kind": "sensor_offline",
        }
        for age in (5, 10, 15)
    ]
    assert features_of(alerts=spells)["offline_days"] == 1


def test_an_exceedance_that_stays_open_is_no_offline_spell():
    assert features_of(alerts=[_offline(30, kind="exceedance")])["offline_days"] == 0


def test_complaints_and_transfers_of_a_year_are_counted_together():
    alerts = [
        {"raised_at": minutes_before_end(age * DAY), "kind": kind}
        for age, kind in ((1, "complaint"), (365, "transfer"), (366, "complaint"), (1, "observation"))
    ]
    assert features_of(alerts=alerts)["complaints_12m"] == 2


def test_the_last_minute_of_the_day_is_coded_and_the_next_is_not():
    assert features_of(alerts=[{"raised_at": minutes_before_end(0)}])["alert_points"] == 3
    assert (
        features_of(known_at=A_YEAR_ON, alerts=[{"raised_at": minutes_before_end(-1)}])["alert_points"] == 0
    )


# ---- accidents -----------------------------------------------------------------------------------------

NONE, LARGER, MAJOR = (0, 0), (1, 0), (1, 1)
"""Whether an accident counts as (larger or worse, major or worse)."""


@pytest.mark.parametrize(
    ("figures", "counted"),
    [
        ({"deaths": 2}, NONE),
        ({"deaths": 3}, LARGER),
        ({"deaths": 9}, LARGER),
        ({"deaths": 10}, MAJOR),
        ({"deaths": 30}, MAJOR),
        ({"serious_injuries": 9}, NONE),
        ({"serious_injuries": 10}, LARGER),
        ({"serious_injuries": 49}, LARGER),
        ({"serious_injuries": 50}, MAJOR),
        ({"loss": 9_999_999}, NONE),
        ({"loss": 10_000_000}, LARGER),
        ({"loss": 49_999_999}, LARGER),
        ({"loss": 50_000_000}, MAJOR),
        ({"deaths": 2, "serious_injuries": 10, "loss": 0}, LARGER),
    ],
    ids=str,
)
def test_an_accident_is_graded_by_the_boundary_numbers_of_order_493(
    figures: dict[str, int], counted: tuple[int, int]
):
    features = features_of(accidents=[{"occurred_on": days_before(10), **figures}])
    assert (features["larger_accidents_36m"], features["major_accidents_36m"]) == counted


@pytest.mark.parametrize("deaths", [None, 0, 1])
def test_unknown_or_few_deaths_do_not_lower_the_grade_the_authority_states(deaths: int | None):
    features = features_of(accidents=[{"occurred_on": days_before(10), "deaths": deaths, "grade": "major"}])
    assert (features["larger_accidents_36m"], features["major_accidents_36m"]) == MAJOR


def test_figures_raise_a_grade_stated_too_low():
    features = features_of(accidents=[{"occurred_on": days_before(10), "deaths": 10, "grade": "ordinary"}])
    assert (features["larger_accidents_36m"], features["major_accidents_36m"]) == MAJOR


@pytest.mark.parametrize(("days", "costs"), [(None, 0), (0, 0), (1, 1)])
def test_an_accident_costs_time_when_lost_days_are_known(days: int | None, costs: int):
    features = features_of(accidents=[{"occurred_on": days_before(10), "lost_days": days}])
    assert features["lost_time_accidents_12m"] == features["lost_time_accidents_36m"] == costs


@pytest.mark.parametrize(("deaths", "fatal"), [(None, 0), (0, 0), (1, 1)])
def test_an_accident_is_fatal_when_deaths_are_known(deaths: int | None, fatal: int):
    features = features_of(accidents=[{"occurred_on": days_before(365), "deaths": deaths}])
    assert features["accidents_36m"] == 1
    assert features["fatal_accidents_12m"] == fatal
    assert features["days_since_fatal_accident"] == (365 if fatal else None)


@pytest.mark.parametrize(
    ("age", "fatal", "of_three_years"), [(365, 1, 1), (366, 0, 1), (1096, 0, 1), (1097, 0, 0)]
)
def test_accidents_are_counted_over_one_and_three_years(age: int, fatal: int, of_three_years: int):
    features = features_of(accidents=[{"occurred_on": days_before(age), "deaths": 10, "serious_injuries": 4}])
    assert features["fatal_accidents_12m"] == fatal
    assert features["serious_injuries_12m"] == 4 * fatal
    assert features["accidents_36m"] == features["larger_accidents_36m"] == of_three_years
    assert features["major_accidents_36m"] == of_three_years
    assert features["days_since_major_accident"] == age


def test_serious_injuries_of_all_accidents_add_up_and_unknown_ones_add_nothing():
    accidents = [{"occurred_on": days_before(10), "serious_injuries": n} for n in (1, None, 2)]
    assert features_of(accidents=accidents)["serious_injuries_12m"] == 3


def test_days_since_count_from_the_latest_accident_of_each_kind():
    accidents = [
        {"occurred_on": days_before(age), "deaths": deaths} for age, deaths in ((5, 0), (50, 1), (500, 3))
    ]
    features = features_of(accidents=accidents)
    assert features["days_since_accident"] == 5
    assert features["days_since_fatal_accident"] == 50
    assert features["days_since_larger_accident"] == 500
    assert features["days_since_major_accident"] is None


# ---- self reports --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "of_the_year"), [(0, 1), (365, 1), (366, 0)])
def test_self_reports_are_counted_over_a_year(age: int, of_the_year: int):
    report = {"filed_on": days_before(age), "hazards_found": 5, "hazards_fixed": 3}
    features = features_of(self_reports=[report])
    assert features["self_reports_12m"] == of_the_year
    assert features["unfixed_self_hazards"] == 2 * of_the_year
    assert features["days_since_self_report"] == age


# ---- knowledge -----------------------------------------------------------------------------------------


def test_an_event_after_the_day_coded_changes_nothing():
    tomorrow = {"occurred_on": days_before(-1)}
    assert features_of(known_at=A_YEAR_ON, violations=[tomorrow], accidents=[tomorrow]) == features_of()


def test_an_event_counts_from_the_day_it_became_known():
    found = [{"occurred_on": days_before(30), "recorded_at": days_before(5), "severity": "minor"}]
    known = [
        features_of(known_at=days_before(ago), violations=found)["violation_points"] for ago in (6, 5, 0)
    ]
    assert known == [0, 3, 3]


def test_an_archive_told_late_counts_for_the_days_it_is_about():
    found = [{"occurred_on": days_before(30), "recorded_at": date(2027, 1, 1), "severity": "minor"}]
    assert features_of(violations=found)["violation_points"] == 0
    assert features_of(known_at=A_YEAR_ON, violations=found)["violation_points"] == 3


def test_a_version_superseded_later_is_still_used_for_what_was_known_before():
    told = {"violation_id": "same", "occurred_on": days_before(30)}
    found = [
        {**told, "recorded_at": days_before(20), "severity": "critical"},
        {**told, "recorded_at": days_before(5), "severity": "minor"},
    ]
    points = [
        features_of(known_at=days_before(ago), violations=found)["violation_points"] for ago in (6, 5, 0)
    ]
    assert points == [30, 3, 3]


def test_the_register_is_read_as_it_was_known():
    firms = [{"sector": "general"}, {"sector": "fireworks", "recorded_at": days_before(5)}]
    sectors = [fold(world(register=firms), known_at=days_before(ago))["sector"].to_list() for ago in (6, 5)]
    assert sectors == [["general"], ["fireworks"]]


def test_an_enterprise_not_yet_registered_has_no_row():
    assert fold(world(register=[{"recorded_at": days_before(5)}]), known_at=days_before(6)).is_empty()


# ---- windows -------------------------------------------------------------------------------------------

WINDOWS = {
    "accidents": ("occurred_on", {"accidents_12m": 365, "accidents_36m": 1096, "accidents_60m": 1826}),
    "violations": ("occurred_on", {"violations_12m": 365, "violations_36m": 1096, "violations_60m": 1826}),
    "inspections": (
        "inspected_on",
        {"inspections_12m": 365, "inspections_24m": 730, "inspections_36m": 1096},
    ),
}


@pytest.mark.parametrize("table", WINDOWS)
def test_an_event_counts_to_the_last_day_of_each_window_and_no_longer(table: str):
    day, windows = WINDOWS[table]
    ages = sorted({age for last in windows.values() for age in (0, last, last + 1)})
    events = [{"enterprise_id": f"e{age}", day: days_before(age)} for age in ages]
    told = fold(world(register=[{"enterprise_id": f"e{age}"} for age in ages], **{table: events}))
    for name, last in windows.items():
        assert dict(told.select("enterprise_id", name).iter_rows()) == {
            f"e{age}": int(age <= last) for age in ages
        }


YEARS: dict[tuple[int, ...], int] = {
    (): 0,
    (0, 365): 1,
    (365, 366): 2,
    (730, 731): 2,
    (0, 366, 731, 1096, 1461): 5,
    (1825,): 1,
    (1826,): 0,
    (1826, 5000, 7): 1,
}
"""Ages of events, and in how many of the last five years of 365 days there was one."""


def test_years_with_an_event_are_counted_once_each_over_five_years():
    firms = [{"enterprise_id": f"e{n}"} for n in range(len(YEARS))]
    events = [
        {**firm, "occurred_on": days_before(age)}
        for firm, ages in zip(firms, YEARS, strict=True)
        for age in ages
    ]
    told = fold(world(register=firms, violations=events, accidents=events))
    assert told["years_with_violations_60m"].to_list() == list(YEARS.values())
    assert told["years_with_accidents_60m"].to_list() == list(YEARS.values())


def test_what_accidents_cost_is_added_up_over_three_years_and_unknown_costs_nothing():
    costs = [(0, 2, 10), (1096, 1, 5), (1097, 9, 99), (30, None, None)]
    told = [
        {"occurred_on": days_before(age), "casualties": people, "lost_days": days}
        for age, people, days in costs
    ]
    found = features_of(accidents=told)
    assert (found["casualties_36m"], found["lost_days_36m"]) == (3, 15)
    assert (found["lost_time_accidents_12m"], found["lost_time_accidents_36m"]) == (1, 2)


def test_the_severity_of_a_window_is_that_of_its_items_at_their_gravest():
    told = [
        {"occurred_on": days_before(365), "severity": "serious", "quantity": 2},
        {"occurred_on": days_before(366), "severity": "critical"},
        {"occurred_on": days_before(9), "inspection_id": "v", "item_code": "i", "severity": "minor"},
        {"occurred_on": days_before(9), "inspection_id": "v", "item_code": "i", "severity": "general"},
    ]
    points = POLICY.features.severity_mean_points
    found = features_of(violations=told)
    assert found["severity_points_12m"] == 2 * points["serious"] + points["general"]
    assert found["severity_points"] == found["severity_points_12m"] + points["critical"]


def test_scores_of_check_lists_are_those_of_scored_visits_of_the_long_window():
    window = POLICY.features.severity_window_days
    told = [
        {"inspected_on": days_before(age), "score": score}
        for age, score in ((0, None), (5, 30), (9, 70), (window, 4), (window + 1, 500))
    ]
    found = features_of(inspections=told)
    assert (found["score_sum"], found["scored_visits"], found["last_score"]) == (104, 3, 30)
    assert features_of(inspections=told[:1])["last_score"] is None


@pytest.mark.parametrize(
    ("found", "rectified", "clean", "unchecked"),
    [
        (10, 5, None, 1),
        (10, 5, 4, 0),
        (10, 5, 5, 0),
        (10, 5, 6, 1),
        (10, None, None, 0),
        (730, 5, None, 1),
        (731, 5, None, 0),
    ],
)
def test_a_major_hazard_put_right_is_unchecked_until_a_clean_visit_on_that_day_or_later(
    found: int, rectified: int | None, clean: int | None, unchecked: int
):
    hazard = {
        "occurred_on": days_before(found),
        "is_major_hazard": True,
        "rectified_on": None if rectified is None else days_before(rectified),
    }
    visits = [] if clean is None else [{"inspected_on": days_before(clean), "result": "clean"}]
    assert features_of(violations=[hazard], inspections=visits)["unchecked_major_hazards"] == unchecked
