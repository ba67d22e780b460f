"""Questions about visits: the queue, the visits of a day, their officers and their check items."""

from dataclasses import asdict, dataclass
from datetime import date

from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows
from warehouse.questions.area import EVERYWHERE, Area, in_district, within
from warehouse.questions.codes import main_reasons
from warehouse.questions.disputes import with_contested
from warehouse.questions.plan import LEVEL_ORDER

_IS_ASKED = f"""
    ($level IS NULL OR q.level = $level) AND {in_district("e")}
      AND ($channel IS NULL OR list_contains(q.channels, $channel))
      AND ($state IS NULL OR q.state = $state)
      AND ($team IS NULL OR contains(lower(q.crew_id), lower($team)))
      AND ($due_by IS NULL OR q.due_on <= $due_by)
      AND ($code IS NULL OR q.code = $code)
      AND ($text IS NULL OR contains(lower(e.name), lower($text)) OR upper(q.enterprise_id) = upper($text))
"""
INSPECTION_QUEUE = f"""
WITH asked AS (
    SELECT q.*, e.name, e.division AS place, e.sector, e.status, r.red_since, r.is_due_provisional
    FROM serve.inspection_queue q
    JOIN core.enterprises e USING (enterprise_id)
    LEFT JOIN serve.red_queue r USING (enterprise_id)
    WHERE {_IS_ASKED}
    ORDER BY q.rank LIMIT $most OFFSET $skip
),
reasons AS ({main_reasons("c.enterprise_id IN (SELECT enterprise_id FROM asked)")}),
checks AS (
    SELECT visit_id, list(coalesce(item_code || ' ', '') || title_zh ORDER BY rank)[:3] AS to_check
    FROM plan.visit_checks WHERE visit_id IN (SELECT visit_id FROM asked) GROUP BY visit_id
)
SELECT asked.*, coalesce(reasons.reasons, []) AS reasons, coalesce(checks.to_check, []) AS to_check
FROM asked LEFT JOIN reasons USING (enterprise_id) LEFT JOIN checks USING (visit_id)
ORDER BY asked.rank
"""


@dataclass(frozen=True)
class Asked:
    """Which visits of the queue are asked for; ``skip``: how many of them come before the first that is told."""

    channel: str | None = None
    state: str | None = None
    team: str | None = None
    due_by: date | None = None
    limit: int | None = None
    code: str | None = None
    text: str | None = None
    skip: int = 0

    @property
    def arguments(self) -> Row:
        """Arguments of the condition, in SQL."""
        names = ("channel", "state", "team", "due_by", "code", "text")
        return {name: getattr(self, name) for name in names}


def inspection_queue(
    connection: Connection, area: Area = EVERYWHERE, asked: Asked | None = None
) -> list[Row]:
    """One row per visit, in order of precedence, with score, main reasons and what to check.

    The district is that of the enterprise; ``channel`` is found among all reasons of a visit, ``team`` anywhere in
    the name of a crew, ``text`` in that of the enterprise; or it is its id.
    """
    asked = asked or Asked()
    paged = {"most": asked.limit or 2**31, "skip": asked.skip}
    found = rows(connection, INSPECTION_QUEUE, {**area.arguments, **asked.arguments, **paged})
    return with_contested(connection, found)


def queue_length(connection: Connection, area: Area = EVERYWHERE, asked: Asked | None = None) -> int:
    """How many visits ``inspection_queue`` would tell, were it not limited."""
    counted = f"""
    SELECT count(*) AS visits FROM serve.inspection_queue q JOIN core.enterprises e USING (enterprise_id)
    WHERE {_IS_ASKED}
    """
    found = rows(connection, counted, {**area.arguments, **(asked or Asked()).arguments})
    return found[0]["visits"]


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


_TO_FIRM = """
SELECT v.visit_id, v.enterprise_id, v.planned_on, v.level, v.division, v.crew_id, v.officers, v.state, v.channel,
       v.channels, v.mode, v.due_on, v.is_overdue, v.form
FROM plan.visits v WHERE v.enterprise_id = $id
ORDER BY v.planned_on NULLS LAST, v.due_on NULLS LAST, v.visit_id
"""


def visits_to(connection: Connection, enterprise_id: str) -> list[Row]:
    """Visits of the plan to one enterprise, by whomever, the next one first; ``officers`` by number only."""
    return rows(connection, _TO_FIRM, {"id": enterprise_id})


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
