"""Cells of one file made by hand, as a mapping reads them."""

from typing import Any

import polars as pl

from models.tables.canonical import TABLES
from warehouse.intake.conform import conform
from warehouse.intake.files.raw import LINE, Raw
from warehouse.intake.mapping import Entry


def conformed(table: str, columns: dict[str, Any], **cells: Any) -> pl.DataFrame:
    frame = pl.DataFrame(cells)
    raw = Raw(
        "f.csv", frame.select(pl.int_range(2, pl.len() + 2, dtype=pl.Int64).alias(LINE), *frame.columns)
    )
    entry = Entry.model_validate({"files": ["*"], "columns": columns})
    return conform(raw, entry, TABLES[table], source="bureau").rows


def read(table: str, column: str, cells: Any, **spec: Any) -> list[Any]:
    """What a column of one table reads; an unreadable cell is told as its problem."""
    found = conformed(table, {column: {"column": "x", **spec}}, x=cells)
    return [
        problems[0] if problems else value for value, problems in found.select(column, "problems").iter_rows()
    ]
