"""Putting a backup back: checked before anything is touched, made whole beside, and put in place at once."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models.errors import WarehouseError
from warehouse.connection import holding, writing
from warehouse.database.frames import log
from warehouse.exchange import Exchange, decide, decided, finish, under_construction
from warehouse.home import Home
from warehouse.keeping.backup import require_room
from warehouse.keeping.manifest import FILES, Manifest, copied, damaged, read_manifest, require_whole
from warehouse.keeping.parts import CONFIG, units_of
from warehouse.resume import publish_everything

_COPIES = 3
"""A home and its published copies take less than so many times the room of its backup."""


@dataclass(frozen=True)
class Restored:
    """What was put back, and the folder with what had to give way (``None``: nothing had to)."""

    manifest: Manifest
    aside: Path | None


def check(backup: Path) -> Manifest:
    """Read a backup to its end.  Raises WarehouseError, with the name of the file, where it is not as it was made."""
    manifest = read_manifest(backup)
    require_whole(backup, manifest)
    return manifest


def restore(
    home: Home, backup: Path, *, at: datetime, replace: bool = False, wait_seconds: float = 0
) -> Restored:
    """Let a home be what a backup holds.  One that was decided before a kill is finished first.

    Raises WarehouseError where the backup is damaged, where there is no room, and unless ``replace`` where the home
    holds a warehouse; BusyError when a run still writes after ``wait_seconds``.  Nothing was touched then.
    """
    manifest = check(backup)
    begun = decided(home)
    if begun is None:
        _require_empty(home, replace)
    with holding(home, wait_seconds=wait_seconds), _told(backup):
        # The writer's lock has finished what was decided.
        if begun is None or begun.backup != f"{backup.resolve()}":
            _require_empty(home, replace)
            begun = _made_beside(home, backup, manifest, at)
            decide(home, begun)
            finish(home)
    aside = home.root / begun.aside
    return Restored(manifest, aside if aside.exists() else None)


def _require_empty(home: Home, replace: bool) -> None:
    if home.warehouse.exists() and not replace:
        raise WarehouseError(
            "{root} holds a warehouse, and nothing was restored. Set RISKCODE_HOME to a new folder, or let the backup "
            "take its place: --replace",
            root=home.root,
        )


def _made_beside(home: Home, backup: Path, manifest: Manifest, at: datetime) -> Exchange:
    """The whole new home with its published copies, beside the one that is there."""
    built = Home(under_construction(home))
    require_room(home.root, _COPIES * manifest.size)
    built.root.mkdir(mode=0o700)
    names = [name for name in manifest.files if name != CONFIG or not (home.root / CONFIG).exists()]
    log.info("restoring %d files", len(names))
    for name in names:
        if copied(backup / FILES / name, built.root / name) != manifest.files[name]:
            raise damaged(backup, name)
    units = units_of(home, names)
    for unit in units:
        _make_what_there_is_none_of(built.root / unit, is_file=unit == home.approved.name)
    with writing(built) as connection:
        log.info("publishing")
        publish_everything(connection, built)
    copies = [*built.published.parent.glob("*.duckdb"), *built.root.glob(f"published/{built.documents.name}")]
    published = sorted(path.name for path in copies)
    aside = f"set_aside/restored-{at:%Y%m%d-%H%M%S-%f}"
    return Exchange(f"{backup.resolve()}", aside, units, tuple(published))


def _make_what_there_is_none_of(path: Path, *, is_file: bool) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch() if is_file else path.mkdir()


@contextmanager
def _told(backup: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise WarehouseError(
            "{backup} could not be restored to its end ({error}). Mend that and repeat: it goes on where it was.",
            backup=backup,
            error=error,
        ) from error
