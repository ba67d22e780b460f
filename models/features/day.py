"""The levels of one day, as SQL: one row per enterprise with every feature."""

from collections.abc import Mapping

from models.features.catalogue import CATALOGUE
from models.features.measures import (
    Age,
    Gravest,
    Last,
    LastResult,
    Measure,
    Repeated,
    Spells,
    Streak,
    Sum,
    said,
)
from models.features.span import TABLES
from models.features.windows import FeaturePolicy


def levels_of_day(policy: FeaturePolicy, day: int) -> str:
    """SQL of the levels on a day (days since 1970-01-01), from ``firms`` and the prepared events.

    Grain: one row per row of ``firms``, with the columns of the catalogue.
    """
    of_tables = {table: CATALOGUE.measures(table) for table in TABLES}
    parts = {table: _of_table(f"of_{table}", measures, policy, day) for table, measures in of_tables.items()}
    joins = " ".join(f"LEFT JOIN ({select}) {table} USING (f)" for table, select in parts.items())
    levels = [
        f"coalesce({name}, 0)::BIGINT AS {name}" if measure.blank == 0 else f"{name}::BIGINT AS {name}"
        for measures in of_tables.values()
        for name, measure in measures.items()
    ]
    register = [f"{says} AS {name}" for name, says in CATALOGUE.inherent.items()]
    combined = [f"{_in_words(name, policy)} AS {name}" for name in CATALOGUE.combined]
    return (
        f"SELECT *, {', '.join(combined)} FROM (SELECT {', '.join((*register, *levels))} FROM firms {joins})"
    )


def _in_words(name: str, policy: FeaturePolicy) -> str:
    feature = CATALOGUE.combined[name]
    says = said(feature.says, policy)
    if not feature.categories:
        return f"({says})::BIGINT"
    listed = " ".join(f"WHEN {place} THEN '{word}'" for place, word in enumerate(feature.categories))
    return f"CASE {says} {listed} END"


def _of_table(table: str, measures: Mapping[str, Measure], policy: FeaturePolicy, day: int) -> str:
    """SQL of what one table gives: one row per enterprise with at least one event by the day."""
    gravest = {name: one for name, one in measures.items() if isinstance(one, Gravest)}
    columns = [
        f"{one.on_day(policy, day)} AS {name}"
        for name, one in measures.items()
        if isinstance(one, Sum | Spells | Age | Last | LastResult)
    ]
    parts = [
        _apart(name, one, table, policy, day)
        for name, one in measures.items()
        if isinstance(one, Repeated | Streak)
    ]
    if gravest:
        parts.append(_together(gravest, policy, day))
    joins = " ".join(f"LEFT JOIN ({part}) j{at} USING (f)" for at, part in enumerate(parts))
    sums = [f"{name} + coalesce({name}_together, 0) AS {name}" for name in gravest]
    others = f"* EXCLUDE ({', '.join(gravest)})" if gravest else "*"
    rows = f"SELECT f, {', '.join(columns)} FROM {table} WHERE day <= {day} GROUP BY f"
    return f"SELECT {', '.join((others, *sums))} FROM ({rows}) {joins}"


def _apart(name: str, measure: Measure, table: str, policy: FeaturePolicy, day: int) -> str:
    if isinstance(measure, Repeated):
        [piece] = measure.pieces(policy)
        return _REPEATED.format(name=name, table=table, holds=piece.on(day))
    assert isinstance(measure, Streak)
    counts, broken = (" AND ".join(one.says) for one in (measure.where, measure.broken_by))
    return _STREAK.format(name=name, rows=f"(FROM {table} WHERE day <= {day})", counts=counts, broken=broken)


def _together(measures: Mapping[str, Gravest], policy: FeaturePolicy, day: int) -> str:
    """SQL of what is found several times in one visit: each item at its gravest."""
    most = ", ".join(f"max({one.each(policy, day)}) AS {name}" for name, one in measures.items())
    sums = ", ".join(f"sum({name}) AS {name}_together" for name in measures)
    items = f"SELECT f, one, {most} FROM together WHERE day <= {day} GROUP BY f, one"
    return f"SELECT f, {sums} FROM ({items}) GROUP BY f"


_STREAK = """
SELECT f, count(*) FILTER (({counts}) AND coalesce(day > broken_on, true)) AS {name}
FROM {rows} JOIN (SELECT f, max(day) FILTER ({broken}) AS broken_on FROM {rows} GROUP BY f) USING (f) GROUP BY f
"""
_REPEATED = """
SELECT f, count(*) AS {name} FROM (
    SELECT f, item FROM {table} WHERE {holds} GROUP BY f, item HAVING count(DISTINCT (source, visit)) > 1)
GROUP BY f
"""
