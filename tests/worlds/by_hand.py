"""Worlds small enough to count by hand: one enterprise, ``e1``, and a few events around one day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

from models.features import CATALOGUE
from models.policy import load_policy
from models.tables.canonical import TABLES
from tests.worlds.coded import features_on
from tests.worlds.strategies import FEATURE_SCHEMA, Row, World, as_events, canonical, integer_frames

AS_OF = date(2026, 6, 30)
POLICY = load_policy().on(AS_OF)

_USUAL: dict[str, Row] = {
    "enterprises": {"name": "Firm", "enforcing_level": "city", "sector": "general"},
    "former_numbers": {"kind": "other"},
    "violations": {"severity": "general"},
    "alerts": {"source_system": "platform", "kind": "exceedance", "level": "blue"},
    "inspections": {"kind": "special", "result": "clean"},
    "accidents": {},
    "self_reports": {"hazards_found": 0, "hazards_fixed": 0},
    "officers": {"name": "Wang", "division": "370102", "level": "district"},
    "absences": {"officer_id": "1", "first_day": AS_OF, "last_day": AS_OF},
    "conflicts": {"officer_id": "1"},
    "tasks": {"kind": "department", "opens_on": AS_OF},
    "filings": {
        "filed_at": datetime.combine(AS_OF, time(8)),
        "planned_on": AS_OF,
        "officers": "1;2",
        "state": "filed",
    },
}
"""What a row says unless a test says otherwise."""


def days_before(days: int) -> date:
    return AS_OF - timedelta(days=days)


def minutes_before_end(minutes: int) -> datetime:
    """So many minutes before the last minute of the as-of day, 23:59."""
    return datetime.combine(AS_OF, time(23, 59)) - timedelta(minutes=minutes)


def row(table: str, number: int, **given: Any) -> Row:
    """A whole row: what a test gives, else the usual, else what a blank cell stands for.

    Unless given, its key is its number and it was recorded on the day it happened, or on the as-of day.
    """
    columns = TABLES[table].columns()
    whole = {name: (column.metadata or {})["blank"] for name, column in columns.items()}
    whole |= {"source": "a", TABLES[table].key[-1]: f"{number}"} if number else {}
    whole |= {"enterprise_id": "e1"} if number and TABLES[table].refers_to_register else {}
    whole |= {**_USUAL[table], **given}
    if whole["recorded_at"] is None:
        happened = whole.get(TABLES[table].happened or "", AS_OF)
        whole["recorded_at"] = happened.date() if isinstance(happened, datetime) else happened
    return whole


def world(
    register: Sequence[Row] = ({},),
    **events: Sequence[Mapping[str, Any]],
) -> World:
    """A canonical world.  ``register`` and each table of ``events`` list the columns that matter."""
    known = {"source": "a", "enterprise_id": "e1", "recorded_at": date(2000, 1, 1)}
    told = {name: [row(name, n, **each) for n, each in enumerate(events.get(name, ()), 1)] for name in TABLES}
    told["enterprises"] = [row("enterprises", 0, **{**known, **each}) for each in register]
    return {name: canonical(name, rows) for name, rows in told.items()}


def fold(of: World, *, as_of: date = AS_OF, known_at: date | None = None) -> pl.DataFrame:
    """Features of a world, sorted by enterprise."""
    events = as_events(integer_frames(of))
    return features_on(events, as_of=as_of, known_at=known_at, policy=POLICY.features)


def features_of(
    as_of: date = AS_OF, known_at: date | None = None, **events: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Features of ``e1`` after the given events."""
    return fold(world(**events), as_of=as_of, known_at=known_at).row(0, named=True)


QUIET: Row = {
    **dict.fromkeys(FEATURE_SCHEMA),
    **dict.fromkeys(CATALOGUE.counts, 0),
    "enterprise_id": "e1",
    "sector": "general",
    "high_hazard": 0,
    "inspections_12m": 2,
    "inspections_24m": 2,
    "inspections_window": 2,
    "days_since_inspection": 100,
    "last_result": 0,
    "self_reports_12m": 1,
    "days_since_self_report": 100,
    "severity_mean": 12,
    "unsettled_findings": 0,
}
"""Features of an enterprise nothing speaks against: rated, visited, reporting."""


def feature_rows(*changed: Mapping[str, Any]) -> pl.DataFrame:
    """One feature row per argument, quiet but for what is given; ``e1``, ``e2`` and so on."""
    told = [{**QUIET, "enterprise_id": f"e{n}", **each} for n, each in enumerate(changed, 1)]
    return pl.DataFrame(told, schema=FEATURE_SCHEMA, orient="row")
