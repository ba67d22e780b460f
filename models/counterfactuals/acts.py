"""What an enterprise can do today, as data.

``close_finding``: an open finding is put right, and that is accepted, today; one act for each.
``pass_recheck``: a visit on site finds nothing today.  Offered when something asks for it: a finding that is open or
still counts, or a last result that is serious or worse.
``file_self_report``: a self-inspection report without hazards is filed today.
``answer_alerts``: every unanswered alert is answered by the end of today.
``restore_monitoring``: every silent sensor is back on line by the end of today.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import narwhals as nw
import polars as pl

from models.coding.stretches import begins
from models.coding.timeline import Span
from models.features import CATALOGUE, Events
from models.features.asof import Moment
from models.features.measures import Combined, in_one_pass
from models.features.windows import FeaturePolicy
from models.validity import is_open, stands
from models.vocabulary import RESULT_RANK, day_number

CLOSE, RECHECK, REPORT = "close_finding", "pass_recheck", "file_self_report"
ANSWER, RESTORE = "answer_alerts", "restore_monitoring"
ACTS = (CLOSE, RECHECK, REPORT, ANSWER, RESTORE)

ALIKE = ("occurred_on", "rectify_due_on", "is_major_hazard", "plan_approved_on", "plan_until")
"""All that the fold reads of a finding together with whether it is open.  Findings of one enterprise that agree in
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
FAR = 4_000_000
"""A day beyond every day: what is added never ceases to be known."""


def offered(events: Events, span: Span, policy: FeaturePolicy) -> pl.DataFrame:
    """The acts open to every enterprise on the first day of the span.

    Grain: one row per act, ``OFFER_SCHEMA``.  ``block`` numbers the groups of interchangeable acts of an enterprise,
    ``place`` the acts within one.  ``ref`` is the finding's ``source/violation_id``, the number of alerts or spells,
    or empty; ``about`` the item found.  A finding that is no longer open counts for the long severity window.
    """
    today, last_minute = day_number(span.first), last_minute_of(span)
    found = standing(events.violations, span, "violations")
    still_open = is_open(pl.col, today)
    alerts = standing(events.alerts, span, "alerts").filter(pl.col("is_false_alarm") == 0)
    counting = found.filter(still_open | (pl.col("occurred_on") >= today - policy.severity_window_days))
    rechecked = pl.concat([counting.select("enterprise_id"), _ended_badly(events, span, policy)]).unique()
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


def _ended_badly(events: Events, span: Span, policy: FeaturePolicy) -> pl.LazyFrame:
    """Enterprises whose last result is serious or worse."""
    moment = Moment(day_number(span.first), day_number(span.known_at))
    last = CATALOGUE["last_result"].measure
    assert isinstance(last, Combined)
    visits = CATALOGUE.tables["inspections"].prepared(nw.from_native(events.inspections), moment, policy)
    told = in_one_pass(visits, {name: CATALOGUE[name].measure for name in last.of}, policy)
    result: pl.LazyFrame = told.with_columns(last_result=last.says(policy)).to_native()
    return result.filter(pl.col("last_result") >= RESULT_RANK["serious"]).select("enterprise_id")


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
        pl.col(name).cast(kind) for name, kind in OFFER_SCHEMA.items()
    )


def replicated(events: Events, scenarios: pl.DataFrame) -> Events:
    """The events of every ``scenario`` (integer): those of its ``enterprise_id``, whose place it takes."""
    lazy: Mapping[str, pl.LazyFrame] = vars(events)
    names = scenarios.lazy().select("enterprise_id", "scenario")
    each = {name: frame.join(names, on="enterprise_id") for name, frame in lazy.items()}
    return Events(
        **{
            name: frame.drop("enterprise_id").rename({"scenario": "enterprise_id"})
            for name, frame in each.items()
        }
    )


def done(events: Events, scenarios: pl.DataFrame, acts: pl.DataFrame, span: Span) -> Events:
    """The events of every scenario: those of its enterprise, with its acts done on the first day of the span.

    ``scenarios``: ``scenario`` (integer), ``enterprise_id``.  ``acts``: rows of ``offered`` with the ``scenario``
    they are done in.  As in ``replicated`` the scenario takes the enterprise's place.
    """
    each: Mapping[str, pl.LazyFrame] = vars(replicated(events, scenarios))
    by_kind = {kind: acts.lazy().filter(pl.col("kind") == kind) for kind in ACTS}
    today, last_minute = day_number(span.first), last_minute_of(span)
    closings = by_kind[CLOSE].select(
        "source", "violation_id", enterprise_id="scenario", put_right=pl.lit(today)
    )
    violations = each["violations"].join(closings, on=["enterprise_id", "source", "violation_id"], how="left")
    alerts = each["alerts"]
    silent = pl.col("kind") == "sensor_offline"
    for kind, minute, ends in (
        (ANSWER, "acknowledged_at", pl.lit(value=True)),
        (RESTORE, "closed_at", silent),
    ):
        concerned = by_kind[kind].select(enterprise_id="scenario", by_now=pl.lit(last_minute))
        sooner = pl.min_horizontal(minute, "by_now")
        has_begun = ends & (pl.col("raised_at") <= last_minute) & pl.col("by_now").is_not_null()
        alerts = (
            alerts.join(concerned, on="enterprise_id", how="left")
            .with_columns(pl.when(has_begun).then(sooner).otherwise(pl.col(minute)).alias(minute))
            .drop("by_now")
        )
    visit = {"inspected_on": today, "kind": "recheck", "mode": "on_site", "result": "clean"}
    report = {"filed_on": today, "hazards_found": 0, "hazards_fixed": 0}
    return replace(
        Events(**each),
        violations=violations.with_columns(rectified_on=pl.coalesce("put_right", "rectified_on")).drop(
            "put_right"
        ),
        alerts=alerts,
        inspections=added(each["inspections"], by_kind[RECHECK].select(enterprise_id="scenario"), visit),
        self_reports=added(each["self_reports"], by_kind[REPORT].select(enterprise_id="scenario"), report),
    )


def added(frame: pl.LazyFrame, concerned: pl.LazyFrame, row: Mapping[str, Any]) -> pl.LazyFrame:
    """A frame of events with one more row for each ``enterprise_id`` of ``concerned``; unnamed columns stay empty."""
    whole = {"known_from": -FAR, "known_to": FAR, **row}
    schema = frame.collect_schema()
    return pl.concat(
        [
            frame,
            concerned.select(
                pl.col(name) if name == "enterprise_id" else pl.lit(whole.get(name), dtype=kind).alias(name)
                for name, kind in schema.items()
            ),
        ]
    )
