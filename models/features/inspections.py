"""Features of the visits: exposure, the last result, the clean streak.  Assistance visits never count (P11)."""

import narwhals as nw

from models.features.asof import Frame, Moment, coded, count_if, known, latest_if
from models.policy import FeaturePolicy

RESULT_RANK = {"clean": 0, "unknown": 1, "findings": 2, "serious": 3, "stopped": 4, "refused": 5}
"""Results by gravity: of two visits on one day the graver counts as the last."""
_BASE = 8


def counted_visits(inspections: Frame, moment: Moment) -> Frame:
    """Visits that count as inspections, with their age in days and the rank of their result."""
    rows = known(inspections, moment, happened=nw.col("inspected_on"))
    return rows.filter(nw.col("kind") != "assistance").with_columns(
        age=nw.lit(moment.as_of) - nw.col("inspected_on"),
        rank=coded("result", RESULT_RANK, otherwise=1),
    )


def inspection_features(inspections: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """Inspection features.  One row per enterprise with at least one counted visit.

    Columns: ``inspections_12m``, ``inspections_24m``, ``inspections_window`` (visits; the last over the
    long severity window), ``days_since_inspection`` and ``days_since_clean_visit`` (days), ``last_result``
    (rank, ``RESULT_RANK``), ``clean_streak`` (clean visits since the last one that was not),
    ``failed_rechecks_12m`` (re-checks that still found something), ``refusals_24m`` (visits refused).
    """
    rows = counted_visits(inspections, moment)
    not_clean = nw.col("rank") != RESULT_RANK["clean"]
    summary = rows.group_by("enterprise_id").agg(
        inspections_12m=count_if(nw.col("age") <= 365),
        inspections_24m=count_if(nw.col("age") <= 730),
        inspections_window=count_if(nw.col("age") <= policy.severity_window_days),
        days_since_inspection=nw.col("age").min(),
        days_since_clean_visit=nw.when(~not_clean).then(nw.col("age")).min(),
        last_keyed=(nw.col("inspected_on") * _BASE + nw.col("rank")).max(),
        last_not_clean=latest_if(not_clean, nw.col("inspected_on")),
        failed_rechecks_12m=count_if(
            (nw.col("kind") == "recheck") & (nw.col("rank") >= 2) & (nw.col("age") <= 365)
        ),
        refusals_24m=count_if((nw.col("rank") == RESULT_RANK["refused"]) & (nw.col("age") <= 730)),
    )
    since = nw.col("last_not_clean").is_null() | (nw.col("inspected_on") > nw.col("last_not_clean"))
    streak = (
        rows.join(summary.select("enterprise_id", "last_not_clean"), on="enterprise_id", how="left")
        .group_by("enterprise_id")
        .agg(clean_streak=count_if((nw.col("rank") == 0) & since))
    )
    return (
        summary.with_columns(last_result=nw.col("last_keyed") % _BASE)
        .drop("last_keyed", "last_not_clean")
        .join(streak, on="enterprise_id", how="left")
    )
