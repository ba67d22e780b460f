"""The next day on which something of an enterprise may be different by itself, as SQL.

Between two such days every level stays as it is, but for what is a day older (``AGES``, ``DELAYS``).  A day too many is
told at times (of an event that another one outweighs), never one too few: what was made of an enterprise may be kept
until then.  The statements read ``firms`` and the prepared events ``of_<table>`` (``models.features.span``).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from models.features.acts import settled_features
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


def next_turns(asked: Asked, policy: FeaturePolicy, after: Mapping[str, int], level: tuple[str, int]) -> str:
    """SQL: one row per ``f`` with anything to come, and by name the first day after each of some days that is a turn.

    ``asked``: features that are read, each with the values at which somebody changes their mind.  ``after``: days
    since 1970-01-01 by the name of their column.  ``level``: name and day of a column for the turns of all features.
    """
    combined = CATALOGUE.combined
    read = {*asked, *(part for name in asked if name in combined for part in combined[name].of)}
    days = dict.fromkeys(after.values())
    parts = [part for table in TABLES for part in _of_table(table, read, asked, policy, [*days], level[1])]
    soonest = [f"min(d{[*days].index(day)})::INTEGER AS {name}" for name, day in after.items()]
    return (
        f"SELECT f, {', '.join(soonest)}, min(of_all)::INTEGER AS {level[0]} "
        f"FROM ({' UNION ALL '.join(parts)}) GROUP BY f"
    )


def _of_table(
    table: str, read: Collection[str], asked: Asked, policy: FeaturePolicy, after: Sequence[int], today: int
) -> Iterator[str]:
    """SQL of the turns of one table: ``f``, ``d0``, ``d1`` … after the days in their order, and ``of_all``."""
    measures = CATALOGUE.measures(table)
    among = {name: measures[name] for name in measures if name in read}
    days = list(
        dict.fromkeys(
            (
                *(day for name, one in among.items() for day in _days(one, asked.get(name, ()), policy)),
                *_days_of_acts(table, policy),
                *(
                    day
                    for name in sorted(settled_features() & {*among})
                    for day in _left(among[name], policy)
                ),
            )
        )
    )
    every = list(
        dict.fromkeys([*days, *(day for one in measures.values() for day in _days(one, (), policy))])
    )
    grows = list(dict.fromkeys(test for one in measures.values() for test in _growing(one, policy)))
    told = [f"({day})::INTEGER AS t{at}" for at, day in enumerate(every)]
    told += [f"{begins} AS b{at}, {ends} AS e{at}" for at, (begins, ends) in enumerate(grows)]
    columns = [f"{_soonest(len(days), len(grows), day)} AS d{at}" for at, day in enumerate(after)]
    columns.append(f"{_soonest(len(every), len(grows), today)} AS of_all")
    yield f"SELECT f, {', '.join(columns)} FROM (SELECT f, {', '.join(told)} FROM of_{table}) GROUP BY f"
    for name, one in among.items():
        if isinstance(one, Age) and asked.get(name):
            yield _passing(f"of_{table}", one, asked[name], after)


def _soonest(days: int, grows: int, day: int) -> str:
    one_by_one = [f"CASE WHEN t{at} > {day} AND t{at} < {NEVER} THEN t{at} END" for at in range(days)]
    one_by_one += [f"CASE WHEN b{at} <= {day} AND e{at} > {day} THEN {day + 1} END" for at in range(grows)]
    return f"min(least({', '.join([*one_by_one, 'NULL'])}))"


def _days(measure: Measure, asked: Collection[int], policy: FeaturePolicy) -> Iterator[str]:
    """SQL of the days on which one event begins or ceases to add to a level, or adds something else."""
    counts = " AND ".join(measure.where.says)
    if isinstance(measure, Sum | Repeated | Spells):
        for piece in measure.pieces(policy, asked):
            holds = " AND ".join((*piece.where, f"{piece.end} > {piece.first}"))
            days = [day for day in (piece.first, piece.end) if day != f"{NEVER}"]
            yield from (f"CASE WHEN {holds} THEN {day} END" for day in days)
            if piece.rest:
                begins, ends = piece.rest
                yield from (f"CASE WHEN {ends} > {begins} THEN {day} END" for day in piece.rest)
    elif isinstance(measure, Last):
        ends = plus("day", measure.last_age(policy))
        yield from (f"CASE WHEN {counts or 'true'} THEN {day} END" for day in ("day", ends))
    elif isinstance(measure, Newest):
        assert isinstance(measure, Age | Streak | LastResult)
        yield "day"


def _days_of_acts(table: str, policy: FeaturePolicy) -> tuple[str, ...]:
    """SQL of the days from which on an act of the day offers, or brings, something else, whatever the levels are.

    What a clean visit settles of the day before it settles on its own day only, and it settles nothing found on its
    day.  What is known to be put right or answered on a day to come is offered until then.  An alert that is answered
    by the end of a day is answered late from a day on.
    """
    slow = f"CASE WHEN coalesce(is_slow, true) THEN (raised_at + {policy.slow_minutes} + 1) // 1440 END"
    return {
        "inspections": ("day + 1",),
        "violations": ("day + 1", "rectified_on"),
        "alerts": ("day", "answered_on", slow),
    }.get(table, ())


def _left(measure: Measure, policy: FeaturePolicy) -> Iterator[str]:
    """SQL of the day on which one event leaves the window, also where it would count only once it is put right."""
    ends = measure.last_age(policy)
    if ends < NEVER:
        yield f"CASE WHEN {' AND '.join(measure.where.says) or 'true'} THEN {plus('day', ends)} END"


def _growing(measure: Measure, policy: FeaturePolicy) -> Iterator[tuple[str, str]]:
    """SQL of first day, and day after the last, of what changes from day to day."""
    if isinstance(measure, Spells):
        for piece in measure.pieces(policy):
            if piece.slope:
                yield f"CASE WHEN {' AND '.join(piece.where)} THEN {piece.first} END", piece.end


def _passing(table: str, measure: Age, values: Collection[int], after: Sequence[int]) -> str:
    """SQL of the days on which the age of the newest event comes to a value that is asked for."""
    counts = " AND ".join(measure.where.says) or "true"
    newest = ", ".join(
        f"max(CASE WHEN {counts} AND day <= {day} THEN day END) AS n{at}" for at, day in enumerate(after)
    )
    comes = ", ".join(
        f"least({', '.join(f'CASE WHEN n{at} + {one} > {day} THEN n{at} + {one} END' for one in values)}, NULL)"
        for at, day in enumerate(after)
    )
    return f"SELECT f, {comes}, NULL FROM (SELECT f, {newest} FROM {table} GROUP BY f)"
