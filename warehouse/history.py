"""The codes that were issued: one row per change, without gaps, with the reasons then and what differed.

A row is written when its run is published, so the history holds what people could see.  A day within the history has
exactly one row with ``valid_from <= day < valid_to``.  What was shown for part of a day only, because something new
came in, stays as a row that begins and ends on that day.
"""

from typing import TYPE_CHECKING

from warehouse.database.frames import Connection

if TYPE_CHECKING:
    from warehouse.rescore import Coding


ONLY = "temp.only_these"
"""Enterprises a coding is about, where it is not about all of them."""

_REASONS = "STRUCT(kind VARCHAR, factor VARCHAR, value VARCHAR, points BIGINT, code VARCHAR)[]"
_OWN_TABLES = f"""
CREATE TABLE IF NOT EXISTS risk.code_history (
    enterprise_id VARCHAR, valid_from DATE, valid_to DATE, code VARCHAR, previous_code VARCHAR, score BIGINT,
    is_provisional BOOLEAN, decided_by VARCHAR, issued_at TIMESTAMP, run_id VARCHAR, pack VARCHAR,
    pack_version VARCHAR, pack_hash VARCHAR, fingerprint VARCHAR, data_watermark DATE, reasons {_REASONS});
CREATE TABLE IF NOT EXISTS risk.change_reasons (
    enterprise_id VARCHAR, valid_from DATE, issued_at TIMESTAMP, cause VARCHAR, kind VARCHAR, factor VARCHAR,
    points_before BIGINT, points_after BIGINT, value_before VARCHAR, value_after VARCHAR, code VARCHAR);
"""

# Before schema 4 the history held every coded day whole; days of backfills were never issued.
_FROM_SNAPSHOTS = """
CREATE TEMP TABLE snapshots AS SELECT * FROM risk.code_history WHERE NOT is_backfill;
DROP TABLE risk.code_history;
"""
_CHANGES_OF_SNAPSHOTS = """
INSERT INTO risk.code_history BY NAME
WITH moved AS (
    SELECT *, lag(code) OVER w AS previous_code FROM temp.snapshots
    WINDOW w AS (PARTITION BY enterprise_id ORDER BY as_of)
    QUALIFY previous_code IS DISTINCT FROM code)
SELECT enterprise_id, as_of AS valid_from,
       lead(as_of, 1, DATE '9999-12-31') OVER (PARTITION BY enterprise_id ORDER BY as_of) AS valid_to,
       code, previous_code, score, is_provisional, decided_by, as_of::TIMESTAMP AS issued_at, pack, pack_version,
       pack_hash, fingerprint, data_watermark FROM moved;
DROP TABLE temp.snapshots;
"""


def prepare(connection: Connection) -> None:
    """Create the tables; turn a history of whole days into one of changes."""
    found = connection.execute(
        "SELECT 1 FROM information_schema.columns WHERE table_schema = 'risk' "
        "AND table_name = 'code_history' AND column_name = 'is_backfill'"
    ).fetchall()
    if found:
        connection.execute(_FROM_SNAPSHOTS)
    connection.execute(_OWN_TABLES)
    if found:
        connection.execute(_CHANGES_OF_SNAPSHOTS)


IS_ISSUED = "coalesce(is_issued, true)"
"""SQL: a run in ``ops.runs`` issued its codes; runs of before this was noted did."""
LAST_ISSUED = f"SELECT max(as_of) FROM ops.runs WHERE {IS_ISSUED}"
"""SQL: the latest day whose codes were issued."""


def record_changes(connection: Connection, coding: "Coding", *, run_id: str) -> int:
    """Add what changed since the codes issued last.  Returns the number of enterprises whose code changed.

    Called in the transaction that records the run.  The run must not be older than the last one issued.
    """
    among = "true" if coding.only is None else f"c.enterprise_id IN (SELECT enterprise_id FROM {ONLY})"
    connection.execute(_CHANGED.format(among=among), {"as_of": coding.as_of})
    connection.execute(_DIFFERENCES, {"as_of": coding.as_of})
    connection.execute(
        "UPDATE risk.code_history h SET valid_to = $as_of FROM temp.changed c "
        "WHERE h.enterprise_id = c.enterprise_id AND h.valid_to = DATE '9999-12-31'",
        {"as_of": coding.as_of},
    )
    connection.execute(_OPEN_ROWS, {"run_id": run_id})
    [[changed]] = connection.execute(
        "SELECT count(*) FROM temp.changed WHERE previous_code IS NOT NULL"
    ).fetchall()
    return int(changed)


_CHANGED = """
CREATE OR REPLACE TEMP TABLE changed AS
WITH moved AS (
    SELECT c.*, h.code AS previous_code, h.reasons AS previous_reasons,
           greatest(now()::TIMESTAMP, coalesce(h.issued_at, now()::TIMESTAMP)) AS issued_now
    FROM risk.codes c
    LEFT JOIN risk.code_history h ON h.enterprise_id = c.enterprise_id AND h.valid_to = DATE '9999-12-31'
    WHERE h.code IS DISTINCT FROM c.code AND c.as_of = $as_of AND {among}),
told AS (
    SELECT enterprise_id, list(struct_pack(kind := kind, factor := factor, value := value, points := points,
                                           code := code) ORDER BY rank) AS reasons
    FROM risk.explanations WHERE enterprise_id IN (SELECT enterprise_id FROM moved) GROUP BY enterprise_id)
SELECT * FROM moved LEFT JOIN told USING (enterprise_id)
"""

# The explanation at this change against that at the change before: what came, what went, which rule speaks now.
_DIFFERENCES = """
INSERT INTO risk.change_reasons
WITH before AS (SELECT enterprise_id, unnest(previous_reasons, recursive := true) FROM temp.changed),
     after AS (SELECT enterprise_id, unnest(reasons, recursive := true) FROM temp.changed),
     paired AS (
        SELECT coalesce(a.enterprise_id, b.enterprise_id) AS enterprise_id, coalesce(a.kind, b.kind) AS kind,
               coalesce(a.factor, b.factor) AS factor, b.points AS points_before, a.points AS points_after,
               b.value AS value_before, a.value AS value_after, coalesce(a.code, b.code) AS code,
               a.factor IS NOT NULL AS speaks, b.factor IS NOT NULL AS spoke
        FROM before b FULL JOIN after a USING (enterprise_id, kind, factor))
SELECT c.enterprise_id, $as_of, c.issued_now,
       CASE WHEN paired.kind = 'points' THEN
                 CASE WHEN coalesce(points_after, 0) > coalesce(points_before, 0) THEN 'came' ELSE 'went' END
            WHEN speaks THEN 'fired' ELSE 'cleared' END,
       paired.kind, paired.factor, points_before, points_after, value_before, value_after, paired.code
FROM paired JOIN temp.changed c USING (enterprise_id)
WHERE c.previous_code IS NOT NULL AND paired.kind <> 'band'
  AND CASE WHEN paired.kind = 'points' THEN coalesce(points_after, 0) <> coalesce(points_before, 0)
           ELSE speaks <> spoke END
ORDER BY ALL
"""

_OPEN_ROWS = """
INSERT INTO risk.code_history BY NAME
SELECT enterprise_id, as_of AS valid_from, DATE '9999-12-31' AS valid_to, code, previous_code, score, is_provisional,
       decided_by, issued_now AS issued_at, $run_id AS run_id, pack, pack_version, pack_hash, fingerprint,
       data_watermark, reasons
FROM temp.changed ORDER BY enterprise_id
"""
