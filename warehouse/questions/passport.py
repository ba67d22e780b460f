"""Everything that is published about the code of one enterprise, as one dictionary, or of many at once.

It is said in SQL, set by set: the same query answers for one enterprise and makes the documents of all
(``warehouse.questions.documents``).
"""

from collections.abc import Mapping
from datetime import date

from models.errors import WarehouseError
from models.vocabulary import CODE_KEYS
from warehouse.database.frames import Connection
from warehouse.database.meta import FOREVER
from warehouse.database.reading import Row, rows
from warehouse.questions.disputes import AS_PUBLISHED, contested_marks

OPEN = date(9999, 12, 31)
"""``valid_to`` of what lasts until something new is learnt."""


def passport(connection: Connection, enterprise_id: str) -> Row:
    """One enterprise: its register row and code, all reasons with wording and reference, and how the code moves.

    Days are dates, points whole numbers; ``valid_to`` is exclusive and 9999-12-31 while open.  Keys that say more than
    a table: ``since`` (day from which the code was shown without a break; the coded day where nothing was issued yet),
    ``cut_offs`` (least score of blue, yellow, red), ``reasons[].after`` and ``coming`` (later points of the factors
    that give points now, and of the others, the earliest first), ``facts`` (what the facts alone say, by stretches of
    days; ``reason``: title of what decides), ``forecast`` (codes if nothing new is learnt; ``facts_since``: first of
    the days on all of which the facts say something better than the code before), ``history[].causes`` (the
    difference of the explanations before and after a change).
    Raises WarehouseError when the published copy does not know the enterprise.
    """
    found = rows(connection, passports(), {"ids": [enterprise_id]})
    if not found:
        raise _not_found(connection, enterprise_id)
    return found[0]


def rank(code: str) -> int:
    """Place of a code, GREEN 0 to RED 3."""
    return CODE_KEYS.index(code)


def passports(of: Mapping[str, str] = AS_PUBLISHED) -> str:
    """SQL: the passports of the enterprises ``$ids``, one row each, in no order."""
    parts = ",\n".join(f"{name} AS ({query})" for name, query in _PARTS.items())
    lists = [name.removeprefix("told_") for name in _PARTS if name.startswith("told_")]
    return f"""
WITH asked AS (SELECT unnest($ids::VARCHAR[]) AS enterprise_id),
register AS (FROM ({of["core.enterprises"]}) WHERE {_ASKED}),
objecting AS (FROM ({of["dispute.open"]}) WHERE {_ASKED}),
marks AS ({contested_marks("objecting")}),
{parts}
SELECT c.*, e.name, e.division, e.sector, e.enforcing_level, e.status, marks.* EXCLUDE (enterprise_id),
       {", ".join(f"coalesce({name}, []) AS {name}" for name in lists)},
       coalesce(shown_since, c.as_of) AS since, (SELECT cut_offs FROM cut) AS cut_offs
FROM (FROM risk.codes WHERE {_ASKED}) c JOIN register e USING (enterprise_id)
LEFT JOIN marks USING (enterprise_id)
{" ".join(f"LEFT JOIN told_{name} USING (enterprise_id)" for name in lists)}
"""


_ASKED = "enterprise_id IN (SELECT enterprise_id FROM asked)"


def _titled(table: str) -> str:
    """SQL: stretches of days of a table with the wording of what decides."""
    return f"""
SELECT t.*, f.title_zh AS reason_zh, f.title_en AS reason_en
FROM {table} t LEFT JOIN risk.factors f ON f.factor = t.decided_by WHERE t.{_ASKED}
"""


def _packed(columns: str) -> str:
    """SQL: columns of a row as one value."""
    return f"struct_pack({', '.join(f'{column} := {column}' for column in columns.split())})"


def _listed(name: str, columns: str, rows_of: str, order: str, also: str = "") -> str:
    """SQL: rows as one list for each enterprise, and ``also`` what else is told of all of them."""
    return f"""
SELECT enterprise_id, list({_packed(columns)} ORDER BY {order}) AS {name}{also} FROM {rows_of} GROUP BY enterprise_id
"""


_PARTS = {
    "cut": """
SELECT coalesce(map_from_entries(list((code, least) ORDER BY least)), MAP {}) AS cut_offs FROM risk.cut_offs
""",
    "later": f"""
SELECT enterprise_id, factor, list({{'changes_on': changes_on, 'points': points}} ORDER BY changes_on) AS after
FROM risk.point_steps WHERE {_ASKED} GROUP BY ALL
""",
    "explained": f"""
SELECT r.*, f.* EXCLUDE (factor, kind), coalesce(later.after, []) AS after
FROM risk.explanations r JOIN risk.factors f USING (factor) LEFT JOIN later USING (enterprise_id, factor)
WHERE r.{_ASKED}
""",
    "told_reasons": _listed(
        "reasons",
        "rank kind factor value points code expires_on title_zh title_en clearing_zh clearing_en check_zh check_en "
        "basis reference after",
        "explained",
        "rank",
    ),
    "told_coming": _listed(
        "coming",
        "factor title_zh title_en after",
        "(FROM later JOIN risk.factors USING (factor) ANTI JOIN explained USING (enterprise_id, factor))",
        "after[1].changes_on, factor",
    ),
    "told_objections": """
SELECT enterprise_id, list(o ORDER BY decide_by, objection_id) AS objections FROM objecting o GROUP BY enterprise_id
""",
    "told_open_findings": _listed(
        "open_findings",
        "source violation_id item_code description severity is_major_hazard occurred_on rectify_due_on is_overdue "
        "reports",
        f"(FROM serve.open_findings WHERE {_ASKED})",
        "is_major_hazard DESC, rectify_due_on NULLS LAST, violation_id, source",
    ),
    "caused": f"""
SELECT enterprise_id, valid_from, issued_at, list({
        _packed(
            "cause kind factor points_before points_after value_before value_after code title_zh title_en"
        )
    } ORDER BY kind = 'points', abs(coalesce(points_after, 0) - coalesce(points_before, 0)) DESC, factor, cause
) AS causes
FROM (SELECT r.*, coalesce(f.title_zh, r.factor) AS title_zh, coalesce(f.title_en, r.factor) AS title_en
      FROM risk.change_reasons r LEFT JOIN risk.factors f USING (factor) WHERE r.{_ASKED})
GROUP BY ALL
""",
    "issued": f"""
SELECT h.*, coalesce(causes, []) AS causes FROM risk.code_history h
LEFT JOIN caused USING (enterprise_id, valid_from, issued_at) WHERE h.{_ASKED}
""",
    "told_history": _listed(
        "history",
        "valid_from valid_to code previous_code score decided_by issued_at causes",
        "issued",
        "valid_from, issued_at",
        also=f", max(valid_from) FILTER (valid_to = {FOREVER}) AS shown_since",
    ),
    "told_foretold": _listed(
        "foretold",
        "label probability low high base_rate wording_zh wording_en card_id",
        f"(FROM risk.probabilities WHERE {_ASKED})",
        "label",
    ),
    "told_facts": _listed(
        "facts",
        "valid_from valid_to code score is_provisional decided_by reason_zh reason_en",
        f"({_titled('risk.steps')})",
        "valid_from",
    ),
    # Changes to a better code, with the code before, and the facts by then that were no better than that.
    "bettering": f"""
SELECT enterprise_id, valid_from, lag(code) OVER of_firm AS before FROM risk.forecast WHERE {_ASKED}
WINDOW of_firm AS (PARTITION BY enterprise_id ORDER BY valid_from)
QUALIFY list_position({[*CODE_KEYS]}, code) < list_position({[*CODE_KEYS]}, before)
""",
    "stretches": f"SELECT enterprise_id, valid_from, code FROM risk.steps WHERE {_ASKED}",
    "unbettered": f"""
SELECT b.enterprise_id, b.valid_from, max(s.valid_from) AS last FROM bettering b JOIN stretches s USING (enterprise_id)
WHERE s.valid_from <= b.valid_from AND list_position({[*CODE_KEYS]}, s.code) >= list_position({[*CODE_KEYS]}, b.before)
GROUP BY ALL
""",
    "bettered": """
SELECT b.enterprise_id, b.valid_from, min(s.valid_from) AS facts_since
FROM bettering b LEFT JOIN unbettered u USING (enterprise_id, valid_from) JOIN stretches s USING (enterprise_id)
WHERE s.valid_from <= b.valid_from AND (u.last IS NULL OR s.valid_from > u.last) GROUP BY ALL
""",
    "told_forecast": _listed(
        "forecast",
        "valid_from valid_to code score decided_by reason_zh reason_en facts_since",
        f"(FROM ({_titled('risk.forecast')}) LEFT JOIN bettered USING (enterprise_id, valid_from))",
        "valid_from",
    ),
    "told_ways": _listed(
        "ways",
        "option code reached_on is_searched acts",
        f"(FROM risk.ways WHERE {_ASKED})",
        "option",
    ),
    "told_near_red": _listed("near_red", "event code", f"(FROM risk.near_red WHERE {_ASKED})", "event"),
}
"""SQL of what a passport is made of, each part by those before it; ``told_<name>`` is the list of that name."""


def _not_found(connection: Connection, enterprise_id: str) -> WarehouseError:
    near = rows(
        connection,
        """
        SELECT enterprise_id, name FROM core.enterprises
        WHERE contains(name, $id) OR jaro_winkler_similarity(enterprise_id, $id) > 0.93
        ORDER BY contains(name, $id) DESC, enterprise_id LIMIT 3
        """,
        {"id": enterprise_id},
    )
    hint = "; ".join(f"{row['enterprise_id']} {row['name']}" for row in near)
    if hint:
        return WarehouseError(
            "No enterprise '{enterprise_id}' has a published code. Did you mean: {hint}?",
            enterprise_id=enterprise_id,
            hint=hint,
        )
    return WarehouseError(
        "No enterprise '{enterprise_id}' has a published code. Check the id, or list them: "
        "./riskcode codes --list",
        enterprise_id=enterprise_id,
    )
