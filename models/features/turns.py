"""The next day on which something of an enterprise may be different by itself, as SQL.

Between two such days every level stays as it is, but for what is a day older (``AGES``, ``DELAYS``).  A day too many is
told at times (of an event that another one outweighs), never one too few: what was made of an enterprise may be kept
until then.  The statements read ``firms`` and the prepared events ``of_<table>`` (``models.features.span``).
"""

from collections.abc import Collection, Iterator, Mapping

from models.features.catalogue import CATALOGUE
from models.features.intervals import NEVER, plus
from models.features.measures import (
    Age,
    Last,
    LastResult,
    Longest,
    Measure,
    Newest,
    Repeated,
    Spells,
    Streak,
    Sum,
)
from models.features.span import TABLES, Asked
from models.features.windows import FeaturePolicy


def _growing_daily(kind: type[Measure]) -> tuple[str, ...]:
    return tuple(
        name for table in TABLES for name, one in CATALOGUE.measures(table).items() if isinstance(one, kind)
    )


AGES = _growing_daily(Age)
"""Features that are a day older every day."""
DELAYS = _growing_daily(Longest)
"""Features that are, while they are not 0."""


def next_turns(asked: Asked, policy: FeaturePolicy, after: Mapping[str, int]) -> str:
    """SQL: one row per ``f`` with anything to come, and by name the first day after each of some days that is a turn.

    ``asked``: features that are read, each with the values at which somebody changes their mind.  ``after``: days
    since 1970-01-01 by the name of their column.
    """
    names = {
        *asked,
        *(part for name in asked if name in CATALOGUE.combined for part in CATALOGUE.combined[name].of),
    }
    parts: list[str] = []
    for table in TABLES:
        measures = {name: one for name, one in CATALOGUE.measures(table).items() if name in names}
        parts += _of_table(f"of_{table}", measures, asked, policy, after)
    soonest = ", ".join(f"min({name})::INTEGER AS {name}" for name in after)
    return f"SELECT f, {soonest} FROM ({' UNION ALL '.join(parts)}) GROUP BY f"


def _of_table(
    table: str, measures: Mapping[str, Measure], asked: Asked, policy: FeaturePolicy, after: Mapping[str, int]
) -> Iterator[str]:
    days = list(
        dict.fromkeys(
            day for name, one in measures.items() for day in _days(one, asked.get(name, ()), policy)
        )
    )
    grows = list(dict.fromkeys(test for one in measures.values() for test in _growing(one, policy)))
    if table == "of_inspections":
        # What a clean visit settles of the day before it settles on its own day only.
        days.append("day + 1")
    if days or grows:
        told = [f"({day})::INTEGER AS t{at}" for at, day in enumerate(days)]
        told += [f"{begins} AS b{at}, {ends} AS e{at}" for at, (begins, ends) in enumerate(grows)]
        soonest = ", ".join(_soonest(len(days), len(grows), day, name) for name, day in after.items())
        yield f"SELECT f, {soonest} FROM (SELECT f, {', '.join(told)} FROM {table}) GROUP BY f"
    for name, one in measures.items():
        if isinstance(one, Age) and asked.get(name):
            yield _passing(table, one, asked[name], after)


def _soonest(days: int, grows: int, day: int, name: str) -> str:
    one_by_one = [f"CASE WHEN t{at} > {day} THEN t{at} END" for at in range(days)]
    one_by_one += [f"CASE WHEN b{at} <= {day} AND e{at} > {day} THEN {day + 1} END" for at in range(grows)]
    return f"min(least({', '.join([*one_by_one, 'NULL'])})) AS {name}"


def _days(measure: Measure, asked: Collection[int], policy: FeaturePolicy) -> Iterator[str]:
    """SQL of the days on which one event begins or ceases to add to a level, or adds something else."""
    counts = " AND ".join(measure.where.says)
    if isinstance(measure, Sum | Repeated | Spells):
        for piece in measure.pieces(policy, asked):
            for one in piece.whole():
                holds = " AND ".join((*one.where, f"{one.end} > {one.first}"))
                yield from (
                    f"CASE WHEN {holds} THEN {day} END" for day in (one.first, one.end) if day != f"{NEVER}"
                )
    elif isinstance(measure, Last):
        ends = plus("day", measure.last_age(policy))
        yield from (f"CASE WHEN {counts or 'true'} THEN {day} END" for day in ("day", ends))
    elif isinstance(measure, Newest):
        assert isinstance(measure, Age | Streak | LastResult)
        yield "day"


def _growing(measure: Measure, policy: FeaturePolicy) -> Iterator[tuple[str, str]]:
    """SQL of first day, and day after the last, of what changes from day to day."""
    if isinstance(measure, Spells):
        for piece in measure.pieces(policy):
            if piece.slope:
                yield f"CASE WHEN {' AND '.join(piece.where)} THEN {piece.first} END", piece.end


def _passing(table: str, measure: Age, values: Collection[int], after: Mapping[str, int]) -> str:
    """SQL of the days on which the age of the newest event comes to a value that is asked for."""
    counts = " AND ".join(measure.where.says) or "true"
    newest = ", ".join(
        f"max(CASE WHEN {counts} AND day <= {day} THEN day END) AS {name}" for name, day in after.items()
    )
    comes = ", ".join(
        f"least({', '.join(f'CASE WHEN {name} + {one} > {day} THEN {name} + {one} END' for one in values)}, NULL)"
        f" AS {name}"
        for name, day in after.items()
    )
    return f"SELECT f, {comes} FROM (SELECT f, {newest} FROM {table} GROUP BY f)"
