"""What delivered records and filings make of the plan before: visits that are done, and visits whose record is awaited.

A record that names a visit of the plan is the record of that one or of none; which visit any other record is that of,
its day must tell.
"""

from datetime import timedelta

from models.planning.crews.filed import CANCELLED
from models.planning.situation import blank_or_holding
from models.policy import PlanningPolicy
from warehouse.coding.coding import Coding
from warehouse.database.frames import Connection, named_in
from warehouse.database.validity import counted_visit, inspection, standing
from warehouse.planning.appointments import KEPT_DAYS

_IS_OWN = "regexp_matches(coalesce(i.departments, ''), $own)"
"""As ``models.planning.situation.by_own`` says it."""

_SAYS_SO = """
CASE WHEN item_id LIKE 'red%' THEN list_contains($red, i.kind)
     WHEN item_id LIKE 'annual_full:%' THEN list_contains($annual, i.kind)
     WHEN item_id LIKE 'hazard_source:%' THEN list_contains($hazard, i.kind) ELSE true END
"""
"""What is owed as an inspection of a kind is done by a record that says that it was one."""

_RECORDED = f"""
CREATE OR REPLACE TEMP TABLE recorded AS
WITH pairs AS (
    SELECT v.visit_id, v.enterprise_id, v.item_ids, v.made_on, i.inspected_on, i.source, i.inspection_id, i.kind,
           ({counted_visit("i")}) AS is_counted, i.visit_id IS NULL AS is_guessed,
           row_number() OVER (PARTITION BY i.source, i.inspection_id
                              ORDER BY abs(v.planned_on - i.inspected_on), v.rank, v.visit_id) AS nearest
    FROM plan.former_visits v JOIN core.inspections i ON i.enterprise_id = v.enterprise_id
    WHERE i.inspected_on > v.made_on AND i.inspected_on <= $as_of
      AND CASE WHEN i.visit_id IS NULL
          THEN v.state IN ('scheduled', 'awaiting') AND i.inspected_on >= v.opens_on
               AND abs(v.planned_on - i.inspected_on) <= $near
          ELSE i.visit_id = v.visit_id END
      AND {standing("i")} AND {_IS_OWN}
      AND {inspection("i")} AND (i.mode = 'on_site' OR v.mode = 'off_site')
      AND NOT EXISTS (FROM plan.done_items d WHERE d.source = i.source AND d.inspection_id = i.inspection_id
                      AND d.visit_id <> v.visit_id))
SELECT visit_id, enterprise_id, item_ids, made_on, inspected_on, source, inspection_id, kind, is_counted
FROM pairs WHERE nearest = 1
QUALIFY row_number() OVER (PARTITION BY visit_id ORDER BY NOT is_counted, is_guessed, inspected_on, source,
                                                         inspection_id) = 1
"""
"""One record is that of one visit, the one that it names or else the one planned nearest to its day, and of none that
was planned for another: not on a later night either, when the visit that it was is settled and gone."""

_UNSETTLED = f"""
DELETE FROM plan.done_items d WHERE NOT EXISTS (
    FROM core.inspections i WHERE i.source = d.source AND i.inspection_id = d.inspection_id
    AND {standing("i")} AND {_IS_OWN} AND {counted_visit("i")} AND {_SAYS_SO}
    AND (i.visit_id IS NULL OR i.visit_id = d.visit_id))
"""
"""A record that was withdrawn or corrected into something else, or into that of another visit, settles nothing more."""

_DONE = f"""
INSERT INTO plan.done_items BY NAME
SELECT i.enterprise_id, i.item_id, i.visit_id, i.inspected_on, $as_of::DATE AS settled_on, i.source, i.inspection_id
FROM (SELECT * EXCLUDE (item_ids), unnest(item_ids) AS item_id FROM recorded WHERE is_counted) i
ANTI JOIN plan.done_items d ON d.visit_id = i.visit_id AND d.item_id = i.item_id
WHERE {_SAYS_SO}
"""

_AWAITING = f"""
CREATE OR REPLACE TABLE plan.awaiting AS
SELECT * REPLACE ('awaiting' AS state, 'kept' AS change) FROM plan.former_visits v
WHERE v.state IN ('scheduled', 'awaiting') AND v.planned_on <= $as_of AND v.planned_on > $since
  AND v.visit_id NOT IN (SELECT visit_id FROM recorded)
  AND (v.visit_id, v.enterprise_id) NOT IN (
      SELECT (visit_id, enterprise_id) FROM core.filings f WHERE {standing("f")} AND visit_id IS NOT NULL
      GROUP BY visit_id, enterprise_id
      HAVING coalesce(max(planned_on) FILTER (state <> '{CANCELLED}') > $as_of, true))
"""
"""Not those that were called off, or filed for a day still to come."""

_NAMED = f"""
CREATE OR REPLACE TABLE plan.named_records AS
WITH told AS (
    SELECT visit_id, enterprise_id FROM plan.former_visits UNION SELECT visit_id, enterprise_id FROM plan.appointments
    UNION SELECT visit_id, enterprise_id FROM plan.done_items)
SELECT i.source, i.inspection_id, i.enterprise_id, i.visit_id, i.inspected_on,
       CASE WHEN EXISTS (FROM plan.done_items d WHERE d.source = i.source AND d.inspection_id = i.inspection_id
                         AND d.visit_id = i.visit_id) THEN 'settles'
            WHEN t.visit_id IS NOT NULL THEN 'leaves_open' ELSE 'unknown_visit' END AS state,
       $as_of::DATE AS as_of
FROM core.inspections i LEFT JOIN told t ON t.visit_id = i.visit_id AND t.enterprise_id = i.enterprise_id
WHERE i.visit_id IS NOT NULL AND {standing("i")} AND i.inspected_on <= $as_of AND i.inspected_on > $told_since
ORDER BY i.source, i.inspection_id
"""
"""A visit that no plan told of this enterprise is settled by nothing, and no other one in its place."""


def settle(connection: Connection, coding: Coding, policy: PlanningPolicy) -> None:
    """Items whose visit was made are done; visits whose day has come wait for their record for some days.

    Until then nobody is sent a second time.
    """
    arguments = {
        "own": blank_or_holding(policy.own_departments),
        "red": list(policy.red_satisfied_by),
        "annual": list(policy.annual_satisfied_by),
        "hazard": policy.hazard_source.satisfied_by,
        "known_at": coding.known_at,
        "as_of": coding.as_of,
        "near": policy.visiting.record_within_days,
    }
    for query in (_UNSETTLED, _RECORDED, _DONE):
        connection.execute(query, named_in(query, arguments))
    since = coding.as_of - timedelta(days=policy.visiting.record_within_days)
    arguments |= {"since": since, "told_since": coding.as_of - timedelta(days=KEPT_DAYS)}
    for query in (_AWAITING, _NAMED):
        connection.execute(query, named_in(query, arguments))
