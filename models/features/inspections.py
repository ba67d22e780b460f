"""Visits and their features: exposure, the last result, the clean streak.  Assistance visits never count (P11).

An off-site check speaks against an enterprise by what it found; what else it settles, the policy says (P12).  So where
the policy lets it settle nothing, one more of them never lowers points nor betters a code.
"""

from functools import partial

from models.features.feature import EventTable, Feature
from models.features.intervals import Quality
from models.features.measures import Age, Last, LastResult, Streak, Sum, case
from models.features.windows import THREE_YEARS, TWO_YEARS, YEAR, Amount, FeaturePolicy, long_window
from models.validity import inspection
from models.vocabulary import RESULT_RANK

_GRAVE = ("serious", "stopped", "refused")
"""Results that stand against an enterprise even where they were found off site, until a visit settles them."""
_VISITED = "being visited is the authority's act"


def _prepared(policy: FeaturePolicy) -> str:
    """Visits that are inspections, refused ones too.

    ``is_visit`` (exposure), ``is_last`` (speaks as the last visit) and ``may_be_clean``: always on site, off site where
    the policy says so.
    """

    def settles(matter: str) -> str:
        is_enough = "true" if matter in policy.off_site_settles else "false"
        return f"CASE WHEN mode = 'off_site' THEN {is_enough} ELSE true END"

    return f"""
    inspected_on AS day, kind, score, {case("result", RESULT_RANK, otherwise=1)} AS rank,
    {settles("sufficiency")} AS is_visit, {settles("refusal")} AS is_last, {settles("clean_visit")} AS may_be_clean"""


INSPECTIONS = EventTable(
    "inspections",
    "inspected_on",
    ("enterprise_id", "inspected_on", "kind", "mode", "result", "score", "withdrawn_on"),
    _prepared,
    counted=inspection(),
)

_VISIT, _LAST = Quality(("is_visit",)), Quality(("is_last",))
_CLEAN = Quality((f"rank = {RESULT_RANK['clean']}", "may_be_clean"))
_SPOILT = Quality(
    (f"(rank >= {RESULT_RANK['findings']} OR (rank <> {RESULT_RANK['clean']} AND may_be_clean))",)
)
_SCORED = _VISIT & Quality(("score IS NOT NULL",))


def _visits(within: Amount, *, where: Quality = _VISIT) -> Sum:
    return Sum(where=where, within=within)


_feature = partial(Feature, "inspections")
INSPECTION_COUNTS = (
    _feature("inspections_12m", _visits(YEAR), acts="raise", barred=_VISITED).told(
        "visits",
        "Visits of 12 months",
        "counted visits of 365 days (assistance visits never count, P11; off-site checks where `off_site_settles` "
        "has sufficiency)",
    ),
    _feature("inspections_24m", _visits(TWO_YEARS), acts="raise", barred=_VISITED).told(
        "visits", "Visits of 24 months", "counted visits of 730 days"
    ),
    _feature("inspections_36m", _visits(THREE_YEARS), acts="raise", barred=_VISITED).told(
        "visits", "Visits of 36 months", "counted visits of 1,096 days"
    ),
    _feature("inspections_window", _visits(long_window), acts="raise", barred=_VISITED).told(
        "visits", "Visits of the long window", "counted visits of the long severity window"
    ),
    _feature("clean_streak", Streak(where=_CLEAN, broken_by=_SPOILT), "down", "raise").told(
        "visits",
        "Clean visits in a row",
        "clean visits since the last one that was not clean; an off-site check that found something ends the row, a "
        "clean one is part of it where `off_site_settles` has clean_visit",
    ),
    _feature(
        "failed_rechecks_12m",
        _visits(YEAR, where=Quality(("kind = 'recheck'", f"rank >= {RESULT_RANK['findings']}"))),
        "up",
    ).told("visits", "Failed re-checks", "re-checks of 365 days that still found something"),
    _feature(
        "refusals_24m", _visits(TWO_YEARS, where=Quality((f"rank = {RESULT_RANK['refused']}",))), "up"
    ).told("visits", "Refused visits", "refused visits of 730 days"),
    _feature(
        "serious_visits_36m",
        _visits(THREE_YEARS, where=_VISIT & Quality((f"rank >= {RESULT_RANK['serious']}",))),
        "up",
    ).told(
        "visits",
        "Visits of 36 months that ended serious",
        "counted visits of 1,096 days that ended serious, stopped or refused",
    ),
    _feature(
        "score_sum",
        Sum(of="score", where=_SCORED, within=long_window),
        barred="grows with the number of visits",
    ).told("points", "Sum of check-list scores", "check-list scores of the long window, summed"),
    _feature("scored_visits", _visits(long_window, where=_SCORED), barred=_VISITED).told(
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
LAST_SCORE = _feature("last_score", Last(of="score", where=_SCORED, within=long_window), "up").told(
    "points", "Check-list score of the last visit", "check-list score of the last scored visit"
)
LAST_RESULT = _feature(
    "last_result",
    LastResult(speaks=_LAST, rank="rank", grave=tuple(sorted(RESULT_RANK[result] for result in _GRAVE))),
    "up",
    "lower",
    most=RESULT_RANK["refused"],
).told(
    "rank",
    "Result of the last visit",
    "result of the last counted visit, or what an off-site check has found since that is serious and graver: "
    "0 clean, 1 unknown, 2 findings, 3 serious, 4 stopped, 5 refused; an off-site check is a last visit only where "
    "`off_site_settles` has refusal",
)
