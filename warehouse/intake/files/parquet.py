"""Parquet files."""

from pathlib import Path

import polars as pl

from warehouse.intake.files.archive import MAX_RATIO, SUSPECT_CELLS
from warehouse.intake.files.header import too_many_columns
from warehouse.intake.files.raw import LINE, RESERVED, Raw, numbered
from warehouse.intake.mapping import Entry

MAX_CELLS = 2_000_000_000
"""Rows times columns, more than any delivery; a column of one value takes no room in the file, but in memory."""


def read_parquet(path: Path, raw: Raw, _entry: Entry) -> None:
    """Read a Parquet file; its rows are numbered from 1."""
    shape = pl.scan_parquet(path)
    rows, columns = shape.select(pl.len()).collect().item(), len(shape.collect_schema())
    cells = rows * columns
    if cells > MAX_CELLS or (cells > SUSPECT_CELLS and cells / path.stat().st_size > MAX_RATIO):
        raw.refuse(0, "zip_bomb", f"unpacks to {rows:,} rows of {columns:,} columns")
        return
    if LINE in shape.collect_schema():
        raw.refuse(0, "unreadable_header", RESERVED)
        return
    if too_many := too_many_columns(columns):
        raw.refuse(0, too_many.rule, too_many.told)
        return
    delivered = pl.read_parquet(path)
    raw.frame = numbered(delivered)
    raw.nested = [name for name, dtype in delivered.schema.items() if dtype.is_nested()]
