"""Cells of which it is not known what they hold: they refuse their row where a column is read from them."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from models.contract import PROBLEMS
from models.tables.canonical import Table
from warehouse.intake.files.header import ENOUGH, known_headers, plain
from warehouse.intake.files.raw import LINE, Flaw, Raw
from warehouse.intake.mapping import Entry

AMBIGUOUS = "ambiguous_header"
BELOW_ANOTHER = "below_another_header"
_DAYS_FROM_1904_TO_1900 = 1462
_SERIAL = r"^\d{4,5}(\.\d+)?$"

Origins = Mapping[str, Sequence[str]]
"""Canonical column → headers it is read from."""


def days_from_1904(raw: Raw, read_as: Raw, origins: Origins, table: Table) -> None:
    """Count days of a workbook that begins in 1904 as all others do; only cells without the format of a day need it.

    Changes the frames of both: what is kept of a refused row no longer tells of its workbook.
    """
    if not raw.counts_days_from_1904:
        return
    columns = table.columns()
    days = {
        header
        for name, read in origins.items()
        for header in read
        if columns[name].dtype.is_temporal() and read_as.frame.schema[header] == pl.String
    }
    shifted = {header: _shifted(read_as.frame[header]) for header in days}
    read_as.frame = read_as.frame.with_columns(**shifted)
    raw.frame = read_as.frame.rename(dict(zip(read_as.frame.columns, raw.frame.columns, strict=True)))


def _shifted(cells: pl.Series) -> pl.Series:
    frame = cells.alias("cell").to_frame()
    cell = pl.col("cell").str.strip_chars()
    whole = (cell.cast(pl.Int64, strict=False) + _DAYS_FROM_1904_TO_1900).cast(pl.String)
    broken = (cell.cast(pl.Float64, strict=False) + _DAYS_FROM_1904_TO_1900).cast(pl.String)
    is_serial = cell.str.contains(_SERIAL)
    return frame.select(pl.when(is_serial).then(pl.coalesce(whole, broken)).otherwise("cell")).to_series()


def with_flaws(
    rows: pl.DataFrame, flaws: Collection[Flaw], origins: Origins, unclear: Collection[str]
) -> pl.DataFrame:
    """Rows with the flaws of their cells, and with columns that several headers could fill, as ``problems``."""
    if unclear:
        rules = [f"{AMBIGUOUS}:{name}" for name in unclear]
        rows = rows.with_columns(pl.col(PROBLEMS).list.concat(pl.lit(rules, dtype=pl.List(pl.String))))
    named = _named(flaws, origins)
    if named.is_empty():
        return rows
    joined = rows.join(named, on=LINE, how="left", maintain_order="left")
    told = pl.col("told").fill_null(pl.lit([], dtype=pl.List(pl.String)))
    return joined.with_columns(pl.col(PROBLEMS).list.concat(told)).drop("told")


def below_other_headers(
    frame: pl.DataFrame, rows: pl.DataFrame, entry: Entry, origins: Origins, *, is_below: bool
) -> tuple[list[Flaw], bool]:
    """Flaws of all rows below one that is a header itself, and another one than that of the file.

    Two exports were put one under the other: what stands below belongs to other columns, up to the next header.
    ``is_below``: the first row stands below one already; told back is whether what follows the last one does.
    """
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    if not texts or frame.is_empty():
        return [], False
    known = known_headers(entry) | {plain(name) for name in texts}
    suspects = frame.join(rows.filter(pl.col(PROBLEMS).list.len() > 0), on=LINE, how="semi")
    # All cells under one another: a file may have more columns than rows.
    cells = suspects.unpivot(texts, index=LINE, variable_name="header", value_name="cell")
    is_known = pl.col("cell").str.strip_chars().str.to_lowercase().is_in(known)
    several = cells.filter(is_known).group_by(LINE).len().filter(pl.col("len") >= ENOUGH)
    found = suspects.join(several, on=LINE, how="semi").sort(LINE)
    if found.is_empty() and not is_below:
        return [], False
    own = [plain(name) for name in frame.columns if name != LINE]
    is_own = [[plain(str(cell or "")) for cell in cells[1:]] == own for cells in found.iter_rows()]
    begins = [frame[LINE][0], *(found[LINE] + 1)]
    ends = [*(found[LINE] - 1), frame[LINE][-1]]
    below = [is_below, *(not mine for mine in is_own)]
    first = next((read[0] for read in origins.values() if read), None)
    flaws = [
        Flaw(first, begin, end, BELOW_ANOTHER)
        for begin, end, is_other in zip(begins, ends, below, strict=True)
        if first is not None and is_other
    ]
    return flaws, below[-1]


def flawed_lines(rows: pl.DataFrame, flaws: Collection[Flaw], origins: Origins) -> frozenset[int]:
    """Lines with a flaw in a cell that is read."""
    return frozenset(rows.join(_named(flaws, origins), on=LINE, how="semi")[LINE]) if flaws else frozenset()


def _named(flaws: Collection[Flaw], origins: Origins) -> pl.DataFrame:
    """Rules that the flaws of each line break, under the names of the columns that are read from it."""
    columns: dict[str, list[str]] = {}
    for name, read in origins.items():
        for header in read:
            columns.setdefault(header, []).append(name)
    found = [
        (flaw.first, flaw.last + 1, f"{flaw.rule}:{name}")
        for flaw in flaws
        for name in columns.get(flaw.header, [])
    ]
    ranges = pl.DataFrame(found, schema={"first": pl.Int64, "end": pl.Int64, "rule": pl.String}, orient="row")
    return (
        ranges.select(pl.int_ranges("first", "end").alias(LINE), "rule")
        .explode(LINE)
        .group_by(LINE)
        .agg(told=pl.col("rule").unique().sort())
    )
