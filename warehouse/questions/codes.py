"""Named questions about the published copy, shared by the CLI and, later, the desk.

Every function takes an open read-only connection and gives rows as dictionaries.
"""

from collections.abc import Mapping

from models.vocabulary import CODE_KEYS
from warehouse.database.frames import Connection
from warehouse.database.meta import FOREVER
from warehouse.database.reading import Row, rows
from warehouse.database.runs import IS_ISSUED
from warehouse.questions.area import districts, in_district
from warehouse.questions.disputes import AS_PUBLISHED, contested_marks, with_contested


def main_reasons(of: str) -> str:
    """SQL: the three main reasons of the enterprises that a condition on ``risk.codes c`` picks out."""
    return f"""
    SELECT c.enterprise_id, list(struct_pack(
        factor := r.factor, kind := r.kind, value := r.value, points := r.points, title_zh := f.title_zh,
        title_en := f.title_en, check_zh := f.check_zh, check_en := f.check_en) ORDER BY r.rank)[:3] AS reasons
    FROM risk.explanations r JOIN risk.factors f USING (factor)
    JOIN risk.codes c ON c.enterprise_id = r.enterprise_id
    WHERE {of} AND r.kind <> 'band' AND (r.points > 0 OR r.code = c.code)
    GROUP BY c.enterprise_id
    """


RED_COLUMNS = ("rank", "red_since", "due_on", "is_due_provisional", "state", "visited_on")
"""What a row of a queue tells by the red queue, in which every place may change with any other."""


def queue_rows(which: str, of: Mapping[str, str] = AS_PUBLISHED) -> str:
    """SQL: rows of the queues, of the enterprises that a condition on ``risk.codes c`` and the register ``e`` picks."""
    return f"""
WITH register AS ({of["core.enterprises"]}),
asked AS (SELECT c.* FROM risk.codes c JOIN register e USING (enterprise_id) WHERE {which}),
marks AS ({contested_marks(f"({of['dispute.open']})")}),
reasons AS ({main_reasons("c.enterprise_id IN (SELECT enterprise_id FROM asked)")}),
checks AS (
    SELECT enterprise_id, count(*) AS open_findings, count(*) FILTER (is_major_hazard) AS open_major,
           list(coalesce(item_code || ' ', '') || coalesce(left(description, 60), '')
                || CASE WHEN len(reports) > 1 THEN ' (' || array_to_string(reports, ', ') || ')' ELSE '' END ORDER BY
                is_major_hazard DESC, rectify_due_on NULLS LAST, violation_id, source)[:3] AS to_check
    FROM serve.open_findings WHERE enterprise_id IN (SELECT enterprise_id FROM asked) GROUP BY enterprise_id
)
SELECT q.rank, c.enterprise_id, e.name, c.code, c.score, c.is_provisional, c.decided_by, e.division, e.sector,
       e.enforcing_level, e.status, q.red_since, q.due_on, q.is_due_provisional, q.state, q.visited_on,
       reasons.reasons, coalesce(checks.open_findings, 0) AS open_findings,
       coalesce(checks.open_major, 0) AS open_major, coalesce(checks.to_check, []) AS to_check, c.as_of,
       marks.* EXCLUDE (enterprise_id)
FROM asked c
JOIN register e USING (enterprise_id)
LEFT JOIN serve.red_queue q USING (enterprise_id)
LEFT JOIN reasons USING (enterprise_id)
LEFT JOIN checks USING (enterprise_id)
LEFT JOIN marks USING (enterprise_id)
"""


_IS_ASKED = f"""
c.code = $code AND {in_district("e")} AND ($level IS NULL OR e.enforcing_level = $level)
AND ($text IS NULL OR contains(lower(e.name), lower($text)) OR upper(c.enterprise_id) = upper($text))
"""
_QUEUE = f"""
{queue_rows(_IS_ASKED)}
ORDER BY q.rank NULLS LAST, c.score DESC, c.enterprise_id
LIMIT $most OFFSET $skip
"""


def queue(
    connection: Connection,
    *,
    code: str = "red",
    district: str | None = None,
    level: str | None = None,
    limit: int | None = None,
    text: str | None = None,
    skip: int = 0,
) -> list[Row]:
    """Enterprises of one code in the order they should be looked at, with reasons and what to check.

    RED rows carry their due day and state; the other codes are ordered by score.  What is contested is marked.
    ``text``: a part of the name, or the id; ``skip``: how many come before the first that is told.
    """
    asked = {"code": code, "districts": districts(district), "level": level, "text": text}
    return rows(connection, _QUEUE, {**asked, "most": limit or 2**31, "skip": skip})


def queue_length(
    connection: Connection,
    *,
    code: str,
    district: str | None = None,
    level: str | None = None,
    text: str | None = None,
) -> int:
    """How many enterprises ``queue`` would tell, were it not limited."""
    asked = {"code": code, "districts": districts(district), "level": level, "text": text}
    counted = f"""
    SELECT count(*) AS firms FROM risk.codes c JOIN core.enterprises e USING (enterprise_id) WHERE {_IS_ASKED}
    """
    return rows(connection, counted, asked)[0]["firms"]


def code_of(connection: Connection, enterprise_id: str) -> Row | None:
    """The code of an enterprise, and ``since`` when it has it; ``None`` of one without a code."""
    found = rows(
        connection,
        f"""
        SELECT c.code, coalesce(max(h.valid_from), c.as_of) AS since FROM risk.codes c
        LEFT JOIN risk.code_history h ON h.enterprise_id = c.enterprise_id AND h.valid_to = {FOREVER}
        WHERE c.enterprise_id = $id GROUP BY c.code, c.as_of
        """,
        {"id": enterprise_id},
    )
    return found[0] if found else None


def overdue(connection: Connection) -> list[Row]:
    """REDs whose special inspection is overdue, the longest first: enterprise, first day of this RED, due day."""
    return rows(
        connection,
        "SELECT enterprise_id, red_since, due_on FROM serve.red_queue WHERE state = 'overdue' ORDER BY rank",
    )


def code_counts(connection: Connection) -> list[Row]:
    """Enterprises by code, worst first: now, provisional ones, and as issued on the day before that was coded."""
    counted = rows(
        connection,
        f"""
        {_BEFORE}, counted AS (SELECT code, count(*) AS n FROM old GROUP BY code)
        SELECT code, count(*) AS enterprises, count(*) FILTER (is_provisional) AS provisional,
               any_value(counted.n) AS before, (SELECT as_of FROM before) AS before_as_of
        FROM risk.codes LEFT JOIN counted USING (code) GROUP BY code
        """,
    )
    found = {row["code"]: row for row in counted}
    before = next((row["before_as_of"] for row in counted), None)
    blank = {"enterprises": 0, "provisional": 0, "before": None, "before_as_of": before}
    return [{"code": code, **found.get(code, {**blank, "code": code})} for code in reversed(CODE_KEYS)]


def changes(connection: Connection) -> list[Row]:
    """Enterprises whose code differs from the day coded before: from, to, how many."""
    return rows(
        connection,
        f"""
        {_BEFORE}
        SELECT o.code AS from_code, c.code AS to_code, count(*) AS enterprises
        FROM risk.codes c JOIN old o USING (enterprise_id) WHERE o.code <> c.code GROUP BY ALL ORDER BY 3 DESC, 1, 2
        """,
    )


_BEFORE = f"""
WITH before AS (SELECT max(as_of) AS as_of FROM ops.runs
                WHERE {IS_ISSUED} AND as_of < (SELECT max(as_of) FROM risk.codes)),
     old AS (SELECT enterprise_id, code FROM risk.code_history
             WHERE (SELECT as_of FROM before) >= valid_from AND (SELECT as_of FROM before) < valid_to)
"""
"""SQL: the day that was coded before (``before``), and the codes as issued on it (``old``)."""


def listing(
    connection: Connection, *, code: str | None, district: str | None, limit: int | None
) -> list[Row]:
    """Every enterprise with its code, ordered by id; what is contested is marked."""
    found = rows(
        connection,
        f"""
        SELECT c.enterprise_id, e.name, c.code, c.score, c.is_provisional, c.decided_by, e.division, e.sector, c.as_of
        FROM risk.codes c JOIN core.enterprises e USING (enterprise_id)
        WHERE ($code IS NULL OR c.code = $code) AND {in_district("e")}
        ORDER BY c.enterprise_id LIMIT $most
        """,
        {"code": code, "districts": districts(district), "most": limit or 2**31},
    )
    return with_contested(connection, found)


def rejects(
    connection: Connection,
    *,
    table: str | None = None,
    rule: str | None = None,
    limit: int | None = None,
) -> list[Row]:
    """Refused rows that still stand (open or waiting), in the order of their files."""
    return rows(
        connection,
        """
        SELECT source, table_name, file, sheet, line, rules, cells, state, refused_on, content FROM raw.rejected_rows
        WHERE state IN ('open', 'waiting') AND ($table IS NULL OR table_name = $table)
          AND ($rule IS NULL OR contains(rules, $rule))
        ORDER BY source, table_name, file, sheet, line LIMIT $most
        """,
        {"table": table, "rule": rule, "most": limit or 2**31},
    )


def reject_counts(connection: Connection) -> list[Row]:
    """Standing refusals by table and rule; a row with two rules counts for both."""
    return rows(
        connection,
        """
        SELECT table_name, rule, count(*) AS rows, count(*) FILTER (state = 'waiting') AS waiting FROM (
            SELECT table_name, state, unnest(string_split(rules, ', ')) AS rule
            FROM raw.rejected_rows WHERE state IN ('open', 'waiting'))
        GROUP BY ALL ORDER BY rows DESC, table_name, rule
        """,
    )


def reject_rules(connection: Connection) -> list[str]:
    """Every rule by which a row was ever refused."""
    found = "SELECT DISTINCT unnest(string_split(rules, ', ')) AS rule FROM raw.rejected_rows ORDER BY 1"
    return [row["rule"] for row in rows(connection, found)]


def last_run(connection: Connection) -> Row:
    """The run that published this copy."""
    found = rows(connection, "FROM ops.runs ORDER BY number DESC LIMIT 1")
    return found[0] if found else {}


def last_deliveries(connection: Connection) -> list[Row]:
    """Deliveries taken in, newest first."""
    return rows(connection, "FROM ops.deliveries ORDER BY number DESC LIMIT 20")
