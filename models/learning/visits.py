"""Rows of visits: one for every visit, with the features of the day before and what it found.

Beside cohorts, where an enterprise stands once a quarter and a visit speaks for every quarter before it.
"""

from dataclasses import dataclass

import polars as pl

from models.learning.labels import decisive
from models.policy import Label

VISIT_COLUMNS = ("enterprise_id", "as_of", "label", "outcome_day", "announced_day", "team")
"""What is known of a visit beside the features; ``as_of`` is the day before it."""


@dataclass(frozen=True)
class VisitRows:
    """All visits of known result.

    ``frame``: one row per enterprise and day of a visit, with ``VISIT_COLUMNS`` and features.  ``gap_days``: of the
    label; a training set knows what was announced so long after its last cohort day, by when its own labels were.
    """

    frame: pl.DataFrame
    gap_days: int

    def beside(self, train: pl.DataFrame) -> pl.DataFrame:
        """The visits from the first cohort day of a training set on, as far as they were known with its labels."""
        if train.is_empty():
            return self.frame.clear()
        first, last = train.select(first=pl.min("as_of"), last=pl.max("as_of")).row(0)
        by = last + self.gap_days
        return self.frame.filter(
            pl.col("as_of") >= first, pl.col("outcome_day") <= by, pl.col("announced_day") <= by
        )


def visits_of(events: pl.DataFrame, label: Label) -> pl.DataFrame:
    """The visits that may decide a label and whose result is known, with ``VISIT_COLUMNS``.

    ``events``: as ``models.learning.labels.attach_labels`` takes them.
    Grain: one row per enterprise and day, sorted.
    """
    found = decisive(events, label.spec).filter(pl.col("is_hit").is_not_null())
    return found.select(
        "enterprise_id",
        (pl.col("outcome_day") - 1).cast(pl.Int64).alias("as_of"),
        pl.col("is_hit").alias("label"),
        *("outcome_day", "announced_day", "team"),
    ).sort("enterprise_id", "as_of")
