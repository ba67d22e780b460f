"""A warehouse that an earlier program of the same format made gets what is new, and keeps what it holds."""

from datetime import date, datetime

import duckdb
import pytest

from warehouse.database.frames import Connection
from warehouse.database.meta import require_copy_format
from warehouse.database.opening import prepare_schema
from warehouse.schema.catalogue import OWN

COLUMNS = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
TAKEN_BACK = """
DROP TABLE plan.appointments;
ALTER TABLE plan.visits DROP person_days;
ALTER TABLE plan.visits ALTER file_by TYPE DATE;
ALTER TABLE core.enterprises DROP told_as;
INSERT INTO plan.visits (visit_id, as_of, enterprise_id, level, division, channel, rank, state, file_by)
VALUES ('v1', DATE '2026-06-30', 'e1', 'district', '370102', 'red', 1, 'scheduled', DATE '2026-07-01');
"""


def made_before() -> Connection:
    connection = duckdb.connect()
    prepare_schema(connection)
    for statement in TAKEN_BACK.strip().split(";\n"):
        connection.execute(statement)
    return connection


def test_what_is_new_is_added_and_what_is_held_stays():
    fresh, old = duckdb.connect(), made_before()
    prepare_schema(fresh)
    columns = fresh.execute(COLUMNS).fetchall()
    assert old.execute(COLUMNS).fetchall() != columns
    prepare_schema(old)
    assert old.execute(COLUMNS).fetchall() == columns
    held = old.execute("SELECT visit_id, as_of, file_by, person_days FROM plan.visits").fetchall()
    assert held == [("v1", date(2026, 6, 30), datetime(2026, 7, 1), None)]


def test_opening_again_changes_nothing():
    connection = made_before()
    prepare_schema(connection)
    tables = [name for name, table in OWN.items() if table.is_kept]
    counts = [connection.execute(f"SELECT count(*) FROM {name}").fetchall() for name in tables]
    prepare_schema(connection)
    assert [connection.execute(f"SELECT count(*) FROM {name}").fetchall() for name in tables] == counts


def test_a_warehouse_is_not_read_as_a_published_copy():
    connection = duckdb.connect()
    prepare_schema(connection)
    with pytest.raises(Exception, match=r"format 6, .*\./riskcode run"):
        require_copy_format(connection)
