"""A home whose files give way to those of a backup: decided in one step, and finished by whoever writes next.

What comes in is made whole beside (``restoring.part``).  Renaming that folder to ``restoring`` decides: from then on
the home is the new one, and every writer first puts in place what is not there yet.  A kill before leaves the old
home, a kill after it the new one.  Readers see the old published copy or the new one, each of them whole.
"""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from warehouse.home import Home, log_of, sides_of

_NOTE = "exchange.json"


@dataclass(frozen=True)
class Exchange:
    """What is put in place.

    ``backup``: where it comes from; ``aside``: folder below the home for what gives way; ``units``: paths below the
    home, each a file or folder that changes as one; ``published``: names of the copies for readers, which are replaced.
    """

    backup: str
    aside: str
    units: tuple[str, ...]
    published: tuple[str, ...]


def under_construction(home: Home) -> Path:
    """Where a home that will take the old one's place is made; nothing there counts."""
    return home.root / "restoring.part"


def decide(home: Home, exchange: Exchange) -> None:
    """What is under construction is the home from now on.  Called under the lock; ``finish`` puts it in place."""
    built = under_construction(home)
    note = built / _NOTE
    note.write_text(json.dumps(asdict(exchange), ensure_ascii=False), encoding="utf-8")
    synced(note)
    synced(built)
    built.rename(_decided(home))
    synced(home.root)


def decided(home: Home) -> Exchange | None:
    """The exchange that was decided and is not finished."""
    note = _decided(home) / _NOTE
    if not note.exists():
        return None
    told = json.loads(note.read_text(encoding="utf-8"))
    return Exchange(told["backup"], told["aside"], tuple(told["units"]), tuple(told["published"]))


def finish(home: Home) -> Exchange | None:
    """Put in place what was decided, if anything was.  Called under the lock; after a kill it goes on where it was.

    What a kill left under construction is removed: whoever made it held the lock.
    """
    shutil.rmtree(under_construction(home), ignore_errors=True)
    exchange = decided(home)
    if exchange is not None:
        for unit in exchange.units:
            _put_in_place(home, unit, home.root / exchange.aside)
        _publish(home, exchange)
        synced(home.root)
        (_decided(home) / _NOTE).unlink()
    shutil.rmtree(_decided(home), ignore_errors=True)
    return exchange


def _put_in_place(home: Home, unit: str, aside: Path) -> None:
    new, old = _decided(home) / unit, home.root / unit
    if not new.exists():
        return  # it is in place already
    # A log of writes is part of its database: beside another one it would be read as that one's.
    for path in (log_of(old), old):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()
        elif os.path.lexists(path):
            _set_aside(path, aside / path.relative_to(home.root), stays=path == old and new.is_file())
    old.parent.mkdir(parents=True, exist_ok=True)
    new.replace(old)


def _set_aside(path: Path, target: Path, *, stays: bool) -> None:
    """Keep a file or folder under another path.  A file that ``stays`` is there until the new one takes its place.

    So nobody takes a home whose warehouse is being exchanged for one that has none.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if stays and path.is_file():
        if target.exists() and target.samefile(path):
            return  # a kill came between
        try:
            target.hardlink_to(path)
            return
        except OSError:
            pass  # not every file system has two names for a file
    path.rename(_free(target))


def _free(path: Path) -> Path:
    """A path that is not taken: somebody may have made what had just been set aside."""
    number, free = 1, path
    while os.path.lexists(free):
        number, free = number + 1, path.with_name(f"{path.name}-{number}")
    return free


def _publish(home: Home, exchange: Exchange) -> None:
    folder = home.published.parent
    folder.mkdir(parents=True, exist_ok=True)
    for name in exchange.published:
        new = _decided(home) / folder.name / name
        if new.exists():
            if name == home.documents.name:
                # Their log would be read as that of the new ones.
                remove_with_sides(home.documents)
            new.replace(folder / name)
    for copy in folder.glob("*.duckdb"):
        if copy.name not in exchange.published:
            copy.unlink()
    if home.documents.name not in exchange.published:
        remove_with_sides(home.documents)
    synced(folder)


def remove_with_sides(file: Path) -> None:
    """Remove a database of SQLite and its log, the file first: nobody takes up one without the other."""
    for one in (file, *sides_of(file)):
        one.unlink(missing_ok=True)


def _decided(home: Home) -> Path:
    return home.root / "restoring"


def synced(path: Path) -> None:
    """Wait until a file, or the names in a folder, would outlive a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
