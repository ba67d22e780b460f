"""Refused rows as they are kept: with their content as delivered, and the cells they are refused for."""

import json
from collections.abc import Iterable
from typing import Any

import polars as pl

from models.contract import DUPLICATE_KEY, HEALS, UNKNOWN_ENTERPRISE
from models.former_numbers import AMBIGUOUS
from models.identity_cards import masked_identity_cards
from models.tables.canonical import TABLES, personal
from warehouse.intake.accounts import headers_by_column
from warehouse.intake.conform import as_text
from warehouse.intake.files.raw import LINE
from warehouse.intake.judged import REJECT_SCHEMA, Batch
from warehouse.intake.mapping import Mapping


def unread_rows(mapping: Mapping, batch: Batch) -> pl.DataFrame:
    """Lines and files that could not be read."""
    rows = [
        (
            mapping.name,
            batch.table,
            unread.file,
            unread.sheet,
            unread.line,
            unread.rule,
            unread.content,
            None,
            "open",
            mapping.hash,
            None,  # there are no cells that an entry of the mapping could read again
        )
        for unread in batch.raw.unread
    ]
    return pl.DataFrame(rows, schema=REJECT_SCHEMA, orient="row")


def refused_rows(mapping: Mapping, batch: Batch, refused: pl.DataFrame) -> pl.DataFrame:
    """Refused rows with their content as delivered, as JSON: enough to show, to export and to try again."""
    if refused.is_empty():
        return pl.DataFrame(schema=REJECT_SCHEMA)
    refused = refused.sort(LINE)
    delivered = as_text(batch.raw.frame.join(refused, on=LINE, how="semi").sort(LINE)).drop(LINE)
    content = [_kept(row) for row in delivered.iter_rows(named=True)]
    headers = headers_by_column(mapping, batch)
    cells = [
        _kept(_offending(batch.table, rules, headers, row))
        for rules, row in zip(refused["rules"], delivered.iter_rows(named=True), strict=True)
    ]
    rules = pl.col("rules").list.join(", ")
    return refused.select(
        source=pl.lit(mapping.name),
        table_name=pl.lit(batch.table),
        file=pl.lit(batch.raw.file),
        sheet=pl.lit(batch.raw.sheet, dtype=pl.String),
        line=pl.col(LINE),
        rules=rules,
        content=pl.Series(content, dtype=pl.String),
        cells=pl.Series(cells, dtype=pl.String),
        state=pl.when(pl.col("rules").list.eval(pl.element().str.contains(HEALS)).list.all())
        .then(pl.lit("waiting"))
        .otherwise(pl.lit("open")),
        mapping_hash=pl.lit(mapping.hash),
        entry=pl.when(~pl.col(LINE).is_in(list(batch.flawed))).then(pl.lit(batch.entry_at, dtype=pl.Int64)),
    )


def _kept(cells: dict[str, Any]) -> str:
    return masked_identity_cards(json.dumps(cells, ensure_ascii=False))


def _offending(
    table: str, rules: Iterable[str], headers: dict[str, list[str]], row: dict[str, Any]
) -> dict[str, str]:
    """What the cells said for which a row is refused, by canonical column; nothing of what tells of a person."""
    keys = {
        DUPLICATE_KEY: TABLES[table].key,
        **dict.fromkeys((UNKNOWN_ENTERPRISE, AMBIGUOUS), ("enterprise_id",)),
    }
    columns = [name for rule in rules for name in keys.get(rule, (rule.partition(":")[2],))]
    hidden = personal(TABLES[table])
    return {
        name: "***"
        if name in hidden
        else " | ".join("" if row[header] is None else str(row[header]) for header in headers[name])
        for name in columns
        if headers.get(name)
    }
