"""Reading what the planner knows: codes, visits on record, open findings, alerts, people, and the plan before."""

from datetime import date, timedelta

import polars as pl

from models.planning import situation as shape
from models.planning.situation import Situation
from warehouse.coding.coding import Coding
from warehouse.coding.queue import FIRST_KNOWN
from warehouse.database.frames import Connection, named_in
from warehouse.database.validity import known, standing

LOOK_BACK_DAYS = 3 * 366
"""How far back visits are read: recusal needs the last one, caps and floors this year's."""

QUERIES: dict[str, str] = {
    "firms": f"""
        WITH expected AS (
            SELECT enterprise_id, round(1e6 * max(probability))::BIGINT AS millionths FROM risk.probabilities
            WHERE label = 'serious_finding' GROUP BY enterprise_id)
        SELECT c.enterprise_id, f.sector, e.industry, f.division, f.enforcing_level AS level, f.standardisation,
               f.status, c.code, c.is_provisional, q.red_since,
               greatest(coalesce(expected.millionths, c.score), 0)::BIGINT AS value,
               coalesce(f.repeat_items, 0)::BIGINT AS repeat_items,
               f.major_hazard_source::BIGINT AS major_hazard_source, source.source_since, e.longitude, e.latitude
        FROM risk.codes c JOIN risk.features f USING (enterprise_id)
        LEFT JOIN serve.red_queue q USING (enterprise_id)
        LEFT JOIN expected USING (enterprise_id)
        LEFT JOIN (SELECT enterprise_id, min(known_from) AS source_since FROM core.enterprises
                   WHERE major_hazard_source > 0 GROUP BY enterprise_id) source USING (enterprise_id)
        LEFT JOIN (SELECT enterprise_id, industry, longitude, latitude FROM core.enterprises e WHERE {known("e")}) e
               USING (enterprise_id)
        ORDER BY c.enterprise_id""",
    "inspections": f"""
        SELECT i.enterprise_id, inspected_on, kind, mode, level, result, officers, departments, first.known_on
        FROM core.inspections i LEFT JOIN ({FIRST_KNOWN}) first
             USING (enterprise_id, source, inspection_id)
        WHERE {standing("i")} AND inspected_on <= $as_of AND inspected_on > $since
        UNION ALL
        -- Taken for made until their record is overdue; for caps, gaps and recusal they count already.
        SELECT enterprise_id, planned_on, CASE WHEN channel LIKE 'red%' THEN 'special'
               WHEN channel IN ('immediate', 'recheck') THEN channel ELSE 'other' END, mode, level, 'unknown',
               array_to_string(officers, ';'), NULL, NULL FROM plan.awaiting
        ORDER BY ALL""",
    "findings": """
        SELECT enterprise_id, source, violation_id, rectify_due_on, is_major_hazard FROM serve.open_findings
        ORDER BY enterprise_id, source, violation_id""",
    "alerts": f"""
        SELECT enterprise_id, source, alert_id, kind, level, raised_at::DATE AS raised_on,
               -- A complaint is open until it is answered.
               coalesce(closed_at, CASE WHEN kind IN ('complaint', 'transfer') THEN acknowledged_at END)::DATE
                   AS closed_on
        FROM core.alerts a WHERE {standing("a")} AND NOT is_false_alarm AND raised_at::DATE <= $as_of
          AND (raised_at::DATE > $recent OR closed_at IS NULL) ORDER BY enterprise_id, source, alert_id""",
    "accidents": f"""
        SELECT enterprise_id, source, accident_id, occurred_on,
               (SELECT min(b.known_from) FROM core.accidents b WHERE b.source = a.source
                AND b.accident_id = a.accident_id) AS known_on
        FROM core.accidents a
        WHERE {standing("a")} AND occurred_on <= $as_of AND occurred_on > $recent
        ORDER BY enterprise_id, source, accident_id""",
    "tasks": f"""
        SELECT enterprise_id, source, task_id, kind, department, opens_on, due_on, mode, closed_on
        FROM core.tasks t WHERE {known("t")} ORDER BY enterprise_id, source, task_id""",
    "officers": f"""
        SELECT officer_id, name, division, level, role, certified_until, left_on FROM core.officers o
        WHERE {known("o")} ORDER BY officer_id""",
    "absences": f"""
        SELECT officer_id, first_day, last_day FROM core.absences a WHERE {known("a")}
        ORDER BY officer_id, first_day, last_day""",
    "conflicts": f"""
        SELECT enterprise_id, officer_id FROM core.conflicts c
        WHERE {known("c")} AND (ended_on IS NULL OR ended_on > $as_of) ORDER BY enterprise_id, officer_id""",
    "contested": "SELECT DISTINCT enterprise_id FROM ops.contested_authorities ORDER BY ALL",
    "targets": "SELECT * FROM plan.targets ORDER BY enterprise_id, channel, month_on",
    "crews": """
        SELECT month_on, level, division, crew_id, officer_id, role, place FROM plan.crews
        ORDER BY month_on, level, division, place, officer_id""",
    "ties": "SELECT month_on, enterprise_id, crew_id FROM plan.ties ORDER BY month_on, enterprise_id",
    "previous": """
        SELECT visit_id, enterprise_id, item_ids, planned_on AS day, crew_id FROM plan.former_visits
        WHERE state = 'scheduled' ORDER BY visit_id""",
    "filings": f"""
        SELECT enterprise_id, visit_id, planned_on, state,
               list_sort(list_filter(list_transform(string_split_regex(officers, '[;；]'), lambda one: trim(one)),
                                     lambda one: one <> '')) AS officers
        FROM core.filings f WHERE {standing("f")} AND planned_on > $recent ORDER BY ALL""",
    "done": """
        SELECT enterprise_id, item_id FROM plan.done_items
        UNION SELECT enterprise_id, unnest(item_ids) FROM plan.awaiting ORDER BY ALL""",
}
"""What fills each frame of a situation."""

_FRAMES: dict[str, shape.Schema] = {name: getattr(shape, name.upper()) for name in QUERIES}

RECENT_DAYS = 366
"""How far back alerts, accidents and filings are read; the policy asks for less."""


def read_situation(connection: Connection, coding: Coding) -> Situation:
    """Everything known at the end of the coded day; the codes of that day must be in the warehouse."""
    arguments = {
        "as_of": coding.as_of,
        "known_at": coding.known_at,
        "since": coding.as_of - timedelta(days=LOOK_BACK_DAYS),
        "recent": coding.as_of - timedelta(days=RECENT_DAYS),
    }
    frames = {name: _read(connection, name, arguments) for name in QUERIES}
    return Situation(coding.as_of, **frames)


def read_people(connection: Connection, as_of: date, *, known_at: date) -> Situation:
    """Officers, absences and drawn crews as known on a day, and nothing else."""
    arguments = {"as_of": as_of, "known_at": known_at}
    frames = {name: _read(connection, name, arguments) for name in ("officers", "absences", "crews")}
    return Situation(as_of, firms=pl.DataFrame(schema=_FRAMES["firms"]), **frames)


def reread(connection: Connection, now: Situation, *names: str) -> Situation:
    """The same situation with some frames of the plan's own tables read again."""
    told = {name: getattr(now, name) for name in QUERIES}
    return Situation(now.as_of, **{**told, **{name: _read(connection, name, {}) for name in names}})


def _read(connection: Connection, name: str, arguments: dict[str, date]) -> pl.DataFrame:
    query = QUERIES[name]
    frame = connection.sql(query, params=named_in(query, arguments)).pl()
    schema = _FRAMES[name]
    return frame.select(pl.col(column).cast(kind) for column, kind in schema.items())
