"""A delivered file as one entry of the mapping reads it: its headers first, then its rows, part by part.

What is told of a file does not depend on how many rows are looked at together.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import polars as pl

from models.messages import Remark
from models.tables.canonical import TABLES
from warehouse.intake.accounts import count_filled
from warehouse.intake.conform import conform, taken_otherwise
from warehouse.intake.files.flaws import below_other_headers, days_from_1904, flawed_lines, with_flaws
from warehouse.intake.files.raw import LINE, Raw, shown
from warehouse.intake.files.readers import note_private, private_lines
from warehouse.intake.judged import Batch
from warehouse.intake.mapping import Entry, Mapping
from warehouse.intake.recognition import read_from, recognised


class Part(NamedTuple):
    """Some rows of a batch: as delivered (``frame``) and in canonical form (``rows``), one for one."""

    frame: pl.DataFrame
    rows: pl.DataFrame


def batch_of(raw: Raw, entry: Entry, table: str, at: int) -> Batch:
    """A file for one entry of the mapping; headers are read as those they stand for."""
    delivered = [name for name in raw.frame.columns if name != LINE]
    known = recognised(delivered, entry, TABLES[table])
    names = {header: known.names.get(header, header) for header in delivered}
    origins = read_from(list(names.values()), entry, TABLES[table])
    batch = Batch(table, at, raw, names, origins, tuple(known.unclear), raw.height)
    if not raw.height:
        if not raw.unread:
            raw.notes.append(Remark("{file}: holds no rows", file=raw.place))
        return batch
    read_as = replace(raw, frame=raw.frame.rename(known.names))
    days_from_1904(raw, read_as, origins, TABLES[table])
    for name, several in known.unclear.items():
        raw.notes.append(
            Remark(
                "{file}: {headers} could both be {column}; name one in the mapping",
                file=raw.place,
                headers=" and ".join(map(shown, several)),
                column=name,
            )
        )
    return batch


def parts(batch: Batch, mapping: Mapping) -> Iterator[Part]:
    """Rows of a batch, part by part; what there is to tell of all of them is told behind the last one.

    A file of which a later part cannot be read is refused whole (``batch.height`` is 0 then): whoever took its first
    parts lets them go.  Raises MappingError where the mapping does not fit.
    """
    raw, table, entry = batch.raw, TABLES[batch.table], mapping.entry(batch.table, batch.entry_at)
    flaws = [flaw._replace(header=batch.read_as.get(flaw.header, flaw.header)) for flaw in raw.flaws]
    odd, is_below = [pl.Series(LINE, [], dtype=pl.Int64)], False
    others: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for frame in _chunks(batch):
        read_as = replace(raw, frame=frame.rename(batch.read_as, strict=False))
        rows, taken = conform(read_as, entry, table, source=mapping.name)
        for name, texts in taken.items():
            others[name].append(texts.alias("text").value_counts())
        more, is_below = below_other_headers(read_as.frame, rows, entry, batch.origins, is_below=is_below)
        mine = [*flaws, *more]
        rows = with_flaws(rows, mine, batch.origins, batch.unclear)
        batch.flawed |= flawed_lines(rows, mine, batch.origins)
        count_filled(mapping, batch, frame)
        odd.append(private_lines(frame))
        yield Part(frame, rows)
    note_private(raw, pl.concat(odd))
    for name, counted in others.items():
        spec = entry.columns[name]
        assert spec is not None, "what is taken otherwise is said by the mapping"
        raw.notes.append(taken_otherwise(raw, f"{table.name}.{name}", spec, counted))


def _chunks(batch: Batch) -> Iterator[pl.DataFrame]:
    try:
        yield from batch.raw.chunks()
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    # A panic of a parser written in Rust is no Exception.
    except BaseException as error:
        batch.raw.refuse_whole("unreadable_file", f"{type(error).__name__}: {error}")
        batch.height, batch.read_as, batch.origins, batch.flawed = 0, {}, {}, frozenset()
