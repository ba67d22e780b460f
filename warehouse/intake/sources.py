"""The inbox: which of its folders are sources, how each is to be read, and what keeps one from being read.

A source that cannot be read hurts no other: what is wrong with it is carried along and told, never raised.
"""

import json
from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from models.errors import DeliveryError, MappingError, RiskcodeError
from models.messages import Message
from warehouse.clock import local_today
from warehouse.home import Home
from warehouse.intake.delivery import is_finished
from warehouse.intake.files.raw import printable, shown
from warehouse.intake.files.readers import ENDINGS
from warehouse.intake.mapping import MAPPINGS, Mapping, load_mapping

T = TypeVar("T")

_NO_SOURCES = frozenset({"lost+found", "system volume information", "__macosx", "recycler"})
"""Folders that file systems and archivers leave; others of their kind begin with one of ``_MARKS``."""
_DELIVERED = frozenset(ENDINGS) - {".txt"}
"""Endings of files that hold data, not notes."""
_MARKS = (".", "@", "#", "$", "~")


@dataclass(frozen=True)
class Source:
    """A folder of the inbox: how it is read (``mapping``), or why it cannot be (``problem``)."""

    folder: Path
    mapping: Mapping | None
    problem: RiskcodeError | None = None

    @property
    def name(self) -> str:
        """Name of the source; of one without a mapping, that of its folder."""
        return self.mapping.name if self.mapping else shown(self.folder.name)


def sources(home: Home) -> list[Source]:
    """Every source of the inbox, by the name of its folder.

    A folder that holds no file, or that a file system made for itself, is none.
    """
    if not home.inbox.exists():
        return []
    approved = approved_hashes(home)
    found = [_source(path, approved) for path in sorted(home.inbox.iterdir()) if _is_source(path)]
    first = {one.mapping.name: one.folder for one in reversed(found) if one.mapping}
    return [_alone(one, first) for one in found]


def _alone(source: Source, first: dict[str, Path]) -> Source:
    """A source whose name another folder bears first is a problem: their numbers would be taken for one another's."""
    if source.mapping is None or first[source.mapping.name] == source.folder:
        return source
    return Source(
        source.folder,
        None,
        MappingError(
            "{folder} and {other} are both called '{name}' by their mappings. Give one another name (mapping:), or put "
            "its files into the other folder.",
            folder=shown(source.folder.name),
            other=shown(first[source.mapping.name].name),
            name=source.mapping.name,
        ),
    )


def _is_source(folder: Path) -> bool:
    name = folder.name.lower()
    if name.startswith(_MARKS) or name in _NO_SOURCES:
        return False
    try:
        if not folder.is_dir():
            return folder.suffix.lower() in _DELIVERED and is_finished(folder)
        return any(is_finished(path) and not path.is_dir() for path in folder.iterdir())
    except OSError:
        return True  # what cannot be looked into is told by whoever reads it


def _astray(file: Path) -> DeliveryError:
    """A delivered file that lies in the inbox itself: nobody can say how it is to be read."""
    return DeliveryError(
        "{file} lies in the inbox itself, not in the folder of a source. Put it there.", file=shown(file.name)
    )


def _source(path: Path, approved: Container[str]) -> Source:
    found = attempt(lambda: _mapping_of(path, approved) if path.is_dir() else _astray(path))
    if isinstance(found, RiskcodeError):
        return Source(path, None, found)
    return Source(path, found)


def _mapping_of(folder: Path, approved: Container[str]) -> Mapping:
    """``mapping.yaml`` in the folder, else the mapping that comes along under its name.

    Whoever may deliver may write into the inbox; a mapping that asks a database reads with the rights of the run, so
    one that lies there must be approved.
    """
    own, named = folder / "mapping.yaml", MAPPINGS / f"{folder.name}.yaml"
    for link, root in ((folder, folder.parent), (own, folder)):
        if link.is_symlink() and not link.resolve().is_relative_to(root.resolve()):
            raise MappingError(
                "{link} points outside the inbox, and is not read. Put the files themselves there.",
                link=shown(str(link)),
            )
    if not own.exists() and not named.exists():
        raise MappingError(
            "The inbox folder {folder} has no mapping.yaml, and no mapping is called '{name}'. Put one into the "
            "folder.",
            folder=shown(str(folder)),
            name=shown(folder.name),
        )
    if not own.exists():
        return load_mapping(named)
    found = load_mapping(own)
    if found.asks and found.hash not in approved:
        raise MappingError(
            "The mapping in {folder} asks a database, and nobody has approved it. Read it, then: ./riskcode sources "
            "approve {folder} --by NAME",
            folder=shown(str(folder)),
        )
    return found


def approved_hashes(home: Home) -> frozenset[str]:
    """Hashes of the mappings that an operator lets ask databases from the inbox."""
    if not home.approved.exists():
        return frozenset()
    lines = home.approved.read_text(encoding="utf-8").splitlines()
    return frozenset(json.loads(line)["hash"] for line in lines if line.strip())


def approve(home: Home, folder: Path, *, by: str) -> Mapping:
    """Let the mapping of a folder, as it is written now, ask its databases.  Returns it.

    Raises MappingError where nobody says who approves it, or it asks no database.
    """
    found = load_mapping(folder / "mapping.yaml")
    if not by.strip():
        raise MappingError(
            "Nobody is named who approves the mapping '{name}'. Write who does.", name=found.name
        )
    if not found.asks:
        raise MappingError(
            "The mapping '{name}' asks no database (sql:), so it needs no approval: it is read as it is.",
            name=found.name,
        )
    told = {"hash": found.hash, "mapping": found.name, "by": by.strip(), "on": f"{local_today()}"}
    with home.approved.open("a", encoding="utf-8") as file:
        file.write(json.dumps(told, ensure_ascii=False) + "\n")
    return found


def attempt(read: Callable[[], T]) -> T | RiskcodeError:
    """What a source gives, or what was wrong with it: nothing a source holds may stop the others.

    A reader written in Rust that panics raises what is no ``Exception``; it is the file's fault like any other.
    """
    try:
        return read()
    except RiskcodeError as error:
        return tamed(error)
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        return DeliveryError(
            "It could not be read ({kind}: {error}). Correct the delivery or its mapping; the others are taken in.",
            kind=type(error).__name__,
            error=shown(str(error)),
        )


def tamed(told: Any) -> Any:
    """An error or message whose facts cannot play tricks on a terminal, log or page, in one line; facts alike."""
    if isinstance(told, RiskcodeError):
        told.facts = {name: tamed(fact) for name, fact in told.facts.items()}
        return told
    if isinstance(told, Message):
        return Message(told.message, {name: tamed(fact) for name, fact in told.facts.items()})
    return told if isinstance(told, int | float | None) else printable(" ".join(str(told).split()))
