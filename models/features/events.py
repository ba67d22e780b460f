"""The six tables that features are made of: in integer form, and prepared for qualities and measures.

In integer form days are counted since 1970-01-01, minutes since its midnight, and flags are 0 and 1; there are no
floats to round.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from models.features.catalogue import CATALOGUE
from models.features.windows import FeaturePolicy
from models.validity import standing

EVENT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    name: table.columns for name, table in CATALOGUE.tables.items()
}
"""Columns that are read.  What is not here (names, officers, departments, owners) cannot reach a score."""


@dataclass(frozen=True)
class Events:
    """The six canonical tables in integer form, as lazy Polars frames."""

    enterprises: Any
    violations: Any
    alerts: Any
    inspections: Any
    accidents: Any
    self_reports: Any


def integer_form(frame: pl.DataFrame) -> pl.DataFrame:
    """A canonical Polars frame with days, minutes and flags as integers; other columns as they are."""
    forms = {
        pl.Date: lambda column: pl.col(column).cast(pl.Int32).cast(pl.Int64),
        pl.Datetime: lambda column: (pl.col(column).dt.epoch("us") // 60_000_000).cast(pl.Int64),
        pl.Boolean: lambda column: pl.col(column).cast(pl.Int64),
        pl.Enum: lambda column: pl.col(column).cast(pl.String),
    }
    return frame.with_columns(
        forms[base](name) for name, dtype in frame.schema.items() if (base := dtype.base_type()) in forms
    )


def events_of(table: str, rows: str, policy: FeaturePolicy, *, known_at: int) -> str:
    """SQL of the prepared events of a table that stand as known on a day.

    ``rows``: the versions of all rows in integer form with ``f``, the number of their enterprise.  The single as-of cut
    of knowledge: a row counts if this version of it was known on the day, and it was not withdrawn by then.
    """
    of = CATALOGUE.tables[table]
    stands = standing(day=str(known_at))
    return f"SELECT f, {of.prepared(policy)} FROM {rows} WHERE {stands} AND {of.counted}"
