"""Files that came into the inbox since the last look, taken in by themselves.

A file counts as arrived when its content is not what its source delivered under that name last, and its size and time
have stood still between two looks, so that a file that is still being written is left alone.  Names that begin with a
dot or end in ``.part`` or ``.tmp`` are never looked at (``delivery_files``): that is how a careful sender writes.
"""

import hashlib
import math
import os
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from models.errors import RiskcodeError
from warehouse.database.frames import Connection
from warehouse.database.reading import is_published, reading
from warehouse.home import Home
from warehouse.intake.complaints import of_source
from warehouse.intake.delivery import delivery_files
from warehouse.intake.files.raw import shown
from warehouse.intake.inbox import take_in_source
from warehouse.intake.rejects import retry_rejects
from warehouse.intake.sources import Source, attempt, sources
from warehouse.intake.take_in import TakenIn, unseen_files
from warehouse.questions.complaints import standing


@dataclass(frozen=True)
class Arrival:
    """New files of one source; none where what arrived is only that it cannot be read.

    ``marks``: how each of them stood when it was looked at, by name; what is wrong with a source stands under no name.
    """

    source: Source
    files: frozenset[str]
    marks: dict[str, str] = field(default_factory=dict[str, str])

    def only(self, names: Container[str]) -> "Arrival":
        """The part of it under some of its names."""
        marks = {name: mark for name, mark in self.marks.items() if name in names}
        return Arrival(self.source, frozenset(marks) - {_PROBLEM}, marks)

    def standing(self, before: Container[str]) -> "Arrival":
        """The part of it that stands as it did: that bears one of these marks."""
        return self.only({name for name, mark in self.marks.items() if mark in before})


_PROBLEM = ""
"""The name under which what is wrong with a source stands; no file is called so."""


@dataclass
class Lookout:
    """Looks into the inbox again and again, and remembers what it saw."""

    home: Home
    _seen: set[str] = field(default_factory=set[str])
    _told: set[str] = field(default_factory=set[str])

    def arrivals(self) -> list[Arrival]:
        """Files that are new or changed since the last call that told of them, and have stood still for one look.

        A source that cannot be read is told once for each thing that is wrong with it.
        """
        found = waiting(self.home)
        now = {mark for one in found for mark in one.marks.values()}
        ready = (now & self._seen) - self._told
        self._seen, self._told = now, (now & self._told) | ready
        return [part for one in found if (part := one.standing(ready)).marks]

    def forget(self, arrivals: Iterable[Arrival]) -> None:
        """Tell of these files again: they could not be taken in now."""
        for arrival in arrivals:
            self._told.difference_update(arrival.marks.values())


def waiting(
    home: Home, *, finished: Container[str] | None = None, before: datetime | None = None
) -> list[Arrival]:
    """All finished files of the inbox, or those that still bear one of the marks of ``finished``.

    So a file that was finished when somebody looked, and is being written again since, is left alone.
    ``before``: and had come by then.  What tells it is when its entry changed last (ctime), which no sender can set.
    """
    found = [_arrival(source, before.timestamp() if before else math.inf) for source in sources(home)]
    return [part for one in found if (part := one if finished is None else one.standing(finished)).marks]


def _arrival(source: Source, before: float) -> Arrival:
    """What lies there of a source; a folder that cannot be looked into is a problem of it."""
    files = attempt(lambda: _files(source))
    if isinstance(files, RiskcodeError):
        source, files = Source(source.folder, None, files), ()
    if source.problem is not None:
        return Arrival(source, frozenset(), {_PROBLEM: _digest(source.folder.name, str(source.problem))})
    marks = {path.name: mark for path in files if (mark := _mark(source, path, before)) is not None}
    return Arrival(source, frozenset(marks), marks)


def _files(source: Source) -> tuple[Path, ...]:
    if source.mapping is None:
        return ()
    return tuple(sorted({path for _, _, _, path in delivery_files(source.folder, source.mapping)[0]}))


def _mark(source: Source, path: Path, before: float) -> str | None:
    """What tells a file, as it stands and is read, from any other without reading it.

    ``None`` when it is gone, or came later than ``before``.
    """
    try:
        facts = path.stat()
    except OSError:
        return None
    if facts.st_ctime >= before:
        return None
    read_by = source.mapping.hash if source.mapping else ""
    return _digest(source.folder.name, path.name, read_by, str(facts.st_size), str(facts.st_mtime_ns))


def _digest(*told: str) -> str:
    """Short, so that many fit into what is remembered of an inbox."""
    return hashlib.blake2b(os.fsencode("\0".join(told)), digest_size=8).hexdigest()


def untaken(home: Home, arrivals: Iterable[Arrival]) -> list[Arrival]:
    """What of these no run has taken in yet, by the published copy: files, and sources that cannot be read.

    A source whose problem stands as a complaint was looked at; it counts again once something about it has changed.
    """
    if not is_published(home):
        return list(arrivals)
    with reading(home) as connection:
        told = {(row["source"], str(row["said"])) for row in standing(connection)}
        return [part for one in arrivals if (part := _untaken(connection, one, told)).marks]


def _untaken(connection: Connection, arrival: Arrival, told: Container[tuple[str, str]]) -> Arrival:
    source = arrival.source
    folder, mapping, problem = source.folder, source.mapping, source.problem
    if mapping is not None:
        unseen = attempt(lambda: unseen_files(connection, folder, mapping, arrival.files))
        if not isinstance(unseen, RiskcodeError):
            return arrival.only(unseen)
        problem = unseen
    assert problem is not None, "a source has a mapping or a problem"
    place = shown(folder.name)
    return arrival.only(()) if (place, str(of_source(place, problem).said)) in told else arrival


def take_in_arrivals(
    connection: Connection, arrivals: Iterable[Arrival], *, received_on: date, today: date
) -> list[TakenIn]:
    """Take in what is new to the warehouse among the files that arrived, then rows that waited.

    A source that cannot be read does not hold up the others; it leaves a complaint.
    """
    found = [
        take_in_source(connection, one.source, received_on=received_on, today=today, only=one.files)
        for one in arrivals
    ]
    taken = [one for one in found if one is not None and not one.already_known]
    if taken:
        retry_rejects(connection, received_on=received_on, today=today)
    return taken
