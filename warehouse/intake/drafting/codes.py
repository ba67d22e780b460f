"""What the words in a column of codes, flags or counts stand for: every distinct one is listed, none is guessed."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import dataframely as dy
import polars as pl

from models.messages import Message
from models.tables.canonical import code_list
from models.vocabulary import FLAGS
from warehouse.intake.drafting.shapes import example, filled
from warehouse.intake.drafting.synonyms import code_of, folded, meaning_of, spoken, told

MOST_VALUES = 40
"""More distinct values than this are no list of codes but texts."""
_NAMED = 8
_SECOND_CLAUSE = re.compile(r"[，,；;。、但且并另除外]")


class Meanings(NamedTuple):
    """Keys of the mapping for a column of words, and what is open: texts that nobody knows, with their cells."""

    keys: dict[str, Any]
    unknown: list[tuple[str, int]]


def distinct(cells: pl.Series) -> list[tuple[str, int]]:
    """Texts of a column with their cells, the most frequent first."""
    counted = filled(cells).rename("text").value_counts().sort(["count", "text"], descending=[True, False])
    return list(counted.iter_rows())


def meanings_of(name: str, column: dy.Column, cells: pl.Series) -> Meanings:
    """What the mapping says of the words in the cells of a code, flag or count."""
    texts = distinct(cells)
    if isinstance(column, dy.Int64):
        return _of_count(name, texts)
    mapped = {text: meaning for text, _ in texts if (meaning := _meaning(name, column, text)) is not None}
    rest = [(text, count) for text, count in texts if text not in mapped]
    keys: dict[str, Any] = {}
    if (column.metadata or {})["blank"] is None and column.nullable:
        empty = [text for text, _ in rest if text in told()["empties"]]
        keys |= {"empty": empty} if empty else {}
        rest = [(text, count) for text, count in rest if text not in empty]
    if len(mapped) > MOST_VALUES:
        mapped = {text: meaning for text, meaning in mapped.items() if not _is_native(column, text)}
    return Meanings(({"values": mapped} if mapped else {}) | keys, rest)


def _meaning(name: str, column: dy.Column, text: str) -> str | None:
    codes = code_list(column)
    if codes is not None:
        return code_of(text, codes) or _by_start(text, spoken(codes).starts)
    if text.lower() in FLAGS:
        return str(FLAGS[text.lower()]).lower()
    return meaning_of(text, name)


def _by_start(text: str, starts: Mapping[str, str]) -> str | None:
    """What the beginning of a text says, where nothing follows that could take it back."""
    said = sorted((start for start in starts if text.startswith(start)), key=len)
    return starts[said[-1]] if said and not _SECOND_CLAUSE.search(text) else None


def _is_native(column: dy.Column, text: str) -> bool:
    codes = code_list(column)
    return text.lower() in (FLAGS if codes is None else codes.spellings())


def _of_count(name: str, texts: list[tuple[str, int]]) -> Meanings:
    """Words for numbers only where such words are declared for the column; all else is a number or cannot be read."""
    known = {text: meaning for text, _ in texts if (meaning := meaning_of(text, name)) is not None}
    return Meanings({"values": known} if known else {}, [])


def tells(name: str, cells: pl.Series, word: str) -> bool:
    """Whether every cell of a column holds a word, and says what another one asks for."""
    said = [text for text, _ in distinct(cells)]
    return bool(said) and all(word in text and meaning_of(text, name) is not None for text in said)


def says_withdrawn(cells: pl.Series) -> bool:
    """Whether cells of few different words say of some rows that they no longer stand."""
    texts = {folded(text) for text, _ in distinct(cells)}
    return len(texts) <= MOST_VALUES and any(folded(word) in texts for word in told()["withdrawn"])


def question_of(column: dy.Column, unknown: list[tuple[str, int]]) -> Message:
    """The question what unknown words mean, with all that would be allowed."""
    codes = code_list(column)
    allowed = ", ".join(codes.keys if codes is not None else ("true", "false"))
    named = "; ".join(f"{example(text)} ({count:,})" for text, count in unknown[:_NAMED])
    more = f"; … {len(unknown) - _NAMED:,}" if len(unknown) > _NAMED else ""
    return Message(
        "not known, refused until values says what they are: {words}. Allowed: {allowed}",
        {"words": named + more, "allowed": allowed},
    )
