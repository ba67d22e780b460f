"""Files that came into the inbox since the last look, taken in by themselves.

A file counts as arrived when its content is not what its source delivered under that name last, and its size and time
have stood still between two looks, so that a file that is still being written is left alone.  Names that begin with a
dot or end in ``.part`` or ``.tmp`` are never looked at (``delivery_files``): that is how a careful sender writes.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from models.errors import RiskcodeError
from warehouse.database.frames import Connection, log
from warehouse.home import Home
from warehouse.intake.accepted import known_enterprises
from warehouse.intake.delivery import delivery_files, judge_delivery
from warehouse.intake.inbox import inbox_deliveries
from warehouse.intake.mapping import Mapping
from warehouse.intake.rejects import retry_rejects
from warehouse.intake.take_in import TakenIn, take_in, unseen_files


@dataclass(frozen=True)
class Arrival:
    """New files of one source."""

    folder: Path
    mapping: Mapping
    files: frozenset[str]


@dataclass
class Lookout:
    """Looks into the inbox again and again, and remembers what it saw."""

    home: Home
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict)
    _settled: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def arrivals(self) -> list[Arrival]:
        """Files that are new or changed since the last call that told of them, and have stood still for one look."""
        found: list[Arrival] = []
        for folder, mapping in inbox_deliveries(self.home):
            files = {path for _, _, _, path in delivery_files(folder, mapping)[0]}
            ready = frozenset(path.name for path in sorted(files) if self._stands_still(path))
            if ready:
                found.append(Arrival(folder, mapping, ready))
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

    def forget(self, arrivals: list[Arrival]) -> None:
        """Tell of these files again: they could not be taken in now."""
        for arrival in arrivals:
            for name in arrival.files:
                self._settled.pop(arrival.folder / name, None)


def waiting(home: Home) -> list[Arrival]:
    """All finished files of the inbox."""
    found: list[Arrival] = []
    for folder, mapping in inbox_deliveries(home):
        files = [path.name for _, _, _, path in delivery_files(folder, mapping)[0]]
        found.append(Arrival(folder, mapping, frozenset(files)))
    return found


def take_in_arrivals(
    connection: Connection, arrivals: list[Arrival], *, received_on: date, today: date
) -> list[TakenIn]:
    """Take in what is new to the warehouse among the files that arrived, then rows that waited for an enterprise.

    A source that cannot be read does not hold up the others; its error is told in the log.
    """
    taken: list[TakenIn] = []
    for arrival in arrivals:
        try:
            taken += _take_in(connection, arrival, received_on, today)
        except RiskcodeError as error:
            log.warning("%s: %s", arrival.mapping.name, error)
    if taken:
        retry_rejects(connection, received_on=received_on, today=today)
    return taken


def _take_in(connection: Connection, arrival: Arrival, received_on: date, today: date) -> list[TakenIn]:
    unseen = unseen_files(connection, arrival.folder, arrival.mapping, arrival.files)
    if not unseen:
        return []
    judged = judge_delivery(
        arrival.mapping,
        arrival.folder,
        known_enterprises=known_enterprises(connection),
        today=today,
        only=unseen,
    )
    for remark in judged.remarks():
        log.info("%s", remark)
    return [take_in(connection, judged, received_on=received_on)]
