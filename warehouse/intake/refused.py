"""Refused rows as they are kept: with their content as delivered, and the cells they are refused for."""

import json
from collections.abc import Collection, Iterable
from collections.abc import Mapping as Cells
from typing import Any

import polars as pl

from models.contract import DUPLICATE_KEY, HEALS, UNKNOWN_ENTERPRISE
from models.former_numbers import AMBIGUOUS, NAMED_AS
from models.identities import ENTERPRISE
from models.identity_cards import masked_identity_cards
from models.tables.canonical import TABLES, Table, personal
from warehouse.intake.conform import as_text
from warehouse.intake.files.raw import IN_A_PLACE, LINE
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


def refused_rows(
    mapping: Mapping, batch: Batch, refused: pl.DataFrame, frame: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Refused rows with their content as delivered, as JSON: enough to show, to export and to try again.

    ``frame``: rows of the batch that they are among; without one they are looked up.
    """
    if refused.is_empty():
        return pl.DataFrame(schema=REJECT_SCHEMA)
    refused = refused.sort(LINE)
    held = batch.raw.of(refused[LINE]) if frame is None else frame.join(refused, on=LINE, how="semi")
    delivered = as_text(held.sort(LINE)).drop(LINE)
    content = [kept(row) for row in delivered.iter_rows(named=True)]
    headers = batch.headers_by_column()
    cells = [
        kept(_offending(batch.table, rules, headers, row))
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


def canonical_rejects(
    rows: pl.DataFrame,
    table: Table,
    *,
    named: Collection[str],
    source: pl.Expr,
    rules: pl.Expr,
    state: str,
    mapping_hash: pl.Expr,
    entry: int | None,
) -> pl.DataFrame:
    """Rows that were readable as rejects, with their canonical content; of their cells ``named`` are shown.

    They tell the number by which their enterprise was delivered.
    """
    if table.may_name_former_numbers:
        rows = rows.with_columns(pl.coalesce(NAMED_AS, ENTERPRISE).alias(ENTERPRISE))
    content = [
        kept({key: str(cell) for key, cell in row.items() if cell is not None})
        for row in rows.select(list(table.columns())).iter_rows(named=True)
    ]
    cells = [kept(row) for row in rows.select(*named).iter_rows(named=True)]
    place = pl.col("source_file").str.extract_groups(IN_A_PLACE)
    return rows.select(
        source=source,
        table_name=pl.lit(table.name),
        file=place.struct.field("file"),
        sheet=place.struct.field("sheet"),
        line="source_line",
        rules=rules,
        content=pl.Series(content, dtype=pl.String),
        cells=pl.Series(cells, dtype=pl.String),
        state=pl.lit(state),
        mapping_hash=mapping_hash,
        entry=pl.lit(entry, dtype=pl.Int64),
    ).cast(REJECT_SCHEMA)


def kept(cells: Cells[str, Any]) -> str:
    """Cells as they are kept of a refused row: as JSON, without numbers of persons."""
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
