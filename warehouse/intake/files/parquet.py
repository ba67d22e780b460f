"""Parquet files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from warehouse.intake.files.archive import MAX_RATIO, SUSPECT_CELLS
from warehouse.intake.files.header import too_many_columns
from warehouse.intake.files.raw import AT_ONCE, LINE, RESERVED, Raw, numbered
from warehouse.intake.mapping import Entry

MAX_CELLS = 2_000_000_000
"""Rows times columns, more than any delivery; a column of one value takes no room in the file, but in memory."""


def read_parquet(path: Path, raw: Raw, entry: Entry) -> None:
    """Read a Parquet file, in pieces where it has many rows; they are numbered from 1."""
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
    raw.nested = [name for name, dtype in shape.collect_schema().items() if dtype.is_nested()]
    raw.frame = numbered(shape.head(0).collect())
    if rows > AT_ONCE and not entry.footer and numbered(_extremes(shape)).schema == raw.frame.schema:
        raw.pieces = ParquetPieces(path, rows, _stamp(path))
    else:
        raw.frame = numbered(pl.read_parquet(path))


@dataclass(frozen=True)
class ParquetPieces:
    """A Parquet file, read so many rows at once; ``stamp`` tells whether it is still the same."""

    path: Path
    rows: int
    stamp: tuple[int, ...]

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """All rows, in order.  Raises OSError where the file was changed meanwhile, and what Polars raises."""
        for first in range(0, self.rows, AT_ONCE):
            yield self._from(first)

    def of(self, lines: pl.Series) -> pl.DataFrame:
        """The pieces that some lines are in."""
        firsts = ((lines - 1) // AT_ONCE * AT_ONCE).unique().sort()
        return pl.concat(self._from(first) for first in firsts)

    def _from(self, first: int) -> pl.DataFrame:
        piece = pl.scan_parquet(self.path, glob=False).slice(first, AT_ONCE).collect()
        if _stamp(self.path) != self.stamp:
            raise OSError("the file was changed while it was read: deliver it again")
        return numbered(piece, first=first + 1)


def _extremes(shape: pl.LazyFrame) -> pl.DataFrame:
    """The first and the last day of every column: one day that no calendar has makes its column another one."""
    days = [name for name, dtype in shape.collect_schema().items() if dtype.is_temporal()]
    ends = pl.concat([shape.select(pl.col(days).min()), shape.select(pl.col(days).max())])
    return pl.concat([shape.head(0), ends], how="diagonal").collect()


def _stamp(path: Path) -> tuple[int, ...]:
    facts = path.stat()
    return facts.st_ino, facts.st_size, facts.st_mtime_ns
