"""Check items and texts of law that a question means: an index of both, kept in memory for the catalogue in force.

The index is SQLite's (FTS5), of words that ``models.statutes`` makes: its own way of cutting texts (``trigram``) finds
no two characters and nothing that was typed wrong.
"""

import re
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from models.law import LegalText, legal_texts
from models.law.texts import BINDING
from models.policy.check_items import CheckItem, load_catalogue
from models.statutes import Place, also_said, asked_grams, grams, place_named
from models.statutes.grams import plain
from models.vocabulary import SECTOR
from warehouse.questions.desk_facts import items_on

_COLUMNS = "key UNINDEXED, title, look, also, whom, title_en, look_en"
_WEIGHTS = "0, 1, 0.6, 0.7, 0.3, 1, 0.6"
"""Of title, what to look at, other names, whom it concerns, title and what to look at in English."""
_KINDS = (*BINDING, "document")
"""Texts that an inspector can cite."""
_MOST_KEPT = 4
"""Indexes, one for all days between two changes of the catalogue."""
_MOST_DAYS = 64


@dataclass(frozen=True)
class Statutes:
    """What a question means, the likeliest first.  ``place``: the place of a text that it names, if it names one."""

    items: tuple[CheckItem, ...]
    texts: tuple[LegalText, ...]
    place: Place | None


class Index:
    """Check items of one day and all texts, to be asked from any thread."""

    def __init__(self, items: Iterable[CheckItem]) -> None:
        self._items = {item.code: item for item in items}
        self._texts = {name: text for name, text in legal_texts().items() if text.kind in _KINDS}
        self._turn = threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(self._connection.cursor()) as writing:
            for table in ("items", "texts"):
                writing.execute(f"CREATE VIRTUAL TABLE {table} USING fts5({_COLUMNS})")
            writing.executemany(
                "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?)", map(_of_item, self._items.values())
            )
            writing.executemany(
                "INSERT INTO texts VALUES (?, ?, ?, ?, ?, ?, ?)", map(_of_text, self._texts.values())
            )

    def ask(self, question: str, *, most: int) -> Statutes:
        """Items and texts, at most so many of each; of a place or code that is named, it alone."""
        place = place_named(question)
        codes = re.findall(r"[a-z0-9]+-\d{2,}", plain(question))
        named = [
            code
            for code, item in self._items.items()
            if code.lower() in codes or (place is not None and place.is_cited_by(item.cites))
        ]
        keys = named or self._found("items", question, most)
        texts = [place.text.name] if place else self._found("texts", question, most, shortest=2)
        return Statutes(
            tuple(self._items[key] for key in keys[:most]),
            tuple(self._texts[key] for key in texts[:most] if key in self._texts),
            place,
        )

    def _found(self, table: str, question: str, most: int, *, shortest: int = 1) -> list[str]:
        asked = " OR ".join(f'"{gram}"' for gram in asked_grams(question) if len(gram) >= shortest)
        if not asked:
            return []
        query = (
            f"SELECT key FROM {table} WHERE {table} MATCH ? ORDER BY bm25({table}, {_WEIGHTS}), rowid LIMIT ?"
        )
        with self._turn:
            return [key for (key,) in self._connection.execute(query, (asked, most))]


def _of_item(item: CheckItem) -> tuple[str, ...]:
    title, look = item.title.zh, item.look.zh
    sectors = [SECTOR.zh(key) for key in item.sectors]
    whom = " ".join([*([item.trade.zh] if item.trade else []), *sectors])
    told = (title, look, also_said(f"{title} {look}"), whom, item.title.en, item.look.en)
    return item.code, *map(_cut, told)


def _of_text(text: LegalText) -> tuple[str, ...]:
    names = " ".join([text.name, *text.also, text.number or ""])
    return text.name, *map(_cut, (text.title.zh, "", names, "", text.title.en, ""))


def _cut(text: str) -> str:
    return " ".join(grams(text))


@lru_cache(_MOST_DAYS)
def statutes_on(day: date) -> Index:
    """The index of a day; without check items before the catalogue's first."""
    changed = max((item.valid_from for item in items_on(day)), default=date.min)
    return _index(load_catalogue().hash, changed)


@lru_cache(_MOST_KEPT)
def _index(_: str, changed: date) -> Index:
    """The index of a catalogue, known by its hash, from a day on which something in it changed."""
    return Index(items_on(changed))
