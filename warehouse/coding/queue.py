"""The red queue: RED enterprises with their due days, and their open findings."""

import polars as pl

from models.planning.demand.due import settled_red
from models.planning.demand.red_queue import build_red_queue
from models.tables.canonical import TABLES
from warehouse.coding.coding import Coding
from warehouse.coding.extract import rows_to_read
from warehouse.coding.rows import among_coded, put, require_day
from warehouse.database.frames import Connection, log, replace_table
from warehouse.database.meta import value
from warehouse.database.validity import open_finding, standing


def compute_red_queue(connection: Connection, coding: Coding) -> int:
    """``serve.red_queue``: every RED enterprise, ranked."""
    log.info("building the red queue")
    require_day(connection, "risk.codes", coding)
    arguments = {"as_of": coding.as_of, "known_at": coding.known_at}
    red = connection.sql(_RED_SINCE, params={"as_of": coding.as_of}).pl()
    visits = connection.sql(_VISITS_OF_RED.format(among=among_coded(coding, "i")), params=arguments).pl()
    visited = settled_red(red, visits, coding.policy.planning)
    if coding.only is not None:
        require_day(connection, "serve.red_queue", coding)
        others = connection.sql(_VISITED_BEFORE.format(among=among_coded(coding))).pl()
        visited = pl.concat([visited, others])
    queue = build_red_queue(red, visited, as_of=coding.as_of, policy=coding.policy.queue)
    return replace_table(connection, "serve.red_queue", queue.with_columns(as_of=pl.lit(coding.as_of)))


def compute_open_findings(connection: Connection, coding: Coding) -> int:
    """``serve.open_findings``: what to check at an enterprise.  Returns their number."""
    arguments = {"as_of": coding.as_of, "known_at": coding.known_at}
    found = rows_to_read(connection, TABLES["violations"], coding.extract)
    query = _OPEN_FINDINGS.format(findings=found)
    if coding.only is not None:
        return put(connection, "serve.open_findings", connection.sql(query, params=arguments).pl(), coding)
    connection.execute(f"CREATE OR REPLACE TABLE serve.open_findings AS {query}", arguments)
    return int(value(connection, "SELECT count(*) FROM serve.open_findings"))


# Since when a RED code was issued without a break; the coded day itself counts where it begins on it.
_RED_SINCE = """
WITH issued AS (
    SELECT enterprise_id, code, valid_from, valid_to FROM risk.code_history
    WHERE valid_from < $as_of AND valid_to > valid_from
)
SELECT c.enterprise_id,
       coalesce((SELECT min(h.valid_from) FROM issued h
                 WHERE h.enterprise_id = c.enterprise_id
                   AND h.valid_from >= coalesce((SELECT max(least(o.valid_to, $as_of)) FROM issued o
                                                 WHERE o.enterprise_id = c.enterprise_id AND o.code <> 'red'),
                                                DATE '0001-01-01')), $as_of::DATE) AS red_since,
       c.score, c.decided_by, f.status
FROM risk.codes c JOIN risk.features f USING (enterprise_id) WHERE c.code = 'red' ORDER BY c.enterprise_id
"""


FIRST_KNOWN = """
SELECT enterprise_id, source, inspection_id, min(known_from) AS known_on FROM core.inspections
WHERE enterprise_id IN (SELECT enterprise_id FROM risk.codes WHERE code = 'red') GROUP BY ALL
"""
"""Visits of RED enterprises with the day each was first on record as one of theirs; nobody asks it of the others."""

_VISITS_OF_RED = f"""
SELECT i.enterprise_id, i.inspected_on, i.kind, i.mode, i.result, i.departments, first.known_on
FROM core.inspections i LEFT JOIN ({FIRST_KNOWN}) first USING (enterprise_id, source, inspection_id)
WHERE i.enterprise_id IN (SELECT enterprise_id FROM risk.codes WHERE code = 'red')
  AND i.inspected_on <= $as_of AND {standing("i")} AND {{among}}
"""

_VISITED_BEFORE = """
SELECT enterprise_id, visited_on FROM serve.red_queue WHERE visited_on IS NOT NULL AND NOT ({among})
"""
"""What was found of the enterprises that are not coded anew."""


_OPEN_FINDINGS = f"""
SELECT v.enterprise_id, v.source, v.violation_id, v.item_code, v.description, v.location, v.severity, v.is_major_hazard,
       v.occurred_on, v.rectify_due_on, v.rectify_due_on < $as_of::DATE AS is_overdue, v.reports
FROM {{findings}} v
WHERE {standing("v")} AND v.occurred_on <= $as_of AND {open_finding("v")}
  AND (v.is_major_hazard OR v.rectify_due_on IS NOT NULL)
ORDER BY v.enterprise_id, v.is_major_hazard DESC, v.rectify_due_on, v.violation_id
"""
