"""The published copy, kept open from question to question: for a program that answers many."""

from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import duckdb

from models.errors import WarehouseError
from warehouse.database.copies import attach
from warehouse.database.frames import Connection
from warehouse.database.meta import require_copy_format
from warehouse.database.reading import reading
from warehouse.home import Home

_COPY = "copy"
MOST_REMEMBERED = 512
"""Answers of one copy; of more the one that nobody asked for longest is asked for anew."""
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class _Held:
    """A copy that was opened: what tells its file from the one before and the next.

    ``answers``: what it was asked before; a copy never changes.
    """

    mark: tuple[int, int]
    connection: Connection
    answers: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict[Hashable, Any])


class Published:
    """The newest published copy; whoever began to read an older one reads it to the end.

    Any thread may ask.  A copy is closed when another has come and its last reader has gone.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self._lock = Lock()
        self._held: _Held | None = None

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """A connection of one's own.  Raises WarehouseError while nothing is published that this program can read."""
        with _cursor(self._newest()) as cursor:
            yield cursor

    def asked(self, question: Callable[..., Answer], *told: Hashable) -> Answer:
        """What a question of ``warehouse.questions`` answers to these arguments; asked of a copy once.

        The answer is everybody's: change nothing in it.  A question that looks at a clock is none for this.  Raises
        as ``reading`` does.
        """
        held, key = self._newest(), (question, *told)
        with self._lock:
            if key in held.answers:
                held.answers.move_to_end(key)
                return held.answers[key]
        with _cursor(held) as cursor:
            answer = question(cursor, *told)
        with self._lock:
            held.answers[key] = answer
            if len(held.answers) > MOST_REMEMBERED:
                held.answers.popitem(last=False)
        return answer

    @property
    def mark(self) -> object:
        """What tells this copy from the one before and the next.  Raises as ``reading`` does."""
        return self._newest().mark

    def _newest(self) -> _Held:
        with self._lock:
            mark = _mark_of(self.home.published)
            if mark is None:
                # Told as every reader tells it.
                with reading(self.home):
                    mark = _mark_of(self.home.published) or (0, 0)
            if self._held is None or self._held.mark != mark:
                # A file that comes between its mark and its opening is opened once more by who asks next.
                self._held = _Held(mark, _open(self.home.published))
            return self._held


def _mark_of(path: Path) -> tuple[int, int] | None:
    try:
        told = path.stat()
    except FileNotFoundError:
        return None
    return told.st_ino, told.st_mtime_ns


@contextmanager
def _cursor(held: _Held) -> Generator[Connection]:
    # A cursor begins in the empty database, whatever its parent looks at.
    cursor = _looking_at_copy(held.connection.cursor())
    try:
        yield cursor
    finally:
        cursor.close()


def _looking_at_copy(connection: Connection) -> Connection:
    connection.execute(f"USE {_COPY}")
    return connection


def _open(path: Path) -> Connection:
    # Of a path that is open already in this process DuckDB gives the database it has, of a file that may be gone; an
    # empty database that attaches the file has no such memory.
    connection = duckdb.connect()
    try:
        attach(connection, path, _COPY, read_only=True)
        # Many ask at once, little each: a second thread of each would only wait for those of the others.
        connection.execute("SET threads TO 1")
        require_copy_format(_looking_at_copy(connection))
    except duckdb.Error as error:
        connection.close()
        raise WarehouseError(
            "The published copy {path} cannot be read ({error}). Run again to publish a new one.",
            path=path,
            error=error,
        ) from error
    except WarehouseError:
        connection.close()
        raise
    return connection
