"""Visits as the plans told them, so that a calendar can take back what it was told (``plan.appointments``)."""

from datetime import date, timedelta

from warehouse.database.frames import Connection

KEPT_DAYS = 60
"""How long it is remembered what was told otherwise.  A plan reaches two months ahead at most, so by then the days
that were told are over, and somebody who fills a calendar once a week has seen it long since."""

_NOW = """
WITH sent AS (
    SELECT visit_id, list(officer_id ORDER BY officer_id) AS officers,
           list(coalesce(name, officer_id) ORDER BY officer_id) AS names
    FROM plan.assignments GROUP BY visit_id)
SELECT v.visit_id, v.enterprise_id, v.state, v.planned_on, v.level, v.division, v.crew_id,
       coalesce(s.officers, []) AS officers, coalesce(s.names, []) AS names, v.quarter_days::BIGINT AS quarter_days,
       coalesce(sum(v.quarter_days) OVER (
           PARTITION BY v.planned_on, v.level, v.division, v.crew_id ORDER BY v.stop, v.visit_id
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::BIGINT AS begins_after
FROM plan.visits v LEFT JOIN sent s USING (visit_id) WHERE v.state IN ('scheduled', 'awaiting')
"""

_KEEP = f"""
CREATE OR REPLACE TABLE plan.appointments AS
WITH now AS ({_NOW}),
before AS (
    -- A plan of this very day that is made again finds what the day before left.
    SELECT * REPLACE (CASE WHEN told_to < $as_of THEN told_to END AS told_to,
                      CASE WHEN told_to < $as_of THEN because END AS because)
    FROM plan.appointments WHERE told_from < $as_of),
stands AS (
    SELECT b.visit_id FROM before b JOIN now n USING (visit_id)
    -- A day that has come stays as it was told: who of its crew has reported since moves nobody's hour.
    WHERE b.told_to IS NULL AND (n.state = 'awaiting' OR (
          b.planned_on = n.planned_on AND b.level = n.level AND b.division IS NOT DISTINCT FROM n.division
          AND b.crew_id = n.crew_id AND b.officers = n.officers AND b.quarter_days = n.quarter_days
          AND b.begins_after = n.begins_after)))
SELECT b.* REPLACE (
           CASE WHEN b.told_to IS NULL AND s.visit_id IS NULL THEN $as_of::DATE ELSE b.told_to END AS told_to,
           CASE WHEN b.told_to IS NULL AND s.visit_id IS NULL THEN c.because ELSE b.because END AS because)
FROM before b LEFT JOIN stands s USING (visit_id)
LEFT JOIN (SELECT visit_id, any_value(because) AS because FROM plan.changes GROUP BY visit_id) c USING (visit_id)
WHERE b.told_to IS NULL OR b.told_to > $since
UNION ALL BY NAME
SELECT n.* EXCLUDE (state), $as_of::DATE AS told_from, NULL::DATE AS told_to, NULL::VARCHAR AS because
FROM now n ANTI JOIN stands s USING (visit_id) ORDER BY visit_id, told_from
"""


def keep_appointments(connection: Connection, as_of: date) -> None:
    """Bring ``plan.appointments`` up to the plan of a day, whose visits, people and changes are written.

    A plan of the same day may be made again; none is made for a day before the one planned last.
    """
    connection.execute(_KEEP, {"as_of": as_of, "since": as_of - timedelta(days=KEPT_DAYS)})
