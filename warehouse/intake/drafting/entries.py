"""Columns for rows of one layout: those that are there, what is made where one is missing, and what is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

import dataframely as dy
import polars as pl

from models.messages import Message
from models.tables.canonical import Table, code_list, decisive
from warehouse.intake.drafting.closings import closed_with_care
from warehouse.intake.drafting.codes import MOST_VALUES, distinct, tells
from warehouse.intake.drafting.columns import RECORDED, proposed, tried
from warehouse.intake.drafting.headers import Match
from warehouse.intake.drafting.keys import key_column
from warehouse.intake.drafting.proposal import Column, Spec
from warehouse.intake.drafting.shapes import coordinate_share
from warehouse.intake.drafting.synonyms import code_of, folded, told
from warehouse.intake.drafting.tables import MOSTLY, Recognised
from warehouse.intake.files.raw import LINE
from warehouse.intake.recognition import metadata

_DEGREES = {"longitude": (73.0, 136.0), "latitude": (3.0, 54.0)}
"""Within China; no number is both."""


class Rows(NamedTuple):
    """Rows of one layout, of whatever files and sheets, and what these are called."""

    frame: pl.DataFrame
    names: Sequence[str]

    @property
    def headers(self) -> list[str]:
        """Headers as delivered."""
        return [name for name in self.frame.columns if name != LINE]


def columns_of(rows: Rows, recognised: Recognised, today: date) -> list[Column]:
    """Every column that something fills, or that a person has to say something about: keys and decisive ones first."""
    table, frame = recognised.table, rows.frame
    found = dict(recognised.found)
    by_cells = recognised.by_content | _found_by_cells(rows, table, found)
    made: dict[str, Column] = {}
    for name, several in found.items():
        by = "content" if name in by_cells else "header"
        made[name] = proposed(table, name, several, frame, by=by)
        if name in recognised.instead:
            question = Message(
                "{header} stands for it, since nothing else does", {"header": several[0].header}
            )
            made[name] = replace(made[name], questions=(*made[name].questions, question))
        made[name] = closed_with_care(table, made[name], frame)
    for column in (*_beside(table, made, frame), *_constants(table, made, rows)):
        made[column.name] = column
    if RECORDED not in made:
        made[RECORDED] = _recorded(table, made, frame, today)
    if (key := table.key[-1]) not in ("enterprise_id", "officer_id"):
        made[key] = key_column(table, made, frame)
    for name in table.columns():
        if name not in made and (question := _missing(table, name)):
            made[name] = Column(name, {}, "made", questions=(question,), is_open=True)
    return [made[name] for name in ordered(table) if name in made]


def ordered(table: Table) -> list[str]:
    """Columns in the order in which a person should look at them."""
    first = [name for name in table.key if name != "source"]
    first += [name for name in (table.subject, RECORDED, table.happened) if name]
    return list(
        dict.fromkeys([*first, *decisive(table), *(name for name in table.columns() if name != "source")])
    )


def _found_by_cells(rows: Rows, table: Table, found: dict[str, list[Match]]) -> frozenset[str]:
    """Put into ``found`` what only cells speak for (codes, degrees), where one column alone can be meant."""
    used = {one.header for several in found.values() for one in several}
    free = [header for header in rows.headers if header not in used]
    by_column: dict[str, list[str]] = {}
    for header in free:
        able = [
            name
            for name in table.columns()
            if name not in found and _speaks_for(table, name, rows.frame[header])
        ]
        if len(able) == 1:
            by_column.setdefault(able[0], []).append(header)
    alone = {name: headers[0] for name, headers in by_column.items() if len(headers) == 1}
    found |= {name: [Match(header, name, len(free))] for name, header in alone.items()}
    return frozenset(alone)


def _speaks_for(table: Table, name: str, cells: pl.Series) -> bool:
    if name in _DEGREES:
        return coordinate_share(cells, *_DEGREES[name]) >= MOSTLY
    codes = code_list(table.columns()[name])
    if codes is None:
        return False
    texts = [text for text, _ in distinct(cells)]
    return 1 < len(texts) <= MOST_VALUES and all(code_of(text, codes) for text in texts)


def _beside(table: Table, made: dict[str, Column], frame: pl.DataFrame) -> Iterator[Column]:
    """Columns that the cells of another one tell as well, as the grade of a hazard tells whether it is a major one.

    A column of codes that tells only this numbers no items: it stays open.
    """
    for name, how in told()["beside"].get(table.name, {}).items():
        if name in made:
            continue
        for other in (made[one] for one in how["told_by"] if one in made):
            header = other.spec.get("column")
            if not header or not tells(name, frame[header], how["if_all_say"]):
                continue
            column = proposed(table, name, [Match(header, name, len(frame.columns))], frame)
            question = Message("told by the words of {header}. Are they meant so?", {"header": header})
            yield replace(column, by="content", questions=(question, *column.questions))
            if code_list(table.columns()[other.name]) is None:
                question = Message(
                    "its cells say how grave a finding is, not of which kind: read as {column}",
                    {"column": name},
                )
                yield replace(other, questions=(*other.questions, question), is_open=True)
            break


def _constants(table: Table, made: dict[str, Column], rows: Rows) -> Iterator[Column]:
    """Codes that must be there, that no column holds, and of which the name of the file says exactly one."""
    for name, column in table.columns().items():
        codes = code_list(column)
        if name in made or codes is None or not _is_required(column):
            continue
        text = folded(" ".join(rows.names))
        words = {folded(word): key for word, key in codes.spellings().items() if len(word) > 1}
        said = {word: key for word, key in words.items() if word in text}
        longest = [
            key for word, key in said.items() if not any(word in other for other in said if other != word)
        ]
        if len(set(longest)) == 1:
            question = Message("taken from the name of the file. Does it hold for all rows?")
            yield Column(
                name, {"constant": longest[0]}, "made", rows.frame.height, rows.frame.height, (), (question,)
            )


def _recorded(table: Table, made: dict[str, Column], frame: pl.DataFrame, today: date) -> Column:
    """The day it became known: that of the event where nothing else is told, else the day of the draft."""
    day = made.get(table.happened or "")
    if day is not None and not day.is_open:
        spec: Spec = {"first": [day.spec["column"]]}
        spec |= {key: day.spec[key] for key in ("format",) if key in day.spec}
        found = tried(table, RECORDED, spec, frame)
        question = Message("no column says when it became known; taken: the day it happened")
        return Column(RECORDED, spec, "made", *found, questions=(question,))
    if day is not None:
        spec, question = {"first": [day.spec["column"]]}, Message("follows the day it happened")
        return Column(RECORDED, spec, "made", questions=(question,), is_open=True)
    question = Message("no column says of which day this is; taken: the day of this draft")
    return Column(RECORDED, {"constant": today}, "made", frame.height, frame.height, questions=(question,))


def _is_required(column: dy.Column) -> bool:
    return not column.nullable and metadata(column)["blank"] is None


def _missing(table: Table, name: str) -> Message | None:
    """What to ask about a column that nothing fills: whether it must be there, or its default could hide danger."""
    column, codes = table.columns()[name], code_list(table.columns()[name])
    if name == "source":
        return None
    if _is_required(column):
        allowed = ", ".join(codes.keys) if codes else "…"
        return Message(
            "nothing fills it and every row needs it. One for all rows: constant, of {allowed}",
            {"allowed": allowed},
        )
    if name in decisive(table):
        default = metadata(column)["blank"]
        if default is None:
            return Message(
                "nothing fills it, and codes rest on it: it stays unknown. null says that the source has none"
            )
        return Message(
            "nothing fills it, and codes rest on it: all rows count as {default}. null says that the source has none",
            {"default": str(default).lower()},
        )
    return None
