"""The plan's own tables: what is kept from year to year, and what every night replaces."""

import duckdb

KEPT = """
CREATE SCHEMA IF NOT EXISTS plan;
CREATE TABLE IF NOT EXISTS plan.targets (
    enterprise_id VARCHAR, channel VARCHAR, month_on DATE, set_on DATE, draw_id VARCHAR);
CREATE TABLE IF NOT EXISTS plan.draws (
    draw_id VARCHAR PRIMARY KEY, kind VARCHAR, year INTEGER, month_on DATE, level VARCHAR, division VARCHAR,
    committed_on DATE, roster_sha256 VARCHAR, seed_sha256 VARCHAR, is_revealed BOOLEAN, record VARCHAR);
CREATE TABLE IF NOT EXISTS plan.crews (
    month_on DATE, level VARCHAR, division VARCHAR, crew_id VARCHAR, officer_id VARCHAR, role VARCHAR,
    place BIGINT, draw_id VARCHAR);
CREATE TABLE IF NOT EXISTS plan.ties (month_on DATE, enterprise_id VARCHAR, crew_id VARCHAR, draw_id VARCHAR);
CREATE TABLE IF NOT EXISTS plan.done_items (
    enterprise_id VARCHAR, item_id VARCHAR, visit_id VARCHAR, inspected_on DATE, settled_on DATE,
    source VARCHAR, inspection_id VARCHAR);
"""
"""Promises: the year plan, the draws, the crews, and which items a delivered inspection has settled."""

VISITS: dict[str, str] = {
    "as_of": "DATE",
    "visit_id": "VARCHAR",
    "enterprise_id": "VARCHAR",
    "level": "VARCHAR",
    "division": "VARCHAR",
    "channel": "VARCHAR",
    "rank": "BIGINT",
    "channels": "VARCHAR[]",
    "item_ids": "VARCHAR[]",
    "state": "VARCHAR",
    "reason": "VARCHAR",
    "planned_on": "DATE",
    "opens_on": "DATE",
    "due_on": "DATE",
    "file_by": "DATE",
    "first_on": "DATE",
    "last_on": "DATE",
    "is_overdue": "BOOLEAN",
    "mode": "VARCHAR",
    "quarter_days": "BIGINT",
    "in_cap": "BOOLEAN",
    "is_planned": "BOOLEAN",
    "draw_id": "VARCHAR",
    "value": "BIGINT",
    "crew_id": "VARCHAR",
    "officers": "VARCHAR[]",
    "stop": "BIGINT",
    "form": "VARCHAR",
    "change": "VARCHAR",
    "previous_day": "DATE",
    "made_on": "DATE",
}
"""Columns of ``plan.visits``, and of ``plan.former_visits`` and ``plan.awaiting``, which hold earlier ones."""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing."""
    connection.execute(KEPT)
    listed = ", ".join(f"{name} {kind}" for name, kind in VISITS.items())
    for table in ("visits", "former_visits", "awaiting"):
        connection.execute(f"CREATE TABLE IF NOT EXISTS plan.{table} ({listed})")
        for name, kind in VISITS.items():
            # Columns that came with a later version of the program; empty in plans made before.
            connection.execute(f"ALTER TABLE plan.{table} ADD COLUMN IF NOT EXISTS {name} {kind}")
