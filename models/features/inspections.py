"""Features of the visits: exposure, the last result, the clean streak.  Assistance visits never count (P11)."""

import narwhals as nw

from models.features.asof import Frame, Moment, coded, count_if, known, latest_if, sum_if
from models.policy import FeaturePolicy
from models.validity import is_inspection
from models.vocabulary import RESULT_RANK

_BASE = 8
_SCORES = 1 << 24
"""More than any check-list score: of two scored visits on one day the higher score counts as the last."""


def inspections_of(inspections: Frame, moment: Moment) -> Frame:
    """Visits that are inspections, refused ones too, with their age in days and the rank of their result."""
    rows = known(inspections, moment, happened=nw.col("inspected_on"))
    return rows.filter(is_inspection(nw.col)).with_columns(
        age=moment.day - nw.col("inspected_on"),
        rank=coded("result", RESULT_RANK, otherwise=1),
    )


def inspection_features(inspections: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """Inspection features.  One row per enterprise with at least one counted visit.

    Columns: ``inspections_12m``, ``inspections_24m``, ``inspections_36m``, ``inspections_window`` (visits;
    the last over the long severity window), ``serious_visits_36m`` (visits that ended serious or worse),
    ``score_sum`` and ``scored_visits`` (points and visits with a check-list score, over the same window),
    ``last_score`` (points), ``days_since_inspection`` and ``days_since_clean_visit`` (days), ``last_result``
    (rank, ``RESULT_RANK``), ``clean_streak`` (clean visits since the last one that was not),
    ``failed_rechecks_12m`` (re-checks that still found something), ``refusals_24m`` (visits refused).
    """
    rows = inspections_of(inspections, moment)
    scored = ~nw.col("score").is_null() & (nw.col("age") <= policy.severity_window_days)
    not_clean = nw.col("rank") != RESULT_RANK["clean"]
    summary = rows.group_by("enterprise_id").agg(
        inspections_12m=count_if(nw.col("age") <= 365),
        inspections_24m=count_if(nw.col("age") <= 730),
        inspections_36m=count_if(nw.col("age") <= 1096),
        inspections_window=count_if(nw.col("age") <= policy.severity_window_days),
        days_since_inspection=nw.col("age").min(),
        days_since_clean_visit=nw.when(~not_clean).then(nw.col("age")).min(),
        last_keyed=(nw.col("inspected_on") * _BASE + nw.col("rank")).max(),
        last_not_clean=latest_if(not_clean, nw.col("inspected_on")),
        failed_rechecks_12m=count_if(
            (nw.col("kind") == "recheck") & (nw.col("rank") >= 2) & (nw.col("age") <= 365)
        ),
        refusals_24m=count_if((nw.col("rank") == RESULT_RANK["refused"]) & (nw.col("age") <= 730)),
        serious_visits_36m=count_if((nw.col("rank") >= RESULT_RANK["serious"]) & (nw.col("age") <= 1096)),
        score_sum=sum_if(scored, nw.col("score")),
        scored_visits=count_if(scored),
        score_keyed=latest_if(scored, nw.col("inspected_on") * _SCORES + nw.col("score")),
    )
    since = nw.col("last_not_clean").is_null() | (nw.col("inspected_on") > nw.col("last_not_clean"))
    streak = (
        rows.join(summary.select("enterprise_id", "last_not_clean"), on="enterprise_id", how="left")
        .group_by("enterprise_id")
        .agg(clean_streak=count_if((nw.col("rank") == 0) & since))
    )
    return (
        summary.with_columns(
            last_result=nw.col("last_keyed") % _BASE, last_score=nw.col("score_keyed") % _SCORES
        )
        .drop("last_keyed", "last_not_clean", "score_keyed")
        .join(streak, on="enterprise_id", how="left")
    )
