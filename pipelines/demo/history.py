"""Who knew what when: one thing becomes one or two rows, the later with what became known since."""

from collections.abc import Mapping
from datetime import date

import polars as pl


def versions(things: pl.DataFrame, facts: Mapping[str, tuple[str, ...]], *, end: date) -> pl.DataFrame:
    """Rows an authority would deliver for ``things`` (one row each, with ``recorded_at``).

    ``facts`` names a column with the day a fact became known and the columns of that fact.  The first version
    holds what was known at ``recorded_at``, the second, if anything was added by ``end``, all of it.  Things
    first recorded after ``end`` are not delivered.  The knowledge days are dropped.
    """
    seen = things.filter(pl.col("recorded_at") <= end)
    latest = pl.max_horizontal(
        "recorded_at", *(pl.when(pl.col(known) <= end).then(pl.col(known)) for known in facts)
    )
    first = seen.with_columns(_as_known(facts, pl.col("recorded_at")))
    second = (
        seen.with_columns(*_as_known(facts, pl.lit(end)), latest.alias("_latest"))
        .filter(pl.col("_latest") > pl.col("recorded_at"))
        .with_columns(recorded_at="_latest")
        .drop("_latest")
    )
    return pl.concat([first, second]).drop(*facts)


def _as_known(facts: Mapping[str, tuple[str, ...]], day: pl.Expr) -> list[pl.Expr]:
    return [
        pl.when(pl.col(known) <= day).then(pl.col(column)).alias(column)
        for known, columns in facts.items()
        for column in columns
    ]
