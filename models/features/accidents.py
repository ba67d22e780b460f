"""Accidents, graded by State Council Order 493 from the figures where those are known, and their features."""

from functools import partial
from typing import Any

import narwhals as nw

from models.features.asof import Frame, Moment, coded, known
from models.features.feature import EventTable, Feature
from models.features.measures import Age, Count, Quality, Total, Years
from models.features.windows import FIVE_YEARS, THREE_YEARS, YEAR, FeaturePolicy

GRADE_RANK = {"ungraded": 0, "ordinary": 1, "larger": 2, "major": 3, "extraordinary": 4}
GRADE_LIMITS = ((4, 30, 100, 100_000_000), (3, 10, 50, 50_000_000), (2, 3, 10, 10_000_000))
"""Rank, then the least deaths, serious injuries and loss in yuan that reach it (493号令 art. 3)."""


def _grade_from_figures() -> nw.Expr:
    grade: Any = nw.lit(0)
    for rank, deaths, injuries, loss in reversed(GRADE_LIMITS):
        reached = (
            (nw.col("deaths").fill_null(0) >= deaths)
            | (nw.col("serious_injuries").fill_null(0) >= injuries)
            | (nw.col("loss").fill_null(0) >= loss)
        )
        grade = nw.when(reached).then(nw.lit(rank)).otherwise(grade)
    return grade


def standing_accidents(accidents: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """Accidents that stand, with their age in days and their rank, stated or by the figures, whichever is worse."""
    rows = known(accidents, moment, happened=nw.col("occurred_on")).with_columns(
        age=moment.day - nw.col("occurred_on"),
        stated=coded("grade", GRADE_RANK),
        figured=_grade_from_figures(),
    )
    return rows.with_columns(rank=nw.max_horizontal("stated", "figured"))


ACCIDENTS = EventTable(
    "accidents",
    "occurred_on",
    (
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
    standing_accidents,
)

_FATAL = Quality(nw.col("deaths") > 0)
_LARGER = Quality(nw.col("rank") >= GRADE_RANK["larger"])
_MAJOR = Quality(nw.col("rank") >= GRADE_RANK["major"])
_LOST_TIME = Quality(nw.col("lost_days") > 0)

_feature = partial(Feature, "accidents")
ACCIDENT_COUNTS = (
    _feature("accidents_12m", Count(within=YEAR), "up").told(
        "accidents", "Accidents of 12 months", "accidents of 365 days"
    ),
    _feature("accidents_36m", Count(within=THREE_YEARS), "up").told(
        "accidents", "Accidents of 36 months", "accidents of 1,096 days"
    ),
    _feature("accidents_60m", Count(within=FIVE_YEARS), "up").told(
        "accidents", "Accidents of 60 months", "accidents of 1,826 days"
    ),
    _feature("years_with_accidents_60m", Years(), "up").told(
        "years",
        "Years of the last five with an accident",
        "of the last five times 365 days, those with an accident",
    ),
    _feature("lost_time_accidents_12m", Count(where=_LOST_TIME, within=YEAR), "up").told(
        "accidents", "Lost-time accidents of 12 months", "accidents of 365 days that cost working days"
    ),
    _feature("lost_time_accidents_36m", Count(where=_LOST_TIME, within=THREE_YEARS), "up").told(
        "accidents", "Lost-time accidents of 36 months", "accidents of 1,096 days that cost working days"
    ),
    _feature("casualties_36m", Total("casualties", within=THREE_YEARS), "up").told(
        "people",
        "People harmed in 36 months",
        "people harmed in 1,096 days, where the source does not split them",
    ),
    _feature("lost_days_36m", Total("lost_days", within=THREE_YEARS), "up").told(
        "days", "Working days lost in 36 months", "working days lost by accidents of 1,096 days"
    ),
    _feature("fatal_accidents_12m", Count(where=_FATAL, within=YEAR), "up").told(
        "accidents", "Fatal accidents of 12 months", "accidents of 365 days with at least one death"
    ),
    _feature("larger_accidents_36m", Count(where=_LARGER, within=THREE_YEARS), "up").told(
        "accidents",
        "Larger accidents of 36 months",
        "较大 or worse within 1,096 days (stated, or by the figures)",
    ),
    _feature("major_accidents_36m", Count(where=_MAJOR, within=THREE_YEARS), "up").told(
        "accidents",
        "Major accidents of 36 months",
        "重大 or worse within 1,096 days (stated, or by the figures)",
    ),
    _feature("serious_injuries_12m", Total("serious_injuries", within=YEAR), "up").told(
        "people", "Seriously injured in 12 months", "seriously injured within 365 days"
    ),
)
SINCE_ACCIDENTS = (
    _feature("days_since_accident", Age(), "down").told(
        "days", "Days since the last accident", "age of the last accident"
    ),
    _feature("days_since_fatal_accident", Age(where=_FATAL), "down").told(
        "days", "Days since the last fatal accident", "age of the last fatal accident"
    ),
    _feature("days_since_larger_accident", Age(where=_LARGER), "down").told(
        "days", "Days since the last larger accident", "age of the last 较大 or worse accident"
    ),
    _feature("days_since_major_accident", Age(where=_MAJOR), "down").told(
        "days", "Days since the last major accident", "age of the last 重大 or worse accident"
    ),
)
