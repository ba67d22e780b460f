"""Faults of the delivery in bulk: bad rows of six kinds, and rows that are there twice."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.tables.canonical import TABLES

BAD_EVERY = 1000
REPEATED_EVERY = 5000
_CODES = {"violations": "severity", "inspections": "kind", "alerts": "kind", "accidents": "grade"}
_TEXTS = {"violations": "description", "alerts": "description", "inspections": "departments"}


def spoilt(name: str, frame: pl.DataFrame, day: date, seed: Sequence[int]) -> pl.DataFrame:
    """One row in ``BAD_EVERY`` breaks a rule; one in ``REPEATED_EVERY`` repeats another word for word."""
    rng, count = np.random.default_rng([*seed, 50, list(TABLES).index(name)]), frame.height
    source = np.arange(count)
    source[rng.integers(0, count, count // REPEATED_EVERY)] = rng.integers(0, count, count // REPEATED_EVERY)
    fault = np.zeros(count, dtype=np.int64)
    bad = rng.choice(count, count // BAD_EVERY, replace=False)
    fault[bad] = 1 + np.arange(len(bad)) % 6
    happened = TABLES[name].happened or "recorded_at"
    changes = [
        _on(1, "enterprise_id", pl.lit("91370100XX00000000")),
        _on(2, happened, pl.lit(None)),
        _on(3, "recorded_at", pl.lit(date(1995, 1, 1))),
    ]
    if name in _CODES:
        changes.append(_on(4, _CODES[name], pl.lit("看不清")))
    if name in _TEXTS:
        changes.append(_on(5, _TEXTS[name], pl.lit("=cmd|' /C calc'!A0")))
    changes = [*changes, _on(6, "recorded_at", pl.lit(day + timedelta(days=400)))]
    rows = frame[source].with_columns(fault=pl.Series(fault))
    for change in changes:
        rows = rows.with_columns(change)
    return rows.drop("fault")


def _on(fault: int, column: str, value: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("fault") == fault).then(value).otherwise(pl.col(column)).alias(column)
