"""Parquet files."""

from pathlib import Path

import polars as pl

from warehouse.intake.mapping import Entry
from warehouse.intake.raw import Raw, numbered


def read_parquet(path: Path, raw: Raw, _entry: Entry) -> None:
    """Read a Parquet file; its rows are numbered from 1."""
    delivered = pl.read_parquet(path)
    raw.frame = numbered(delivered)
    raw.nested = [name for name, dtype in delivered.schema.items() if dtype.is_nested()]
