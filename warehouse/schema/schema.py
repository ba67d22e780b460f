"""The warehouse's tables, made from ``models.tables.canonical``.

Every canonical table is kept in versions: ``known_from`` is the first day a version counts, ``known_to`` the
day the next one takes over (9999-12-31 while there is none).
"""

import dataframely as dy
import duckdb
import polars as pl

from models.errors import WarehouseError
from models.tables.canonical import TABLES, Table
from warehouse.database.meta import FOREVER, get_meta, set_meta
from warehouse.database.versions import VERSION_COLUMNS
from warehouse.schema.cards import CARD_TABLES
from warehouse.schema.codes import prepare as prepare_history
from warehouse.schema.disputes import prepare as prepare_disputes
from warehouse.schema.monitoring import prepare as prepare_monitoring
from warehouse.schema.plan import prepare as prepare_plan

SCHEMA_VERSION = 4

_TYPES: dict[type[pl.DataType], str] = {
    pl.String: "VARCHAR",
    pl.Enum: "VARCHAR",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
    pl.Boolean: "BOOLEAN",
}

_OWN_TABLES = """
CREATE SCHEMA IF NOT EXISTS core;
CREATE SCHEMA IF NOT EXISTS raw;
CREATE SCHEMA IF NOT EXISTS risk;
CREATE SCHEMA IF NOT EXISTS serve;
CREATE SCHEMA IF NOT EXISTS ops;
CREATE SCHEMA IF NOT EXISTS model;
CREATE TABLE IF NOT EXISTS ops.meta (key VARCHAR PRIMARY KEY, value VARCHAR);
CREATE TABLE IF NOT EXISTS ops.mappings (hash VARCHAR PRIMARY KEY, name VARCHAR, text VARCHAR);
CREATE TABLE IF NOT EXISTS ops.deliveries (
    delivery_id VARCHAR PRIMARY KEY, source VARCHAR, mapping_hash VARCHAR, folder VARCHAR,
    received_on DATE, taken_in_at TIMESTAMP,
    delivered BIGINT, added BIGINT, corrected BIGINT, unchanged BIGINT, refused BIGINT);
CREATE TABLE IF NOT EXISTS ops.delivery_files (
    delivery_id VARCHAR, table_name VARCHAR, file VARCHAR, delivered BIGINT, accepted BIGINT, refused BIGINT);
ALTER TABLE ops.delivery_files ADD COLUMN IF NOT EXISTS digest VARCHAR;
CREATE TABLE IF NOT EXISTS ops.runs (
    run_id VARCHAR PRIMARY KEY, as_of DATE, known_at DATE, finished_at TIMESTAMP,
    state VARCHAR, pack VARCHAR, pack_version VARCHAR, pack_hash VARCHAR, fingerprint VARCHAR,
    data_watermark DATE, enterprises BIGINT, red BIGINT, yellow BIGINT, blue BIGINT, green BIGINT,
    provisional BIGINT);
ALTER TABLE ops.runs ADD COLUMN IF NOT EXISTS stored_no BIGINT;
ALTER TABLE ops.runs ADD COLUMN IF NOT EXISTS is_issued BOOLEAN;
ALTER TABLE ops.runs ADD COLUMN IF NOT EXISTS calendar_version VARCHAR;
ALTER TABLE ops.runs ADD COLUMN IF NOT EXISTS rescored BIGINT;
ALTER TABLE ops.runs ADD COLUMN IF NOT EXISTS number BIGINT;
CREATE TABLE IF NOT EXISTS ops.packs (
    hash VARCHAR PRIMARY KEY, name VARCHAR, version VARCHAR, title_zh VARCHAR, title_en VARCHAR, content VARCHAR,
    stored_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS ops.activations (
    number INTEGER PRIMARY KEY, pack VARCHAR, version VARCHAR, pack_hash VARCHAR, effective_from DATE,
    activated_at TIMESTAMP, activated_by VARCHAR, reason VARCHAR, diff VARCHAR, kind VARCHAR, stored_no BIGINT);
CREATE TABLE IF NOT EXISTS raw.rejected_rows (
    source VARCHAR, table_name VARCHAR, file VARCHAR, line BIGINT, rules VARCHAR, content VARCHAR,
    state VARCHAR, mapping_hash VARCHAR, entry INTEGER, delivery_id VARCHAR, refused_on DATE, settled_on DATE);
CREATE TABLE IF NOT EXISTS model.cards (
    card_id VARCHAR PRIMARY KEY, label VARCHAR, family VARCHAR, fitted_on DATE, first_cohort DATE,
    last_cohort DATE, rows BIGINT, positives BIGINT, data_watermark DATE, fingerprint VARCHAR,
    code_version VARCHAR, card VARCHAR);
CREATE TABLE IF NOT EXISTS model.promotions (
    number INTEGER PRIMARY KEY, promoted_at TIMESTAMP, action VARCHAR, card_id VARCHAR, previous_id VARCHAR,
    approved_by VARCHAR, reason VARCHAR, effective_from DATE, overridden BOOLEAN, gate VARCHAR);
CREATE TABLE IF NOT EXISTS model.evaluations (
    evaluation_id VARCHAR PRIMARY KEY, label VARCHAR, card_id VARCHAR, known_at DATE, evaluated_on DATE,
    verdict_zh VARCHAR, verdict_en VARCHAR, gate_inputs VARCHAR, report VARCHAR);
"""


def duckdb_type(column: dy.Column) -> str:
    """DuckDB type of a canonical column."""
    return _TYPES[column.dtype.base_type()]


def create_statement(table: Table, *, name: str | None = None) -> str:
    """DDL of one canonical table with its version columns."""
    columns = [
        f"{column_name} {duckdb_type(column)}{'' if column.nullable else ' NOT NULL'}"
        for column_name, column in table.columns().items()
    ]
    columns += [f"{column_name} {kind}" for column_name, kind in VERSION_COLUMNS.items()]
    return f"CREATE TABLE IF NOT EXISTS {name or f'core.{table.name}'} ({', '.join(columns)})"


def prepare_schema(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing.  Raises WarehouseError for a warehouse of a newer program."""
    connection.execute(_OWN_TABLES)
    prepare_plan(connection)
    prepare_history(connection)
    prepare_disputes(connection)
    prepare_monitoring(connection)
    for name, columns in CARD_TABLES.items():
        listed = ", ".join(f"{column} {_TYPES[kind]}" for column, kind in columns.items())
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({listed})")
    for table in TABLES.values():
        connection.execute(create_statement(table))
        connection.execute(
            f"ALTER TABLE core.{table.name} ADD COLUMN IF NOT EXISTS stored_no BIGINT DEFAULT 0"
        )
        for column_name, column in table.columns().items():
            # Columns that came with a later version of the program; they are empty in what was stored before.
            if column.nullable:
                connection.execute(
                    f"ALTER TABLE core.{table.name} ADD COLUMN IF NOT EXISTS {column_name} {duckdb_type(column)}"
                )
        connection.execute(
            f"CREATE OR REPLACE VIEW core.current_{table.name} AS "
            f"FROM core.{table.name} WHERE known_to = {FOREVER}"
        )
    found = get_meta(connection, "schema_version")
    if found is None or int(found) < SCHEMA_VERSION:
        set_meta(connection, "schema_version", str(SCHEMA_VERSION))
    elif int(found) > SCHEMA_VERSION:
        raise WarehouseError(
            "The warehouse has schema {found}, this program knows {schema_version}. Update the program.",
            found=found,
            schema_version=SCHEMA_VERSION,
        )
