"""The published copy: what readers need of a good run, in one file that is replaced atomically.

Readers that hold the old file go on reading it; new readers get the new one.  A run that dies before the
replacement leaves the published copy as it was.
"""

import logging
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from warehouse.home import Home
from warehouse.rescore import Coding, require_day
from warehouse.schema import value

log = logging.getLogger("riskcode")

PUBLISHED: dict[str, str] = {
    "risk.codes": "FROM risk.codes ORDER BY enterprise_id",
    "risk.scores": "FROM risk.scores ORDER BY enterprise_id",
    "risk.probabilities": "FROM risk.probabilities ORDER BY enterprise_id, label",
    "risk.rates": "FROM risk.rates ORDER BY enterprise_id",
    "risk.features": "FROM risk.features ORDER BY enterprise_id",
    "risk.explanations": "FROM risk.explanations ORDER BY enterprise_id, rank",
    "risk.factors": "FROM risk.factors ORDER BY factor",
    "risk.code_history": "FROM risk.code_history ORDER BY enterprise_id, as_of",
    "serve.red_queue": "FROM serve.red_queue ORDER BY rank",
    "serve.open_findings": "FROM serve.open_findings",
    "serve.inspection_queue": "FROM serve.inspection_queue ORDER BY rank",
    "serve.month_list": "FROM serve.month_list",
    "plan.visits": "FROM plan.visits ORDER BY visit_id",
    "plan.visit_items": "FROM plan.visit_items WHERE visit_id IS NOT NULL OR waived_by IS NOT NULL ORDER BY item_id",
    "plan.visit_checks": "FROM plan.visit_checks ORDER BY visit_id, rank",
    "plan.assignments": "FROM plan.assignments",
    "plan.shortfalls": "FROM plan.shortfalls",
    "plan.changes": "FROM plan.changes",
    "plan.budget": "FROM plan.budget ORDER BY level, division, month_on",
    "plan.floors": "FROM plan.floors ORDER BY level, division",
    "plan.outcomes": "FROM plan.outcomes ORDER BY level, division",
    "plan.capacity": "FROM plan.capacity ORDER BY level, division, day",
    "plan.targets": "FROM plan.targets ORDER BY enterprise_id, channel, month_on",
    "plan.draws": "FROM plan.draws ORDER BY draw_id",
    "core.enterprises": (
        "SELECT e.* FROM core.enterprises e WHERE e.known_from <= $known_at AND e.known_to > $known_at "
        "ORDER BY e.enterprise_id"
    ),
    "raw.rejected_rows": "FROM raw.rejected_rows ORDER BY refused_on, source, file, line",
    "ops.runs": "FROM ops.runs ORDER BY finished_at",
    "ops.deliveries": "FROM ops.deliveries ORDER BY taken_in_at",
    "ops.delivery_files": "FROM ops.delivery_files ORDER BY delivery_id, table_name, file",
    "ops.meta": "FROM ops.meta ORDER BY key",
}
"""Tables of the published copy and the query that fills each, run on the warehouse."""


def published_as_of(home: Home) -> date | None:
    """Day of the published codes, or ``None`` when nothing is published."""
    if not home.published.exists():
        return None
    with duckdb.connect(str(home.published), read_only=True) as connection:
        return value(connection, "SELECT max(as_of) FROM risk.codes")


def publish(connection: duckdb.DuckDBPyConnection, home: Home, *, known_at: date) -> int:
    """Build the copy beside the published one, then put it in its place.  Returns its size in bytes."""
    log.info("publishing")
    return copy_tables(connection, home.published, PUBLISHED, known_at=known_at)


def copy_tables(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    tables: Mapping[str, str],
    *,
    known_at: date | None = None,
) -> int:
    """Write tables (name: query) into a database of their own that replaces ``target`` at once.

    Returns its size in bytes.
    """
    building = target.with_suffix(f".building-{os.getpid()}")
    for stale in target.parent.glob(f"{target.stem}.building-*"):
        stale.unlink()
    connection.execute(f"ATTACH '{str(building).replace(chr(39), chr(39) * 2)}' AS copy")
    try:
        for table, query in tables.items():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS copy.{table.split('.')[0]}")
            arguments = {"known_at": known_at} if "$known_at" in query else None
            connection.execute(f"CREATE TABLE copy.{table} AS {query}", arguments)
        connection.execute("CHECKPOINT copy")
    finally:
        connection.execute("DETACH copy")
    with building.open("rb") as file:
        os.fsync(file.fileno())
    size = building.stat().st_size
    building.replace(target)
    return size


def publish_run(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    coding: Coding,
    *,
    run_id: str,
    even_if_older: bool = False,
) -> int | None:
    """Record the run and publish it.  Returns the size of the copy in bytes, or ``None`` if it was kept back.

    A day older than the published one (a backfill) is kept back: inspectors must not find yesterday's codes
    replaced by last year's.
    """
    for table in ("risk.features", "risk.scores", "risk.codes", "risk.explanations", "serve.red_queue"):
        require_day(connection, table, coding)
    record_run(connection, coding, run_id=run_id)
    published = published_as_of(home)
    if published is not None and coding.as_of < published and not even_if_older:
        log.info("%s is older than the published %s; the published copy stays", coding.as_of, published)
        return None
    return publish(connection, home, known_at=coding.known_at)


def record_run(connection: duckdb.DuckDBPyConnection, coding: Coding, *, run_id: str) -> None:
    """One row in ``ops.runs``: what was coded, by which policy, from data up to which day, with what result."""
    policy = coding.policy
    connection.execute(
        """
        INSERT OR REPLACE INTO ops.runs
        SELECT ?, ?, ?, now(), 'done', ?, ?, ?, ?, max(data_watermark), count(*),
               count(*) FILTER (code = 'red'), count(*) FILTER (code = 'yellow'),
               count(*) FILTER (code = 'blue'), count(*) FILTER (code = 'green'),
               count(*) FILTER (is_provisional)
        FROM risk.codes
        """,
        [
            run_id,
            coding.as_of,
            coding.known_at,
            policy.pack,
            policy.version,
            policy.pack_hash,
            policy.scorecard.fingerprint,
        ],
    )
