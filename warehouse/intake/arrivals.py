"""Files that came into the inbox since the last look, taken in by themselves.

A file counts as arrived when its content is not what its source delivered under that name last, and its size and time
have stood still between two looks, so that a file that is still being written is left alone.  Names that begin with a
dot or end in ``.part`` or ``.tmp`` are never looked at (``delivery_files``): that is how a careful sender writes.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import date
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
    """New files of one source; none where what arrived is only that it cannot be read."""

    source: Source
    files: frozenset[str]


Facts = tuple[int, int]
"""Size and time of change of a file."""


@dataclass
class Lookout:
    """Looks into the inbox again and again, and remembers what it saw."""

    home: Home
    _seen: dict[Path, Facts] = field(default_factory=dict[Path, Facts])
    _settled: dict[Path, Facts] = field(default_factory=dict[Path, Facts])
    _told: dict[Path, str] = field(default_factory=dict[Path, str])

    def arrivals(self) -> list[Arrival]:
        """Files that are new or changed since the last call that told of them, and have stood still for one look.

        A source that cannot be read is told once for each thing that is wrong with it.
        """
        found: list[Arrival] = []
        for source in _looked_into(self.home):
            ready = frozenset(path.name for path in source.paths if self._stands_still(path))
            if ready or self._is_news(source.source):
                found.append(Arrival(source.source, ready))
        return found

    def _stands_still(self, path: Path) -> bool:
        try:
            facts = path.stat()
        except OSError:
            return False  # gone again
        now = (facts.st_size, facts.st_mtime_ns)
        before, self._seen[path] = self._seen.get(path), now
        if before != now or self._settled.get(path) == now:
            return False
        self._settled[path] = now
        return True

    def _is_news(self, source: Source) -> bool:
        before, now = self._told.pop(source.folder, None), str(source.problem) if source.problem else None
        if now is not None:
            self._told[source.folder] = now
        return now is not None and now != before

    def forget(self, arrivals: Iterable[Arrival]) -> None:
        """Tell of these files again: they could not be taken in now."""
        for arrival in arrivals:
            self._told.pop(arrival.source.folder, None)
            for name in arrival.files:
                self._settled.pop(arrival.source.folder / name, None)


def waiting(home: Home) -> list[Arrival]:
    """All finished files of the inbox."""
    return [
        Arrival(one.source, frozenset(path.name for path in one.paths))
        for one in _looked_into(home)
        if one.paths or one.source.problem
    ]


@dataclass(frozen=True)
class _LookedInto:
    source: Source
    paths: tuple[Path, ...]


def _looked_into(home: Home) -> list[_LookedInto]:
    """Every source with the files that its mapping reads; a folder that cannot be looked into is a problem of it."""
    found: list[_LookedInto] = []
    for source in sources(home):
        files = attempt(lambda source=source: _files(source))
        if isinstance(files, RiskcodeError):
            found.append(_LookedInto(Source(source.folder, None, files), ()))
        else:
            found.append(_LookedInto(source, files))
    return found


def _files(source: Source) -> tuple[Path, ...]:
    if source.mapping is None:
        return ()
    return tuple(sorted({path for _, _, _, path in delivery_files(source.folder, source.mapping)[0]}))


def untaken(home: Home) -> list[str]:
    """What of the inbox no run has taken in yet, by the published copy: files, and sources that cannot be read.

    A source whose problem stands as a complaint was looked at; it counts again once something about it has changed.
    """
    if not is_published(home):
        return [one.source.name for one in waiting(home)]
    with reading(home) as connection:
        told = {(row["source"], str(row["said"])) for row in standing(connection)}
        return [name for one in waiting(home) for name in _untaken(connection, one, told)]


def _untaken(connection: Connection, arrival: Arrival, told: Container[tuple[str, str]]) -> list[str]:
    source = arrival.source
    folder, mapping, problem = source.folder, source.mapping, source.problem
    if mapping is not None:
        unseen = attempt(lambda: unseen_files(connection, folder, mapping, arrival.files))
        if not isinstance(unseen, RiskcodeError):
            return sorted(unseen)
        problem = unseen
    assert problem is not None, "a source has a mapping or a problem"
    place = shown(folder.name)
    return [] if (place, str(of_source(place, problem).said)) in told else [place]


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
