"""What tells of a person stays in the warehouse, and is masked where a refused row is shown."""

from pathlib import Path

from models.tables.canonical import TABLES, personal
from tests.worlds.deliveries import csv_bytes, deliver, firm, judged, taken, warehouse
from warehouse.publish import PUBLISHED
from warehouse.schema.catalogue import OWN

CALLED = {"contact": "王建国", "phone": "0531-80001234", "inherent_risk": "较大", "founded_on": "2011-03-04"}


def test_the_register_takes_whom_to_ask_for(tmp_path: Path) -> None:
    connection = warehouse()
    taken(connection, deliver(tmp_path, {"register.csv": csv_bytes([firm(0, **CALLED)])}))
    found = connection.sql("SELECT contact, phone, inherent_risk, founded_on::VARCHAR FROM core.enterprises")
    assert found.fetchall() == [("王建国", "0531-80001234", "considerable", "2011-03-04")]


def test_the_published_copy_has_no_column_that_tells_of_a_person(tmp_path: Path) -> None:
    assert set(personal(TABLES["enterprises"])) == {"contact", "phone"}
    connection = warehouse()
    taken(connection, deliver(tmp_path, {"register.csv": csv_bytes([firm(0, **CALLED)])}))
    query = PUBLISHED["core.enterprises"].replace("$known_at", "DATE '2026-06-30'")
    published = connection.sql(query)
    assert published.columns == list(OWN["core.enterprises"].shown)
    assert not {"contact", "phone"} & set(published.columns)
    assert "王建国" not in str(published.fetchall())


def test_a_cell_that_tells_of_a_person_is_masked_where_it_is_refused(tmp_path: Path) -> None:
    rows = [firm(0, **{**CALLED, "phone": "0" * 300})]
    rejects = judged(deliver(tmp_path, {"register.csv": csv_bytes(rows)})).rejects
    assert rejects.select("rules", "cells").rows() == [("too_long:phone", '{"phone": "***"}')]
