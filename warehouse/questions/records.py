"""Questions about what is on record of an enterprise: visits, findings, and what a source delivered and was refused."""

from collections.abc import Sequence

from models.tables.canonical import TABLES
from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows
from warehouse.database.validity import known, standing
from warehouse.questions.disputes import OPEN


def _contested(table: str) -> str:
    """SQL: data of a table that open objections are about."""
    return f"""(
        SELECT source, datum_id, min(decide_by) AS contested_until, bool_or(is_decisive) AS contested_decisive
        FROM ({OPEN}) WHERE table_name = '{table}' GROUP BY source, datum_id) c"""


VISITS = f"""
SELECT i.enterprise_id, i.source, i.inspection_id, i.visit_id, i.inspected_on, i.recorded_at, i.kind, i.mode, i.level,
       i.departments, i.officers, i.result, i.filed_on, c.contested_until, c.contested_decisive
FROM core.inspections i LEFT JOIN {_contested("inspections")} ON c.source = i.source AND c.datum_id = i.inspection_id
WHERE {standing("i")}
ORDER BY i.enterprise_id, i.inspected_on DESC, i.source, i.inspection_id
"""
"""SQL: visits that stand, as known on a day, the latest of each enterprise first."""

FINDINGS = f"""
SELECT v.enterprise_id, v.source, v.violation_id, v.inspection_id, v.occurred_on, v.recorded_at, v.item_code,
       v.description, v.location, v.severity, v.is_major_hazard, v.quantity, v.rectify_due_on, v.rectified_on,
       v.disposal, v.department, v.plan_until, c.contested_until, c.contested_decisive
FROM core.violations v LEFT JOIN {_contested("violations")} ON c.source = v.source AND c.datum_id = v.violation_id
WHERE {standing("v")}
ORDER BY v.enterprise_id, v.occurred_on DESC, v.source, v.violation_id
"""
"""SQL: findings that stand, likewise."""

OFFICERS = f"""
SELECT officer_id, name, level, division, role, certified_until, left_on FROM core.officers o
WHERE {known("o")} ORDER BY officer_id
"""
"""SQL: who may be sent, as the register has it."""

RECUSALS = f"""
SELECT DISTINCT enterprise_id, officer_id FROM core.conflicts c
WHERE {known("c")} AND (ended_on IS NULL OR ended_on > $known_at) ORDER BY enterprise_id, officer_id
"""
"""SQL: who stays away from whom, by a declaration that has not ended."""


def visits_of(connection: Connection, enterprise_id: str, *, limit: int | None = None) -> list[Row]:
    """Past visits to an enterprise, the latest first (``serve.enterprise_visits``)."""
    return _of(
        connection,
        "serve.enterprise_visits",
        "inspected_on DESC, source, inspection_id",
        enterprise_id,
        limit,
    )


def findings_of(connection: Connection, enterprise_id: str, *, limit: int | None = None) -> list[Row]:
    """Past findings at an enterprise, open or not, the latest first (``serve.enterprise_findings``)."""
    return _of(
        connection,
        "serve.enterprise_findings",
        "occurred_on DESC, source, violation_id",
        enterprise_id,
        limit,
    )


def _of(connection: Connection, table: str, order: str, enterprise_id: str, limit: int | None) -> list[Row]:
    asked = {"id": enterprise_id, "most": limit or 2**31}
    return rows(connection, f"FROM {table} WHERE enterprise_id = $id ORDER BY {order} LIMIT $most", asked)


def refused_numbers(connection: Connection, source: str) -> set[str]:
    """Numbers of the rows of a source that were refused and still are, whatever their table."""
    told = {"keys": [f"$.{table.key[-1]}" for table in TABLES.values()], "source": source}
    found = rows(
        connection,
        """
        SELECT DISTINCT unnest(json_extract_string(content, $keys::VARCHAR[])) AS number FROM raw.rejected_rows
        WHERE source = $source AND state = 'open' AND json_valid(content)
        """,
        told,
    )
    return {row["number"] for row in found if row["number"]}


def refusals_of(connection: Connection, source: str, table: str, numbers: Sequence[str]) -> list[Row]:
    """Refused rows of a source that still stand, by the number they were delivered with (``number``).

    For sources whose files carry canonical headers, as the desk's.  ``rules``: what for, as a list; ``state``: waiting
    (for its visit, its enterprise or its day) or open.
    """
    number = f"json_extract_string(content, '$.{TABLES[table].key[-1]}')"
    return rows(
        connection,
        f"""
        SELECT {number} AS number, table_name, string_split(rules, ', ') AS rules, cells, state, refused_on, file, line
        FROM raw.rejected_rows
        WHERE source = $source AND table_name = $table AND state IN ('open', 'waiting')
          AND json_valid(content) AND list_contains($numbers::VARCHAR[], {number})
        ORDER BY number, refused_on, file, line
        """,
        {"source": source, "table": table, "numbers": list(numbers)},
    )
