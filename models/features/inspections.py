"""Visits and their features: exposure, the last result, the clean streak.  Assistance visits never count (P11)."""

from functools import partial

import narwhals as nw

from models.features.asof import Frame, Moment, coded, known
from models.features.feature import EventTable, Feature
from models.features.measures import Age, Count, Last, Quality, Streak, Total
from models.features.windows import THREE_YEARS, TWO_YEARS, YEAR, FeaturePolicy, long_window
from models.validity import is_inspection
from models.vocabulary import RESULT_RANK

_SCORES = 1 << 24
"""More than any check-list score: of two scored visits on one day the higher score counts as the last."""
_VISITED = "being visited is the authority's act"


def inspections_of(inspections: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """Visits that are inspections, refused ones too, with their age in days and the rank of their result."""
    rows = known(inspections, moment, happened=nw.col("inspected_on"))
    return rows.filter(is_inspection(nw.col)).with_columns(
        age=moment.day - nw.col("inspected_on"),
        rank=coded("result", RESULT_RANK, otherwise=1),
    )


INSPECTIONS = EventTable(
    "inspections",
    "inspected_on",
    ("enterprise_id", "inspected_on", "kind", "result", "score", "withdrawn_on"),
    inspections_of,
)

_CLEAN = Quality(nw.col("rank") == RESULT_RANK["clean"])
_NOT_CLEAN = Quality(nw.col("rank") != RESULT_RANK["clean"])
_SERIOUS = Quality(nw.col("rank") >= RESULT_RANK["serious"])
_REFUSED = Quality(nw.col("rank") == RESULT_RANK["refused"])
_FAILED = Quality((nw.col("kind") == "recheck") & (nw.col("rank") >= RESULT_RANK["findings"]))
_SCORED = Quality(~nw.col("score").is_null())

_feature = partial(Feature, "inspections")
INSPECTION_COUNTS = (
    _feature("inspections_12m", Count(within=YEAR), acts="raise", barred=_VISITED).told(
        "visits", "Visits of 12 months", "counted visits of 365 days (assistance visits never count, P11)"
    ),
    _feature("inspections_24m", Count(within=TWO_YEARS), acts="raise", barred=_VISITED).told(
        "visits", "Visits of 24 months", "counted visits of 730 days"
    ),
    _feature("inspections_36m", Count(within=THREE_YEARS), acts="raise", barred=_VISITED).told(
        "visits", "Visits of 36 months", "counted visits of 1,096 days"
    ),
    _feature("inspections_window", Count(within=long_window), acts="raise", barred=_VISITED).told(
        "visits", "Visits of the long window", "counted visits of the long severity window"
    ),
    _feature("clean_streak", Streak(where=_NOT_CLEAN), "down", "raise").told(
        "visits", "Clean visits in a row", "clean visits since the last one that was not clean"
    ),
    _feature("failed_rechecks_12m", Count(where=_FAILED, within=YEAR), "up").told(
        "visits", "Failed re-checks", "re-checks of 365 days that still found something"
    ),
    _feature("refusals_24m", Count(where=_REFUSED, within=TWO_YEARS), "up").told(
        "visits", "Refused visits", "refused visits of 730 days"
    ),
    _feature("serious_visits_36m", Count(where=_SERIOUS, within=THREE_YEARS), "up").told(
        "visits",
        "Visits of 36 months that ended serious",
        "counted visits of 1,096 days that ended serious, stopped or refused",
    ),
    _feature("score_sum", Total("score", within=long_window), barred="grows with the number of visits").told(
        "points", "Sum of check-list scores", "check-list scores of the long window, summed"
    ),
    _feature("scored_visits", Count(where=_SCORED, within=long_window), barred=_VISITED).told(
        "visits",
        "Visits with a check-list score",
        "counted visits of the long window with a check-list score",
    ),
)
SINCE_INSPECTIONS = (
    _feature("days_since_inspection", Age(), acts="lower").told(
        "days", "Days since the last visit", "age of the last counted visit; empty = never visited"
    ),
    _feature("last_result", Last("rank", "inspected_on", 8), "up", "lower", most=RESULT_RANK["refused"]).told(
        "rank",
        "Result of the last visit",
        "result of the last counted visit: 0 clean, 1 unknown, 2 findings, 3 serious, 4 stopped, 5 refused",
    ),
    _feature(
        "last_score", Last("score", "inspected_on", _SCORES, where=_SCORED, within=long_window), "up"
    ).told("points", "Check-list score of the last visit", "check-list score of the last scored visit"),
)
CLEAN_VISIT = _feature("days_since_clean_visit", Age(where=_CLEAN), acts="lower", is_own=False)
