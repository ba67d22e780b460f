"""Days that end an open finding: taken only where header, cells or a column beside them say that it was done.

A day by which something should be done, taken for the day on which it was, would hide every open hazard.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl

from models.messages import Message
from models.tables.canonical import Table
from warehouse.intake.drafting.codes import MOST_VALUES
from warehouse.intake.drafting.headers import match
from warehouse.intake.drafting.proposal import Column
from warehouse.intake.drafting.shapes import example, filled
from warehouse.intake.drafting.synonyms import OF_EXPORTS, folded, key_of_word, told
from warehouse.intake.files.raw import LINE
from warehouse.intake.values.texts import text_of

_NAMED = 3


def closed_with_care(table: Table, column: Column, frame: pl.DataFrame) -> Column:
    """The column as it was proposed, or open with a question where it could close what is not closed."""
    how = told()["closings"].get(table.name, {}).get(column.name)
    header = column.spec.get("column")
    if how is None or not isinstance(header, str) or not column.cells:
        return column
    texts = text_of(frame[header])
    has_day = texts.is_not_null() & ~texts.is_in(column.spec.get("empty", []))
    states = [
        (other, ~_says_open(other, frame[other], how), text_of(frame[other]))
        for other in _states(frame, header, how)
    ]
    for other, is_done, said in states:
        if (against := has_day & ~is_done).any():
            return _left_open(table, column, _contradicted(other, said.filter(against)))
    witness = header if set(column.spec.get("empty", [])) & set(how["open"]) else None
    witness = witness or next((other for other, is_done, _ in states if not is_done.all()), None)
    if not any(key_of_word(word) in key_of_word(header) for word in how["done"]):
        if witness is None:
            question = Message(
                "the header does not say that it was done: it may be the day by which. A finding with a day counts as "
                "put right, so nothing fills this until a person says so"
            )
            return _left_open(table, column, question)
        note = Message("the day on which it was done, as {header} bears out", {"header": witness})
        return replace(column, notes=(*column.notes, note))
    if has_day.all():
        question = Message(
            "every row has a day, so no finding is open. Is it the day on which it was done, not the one by which?"
        )
        return replace(column, questions=(*column.questions, question))
    return column


def _left_open(table: Table, column: Column, question: Message) -> Column:
    """Nothing fills the column; what its header would fill unmapped is kept out expressly."""
    found = match(column.spec["column"], table)
    is_own = found is not None and found.rank < OF_EXPORTS
    return replace(column, questions=(*column.questions, question), is_open=True, is_barred=is_own)


def _contradicted(header: str, said: pl.Series) -> Message:
    texts = list(filled(said).unique(maintain_order=True).head(_NAMED))
    return Message(
        "{header} says {words} in {n} rows that have a day: what is still open would count as put right, so nothing "
        "fills this until a person says which is true",
        {"header": header, "words": ", ".join(map(example, texts)), "n": f"{len(said):,}"},
    )


def _states(frame: pl.DataFrame, but: str, how: dict[str, Any]) -> Iterator[str]:
    """Columns that may say how far it is: called so, and of few different words."""
    marks = [key_of_word(mark) for mark in how["states"]]
    for header in frame.columns:
        word = key_of_word(header.rpartition("/")[2])
        is_called_so = header not in (but, LINE) and any(mark in word for mark in marks)
        if is_called_so and filled(frame[header]).n_unique() <= MOST_VALUES:
            yield header


def _says_open(header: str, cells: pl.Series, how: dict[str, Any]) -> pl.Series:
    """Rows whose cell says that it is not done; 否 only under a header that asks whether it is."""
    texts = text_of(cells)
    words = tuple(folded(word) for word in how["open"])
    is_asked = any(folded(mark) in folded(header) for mark in how["asked_by"])
    no = {folded(word) for word in how["denied"]} if is_asked else set[str]()
    open_ = [text for text in filled(cells).unique() if folded(text).startswith(words) or folded(text) in no]
    return texts.is_in(open_).fill_null(False)
