"""Taking a delivery in: what was decided is written, all of it or nothing.

A run that dies leaves the warehouse as it was before the delivery, and the same delivery can come again.
"""

from dataclasses import dataclass
from datetime import date

import duckdb

from models.tables import TABLES
from warehouse.rejects import remember_mapping, write_rejects
from warehouse.schema import value
from warehouse.sources.delivery import Judged
from warehouse.store import Written, write_versions


@dataclass(frozen=True)
class TakenIn:
    """What taking a delivery in changed."""

    delivery_id: str
    source: str
    delivered: int
    added: int
    corrected: int
    unchanged: int
    refused: int
    already_known: bool = False


def is_taken_in(connection: duckdb.DuckDBPyConnection, delivery_id: str) -> bool:
    """Whether this very delivery, read by this very mapping, has been taken in before."""
    found = value(connection, "SELECT 1 FROM ops.deliveries WHERE delivery_id = ?", [delivery_id])
    return found is not None


def take_in(connection: duckdb.DuckDBPyConnection, judged: Judged, *, received_on: date) -> TakenIn:
    """Write a decided delivery in one transaction, then take up rows that waited for its enterprises."""
    connection.begin()
    try:
        written = [
            write_versions(connection, TABLES[name], rows, received_on=received_on)
            for name, rows in judged.accepted.items()
        ]
        write_rejects(connection, judged, received_on)
        taken = _record(connection, judged, written, received_on)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return taken


def _record(
    connection: duckdb.DuckDBPyConnection, judged: Judged, written: list[Written], received_on: date
) -> TakenIn:
    mapping = judged.mapping
    taken = TakenIn(
        judged.delivery_id,
        mapping.name,
        judged.delivered,
        sum(each.added for each in written),
        sum(each.corrected for each in written),
        sum(each.unchanged for each in written) + judged.repeated,
        judged.refused,
    )
    remember_mapping(connection, mapping)
    connection.execute(
        "INSERT OR REPLACE INTO ops.deliveries VALUES (?, ?, ?, ?, ?, now(), ?, ?, ?, ?, ?)",
        [
            taken.delivery_id,
            taken.source,
            mapping.hash,
            judged.folder,
            received_on,
            taken.delivered,
            taken.added,
            taken.corrected,
            taken.unchanged,
            taken.refused,
        ],
    )
    connection.execute("DELETE FROM ops.delivery_files WHERE delivery_id = ?", [taken.delivery_id])
    for count in judged.files:
        connection.execute(
            "INSERT INTO ops.delivery_files VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                taken.delivery_id,
                count.table,
                count.file,
                count.delivered,
                count.accepted,
                count.refused,
                judged.digests.get(count.file),
            ],
        )
    return taken
