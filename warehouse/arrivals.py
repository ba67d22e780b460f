"""Files that came into the inbox since the last look, taken in by themselves.

A file counts as arrived when its content is new to the warehouse and its size and time have stood still between two
looks, so that a file that is still being written is left alone.  Names that begin with a dot or end in ``.part`` or
``.tmp`` are never looked at: that is how a careful sender writes.
"""

import logging
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from warehouse.deliveries import inbox_deliveries
from warehouse.home import Home
from warehouse.intake import TakenIn, is_taken_in, take_in
from warehouse.rejects import retry_rejects
from warehouse.sources.delivery import delivery_files, file_digest, fingerprint_delivery, judge_delivery
from warehouse.sources.mapping import Mapping
from warehouse.store import known_enterprises

Connection = duckdb.DuckDBPyConnection
log = logging.getLogger("riskcode")

_UNFINISHED = (".part", ".tmp")


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
            files = {path for _, _, _, path in delivery_files(folder, mapping)[0] if _is_finished(path)}
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
        files = [path.name for _, _, _, path in delivery_files(folder, mapping)[0] if _is_finished(path)]
        found.append(Arrival(folder, mapping, frozenset(files)))
    return found


def _is_finished(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() not in _UNFINISHED


def take_in_arrivals(
    connection: Connection, arrivals: list[Arrival], *, received_on: date, today: date
) -> list[TakenIn]:
    """Take in what is new to the warehouse among the files that arrived, then rows that waited for an enterprise."""
    taken: list[TakenIn] = []
    for arrival in arrivals:
        unseen = _unseen(connection, arrival)
        delivery_id = fingerprint_delivery(arrival.folder, arrival.mapping, unseen)
        if not unseen or is_taken_in(connection, delivery_id):
            continue
        judged = judge_delivery(
            arrival.mapping,
            arrival.folder,
            known_enterprises=known_enterprises(connection),
            today=today,
            only=unseen,
        )
        taken.append(take_in(connection, judged, received_on=received_on))
    if taken:
        retry_rejects(connection, received_on=received_on, today=today)
    return taken


def _unseen(connection: Connection, arrival: Arrival) -> frozenset[str]:
    """Files of an arrival whose content this source has not delivered by this mapping."""
    known = {
        (str(file), str(digest))
        for file, digest in connection.execute(
            "SELECT f.file, f.digest FROM ops.delivery_files f JOIN ops.deliveries d USING (delivery_id) "
            "WHERE d.source = ? AND d.mapping_hash = ?",
            [arrival.mapping.name, arrival.mapping.hash],
        ).fetchall()
    }
    return frozenset(
        name for name in arrival.files if (name, file_digest(arrival.folder / name)) not in known
    )
