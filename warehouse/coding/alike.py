"""Findings of one enterprise and day that two systems report and that may be the same: for a person to see."""

from models.tables.canonical import TABLES
from warehouse.coding.coding import Coding
from warehouse.coding.extract import rows_to_read
from warehouse.coding.rows import put
from warehouse.database.findings import may_repeat, system_of
from warehouse.database.frames import Connection, log
from warehouse.database.validity import standing

_TABLE = "serve.alike_findings"


def compute_alike(connection: Connection, coding: Coding) -> int:
    """``serve.alike_findings``: findings that count twice and perhaps should not.  Returns their number."""
    log.info("looking for findings that may be reported twice")
    if not may_repeat(connection, by=coding.stored_by):
        found = connection.sql(f"FROM {_TABLE} LIMIT 0").pl()
    else:
        query = _ALIKE.format(
            findings=rows_to_read(connection, TABLES["violations"], coding.extract),
            system=system_of(connection, "one", day=coding.known_at, by=coding.stored_by),
        )
        found = connection.sql(query, params={"as_of": coding.as_of, "known_at": coding.known_at}).pl()
    return put(connection, _TABLE, found, coding)


# Of two systems that report the same number of findings, all alike, every one has its counterpart and none is left.
_ALIKE = f"""
WITH told AS MATERIALIZED (
    SELECT *, list_transform(reports, lambda one: split_part(one, '/', 1)) AS sources FROM {{findings}}
    WHERE {standing()} AND occurred_on <= $as_of),
near AS MATERIALIZED (
    SELECT *, list_transform(sources, lambda one: {{system}}) AS systems FROM told SEMI JOIN (
        SELECT enterprise_id, occurred_on FROM told GROUP BY ALL HAVING min(sources) <> max(sources)
    ) USING (enterprise_id, occurred_on))
SELECT enterprise_id, occurred_on, source, violation_id, item_code, description, severity, is_major_hazard, reports,
       $as_of::DATE AS as_of
FROM near n WHERE EXISTS (
    SELECT 1 FROM near o WHERE o.enterprise_id = n.enterprise_id AND o.occurred_on = n.occurred_on
    AND NOT list_has_any(o.systems, n.systems))
ORDER BY enterprise_id, occurred_on, source, violation_id
"""
