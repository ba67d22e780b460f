"""Tables of objections and overrides.  Rows are only added; an override that is ended early says so in its row."""

import duckdb

_TABLES = """
CREATE SCHEMA IF NOT EXISTS dispute;
CREATE TABLE IF NOT EXISTS dispute.objections (
    objection_id VARCHAR PRIMARY KEY, filed_at TIMESTAMP, filed_on DATE, filed_by VARCHAR, filer VARCHAR,
    enterprise_id VARCHAR, table_name VARCHAR, source VARCHAR, datum_id VARCHAR, asked VARCHAR, grounds VARCHAR,
    known_on DATE, file_by DATE, late_reason VARCHAR, new_evidence VARCHAR, earlier_id VARCHAR, as_of DATE,
    code VARCHAR, code_if_upheld VARCHAR, is_decisive BOOLEAN, decide_by DATE, is_provisional BOOLEAN,
    stored_no BIGINT);
CREATE TABLE IF NOT EXISTS dispute.decisions (
    objection_id VARCHAR PRIMARY KEY, decided_at TIMESTAMP, decided_on DATE, decided_by VARCHAR, outcome VARCHAR,
    reasons VARCHAR, remedy VARCHAR, changes VARCHAR, base_on DATE, counts_on DATE, override_id VARCHAR,
    involved_as VARCHAR, in_time BOOLEAN, stored_no BIGINT);
CREATE TABLE IF NOT EXISTS dispute.overrides (
    override_id VARCHAR PRIMARY KEY, enterprise_id VARCHAR, code VARCHAR, code_before VARCHAR, first_day DATE,
    last_day DATE, reason VARCHAR, given_by VARCHAR, given_at TIMESTAMP, objection_id VARCHAR, stored_no BIGINT,
    ended_on DATE, ended_by VARCHAR, ended_reason VARCHAR, ended_stored_no BIGINT);
ALTER TABLE dispute.overrides ADD COLUMN IF NOT EXISTS given_on DATE;
ALTER TABLE dispute.overrides ADD COLUMN IF NOT EXISTS judged_on DATE;
ALTER TABLE dispute.overrides ADD COLUMN IF NOT EXISTS ended_from DATE;
"""
# objections.asked and decisions.changes: JSON, {column: {"from": text, "to": text}}, texts as in apply.text_of;
# decisions.base_on: recorded_at of the version that was judged, counts_on: of the version the decision made;
# overrides.judged_on: last day of the look-back; ended_on: day the end was decided, ended_from: first day without it.


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables."""
    connection.execute(_TABLES)
