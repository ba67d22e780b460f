"""Visits and their features: exposure, the last result, the clean streak.  Assistance visits never count (P11).

An off-site check speaks against an enterprise by what it found; what else it settles, the policy says (P12).  So where
the policy lets it settle nothing, one more of them never lowers points nor betters a code.
"""

from functools import partial

import narwhals as nw

from models.features.asof import Frame, Moment, coded, known
from models.features.feature import EventTable, Feature
from models.features.measures import Age, Count, Last, Quality, Streak, Total
from models.features.windows import THREE_YEARS, TWO_YEARS, YEAR, FeaturePolicy, long_window
from models.validity import is_inspection
from models.vocabulary import RESULT_RANK

SEEN = ("serious", "stopped", "refused")
"""Results that stand against an enterprise even where they were found off site, until a visit settles them."""
_SCORES = 1 << 24
"""More than any check-list score: of two scored visits on one day the higher score counts as the last."""
_VISITED = "being visited is the authority's act"


def inspections_of(inspections: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """Visits that are inspections, refused ones too, with their age in days and the rank of their result.

    ``is_visit`` (exposure), ``is_last`` (speaks as the last visit) and ``may_be_clean``: always 1 on site, off site
    where the policy says so.
    """
    rows = known(inspections, moment, happened=nw.col("inspected_on"))

    def settles(matter: str) -> nw.Expr:
        is_enough = nw.lit(int(matter in policy.off_site_settles))
        return nw.when(nw.col("mode") == "off_site").then(is_enough).otherwise(nw.lit(1))

    return rows.filter(is_inspection(nw.col)).with_columns(
        age=moment.day - nw.col("inspected_on"),
        rank=coded("result", RESULT_RANK, otherwise=1),
        is_visit=settles("sufficiency"),
        is_last=settles("refusal"),
        may_be_clean=settles("clean_visit"),
    )


INSPECTIONS = EventTable(
    "inspections",
    "inspected_on",
    ("enterprise_id", "inspected_on", "kind", "mode", "result", "score", "withdrawn_on"),
    inspections_of,
)

_VISIT = Quality(nw.col("is_visit") == 1)
_LAST = Quality(nw.col("is_last") == 1)
_CLEAN = Quality((nw.col("rank") == RESULT_RANK["clean"]) & (nw.col("may_be_clean") == 1))
_SPOILT = Quality(
    (nw.col("rank") >= RESULT_RANK["findings"])
    | ((nw.col("rank") != RESULT_RANK["clean"]) & (nw.col("may_be_clean") == 1))
)
_SERIOUS = _VISIT & Quality(nw.col("rank") >= RESULT_RANK["serious"])
_REFUSED = Quality(nw.col("rank") == RESULT_RANK["refused"])
_FAILED = Quality((nw.col("kind") == "recheck") & (nw.col("rank") >= RESULT_RANK["findings"]))
_SCORED = _VISIT & Quality(~nw.col("score").is_null())

_feature = partial(Feature, "inspections")
INSPECTION_COUNTS = (
    _feature("inspections_12m", Count(where=_VISIT, within=YEAR), acts="raise", barred=_VISITED).told(
        "visits",
        "Visits of 12 months",
        "counted visits of 365 days (assistance visits never count, P11; off-site checks where `off_site_settles` "
        "has sufficiency)",
    ),
    _feature("inspections_24m", Count(where=_VISIT, within=TWO_YEARS), acts="raise", barred=_VISITED).told(
        "visits", "Visits of 24 months", "counted visits of 730 days"
    ),
    _feature("inspections_36m", Count(where=_VISIT, within=THREE_YEARS), acts="raise", barred=_VISITED).told(
        "visits", "Visits of 36 months", "counted visits of 1,096 days"
    ),
    _feature(
        "inspections_window", Count(where=_VISIT, within=long_window), acts="raise", barred=_VISITED
    ).told("visits", "Visits of the long window", "counted visits of the long severity window"),
    _feature("clean_streak", Streak(where=_CLEAN, broken_by=_SPOILT), "down", "raise").told(
        "visits",
        "Clean visits in a row",
        "clean visits since the last one that was not clean; an off-site check that found something ends the row, a "
        "clean one is part of it where `off_site_settles` has clean_visit",
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
    _feature(
        "score_sum",
        Total("score", where=_SCORED, within=long_window),
        barred="grows with the number of visits",
    ).told("points", "Sum of check-list scores", "check-list scores of the long window, summed"),
    _feature("scored_visits", Count(where=_SCORED, within=long_window), barred=_VISITED).told(
        "visits",
        "Visits with a check-list score",
        "counted visits of the long window with a check-list score",
    ),
)
SINCE_INSPECTIONS = (
    _feature("days_since_inspection", Age(where=_VISIT), acts="lower").told(
        "days", "Days since the last visit", "age of the last counted visit; empty = never visited"
    ),
)
LAST_SCORE = _feature(
    "last_score", Last("score", "inspected_on", _SCORES, where=_SCORED, within=long_window), "up"
).told("points", "Check-list score of the last visit", "check-list score of the last scored visit")
LAST_VISIT = (
    _feature("result_of_last_visit", Last("rank", "inspected_on", 8, where=_LAST), is_own=False),
    _feature("days_since_last_visit", Age(where=_LAST), is_own=False),
)
SEEN_OFF_SITE = {
    RESULT_RANK[result]: _feature(
        f"days_since_{result}_off_site",
        Age(where=Quality((nw.col("is_last") == 0) & (nw.col("rank") == RESULT_RANK[result]))),
        is_own=False,
    )
    for result in SEEN
}
"""By the rank of their result: off-site checks that do not speak as a last visit."""
CLEAN_VISIT = _feature("days_since_clean_visit", Age(where=_CLEAN), acts="lower", is_own=False)
