"""Features of the findings: recency-weighted severity, severity per visit, what is open, what comes back."""

import narwhals as nw

from models.features.asof import (
    Frame,
    Moment,
    coded,
    count_if,
    known,
    latest_if,
    sum_if,
    weighted,
    years_with,
)
from models.policy import FeaturePolicy
from models.validity import is_open


def standing(violations: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """Findings that stand, with their age in days, what counts as one finding, and whether they are suspended.

    An approved rectification plan suspends the points of what it puts right while it is on time, for so many days
    at most; never those of a major hazard, nor of an order that was overdue when the plan was approved.
    """
    rows = known(violations, moment, happened=nw.col("occurred_on"))
    approved, due = nw.col("plan_approved_on"), nw.col("rectify_due_on")
    runs = (approved <= moment.day) & (nw.col("plan_until") >= moment.day)
    planned = runs & (moment.day - approved < policy.longest_plan_days) & (due.is_null() | (approved <= due))
    return rows.with_columns(
        visit=nw.coalesce(nw.col("inspection_id"), nw.col("violation_id")),
        item=nw.coalesce(nw.col("item_code"), nw.col("violation_id")),
        age=moment.day - nw.col("occurred_on"),
        is_open=nw.when(is_open(nw.col, moment.day)).then(nw.lit(1)).otherwise(nw.lit(0)),
        is_suspended=nw.when(planned & (nw.col("is_major_hazard") == 0)).then(nw.lit(1)).otherwise(nw.lit(0)),
    )


def violation_features(violations: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """Violation features.  One row per enterprise with at least one standing finding.

    The same item found twice in one visit counts once, at its gravest (consolidation).

    Columns: ``violation_points`` (points: severity weight times time weight, summed over the bands),
    ``severity_points`` (points over the long window, unweighted by time), ``violations_12m``,
    ``violations_36m``, ``violations_60m``, ``serious_violations_36m`` (findings), ``days_since_violation``
    (days), ``years_with_violations_60m`` (years of the last five with a finding), ``severity_points_12m``
    (points of one year),
    ``major_hazards_24m`` (findings), ``open_major_hazards`` (findings, until rectified),
    ``open_rectifications`` and ``overdue_rectifications`` (orders), ``overdue_days`` (days, the longest),
    ``repeat_items`` (items found in two or more visits of the repeat window), ``newest_unsettled_age`` (days
    since the newest finding not known to be rectified), ``newest_cleared_major_age`` (days since the newest
    rectification of a major hazard found within 24 months).  ``violation_points`` and the orders leave out what
    an approved rectification plan suspends.
    """
    rows = standing(violations, moment, policy)
    is_major = nw.col("is_major_hazard") == 1
    ordered = ~nw.col("rectify_due_on").is_null() & (nw.col("is_open") == 1) & (nw.col("is_suspended") == 0)
    overdue = ordered & (nw.col("rectify_due_on") < moment.day)
    is_serious = (nw.col("severity") == "serious") | (nw.col("severity") == "critical")
    lateness = moment.day - nw.col("rectify_due_on")
    cleared = is_major & (nw.col("is_open") == 0) & (nw.col("age") <= 730)
    per_item = (
        rows.with_columns(
            recent=coded("severity", policy.severity_points)
            * weighted(nw.col("age"), policy.violation_bands)
            * nw.col("quantity")
            * (1 - nw.col("is_suspended")),
            grave=nw.when(nw.col("age") <= policy.severity_window_days)
            .then(coded("severity", policy.severity_mean_points) * nw.col("quantity"))
            .otherwise(nw.lit(0)),
            grave_12m=nw.when(nw.col("age") <= 365)
            .then(coded("severity", policy.severity_mean_points) * nw.col("quantity"))
            .otherwise(nw.lit(0)),
            is_named=nw.when(nw.col("item_code").is_null()).then(nw.lit(0)).otherwise(nw.lit(1)),
        )
        .group_by("enterprise_id", "source", "visit", "item")
        .agg(
            recent=nw.col("recent").max(),
            grave=nw.col("grave").max(),
            grave_12m=nw.col("grave_12m").max(),
            age=nw.col("age").min(),
            is_named=nw.col("is_named").max(),
        )
    )
    per_enterprise = per_item.group_by("enterprise_id").agg(
        violation_points=nw.col("recent").sum(),
        severity_points=nw.col("grave").sum(),
        severity_points_12m=nw.col("grave_12m").sum(),
    )
    repeats = (
        per_item.filter((nw.col("age") <= policy.repeat_window_days) & (nw.col("is_named") == 1))
        .group_by("enterprise_id", "item")
        .agg(visits=nw.len())
        .group_by("enterprise_id")
        .agg(repeat_items=count_if(nw.col("visits") >= 2))
    )
    counts = rows.group_by("enterprise_id").agg(
        violations_12m=sum_if(nw.col("age") <= 365, nw.col("quantity")),
        violations_36m=sum_if(nw.col("age") <= 1096, nw.col("quantity")),
        violations_60m=sum_if(nw.col("age") <= 1826, nw.col("quantity")),
        serious_violations_36m=sum_if(is_serious & (nw.col("age") <= 1096), nw.col("quantity")),
        days_since_violation=nw.col("age").min(),
        years_with_violations_60m=years_with(~nw.col("age").is_null(), nw.col("age")),
        major_hazards_24m=count_if(is_major & (nw.col("age") <= 730)),
        open_major_hazards=count_if(is_major & (nw.col("is_open") == 1)),
        open_rectifications=count_if(ordered),
        overdue_rectifications=count_if(overdue),
        overdue_days=latest_if(overdue, lateness),
        newest_unsettled_age=nw.when(nw.col("is_open") == 1).then(nw.col("age")).min(),
        newest_cleared_major_age=nw.when(cleared).then(moment.day - nw.col("rectified_on")).min(),
    )
    return counts.join(per_enterprise, on="enterprise_id", how="left").join(
        repeats, on="enterprise_id", how="left"
    )
