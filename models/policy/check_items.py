"""The catalogue of check items (检查事项目录): what an inspector looks at, by sector, with its source.

A catalogue is a folder of YAML files under ``catalogues/``: ``catalogue.yaml`` names it, every other file lists
the items of some sectors, or of everybody.  Each item stands under the day from which its reference applies, so
a list that replaces another changes what is *major* from its own day on, never before.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, StringConstraints, ValidationError, model_validator

from models.errors import PolicyError, PolicyGapError
from models.industries import is_in_industries
from models.law import criteria_cited, read_citation
from models.policy.loading import content_hash, read_file
from models.policy.shape import Basis, Entry, PackFile, Provenance, Strict, Text, Words
from models.vocabulary import SECTOR

CATALOGUES = Path(__file__).parent / "catalogues"
EVERYBODY = "everybody"
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+-\d{2,}$")]
Industries = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^\d{2,4}$")], ...], Field(min_length=1)
]
"""Divisions, groups or classes of GB/T 4754-2017."""


class Trade(Provenance):
    """A trade (行业) in both languages, and what says which industries belong to it."""

    zh: Text
    en: Text


class ItemValue(Provenance):
    """What is known of an item from one day on.

    ``is_major``: whether a list of major hazards names this very matter, for all sectors of the item or for
    those listed.  ``major_trades``: English names of the trades whose list it is; empty where it is nobody's alone.
    """

    is_major: bool | Annotated[list[str], Field(min_length=1)]
    major_trades: tuple[Text, ...] = ()


class ItemEntry(Entry[ItemValue]):
    """An item with its wording and its dated values.  ``industries``: those of the file's that it concerns."""

    name: Code = Field(alias="item")
    industries: Industries | None = None
    title: Words
    look: Words


class ItemFile(Strict):
    """Items of one file and the sectors they apply to; of a trade, to enterprises of its ``industries`` only."""

    sectors: Literal["everybody"] | Annotated[list[str], Field(min_length=1)]
    trade: Trade | None = None
    industries: Industries | None = None
    items: list[dict[str, Any]] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_its_trade(self) -> "ItemFile":
        if (self.trade is None) != (self.industries is None):
            raise ValueError("trade and industries stand together or not at all")
        return self


@dataclass(frozen=True)
class Scope:
    """Whom items concern.  No ``sectors``: everybody; no ``industries``: whatever the enterprise makes."""

    sectors: tuple[str, ...]
    trade: Trade | None = None
    industries: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckItem:
    """An item, on one day.  No ``sectors``: it applies to everybody, an unknown sector included.

    ``trade``: the trade whose list it is from; it then applies to the ``industries`` alone.  ``major_trades``: trades
    in which alone it is major, with their ``major_industries``; empty where the list makes no difference.
    """

    code: str
    sectors: tuple[str, ...]
    title: Words
    look: Words
    basis: Basis
    cites: tuple[str, ...]
    reference: str
    major_in: tuple[str, ...]
    valid_from: date
    trade: Trade | None = None
    industries: tuple[str, ...] = ()
    major_trades: tuple[str, ...] = ()
    major_industries: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether the passage referred to was read, be it in a secondary copy."""
        return self.basis != "unverified"

    def applies_to(self, sector: str | None, industry: str | None = None) -> bool:
        """Whether an enterprise of the sector and industry is checked for this item.

        An item of a trade needs the industry's code: of an enterprise without one nobody knows the trade.
        """
        if self.industries and not (industry and is_in_industries(industry, self.industries)):
            return False
        return not self.sectors or sector in self.sectors

    def is_major_in(self, sector: str | None, industry: str | None = None) -> bool:
        """Whether a list of major hazards for the sector, and the trade of the industry, names this very matter."""
        if self.major_industries and not (industry and is_in_industries(industry, self.major_industries)):
            return False
        return sector in self.major_in


@dataclass(frozen=True)
class Catalogue:
    """A catalogue, read and checked."""

    name: str
    version: str
    title: Words
    note: Words
    _entries: tuple[tuple[Scope, ItemEntry], ...]
    _files: Mapping[str, str]
    _content: dict[str, Any]

    @cached_property
    def hash(self) -> str:
        """SHA-256 of its content."""
        return content_hash(self._content)

    @property
    def trades(self) -> tuple[Trade, ...]:
        """Trades that have items of their own, in the order of the catalogue."""
        return tuple(scope.trade for scope in _trades(self._entries).values() if scope.trade)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of all items, in the order of the catalogue, whenever they apply."""
        return tuple(entry.name for _, entry in self._entries)

    @property
    def entries(self) -> tuple[tuple[str, ItemEntry], ...]:
        """All items with all their days, each behind its file (without ending), in the order of the catalogue."""
        return tuple((self._files[entry.name].removesuffix(".yaml"), entry) for _, entry in self._entries)

    def on(self, as_of: date) -> tuple[CheckItem, ...]:
        """Items in force on a day, in the order of the catalogue.  Raises PolicyGapError before the first."""
        trades = _trades(self._entries)
        items = [_item_on(scope, entry, as_of, trades) for scope, entry in self._entries]
        in_force = tuple(item for item in items if item is not None)
        if not in_force:
            first = min(min(entry.values) for _, entry in self._entries)
            raise PolicyGapError(
                "The catalogue {name} has no check items for {as_of}; its first ones start {first}. Add "
                "dated values, or plan for a day from {first} on.",
                name=self.name,
                as_of=as_of,
                first=first,
            )
        return in_force


def _trades(entries: Iterable[tuple[Scope, ItemEntry]]) -> dict[str, Scope]:
    """Trades of a catalogue by their English names."""
    return {scope.trade.en: scope for scope, _ in entries if scope.trade}


def _item_on(scope: Scope, entry: ItemEntry, day: date, trades: Mapping[str, Scope]) -> CheckItem | None:
    start = entry.start_on(day)
    if start is None:
        return None
    value = entry.values[start]
    return CheckItem(
        code=entry.name,
        sectors=scope.sectors,
        title=entry.title,
        look=entry.look,
        basis=value.basis,
        cites=value.cites,
        reference=value.reference,
        major_in=_major_in(value, scope.sectors),
        valid_from=start,
        trade=scope.trade,
        industries=entry.industries or scope.industries,
        major_trades=value.major_trades,
        major_industries=tuple(one for name in value.major_trades for one in trades[name].industries),
    )


def _major_in(value: ItemValue, sectors: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(value.is_major, list):
        return tuple(value.is_major)
    return (sectors or tuple(SECTOR.keys)) if value.is_major else ()


def catalogue_names(folder: Path = CATALOGUES) -> list[str]:
    """Names of the catalogues in a folder."""
    return sorted(path.parent.name for path in folder.glob("*/catalogue.yaml"))


@cache
def load_catalogue(name: str = "starter", *, folder: Path = CATALOGUES) -> Catalogue:
    """Read and check a catalogue.  Raises PolicyError that names file and item."""
    root = folder / name
    if not (root / "catalogue.yaml").exists():
        known = ", ".join(catalogue_names(folder))
        raise PolicyError(
            "There is no catalogue '{name}' of check items; known catalogues: {known}.",
            name=name,
            known=known,
        )
    raw = {path.name: read_file(path) for path in sorted(root.glob("*.yaml"))}
    meta = _check(PackFile, raw["catalogue.yaml"], "catalogue.yaml")
    entries: list[tuple[Scope, ItemEntry]] = []
    stands_in: dict[str, str] = {}
    for file, content in raw.items():
        if file == "catalogue.yaml":
            continue
        for scope, entry in _entries(file, content):
            if entry.name in stands_in:
                raise _refused(file, entry.name, f"stands already in {stands_in[entry.name]}")
            stands_in[entry.name] = file
            entries.append((scope, entry))
    _refuse_unknown_trades(entries, stands_in)
    if not entries:
        raise PolicyError(
            "The catalogue {name} lists no items. Add a file of items beside catalogue.yaml.", name=name
        )
    return Catalogue(meta.name, meta.version, meta.title, meta.note, tuple(entries), stands_in, raw)


def _entries(file: str, content: Any) -> list[tuple[Scope, ItemEntry]]:
    listed = _check(ItemFile, content, file)
    sectors = () if listed.sectors == EVERYBODY else tuple(listed.sectors)
    _refuse_unknown(sectors, file, "sectors")
    entries = [
        _check(ItemEntry, raw, file, item=str(raw.get("item", f"item number {at}")))
        for at, raw in enumerate(listed.items, start=1)
    ]
    for entry in entries:
        for day, value in entry.values.items():
            _check_major(value, sectors, file, f"{entry.name}, {day}")
        _check_industries(entry, listed.industries or (), file)
    scope = Scope(sectors, listed.trade, listed.industries or ())
    return [(scope, entry) for entry in entries]


def _refuse_unknown_trades(entries: list[tuple[Scope, ItemEntry]], stands_in: Mapping[str, str]) -> None:
    trades = _trades(entries)
    for _, entry in entries:
        unknown = sorted(
            {name for value in entry.values.values() for name in value.major_trades} - set(trades)
        )
        if unknown:
            what = f"unknown trade {', '.join(unknown)}; known: {', '.join(trades)}"
            raise _refused(stands_in[entry.name], entry.name, what)


def _check_industries(entry: ItemEntry, of_trade: tuple[str, ...], file: str) -> None:
    outside = [one for one in entry.industries or () if not one.startswith(of_trade)]
    if outside:
        raise _refused(file, entry.name, f"industries {', '.join(outside)} are none of the file's")


def _check_major(value: ItemValue, sectors: tuple[str, ...], file: str, item: str) -> None:
    if isinstance(value.is_major, list):
        _refuse_unknown(value.is_major, file, item)
        outside = sorted(set(value.is_major) - set(sectors or SECTOR.keys))
        if outside:
            raise _refused(file, item, f"is major in {', '.join(outside)}, to which it does not apply")
    try:
        named = value.is_major and [
            one for said in value.cites for one in criteria_cited(read_citation(said))
        ]
    except ValueError as error:
        raise _refused(file, item, str(error)) from error
    if value.is_major and not named:
        raise _refused(file, item, "is major and cites no criterion of a list of major hazards")


def _refuse_unknown(sectors: tuple[str, ...] | list[str], file: str, where: str) -> None:
    unknown = sorted(set(sectors) - set(SECTOR.keys))
    if unknown:
        raise _refused(file, where, f"unknown sector {', '.join(unknown)}; known: {', '.join(SECTOR.keys)}")


def _refused(file: str, item: str, what: str) -> PolicyError:
    return PolicyError("{file}: {item}: {what}. Correct the catalogue.", file=file, item=item, what=what)


M = TypeVar("M", bound=BaseModel)
_DAY = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")
"""How pydantic writes a day that is the key of a value."""


def _iso(found: re.Match[str]) -> str:
    return date(*(int(part) for part in found.groups())).isoformat()


def _check(model: type[M], raw: Any, file: str, *, item: str | None = None) -> M:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = _DAY.sub(_iso, ".".join(str(part) for part in first["loc"])) or "content"
        raise _refused(file, item or where, f"{where}: {first['msg']}" if item else first["msg"]) from error
