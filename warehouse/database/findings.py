"""Findings: what several systems report of one violation counts once, at its gravest.

``core.violations`` keeps every report.  What is here is derived from it when it is read, never stored: rows of the same
columns in which the reports that are surely of one finding are one row, for as long as all of them are known.  Readers
that count the findings of an enterprise read these; who asks about a report, its visit or its file reads the reports.

Surely the same are reports of different systems about one enterprise and day that say the same (``description`` without
regard to case, width, blanks and punctuation; ``item_code`` where there is no text).  Within one system rows are never
merged: of several that say the same, equal ones are paired first, then the gravest with the gravest, so that the number
is that of the system that reports most.  Sources that share their numbers (``number_pools``) are one system: there one
number is one finding, whatever it says.
"""

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from models.vocabulary import DISPOSAL, NO_TEXT, SEVERITY
from warehouse.database.frames import Connection
from warehouse.database.validity import stored_by

REPORTS = "core.violations"
SEVERITIES = ("ungraded", "minor", "general", "serious", "critical")
"""From nothing said to gravest."""
assert set(SEVERITY.keys) == set(SEVERITIES), "a new severity needs its rank"


@dataclass(frozen=True)
class Pool:
    """Sources that share their numbers, from a day until another."""

    sources: tuple[str, ...]
    since: date
    until: date

    def holds(self, source: str, day: date) -> bool:
        """Whether a source shares its numbers here on a day."""
        return source in self.sources and self.since <= day < self.until


def findings(connection: Connection, rows: str = REPORTS, *, by: int | None = None) -> str:
    """SQL that gives the findings which versions of reports amount to.

    ``rows``: a table, or a query in brackets.  ``by``: use what sources had declared by that write.  Further column:
    ``reports``, each as source/number.
    """
    sources, pools = _sources(connection, rows), number_pools(connection, by=by)
    if not _are_there(connection, _days(rows, sources, pools)):
        return f"(SELECT {_WITH_REPORTS} FROM {rows})"
    return _finding_rows(rows, sources, pools)


def may_repeat(connection: Connection, rows: str = REPORTS, *, by: int | None = None) -> bool:
    """Whether several sources report of one day of an enterprise, or use a number that they share."""
    return _are_there(connection, _days(rows, _sources(connection, rows), number_pools(connection, by=by)))


def _are_there(connection: Connection, days: str) -> bool:
    return bool(days) and bool(connection.execute(f"FROM ({days}) LIMIT 1").fetchall())


def _sources(connection: Connection, rows: str) -> list[str]:
    """Who reports, the largest first."""
    counted = f"SELECT source FROM {rows} GROUP BY source ORDER BY count(*) DESC, source"
    return [str(source) for (source,) in connection.execute(counted).fetchall()]


def _days(rows: str, sources: Sequence[str], pools: Collection[Pool]) -> str:
    """SQL of the days of enterprises, some of them twice, on which reports could be of one finding; empty: on none."""
    day, number = ", ".join(_SAME_DAY), "enterprise_id, violation_id"
    found = [_shared(rows, day, sources)] if len(sources) > 1 else []
    sharing = [one for one in sources if any(one in pool.sources for pool in pools)]
    if len(sharing) > 1:
        numbers = _shared(f"(FROM {rows} WHERE source IN ({_list(sharing)}))", number, sharing)
        found += [f"SELECT {day} FROM {rows} SEMI JOIN ({numbers}) USING ({number})"]
    return " UNION ALL ".join(found)


def _shared(rows: str, key: str, sources: Sequence[str]) -> str:
    """SQL: the keys that several sources have, some of them twice.

    Sources come by size: what the largest shares with the others is cheaper to look up than to count.
    """
    largest = _text(sources[0])
    others = f"(SELECT {key}, source FROM {rows} WHERE source <> {largest})"
    found = f"SELECT {key} FROM (FROM {rows} WHERE source = {largest}) SEMI JOIN {others} USING ({key})"
    if len(sources) > 2:
        found += f" UNION ALL SELECT {key} FROM {others} GROUP BY ALL HAVING min(source) <> max(source)"
    return found


def number_pools(connection: Connection, *, by: int | None = None) -> list[Pool]:
    """Which sources share numbers, by stretches of days: as told by then, by either side, and through others."""
    told = connection.execute(
        f"SELECT source, shares_with, known_from FROM ops.number_pools WHERE {stored_by()} "
        "ORDER BY known_from, stored_no",
        {"by": by},
    ).fetchall()
    days = sorted({day for _, _, day in told})
    declared: dict[str, list[str]] = {}
    found: list[Pool] = []
    for since, until in pairwise([*days, date(9999, 12, 31)]):
        declared |= {source: others for source, others, day in told if day == since}
        found += [Pool(pool, since, until) for pool in _connected(declared)]
    return found


def system_of(connection: Connection, source: str, *, day: date, by: int | None = None) -> str:
    """SQL: the system that a source (any SQL) belongs to as told by a day: itself, or those it shares numbers with."""
    pools = [pool for pool in number_pools(connection, by=by) if pool.since <= day < pool.until]
    cases = [
        f"WHEN {source} = {_text(one)} THEN {_text(' + '.join(pool.sources))}"
        for pool in pools
        for one in pool.sources
    ]
    return f"CASE {' '.join(cases)} ELSE {source} END" if cases else source


def _connected(declared: dict[str, list[str]]) -> Iterator[tuple[str, ...]]:
    left = {frozenset({source, *others}) for source, others in declared.items() if others}
    while left:
        pool, joined = left.pop(), True
        while joined:
            joined = {one for one in left if one & pool}
            left -= joined
            pool = pool.union(*joined)
        yield tuple(sorted(pool))


def _finding_rows(rows: str, sources: Sequence[str], pools: Collection[Pool]) -> str:
    """The SQL of ``findings``: only reports of the days to look at are, all others pass as they are."""
    day, is_table = ", ".join(_SAME_DAY), rows.replace(".", "_").isidentifier()
    # A table is read where it stands; what has to be computed, once.
    steps, rows = ([], rows) if is_table else ([f"told AS MATERIALIZED (FROM {rows})"], "told")
    steps += [
        f"days AS MATERIALIZED ({_days(rows, sources, pools)})",
        f"near AS MATERIALIZED (SELECT {_WITH_REPORTS} FROM {rows} SEMI JOIN days USING ({day}))",
    ]
    of, system = "near", "source"
    if pools:
        steps += [f"in_pools AS ({_in_pools(of, pools)})"]
        steps += _merged("numbered", "in_pools", ("system", "enterprise_id", "violation_id"), "source")
        of, system = "numbered", "system"
    steps += _merged("found", of, _SAME_DAY, system, says=_SAYS)
    return (
        f"(WITH {', '.join(steps)} SELECT {_WITH_REPORTS} FROM {rows} ANTI JOIN days USING ({day}) "
        f"UNION ALL BY NAME SELECT * {'EXCLUDE (system) ' if pools else ''}FROM found)"
    )


_SAME_DAY = ("enterprise_id", "occurred_on")
_WITH_REPORTS = "*, [source || '/' || violation_id] AS reports"


def _in_pools(rows: str, pools: Collection[Pool]) -> str:
    """Reports with their system; those of sources that ever share numbers cut where their pool changes."""
    days = sorted({date.min, date.max, *(day for pool in pools for day in (pool.since, pool.until))})
    sharing = sorted({source for pool in pools for source in pool.sources})
    cells = [
        (source, since, until, next((one.sources for one in pools if one.holds(source, since)), (source,)))
        for source in sharing
        for since, until in pairwise(days)
    ]
    values = ", ".join(
        f"({_text(source)}, DATE '{since}', DATE '{until}', {_text(' + '.join(system))})"
        for source, since, until, system in cells
    )
    return f"""
        SELECT r.* REPLACE (greatest(r.known_from, s.since) AS known_from, least(r.known_to, s.until) AS known_to),
               s.system
        FROM {rows} r JOIN (VALUES {values}) s(source, since, until, system) USING (source)
        WHERE r.known_from < s.until AND r.known_to > s.since
        UNION ALL BY NAME
        SELECT *, source AS system FROM {rows} WHERE source NOT IN ({", ".join(map(_text, sharing))})"""


def _list(values: Collection[str]) -> str:
    return ", ".join(map(_text, values))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


# ---- what is said, so that it can be compared ------------------------------------------------------------------


def _plain_forms() -> dict[str, str]:
    """Letters, digits and signs that are another one in another width or shape (NFKC), one for one."""
    forms = {chr(point): unicodedata.normalize("NFKC", chr(point)) for point in range(0x80, 0x10000)}
    return {
        one: plain
        for one, plain in forms.items()
        if plain != one and len(plain) == 1 and unicodedata.category(plain)[0] in "LNS"
    }


_PLAIN = _plain_forms()
_SHAPED = "[" + "".join(_PLAIN) + "]"


def _said() -> str:
    """SQL: the description as it is compared; empty where it says nothing.

    A sign between two digits stays: 1.5 is not 15.
    """
    whole = (
        f"translate(nfc_normalize(description), {_text(''.join(_PLAIN))}, {_text(''.join(_PLAIN.values()))})"
    )
    shaped = f"CASE WHEN regexp_matches(description, '{_SHAPED}') THEN {whole} ELSE description END"
    numbers = rf"regexp_replace(lower({shaped}), '(\d)\p{{P}}(\d)', '\1|\2', 'g')"
    return rf"regexp_replace({numbers}, '[\p{{P}}\p{{Z}}\p{{C}}]', '', 'g')"


_SAYS = (
    f"CASE WHEN said <> '' AND said NOT IN ({_list(NO_TEXT.split())}) THEN 'says ' || said "
    "WHEN item_code <> '' THEN 'item ' || item_code END"
)


# ---- one row of several ----------------------------------------------------------------------------------------


def _rank(column: str, ranks: Collection[str]) -> str:
    return f"list_position([{_list(ranks)}], {column})"


_GRAVITY, _MEASURE = _rank("severity", SEVERITIES), _rank("disposal", tuple(DISPOSAL.keys))
_PLANNED = "bool_and(plan_approved_on IS NOT NULL AND plan_until IS NOT NULL) OVER whole"
_GRAVEST = {
    "occurred_on": "max(occurred_on) OVER whole",
    "severity": f"arg_max(severity, {_GRAVITY}) OVER whole",
    "is_major_hazard": "bool_or(is_major_hazard) OVER whole",
    "quantity": "max(quantity) OVER whole",
    "rectify_due_on": "min(rectify_due_on) OVER whole",
    "rectified_on": "CASE WHEN bool_and(rectified_on IS NOT NULL) OVER whole THEN max(rectified_on) OVER whole END",
    "disposal": f"arg_max(disposal, {_MEASURE}) OVER whole",
    "penalty_unit": "max(penalty_unit) OVER whole",
    "penalty_person": "max(penalty_person) OVER whole",
    "decided_on": "max(decided_on) OVER whole",
    "plan_approved_on": f"CASE WHEN {_PLANNED} THEN max(plan_approved_on) OVER whole END",
    "plan_until": f"CASE WHEN {_PLANNED} THEN min(plan_until) OVER whole END",
    "recorded_at": "min(recorded_at) OVER whole",
    "withdrawn_on": "NULL::DATE",
    "known_from": "since",
    "known_to": "until",
    "reports": "list_sort(flatten(list(reports) OVER whole))",
}
"""What a finding says: the gravest that any of its reports says.  All else is said by its first report."""
_CONTENT = (
    "severity, is_major_hazard, quantity, rectify_due_on, rectified_on, plan_approved_on, plan_until, penalty_unit, "
    "penalty_person, item_code"
)
_GRAVEST_FIRST = f"""is_major_hazard DESC, {_GRAVITY} DESC, quantity DESC, rectified_on DESC NULLS FIRST,
    rectify_due_on NULLS LAST, plan_approved_on DESC NULLS FIRST, plan_until NULLS FIRST, penalty_unit DESC NULLS LAST,
    penalty_person DESC NULLS LAST, item_code, inspection_id, source, violation_id"""
_FIRST_REPORT = "item_code IS NULL, inspection_id IS NULL, source, violation_id"


def _merged(name: str, rows: str, key: tuple[str, ...], member: str, *, says: str = "''") -> list[str]:
    """Steps that end in ``name``: rows of one key, saying the same, of different members, are one row.

    They are cut into stretches of knowledge, in each of which the n-th of every member are one.
    """
    keys = ", ".join(key)
    ends = "least(known_to, coalesce(withdrawn_on, known_to))"
    gravest = ", ".join(f"{of} AS {column}" for column, of in _GRAVEST.items())
    return [
        f"{name}_said AS MATERIALIZED (SELECT * EXCLUDE (said), {says} AS says, {ends} AS ends "
        f"FROM (SELECT *, {_said()} AS said FROM {rows}))",
        f"{name}_alike AS MATERIALIZED (SELECT {keys}, says, row_number() OVER () AS finding FROM {name}_said "
        f"WHERE says IS NOT NULL AND ends > known_from GROUP BY {keys}, says HAVING min({member}) <> max({member}))",
        f"{name}_marked AS MATERIALIZED (SELECT s.*, a.finding FROM {name}_said s "
        f"LEFT JOIN {name}_alike a USING ({keys}, says))",
        f"{name}_days AS (SELECT DISTINCT finding, unnest([known_from, ends]) AS day FROM {name}_marked "
        "WHERE finding IS NOT NULL AND ends > known_from)",
        f"{name}_stretches AS (SELECT finding, day AS since, lead(day) OVER (PARTITION BY finding ORDER BY day) "
        f"AS until FROM {name}_days)",
        f"{name}_cut AS (SELECT m.*, s.since, s.until, row_number() OVER (PARTITION BY finding, s.since, {member}, "
        f"{_CONTENT} ORDER BY inspection_id, source, violation_id) AS again FROM {name}_marked m "
        f"JOIN {name}_stretches s USING (finding) WHERE m.known_from <= s.since AND m.ends >= s.until)",
        f"{name}_shown AS (SELECT *, count(*) OVER (PARTITION BY finding, since, {_CONTENT}, again) AS said_by "
        f"FROM {name}_cut)",
        f"{name}_ranked AS (SELECT * EXCLUDE (again, said_by), row_number() OVER (PARTITION BY finding, since, "
        f"{member} ORDER BY said_by DESC, {_GRAVEST_FIRST}) AS nth FROM {name}_shown)",
        f"""{name} AS MATERIALIZED (
            SELECT * EXCLUDE (says, ends, finding) FROM {name}_marked WHERE finding IS NULL OR ends <= known_from
            UNION ALL BY NAME
            SELECT * EXCLUDE (says, ends, finding, since, until, nth) REPLACE ({gravest}) FROM {name}_ranked
            WINDOW whole AS (PARTITION BY finding, since, nth)
            QUALIFY row_number() OVER (PARTITION BY finding, since, nth ORDER BY {_FIRST_REPORT}) = 1)""",
    ]
