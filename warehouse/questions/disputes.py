"""Named questions about objections and overrides, in the manner of ``warehouse.questions.codes``."""

from collections.abc import Sequence
from datetime import date

from models.errors import DisputeError
from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows
from warehouse.database.validity import counted_visit, standing
from warehouse.questions.area import EVERYWHERE, Area, in_district

OPEN = """
SELECT o.objection_id, o.enterprise_id, o.table_name, o.source, o.datum_id, o.filed_on, o.decide_by, o.is_provisional,
       o.is_decisive, o.decide_by < $known_at AS is_overdue
FROM dispute.objections o ANTI JOIN dispute.decisions d USING (objection_id)
ORDER BY o.objection_id
"""
"""SQL: every open objection, and whether its clock had run out on a day."""

AS_PUBLISHED = {name: f"FROM {name}" for name in ("core.enterprises", "dispute.open")}
"""Tables that the warehouse holds in another form than the published copy, and SQL for the rows that are told."""

CONTESTED = ("contested_until", "contested_decisive", "contested_overdue")
"""Columns of the mark: last day to decide, whether the code hangs on it, whether that day is past; else empty."""


def with_contested(connection: Connection, found: Sequence[Row]) -> list[Row]:
    """Rows about enterprises, each with the mark of its open objection: of several the one due first."""
    blank: Row = dict.fromkeys(CONTESTED)
    marks = {row.pop("enterprise_id"): row for row in rows(connection, contested_marks())}
    return [{**row, **marks.get(row["enterprise_id"], blank)} for row in found]


def contested_marks(objecting: str = "dispute.open") -> str:
    """SQL: the marks of the enterprises that open objections are about."""
    return f"""
    SELECT enterprise_id, min(decide_by) AS contested_until, bool_or(is_decisive) AS contested_decisive,
           bool_or(is_overdue) AS contested_overdue
    FROM {objecting} GROUP BY enterprise_id
    """


_OBJECTIONS = f"""
SELECT o.objection_id, o.enterprise_id, e.name, o.filed_on, o.filed_by, o.filer, o.table_name, o.source, o.datum_id,
       o.asked, o.grounds, o.known_on, o.file_by, o.late_reason, o.new_evidence, o.earlier_id, o.as_of, o.code,
       o.code_if_upheld, o.is_decisive, o.decide_by, o.is_provisional, coalesce(d.outcome, 'open') AS state,
       d.outcome IS NULL AND o.decide_by < $day AS is_overdue, d.decided_on, d.decided_by, d.reasons, d.remedy,
       d.changes, d.override_id, d.involved_as, d.in_time
FROM dispute.objections o
LEFT JOIN dispute.decisions d USING (objection_id)
LEFT JOIN core.enterprises e ON e.enterprise_id = o.enterprise_id
WHERE ($id IS NULL OR o.objection_id = $id) AND ($enterprise IS NULL OR o.enterprise_id = $enterprise)
  AND {in_district("e")}
  AND ($state IS NULL OR coalesce(d.outcome, 'open') = $state)
ORDER BY d.outcome IS NOT NULL, CASE WHEN d.outcome IS NULL THEN o.decide_by END, o.objection_id DESC
"""


def objections(
    connection: Connection,
    *,
    day: date,
    enterprise_id: str | None = None,
    state: str | None = None,
    objection_id: str | None = None,
    area: Area = EVERYWHERE,
) -> list[Row]:
    """Objections with their decisions, open ones first, those due first before others.

    ``state``: open, upheld, rejected or withdrawn_by_filer.  ``day``: that clocks are read on.  ``area``: where their
    enterprises lie.
    """
    asked = {"id": objection_id, "enterprise": enterprise_id, "state": state, "day": day}
    return rows(connection, _OBJECTIONS, asked | {"districts": area.arguments["districts"]})


def objection(connection: Connection, objection_id: str, *, day: date) -> Row:
    """One objection with its decision.  Raises DisputeError when there is none of that number."""
    found = objections(connection, day=day, objection_id=objection_id)
    if not found:
        raise DisputeError(
            "There is no objection '{objection_id}'. See ./riskcode objection list", objection_id=objection_id
        )
    return found[0]


def overrides(
    connection: Connection,
    *,
    enterprise_id: str | None = None,
    override_id: str | None = None,
    area: Area = EVERYWHERE,
) -> list[Row]:
    """Every override, the newest first, with what came to light since and the verdict on it."""
    # The rules of disputes bring Polars, which other questions do without.
    from models.disputes import judge_override

    found = rows(
        connection,
        "SELECT o.*, e.name FROM dispute.overrides o LEFT JOIN core.enterprises e USING (enterprise_id) "
        "WHERE ($id IS NULL OR o.enterprise_id = $id) AND ($number IS NULL OR o.override_id = $number) "
        f"AND {in_district('e')} ORDER BY o.override_id DESC",
        {"id": enterprise_id, "number": override_id, "districts": area.arguments["districts"]},
    )
    return [
        {
            **row,
            "verdict": judge_override(
                code_before=row["code_before"],
                code=row["code"],
                has_adverse=row["adverse_on"] is not None,
                visits=row["visits"],
                is_over=bool(row["is_over"]),
            ),
        }
        for row in found
    ]


EVIDENCE = f"""
SELECT o.*,
       least(
           (SELECT min(v.occurred_on) FROM core.violations v
            WHERE v.enterprise_id = o.enterprise_id AND v.occurred_on BETWEEN o.first_day AND o.judged_on
              AND (v.is_major_hazard OR v.severity IN ('serious', 'critical')) AND {standing("v")}),
           (SELECT min(a.occurred_on) FROM core.accidents a
            WHERE a.enterprise_id = o.enterprise_id AND a.occurred_on BETWEEN o.first_day AND o.judged_on
              AND {standing("a")})) AS adverse_on,
       (SELECT count(*) FROM core.inspections i
        WHERE i.enterprise_id = o.enterprise_id AND i.inspected_on BETWEEN o.first_day AND o.judged_on
          AND {counted_visit("i")} AND {standing("i")}) AS visits,
       o.judged_on < $known_at AS is_over, $known_at::DATE AS known_at
FROM dispute.overrides o ORDER BY o.override_id
"""
"""SQL: every override with what came to light since its first day, as known on a day: the first bad day
(``adverse_on``: a serious finding, a major hazard, an accident), counted visits, whether its look-back is over."""
