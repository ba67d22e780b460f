"""Features of the accidents, graded by State Council Order 493 from the figures where those are known."""

from typing import Any

import narwhals as nw

from models.features.asof import Frame, Moment, coded, count_if, known, sum_if, years_with

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


def accident_features(accidents: Frame, moment: Moment) -> Frame:
    """Accident features.  One row per enterprise with at least one accident on record.

    Columns: ``accidents_12m``, ``accidents_36m``, ``accidents_60m``, ``fatal_accidents_12m``,
    ``larger_accidents_36m`` (grade 较大 or worse), ``major_accidents_36m`` (重大 or worse),
    ``lost_time_accidents_12m``, ``lost_time_accidents_36m`` (with working days lost) (accidents);
    ``years_with_accidents_60m`` (years of the last five); ``serious_injuries_12m``, ``casualties_36m``
    (people); ``lost_days_36m`` (days);
    ``days_since_accident``, ``days_since_fatal_accident``, ``days_since_larger_accident``,
    ``days_since_major_accident`` (days).
    """
    rows = known(accidents, moment, happened=nw.col("occurred_on")).with_columns(
        age=moment.day - nw.col("occurred_on"),
        stated=coded("grade", GRADE_RANK),
        figured=_grade_from_figures(),
    )
    rank = nw.max_horizontal("stated", "figured")
    fatal = nw.col("deaths") > 0
    month_36 = nw.col("age") <= 1096
    return rows.group_by("enterprise_id").agg(
        accidents_12m=count_if(nw.col("age") <= 365),
        accidents_36m=count_if(month_36),
        accidents_60m=count_if(nw.col("age") <= 1826),
        years_with_accidents_60m=years_with(~nw.col("age").is_null(), nw.col("age")),
        lost_time_accidents_12m=count_if((nw.col("lost_days") > 0) & (nw.col("age") <= 365)),
        lost_time_accidents_36m=count_if((nw.col("lost_days") > 0) & month_36),
        casualties_36m=sum_if(month_36 & (nw.col("casualties") > 0), nw.col("casualties")),
        lost_days_36m=sum_if(month_36 & (nw.col("lost_days") > 0), nw.col("lost_days")),
        fatal_accidents_12m=count_if(fatal & (nw.col("age") <= 365)),
        larger_accidents_36m=count_if((rank >= 2) & month_36),
        major_accidents_36m=count_if((rank >= 3) & month_36),
        serious_injuries_12m=sum_if(
            (nw.col("age") <= 365) & (nw.col("serious_injuries") > 0), nw.col("serious_injuries")
        ),
        days_since_accident=nw.col("age").min(),
        days_since_fatal_accident=nw.when(fatal).then(nw.col("age")).min(),
        days_since_larger_accident=nw.when(rank >= 2).then(nw.col("age")).min(),
        days_since_major_accident=nw.when(rank >= 3).then(nw.col("age")).min(),
    )
