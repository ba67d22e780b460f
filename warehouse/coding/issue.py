"""Issuing: a coding is recorded as a run and becomes what readers see."""

from importlib.metadata import version

import duckdb

from warehouse.coding.coding import Coding
from warehouse.coding.history import record_changes
from warehouse.database.meta import stored_no
from warehouse.database.runs import end_coding, would_issue


def issue(connection: duckdb.DuckDBPyConnection, coding: Coding, *, run_id: str) -> int:
    """Record the run and what it changed, in one transaction.

    A replay, of an earlier day or from what was known on an earlier one, issues nothing.  Returns the number of
    enterprises whose code changed.
    """
    is_issued = would_issue(connection, coding.as_of, coding.known_at)
    connection.begin()
    try:
        changed = record_changes(connection, coding, run_id=run_id) if is_issued else 0
        record_run(connection, coding, run_id=run_id, is_issued=is_issued)
        end_coding(connection, run_id, is_issued=is_issued)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return changed


def record_run(
    connection: duckdb.DuckDBPyConnection, coding: Coding, *, run_id: str, is_issued: bool
) -> None:
    """One row in ``ops.runs``: what was coded, by which policy, from data up to which day, with what result."""
    policy = coding.policy
    connection.execute(
        """
        INSERT OR REPLACE INTO ops.runs BY NAME
        SELECT $run_id AS run_id, $as_of AS as_of, $known_at AS known_at, now() AS finished_at, 'done' AS state,
               $pack AS pack, $version AS pack_version, $hash AS pack_hash, $fingerprint AS fingerprint,
               max(data_watermark) AS data_watermark, count(*) AS enterprises,
               count(*) FILTER (code = 'red') AS red, count(*) FILTER (code = 'yellow') AS yellow,
               count(*) FILTER (code = 'blue') AS blue, count(*) FILTER (code = 'green') AS green,
               count(*) FILTER (is_provisional) AS provisional, $stored_no AS stored_no, $is_issued AS is_issued,
               $calendar AS calendar_version, $rescored::BIGINT AS rescored,
               (SELECT coalesce(max(number), 0) + 1 FROM ops.runs) AS number
        FROM risk.codes
        """,
        {
            "run_id": run_id,
            "as_of": coding.as_of,
            "known_at": coding.known_at,
            "pack": policy.pack,
            "version": policy.version,
            "hash": policy.pack_hash,
            "fingerprint": policy.scorecard.fingerprint,
            "stored_no": stored_no(connection) if coding.stored_by is None else coding.stored_by,
            "is_issued": is_issued,
            "calendar": version("chinesecalendar"),
            "rescored": None if coding.only is None else len(coding.only),
        },
    )
