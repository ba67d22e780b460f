"""Accepted rows become versions."""

from datetime import date

import polars as pl

from models.former_numbers import NO_FORMER
from models.tables.canonical import Table
from warehouse.database.frames import Connection
from warehouse.database.rows import Rows
from warehouse.database.validity import NEVER_WITHDRAWN, NEWEST
from warehouse.database.versions import Written, add_versions
from warehouse.intake.decided import carry_decisions


def write_versions(
    connection: Connection, table: Table, rows: pl.DataFrame | Rows, *, received_on: date
) -> Written:
    """Store accepted rows (canonical columns, ``delivery_id``, ``source_file``, ``source_line``).

    What was decided about a datum on objection stands against rows that repeat it (``warehouse.intake.decided``).
    """
    rows = rows if isinstance(rows, Rows) else Rows.of(rows)
    carry_decisions(connection, table, rows)
    return add_versions(connection, table, rows, received_on=received_on)


def known_enterprises(connection: Connection) -> pl.Series:
    """Ids of all enterprises the warehouse has a register row of."""
    return connection.sql("SELECT DISTINCT enterprise_id FROM core.enterprises").pl()["enterprise_id"]


def former_numbers(connection: Connection) -> pl.DataFrame:
    """Former numbers of enterprises in the form of ``NO_FORMER``: those delivered, and those the register names."""
    return (
        connection.sql(
            f"""
        SELECT former_number, enterprise_id, used_until FROM core.former_numbers
        WHERE {NEWEST} AND undone_no IS NULL AND {NEVER_WITHDRAWN}
        UNION
        SELECT registration_number, enterprise_id, NULL FROM core.enterprises
        WHERE {NEWEST} AND undone_no IS NULL AND registration_number IS NOT NULL
        """
        )
        .pl()
        .cast(NO_FORMER.schema)
    )
