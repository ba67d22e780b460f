"""What of a delivery nothing reads, and what of the tables nothing fills."""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from models.tables.canonical import TABLES
from warehouse.intake.files.raw import LINE, shown
from warehouse.intake.judged import Batch, Unfilled, Unused
from warehouse.intake.mapping import Mapping
from warehouse.intake.recognition import left_out, metadata, nearest, read_from, recognised

MOST_HINTS = 200
"""Where more columns than this are read by nothing, nobody looks for what each might have meant."""


def unfilled_columns(mapping: Mapping, batches: Iterable[Batch]) -> list[Unfilled]:
    """Canonical columns that nothing in a file fills; those that decide about a code come first.

    Columns that the mapping says not to take are left out.
    """
    found: list[Unfilled] = []
    for batch in batches:
        if not _delivered(batch):
            continue
        entry, table = mapping.entry(batch.table, batch.entry_at), TABLES[batch.table]
        filled = read_from(_read_as(mapping, batch), entry, table)
        found += [
            Unfilled(
                table.name,
                name,
                bool(metadata(column).get("decisive")),
                batch.raw.file,
                batch.raw.sheet,
                batch.entry_at,
            )
            for name, column in table.columns().items()
            if name != "source" and name not in filled and name not in entry.columns
        ]
    return sorted(found, key=lambda one: not one.is_decisive)


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
                holds = "cannot be read" if sheet.rows is None else f"holds {sheet.rows:,} rows"
                why = f"{holds} and is not read"
                why = why if sheet.state == "visible" else f"({sheet.state}) {why}"
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
        filled = read_from(_read_as(mapping, first), mapping.entry(first.table, first.entry_at), table)
        is_open = [name for name in table.columns() if name not in filled]
        unread = [header for header in _delivered(first) if header not in used]
        for header in unread:
            near = nearest(header, table, is_open) if len(unread) <= MOST_HINTS else None
            rows = _filled_rows(first.raw.frame[header])
            yield Unused("column", file, sheet, shown(header), rows, near, "is read by nothing")
        for header in first.raw.nested:
            yield Unused("column", file, sheet, shown(header), None, None, "holds lists or objects")


def _filled_rows(column: pl.Series) -> int:
    filled = column.is_not_null()
    if column.dtype == pl.String:
        filled &= column.str.strip_chars() != ""
    return int(filled.sum())


def _delivered(batch: Batch) -> list[str]:
    return [name for name in batch.raw.frame.columns if name != LINE]


def _read_as(mapping: Mapping, batch: Batch) -> list[str]:
    """Headers of a batch under the names they are read by."""
    delivered = _delivered(batch)
    names = recognised(delivered, mapping.entry(batch.table, batch.entry_at), TABLES[batch.table]).names
    return [names.get(header, header) for header in delivered]


def headers_by_column(mapping: Mapping, batch: Batch) -> dict[str, list[str]]:
    """Delivered headers that fill each canonical column of a batch."""
    entry, table = mapping.entry(batch.table, batch.entry_at), TABLES[batch.table]
    delivered, read_as = _delivered(batch), _read_as(mapping, batch)
    names = dict(zip(read_as, delivered, strict=True))
    read = read_from(read_as, entry, table)
    return {column: [names[one] for one in headers if one in names] for column, headers in read.items()}


def _used(mapping: Mapping, batch: Batch) -> set[str]:
    """Delivered headers that a batch reads, or was told not to."""
    entry, table = mapping.entry(batch.table, batch.entry_at), TABLES[batch.table]
    read_as = _read_as(mapping, batch)
    wanted = {header for read in read_from(read_as, entry, table).values() for header in read}
    wanted |= left_out(entry, table)
    return {name for name, as_name in zip(_delivered(batch), read_as, strict=True) if as_name in wanted}
