"""What to check at every visit of a plan: the findings of the enterprise, and what the catalogue asks of its trade."""

import polars as pl

from models.errors import PolicyGapError
from models.planning.demand.checklist import checklist
from models.planning.situation import Situation
from models.policy.check_items import load_catalogue
from warehouse.coding.coding import Coding
from warehouse.database.findings import findings
from warehouse.database.frames import Connection, append, replace_table, shown_as
from warehouse.database.validity import standing

MOST_CHECKS = 15
"""Things to check at a visit that is no full coverage; open findings are never cut off."""
CHECKED_AT_ONCE = 20_000
"""Visits whose checklists, two dozen rows with their words each, are held in memory."""
_STILL_OPEN = """
SELECT * REPLACE (concat_ws(' ', description, CASE WHEN len(reports) > 1
                  THEN '(' || array_to_string(reports, ', ') || ')' END) AS description)
FROM serve.open_findings SEMI JOIN visited USING (enterprise_id)
"""
_PAST = f"""
CREATE OR REPLACE TEMP TABLE past AS
SELECT enterprise_id, item_code, count(DISTINCT coalesce(inspection_id, violation_id)) AS times,
       max(occurred_on) AS last_on
FROM {{findings}} v
WHERE {standing("v")} AND v.occurred_on <= $as_of AND v.item_code IS NOT NULL
  AND v.enterprise_id IN (SELECT enterprise_id FROM plan.visits)
GROUP BY ALL
"""
_HISTORY = "FROM past SEMI JOIN visited USING (enterprise_id) ORDER BY ALL"


def write_checks(connection: Connection, visits: pl.DataFrame, now: Situation, coding: Coding) -> None:
    """``plan.visit_checks``: what to check at every visit of the plan, made of some visits after others."""
    firms = now.firms.select("enterprise_id", "sector", "industry")
    asked = visits.join(firms, on="enterprise_id", how="left", maintain_order="left").select(
        "visit_id", "enterprise_id", "sector", "industry", "channels", "mode"
    )
    try:
        items = load_catalogue().on(coding.as_of)
    except PolicyGapError:
        # Archives reach further back than the catalogue; what is open at a firm is known all the same.
        items = ()
    days = {"as_of": coding.as_of, "known_at": coding.known_at}
    connection.execute(_PAST.format(findings=findings(connection)), days)
    for at in range(0, max(1, asked.height), CHECKED_AT_ONCE):
        some = asked[at : at + CHECKED_AT_ONCE]
        with shown_as(connection, "visited", some.select("enterprise_id").unique()):
            still_open = connection.sql(_STILL_OPEN).pl()
            history = connection.sql(_HISTORY).pl()
        checks = checklist(some, still_open, history, items, most=MOST_CHECKS)
        put = append if at else replace_table
        put(connection, "plan.visit_checks", checks.with_columns(as_of=pl.lit(coding.as_of)))
    connection.execute("DROP TABLE temp.past")
