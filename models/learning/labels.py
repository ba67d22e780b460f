"""Labels: what became of an enterprise strictly after the as-of day, from what was known much later.

A label is 1, 0 or unknown.  Not visited is unknown, not 0; nor is a visit whose result nobody knows.  A window that is
not over, or whose events may not all have been announced yet, is unknown for every enterprise: to take the early
announcements alone would teach that whoever is announced early is risky.
"""

from datetime import date

import polars as pl

from models.coding.verdicts import all_hold, any_group_holds
from models.policy import Label, LabelValue
from models.vocabulary import RESULT_RANK, day_number

OUTCOME_COLUMNS = {
    "next_visit": ("result_rank", "score", "is_recheck"),
    "violation": ("severity_rank", "is_major_hazard", "quantity"),
    "accident": ("deaths", "serious_injuries", "casualties", "lost_days"),
}
"""What the conditions of a label may test, by kind of outcome; ``severity_rank`` is 0 ungraded to 4 critical."""


def in_cohort(label: Label) -> pl.Expr:
    """Whether a row of features belongs to the enterprises the label is about on that day."""
    return any_group_holds(label.spec.cohort)


def last_complete_day(label: Label, known_at: date) -> int:
    """Last as-of day (days since 1970-01-01) whose outcomes are all announced by ``known_at``."""
    return day_number(known_at) - label.spec.gap_days


def attach_labels(rows: pl.DataFrame, events: pl.DataFrame, *, label: Label, known_at: date) -> pl.DataFrame:
    """Label every row.

    ``rows``: ``enterprise_id`` and ``as_of`` (days since 1970-01-01), any further columns.  ``events``: the
    events of the label's kind as known at ``known_at``: ``enterprise_id``, ``day``, ``announced_day`` (when it
    first became known), ``OUTCOME_COLUMNS`` and ``team`` (who recorded it).
    Grain: one row per row of ``rows``, in their order, with ``label`` (0, 1 or null) and, of the event that
    decided it (else null), ``outcome_day``, ``announced_day`` and ``team``.
    """
    keys = rows.select("enterprise_id", "as_of")
    following = _first_after(keys, decisive(events, label.spec))
    within = pl.col("outcome_day") <= pl.col("as_of") + label.spec.horizon_days
    complete = pl.col("as_of") <= last_complete_day(label, known_at)
    if label.spec.outcome == "next_visit":
        verdict = pl.when(within).then(pl.col("is_hit"))
    else:
        verdict = pl.when(within).then(1).otherwise(0)
    kept = within & complete & pl.col("is_hit").is_not_null()
    found = following.select(
        pl.when(complete).then(verdict).cast(pl.Int8).alias("label"),
        *(pl.when(kept).then(pl.col(name)).alias(name) for name in ("outcome_day", "announced_day", "team")),
    )
    # Beside the rows instead of through the join: panels are wide.
    return rows.with_columns(found)


def latest_labelled(panel: pl.DataFrame, cohorts: int) -> pl.DataFrame:
    """Labelled rows of the latest so many cohort days that have labels."""
    labelled = panel.filter(pl.col("label").is_not_null())
    days = labelled["as_of"].unique().sort().to_list()[-cohorts:]
    return labelled.filter(pl.col("as_of").is_in(days))


def decisive(events: pl.DataFrame, spec: LabelValue) -> pl.DataFrame:
    """Events that may decide the label, one a day and enterprise; the gravest of a day speaks for it.

    A visit of unknown result may have ended anyhow: it is no hit and no miss, and outranks what was better that day.
    """
    counted = events.filter(all_hold(spec.among)).with_columns(is_hit=all_hold(spec.when).cast(pl.Int8))
    if spec.outcome != "next_visit":
        counted = counted.filter(pl.col("is_hit") == 1)
    elif any(condition.feature == "result_rank" for condition in spec.when):
        is_known = pl.col("result_rank") != RESULT_RANK["unknown"]
        counted = counted.with_columns(is_hit=pl.when(is_known).then("is_hit"))
    return (
        counted.sort(
            "enterprise_id",
            "day",
            pl.col("is_hit").cast(pl.Float64).fill_null(0.5),
            "announced_day",
            "team",
            descending=[False, False, True, False, False],
        )
        .unique(["enterprise_id", "day"], keep="first", maintain_order=True)
        .select("enterprise_id", "is_hit", "announced_day", "team", outcome_day="day")
        .sort("outcome_day", "enterprise_id")
    )


def _first_after(rows: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    numbered = rows.with_row_index("at").sort("as_of", "enterprise_id")
    joined = numbered.join_asof(
        events,
        left_on="as_of",
        right_on="outcome_day",
        by="enterprise_id",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    return joined.sort("at").drop("at")
