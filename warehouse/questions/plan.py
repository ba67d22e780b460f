"""Named questions about the published plan, in the manner of ``warehouse.questions.codes``.

Every function takes an open read-only connection and gives rows as dictionaries.  ``level`` and ``division`` of a
plan's row are those of the authority that inspects; ``place`` is where the enterprise lies.
"""

from datetime import date
from typing import Any

from models.errors import WarehouseError
from models.messages import Message
from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows
from warehouse.questions.area import EVERYWHERE, Area, within


def horizon(connection: Connection) -> Row:
    """The plan as a whole: its day, first and last day planned, year; and what a plan needs, as far as it is there.

    ``firms``: of the register; ``people``: who may inspect; ``crews``: that go out on the days planned; ``due``
    visits, ``scheduled`` ones, and ``later``: enterprises meant for a later month of the year.
    """
    return rows(
        connection,
        """
        WITH days AS (SELECT max(as_of) AS as_of, min(day) AS first_on, max(day) AS last_on, year(min(day)) AS year,
                             coalesce(sum(crews), 0)::BIGINT AS crews FROM plan.capacity)
        SELECT as_of, first_on, last_on, year,
               (SELECT bool_or(rule = 'calendar') FROM plan.shortfalls) AS is_provisional,
               (SELECT count(*) FROM core.enterprises) AS firms,
               (SELECT coalesce(max(people), 0) FROM plan.budget) AS people,
               crews,
               (SELECT count(*) FROM plan.visits) AS due,
               (SELECT count(*) FROM plan.visits WHERE planned_on IS NOT NULL) AS scheduled,
               (SELECT count(DISTINCT enterprise_id) FROM plan.targets WHERE month_on > last_on) AS later
        FROM days
        """,
    )[0]


def uncrewed(connection: Connection, area: Area = EVERYWHERE) -> list[Row]:
    """Authorities that have enterprises to visit this year and nobody to send, or no crew on the days planned."""
    found = f"""
    WITH days AS (SELECT level, division, sum(crews) AS crews FROM plan.capacity GROUP BY ALL)
    SELECT level, division FROM plan.budget b LEFT JOIN days d USING (level, division) WHERE {within("b")}
    GROUP BY level, division HAVING max(people) = 0 OR max(d.crews) = 0 ORDER BY {LEVEL_ORDER}, division
    """
    return rows(connection, found, area.arguments)


def divisions(connection: Connection) -> list[str]:
    """Divisions of the authorities that plan, without the city's own."""
    found = "SELECT DISTINCT division FROM plan.budget WHERE division <> '' ORDER BY 1"
    return [row["division"] for row in rows(connection, found)]


SCHEDULED = """
SELECT v.visit_id, v.enterprise_id, v.channel, v.channels, v.mode, v.level, v.division, v.crew_id, a.names
FROM plan.visits v
LEFT JOIN (SELECT visit_id, string_agg(name, ';' ORDER BY officer_id) AS names FROM plan.assignments
           WHERE planned_on = $day AND role = 'officer' GROUP BY visit_id) a USING (visit_id)
WHERE v.state = 'scheduled' AND v.planned_on = $day ORDER BY v.visit_id
"""
"""SQL: visits scheduled for a day, with the names of their officers, separated by ;"""


# ------------------------------------------------------------------------------------------------ year


def year_budget(connection: Connection, area: Area = EVERYWHERE) -> list[Row]:
    """Person-days of the months still to come by authority (150号): there are, asked for, short."""
    return rows(
        connection,
        f"""
        SELECT any_value(year) AS year, level, division, min(month_on) AS first_month, max(people) AS people,
               sum(working_days)::BIGINT AS working_days, {_sums("total_days", "other_days")},
               {_sums("non_enforcement_days", "inspection_days", "annual_full_days", "random_days")},
               {_sums("other_planned_days", "short_days")}
        FROM plan.budget b WHERE {within("b")}
        GROUP BY level, division ORDER BY {LEVEL_ORDER}, division
        """,
        area.arguments,
    )


def _sums(*names: str) -> str:
    return ", ".join(f"round(sum({name}), 2) AS {name}" for name in names)


LEVEL_ORDER = "list_position(['city', 'district', 'town'], level)"
FLOOR_COLUMNS = ("base", "required", "done", "planned", "short")


def floors(connection: Connection, area: Area = EVERYWHERE) -> list[Row]:
    """What must be reached this year: full coverage of the six sectors (P2) and the 30 % draw (P3)."""
    return rows(
        connection,
        f"SELECT level, division, channel, {', '.join(FLOOR_COLUMNS)} FROM plan.floors f "
        f"WHERE {within('f')} ORDER BY channel, {LEVEL_ORDER}, division",
        area.arguments,
    )


def draws(connection: Connection, area: Area = EVERYWHERE) -> list[Row]:
    """All draws with the sizes of their frame and result; nothing is drawn before it is revealed."""
    return rows(
        connection,
        f"""
        SELECT draw_id, kind, string_split(string_split(draw_id, '-')[2], '_')[1] AS channel, level, division, year,
               month_on, committed_on, is_revealed, roster_sha256, seed_sha256,
               coalesce(json_array_length(record::JSON, '$.frame'), json_array_length(record::JSON, '$.officers'))
                   ::BIGINT AS frame_size,
               coalesce(json_array_length(record::JSON, '$.result.crews'),
                        json_array_length(record::JSON, '$.result'))::BIGINT AS drawn
        FROM plan.draws d WHERE {within("d")}
        ORDER BY {LEVEL_ORDER}, division, kind, draw_id
        """,
        area.arguments,
    )


def draw_record(connection: Connection, draw_id: str) -> str:
    """The open record of a draw, as it is published.  Raises WarehouseError for an unknown one."""
    found = rows(connection, "SELECT record FROM plan.draws WHERE draw_id = $id", {"id": draw_id})
    if found:
        return str(found[0]["record"])
    near = rows(
        connection,
        "SELECT draw_id FROM plan.draws ORDER BY jaro_winkler_similarity(draw_id, $id) DESC, draw_id LIMIT 3",
        {"id": draw_id},
    )
    names = "; ".join(row["draw_id"] for row in near)
    hint = Message(" Did you mean: {names}?", {"names": names}) if near else ""
    raise WarehouseError(
        "No draw '{draw_id}' is published.{hint} All of them: ./riskcode draw list",
        draw_id=draw_id,
        hint=hint,
    )


# ----------------------------------------------------------------------------------------------- month


def month_list(connection: Connection, month: date | None, area: Area = EVERYWHERE) -> list[Row]:
    """The list that is published ahead (P5): who, by whom, of which kind; no days, officers or reasons."""
    return rows(
        connection,
        f"""
        SELECT m.month_on, m.level, m.division, m.enterprise_id, e.name, m.kind
        FROM serve.month_list m JOIN core.enterprises e USING (enterprise_id)
        WHERE ($month IS NULL OR m.month_on = $month) AND {within("m")}
        ORDER BY m.month_on, {LEVEL_ORDER.replace("level", "m.level")}, m.division, m.kind, m.enterprise_id
        """,
        {**area.arguments, "month": month},
    )


def listed_months(connection: Connection) -> list[date]:
    """First days of the months of which there is a list."""
    return [
        row["month_on"]
        for row in rows(connection, "SELECT DISTINCT month_on FROM serve.month_list ORDER BY 1")
    ]


def load(connection: Connection, area: Area = EVERYWHERE) -> list[Row]:
    """Person-days by level and day: there are, planned, and asked for without success (``short_days``).

    What is short is spread evenly over the working days on which it would have to be done.
    """
    return rows(
        connection,
        f"""
        WITH days AS (SELECT level, day, sum(person_days) AS person_days, sum(load_days) AS load_days,
                             sum(visits)::BIGINT AS visits
                      FROM plan.capacity c WHERE {within("c")} GROUP BY ALL),
             asked AS (SELECT visit_id, level, person_days, last_on,
                              coalesce((SELECT min(day) FROM days d WHERE d.level = s.level AND day >= s.first_on),
                                       (SELECT max(day) FROM days d WHERE d.level = s.level)) AS first_day
                       FROM plan.shortfalls s WHERE scope = 'visit' AND person_days > 0 AND {within("s")}),
             spread AS (SELECT a.level, d.day, a.person_days / count(*) OVER (PARTITION BY a.visit_id) AS part
                        FROM asked a JOIN days d ON d.level = a.level
                             AND d.day BETWEEN a.first_day AND greatest(a.first_day, a.last_on)),
             missing AS (SELECT level, day, sum(part) AS part FROM spread GROUP BY ALL)
        SELECT d.level, d.day, round(d.person_days, 2) AS person_days, round(d.load_days, 2) AS load_days,
               round(coalesce(m.part, 0), 2) AS short_days, d.visits
        FROM days d LEFT JOIN missing m ON m.level = d.level AND m.day = d.day
        ORDER BY {LEVEL_ORDER.replace("level", "d.level")}, d.day
        """,
        area.arguments,
    )


def states(connection: Connection, area: Area = EVERYWHERE) -> list[Row]:
    """Visits of the plan by level and state."""
    return rows(
        connection,
        f"""
        SELECT level, state, count(*) AS visits FROM plan.visits v WHERE {within("v")}
        GROUP BY level, state ORDER BY {LEVEL_ORDER}, state
        """,
        area.arguments,
    )


def shortfalls(connection: Connection, area: Area = EVERYWHERE) -> list[Row]:
    """The certificate, row by row, with the names of enterprises."""
    return rows(
        connection,
        f"""
        SELECT s.scope, s.rule, s.level, s.division, s.month_on, s.channel, s.enterprise_id, e.name, s.visit_id,
               s.count, s.person_days, s.needed_days, s.available_days, s.first_on, s.last_on, s.due_on, s.gave_way_to
        FROM plan.shortfalls s LEFT JOIN core.enterprises e USING (enterprise_id)
        WHERE s.level IS NULL OR ({within("s")})
        ORDER BY list_position({list(SCOPES)}, s.scope), s.rule, s.due_on, s.enterprise_id, s.division,
                 s.level, s.month_on, s.channel, s.visit_id
        """,
        area.arguments,
    )


def contested(connection: Connection, area: Area = EVERYWHERE) -> list[Row]:
    """Words of sources against the authority in force of enterprises that the certificate notes (P1)."""
    noted = [row for row in shortfalls(connection, area) if row["rule"] == "authority_contested"]
    if not noted:
        return []
    names = {row["enterprise_id"]: row["name"] for row in noted}
    found = rows(connection, "FROM ops.contested_authorities ORDER BY enterprise_id, column_name, said_by")
    return [row | {"name": names[row["enterprise_id"]]} for row in found if row["enterprise_id"] in names]


SCOPES = ("visit", "deferred", "authority", "floor", "note")
"""Kinds of shortfalls in the order in which they are told."""


def certificate(connection: Connection, area: Area = EVERYWHERE) -> list[Row]:
    """The shortfalls by kind and rule: how many, person-days, the first names, and what took precedence."""
    return rows(
        connection,
        f"""
        WITH part AS (SELECT s.*, e.name FROM plan.shortfalls s LEFT JOIN core.enterprises e USING (enterprise_id)
                      WHERE s.level IS NULL OR ({within("s")})),
             ways AS (SELECT scope, rule, way, count(*) AS times
                      FROM (SELECT scope, rule, unnest(gave_way_to) AS way FROM part) GROUP BY ALL),
             gave AS (SELECT scope, rule, list(struct_pack(channel := way, visits := times) ORDER BY times DESC, way)
                             AS gave_way_to FROM ways GROUP BY ALL)
        SELECT p.scope, p.rule, sum(coalesce(p.count, 1))::BIGINT AS count, round(sum(p.person_days), 2) AS person_days,
               min(p.first_on) AS first_on, max(p.last_on) AS last_on,
               list(p.name ORDER BY p.due_on, p.enterprise_id) FILTER (p.name IS NOT NULL)[:{_FIRST_NAMES}] AS names,
               list_sort(list(DISTINCT struct_pack(level := p.level, division := p.division))
                   FILTER (p.level IS NOT NULL)) AS authorities,
               any_value(g.gave_way_to) AS gave_way_to
        FROM part p LEFT JOIN gave g ON g.scope = p.scope AND g.rule = p.rule
        GROUP BY p.scope, p.rule ORDER BY list_position({list(SCOPES)}, p.scope), count DESC, p.rule
        """,
        area.arguments,
    )


_FIRST_NAMES = 3


def changes(connection: Connection, area: Area = EVERYWHERE) -> list[Row]:
    """Visits that are not as they were in the plan before, and why."""
    return rows(
        connection,
        f"""
        SELECT c.change, c.because, c.visit_id, c.enterprise_id, e.name, c.level, c.division, c.from_day, c.to_day
        FROM plan.changes c LEFT JOIN core.enterprises e USING (enterprise_id) WHERE {within("c")}
        ORDER BY c.change, c.because NULLS FIRST, c.to_day NULLS LAST, c.visit_id
        """,
        area.arguments,
    )


def binding(connection: Connection) -> Row:
    """The plan in short: visits by state, and the rule that keeps most of the missing ones off it."""
    counted = rows(connection, "SELECT state, count(*) AS visits FROM plan.visits GROUP BY ALL")
    found: dict[str, Any] = {row["state"]: row["visits"] for row in counted}
    rules = rows(
        connection,
        """
        SELECT rule, sum(count)::BIGINT AS visits, round(sum(person_days), 2) AS person_days FROM plan.shortfalls
        WHERE scope = 'visit' AND rule <> 'overdue' GROUP BY ALL ORDER BY 2 DESC, 1
        """,
    )
    late = rows(connection, "SELECT count(*) AS n FROM plan.visits WHERE state = 'scheduled' AND is_overdue")
    return {**horizon(connection), "visits": found, "overdue": late[0]["n"], "rules": rules}
