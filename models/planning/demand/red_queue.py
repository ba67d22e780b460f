"""The red queue: every RED enterprise with the day its special inspection is due (C3)."""

from datetime import date

import polars as pl

from models.calendar import add_working_days
from models.policy import QueuePolicy

QUEUE_SCHEMA = {
    "rank": pl.Int64,
    "enterprise_id": pl.String,
    "red_since": pl.Date,
    "due_on": pl.Date,
    "is_due_provisional": pl.Boolean,
    "visited_on": pl.Date,
    "state": pl.String,
    "score": pl.Int64,
    "decided_by": pl.String,
}
"""Columns of a queue row; ``state`` is overdue, due, visited, or closed (no longer operating)."""


def build_red_queue(
    red: pl.DataFrame, visited: pl.DataFrame, *, as_of: date, policy: QueuePolicy
) -> pl.DataFrame:
    """Rank the RED enterprises: overdue first, then by due day, then by score.

    ``as_of`` has ended: what was due by it, or until the next working day, is overdue, as the plan says it.
    ``red``: one row per RED enterprise with ``red_since`` (first day of this RED spell), ``score``,
    ``decided_by``, ``status``.  ``visited``: who had the special inspection, as ``settled_red`` says.
    Grain: one row per RED enterprise, columns ``QUEUE_SCHEMA``, sorted by ``rank``; the already visited
    and the closed come last.
    """
    starts = red.get_column("red_since").unique().to_list()
    due = {day: add_working_days(day, policy.red_visit_working_days) for day in starts}
    days = pl.DataFrame(
        {
            "red_since": list(due),
            "due_on": [day for day, _ in due.values()],
            "is_due_provisional": [unsure for _, unsure in due.values()],
        },
        schema={"red_since": pl.Date, "due_on": pl.Date, "is_due_provisional": pl.Boolean},
    )
    state = (
        pl.when(pl.col("status") == "closed")
        .then(pl.lit("closed"))
        .when(pl.col("visited_on").is_not_null())
        .then(pl.lit("visited"))
        .when(pl.col("due_on") < add_working_days(as_of, 1)[0])
        .then(pl.lit("overdue"))
        .otherwise(pl.lit("due"))
    )
    order = {"overdue": 0, "due": 1, "visited": 2, "closed": 3}
    queue = (
        red.join(days, on="red_since", how="left")
        .join(visited, on="enterprise_id", how="left")
        .with_columns(state=state)
        .sort(
            pl.col("state").replace_strict(order, return_dtype=pl.Int64),
            "due_on",
            -pl.col("score"),
            "enterprise_id",
        )
    )
    return queue.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)).select(*QUEUE_SCHEMA)
