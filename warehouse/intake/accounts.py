"""What of a delivery nothing reads, and what of the tables nothing fills."""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from models.messages import Remark
from models.tables.canonical import TABLES, Table, decisive
from warehouse.database.rows import Rows
from warehouse.intake.files.raw import shown
from warehouse.intake.judged import Batch, Unfilled, Unused
from warehouse.intake.mapping import Mapping
from warehouse.intake.recognition import left_out, metadata, nearest

MOST_HINTS = 200
"""Where more columns than this are read by nothing, nobody looks for what each might have meant."""
_INSTEAD = {("accidents", "casualties"): ("deaths", "serious_injuries")}
"""Columns that are blank where others are filled: who was harmed is told in one way or in the other."""


def unfilled_columns(mapping: Mapping, batches: Iterable[Batch]) -> list[Unfilled]:
    """Canonical columns that nothing in a file fills; those that decide about a code come first.

    Columns that the mapping says not to take are left out.
    """
    found = [
        one
        for batch in batches
        if batch.read_as
        for one in (*_headless(mapping, batch), *_blank(mapping, batch))
    ]
    return sorted(found, key=lambda one: not one.is_decisive)


def _headless(mapping: Mapping, batch: Batch) -> Iterator[Unfilled]:
    """Columns for which a file has no header."""
    entry, table, raw = mapping.entry(batch.table, batch.entry_at), TABLES[batch.table], batch.raw
    for name, column in table.columns().items():
        if name != "source" and name not in batch.origins and name not in entry.columns:
            is_decisive = bool(metadata(column).get("decisive"))
            yield Unfilled(table.name, name, is_decisive, raw.file, raw.sheet, batch.entry_at)


def _blank(mapping: Mapping, batch: Batch) -> Iterator[Unfilled]:
    """Decisive columns whose cells are all blank, or whose key some objects lack, unless it is said what that means."""
    entry, table, raw = mapping.entry(batch.table, batch.entry_at), TABLES[batch.table], batch.raw
    headers = batch.headers_by_column()
    for name in decisive(table):
        spec, read = entry.columns.get(name), headers.get(name, [])
        if not read or (spec is not None and (spec.blank is not None or spec.constant is not None)):
            continue
        place = (raw.file, raw.sheet, batch.entry_at)
        instead = [
            header for other in _INSTEAD.get((table.name, name), ()) for header in headers.get(other, [""])
        ]
        if instead and all(header and batch.filled[header] == batch.height for header in instead):
            continue
        if batch.height and not any(batch.filled[header] for header in read):
            yield Unfilled(table.name, name, True, *place, "cells")
        elif lines := sorted(set.intersection(*(set(raw.lacking.get(header, [])) for header in read))):
            yield Unfilled(table.name, name, True, *place, "key", len(lines), lines[0])


def unused_content(mapping: Mapping, batches: Sequence[Batch]) -> list[Unused]:
    """Sheets with rows that no entry reads, and columns that nothing reads, of the files of a delivery."""
    return [*_unused_sheets(batches), *_unused_columns(mapping, batches)]


def _unused_sheets(batches: Sequence[Batch]) -> Iterator[Unused]:
    read = {(batch.raw.file, batch.raw.sheet) for batch in batches}
    told: set[tuple[str, str]] = set()
    for batch in batches:
        for sheet in batch.raw.beside:
            place = (batch.raw.file, shown(sheet.name))
            if sheet.rows != 0 and place not in read and place not in told:
                told.add(place)
                why = (
                    Remark("cannot be read and is not read")
                    if sheet.rows is None
                    else Remark("holds {n} rows and is not read", n=f"{sheet.rows:,}")
                )
                if sheet.state != "visible":
                    why = Remark("(hidden) {why}", why=why)
                yield Unused("sheet", place[0], None, place[1], sheet.rows, None, why)


def _unused_columns(mapping: Mapping, batches: Sequence[Batch]) -> Iterator[Unused]:
    """Columns of a file, or sheet, that no entry reads which reads the file."""
    together: dict[tuple[str, str | None], list[Batch]] = {}
    for batch in batches:
        together.setdefault((batch.raw.file, batch.raw.sheet), []).append(batch)
    for (file, sheet), mine in together.items():
        used = {header for batch in mine for header in _used(mapping, batch)}
        first = mine[0]
        table = TABLES[first.table]
        is_open = [name for name in table.columns() if name not in first.origins]
        unread = [header for header in first.read_as if header not in used]
        for header in unread:
            near = nearest(header, table, is_open) if len(unread) <= MOST_HINTS else None
            rows = first.filled[header]
            yield Unused("column", file, sheet, shown(header), rows, near, Remark("is read by nothing"))
        for header in first.raw.nested:
            yield Unused("column", file, sheet, shown(header), None, None, Remark("holds lists or objects"))


def count_filled(mapping: Mapping, batch: Batch, frame: pl.DataFrame) -> None:
    """Count what some rows of a batch hold, under the headers that it is asked of."""
    table, headers = TABLES[batch.table], batch.headers_by_column()
    asked = [
        *decisive(table),
        *(other for (name, _), others in _INSTEAD.items() if name == table.name for other in others),
    ]
    wanted = {header for name in asked for header in headers.get(name, [])}
    wanted |= set(batch.read_as) - _used(mapping, batch)
    if not wanted:
        return
    texts = {header for header, dtype in frame.schema.items() if dtype == pl.String}
    counts = [pl.col(each).str.strip_chars().ne("").sum() for each in wanted & texts]
    counts += [pl.col(each).count() for each in wanted - texts]
    batch.filled.update(frame.select(counts).row(0, named=True))


def used_again(table: Table, rows: Rows, batches: Sequence[Batch]) -> list[Remark]:
    """Notes on numbers that stand for events of several days: read as corrections, which they may not be."""
    happened, number = table.happened, table.key[-1]
    if happened is None or rows.shared.is_empty():
        return []
    twice = (
        rows.numbered(rows.shared, [*table.key, happened, "batch", "source_line"])
        .group_by(*table.key)
        .agg(pl.col(happened).n_unique().alias("days"), pl.col("batch", "source_line").last())
        .filter(pl.col("days") > 1)
        .sort("batch", "source_line")
    )
    return [
        Remark(
            "{file}: {n} values of {column} stand for events of several days, read as corrections; first {value} in "
            "line {line}",
            file=batches[at].raw.place,
            n=f"{found.height:,}",
            column=f"{table.name}.{number}",
            value=found[number][0],
            line=found["source_line"][0],
        )
        for (at,), found in twice.group_by("batch", maintain_order=True)
    ]


def _used(mapping: Mapping, batch: Batch) -> set[str]:
    """Delivered headers that a batch reads, or was told not to."""
    wanted = {header for read in batch.origins.values() for header in read}
    wanted |= left_out(mapping.entry(batch.table, batch.entry_at), TABLES[batch.table])
    return {header for header, name in batch.read_as.items() if name in wanted}
