"""Where everything the system writes lives: one folder, ``RISKCODE_HOME``."""

import os
import pwd
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from models.errors import WarehouseError

_SPARE = 16 * 2**20
"""Bytes a run needs besides the copy it publishes: logs, reports, what its transactions hold."""


def log_of(file: Path) -> Path:
    """The log of writes that belongs to a database of DuckDB, whether or not it is there."""
    return file.with_name(f"{file.name}.wal")


def sides_of(file: Path) -> tuple[Path, Path]:
    """The log of writes that belongs to a database of SQLite, and its index, whether or not they are there."""
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")


class Home:
    """Paths below ``RISKCODE_HOME``, named once and for all."""

    def __init__(self, root: Path) -> None:
        self.root: Final = root
        # The working database; one run at a time writes it.
        self.warehouse: Final = root / "warehouse.duckdb"
        # The read-only copy that all readers use; replaced whole, atomically.
        self.published: Final = root / "published" / "riskcode.duckdb"
        # Documents by key, beside the read-only copy; changed within the day, one transaction at a time.
        self.documents: Final = root / "published" / "documents.sqlite"
        # The read-only copy of what the system measured of itself; replaced whole, atomically.
        self.published_measures: Final = root / "published" / "measures.duckdb"
        # The read-only copy of cards, evaluations and promotions; replaced whole, atomically.
        self.published_models: Final = root / "published" / "models.duckdb"
        # A database of its own for every day that is coded, until it is issued and a while after.
        self.days: Final = root / "days"
        # Read-only copies of days that were coded again, and not issued.
        self.published_days: Final = root / "published" / "days"
        # Fitted cards, one readable JSON file each.
        self.cards: Final = root / "cards"
        # Evaluation reports, one HTML file each.
        self.reports: Final = root / "reports"
        # Pages of single enterprises, one HTML file each.
        self.passports: Final = root / "passports"
        # One folder per source, each with its ``mapping.yaml`` and its files.
        self.inbox: Final = root / "inbox"
        # Where exports go when no path is given.
        self.exports: Final = root / "exports"
        # What the desk keeps: the ledger of visits, and the photos of their records.
        self.field: Final = root / "field"
        self.ledger: Final = self.field / "ledger.sqlite"
        # What the authority drew of its own ground, as GeoJSON.
        self.map: Final = root / "map"
        # Seeds of draws committed to; secret until the draws are revealed.
        self.seeds: Final = root / "seeds"
        # Dagster's own instance: runs, events, schedules.
        self.dagster: Final = root / "dagster"
        # Hashes of mappings that an operator lets ask databases.
        self.approved: Final = root / "approved_mappings.jsonl"
        # Great Expectations' Data Docs.
        self.data_docs: Final = root / "data_docs"
        # Logs of runs.
        self.logs: Final = root / "logs"
        # Held by the one run that may write.
        self.lock: Final = root / "run.lock"

    def model_card(self, card_id: str, language: str) -> Path:
        """The model card of a fitted card in a language, whether or not it is there."""
        return self.reports / f"card-{card_id}.{language}.html"

    def copy_of(self, day: date) -> Path:
        """The read-only copy of a day that was coded again, whether or not it is there."""
        return self.published_days / f"{day}.duckdb"

    def prepare(self) -> "Home":
        """Create the folders that must exist before anything is written, for this user alone.

        Raises WarehouseError when that is not possible.
        """
        try:
            for folder in (self.root, self.published.parent, self.inbox, self.dagster, self.logs):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise WarehouseError(
                "{root} cannot be written ({strerror}). Set RISKCODE_HOME to a folder of yours.",
                root=self.root,
                strerror=error.strerror,
            ) from error
        if self.warehouse.is_symlink():
            # DuckDB would write its log where the link leads, and nobody would look for it there.
            raise WarehouseError(
                "{warehouse} is a link. Move {file} back to its place; to keep it on another disk, move all of {root} "
                "there and let RISKCODE_HOME name it.",
                warehouse=self.warehouse,
                file=self.warehouse.resolve(),
                root=self.root,
            )
        self._require_mine()
        if set("?") & set(str(self.root)):
            raise WarehouseError(
                "{root} holds a '?', which Dagster's storage cannot use. Choose another.", root=self.root
            )
        return self

    def _require_mine(self) -> None:
        """Raise WarehouseError where something is read-only, or another user left what this one cannot write."""
        for path in self._written():
            if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
                owner, user = _name_of(path.stat().st_uid), _name_of(os.geteuid())
                # Root may write whatever belongs to whom, but not where nothing can be written.
                if owner == user or os.geteuid() == 0:
                    raise WarehouseError(
                        "{path} cannot be written by {user}: it, or its file system, is read-only. Make it writable, "
                        "or set RISKCODE_HOME to another folder.",
                        path=path,
                        user=user,
                    )
                raise WarehouseError(
                    "{path} cannot be written by {user}: it belongs to {owner}. Run as {owner}, or give it over: chown "
                    "-R {user} {root}",
                    path=path,
                    user=user,
                    owner=owner,
                    root=self.root,
                )

    def _written(self) -> Iterator[Path]:
        """What every run writes into, where it exists."""
        yield from (self.root, self.published.parent, self.dagster, self.logs)
        files = (
            self.warehouse,
            log_of(self.warehouse),
            self.lock,
            *self.logs.glob("*.log"),
            *self.dagster.iterdir(),
        )
        yield from (path for path in files if path.exists())

    def open_to_others(self) -> Path | None:
        """Something that another user of the machine can read, if there is any; what lies in the inbox is not asked.

        A home that lets nobody in keeps everything; one that lets others pass is only as closed as its files.
        """
        if not _lets_in(self.root, 0o077):
            return None
        for at, folders, names in os.walk(self.root):
            if Path(at) == self.root and self.inbox.name in folders:
                folders.remove(self.inbox.name)
            for path in (Path(at), *(Path(at) / name for name in names)):
                if _lets_in(path, 0o066):
                    return path
        return None

    def require_room(self, more: int = 0) -> None:
        """Raise WarehouseError where less is free than a run needs: it would end half-way, with nothing published.

        ``more``: bytes wanted besides.
        """
        self.require_bytes(self._needed() + more)

    def require_bytes(self, needed: int) -> None:
        """Raise WarehouseError where so many bytes are not free."""
        free = shutil.disk_usage(self.root).free
        if free < needed:
            raise WarehouseError(
                "No space left below {root}: {free} MiB are free, and {needed} are needed. Make room and run again; "
                "nothing is lost.",
                root=self.root,
                free=free // 2**20,
                needed=-(-needed // 2**20),
            )

    def _needed(self) -> int:
        """Bytes: new copies stand beside the published ones, and beside the warehouse, before they replace them.

        So do new documents in the log of theirs.
        """
        copies = [*self.published.parent.glob("*.duckdb"), *self.root.glob(self.warehouse.name)]
        copies += self.documents.parent.glob(self.documents.name)
        return _SPARE + sum(copy.stat().st_size for copy in copies)


def _lets_in(path: Path, bits: int) -> bool:
    """Whether the mode of a path has any of these bits; a link has none of its own, nor what is gone meanwhile."""
    try:
        return not path.is_symlink() and bool(path.stat().st_mode & bits)
    except OSError:
        return False


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
