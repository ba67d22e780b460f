"""Accepted rows become versions."""

from datetime import date

import polars as pl

from models.tables.canonical import Table
from warehouse.database.frames import Connection
from warehouse.database.versions import Written, add_versions
from warehouse.intake.decided import carry_decisions


def write_versions(connection: Connection, table: Table, rows: pl.DataFrame, *, received_on: date) -> Written:
    """Store accepted rows (canonical columns, ``delivery_id``, ``source_file``, ``source_line``).

    What was decided about a datum on objection stands against rows that repeat it (``warehouse.intake.decided``).
    """
    return add_versions(connection, table, carry_decisions(connection, table, rows), received_on=received_on)


def known_enterprises(connection: Connection) -> pl.Series:
    """Ids of all enterprises the warehouse has a register row of."""
    return connection.sql("SELECT DISTINCT enterprise_id FROM core.enterprises").pl()["enterprise_id"]
