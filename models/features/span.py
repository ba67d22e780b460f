"""Every change of a level over a span of days, as SQL.

The statements make temporary tables of one portion of enterprises: ``firms`` (``f``, its number, and the columns of
the register) must be there, and the rows of each table of events with ``f``.  What they give is ``sampled``: ``k``
(position of the feature), ``f``, ``day``, ``v``: from that day on the level is ``v``, or, of what grows day by day, has
come to a value that is asked for.  Before its first row a level is blank.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from models.features.catalogue import CATALOGUE
from models.features.events import events_of
from models.features.intervals import NEVER, plus
from models.features.measures import (
    Age,
    AgeOfFirst,
    Exists,
    Gravest,
    Last,
    LastResult,
    Measure,
    Newest,
    Repeated,
    Spells,
    Streak,
    Sum,
    said,
)
from models.features.windows import FeaturePolicy

Asked = Mapping[str, Sequence[int]]
"""Features that are asked for, each with the values at which somebody changes their mind, and those past them."""
TABLES = ("inspections", "violations", "alerts", "accidents", "self_reports")
"""Inspections come first: findings are settled by the clean visit that follows."""


@dataclass(frozen=True)
class Stretch:
    """Days of a span, both inclusive, as days since 1970-01-01."""

    first: int
    last: int


def prepared(rows: Mapping[str, str], policy: FeaturePolicy, known_at: int) -> Iterator[str]:
    """Statements that make the prepared events ``of_<table>`` of all tables."""
    for table in TABLES:
        events = events_of(table, rows[table], policy, known_at=known_at)
        if table == "violations":
            events = followed(events)
        yield f"CREATE OR REPLACE TEMP TABLE of_{table} AS {events}"
    # Only what shares its hash may share its visit and item, so what stands alone surely does.
    yield _TOGETHER


def followed(findings: str, visits: str = "of_inspections") -> str:
    """SQL of prepared findings with the clean visits that follow them, of the ``f`` of both."""
    return _FOLLOWED.format(events=findings, clean=clean_visits(visits))


def clean_visits(visits: str) -> str:
    """SQL of the days of visits at which nothing was found, that settle what was found before."""
    return f"SELECT DISTINCT f, day FROM {visits} WHERE rank = 0 AND may_be_clean"


# The next clean visit is looked up once a day; after a finding was put right it matters for major hazards alone.
_FOLLOWED = """
WITH clean AS MATERIALIZED ({clean}), found AS MATERIALIZED ({events}),
after AS (
    SELECT d.f, d.day, clean.day AS next_clean_after
    FROM (SELECT DISTINCT f, day FROM found) d ASOF LEFT JOIN clean ON d.f = clean.f AND d.day < clean.day),
since AS (
    SELECT d.f, d.rectified_on, clean.day AS next_clean_from
    FROM (SELECT DISTINCT f, rectified_on FROM found WHERE is_major AND rectified_on IS NOT NULL) d
    ASOF LEFT JOIN clean ON d.f = clean.f AND d.rectified_on <= clean.day)
SELECT found.*, next_clean_after, next_clean_from,
       count(*) OVER (PARTITION BY found.f, hash(source, visit, item)) = 1 AS is_alone
FROM found JOIN after ON found.f = after.f AND found.day = after.day
LEFT JOIN since ON found.f = since.f AND found.rectified_on = since.rectified_on
"""
_TOGETHER = """
CREATE OR REPLACE TEMP TABLE together AS
SELECT *, dense_rank() OVER (ORDER BY f, source, visit, item) AS one FROM of_violations WHERE NOT is_alone
"""


@dataclass(frozen=True)
class Levels:
    """SQL of the levels that are asked for over a span, under one policy."""

    asked: Asked
    policy: FeaturePolicy
    span: Stretch
    instead: Mapping[str, str] = field(default_factory=dict[str, str])
    """Prepared events that take the place of those of a table."""

    @property
    def names(self) -> tuple[str, ...]:
        """Features by position (``k``): those asked for, and the parts of what several give."""
        combined = CATALOGUE.combined
        parts = (part for name in self.asked if name in combined for part in combined[name].of)
        return tuple(dict.fromkeys((*self.asked, *parts)))

    def statements(self) -> Iterator[str]:
        """Make ``sampled``."""
        yield f"CREATE OR REPLACE TEMP TABLE intervals AS {_union(self._intervals(), _NO_INTERVALS)}"
        yield f"CREATE OR REPLACE TEMP TABLE edges AS {_EDGES.format(first=self.span.first, last=self.span.last)}"
        parts = [*self._summed(), *self._spells(), *self._combined(), *self._newest()]
        yield f"CREATE OR REPLACE TEMP TABLE sampled AS {_union(parts, _NO_SAMPLES)}"

    def _measures(self, *kinds: type[Measure]) -> Iterator[tuple[int, str, Measure]]:
        for k, name in enumerate(self.names):
            feature = CATALOGUE[name]
            measure = feature.measure
            if isinstance(measure, Measure) and type(measure) in kinds:
                yield k, self.instead.get(feature.table, f"of_{feature.table}"), measure

    def _intervals(self) -> Iterator[str]:
        """Intervals that add up: ``f``, ``k``, ``s`` (first day), ``e`` (day after the last), ``a``, ``b``."""
        for k, table, measure in self._measures(Sum, Spells):
            yield from self._select(measure, table, k, "f, k, s, e, a, b")
        alone, together = [], []
        for k, table, measure in self._measures(Gravest):
            alone += self._select(measure, f"(FROM {table} WHERE is_alone)", k, "f, k, s, e, a, b")
            together += self._select(measure, "together", k, "f, k, key, s, e, a", key="one")
        yield from alone
        if together:
            yield _GRAVEST.format(pieces=" UNION ALL ".join(together), first=self.span.first)
        existing = dict[str, list[str]]()
        for k, table, measure in self._measures(*_subclasses(Exists)):
            assert isinstance(measure, Exists)
            columns = f"f, k, key::{measure.keyed} AS key, s, e, a"
            existing.setdefault(measure.keyed, []).extend(self._select(measure, table, k, columns))
        for pieces in existing.values():
            yield _EXISTS.format(
                pieces=" UNION ALL ".join(pieces),
                turns=turns("f, k, key, a", "1", self.span),
                last=self.span.last,
            )
        for k, table, measure in self._measures(Repeated):
            [piece] = self._select(
                measure, table, k, "f, k, key, s, e", key="{'item': item, 'source': source, 'visit': visit}"
            )
            counted = turns("f, k, item, key", "1", self.span)
            yield _REPEATED.format(piece=piece, turns=counted, last=self.span.last)

    def _select(self, measure: Measure, table: str, k: int, columns: str, key: str = "") -> Iterator[str]:
        assert isinstance(measure, Sum | Spells | Repeated)
        asked = self.asked.get(self.names[k], ())
        for piece in measure.pieces(self.policy, asked):
            for one in piece.whole():
                keyed = replace(one, key=key) if key else one
                yield f"SELECT {columns} FROM ({keyed.select(table, k, self.span.first, self.span.last)})"

    def _summed(self) -> Iterator[str]:
        listed = [k for k, _, _ in self._measures(Sum, Gravest, Repeated, *_subclasses(Exists))]
        wanted = [k for k in listed if self.names[k] in self.asked]
        if wanted:
            running = "(sum(a) OVER (PARTITION BY k, f ORDER BY day))::BIGINT"
            yield f"SELECT k, f, day, {running} AS v FROM edges WHERE k IN ({_listed(wanted)})"

    def _spells(self) -> Iterator[str]:
        for k, _, _ in self._measures(Spells):
            values = [value for value in self.asked[self.names[k]] if value > 0]
            yield _SPELLS.format(k=k, last=self.span.last, values=_listed(values) or "NULL")

    def _combined(self) -> Iterator[str]:
        combined = CATALOGUE.combined
        for k, name in enumerate(self.names):
            if name not in combined:
                continue
            feature = combined[name]
            at = {part: self.names.index(part) for part in feature.of}
            yield _COMBINED.format(
                k=k,
                first=self.span.first,
                says=said(feature.says, self.policy),
                parts=", ".join(
                    f"(sum(sum(a) FILTER (k = {place})) OVER w)::BIGINT AS {part}"
                    for part, place in at.items()
                ),
                zeros=", ".join(f"coalesce({part}, 0) AS {part}" for part in at),
                places=_listed(at.values()),
            )

    def _newest(self) -> Iterator[str]:
        for k, table, measure in self._measures(*_subclasses(Newest)):
            offsets = [0, *self.asked[self.names[k]]] if isinstance(measure, Age) else [0]
            rows = _states(
                measure, table, self.policy, [value for value in sorted(set(offsets)) if value >= 0]
            )
            yield _NEWEST.format(k=k, rows=rows, first=self.span.first, last=self.span.last)


def turns(keys: str, amount: str, span: Stretch) -> str:
    """SQL of the days on which what ``pieces`` add up to changes, by ``keys``: ``day``, and ``n``, by how much."""
    return f"""
    SELECT {keys}, day, sum(n)::BIGINT AS n FROM (
        SELECT {keys}, greatest(s, {span.first}) AS day, {amount} AS n FROM pieces UNION ALL
        SELECT {keys}, e, -{amount} FROM pieces WHERE e <= {span.last})
    GROUP BY ALL HAVING sum(n) <> 0"""


def _states(measure: Measure, table: str, policy: FeaturePolicy, offsets: Sequence[int] = (0,)) -> str:
    """SQL of what each day with an event leaves: ``f``, ``day``, ``v``, and ``until`` (the next such day)."""
    following = f"coalesce(lead(day) OVER w, {NEVER}) AS until"
    window = "WINDOW w AS (PARTITION BY f ORDER BY day)"
    counts = " AND ".join(measure.where.says) or "true"
    if isinstance(measure, AgeOfFirst):
        first = f"SELECT f, min(day) AS day FROM {table} WHERE {counts} GROUP BY f"
        return (
            f"SELECT f, day + ago AS day, ago::BIGINT AS v, {NEVER} AS until "
            f"FROM ({first}), unnest([{_listed(offsets)}]) u(ago)"
        )
    if isinstance(measure, Age):
        days = (
            f"SELECT f, day, {following} FROM (SELECT DISTINCT f, day FROM {table} WHERE {counts}) {window}"
        )
        return (
            f"SELECT f, day + ago AS day, ago::BIGINT AS v, until FROM ({days}), unnest([{_listed(offsets)}]) u(ago) "
            "WHERE day + ago < until"
        )
    if isinstance(measure, Last):
        ends = plus("day", measure.last_age(policy))
        days = (
            f"SELECT f, day, most, {following} FROM (SELECT f, day, max({measure.of}) AS most FROM {table} "
            f"WHERE {counts} GROUP BY f, day) {window}"
        )
        return (
            f"SELECT f, day, most::BIGINT AS v, least(until, {ends}) AS until FROM ({days}) UNION ALL "
            f"SELECT f, {ends}, NULL, until FROM ({days}) WHERE {ends} < until"
        )
    if isinstance(measure, Streak):
        broken = " AND ".join(measure.broken_by.says)
        return _STREAK.format(table=table, counts=counts, broken=broken, until=following, window=window)
    assert isinstance(measure, LastResult)
    speaks = " AND ".join(measure.speaks.says)
    return _LAST_RESULT.format(
        table=table,
        speaks=speaks,
        rank=measure.rank,
        until=following,
        window=window,
        found=", ".join(
            f"bool_or(NOT ({speaks}) AND {measure.rank} = {rank}) AS found_{rank}" for rank in measure.grave
        ),
        found_on=", ".join(
            f"max(CASE WHEN found_{rank} THEN day END) OVER w AS found_on_{rank}" for rank in measure.grave
        ),
        result=measure.result("spoken_on", "rank_left", {rank: f"found_on_{rank}" for rank in measure.grave}),
    )


def _subclasses(kind: type[Measure]) -> tuple[type[Measure], ...]:
    return (kind, *(deeper for one in kind.__subclasses__() for deeper in _subclasses(one)))


def _listed(values: Iterable[int]) -> str:
    return ", ".join(map(str, values))


def _union(parts: Iterator[str] | Sequence[str], otherwise: str) -> str:
    return " UNION ALL ".join(f"({one})" for one in parts) or otherwise


_NO_INTERVALS = "SELECT 0::INTEGER f, 0::UTINYINT k, 0 s, 0 e, 0::BIGINT a, 0 b WHERE false"
_NO_SAMPLES = "SELECT 0::UTINYINT k, 0::INTEGER f, 0 AS day, 0::BIGINT v WHERE false"
_EDGES = """
SELECT k, f, day, sum(a)::BIGINT AS a, sum(b)::BIGINT AS b FROM (
    SELECT k, f, greatest(s, {first}) AS day, a, b FROM intervals WHERE s <= {last} UNION ALL
    SELECT k, f, e, -a, -b FROM intervals WHERE e <= {last})
GROUP BY ALL HAVING sum(a) <> 0 OR sum(b) <> 0
"""
# What counts once for each key: from the first interval that begins to the last that ends, without gaps.
_EXISTS = """
WITH pieces AS MATERIALIZED ({pieces}),
counts AS ({turns}),
held AS (
    SELECT f, k, day AS s, coalesce(lead(day) OVER w, {last} + 1) AS e, a, sum(n) OVER w AS n
    FROM counts WINDOW w AS (PARTITION BY f, k, key ORDER BY day))
SELECT f, k, s, e, a, 0 AS b FROM held WHERE n > 0
"""
_GRAVEST = """
WITH pieces AS MATERIALIZED ({pieces}),
days AS (SELECT f, k, key, greatest(s, {first}) AS day FROM pieces UNION SELECT f, k, key, e FROM pieces),
most AS (
    SELECT f, k, key, day, max(CASE WHEN s <= day AND day < e THEN a ELSE 0 END) AS a
    FROM days JOIN pieces USING (f, k, key) GROUP BY ALL)
SELECT f, k, day AS s, lead(day) OVER (PARTITION BY f, k, key ORDER BY day) AS e, a, 0 AS b
FROM most QUALIFY e IS NOT NULL AND a <> 0
"""
_REPEATED = """
WITH found AS MATERIALIZED ({piece}),
pieces AS MATERIALIZED (
    SELECT f, k, key.item AS item, key, s, e FROM found WHERE (f, key.item) IN (
        SELECT (f, key.item) FROM found GROUP BY f, key.item HAVING count(*) > 1)),
counts AS ({turns}),
visits AS (
    SELECT f, k, item, day, sum(n) OVER w > 0 AS is_there, sum(n) OVER w > n AS was_there
    FROM counts WINDOW w AS (PARTITION BY f, k, item, key ORDER BY day)),
several AS (
    SELECT f, k, item, day, sum(is_there::INTEGER - was_there::INTEGER) AS n FROM visits GROUP BY ALL),
held AS (
    SELECT f, k, day AS s, coalesce(lead(day) OVER w, {last} + 1) AS e, sum(n) OVER w AS n
    FROM several WINDOW w AS (PARTITION BY f, k, item ORDER BY day))
SELECT f, k, s, e, 1 AS a, 0 AS b FROM held WHERE n >= 2
"""
# Between two edges the minutes grow or fall evenly; where they pass a value that matters is a sample of its own.
_SPELLS = """
WITH straight AS MATERIALIZED (
    SELECT f, day, coalesce(lead(day) OVER w, {last} + 1) AS until,
           (sum(a) OVER w)::BIGINT AS a, (sum(b) OVER w)::BIGINT AS b
    FROM edges WHERE k = {k} WINDOW w AS (PARTITION BY f ORDER BY day))
SELECT {k}::UTINYINT AS k, f, day::INTEGER AS day, ((a + b * day) // 1440)::BIGINT AS v FROM (
    SELECT f, day, a, b FROM straight UNION
    SELECT f, CASE WHEN b > 0 THEN day + (value * 1440 - (a + b * day) + b - 1) // b
                   ELSE day + ((a + b * day) - value * 1440) // -b + 1 END AS passed, a, b
    FROM straight, unnest([{values}]::BIGINT[]) u(value)
    WHERE b <> 0 AND passed > day AND passed < until AND ((b > 0) = (a + b * day < value * 1440)))
"""
_COMBINED = """
SELECT {k}::UTINYINT AS k, f, day, ({says})::BIGINT AS v FROM (
    SELECT f, day, {zeros} FROM (
        SELECT f, day, {parts} FROM (
            SELECT f, k, day, a FROM edges WHERE k IN ({places}) UNION ALL
            SELECT f, 255, {first}, 0 FROM firms)
        GROUP BY f, day WINDOW w AS (PARTITION BY f ORDER BY day)))
"""
_NEWEST = """
SELECT {k}::UTINYINT AS k, f, greatest(day, {first})::INTEGER AS day, max({{'day': day, 'v': v}}).v::BIGINT AS v
FROM ({rows}) WHERE day <= {last} AND until > {first} GROUP BY f, greatest(day, {first})
"""
_STREAK = """
SELECT f, day, until,
       (sum(CASE WHEN is_broken THEN 0 ELSE n END) OVER (PARTITION BY f, row_no ORDER BY day))::BIGINT AS v
FROM (SELECT f, day, n, is_broken, sum(is_broken::INTEGER) OVER w AS row_no, {until} FROM (
    SELECT f, day, count(*) FILTER ({counts}) AS n, bool_or(({broken}) IS TRUE) AS is_broken
    FROM {table} GROUP BY f, day) {window})
"""
_LAST_RESULT = """
SELECT f, day, {result}::BIGINT AS v, until FROM (
    SELECT f, day, {until}, max(CASE WHEN spoken IS NOT NULL THEN day END) OVER w AS spoken_on,
           last_value(spoken IGNORE NULLS) OVER w AS rank_left, {found_on}
    FROM (SELECT f, day, max({rank}) FILTER ({speaks}) AS spoken, {found} FROM {table} GROUP BY f, day) {window})
"""
