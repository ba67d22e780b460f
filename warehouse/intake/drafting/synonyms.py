"""The words that exports use for tables, columns and codes: ``words.yaml``, beside the headers of ``models/tables``."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from models.documents import UniqueKeys
from models.tables.canonical import TABLES, Table, alone, headers
from models.vocabulary import CodeList
from warehouse.intake.files.header import plain

OF_EXPORTS = 1000
"""Ranks from here on are those of words of exports; below stand headers that are read without being mapped."""
_FILE = Path(__file__).with_name("words.yaml")
_NO_LETTERS = re.compile(r"[\s_\-.]")
_IN_BRACKETS = re.compile(r"\([^()]*\)")


class Wanted(NamedTuple):
    """The column a header stands for; of several headers of one column the one of the lowest ``rank`` is meant."""

    column: str
    rank: int


class Spoken(NamedTuple):
    """What stands for the values of a code list beside its own spellings: whole cells, beginnings, idle endings."""

    words: Mapping[str, str]
    starts: Mapping[str, str]
    endings: tuple[str, ...]


@cache
def told() -> dict[str, Any]:
    """The file of words as it is."""
    return yaml.load(_FILE.read_text(encoding="utf-8"), Loader=UniqueKeys)


@lru_cache(maxsize=10_000)
def key_of_word(header: str) -> str:
    """A header as words are compared: plain, and of letters only where it has no others."""
    word = plain(header)
    return _NO_LETTERS.sub("", word) if word.isascii() else word


@cache
def columns_by_word(name: str) -> dict[str, Wanted]:
    """Column of a table by every word for it; the table's own headers before the words of exports."""
    table = TABLES[name]
    found: dict[str, Wanted] = {}
    for rank, (header, column) in enumerate(headers(table)):
        # What other systems call so is the number of their own row.
        if column != "source" and not (column in alone(table) and header == column):
            found.setdefault(key_of_word(header), Wanted(column, rank))
    for column, words in _words(table):
        for rank, word in enumerate(words, start=OF_EXPORTS):
            found.setdefault(key_of_word(word), Wanted(column, rank))
    return found


def _words(table: Table) -> Iterable[tuple[str, list[str]]]:
    yield from told()["tables"][table.name]["columns"].items()
    yield from ((column, words) for column, words in told()["every"].items() if column in table.columns())


@cache
def known_words() -> frozenset[str]:
    """Every word for a column, in its plain form: rows that hold several are headers."""
    of_tables = {word for name in TABLES for word in columns_by_word(name)}
    written = [word for table in TABLES.values() for _, words in _words(table) for word in words]
    numbers = {plain(word) for word in told()["row_numbers"]}
    return frozenset(of_tables | numbers | {plain(word) for word in written})


def is_row_number(header: str) -> bool:
    """Whether a column only counts the rows of its export."""
    return _is_one_of("row_numbers", header)


def may_number_rows(header: str) -> bool:
    """Whether a header names a number and does not say of what."""
    return _is_one_of("numbers_of_rows", header)


def may_withdraw(header: str) -> bool:
    """Whether a column may say that a row no longer stands."""
    return _is_one_of("withdrawals", header)


def _is_one_of(listed: str, header: str) -> bool:
    return key_of_word(header.rpartition("/")[2]) in {key_of_word(word) for word in told()[listed]}


def table_words(name: str) -> list[str]:
    """What files and sheets with rows of a table are called."""
    return [*told()["tables"][name]["called"], TABLES[name].zh]


def spoken(codes: CodeList) -> Spoken:
    """Further words for the values of a code list."""
    mine = told()["codes"].get(codes.name, {})
    return Spoken(mine.get("words", {}), mine.get("starts", {}), tuple(mine.get("endings", ())))


def meanings(column: str) -> dict[str, str]:
    """What cells of a flag or a count say in words, as the mapping writes it."""
    words = told()["flags"].get(column, {}) | told()["numbers"].get(column, {})
    return {word: str(meaning).lower() for word, meaning in words.items()}


def folded(text: str) -> str:
    """A cell as words are compared: half width, without blanks and case."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def bare(text: str) -> str:
    """The same without what stands in brackets."""
    return _IN_BRACKETS.sub("", folded(text))


def code_of(text: str, codes: CodeList) -> str | None:
    """The value that a cell stands for, if its words are known."""
    said, known = spoken(codes), {folded(word): key for word, key in codes.spellings().items()}
    known |= {folded(word): key for word, key in said.words.items() if folded(word) not in known}
    for form in dict.fromkeys((folded(text), bare(text))):
        if form in known:
            return known[form]
        for ending in map(folded, said.endings):
            if form.endswith(ending) and form.removesuffix(ending) in known:
                return known[form.removesuffix(ending)]
    return None


def meaning_of(text: str, column: str) -> str | None:
    """What a cell of a flag or a count says in words."""
    known = {folded(word): meaning for word, meaning in meanings(column).items()}
    return known.get(folded(text))
