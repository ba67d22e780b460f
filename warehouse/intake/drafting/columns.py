"""What is proposed for one canonical column from the headers that may be meant: how it is read, and what fits."""

from collections.abc import Sequence
from typing import NamedTuple

import dataframely as dy
import polars as pl

from models.messages import Message
from models.tables.canonical import Table, code_list, decisive
from models.writing import CONTROL
from warehouse.intake.drafting.codes import meanings_of, question_of
from warehouse.intake.drafting.forms import Forms, forms_of
from warehouse.intake.drafting.headers import Match
from warehouse.intake.drafting.proposal import By, Column, Spec
from warehouse.intake.drafting.shapes import filled
from warehouse.intake.drafting.synonyms import OF_EXPORTS, told
from warehouse.intake.recognition import metadata
from warehouse.intake.values.fields import FieldSpec
from warehouse.intake.values.reading import read_column
from warehouse.intake.values.texts import text_of

RECORDED = "recorded_at"
_SCORE, _TURNED = "score", "{times: -1, plus: 100}"
"""Which way a score counts no cell tells; only the table's own header says it."""


class Tried(NamedTuple):
    """How many cells are filled under a way to read them, and how many of those can be read."""

    cells: int
    fit: int


def proposed(
    table: Table, name: str, several: Sequence[Match], frame: pl.DataFrame, *, by: By = "header"
) -> Column:
    """The column read from the first of the headers that may be meant; the day of knowledge from all of them."""
    if name == RECORDED and len(several) > 1:
        return _of_several_days(table, several, frame)
    several = sorted(several, key=lambda one: filled(frame[one.header]).is_empty())
    column, first = table.columns()[name], several[0]
    cells = frame[first.header]
    spec: Spec = {"column": first.header}
    notes, questions = list[Message](), list[Message]()
    if len(several) > 1:
        others = ", ".join(one.header for one in several[1:])
        questions.append(Message("these may be meant, too: {headers}", {"headers": others}))
    if first.note:
        questions.append(Message("the header says more: {note}", {"note": first.note}))
    if by == "content":
        questions.append(Message("found by its cells, not by its header. Is it meant?"))
    is_open = _with_keys(spec, table, name, column, first, cells, questions)
    if name == _SCORE and first.rank >= OF_EXPORTS:
        questions.append(
            Message(
                "here a higher score is worse. One of which higher is better needs linear: {linear}",
                {"linear": _TURNED},
            )
        )
        is_open = True
    found = tried(table, name, spec, frame)
    is_spare = _may_be_empty(table, name, column)
    if not is_open and found.cells and not found.fit:
        questions.append(Message("none of its cells can be read as this"))
        # What must be there, or decides, refuses its rows by name; left out it would be a default in silence.
        is_open = is_spare
    # A header that is read without being mapped would refuse every row for a column that may be empty.
    if found.fit < found.cells and is_spare and (not is_open or first.rank < OF_EXPORTS):
        is_open = False
        spec["unreadable"] = "empty"
        notes.append(Message("cells that cannot be read are left out and told"))
    return Column(name, spec, by, found.cells, found.fit, tuple(notes), tuple(questions), is_open)


def _with_keys(
    spec: Spec,
    table: Table,
    name: str,
    column: dy.Column,
    first: Match,
    cells: pl.Series,
    questions: list[Message],
) -> bool:
    """Put what the cells need into ``spec``.  Gives whether the column has to stay open."""
    if code_list(column) is not None or isinstance(column, dy.Bool):
        found = meanings_of(name, column, cells)
        spec |= found.keys
        if found.unknown:
            questions.append(question_of(column, found.unknown))
        if question := _of_blanks(table, name, column, cells):
            questions.append(question)
        return False
    if isinstance(column, (dy.Date, dy.Datetime)):
        return _with_form(spec, column, cells, questions)
    if isinstance(column, dy.Int64):
        spec |= meanings_of(name, column, cells).keys
        if first.unit:
            spec["unit"] = first.unit
    elif _holds_controls(cells) and not metadata(column)["identity"]:
        spec["strip_control"] = True
    if not metadata(column)["identity"] and not isinstance(column, dy.String):
        _with_empties(spec, column, cells)
    return False


def _of_blanks(table: Table, name: str, column: dy.Column, cells: pl.Series) -> Message | None:
    """What blank cells are asked where codes rest on the column and they would count as something."""
    default, blanks = metadata(column)["blank"], len(cells) - len(filled(cells))
    if not blanks or default is None or name not in decisive(table):
        return None
    return Message(
        "{n} cells are blank and count as {default}. Is that what a blank says?",
        {"n": f"{blanks:,}", "default": str(default).lower()},
    )


def _with_form(spec: Spec, column: dy.Column, cells: pl.Series, questions: list[Message]) -> bool:
    """A form of days where one is proven; where two fit the column stays open, or its cells empty if it may be."""
    _with_empties(spec, column, cells)
    texts = filled(cells)
    forms = forms_of(texts.filter(~texts.is_in(spec.get("empty", []))))
    if forms.chosen:
        spec["format"] = forms.chosen[0] if len(forms.chosen) == 1 else list(forms.chosen)
    elif forms.rival:
        questions.append(_which_form(forms))
        return True
    return False


def _which_form(forms: Forms) -> Message:
    one, other = forms.rival
    return Message(
        "all cells could be {one} or {other}; they are refused until format says which",
        {"one": one, "other": other},
    )


def _with_empties(spec: Spec, column: dy.Column, cells: pl.Series) -> None:
    """Cells that say that nothing is known, where the column may be without a value and has no default."""
    if not column.nullable or metadata(column)["blank"] is not None or column.primary_key:
        return
    texts = set(filled(cells).unique())
    found = [word for word in told()["empties"] if word in texts and word not in spec.get("values", {})]
    if found:
        spec["empty"] = [*spec.get("empty", []), *found]


def _may_be_empty(table: Table, name: str, column: dy.Column) -> bool:
    return column.nullable and not column.primary_key and name not in decisive(table)


def _holds_controls(cells: pl.Series) -> bool:
    return cells.dtype == pl.String and bool(cells.str.contains(CONTROL).any())


def _of_several_days(table: Table, several: Sequence[Match], frame: pl.DataFrame) -> Column:
    """The first of several days that is filled; a form only where all of them are written in it."""
    headers = [one.header for one in several]
    spec: Spec = {"first": headers}
    columns = [filled(frame[header]).cast(pl.String).alias("day") for header in headers]
    questions = list[Message]()
    is_open = _with_form(spec, table.columns()[RECORDED], pl.concat(columns), questions)
    found = tried(table, RECORDED, spec, frame)
    return Column(RECORDED, spec, "header", found.cells, found.fit, (), tuple(questions), is_open)


def tried(table: Table, name: str, spec: Spec, frame: pl.DataFrame) -> Tried:
    """Read the column as the mapping would."""
    how = FieldSpec.model_validate(spec)
    values, unread, _ = read_column(name, table.columns()[name], how, frame)
    if how.constant is not None:
        return Tried(frame.height, frame.height - values.null_count())
    texts = [text_of(frame[header]) for header in how.headers() if header in frame.columns]
    is_filled = pl.DataFrame(
        [(one.is_not_null() & ~one.is_in(how.empty)).alias(str(at)) for at, one in enumerate(texts)]
    ).select(pl.all_horizontal(pl.all()) if how.join else pl.any_horizontal(pl.all()))
    cells = int(is_filled.to_series().sum())
    refused = 0 if unread is None else unread.at.n_unique()
    return Tried(cells, cells - refused)
