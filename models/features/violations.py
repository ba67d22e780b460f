"""Findings and their features: recency-weighted severity, severity per visit, what is open, what comes back.

A penalty is told by the day of its decision (``decided_on``); its number nobody delivers.  A fine on a person alone is
no penalty on the enterprise.

``violation_points`` and the orders leave out what an approved rectification plan suspends.
"""

from functools import partial
from operator import attrgetter

import narwhals as nw

from models.features.asof import Frame, Moment, known
from models.features.feature import EventTable, Feature
from models.features.measures import Age, Count, Decisions, Gravest, Longest, Quality, Repeated, Total, Years
from models.features.windows import (
    FIVE_YEARS,
    HALF_YEAR,
    THREE_YEARS,
    TWO_YEARS,
    YEAR,
    FeaturePolicy,
    Turn,
    evenly,
    long_window,
)
from models.validity import is_open


def standing(violations: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """Findings that stand, with their age in days, what counts as one finding, and whether they are suspended.

    An approved rectification plan suspends the points of what it puts right while it is on time, for so many days
    at most; never those of a major hazard, nor of an order that was overdue when the plan was approved.
    """
    rows = known(violations, moment, happened=nw.col("occurred_on"))
    approved, due = nw.col("plan_approved_on"), nw.col("rectify_due_on")
    runs = (approved <= moment.day) & (nw.col("plan_until") >= moment.day)
    fined_alone = (nw.col("penalty_person").fill_null(0) > 0) & (nw.col("penalty_unit").fill_null(0) == 0)
    planned = runs & (moment.day - approved < policy.longest_plan_days) & (due.is_null() | (approved <= due))
    return rows.with_columns(
        visit=nw.coalesce(nw.col("inspection_id"), nw.col("violation_id")),
        item=nw.coalesce(nw.col("item_code"), nw.col("violation_id")),
        is_named=nw.when(nw.col("item_code").is_null()).then(nw.lit(0)).otherwise(nw.lit(1)),
        age=moment.day - nw.col("occurred_on"),
        late_for=moment.day - due,
        cleared_for=moment.day - nw.col("rectified_on"),
        decided_for=moment.day - nw.col("decided_on"),
        is_penalty=nw.when((nw.col("decided_on") <= moment.day) & ~fined_alone)
        .then(nw.lit(1))
        .otherwise(nw.lit(0)),
        is_open=nw.when(is_open(nw.col, moment.day)).then(nw.lit(1)).otherwise(nw.lit(0)),
        is_suspended=nw.when(planned & (nw.col("is_major_hazard") == 0)).then(nw.lit(1)).otherwise(nw.lit(0)),
    )


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
        "plan_approved_on",
        "plan_until",
        "withdrawn_on",
    ),
    standing,
)

_RECTIFIED = Turn("rectified_on")
_PLAN = (
    Turn("plan_approved_on"),
    Turn("plan_approved_on", attrgetter("longest_plan_days")),
    Turn("plan_until", 1),
)
_OPEN = Quality(nw.col("is_open") == 1, (_RECTIFIED,))
_CLOSED = Quality(nw.col("is_open") == 0, (_RECTIFIED,))
_COUNTS = Quality(nw.col("is_suspended") == 0, _PLAN)
_MAJOR = Quality(nw.col("is_major_hazard") == 1)
_SERIOUS = Quality((nw.col("severity") == "serious") | (nw.col("severity") == "critical"))
_ORDERED = Quality(~nw.col("rectify_due_on").is_null()) & _OPEN & _COUNTS
_OVERDUE = _ORDERED & Quality(nw.col("late_for") > 0, (Turn("rectify_due_on", 1),))
_PENALTY = Quality(nw.col("is_penalty") == 1)
_GRAVE = partial(Gravest, "severity", attrgetter("severity_mean_points"), times="quantity")

_feature = partial(Feature, "violations")
VIOLATION_COUNTS = (
    _feature(
        "violation_points",
        Gravest(
            "severity",
            attrgetter("severity_points"),
            attrgetter("violation_bands"),
            "quantity",
            where=_COUNTS,
        ),
        "up",
    ).told(
        "points",
        "Findings of 24 months, weighted by severity and recency",
        "severity points × time weight × quantity, 24 months; one item counts once a visit; nothing while an "
        "approved rectification plan runs, unless it is a major hazard",
    ),
    _feature("severity_points", _GRAVE(evenly(long_window)), "up").told(
        "points",
        "Severity points of the long window",
        "severity points × quantity over the long window, not weighted by time",
    ),
    _feature("severity_points_12m", _GRAVE(evenly(YEAR)), "up").told(
        "points", "Severity points of 12 months", "severity points × quantity of 365 days"
    ),
    _feature("violations_12m", Total("quantity", within=YEAR), "up").told(
        "findings", "Findings of 12 months", "findings of 365 days"
    ),
    _feature("violations_36m", Total("quantity", within=THREE_YEARS), "up").told(
        "findings", "Findings of 36 months", "findings of 1,096 days"
    ),
    _feature("violations_60m", Total("quantity", within=FIVE_YEARS), "up").told(
        "findings", "Findings of 60 months", "findings of 1,826 days"
    ),
    _feature("serious_violations_36m", Total("quantity", where=_SERIOUS, within=THREE_YEARS), "up").told(
        "findings", "Serious findings of 36 months", "serious and critical findings of 1,096 days"
    ),
    _feature("years_with_violations_60m", Years(), "up").told(
        "years",
        "Years of the last five with a finding",
        "of the last five times 365 days, those with a finding",
    ),
    _feature("major_hazards_24m", Count(where=_MAJOR, within=TWO_YEARS), "up").told(
        "findings", "Major hazards of 24 months", "major hazards (重大事故隐患) found within 730 days"
    ),
    _feature("open_major_hazards", Count(where=_MAJOR & _OPEN), "up", "lower").told(
        "findings", "Open major hazards", "major hazards not rectified, however old"
    ),
    _feature("open_rectifications", Count(where=_ORDERED), "up", "lower").told(
        "orders", "Open rectifications", "open findings with a deadline, without those under an approved plan"
    ),
    _feature("overdue_rectifications", Count(where=_OVERDUE), "up", "lower").told(
        "orders", "Overdue rectifications", "open findings whose deadline has passed"
    ),
    _feature("overdue_days", Longest("late_for", "rectify_due_on", where=_OVERDUE), "up", "lower").told(
        "days", "Days a rectification is overdue", "longest time past a deadline"
    ),
    _feature("repeat_items", Repeated(within=attrgetter("repeat_window_days")), "up").told(
        "items", "Items found again", "items found in two or more visits of the repeat window"
    ),
    _feature("penalties_180d", Decisions(where=_PENALTY, within=HALF_YEAR), "up").told(
        "penalties",
        "Penalties of 180 days",
        "days within the last 180 on which penalties on the enterprise were decided",
    ),
    _feature("penalties_12m", Decisions(where=_PENALTY, within=YEAR), "up").told(
        "penalties",
        "Penalties of 12 months",
        "days within the last 365 on which penalties on the enterprise were decided",
    ),
)
SINCE_VIOLATIONS = (
    _feature("days_since_violation", Age(), "down").told(
        "days", "Days since the last finding", "age of the last finding"
    ),
)
UNSETTLED = _feature("newest_unsettled_age", Age(where=_OPEN), is_own=False)
CLEARED_MAJOR = _feature(
    "newest_cleared_major_age",
    Age("cleared_for", "rectified_on", where=_MAJOR & _CLOSED, within=TWO_YEARS),
    is_own=False,
)
