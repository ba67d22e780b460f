"""Writers of raw files.  Dirty rows are strewn among the good ones; the order of the good ones is kept."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import xlsxwriter

from pipelines.demo.dirt import UNBALANCED, Dirty
from pipelines.demo.rendering import ISO, Row, as_text, chinese_headers, labelled

FIRST_EXCEL_DAY = date(1899, 12, 30)


def write_csv(
    path: Path,
    table: str,
    frame: pl.DataFrame,
    dirty: Sequence[Dirty],
    rng: np.random.Generator,
    *,
    encoding: str,
    day_format: str = ISO,
    mark: bytes = b"",
) -> None:
    """Chinese headers and labels; ``mark`` is put before the header (the byte order mark of Excel)."""

    def lines(rows: pl.DataFrame) -> list[str]:
        text = as_text(table, rows, day_format).rename(chinese_headers(table, frame.columns))
        return text.write_csv(null_value="").removesuffix("\n").split("\n")

    header, *good = lines(frame)
    bad = [(lines(pl.DataFrame([item.row]))[1], item.damage) for item in dirty]
    body = [line.encode(encoding) for line in good]
    body += [damage(line, encoding) if damage else line.encode(encoding) for line, damage in bad]
    order = _strewn(len(good), dirty, rng)
    path.write_bytes(mark + b"\n".join([header.encode(encoding), *(body[i] for i in order), b""]))


def write_workbook(
    path: Path, table: str, frame: pl.DataFrame, dirty: Sequence[Dirty], rng: np.random.Generator
) -> None:
    """One sheet with Chinese headers and real Excel dates; formula-like text is written as text."""
    rows = [
        *labelled(table, frame).rows(),
        *(labelled(table, pl.DataFrame([item.row])).row(0) for item in dirty),
    ]
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as book:
        # A fixed day of creation keeps the file the same from run to run.
        book.set_properties({"created": datetime(2026, 1, 1)})
        sheet, day = book.add_worksheet("检查记录"), book.add_format({"num_format": "yyyy-mm-dd"})
        for column, header in enumerate(chinese_headers(table, frame.columns).values()):
            sheet.write_string(0, column, header)
        for number, position in enumerate(_strewn(len(frame), dirty, rng), start=1):
            for column, value in enumerate(rows[position]):
                if isinstance(value, date):
                    sheet.write_number(number, column, (value - FIRST_EXCEL_DAY).days, day)
                elif value is not None:
                    sheet.write_string(number, column, value)


def write_json(path: Path, frame: pl.DataFrame, dirty: Sequence[Dirty], rng: np.random.Generator) -> None:
    """A list of objects with canonical headers and keys; days as ISO text."""
    rows: list[Row] = [*frame.to_dicts(), *(item.row for item in dirty)]
    ordered = [rows[position] for position in _strewn(len(frame), dirty, rng)]
    path.write_text(json.dumps(ordered, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


def write_parquet(path: Path, frame: pl.DataFrame, dirty: Sequence[Dirty], rng: np.random.Generator) -> None:
    """Canonical headers, keys and types."""
    bad = pl.DataFrame([item.row for item in dirty], schema=frame.schema)
    pl.concat([frame, bad])[_strewn(len(frame), dirty, rng)].write_parquet(path)


def _strewn(good: int, dirty: Sequence[Dirty], rng: np.random.Generator) -> np.ndarray:
    """Order in which good rows (in theirs) and dirty rows after them are written."""
    place = rng.uniform(0, good, len(dirty))
    place[[item.kind == UNBALANCED for item in dirty]] = np.inf
    return np.argsort(np.concatenate([np.arange(good), place]), kind="stable")
