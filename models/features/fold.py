"""The fold: six tables in, one row per enterprise out."""

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import narwhals as nw
import polars as pl

from models.features.accidents import accident_features
from models.features.alerts import alert_features
from models.features.asof import Frame, Moment
from models.features.enterprise import (
    REGISTER_CATEGORIES,
    REGISTER_INTEGERS,
    register_features,
    self_report_features,
)
from models.features.inspections import inspection_features
from models.features.violations import violation_features
from models.policy import FeaturePolicy
from models.vocabulary import day_number

COUNTS: tuple[str, ...] = (
    "violation_points",
    "severity_points",
    "severity_points_12m",
    "violations_12m",
    "violations_36m",
    "violations_60m",
    "serious_violations_36m",
    "years_with_violations_60m",
    "major_hazards_24m",
    "open_major_hazards",
    "open_rectifications",
    "overdue_rectifications",
    "overdue_days",
    "repeat_items",
    "inspections_12m",
    "inspections_24m",
    "inspections_36m",
    "inspections_window",
    "clean_streak",
    "failed_rechecks_12m",
    "refusals_24m",
    "serious_visits_36m",
    "score_sum",
    "scored_visits",
    "alert_points",
    "unanswered_alerts",
    "slow_alerts",
    "offline_days",
    "complaints_12m",
    "accidents_12m",
    "accidents_36m",
    "accidents_60m",
    "years_with_accidents_60m",
    "lost_time_accidents_12m",
    "lost_time_accidents_36m",
    "casualties_36m",
    "lost_days_36m",
    "fatal_accidents_12m",
    "larger_accidents_36m",
    "major_accidents_36m",
    "serious_injuries_12m",
    "self_reports_12m",
    "unfixed_self_hazards",
)
"""Features that are 0 when nothing is on record.  Whether that silence is good news is decided elsewhere."""

DAYS_SINCE: tuple[str, ...] = (
    "days_since_inspection",
    "last_result",
    "last_score",
    "days_since_violation",
    "days_since_accident",
    "days_since_fatal_accident",
    "days_since_larger_accident",
    "days_since_major_accident",
    "days_since_self_report",
)
"""Features that stay empty when there is nothing to count from: unknown is not clean."""

INTEGERS: tuple[str, ...] = (
    *REGISTER_INTEGERS,
    *COUNTS,
    *DAYS_SINCE,
    "severity_mean",
    "severity_mean_12m",
    "score_mean",
    "unsettled_findings",
    "unchecked_major_hazards",
)
FEATURES: tuple[str, ...] = (*REGISTER_CATEGORIES, "track_record", *INTEGERS)
"""Columns of ``risk.features``, in order."""


EVENT_COLUMNS: dict[str, tuple[str, ...]] = {
    "enterprises": (
        *(name for name in REGISTER_CATEGORIES if name != "industry_division"),
        "industry",
        *(name for name in REGISTER_INTEGERS if name != "high_hazard"),
    ),
    "violations": (
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
        "plan_approved_on",
        "plan_until",
        "withdrawn_on",
    ),
    "alerts": (
        "enterprise_id",
        "kind",
        "level",
        "raised_at",
        "acknowledged_at",
        "closed_at",
        "is_false_alarm",
        "withdrawn_on",
    ),
    "inspections": ("enterprise_id", "inspected_on", "kind", "result", "score", "withdrawn_on"),
    "accidents": (
        "enterprise_id",
        "occurred_on",
        "deaths",
        "serious_injuries",
        "casualties",
        "lost_days",
        "loss",
        "grade",
        "withdrawn_on",
    ),
    "self_reports": ("enterprise_id", "filed_on", "hazards_found", "hazards_fixed", "withdrawn_on"),
}
"""Columns the fold reads.  What is not here (names, officers, departments, owners) cannot reach a score."""


@dataclass(frozen=True)
class Events:
    """The six canonical tables in integer form, as native lazy frames of one engine."""

    enterprises: Any
    violations: Any
    alerts: Any
    inspections: Any
    accidents: Any
    self_reports: Any


def integer_form(frame: pl.DataFrame) -> pl.DataFrame:
    """A canonical Polars frame with days, minutes and flags as integers; other columns as they are."""
    forms = {
        pl.Date: lambda column: pl.col(column).cast(pl.Int32).cast(pl.Int64),
        pl.Datetime: lambda column: (pl.col(column).dt.epoch("us") // 60_000_000).cast(pl.Int64),
        pl.Boolean: lambda column: pl.col(column).cast(pl.Int64),
        pl.Enum: lambda column: pl.col(column).cast(pl.String),
    }
    return frame.with_columns(
        forms[base](name) for name, dtype in frame.schema.items() if (base := dtype.base_type()) in forms
    )


def fold_features(events: Events, *, as_of: date, known_at: date | None = None, policy: FeaturePolicy) -> Any:
    """All features on one day.

    Grain: one row per enterprise known at ``known_at`` (default: ``as_of``), columns ``FEATURES``.
    Returns a lazy native frame of the engine that ``events`` came from, in no particular row order.
    """
    return fold_at(events, Moment(day_number(as_of), day_number(known_at or as_of)), policy=policy)


def fold_at(events: Events, moment: Moment, *, policy: FeaturePolicy) -> Any:
    """All features at one moment: see ``fold_features``."""
    lazy = {name: _lazy(native) for name, native in vars(events).items()}
    result = register_features(lazy["enterprises"], moment)
    for name in PARTS:
        result = result.join(part_features(name, lazy[name], moment, policy), on="enterprise_id", how="left")
    return finished(result, policy).to_native()


PARTS = ("violations", "inspections", "alerts", "accidents", "self_reports")
"""Tables of events; each gives features of its own."""

AGES: dict[str, tuple[str, ...]] = {
    "violations": (
        "days_since_violation",
        "newest_unsettled_age",
        "newest_cleared_major_age",
        "overdue_days",
    ),
    "inspections": ("days_since_inspection", "days_since_clean_visit"),
    "alerts": (),
    "accidents": (
        "days_since_accident",
        "days_since_fatal_accident",
        "days_since_larger_accident",
        "days_since_major_accident",
    ),
    "self_reports": ("days_since_self_report",),
}
"""Columns of each part that grow by one a day while nothing happens."""


def part_features(name: str, rows: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """What one table of events gives: one row per enterprise with at least one event that counts."""
    if name == "violations":
        return violation_features(rows, moment, policy)
    if name == "inspections":
        return inspection_features(rows, moment, policy)
    if name == "alerts":
        return alert_features(rows, moment, policy)
    return accident_features(rows, moment) if name == "accidents" else self_report_features(rows, moment)


def finished(joined: Frame, policy: FeaturePolicy) -> Frame:
    """Register row and parts, joined, as features: silence is 0 where it counts, and what several parts give."""
    result = joined.with_columns(nw.col(*COUNTS).fill_null(0).cast(nw.Int64))
    result = result.with_columns(
        severity_mean=_severity_mean(policy, "severity_points", "inspections_window"),
        severity_mean_12m=_severity_mean(policy, "severity_points_12m", "inspections_12m"),
        score_mean=_score_mean(),
        unsettled_findings=_unsettled_findings(),
        unchecked_major_hazards=_unchecked_major_hazards(),
        track_record=_track_record(),
    ).with_columns(nw.col(*INTEGERS).cast(nw.Int64))
    return result.select(*FEATURES)


def _severity_mean(policy: FeaturePolicy, points: str, visits: str) -> nw.Expr:
    """Severity points per ten visits, shrunk towards the prior so that one bad visit is not a fate."""
    total = nw.col(points) + policy.prior_points
    return total * 10 // (nw.col(visits) + policy.prior_visits)


def _score_mean() -> nw.Expr:
    """Mean check-list score of the scored visits, rounded down; empty when no visit was scored."""
    return nw.when(nw.col("scored_visits") > 0).then(nw.col("score_sum") // nw.col("scored_visits"))


def _unsettled_findings() -> nw.Expr:
    """1 while a finding of 24 months is neither rectified as far as known nor followed by a clean visit."""
    age, clean = nw.col("newest_unsettled_age"), nw.col("days_since_clean_visit")
    return nw.when((age <= 730) & (clean.is_null() | (clean >= age))).then(nw.lit(1)).otherwise(nw.lit(0))


def _unchecked_major_hazards() -> nw.Expr:
    """1 while the newest major hazard put right within 24 months was followed by no clean visit."""
    age, clean = nw.col("newest_cleared_major_age"), nw.col("days_since_clean_visit")
    return nw.when(~age.is_null() & (clean.is_null() | (clean > age))).then(nw.lit(1)).otherwise(nw.lit(0))


def _track_record() -> nw.Expr:
    """How much there is to judge by: ``visited`` in the long window, only other ``records``, or ``none``.

    Counts are 0 both for the blameless and for the unknown; this keeps the two apart.
    """
    others = (nw.col("violations_60m") > 0) | (nw.col("accidents_60m") > 0) | (nw.col("alert_points") > 0)
    return (
        nw.when(nw.col("inspections_window") > 0)
        .then(nw.lit("visited"))
        .otherwise(nw.when(others).then(nw.lit("records")).otherwise(nw.lit("none")))
    )


def _lazy(native: Any) -> Frame:
    return cast(Frame, nw.from_native(native).lazy())
