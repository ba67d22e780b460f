"""The days on which a feature can change by the mere passing of time.

Between two such days every feature that is asked for stays what it is, so a code needs to be computed on those
days only.  Each feature names the events it counts and after how many days their weight changes; a feature that
is an age changes every day, but only the thresholds somebody asks about matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.features.alerts import OFFLINE_WINDOW_DAYS
from models.policy import FeaturePolicy

DAY_OF: dict[str, str] = {
    "violations": "occurred_on",
    "alerts": "raised_at // 1440",
    "inspections": "inspected_on",
    "accidents": "occurred_on",
    "self_reports": "filed_on",
}
"""The day of an event in integer form, as an SQL expression."""

YEARS = tuple(365 * year + 1 for year in range(1, 6))
"""Ages at which an event moves into an earlier year of the last five."""


@dataclass(frozen=True)
class Step:
    """On ``day`` (an SQL expression over one event in integer form) plus each offset, something may change."""

    table: str
    day: str
    offsets: tuple[int, ...] = (0,)


Thresholds = Mapping[str, Iterable[int]]
"""For each feature, the values at which a factor or rule that reads it changes its mind."""

_AGES: dict[str, str] = {
    "days_since_inspection": "inspections",
    "days_since_violation": "violations",
    "days_since_accident": "accidents",
    "days_since_fatal_accident": "accidents",
    "days_since_larger_accident": "accidents",
    "days_since_major_accident": "accidents",
    "days_since_self_report": "self_reports",
}
_ALWAYS = (Step("violations", "rectified_on"), Step("violations", "plan_approved_on"))


def _event(table: str, *offsets: int) -> Step:
    return Step(table, DAY_OF[table], (0, *offsets))


def _fixed(policy: FeaturePolicy) -> dict[str, tuple[Step, ...]]:
    """Features whose weights change after a fixed number of days."""
    window = policy.severity_window_days + 1
    bands = [last + 1 for last, _ in policy.violation_bands]
    alert_bands = [last + 1 for last, _ in policy.alert_bands]
    orders = (
        _event("violations"),
        *_ALWAYS,
        Step("violations", "rectify_due_on", (1,)),
        Step("violations", "plan_until", (1,)),
        Step("violations", "plan_approved_on", (policy.longest_plan_days,)),
    )
    graveness = (_event("violations", window), _event("inspections", window))
    graveness_12m = (_event("violations", 366), _event("inspections", 366))
    recent_alert = OFFLINE_WINDOW_DAYS + 1
    answer = Step("alerts", "acknowledged_at // 1440")
    return {
        "violation_points": (_event("violations", *bands), *orders),
        "severity_points": graveness,
        "severity_points_12m": graveness_12m,
        "severity_mean": graveness,
        "severity_mean_12m": graveness_12m,
        "violations_12m": (_event("violations", 366),),
        "violations_36m": (_event("violations", 1097),),
        "violations_60m": (_event("violations", 1827),),
        "serious_violations_36m": (_event("violations", 1097),),
        "years_with_violations_60m": (_event("violations", *YEARS),),
        "major_hazards_24m": (_event("violations", 731),),
        "open_major_hazards": (_event("violations"), *_ALWAYS),
        "open_rectifications": orders,
        "overdue_rectifications": orders,
        "overdue_days": orders,
        "repeat_items": (_event("violations", policy.repeat_window_days + 1),),
        "unsettled_findings": (_event("violations", 731), *_ALWAYS, _event("inspections")),
        "unchecked_major_hazards": (_event("violations", 731), *_ALWAYS, _event("inspections")),
        "inspections_12m": (_event("inspections", 366),),
        "inspections_24m": (_event("inspections", 731),),
        "inspections_36m": (_event("inspections", 1097),),
        "inspections_window": (_event("inspections", window),),
        "clean_streak": (_event("inspections"),),
        "failed_rechecks_12m": (_event("inspections", 366),),
        "refusals_24m": (_event("inspections", 731),),
        "serious_visits_36m": (_event("inspections", 1097),),
        "score_sum": (_event("inspections", window),),
        "score_mean": (_event("inspections", window),),
        "scored_visits": (_event("inspections", window),),
        "last_result": (_event("inspections"),),
        "last_score": (_event("inspections", window),),
        "alert_points": (_event("alerts", *alert_bands),),
        "unanswered_alerts": (
            _event("alerts", recent_alert),
            Step("alerts", f"(raised_at + {policy.unanswered_minutes}) // 1440"),
            answer,
        ),
        "slow_alerts": (_event("alerts", recent_alert), answer),
        "complaints_12m": (_event("alerts", 366),),
        "accidents_12m": (_event("accidents", 366),),
        "accidents_36m": (_event("accidents", 1097),),
        "accidents_60m": (_event("accidents", 1827),),
        "years_with_accidents_60m": (_event("accidents", *YEARS),),
        "lost_time_accidents_12m": (_event("accidents", 366),),
        "lost_time_accidents_36m": (_event("accidents", 1097),),
        "casualties_36m": (_event("accidents", 1097),),
        "lost_days_36m": (_event("accidents", 1097),),
        "fatal_accidents_12m": (_event("accidents", 366),),
        "larger_accidents_36m": (_event("accidents", 1097),),
        "major_accidents_36m": (_event("accidents", 1097),),
        "serious_injuries_12m": (_event("accidents", 366),),
        "self_reports_12m": (_event("self_reports", 366),),
        "unfixed_self_hazards": (_event("self_reports", 366),),
        "track_record": (
            _event("inspections", window),
            _event("violations", 1827),
            _event("accidents", 1827),
            _event("alerts", *alert_bands),
        ),
    }


def steps_of(policy: FeaturePolicy, asked: Thresholds) -> tuple[Step, ...]:
    """Where the features that are asked for can change.

    ``asked`` names the features somebody reads, each with the values that matter to the reader.  Register
    features never change by themselves; ``offline_days`` may change on any day and is left to the timeline.
    """
    fixed = _fixed(policy)
    found: dict[Step, None] = {}
    for feature, values in asked.items():
        ages = {age for value in values for age in (value, value + 1) if age >= 0}
        if feature in _AGES:
            found[_event(_AGES[feature], *sorted(ages))] = None
        elif feature == "overdue_days":
            found[Step("violations", "rectify_due_on", (1, *sorted(ages)))] = None
        for step in fixed.get(feature, ()):
            found[step] = None
    return tuple(found)
