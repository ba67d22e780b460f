"""What became of enterprises: the events that decide labels, as known on a day."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from models.learning.labels import OUTCOME_COLUMNS
from models.policy import Label
from models.vocabulary import RESULT_RANK
from warehouse.database.findings import SEVERITIES
from warehouse.database.frames import Connection
from warehouse.database.validity import inspection, standing


def outcomes(connection: Connection, label: Label, known_at: date) -> pl.DataFrame:
    """Events of the label's kind as known at ``known_at``: see ``models.learning.labels.attach_labels``."""
    # An archive delivered anew, or a correction of something else, does not move the day an event first became known as
    # what it counts for; a result that was told later was not known before.
    tested = sorted({_STORED.get(one.feature, one.feature) for one in (*label.spec.when, *label.spec.among)})
    same = ", ".join(("source", *_EVENT[label.spec.outcome], *tested))
    announced = f"min(known_from) OVER (PARTITION BY {same}) - DATE '1970-01-01' AS announced_day"
    query = _OUTCOMES[label.spec.outcome].format(announced=announced)
    frame = connection.sql(query, params={"known_at": known_at}).pl()
    assert set(OUTCOME_COLUMNS[label.spec.outcome]) <= set(frame.columns), "a label may test what is not read"
    return frame


_EVENT = {
    "next_visit": ("inspection_id", "enterprise_id", "inspected_on", "kind", "result"),
    "violation": ("violation_id", "enterprise_id", "occurred_on"),
    "accident": ("accident_id", "enterprise_id", "occurred_on"),
}
"""By kind of outcome what makes an event the one it is; of visits also whether it is one, and how it ended."""
_STORED = {"result_rank": "result", "severity_rank": "severity", "is_recheck": "kind"}
"""Columns that outcomes are told by under another name."""


def _ranked(column: str, ranks: Mapping[str, int]) -> str:
    """SQL of the rank of a category."""
    cases = " ".join(f"WHEN '{key}' THEN {rank}" for key, rank in ranks.items())
    return f"CASE {column} {cases} END::BIGINT"


_OUTCOMES = {
    "next_visit": f"""
        SELECT enterprise_id, inspected_on - DATE '1970-01-01' AS day, score::BIGINT AS score,
               {_ranked("result", RESULT_RANK)} AS result_rank,
               (kind = 'recheck')::BIGINT AS is_recheck, (kind = 'random')::BIGINT AS is_random,
               coalesce(officers, departments) AS team, announced_day
        FROM (SELECT *, {{announced}} FROM core.inspections) WHERE {inspection()} AND {standing()}
    """,
    "violation": f"""
        SELECT enterprise_id, occurred_on - DATE '1970-01-01' AS day, quantity,
               is_major_hazard::BIGINT AS is_major_hazard,
               {_ranked("severity", {key: rank for rank, key in enumerate(SEVERITIES)})} AS severity_rank,
               department AS team, announced_day
        FROM (SELECT *, {{announced}} FROM core.violations) WHERE {standing()}
    """,
    "accident": f"""
        SELECT enterprise_id, occurred_on - DATE '1970-01-01' AS day, deaths, serious_injuries, casualties,
               lost_days, NULL::VARCHAR AS team, announced_day
        FROM (SELECT *, {{announced}} FROM core.accidents) WHERE {standing()}
    """,
}
