"""Judging what was read, table by table: each row by itself, then all that share a key, whatever file they stood in.

Rows are gone through so many at once as can be held.  Nothing depends on where one part, or one file, ends.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from models.contract import PROBLEMS, ROW, judge_each, judge_together, key_of
from models.divisions import is_known, present
from models.former_numbers import AMBIGUOUS, NAMED_AS, NO_FORMER, find, told_by
from models.identities import ENTERPRISE, Proof
from models.messages import Remark
from models.tables.canonical import TABLES, Table, decisive
from warehouse.database.rows import Rows
from warehouse.intake.accounts import used_again
from warehouse.intake.batches import Part, parts
from warehouse.intake.conform import CELL_PROBLEMS
from warehouse.intake.files.raw import LINE
from warehouse.intake.judged import REJECT_SCHEMA, Batch, FileCount, Judged
from warehouse.intake.refused import refused_rows, unread_rows

_TOLD_EVERY = 1_000_000
"""Rows of a file after which it is told how far it is."""
_KEYS = pl.Schema({ROW: pl.Int64, "key": pl.UInt64, "number": pl.UInt64})
_PLACES = {"batch": pl.Int64, "delivery_id": pl.String, "source_file": pl.String, "source_line": pl.Int64}


@dataclass
class Ground:
    """What rows are judged by: enterprises and former numbers known so far, the day, and where there is room.

    ``scratch``: a folder for accepted rows that are too many to be held.  ``progress`` is told how far a long file is.
    """

    known: pl.Series
    former: pl.DataFrame
    today: date
    scratch: Path | None = None
    progress: Callable[[str], None] = lambda _: None


def judge_batches(
    judged: Judged,
    batches: Iterable[Batch],
    *,
    known_enterprises: pl.Series,
    former: pl.DataFrame = NO_FORMER,
    today: date,
) -> None:
    """Judge batches that are at hand, whatever their order."""
    by_table: dict[str, list[Batch]] = {}
    for batch in batches:
        by_table.setdefault(batch.table, []).append(batch)
    judge_tables(judged, lambda name: by_table.get(name, []), Ground(known_enterprises, former, today))


def judge_tables(judged: Judged, read: Callable[[str], Iterable[Batch]], ground: Ground) -> list[Batch]:
    """Judge all batches that are read of each table, the register and former numbers first: events refer to them.

    Gives the batches that were judged; what they held is let go.
    """
    done: list[Batch] = []
    for table in TABLES.values():
        found = _Found(judged, table, ground)
        for batch in read(table.name):
            found.take(batch)
        if found.batches:
            found.settle()
            ground.former = pl.concat([ground.former, _told_by(table, found.rows)])
            if table.is_register:
                mine = found.rows.lazy().select(ENTERPRISE).collect()[ENTERPRISE]
                ground.known = pl.concat([ground.known, mine]).unique()
            judged.rows[table.name] = found.rows
            done += found.batches
    return done


def _told_by(table: Table, rows: Rows) -> pl.DataFrame:
    tells = table.is_register or table.name == "former_numbers"
    wanted = {*NO_FORMER.columns, "withdrawn_on", "registration_number"}
    named = [name for name in rows.schema if name in wanted]
    return told_by(table, rows.lazy().select(named).collect()) if tells else NO_FORMER


@dataclass
class _Taken:
    """What became of one batch: accepted rows and the keys they may share, and rejects by their place in it."""

    rows: Rows
    keys: list[pl.DataFrame] = field(default_factory=lambda: [pl.DataFrame(schema=_KEYS)])
    refused: list[pl.DataFrame] = field(default_factory=list[pl.DataFrame])
    cells: list[pl.DataFrame] = field(default_factory=list[pl.DataFrame])
    named: int = 0

    def rejects(self) -> pl.DataFrame:
        return pl.concat([pl.DataFrame(schema=REJECT_SCHEMA), *self.refused]).sort(
            "line", maintain_order=True
        )


@cache
def _columns(table: str) -> pl.Schema:
    """The columns of rows of a table while they are judged."""
    own = {**TABLES[table].schema.create_empty().schema, ROW: pl.Int64(), NAMED_AS: pl.String()}
    return pl.Schema({**own, **_PLACES})


class _Found:
    """What was found of a table so far."""

    def __init__(self, judged: Judged, table: Table, ground: Ground) -> None:
        self.judged, self.table, self.ground = judged, table, ground
        self.batches: list[Batch] = []
        self.rows = self._no_rows(table.name)
        self._taken: list[_Taken] = []
        self._next = 0
        mapping = judged.mapping
        self._proof = Proof(mapping.id_scheme == "uscc", mapping.accepted_on(ground.today))

    def _no_rows(self, name: str) -> Rows:
        return Rows(pl.DataFrame(schema=_columns(self.table.name)), self.ground.scratch, name)

    def take(self, batch: Batch) -> None:
        """Judge the rows of a batch, each by itself."""
        at, first = len(self.batches), self._next
        taken = _Taken(self._no_rows(f"{self.table.name}-{at}"))
        for part in parts(batch, self.judged.mapping):
            self._take_part(taken, batch, part)
            done = self._next - first
            if done < batch.height and done % _TOLD_EVERY < part.rows.height:
                self.ground.progress(f"{batch.raw.place}: {done:,} of {batch.height:,}")
        if not batch.height:
            # What could not be read to its end is not taken in by halves.
            taken, self._next = _Taken(self._no_rows(f"{self.table.name}-{at}")), first
        self.rows.extend(taken.rows)
        self.batches.append(batch)
        self._taken.append(taken)

    def _take_part(self, taken: _Taken, batch: Batch, part: Part) -> None:
        first, self._next = self._next, self._next + part.rows.height
        rows = part.rows.with_columns(pl.int_range(first, self._next, dtype=pl.Int64).alias(ROW))
        rows = self._by_todays_numbers(taken, rows)
        good, refused = judge_each(
            rows,
            self.table,
            known_enterprises=self.ground.known,
            today=self.ground.today,
            proof=self._proof,
        )
        mapping = self.judged.mapping
        if not refused.is_empty():
            where = refused.join(rows.select(ROW, LINE), on=ROW)
            taken.refused.append(refused_rows(mapping, batch, where, part.frame))
        without = good.filter(pl.col(CELL_PROBLEMS).list.len() > 0).sort(LINE)
        if not without.is_empty():
            told = refused_rows(mapping, batch, without.select(LINE, rules=CELL_PROBLEMS), part.frame)
            taken.cells.append(told.with_columns(without[ROW]))
        number = pl.col(self.table.key[-1])
        taken.keys.append(good.select(ROW, key=key_of(self.table), number=number.hash()))
        located = good.with_columns(
            batch=pl.lit(len(self.batches), pl.Int64),
            delivery_id=pl.lit(self.judged.delivery_id),
            source_file=pl.lit(batch.raw.place),
            source_line=pl.col(LINE),
        )
        taken.rows.add(located.select(list(taken.rows.schema)))

    def _by_todays_numbers(self, taken: _Taken, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows that name a former number with that of today, and what they were delivered with (``named_as``)."""
        ground = self.ground
        found = find(rows, self.table, known=ground.known, former=ground.former, proof=self._proof, row=ROW)
        taken.named += found.named.height
        named = found.rows.join(found.named, on=ROW, how="left", maintain_order="left")
        if found.ambiguous.is_empty():
            return named
        problems, is_ambiguous = pl.col(PROBLEMS), pl.col(ROW).is_in(found.ambiguous.implode())
        more = pl.lit([AMBIGUOUS], dtype=pl.List(pl.String))
        return named.with_columns(
            pl.when(is_ambiguous).then(problems.list.concat(more)).otherwise(problems).alias(PROBLEMS)
        )

    def settle(self) -> None:
        """Judge together what shares a key, and tell of the table as a whole."""
        judged, table, mapping = self.judged, self.table, self.judged.mapping
        if named := sum(taken.named for taken in self._taken):
            judged.notes.append(
                Remark(
                    "{table}: {n} rows name former numbers, read as the enterprises of today",
                    table=table.name,
                    n=f"{named:,}",
                )
            )
        out = self._judge_together()
        no_cells = pl.DataFrame(schema={**REJECT_SCHEMA, ROW: pl.Int64})
        cells = pl.concat([no_cells, *(one for taken in self._taken for one in taken.cells)])
        self._count_files()
        kept = cells.filter(~pl.col(ROW).is_in(out.implode())).drop(ROW)
        kept = kept.with_columns(state=pl.lit("cell"), entry=pl.lit(None, dtype=pl.Int64))
        judged.cells = pl.concat([judged.cells, kept])
        rejects = [unread_rows(mapping, batch) for batch in self.batches]
        rejects += [taken.rejects() for taken in self._taken]
        judged.rejects = pl.concat([judged.rejects, *rejects])
        self._in_present_divisions()
        judged.notes += used_again(table, self.rows, self.batches)
        for batch in self.batches:
            batch.raw.frame = batch.raw.frame.clear()

    def _judge_together(self) -> pl.Series:
        """Take out what contradicts or repeats other rows.  Gives the numbers of all these rows."""
        judged, table = self.judged, self.table
        keys = pl.concat([each for taken in self._taken for each in taken.keys])
        for taken in self._taken:
            taken.keys.clear()
        self.rows.shared = keys.filter(_is_shared(keys["number"]))[ROW]
        suspects = self.rows.numbered(keys.filter(_is_shared(keys["key"]))[ROW])
        together = judge_together(suspects, table)
        refused = suspects.join(together.refused, on=ROW, how="inner", maintain_order="left")
        judged.contradicted[table.name] = refused.select(*table.columns(), "source_file")
        for (at,), mine in refused.group_by("batch"):
            found = mine.select("rules", pl.col("source_line").alias(LINE))
            self._taken[at].refused.append(refused_rows(judged.mapping, self.batches[at], found))
        judged.repeated += len(together.repeated)
        out = pl.concat([together.refused[ROW], together.repeated])
        self.rows.take_out(out)
        self.rows.shared = self.rows.shared.filter(~self.rows.shared.is_in(out.implode()))
        return out

    def _count_files(self) -> None:
        for batch, taken in zip(self.batches, self._taken, strict=True):
            refused = sum(each.height for each in taken.refused)
            unread = sum(1 for each in batch.raw.unread if each.line > 0)
            self.judged.files.append(
                FileCount(
                    self.table.name,
                    batch.raw.file,
                    batch.delivered,
                    batch.height - refused,
                    refused + unread,
                    batch.raw.sheet,
                    batch.entry_at,
                    _decisive_headers(batch),
                )
            )

    def _in_present_divisions(self) -> None:
        """Give accepted rows the divisions of today; what was read as another one is noted, what never existed told."""
        if "division" not in self.table.columns():
            return
        judged, name = self.judged, self.table.name
        counts = self.rows.lazy().group_by("division").agg(n=pl.len()).drop_nulls().collect()
        counted = dict(counts.iter_rows())
        moved = {code: now for code in counted if (now := present(code)) != code}
        judged.notes += [
            Remark(
                "{table}: division {code} is {now} now, read so in {n} rows",
                table=name,
                code=code,
                now=now,
                n=f"{counted[code]:,}",
            )
            for code, now in sorted(moved.items())
        ]
        judged.strange_divisions += [
            (name, code, rows) for code, rows in sorted(counted.items()) if not is_known(code)
        ]
        if moved:
            self.rows.change(pl.col("division").replace(moved))


def _is_shared(hashes: pl.Series) -> pl.Series:
    """Whether another row has the same hash; sorted, which takes less room than to look each one up."""
    ordered = hashes.sort()
    twice = ordered.filter((ordered == ordered.shift(1)).fill_null(value=False))
    return hashes.is_in(twice.unique().implode())


def _decisive_headers(batch: Batch) -> dict[str, str]:
    read = batch.headers_by_column()
    return {name: " | ".join(read[name]) for name in decisive(TABLES[batch.table]) if read.get(name)}
