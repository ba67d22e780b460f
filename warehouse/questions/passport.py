"""Everything the published copy knows about the code of one enterprise, as one dictionary."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from models.vocabulary import CODE_KEYS
from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows
from warehouse.questions import codes as queries

OPEN = date(9999, 12, 31)
"""``valid_to`` of what lasts until something new is learnt."""


def passport(connection: Connection, enterprise_id: str) -> Row:
    """One enterprise: the explanation of its code (``queries.explanation``) and how the code moves in time.

    Days are dates, points whole numbers; ``valid_to`` is exclusive and 9999-12-31 while open.  Added keys:
    ``since`` (day from which the code was shown without a break), ``cut_offs`` (least score of blue, yellow, red),
    ``reasons[].after`` and ``coming`` (later points of the factors that give points now, and of the others),
    ``facts`` (what the facts alone say, by stretches of days; ``reason``: title of what decides), ``forecast`` (codes
    if nothing new is learnt; ``facts_since``: first day of the facts that let the code get better), ``ways`` and
    ``near_red`` (``None`` where the copy was published before they were computed), ``history[].causes``.
    Raises WarehouseError when the published copy does not know the enterprise.
    """
    found = queries.explanation(connection, enterprise_id)
    known, mine = _tables(connection), {"id": found["enterprise_id"]}

    def ask(table: str, query: str) -> list[Row] | None:
        return rows(connection, query, mine) if table in known else None

    facts = ask("risk.steps", _FACTS) or []
    after = _after(ask("risk.point_steps", _POINT_STEPS) or [])
    scored = {reason["factor"] for reason in found["reasons"]}
    return {
        **found,
        "since": since(found["history"], found["as_of"]),
        "cut_offs": dict(
            connection.execute("SELECT code, least FROM risk.cut_offs ORDER BY least").fetchall()
        ),
        "reasons": [{**reason, "after": after.get(reason["factor"], [])} for reason in found["reasons"]],
        "coming": _coming(ask("risk.point_steps", _TITLES) or [], after, scored),
        "facts": facts,
        "forecast": _with_facts_since(ask("risk.forecast", _FORECAST) or [], facts),
        "ways": ask("risk.ways", _WAYS),
        "near_red": ask("risk.near_red", _NEAR_RED),
        "history": _with_causes(found["history"], ask("risk.change_reasons", _CAUSES) or []),
    }


def since(history: Sequence[Mapping[str, Any]], as_of: date) -> date:
    """Day from which the code was shown without a break; the coded day where nothing was issued yet."""
    return next((row["valid_from"] for row in reversed(history) if row["valid_to"] == OPEN), as_of)


def rank(code: str) -> int:
    """Place of a code, GREEN 0 to RED 3."""
    return CODE_KEYS.index(code)


def _tables(connection: Connection) -> set[str]:
    found = rows(
        connection, "SELECT table_schema || '.' || table_name AS name FROM information_schema.tables"
    )
    return {row["name"] for row in found}


def _after(steps: list[Row]) -> dict[str, list[Row]]:
    """Later points of each factor, in order of time."""
    after: dict[str, list[Row]] = defaultdict(list)
    for step in steps:
        after[step["factor"]].append({"changes_on": step["changes_on"], "points": step["points"]})
    return after


def _coming(titles: list[Row], after: Mapping[str, list[Row]], scored: set[str]) -> list[Row]:
    """Factors that give no points now and will, the earliest first."""
    coming = [{**title, "after": after[title["factor"]]} for title in titles if title["factor"] not in scored]
    return sorted(coming, key=lambda one: one["after"][0]["changes_on"])


def _with_facts_since(forecast: list[Row], facts: list[Row]) -> list[Row]:
    """The forecast, with the first day of the better facts for each change to a better code."""
    told: list[Row] = [{**row, "facts_since": None} for row in forecast]
    for before, row in pairwise(told):
        if rank(row["code"]) < rank(before["code"]):
            row["facts_since"] = _better_since(facts, before["code"], row["valid_from"])
    return told


def _better_since(facts: list[Row], code: str, day: date) -> date | None:
    """First of the days up to ``day`` on all of which the facts said something better than ``code``."""
    first = None
    for stretch in reversed([one for one in facts if one["valid_from"] <= day]):
        if rank(stretch["code"]) >= rank(code):
            break
        first = stretch["valid_from"]
    return first


def _with_causes(history: list[Row], causes: list[Row]) -> list[Row]:
    """The history, each change with the difference of the explanations before and after it."""
    by_change: dict[tuple[Any, Any], list[Row]] = defaultdict(list)
    for cause in causes:
        change = cause.pop("valid_from"), cause.pop("issued_at")
        by_change[change].append(cause)
    return [{**row, "causes": by_change[row["valid_from"], row["issued_at"]]} for row in history]


_FACTS = """
SELECT t.valid_from, t.valid_to, t.code, t.score, t.is_provisional, t.decided_by, f.title_zh AS reason_zh,
       f.title_en AS reason_en
FROM risk.steps t LEFT JOIN risk.factors f ON f.factor = t.decided_by
WHERE t.enterprise_id = $id ORDER BY t.valid_from
"""
_FORECAST = """
SELECT t.valid_from, t.valid_to, t.code, t.score, t.decided_by, f.title_zh AS reason_zh, f.title_en AS reason_en
FROM risk.forecast t LEFT JOIN risk.factors f ON f.factor = t.decided_by
WHERE t.enterprise_id = $id ORDER BY t.valid_from
"""
_POINT_STEPS = """
SELECT factor, changes_on, points FROM risk.point_steps WHERE enterprise_id = $id ORDER BY changes_on, factor
"""
_TITLES = """
SELECT DISTINCT f.factor, f.title_zh, f.title_en FROM risk.point_steps JOIN risk.factors f USING (factor)
WHERE enterprise_id = $id ORDER BY f.factor
"""
_WAYS = """
SELECT option, code, reached_on, is_searched, acts FROM risk.ways WHERE enterprise_id = $id ORDER BY option
"""
_NEAR_RED = "SELECT event, code FROM risk.near_red WHERE enterprise_id = $id ORDER BY event"
_CAUSES = """
SELECT r.valid_from, r.issued_at, r.cause, r.kind, r.factor, r.points_before, r.points_after, r.value_before,
       r.value_after, r.code, coalesce(f.title_zh, r.factor) AS title_zh, coalesce(f.title_en, r.factor) AS title_en
FROM risk.change_reasons r LEFT JOIN risk.factors f USING (factor)
WHERE r.enterprise_id = $id
ORDER BY r.valid_from, r.issued_at, r.kind = 'points',
         abs(coalesce(r.points_after, 0) - coalesce(r.points_before, 0)) DESC, r.factor
"""
