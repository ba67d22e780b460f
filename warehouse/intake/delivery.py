"""A delivery, decided before anything is written: read, conform, judge.

Every row ends up accepted, refused or repeated; all files of a table are judged together, so how a delivery is
cut into files cannot matter.
"""

import hashlib
import os
from collections.abc import Callable, Container, Iterator
from datetime import date
from pathlib import Path, PurePath

import polars as pl

from models.errors import DeliveryError
from models.former_numbers import NO_FORMER
from models.messages import N_, Message, Remark
from warehouse.intake.accounts import unfilled_columns, unused_content
from warehouse.intake.batches import batch_of
from warehouse.intake.files.queries import read_sql
from warehouse.intake.files.raw import shown
from warehouse.intake.files.readers import open_file
from warehouse.intake.judged import Batch, Judged, Unused
from warehouse.intake.judging import Ground, judge_tables
from warehouse.intake.mapping import Entry, Mapping, expand_environment

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


class _Reader:
    """Reads the batches of one table after the other, and tells which file it is at."""

    def __init__(self, files: Files, mapping: Mapping, progress: Progress, *, with_queries: bool) -> None:
        self._files, self._mapping, self._progress = files, mapping, progress
        self._queries = [one for one in mapping.entries() if with_queries and one[2].sql is not None]

    def batches(self, name: str) -> Iterator[Batch]:
        """What its queries give of a table, then what its files hold."""
        for table, at, entry in self._queries:
            if table == name and entry.sql is not None:
                place = f"sql:{table}[{at}]"
                self._progress(place)
                raw = read_sql(expand_environment(entry.sql.url), entry.sql.query, place)
                yield batch_of(raw, entry, table, at)
        for table, at, entry, path in self._files:
            if table == name:
                self._progress(shown(path.name))
                for raw in open_file(path, shown(path.name), entry):
                    yield batch_of(raw, entry, table, at)


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
    scratch: Path | None = None,
) -> Judged:
    """Decide on every row of a delivery, or of its queries and the files named by ``only``, writing nothing.

    ``scratch``: a folder for accepted rows that are too many to be held; they are there until it is removed.

    Raises DeliveryError when there is nothing in it to read, MappingError when the mapping does not fit.
    """
    files, notes = delivery_files(folder, mapping, only) if folder is not None else ([], [])
    digests = _digests(files)
    judged = Judged(mapping, str(folder or ""), _fingerprint(mapping, files, digests))
    judged.unused = unused_files(notes)
    judged.digests = {shown(path.name): digest for path, digest in digests.items()}
    reader = _Reader(files, mapping, progress, with_queries=with_queries)
    batches = judge_tables(
        judged, reader.batches, Ground(known_enterprises, former, today, scratch, progress)
    )
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
            notes="; ".join(notes[:5]) or Message("The folder is empty."),
        )
    of_files = dict.fromkeys(note for batch in batches for note in batch.raw.notes)
    missing = [] if folder is None else _not_there(folder, mapping)
    judged.notes = [*notes, *of_files, *missing, *judged.notes]
    judged.unused += unused_content(mapping, batches)
    judged.unfilled = unfilled_columns(mapping, batches)
    return judged
