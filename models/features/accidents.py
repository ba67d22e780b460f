"""Accidents, graded by State Council Order 493 from the figures where those are known, and their features."""

from functools import partial

from models.features.feature import EventTable, Feature
from models.features.intervals import Quality
from models.features.measures import Age, Sum, Years, case
from models.features.windows import FIVE_YEARS, THREE_YEARS, TWO_YEARS, YEAR, FeaturePolicy, halving

GRADE_RANK = {"ungraded": 0, "ordinary": 1, "larger": 2, "major": 3, "extraordinary": 4}
GRADE_LIMITS = ((4, 30, 100, 100_000_000), (3, 10, 50, 50_000_000), (2, 3, 10, 10_000_000))
"""Rank, then the least deaths, serious injuries and loss in yuan that reach it (493号令 art. 3)."""


def _prepared(policy: FeaturePolicy) -> str:
    """Accidents with their rank, stated or by the figures, whichever is worse (493号令 art. 3)."""
    figures = " ".join(
        f"WHEN coalesce(deaths, 0) >= {deaths} OR coalesce(serious_injuries, 0) >= {injuries} "
        f"OR coalesce(loss, 0) >= {loss} THEN {rank}"
        for rank, deaths, injuries, loss in GRADE_LIMITS
    )
    return f"""
    occurred_on AS day, deaths, serious_injuries, casualties, lost_days,
    greatest({case("grade", GRADE_RANK)}, CASE {figures} ELSE 0 END) AS rank"""


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
    _prepared,
)


def _ranked(grade: str) -> Quality:
    return Quality((f"rank >= {GRADE_RANK[grade]}",))


_FATAL, _LOST_TIME = Quality(("deaths > 0",)), Quality(("lost_days > 0",))
_feature = partial(Feature, "accidents")
ACCIDENT_COUNTS = (
    _feature("accidents_12m", Sum(within=YEAR), "up").told(
        "accidents", "Accidents of 12 months", "accidents of 365 days"
    ),
    _feature("accidents_36m", Sum(within=THREE_YEARS), "up").told(
        "accidents", "Accidents of 36 months", "accidents of 1,096 days"
    ),
    _feature("accidents_60m", Sum(within=FIVE_YEARS), "up").told(
        "accidents", "Accidents of 60 months", "accidents of 1,826 days"
    ),
    _feature("accidents_halved_2y", Sum(bands=halving(TWO_YEARS)), "up").told(
        "sixteenths of accidents",
        "Accidents, halved every two years",
        "accidents × 16, halved every 730 days in steps of a quarter; nothing after five halvings",
    ),
    _feature("years_with_accidents_60m", Years(youngest="accidents_12m"), "up").told(
        "years",
        "Years of the last five with an accident",
        "of the last five times 365 days, those with an accident",
    ),
    _feature("lost_time_accidents_12m", Sum(where=_LOST_TIME, within=YEAR), "up").told(
        "accidents", "Lost-time accidents of 12 months", "accidents of 365 days that cost working days"
    ),
    _feature("lost_time_accidents_36m", Sum(where=_LOST_TIME, within=THREE_YEARS), "up").told(
        "accidents", "Lost-time accidents of 36 months", "accidents of 1,096 days that cost working days"
    ),
    _feature("casualties_36m", Sum(of="casualties", within=THREE_YEARS), "up").told(
        "people",
        "People harmed in 36 months",
        "people harmed in 1,096 days, where the source does not split them",
    ),
    _feature("lost_days_36m", Sum(of="lost_days", within=THREE_YEARS), "up").told(
        "days", "Working days lost in 36 months", "working days lost by accidents of 1,096 days"
    ),
    _feature("fatal_accidents_12m", Sum(where=_FATAL, within=YEAR), "up").told(
        "accidents", "Fatal accidents of 12 months", "accidents of 365 days with at least one death"
    ),
    _feature("larger_accidents_36m", Sum(where=_ranked("larger"), within=THREE_YEARS), "up").told(
        "accidents",
        "Larger accidents of 36 months",
        "较大 or worse within 1,096 days (stated, or by the figures)",
    ),
    _feature("major_accidents_36m", Sum(where=_ranked("major"), within=THREE_YEARS), "up").told(
        "accidents",
        "Major accidents of 36 months",
        "重大 or worse within 1,096 days (stated, or by the figures)",
    ),
    _feature("serious_injuries_12m", Sum(of="serious_injuries", within=YEAR), "up").told(
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
    _feature("days_since_larger_accident", Age(where=_ranked("larger")), "down").told(
        "days", "Days since the last larger accident", "age of the last 较大 or worse accident"
    ),
    _feature("days_since_major_accident", Age(where=_ranked("major")), "down").told(
        "days", "Days since the last major accident", "age of the last 重大 or worse accident"
    ),
)
