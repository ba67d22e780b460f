"""Tables of issued codes: their history, its reasons, and how older files are brought up to date."""

from warehouse.database.frames import Connection

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
