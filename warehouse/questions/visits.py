"""Questions about visits: the queue, the visits of a day, their officers and their check items."""

from dataclasses import asdict, dataclass
from datetime import date

from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows
from warehouse.questions.area import EVERYWHERE, Area, in_district, within
from warehouse.questions.codes import main_reasons
from warehouse.questions.disputes import with_contested
from warehouse.questions.plan import LEVEL_ORDER

INSPECTION_QUEUE = f"""
WITH asked AS (
    SELECT q.*, e.name, e.division AS place, e.sector, e.status, r.red_since, r.is_due_provisional
    FROM serve.inspection_queue q
    JOIN core.enterprises e USING (enterprise_id)
    LEFT JOIN serve.red_queue r USING (enterprise_id)
    WHERE ($level IS NULL OR q.level = $level) AND {in_district("e")}
      AND ($channel IS NULL OR list_contains(q.channels, $channel))
      AND ($state IS NULL OR q.state = $state)
      AND ($team IS NULL OR contains(lower(q.crew_id), lower($team)))
      AND ($due_by IS NULL OR q.due_on <= $due_by)
    ORDER BY q.rank LIMIT $most
),
reasons AS ({main_reasons("c.enterprise_id IN (SELECT enterprise_id FROM asked)")}),
checks AS (
    SELECT visit_id, list(coalesce(item_code || ' ', '') || title_zh ORDER BY rank)[:3] AS to_check
    FROM plan.visit_checks GROUP BY visit_id
)
SELECT asked.*, coalesce(reasons.reasons, []) AS reasons, coalesce(checks.to_check, []) AS to_check
FROM asked LEFT JOIN reasons USING (enterprise_id) LEFT JOIN checks USING (visit_id)
ORDER BY asked.rank
"""


@dataclass(frozen=True)
class Asked:
    """Which visits of the queue are asked for."""

    channel: str | None = None
    state: str | None = None
    team: str | None = None
    due_by: date | None = None
    limit: int | None = None


def inspection_queue(
    connection: Connection, area: Area = EVERYWHERE, asked: Asked | None = None
) -> list[Row]:
    """One row per visit, in order of precedence, with score, main reasons and what to check.

    The district is that of the enterprise; ``channel`` is found among all reasons of a visit, ``team`` anywhere in
    the name of a crew.
    """
    asked = asked or Asked()
    told = {"channel": asked.channel, "state": asked.state, "team": asked.team, "due_by": asked.due_by}
    found = rows(connection, INSPECTION_QUEUE, {**area.arguments, **told, "most": asked.limit or 2**31})
    return with_contested(connection, found)


def is_sent(alias: str) -> str:
    """SQL: those asked for go to the visit."""
    return f"""($team IS NULL OR contains(lower({alias}.crew_id), lower($team)))
  AND ($officer IS NULL OR list_contains({alias}.officers, $officer))"""


_VISITS = f"""
SELECT v.visit_id, v.planned_on, v.file_by, v.level, v.division, v.crew_id, v.stop, v.state, v.enterprise_id, e.name,
       e.division AS place, e.address, k.contact, k.phone, e.sector, e.longitude, e.latitude, c.code, c.score,
       v.channel, v.channels, v.mode, v.quarter_days, v.due_on, v.is_overdue, v.form, v.draw_id, v.as_of
FROM plan.visits v JOIN core.enterprises e USING (enterprise_id) LEFT JOIN risk.codes c USING (enterprise_id)
LEFT JOIN plan.contacts k USING (enterprise_id)
WHERE v.planned_on BETWEEN $first AND $last AND v.state IN ('scheduled', 'awaiting') AND {within("v")}
  AND {is_sent("v")}
ORDER BY v.planned_on, {LEVEL_ORDER.replace("level", "v.level")}, v.division, v.crew_id, v.stop, v.visit_id
"""


@dataclass(frozen=True)
class Sent:
    """Who goes: a part of the name of a crew, the number of an officer, both, or anybody."""

    team: str | None = None
    officer: str | None = None


ANYBODY = Sent()


def visits(
    connection: Connection, first: date, last: date, area: Area = EVERYWHERE, sent: Sent = ANYBODY
) -> list[Row]:
    """Planned visits of some days in the order in which crews make them, with people and all that is to be checked."""
    arguments = {**area.arguments, **asdict(sent), "first": first, "last": last}
    found = rows(connection, _VISITS, arguments)
    people = _by_visit(connection, _PEOPLE, found)
    checks = _by_visit(connection, _CHECKS, found)
    return [
        {**row, "officers": people.get(row["visit_id"], []), "checks": checks.get(row["visit_id"], [])}
        for row in found
    ]


_PEOPLE = """
SELECT visit_id, officer_id, name, role FROM plan.assignments WHERE list_contains($ids, visit_id)
ORDER BY role, officer_id
"""


_CHECKS = """
SELECT c.visit_id, c.item_code, c.title_zh, c.title_en, c.look_zh, c.look_en, c.why, c.violation_id, c.reference,
       c.is_major, f.description, f.location, f.occurred_on, f.rectify_due_on
FROM plan.visit_checks c LEFT JOIN serve.open_findings f USING (source, violation_id)
WHERE list_contains($ids, c.visit_id) ORDER BY c.visit_id, c.rank
"""


def _by_visit(connection: Connection, query: str, visits: list[Row]) -> dict[str, list[Row]]:
    """Rows of a query by visit, for the visits given."""
    grouped: dict[str, list[Row]] = {}
    for row in rows(connection, query, {"ids": [visit["visit_id"] for visit in visits]}):
        grouped.setdefault(row.pop("visit_id"), []).append(row)
    return grouped


def planned_days(connection: Connection, area: Area = EVERYWHERE, sent: Sent = ANYBODY) -> list[date]:
    """Days with visits, first to last."""
    found = f"""
    SELECT DISTINCT planned_on AS day FROM plan.visits v WHERE planned_on IS NOT NULL AND {within("v")}
    AND {is_sent("v")} ORDER BY 1
    """
    return [row["day"] for row in rows(connection, found, {**area.arguments, **asdict(sent)})]


def teams(connection: Connection, area: Area = EVERYWHERE) -> list[str]:
    """Names of the crews that have visits, and of those that had some which calendars still take back."""
    found = f"SELECT DISTINCT crew_id FROM plan.appointments a WHERE {within('a')} ORDER BY 1"
    return [row["crew_id"] for row in rows(connection, found, area.arguments)]
