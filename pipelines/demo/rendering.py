"""Canonical values in the words of an authority: Chinese headers and labels, 是/否, its way to write a day."""

from typing import Any

import dataframely as dy
import polars as pl

from models.tables.canonical import TABLES
from models.vocabulary import CODE_LISTS, CodeList

Row = dict[str, Any]

ISO, SLASHES = "%Y-%m-%d", "%Y/%-m/%-d"
"""2025-03-04 and 2025/3/4."""

YES, NO = "是", "否"


def chinese_headers(table: str, columns: list[str]) -> dict[str, str]:
    """Header of each column as the authorities write it."""
    known = TABLES[table].columns()
    return {column: (known[column].metadata or {})["zh"] for column in columns}


def labelled(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with Chinese labels for keys and 是/否 for booleans; days and numbers keep their type.

    What is no key, as in a spoiled row, stays as it is.
    """
    labels = [
        pl.col(column).cast(pl.String).replace({key: codes.zh(key) for key in codes.keys})
        for column, codes in _code_lists(table).items()
    ]
    yes_no = pl.when(pl.col(pl.Boolean)).then(pl.lit(YES)).when(~pl.col(pl.Boolean)).then(pl.lit(NO))
    return frame.with_columns(*labels, yes_no.name.keep())


def as_text(table: str, frame: pl.DataFrame, day_format: str) -> pl.DataFrame:
    """The frame as text only, as in a CSV file; empty cells are null."""
    words = labelled(table, frame)
    return words.with_columns(pl.col(pl.Date).dt.to_string(day_format)).cast(pl.String)


def _code_lists(table: str) -> dict[str, CodeList]:
    by_keys = {tuple(codes.keys): codes for codes in CODE_LISTS}
    return {
        name: by_keys[tuple(column.categories)]
        for name, column in TABLES[table].columns().items()
        if isinstance(column, dy.Enum)
    }
