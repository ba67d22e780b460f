"""The fold: six tables in, one row per enterprise out.  What is folded, and how, the catalogue says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import narwhals as nw
import polars as pl

from models.features.asof import Frame, Moment
from models.features.catalogue import CATALOGUE, COMBINED
from models.features.measures import Combined, Inherent, Measure
from models.features.windows import FeaturePolicy
from models.vocabulary import day_number

EVENT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    name: table.columns for name, table in CATALOGUE.tables.items()
}
"""Columns the fold reads.  What is not here (names, officers, departments, owners) cannot reach a score."""
PARTS = ("violations", "inspections", "alerts", "accidents", "self_reports")
"""Tables of events; each gives features of its own."""


@dataclass(frozen=True)
class Events:
    """The six canonical tables in integer form, as native lazy frames of one engine."""

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


def fold_features(events: Events, *, as_of: date, known_at: date | None = None, policy: FeaturePolicy) -> Any:
    """All features on one day.

    Grain: one row per enterprise known at ``known_at`` (default: ``as_of``), columns as in the catalogue.
    Returns a lazy native frame of the engine that ``events`` came from, in no particular row order.
    """
    moment = Moment(day_number(as_of), day_number(known_at or as_of))
    lazy = {name: cast(Frame, nw.from_native(native).lazy()) for name, native in vars(events).items()}
    result = register_features(lazy["enterprises"], moment, policy)
    for name in PARTS:
        result = result.join(part_features(name, lazy[name], moment, policy), on="enterprise_id", how="left")
    return finished(result, policy).to_native()


def register_features(enterprises: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """Inherent hazard and jurisdiction.  One row per enterprise known at ``known_at``.

    The name, the owner and the officers are not taken.
    """
    inherent = {feature.name: feature.measure for feature in CATALOGUE.of("enterprises")}
    made = {
        name: measure.says
        for name, measure in inherent.items()
        if isinstance(measure, Inherent) and measure.says is not None
    }
    rows = CATALOGUE.tables["enterprises"].prepared(enterprises, moment, policy)
    return rows.with_columns(**made).select(*inherent)


def part_features(name: str, rows: Frame, moment: Moment, policy: FeaturePolicy) -> Frame:
    """What one table of events gives: one row per enterprise with at least one event that counts."""
    families: dict[Any, dict[str, Measure]] = {}
    for feature in CATALOGUE.of(name):
        families.setdefault(feature.measure.family, {})[feature.name] = feature.measure
    prepared = CATALOGUE.tables[name].prepared(rows, moment, policy)
    first, *others = (family(prepared, measures, policy) for family, measures in families.items())
    for other in others:
        first = first.join(other, on="enterprise_id", how="left")
    return first


def finished(joined: Frame, policy: FeaturePolicy) -> Frame:
    """Register row and parts, joined, as features: silence is 0 where it counts, and what several parts give."""
    combined = {
        feature.name: feature.measure.says(policy)
        for feature in CATALOGUE.of(COMBINED)
        if isinstance(feature.measure, Combined)
    }
    result = joined.with_columns(nw.col(*CATALOGUE.counts).fill_null(0).cast(nw.Int64))
    result = result.with_columns(**combined).with_columns(nw.col(*CATALOGUE.integers).cast(nw.Int64))
    return result.select(*CATALOGUE.names)
