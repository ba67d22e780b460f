"""Documents by key: what is asked of one enterprise or of one queue, made beforehand and kept in one SQLite file.

Here are the file, its readers and its writer; what is in it is made by ``warehouse.publish``.  A reader costs the same
in a large city as in a small one: it looks up a key, or goes through the rows of a district, and needs neither DuckDB
nor Polars.  All that is written at once is one transaction beside which readers go on (WAL): they see what was there
before, or all of it.
"""

import json
import logging
import sqlite3
import uuid
import zlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from models.places import districts
from warehouse.database.kept import Today
from warehouse.exchange import remove_with_sides
from warehouse.home import Home

log = logging.getLogger("riskcode")

Row = dict[str, Any]
Answer = TypeVar("Answer")

FORMAT = 2
"""Of the file, as its ``user_version``; readers pass over any other, and the next to publish makes it anew."""

_TABLES = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, run_id TEXT NOT NULL, as_of TEXT NOT NULL, known_at TEXT NOT NULL, mark TEXT NOT NULL);
CREATE TABLE form (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE passports (enterprise_id TEXT PRIMARY KEY, run INTEGER NOT NULL, document BLOB NOT NULL);
CREATE TABLE queue (
    enterprise_id TEXT PRIMARY KEY, run INTEGER NOT NULL, code TEXT NOT NULL, level TEXT, division TEXT, district TEXT,
    town TEXT, score INTEGER, document TEXT NOT NULL);
CREATE INDEX queue_of_division ON queue (code, division);
CREATE INDEX queue_of_district ON queue (code, district);
CREATE INDEX queue_of_town ON queue (code, town);
CREATE TABLE red (
    enterprise_id TEXT PRIMARY KEY, run INTEGER NOT NULL, place INTEGER NOT NULL, document TEXT NOT NULL) WITHOUT ROWID;
"""
"""``runs``: those that wrote, ``mark``: differs from one writing to the next.  ``form``: how documents are written.
``queue``: one row for every enterprise with a code; what it says of the red queue is replaced by ``red``."""
_HELD = ("runs", "form", "passports", "queue", "red")
_PLACES = ("division", "district", "town")

_PAGE = 8192
"""Bytes of a page: several documents fit in one."""
_PATIENCE_SECONDS = 5
"""A reader that comes while the last writer's log is looked through waits for a moment."""


# ------------------------------------------------------------------------------------------------- reading


def passport_of(home: Home, enterprise_id: str) -> Row | None:
    """The passport of an enterprise (``warehouse.questions.passport``); ``None`` where no document tells it."""

    def ask(file: sqlite3.Connection) -> Row | None:
        found = file.execute(
            "SELECT document FROM passports WHERE enterprise_id = ?", [enterprise_id]
        ).fetchone()
        form = _Form(file)
        return form.as_today(form.read(found[0])) if found else None

    return _answer(home, ask)


def queue_of(
    home: Home,
    *,
    code: str = "red",
    district: str | None = None,
    level: str | None = None,
    limit: int | None = None,
    text: str | None = None,
    skip: int = 0,
) -> list[Row] | None:
    """The enterprises of a code (``warehouse.questions.codes.queue``); ``None`` where there are no documents."""
    asked: Row = {"code": code, "level": level, "text": text, "most": limit or -1, "skip": skip}
    spellings = {f"place_{n}": spelling for n, spelling in enumerate(districts(district) or [])}
    among = ", ".join(f":{name}" for name in spellings)
    # The code is named with each place, so that each is looked up in an index of its own.
    lies = " OR ".join(f"(q.code = :code AND q.{column} IN ({among}))" for column in _PLACES)
    query = f"""
        SELECT q.document, r.document FROM queue q LEFT JOIN red r USING (enterprise_id)
        WHERE ({lies if spellings else "q.code = :code"}) AND (:level IS NULL OR q.level = :level)
        {_NAMED if text else ""}
        ORDER BY r.place IS NULL, r.place, q.score DESC, q.enterprise_id LIMIT :most OFFSET :skip
        """

    def ask(file: sqlite3.Connection) -> list[Row]:
        form, found = _Form(file), file.execute(query, asked | spellings).fetchall()
        return [
            form.as_today_in_queue(form.typed(row)) | (form.typed(red) if red else {}) for row, red in found
        ]

    return _answer(home, ask)


_NAMED = """
AND (instr(lower(q.document ->> '$.name'), lower(:text)) OR upper(q.enterprise_id) = upper(:text))
"""


def _answer(home: Home, ask: Callable[[sqlite3.Connection], Answer]) -> Answer | None:
    """What is found in one file as it is at one moment; ``None`` where it is not there or not as it should be.

    Whoever gets nothing asks the published copy, which knows the same; what cannot be read is told to the log.
    """
    path = home.documents
    try:
        while True:
            # Its log belongs to the file that is there now: who opened one that was exchanged since looks again.
            opened = path.stat().st_ino
            with closing(_open(path)) as file:
                file.execute("BEGIN")
                answer = ask(file) if _is_of_this_format(file) else None
                if path.stat().st_ino == opened:
                    return answer
    except FileNotFoundError:
        return None
    except _UNREADABLE as error:
        log.warning("%s cannot be read (%s); the published copy is asked", path, error)
        return None


_UNREADABLE = (sqlite3.Error, zlib.error, ValueError)
"""What a damaged file comes to: in its pages, its documents, or their texts and days."""


def _open(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_PATIENCE_SECONDS)


def _is_of_this_format(file: sqlite3.Connection) -> bool:
    return file.execute("PRAGMA user_version").fetchone() == (FORMAT,)


class _Form:
    """How the documents of a file are written: what texts they have in common, and which keys hold days or moments.

    ``typed`` reads a dictionary from JSON, with its days and moments; ``as_today`` and ``as_today_in_queue``, what was
    kept from an earlier day.
    """

    def __init__(self, file: sqlite3.Connection) -> None:
        told: dict[str, bytes] = dict(file.execute("SELECT name, value FROM form").fetchall())
        self._common = told.get("common", b"")
        self._kinds: dict[str, Callable[[str], Any]] = {
            name: _KINDS[kind] for name, kind in json.loads(told.get("kinds", b"{}")).items()
        }
        today = Today.of(json.loads(told["today"])) if "today" in told else None
        self.as_today: Callable[[Row], Row] = today.passport if today else _as_it_is
        self.as_today_in_queue: Callable[[Row], Row] = today.row if today else _as_it_is
        self.typed: Callable[[str], Row] = json.JSONDecoder(object_hook=self._with_days).decode

    def read(self, document: bytes) -> Row:
        """A document."""
        packer = zlib.decompressobj(zdict=self._common)
        return self.typed((packer.decompress(document) + packer.flush()).decode())

    @cached_property
    def _packer(self) -> Any:
        """One that has learnt the common texts: its copies cost half of what it costs to learn them anew."""
        return zlib.compressobj(_LEVEL, zdict=self._common)

    def write(self, text: str) -> bytes:
        """The same the other way round."""
        packer = self._packer.copy()
        return packer.compress(text.encode()) + packer.flush()

    def _with_days(self, one: Row) -> Row:
        for name in self._kinds.keys() & one.keys():
            if one[name] is not None:
                one[name] = self._kinds[name](one[name])
        return one


def _as_it_is(one: Row) -> Row:
    return one


_KINDS: Mapping[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
}
_LEVEL = 1
"""Of compression: documents become shorter by what they have in common, not by effort."""
_COMMON = 2**15
"""Bytes that zlib remembers."""


# ------------------------------------------------------------------------------------------------- writing


@dataclass(frozen=True)
class Made:
    """By which run documents are made."""

    number: int
    run_id: str
    as_of: date
    known_at: date


class QueueRow(NamedTuple):
    """A row of the queues as JSON, and by what it is found."""

    enterprise_id: str
    code: str
    level: str | None
    division: str | None
    district: str | None
    town: str | None
    score: int
    document: str


@contextmanager
def writing_documents(home: Home, made: Made, *, whole: bool) -> "Generator[Writer]":
    """What is written inside, in one transaction; ``whole``: instead of all that is there.

    Called by the holder of the lock.  Raises sqlite3.Error.
    """
    with closing(_open_to_write(home.documents, new=whole)) as file:
        file.execute("BEGIN IMMEDIATE")
        if whole:
            for table in _HELD:
                file.execute(f"DELETE FROM {table}")
        yield Writer(file, made)
        told = (made.number, made.run_id, f"{made.as_of}", f"{made.known_at}", uuid.uuid4().hex)
        file.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)", told)
        file.execute("COMMIT")
        # Who closes last takes all of the log into the file; where somebody reads, nobody would.
        file.execute("PRAGMA wal_checkpoint(PASSIVE)")


class Writer:
    """The transaction that writes documents."""

    def __init__(self, file: sqlite3.Connection, made: Made) -> None:
        self._file, self._run = file, made.number

    @property
    def known_before(self) -> date | None:
        """Day of knowledge of what was written last."""
        found = self._file.execute("SELECT known_at FROM runs ORDER BY number DESC LIMIT 1").fetchone()
        return date.fromisoformat(found[0]) if found else None

    def describe(self, kinds: Mapping[str, str]) -> None:
        """Say which keys hold a ``date`` or a ``timestamp``, in whatever document."""
        self._tell("kinds", json.dumps(kinds).encode())

    def keep(self, today: Today) -> None:
        """Let documents that stay be those of a later day."""
        self._tell("today", json.dumps(today.told()).encode())

    def put(
        self, ids: Sequence[str], passports: Sequence[tuple[str, str]], queue: Iterable[QueueRow]
    ) -> None:
        """Replace what is told of enterprises; passports are JSON, by enterprise."""
        for table in ("passports", "queue"):
            self._file.executemany(f"DELETE FROM {table} WHERE enterprise_id = ?", ((one,) for one in ids))
        if not self._file.execute("SELECT 1 FROM form WHERE name = 'common'").fetchone():
            self._tell("common", _in_common([text for _, text in passports]))
        form = _Form(self._file)
        told = ((one, self._run, form.write(text)) for one, text in passports)
        self._file.executemany("INSERT INTO passports VALUES (?, ?, ?)", told)
        rows = ((one.enterprise_id, self._run, *one[1:]) for one in queue)
        self._file.executemany("INSERT INTO queue VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def put_red(self, red: Iterable[tuple[str, int, str]]) -> None:
        """Replace the red queue: enterprise, place, and as JSON what a row of a queue tells by it."""
        self._file.execute("DELETE FROM red")
        rows = ((enterprise, self._run, place, text) for enterprise, place, text in red)
        self._file.executemany("INSERT INTO red VALUES (?, ?, ?, ?)", rows)

    def _tell(self, name: str, value: bytes) -> None:
        self._file.execute("INSERT OR REPLACE INTO form VALUES (?, ?)", [name, value])


def _in_common(texts: Sequence[str]) -> bytes:
    """Texts that many documents have in common: of a few that are spread over all of them."""
    few = texts[:: max(1, len(texts) // 8)]
    return "".join(few).encode()[-_COMMON:]


def _open_to_write(path: Path, *, new: bool) -> sqlite3.Connection:
    """The file; where all of it is written ``new`` and nothing can be written into it as it is, another one."""
    begun = new and not _takes_documents(path)
    if begun:
        remove_with_sides(path)
    file = sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE_SECONDS)
    try:
        if begun:
            file.executescript(
                f"PRAGMA page_size = {_PAGE}; PRAGMA journal_mode = WAL; "
                f"BEGIN; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;"
            )
        # A power failure may take the last writing with it, but not half of it; then the file does not stand.
        file.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        file.close()
        raise
    return file


def _takes_documents(path: Path) -> bool:
    try:
        with closing(_open(path)) as file:
            return _is_of_this_format(file)
    except sqlite3.Error:
        return False


# ------------------------------------------------------------------------------------------------- whether it is whole


def mark_of(path: Path) -> str:
    """What the last writing is known by; empty where the file is not there, cannot be read, or is of another format."""
    try:
        with closing(_open(path)) as file:
            if not _is_of_this_format(file):
                return ""
            found = file.execute("SELECT mark FROM runs ORDER BY number DESC LIMIT 1").fetchone()
            return str(found[0]) if found else ""
    except sqlite3.Error:
        return ""


def damage_of(path: Path) -> str | None:
    """What hinders reading the file, every byte of which is read; ``None`` where nothing does."""
    try:
        with closing(_open(path)) as file:
            if (told := file.execute("PRAGMA integrity_check(1)").fetchone()) != ("ok",):
                return str(told[0])
            form = _Form(file)
            for (document,) in file.execute("SELECT document FROM passports"):
                form.read(document)
    except _UNREADABLE as error:
        return str(error)
    return None


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is to blame, and a new one would do."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))
