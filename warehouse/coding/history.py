"""The codes that were issued: one row per change, without gaps, with the reasons then and what differed.

A row is written when its run is published, so the history holds what people could see.  A day within the history has
exactly one row with ``valid_from <= day < valid_to``.  What was shown for part of a day only, because something new
came in, stays as a row that begins and ends on that day.
"""

from warehouse.coding.coding import Coding
from warehouse.coding.rows import among_coded
from warehouse.database.frames import Connection
from warehouse.database.meta import FOREVER, value


def record_changes(connection: Connection, coding: Coding, *, run_id: str) -> int:
    """Add what changed since the codes issued last.  Returns the number of enterprises whose code changed.

    Called in the transaction that records the run.  The run must not be older than the last one issued.
    """
    connection.execute(_MOVED.format(among=among_coded(coding, "c")), {"as_of": coding.as_of})
    if not value(connection, "SELECT count(*) FROM temp.moved"):
        return 0
    connection.execute(_CHANGED)
    connection.execute(_DIFFERENCES, {"as_of": coding.as_of})
    connection.execute(
        "UPDATE risk.code_history h SET valid_to = $as_of FROM temp.changed c "
        f"WHERE h.enterprise_id = c.enterprise_id AND h.valid_to = {FOREVER}",
        {"as_of": coding.as_of},
    )
    connection.execute(_OPEN_ROWS, {"run_id": run_id})
    return int(value(connection, "SELECT count(*) FROM temp.changed WHERE previous_code IS NOT NULL"))


_MOVED = f"""
CREATE OR REPLACE TEMP TABLE moved AS
SELECT c.*, h.code AS previous_code, h.reasons AS previous_reasons,
       greatest(now()::TIMESTAMP, coalesce(h.issued_at, now()::TIMESTAMP)) AS issued_now
FROM risk.codes c
LEFT JOIN risk.code_history h ON h.enterprise_id = c.enterprise_id AND h.valid_to = {FOREVER}
WHERE h.code IS DISTINCT FROM c.code AND c.as_of = $as_of AND {{among}}
"""

_CHANGED = """
CREATE OR REPLACE TEMP TABLE changed AS
WITH told AS (
    SELECT enterprise_id, list(struct_pack(kind := kind, factor := factor, value := value, points := points,
                                           code := code) ORDER BY rank) AS reasons
    FROM risk.explanations WHERE enterprise_id IN (SELECT enterprise_id FROM temp.moved) GROUP BY enterprise_id)
SELECT * FROM temp.moved LEFT JOIN told USING (enterprise_id)
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

_OPEN_ROWS = f"""
INSERT INTO risk.code_history BY NAME
SELECT enterprise_id, as_of AS valid_from, {FOREVER} AS valid_to, code, previous_code, score, is_provisional,
       decided_by, issued_now AS issued_at, $run_id AS run_id, pack, pack_version, pack_hash, fingerprint,
       data_watermark, reasons
FROM temp.changed ORDER BY enterprise_id
"""
