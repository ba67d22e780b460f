"""Every table of the warehouse by its name, in the order of the data dictionary."""

from models.tables.canonical import TABLES, Table, personal
from warehouse.schema import cards, codes, disputes, monitoring, operations, plan, records
from warehouse.schema.tables import POLARS, Column, OwnTable, day, small, text, whole

VERSION_COLUMNS = {
    "version": small("1 for the first version of a key"),
    "known_from": day("first day this version counts"),
    "known_to": day("day the next version takes over; 9999-12-31 while there is none"),
    "delivery_id": text("delivery that brought it"),
    "source_file": text("file it stood in"),
    "source_line": whole("line in that file"),
    "named_as": text("former number of its enterprise that it was delivered with; empty = that of today"),
    "stored_no": whole("number of the write that stored it"),
    "undone_no": whole("number of the write that undid it: another file of that day contradicts it"),
}
"""What the warehouse adds to every canonical row: which version it is, when it counts, where it came from, and the
number of the write that stored it (so that a past run can be replayed on what was stored by then)."""

TOLD_AS = "told_as"
REGISTER_COLUMNS = {
    TOLD_AS: text(
        "level and division the row was delivered with, as JSON, where others are in force (P1); empty = as they stand"
    )
}
"""What the warehouse adds to a row of the register besides."""

AS_KNOWN = ("enterprises", "former_numbers")
"""Canonical tables that are published, as known on the day of knowledge."""


def version_columns(table: Table) -> dict[str, Column]:
    """What the warehouse adds to the rows of a canonical table."""
    return VERSION_COLUMNS | (REGISTER_COLUMNS if table.is_register else {})


def _versions_of(table: Table) -> OwnTable:
    """A canonical table as it is kept, in versions.  Of these only the register and former numbers are published."""
    kinds = {dtype: kind for kind, dtype in POLARS.items()}
    columns = {
        name: Column(
            kinds.get(column.dtype.base_type(), "VARCHAR"),  # An Enum is kept as its key.
            column.description or "",
            required=not column.nullable,
            personal=name in personal(table),
        )
        for name, column in table.columns().items()
    }
    return OwnTable(
        table.grain,
        columns | version_columns(table),
        # A former number may come in alone, and then nobody is coded anew.
        renewed="enterprise" if table.is_register or table.happened else "update",
        is_published=table.name in AS_KNOWN,
        kept_back=(*personal(table), TOLD_AS) if table.is_register else personal(table),
    )


OWN: dict[str, OwnTable] = {
    **codes.TABLES,
    **cards.TABLES,
    **monitoring.TABLES,
    **plan.TABLES,
    **records.TABLES,
    **disputes.TABLES,
    **{f"core.{name}": _versions_of(table) for name, table in TABLES.items()},
    **operations.TABLES,
}
