"""What calendars are told: the visits of the plan as appointments, and what earlier plans told that holds no more."""

from dataclasses import asdict
from datetime import date

from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows
from warehouse.questions.area import EVERYWHERE, Area, within
from warehouse.questions.plan import LEVEL_ORDER
from warehouse.questions.visits import ANYBODY, Sent, is_sent, visits

_APPOINTMENTS = f"""
WITH mine AS (
    SELECT a.*, count(*) OVER (PARTITION BY a.visit_id) > 1 AS was_moved FROM plan.appointments a
    WHERE {within("a")} AND {is_sent("a")}),
asked AS (SELECT DISTINCT visit_id FROM mine WHERE planned_on BETWEEN $first AND $last),
last_told AS (
    FROM mine SEMI JOIN asked USING (visit_id)
    QUALIFY row_number() OVER (PARTITION BY visit_id ORDER BY told_from DESC) = 1),
judged AS (SELECT *, coalesce(planned_on > told_to, false) AS is_cancelled FROM last_told)
SELECT j.visit_id, j.enterprise_id, e.name, e.division AS place, j.planned_on, j.level, j.division, j.crew_id,
       j.quarter_days, j.begins_after, j.told_to IS NULL AS stands, j.is_cancelled,
       CASE WHEN j.is_cancelled THEN j.told_to ELSE j.told_from END AS changed_on, j.because
FROM judged j LEFT JOIN core.enterprises e USING (enterprise_id)
-- A visit whose day has come and that left the plan since is over: only who was told another day must hear of it.
WHERE j.told_to IS NULL OR j.is_cancelled OR j.was_moved
ORDER BY j.planned_on, {LEVEL_ORDER.replace("level", "j.level")}, j.division, j.crew_id, j.begins_after, j.visit_id
"""


def appointments(
    connection: Connection, first: date, last: date, area: Area = EVERYWHERE, sent: Sent = ANYBODY
) -> list[Row]:
    """One row per visit that the plan in force, or one of the last ``KEPT_DAYS``, told for some days and people.

    Of a visit that stands all that ``visits`` tells.  ``is_cancelled``: its day is still to come, and it is not made
    then, or not by those asked for.  ``changed_on``: first plan that told it so; with every change it rises.
    """
    told = rows(
        connection,
        _APPOINTMENTS,
        {**area.arguments, **asdict(sent), "first": first, "last": last},
    )
    days = [row["planned_on"] for row in told if row["stands"]]
    found = visits(connection, min(days), max(days), area, sent) if days else []
    whole = {row["visit_id"]: row for row in found}
    return [{**whole.get(row["visit_id"], {}), **row} for row in told]


def people(connection: Connection) -> dict[str, str]:
    """Names by number of all officers that the plan in force, or one of the last ``KEPT_DAYS``, sends."""
    found = """
    SELECT DISTINCT unnest(officers) AS officer_id, unnest(names) AS name FROM plan.appointments ORDER BY ALL
    """
    return {row["officer_id"]: row["name"] for row in rows(connection, found)}
