"""A delivery, decided before anything is written: read, conform, judge.

Every row ends up accepted, refused or repeated; all files of a table are judged together, so how a delivery is
cut into files cannot matter.
"""

import hashlib
import os
from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path, PurePath

import polars as pl

from models.contract import DUPLICATE_KEY, ROW, judge
from models.divisions import is_known, present
from models.errors import DeliveryError
from models.former_numbers import AMBIGUOUS, NAMED_AS, NO_FORMER, find, told_by
from models.identities import Proof
from models.messages import N_, Message, Remark
from models.tables.canonical import TABLES, Table, decisive
from warehouse.intake.accounts import unfilled_columns, unused_content, used_again
from warehouse.intake.conform import CELL_PROBLEMS, conform
from warehouse.intake.files.flaws import below_other_headers, days_from_1904, flawed_lines, with_flaws
from warehouse.intake.files.queries import read_sql
from warehouse.intake.files.raw import LINE, Raw, shown
from warehouse.intake.files.readers import read_file
from warehouse.intake.judged import Batch, FileCount, Judged, Unused
from warehouse.intake.mapping import Entry, Mapping, expand_environment
from warehouse.intake.recognition import read_from, recognised
from warehouse.intake.refused import refused_rows, unread_rows

Progress = Callable[[str], None]
Files = list[tuple[str, int, Entry, Path]]
"""Files of a delivery, each with the table and the entry of the mapping that reads it."""
_NOT_READ = N_("{file}: {why}, not read")
_UNFINISHED = (".part", ".tmp")


def delivery_files(
    folder: Path, mapping: Mapping, only: Container[str] | None = None
) -> tuple[Files, list[Remark]]:
    """Files of a delivery by the entry that reads them, and a note on each file nobody reads.

    ``only``: names of the files that are read now; the others were read before.
    Raises DeliveryError when the folder does not exist.
    """
    if not folder.is_dir():
        raise DeliveryError(
            "There is no folder {folder}. Give the folder that holds the delivered files.", folder=folder
        )
    root = folder.resolve()
    there = sorted(path for path in folder.iterdir() if is_finished(path))
    inside = [path for path in there if path.is_file() and path.resolve().is_relative_to(root)]
    notes = [_not_read(path, _why_no_file(path)) for path in there if path not in set(inside)]
    taken: set[Path] = set()
    found: Files = []
    for table, at, entry in mapping.entries():
        matching = [path for path in inside if _matches(path, entry.files)]
        found += [(table, at, entry, path) for path in matching if only is None or path.name in only]
        taken.update(matching)
    others = [path for path in inside if path not in taken and path.name != "mapping.yaml"]
    notes += [_ignored(path, mapping) for path in others]
    return found, notes


def is_finished(path: Path) -> bool:
    """Whether a file carries its name for good: a careful sender writes ``.name`` or ``name.part`` first."""
    return not path.name.startswith(".") and path.suffix.lower() not in _UNFINISHED


def _matches(path: Path, patterns: list[str]) -> bool:
    return any(PurePath(path.name).match(pattern) for pattern in patterns)


def _ignored(path: Path, mapping: Mapping) -> Remark:
    for ignored in mapping.ignore:
        if _matches(path, ignored.files):
            return Remark("{file}: left out ({why})", file=shown(path.name), why=ignored.why)
    return _not_read(path, Remark("no entry of the mapping names it"))


def _not_read(path: Path, why: Remark) -> Remark:
    return Remark(_NOT_READ, file=shown(path.name), why=why)


def unused_files(notes: list[Remark]) -> list[Unused]:
    """Files and folders of the notes that nothing reads, without those that the mapping leaves out."""
    told = [note.facts for note in notes if note.message == _NOT_READ]
    return [
        Unused("file", name := str(one["file"]), None, name, None, None, why)
        for one in told
        if isinstance(why := one["why"], Remark)
    ]


def _not_there(folder: Path, mapping: Mapping) -> Iterator[Remark]:
    """Files that are not finished, and tables of which no file came."""
    entries = mapping.entries()
    patterns = [pattern for _, _, entry in entries for pattern in entry.files]
    there = sorted(folder.iterdir())
    for path in (path for path in there if not is_finished(path)):
        meant = Path(path.name.removeprefix("."))
        meant = meant.with_suffix("") if meant.suffix.lower() in _UNFINISHED else meant
        if _matches(meant, patterns):
            name = shown(meant.name)
            yield Remark("{file}: left alone until it is called {name}", file=shown(path.name), name=name)
    came = {
        table
        for table, _, entry in entries
        for path in there
        if is_finished(path) and _matches(path, entry.files)
    }
    lacking = {
        table: " or ".join(entry.files) for table, _, entry in entries if entry.files and table not in came
    }
    if lacking:
        tables = ", ".join(f"{table} ({names})" for table, names in lacking.items())
        yield Remark("no file came for {tables}", tables=tables)


def _why_no_file(path: Path) -> Remark:
    if path.is_symlink():
        return Remark("points outside the delivery")
    return Remark("a folder") if path.is_dir() else Remark("no ordinary file")


def fingerprint_delivery(folder: Path | None, mapping: Mapping, only: Container[str] | None = None) -> str:
    """SHA-256 over the mapping and the content of every file it reads; queries always count as new."""
    files = [] if folder is None else delivery_files(folder, mapping, only)[0]
    return _fingerprint(mapping, files, _digests(files))


def _digests(files: Files) -> dict[Path, str]:
    return {path: file_digest(path) for path in dict.fromkeys(path for _, _, _, path in files)}


def _fingerprint(mapping: Mapping, files: Files, digests: dict[Path, str]) -> str:
    digest = hashlib.sha256(mapping.hash.encode())
    for table, at, _, path in files:
        digest.update(f"{table}{at}".encode() + os.fsencode(path.name) + digests[path].encode())
    return digest.hexdigest()[:16]


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "cannot be opened"  # reading it will refuse it


def _batches(files: Files, mapping: Mapping, progress: Progress, *, with_queries: bool) -> Iterator[Batch]:
    for table, at, entry in mapping.entries():
        if entry.sql is not None and with_queries:
            name = f"sql:{table}[{at}]"
            progress(name)
            raw = read_sql(expand_environment(entry.sql.url), entry.sql.query, name)
            yield conform_batch(raw, entry, table, at, mapping)
    for table, at, entry, path in files:
        progress(shown(path.name))
        for raw in read_file(path, shown(path.name), entry):
            yield conform_batch(raw, entry, table, at, mapping)


def conform_batch(raw: Raw, entry: Entry, table: str, at: int, mapping: Mapping) -> Batch:
    """A file in canonical form, for one entry of the mapping; headers are read as those they stand for."""
    delivered = [name for name in raw.frame.columns if name != LINE]
    known = recognised(delivered, entry, TABLES[table])
    names = {header: known.names.get(header, header) for header in delivered}
    origins = read_from(list(names.values()), entry, TABLES[table])
    batch = Batch(table, at, raw, pl.DataFrame(), read_as=names, origins=origins)
    if raw.frame.is_empty():
        if not raw.unread:
            raw.notes.append(Remark("{file}: holds no rows", file=raw.place))
        return batch
    read_as = replace(raw, frame=raw.frame.rename(known.names))
    days_from_1904(raw, read_as, origins, TABLES[table])
    rows = conform(read_as, entry, TABLES[table], source=mapping.name)
    for name, several in known.unclear.items():
        raw.notes.append(
            Remark(
                "{file}: {headers} could both be {column}; name one in the mapping",
                file=raw.place,
                headers=" and ".join(map(shown, several)),
                column=name,
            )
        )
    flaws = [flaw._replace(header=names.get(flaw.header, flaw.header)) for flaw in raw.flaws]
    flaws += below_other_headers(read_as, rows, entry, origins)
    rows = with_flaws(rows, flaws, origins, known.unclear)
    return replace(batch, rows=rows, flawed=flawed_lines(rows, flaws, origins))


def judge_delivery(
    mapping: Mapping,
    folder: Path | None,
    *,
    known_enterprises: pl.Series,
    former: pl.DataFrame = NO_FORMER,
    today: date,
    progress: Progress = lambda _: None,
    only: Container[str] | None = None,
    with_queries: bool = True,
) -> Judged:
    """Decide on every row of a delivery, or of its queries and the files named by ``only``, writing nothing.

    Raises DeliveryError when there is nothing in it to read, MappingError when the mapping does not fit.
    """
    files, notes = delivery_files(folder, mapping, only) if folder is not None else ([], [])
    digests = _digests(files)
    judged = Judged(mapping, str(folder or ""), _fingerprint(mapping, files, digests), notes=notes)
    judged.unused = unused_files(notes)
    judged.digests = {shown(path.name): digest for path, digest in digests.items()}
    batches = list(_batches(files, mapping, progress, with_queries=with_queries))
    if not batches:
        if folder is None:
            raise DeliveryError(
                "The mapping '{mapping}' reads files. Name their folder: --source FOLDER",
                mapping=mapping.name,
            )
        raise DeliveryError(
            "Nothing in {folder} matches the mapping '{mapping}'. {notes}",
            folder=folder,
            mapping=mapping.name,
            notes="; ".join(judged.notes[:5]) or Message("The folder is empty."),
        )
    judged.notes += list(dict.fromkeys(note for batch in batches for note in batch.raw.notes))
    judged.notes += [] if folder is None else _not_there(folder, mapping)
    judged.unused += unused_content(mapping, batches)
    judged.unfilled = unfilled_columns(mapping, batches)
    judge_batches(judged, batches, known_enterprises=known_enterprises, former=former, today=today)
    return judged


def judge_batches(
    judged: Judged,
    batches: list[Batch],
    *,
    known_enterprises: pl.Series,
    former: pl.DataFrame = NO_FORMER,
    today: date,
) -> None:
    """Judge batches table by table, the register and former numbers first so that events can refer to them."""
    rejects: list[pl.DataFrame] = []
    for table in TABLES.values():
        mine = [batch for batch in batches if batch.table == table.name]
        if not mine:
            continue
        accepted, refused = _judge_table(judged, table, mine, known_enterprises, former, today)
        former = pl.concat([former, told_by(table, accepted)])
        if table.is_register:
            known_enterprises = pl.concat([known_enterprises, accepted["enterprise_id"]]).unique()
        judged.accepted[table.name] = accepted
        rejects.append(refused)
    judged.rejects = pl.concat([judged.rejects, *rejects])


def _judge_table(
    judged: Judged, table: Table, batches: list[Batch], known: pl.Series, former: pl.DataFrame, today: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Judge all files of a table at once, so that how a delivery is cut into files cannot matter."""
    empty = table.schema.create_empty().with_columns(
        problems=pl.lit([], pl.List(pl.String)),
        cell_problems=pl.lit([], pl.List(pl.String)),
        __line=pl.lit(0),
    )
    parts = [empty.with_columns(pl.col(LINE).cast(pl.Int64), batch=pl.lit(0, pl.Int64))]
    parts += [
        batch.rows.with_columns(batch=pl.lit(at, pl.Int64))
        for at, batch in enumerate(batches)
        if not batch.rows.is_empty()
    ]
    rows = pl.concat(parts, how="diagonal").with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))
    proof = Proof(judged.mapping.id_scheme == "uscc", judged.mapping.accepted_on(today))
    rows = _by_todays_numbers(judged, table, rows, known, former, proof)
    where = rows.select(ROW, "batch", LINE, NAMED_AS)
    verdict = judge(
        rows.drop("batch", LINE, CELL_PROBLEMS),
        table,
        known_enterprises=known,
        today=today,
        credit_codes=proof.credit_codes,
        accepted_codes=proof.accepted_codes,
    )
    refused = verdict.refused.join(where, on=ROW)
    clashing = refused.filter(pl.col("rules").list.contains(DUPLICATE_KEY)).select(ROW)
    judged.contradicted[table.name] = rows.join(clashing, on=ROW, how="semi").select(
        *table.columns(), source_file=_files_of(batches)
    )
    _count_files(judged, table, batches, where.join(refused, on=ROW, how="anti"), refused)
    judged.repeated += verdict.repeated
    mapping = judged.mapping
    rejects = [unread_rows(mapping, batch) for batch in batches]
    rejects += [refused_rows(mapping, batch, refused.filter(batch=at)) for at, batch in enumerate(batches)]
    accepted = _in_present_divisions(judged, table, verdict.accepted).join(where, on=ROW)
    judged.notes += used_again(table, accepted, batches)
    without = rows.filter(pl.col(CELL_PROBLEMS).list.len() > 0).join(accepted, on=ROW, how="semi")
    if not without.is_empty():
        told = without.select("batch", LINE, rules=CELL_PROBLEMS)
        cells = [refused_rows(mapping, batch, told.filter(batch=at)) for at, batch in enumerate(batches)]
        kept = pl.concat(cells).with_columns(state=pl.lit("cell"), entry=pl.lit(None, dtype=pl.Int64))
        judged.cells = pl.concat([judged.cells, kept])
    return _located(judged, batches, accepted), pl.concat(rejects)


def _by_todays_numbers(
    judged: Judged, table: Table, rows: pl.DataFrame, known: pl.Series, former: pl.DataFrame, proof: Proof
) -> pl.DataFrame:
    """Rows that name a former number with that of today, and what they were delivered with (``named_as``)."""
    found = find(rows, table, known=known, former=former, proof=proof, row=ROW)
    if not found.named.is_empty():
        judged.notes.append(
            Remark(
                "{table}: {n} rows name former numbers, read as the enterprises of today",
                table=table.name,
                n=f"{found.named.height:,}",
            )
        )
    named = found.rows.join(found.named, on=ROW, how="left", maintain_order="left")
    if found.ambiguous.is_empty():
        return named
    problems, is_ambiguous = pl.col("problems"), pl.col(ROW).is_in(found.ambiguous.implode())
    more = pl.lit([AMBIGUOUS], dtype=pl.List(pl.String))
    return named.with_columns(
        problems=pl.when(is_ambiguous).then(problems.list.concat(more)).otherwise(problems)
    )


def _in_present_divisions(judged: Judged, table: Table, accepted: pl.DataFrame) -> pl.DataFrame:
    """Accepted rows with the divisions of today; what was read as another one is noted, what never existed told."""
    if "division" not in accepted.columns:
        return accepted
    counted = dict(accepted["division"].drop_nulls().value_counts().iter_rows())
    moved = {code: now for code in counted if (now := present(code)) != code}
    judged.notes += [
        Remark(
            "{table}: division {code} is {now} now, read so in {n} rows",
            table=table.name,
            code=code,
            now=now,
            n=f"{counted[code]:,}",
        )
        for code, now in sorted(moved.items())
    ]
    judged.strange_divisions += [
        (table.name, code, rows) for code, rows in sorted(counted.items()) if not is_known(code)
    ]
    return accepted.with_columns(pl.col("division").replace(moved)) if moved else accepted


def _located(judged: Judged, batches: list[Batch], accepted: pl.DataFrame) -> pl.DataFrame:
    """Accepted rows with the delivery, file (of several sheets: and sheet) and line they came from."""
    return accepted.with_columns(
        delivery_id=pl.lit(judged.delivery_id),
        source_file=_files_of(batches),
        source_line=pl.col(LINE),
    ).drop(ROW, "batch", LINE)


def _files_of(batches: list[Batch]) -> pl.Expr:
    """Name of the file (of several sheets: and sheet) that a row of a batch stood in."""
    names = pl.Series([batch.raw.place for batch in batches], dtype=pl.String)
    return pl.lit(names).gather(pl.col("batch"))


def _count_files(
    judged: Judged, table: Table, batches: list[Batch], accepted: pl.DataFrame, refused: pl.DataFrame
) -> None:
    good = dict(accepted.group_by("batch").len().iter_rows())
    bad = dict(refused.group_by("batch").len().iter_rows())
    for at, batch in enumerate(batches):
        unread = sum(1 for each in batch.raw.unread if each.line > 0)
        judged.files.append(
            FileCount(
                table.name,
                batch.raw.file,
                batch.delivered,
                good.get(at, 0),
                bad.get(at, 0) + unread,
                batch.raw.sheet,
                batch.entry_at,
                _decisive_headers(judged.mapping, batch),
            )
        )


def _decisive_headers(mapping: Mapping, batch: Batch) -> dict[str, str]:
    if batch.raw.frame.width <= 1:
        return {}
    read = batch.headers_by_column()
    return {name: " | ".join(read[name]) for name in decisive(TABLES[batch.table]) if read.get(name)}
