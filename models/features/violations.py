"""Findings and their features: recency-weighted severity, severity per visit, what is open, what comes back.

A penalty is told by the day of its decision (``decided_on``); its number nobody delivers.  A fine on a person alone is
no penalty on the enterprise.

``violation_points`` and the orders leave out what an approved rectification plan suspends.
"""

from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter

from models.features.feature import EventTable, Feature
from models.features.intervals import Quality
from models.features.measures import (
    Age,
    AgeOfFirst,
    Days,
    Exists,
    Gravest,
    Kinds,
    Longest,
    Repeated,
    Said,
    Sum,
    Years,
    case,
)
from models.features.windows import (
    FIVE_YEARS,
    HALF_YEAR,
    THREE_YEARS,
    TWO_YEARS,
    YEAR,
    FeaturePolicy,
    evenly,
    halving,
    long_window,
)


def _prepared(policy: FeaturePolicy) -> str:
    """An approved rectification plan suspends the points of what it puts right while it is on time, for so many days.

    Never those of a major hazard, nor of an order that was overdue when the plan was approved.  A fine on a person
    alone is no penalty on the enterprise.
    """
    planned = (
        "is_major_hazard = 0 AND plan_until IS NOT NULL "
        "AND (rectify_due_on IS NULL OR plan_approved_on <= rectify_due_on)"
    )
    return f"""
    occurred_on AS day, source, coalesce(inspection_id, violation_id) AS visit,
    coalesce(item_code, violation_id) AS item, item_code IS NOT NULL AS is_named, item_code, department,
    severity, quantity,
    is_major_hazard = 1 AS is_major, rectify_due_on, rectified_on,
    CASE WHEN NOT (coalesce(penalty_person, 0) > 0 AND coalesce(penalty_unit, 0) = 0) THEN decided_on END AS decided_on,
    CASE WHEN {planned} THEN plan_approved_on END AS rests_from,
    CASE WHEN {planned} THEN least(plan_until + 1, plan_approved_on + {policy.longest_plan_days}) END AS rests_until"""


VIOLATIONS = EventTable(
    "violations",
    "occurred_on",
    (
        "enterprise_id",
        "source",
        "violation_id",
        "inspection_id",
        "item_code",
        "occurred_on",
        "severity",
        "is_major_hazard",
        "quantity",
        "rectify_due_on",
        "rectified_on",
        "penalty_unit",
        "penalty_person",
        "decided_on",
        "department",
        "plan_approved_on",
        "plan_until",
        "withdrawn_on",
    ),
    _prepared,
)

_OPEN = Quality(ends=("rectified_on",))
_CLOSED = Quality(begins=("rectified_on",))
_COUNTS = Quality(rests=(("rests_from", "rests_until"),))
_MAJOR = Quality(("is_major",))
_SERIOUS = Quality(("severity IN ('serious', 'critical')",))
_ORDERED = Quality(("rectify_due_on IS NOT NULL",)) & _OPEN & _COUNTS


def _points(scale: Callable[[FeaturePolicy], Mapping[str, int]]) -> Said:
    return lambda policy: f"({case('severity', scale(policy))}) * quantity"


_SEVERITY, _MEAN = attrgetter("severity_points"), attrgetter("severity_mean_points")


_feature = partial(Feature, "violations")
VIOLATION_COUNTS = (
    _feature(
        "violation_points",
        Gravest(of=_points(_SEVERITY), bands=attrgetter("violation_bands"), where=_COUNTS),
        "up",
    ).told(
        "points",
        "Findings of 24 months, weighted by severity and recency",
        "severity points × time weight × quantity, 24 months; one item counts once a visit; nothing while an "
        "approved rectification plan runs, unless it is a major hazard",
    ),
    _feature("severity_points", Gravest(of=_points(_MEAN), bands=evenly(long_window)), "up").told(
        "points",
        "Severity points of the long window",
        "severity points × quantity over the long window, not weighted by time",
    ),
    _feature("severity_points_12m", Gravest(of=_points(_MEAN), bands=evenly(YEAR)), "up").told(
        "points", "Severity points of 12 months", "severity points × quantity of 365 days"
    ),
    _feature("violations_12m", Sum(of="quantity", within=YEAR), "up").told(
        "findings", "Findings of 12 months", "findings of 365 days"
    ),
    _feature("violations_36m", Sum(of="quantity", within=THREE_YEARS), "up").told(
        "findings", "Findings of 36 months", "findings of 1,096 days"
    ),
    _feature("violations_60m", Sum(of="quantity", within=FIVE_YEARS), "up").told(
        "findings", "Findings of 60 months", "findings of 1,826 days"
    ),
    _feature("serious_violations_36m", Sum(of="quantity", where=_SERIOUS, within=THREE_YEARS), "up").told(
        "findings", "Serious findings of 36 months", "serious and critical findings of 1,096 days"
    ),
    _feature("violations_halved_1y", Sum(of="quantity", bands=halving(YEAR)), "up").told(
        "sixteenths of findings",
        "Findings, halved every year",
        "findings × 16, halved every 365 days in steps of a quarter; nothing after five halvings",
    ),
    _feature("violations_halved_2y", Sum(of="quantity", bands=halving(TWO_YEARS)), "up").told(
        "sixteenths of findings",
        "Findings, halved every two years",
        "findings × 16, halved every 730 days in steps of a quarter; nothing after five halvings",
    ),
    _feature("finding_days_12m", Days(day="day", within=YEAR), "up").told(
        "days",
        "Days with findings of 12 months",
        "different days within the last 365 on which something was found",
    ),
    _feature("finding_days_36m", Days(day="day", within=THREE_YEARS), "up").told(
        "days",
        "Days with findings of 36 months",
        "different days within the last 1,096 on which something was found",
    ),
    _feature("finding_days", Days(day="day"), "up").told(
        "days", "Days with findings", "different days on which something was found, however old"
    ),
    _feature("items_found_36m", Kinds(kind="item_code", within=THREE_YEARS), "up").told(
        "items", "Kinds of items found in 36 months", "different items among the findings of 1,096 days"
    ),
    _feature("authorities_60m", Kinds(kind="department", within=FIVE_YEARS), "up").told(
        "authorities",
        "Authorities that found something in 60 months",
        "different departments among the findings of 1,826 days; which ones is read by nothing",
    ),
    _feature("years_with_violations_60m", Years(youngest="violations_12m"), "up").told(
        "years",
        "Years of the last five with a finding",
        "of the last five times 365 days, those with a finding",
    ),
    _feature("major_hazards_24m", Sum(where=_MAJOR, within=TWO_YEARS), "up").told(
        "findings", "Major hazards of 24 months", "major hazards (重大事故隐患) found within 730 days"
    ),
    _feature("open_major_hazards", Sum(where=_MAJOR & _OPEN), "up", "lower").told(
        "findings", "Open major hazards", "major hazards not rectified, however old"
    ),
    _feature("open_rectifications", Sum(where=_ORDERED), "up", "lower").told(
        "orders", "Open rectifications", "open findings with a deadline, without those under an approved plan"
    ),
    _feature(
        "overdue_rectifications", Sum(where=_ORDERED & Quality(begins=("rectify_due_on + 1",))), "up", "lower"
    ).told("orders", "Overdue rectifications", "open findings whose deadline has passed"),
    _feature("overdue_days", Longest(since="rectify_due_on", where=_ORDERED), "up", "lower").told(
        "days", "Days a rectification is overdue", "longest time past a deadline"
    ),
    _feature(
        "repeat_items", Repeated(where=Quality(("is_named",)), within=attrgetter("repeat_window_days")), "up"
    ).told("items", "Items found again", "items found in two or more visits of the repeat window"),
    _feature("penalties_180d", Days(day="decided_on", within=HALF_YEAR), "up").told(
        "penalties",
        "Penalties of 180 days",
        "days within the last 180 on which penalties on the enterprise were decided",
    ),
    _feature("penalties_12m", Days(day="decided_on", within=YEAR), "up").told(
        "penalties",
        "Penalties of 12 months",
        "days within the last 365 on which penalties on the enterprise were decided",
    ),
)
SINCE_VIOLATIONS = (
    _feature("days_since_violation", Age(), "down").told(
        "days", "Days since the last finding", "age of the last finding"
    ),
    _feature("days_since_first_violation", AgeOfFirst()).told(
        "days", "Days since the first finding", "age of the oldest finding on record; empty = never one"
    ),
)
UNFINISHED = (
    _feature(
        "unsettled_findings",
        Exists(where=_OPEN & Quality(ends=("next_clean_after",)), within=TWO_YEARS),
        "up",
        "lower",
    ).told(
        "0/1",
        "Unsettled findings",
        "1 while a finding of 730 days not known to be rectified has no later clean visit",
    ),
    _feature(
        "unchecked_major_hazards",
        Exists(where=_MAJOR & _CLOSED & Quality(ends=("next_clean_from",)), within=TWO_YEARS),
        "up",
        "either",
    ).told(
        "0/1",
        "Major hazards put right, not yet checked",
        "1 while a major hazard found within 730 days was put right but no clean visit has followed",
    ),
)
