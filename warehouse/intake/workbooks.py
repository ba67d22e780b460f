"""Readers of Excel and Parquet, with the limits that keep a hostile file from filling the memory."""

import re
import zipfile
from pathlib import Path

import polars as pl

from warehouse.intake.raw import LINE, Raw, header_problem, numbered

MAX_XLSX_BYTES = 1_000_000_000
MAX_XLSX_RATIO = 200
MAX_XLSX_CELLS = 40_000_000
"""Rows times columns: the reader makes room for all of them, however few are filled, and dies if it cannot."""


def read_xlsx(path: Path, raw: Raw, _encoding: str | None, sheet: str | int) -> None:
    """Read one sheet of a workbook; a hostile file is refused whole."""
    if path.suffix.lower() != ".xls" and (complaint := _zip_bomb(path)):
        raw.refuse(0, "zip_bomb", complaint)
        return
    import fastexcel

    book = fastexcel.read_excel(path)
    # Read without a header, so that a repeated one is not renamed, and from the first row, so that lines count.
    cells = book.load_sheet(sheet, dtypes="string", header_row=None, skip_rows=0).to_polars()
    filled = cells.with_row_index(LINE, offset=1).filter(
        pl.any_horizontal(pl.lit(value=False), *(pl.col(name).is_not_null() for name in cells.columns))
    )
    if filled.is_empty():
        raw.refuse(0, "empty_file", "")
        return
    used = [name for name in cells.columns if filled[name].null_count() < filled.height]
    header = [(filled[name][0] or "").strip() for name in used]
    if problem := header_problem(header):
        raw.refuse(0, problem, ", ".join(header))
        return
    raw.frame = filled[1:].select(pl.col(LINE).cast(pl.Int64), **dict(zip(header, used, strict=True)))


def _zip_bomb(path: Path) -> str | None:
    with zipfile.ZipFile(path) as archive:
        inside = sum(info.file_size for info in archive.infolist())
        packed = max(1, sum(info.compress_size for info in archive.infolist()))
        if inside > MAX_XLSX_BYTES or (inside > 50_000_000 and inside / packed > MAX_XLSX_RATIO):
            return f"unpacks from {packed:,} to {inside:,} bytes"
        sheets = [name for name in archive.namelist() if re.match(r"xl/worksheets/[^/]+\.xml$", name)]
        cells = max((_cells_spanned(archive, name) for name in sheets), default=0)
    return f"spans {cells:,} cells" if cells > MAX_XLSX_CELLS else None


def _cells_spanned(archive: zipfile.ZipFile, sheet: str) -> int:
    """Last row times last column of a sheet, from the references of its rows and cells."""
    rows, columns, rest = 0, {b""}, b""
    with archive.open(sheet) as file:
        while chunk := file.read(1 << 22):
            found = re.findall(rb"""\br\s*=\s*["']([A-Z]{0,3})(\d{1,7})["']""", rest + chunk)
            rows = max(rows, max((int(row) for _, row in found), default=0))
            columns |= {column for column, _ in found}
            rest = chunk[-32:]
    widest = max(columns, key=lambda column: (len(column), column))
    return rows * sum((letter - 64) * 26**at for at, letter in enumerate(reversed(widest)))


def read_parquet(path: Path, raw: Raw, _encoding: str | None, _sheet: str | int) -> None:
    """Read a Parquet file."""
    raw.frame = numbered(pl.read_parquet(path))
