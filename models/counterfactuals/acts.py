"""What an enterprise can do today, as data.

``close_finding``: an open finding is put right, and that is accepted, today; one act for each.
``pass_recheck``: a visit on site finds nothing today.  Offered when something asks for it: a finding that is open or
still counts, or a last result that is serious or worse.
``file_self_report``: a self-inspection report without hazards is filed today.
``answer_alerts``: every unanswered alert is answered by the end of today.
``restore_monitoring``: every silent sensor is back on line by the end of today.
"""

import polars as pl

from models.coding.stretches import begins
from models.coding.timeline import Span
from models.features import CATALOGUE, Events
from models.features.acts import ANSWER, RECHECK, REPORT, RESTORE
from models.features.windows import FeaturePolicy
from models.validity import is_open, stands
from models.vocabulary import RESULT_RANK, day_number

CLOSE = "close_finding"
ACTS = (CLOSE, RECHECK, REPORT, ANSWER, RESTORE)

ALIKE = ("occurred_on", "rectify_due_on", "is_major_hazard", "plan_approved_on", "plan_until", "rectified_on")
"""All that closing a finding depends on.  Findings of one enterprise that agree in
these are interchangeable: closing one or another of them gives the same features on every day."""

OFFER_SCHEMA = {
    "enterprise_id": pl.String,
    "block": pl.Int64,
    "place": pl.Int64,
    "kind": pl.String,
    "ref": pl.String,
    "about": pl.String,
    "source": pl.String,
    "violation_id": pl.String,
}


def offered(events: Events, last_results: pl.DataFrame, span: Span, policy: FeaturePolicy) -> pl.DataFrame:
    """The acts open to every enterprise on the first day of the span.

    ``last_results``: ``enterprise_id``, ``last_result`` (rank) of that day.
    Grain: one row per act, ``OFFER_SCHEMA``, and of findings the columns ``ALIKE``.
    ``block`` numbers the groups of interchangeable acts of an enterprise,
    ``place`` the acts within one.  ``ref`` is the finding's ``source/violation_id``, the number of alerts or spells,
    or empty; ``about`` the item found.  A finding that is no longer open counts for the long severity window.
    """
    today, last_minute = day_number(span.first), last_minute_of(span)
    found = standing(events.violations, span, "violations")
    still_open = is_open(pl.col, today)
    alerts = standing(events.alerts, span, "alerts").filter(pl.col("is_false_alarm") == 0)
    counting = found.filter(still_open | (pl.col("occurred_on") >= today - policy.severity_window_days))
    serious = pl.col("last_result") >= RESULT_RANK["serious"]
    ended_badly = last_results.lazy().filter(serious).select("enterprise_id")
    rechecked = pl.concat([counting.select("enterprise_id"), ended_badly]).unique()
    parts = [
        _closings(found.filter(still_open)),
        _plain(rechecked, RECHECK),
        _plain(events.enterprises.select("enterprise_id").unique(), REPORT),
        _counted(alerts.filter(_later("acknowledged_at", last_minute)), ANSWER),
        _counted(
            alerts.filter(_later("closed_at", last_minute), pl.col("kind") == "sensor_offline"), RESTORE
        ),
    ]
    return _in_blocks(pl.concat(parts, how="diagonal").collect())


def last_minute_of(span: Span) -> int:
    """Last minute of the first day of a span, in minutes since 1970-01-01."""
    return (day_number(span.first) + 1) * 1440 - 1


def standing(frame: pl.LazyFrame, span: Span, table: str) -> pl.LazyFrame:
    """Events known and not withdrawn at the day of knowledge that had happened by the first day of the span."""
    happened = pl.sql_expr(CATALOGUE.tables[table].day)
    return frame.filter(stands(pl.col, day_number(span.known_at)), happened <= day_number(span.first))


def _later(minute: str, last: int) -> pl.Expr:
    return pl.col(minute).is_null() | (pl.col(minute) > last)


def _closings(findings: pl.LazyFrame) -> pl.LazyFrame:
    return findings.select(
        "enterprise_id",
        "source",
        "violation_id",
        *ALIKE,
        kind=pl.lit(CLOSE),
        ref=pl.concat_str("source", pl.lit("/"), "violation_id"),
        about=pl.col("item_code").fill_null(""),
    )


def _plain(enterprises: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    return enterprises.with_columns(kind=pl.lit(kind), ref=pl.lit(""), about=pl.lit(""))


def _counted(alerts: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    counted = alerts.group_by("enterprise_id").agg(ref=pl.len().cast(pl.String))
    return counted.with_columns(kind=pl.lit(kind), about=pl.lit(""))


def _in_blocks(acts: pl.DataFrame) -> pl.DataFrame:
    order = pl.col("kind").replace_strict({kind: n for n, kind in enumerate(ACTS)}, return_dtype=pl.Int64)
    ours = ["enterprise_id", "order", *ALIKE]
    numbered = acts.with_columns(order=order).sort(*ours, "source", "violation_id")
    numbered = numbered.with_columns(run=begins(*ours).cast(pl.Int64).cum_sum())
    first = pl.col("run").min().over("enterprise_id")
    place = pl.int_range(pl.len(), dtype=pl.Int64).over("run")
    return numbered.with_columns(block=pl.col("run") - first, place=place).select(
        *(pl.col(name).cast(kind) for name, kind in OFFER_SCHEMA.items()),
        *(pl.col(name).cast(pl.Int64) for name in ALIKE),
    )
