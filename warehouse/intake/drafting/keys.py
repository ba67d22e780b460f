"""The number of a row where an export has none, or one that names several rows: joined from what tells rows apart."""

import polars as pl

from models.messages import Message
from models.tables.canonical import Table
from warehouse.intake.drafting.columns import RECORDED, tried
from warehouse.intake.drafting.proposal import Column
from warehouse.intake.drafting.synonyms import is_row_number, may_number_rows
from warehouse.intake.files.raw import LINE
from warehouse.intake.values.texts import text_of

_LASTING = (
    *("inspection_id", "item_code", "description", "kind", "source_system", "level", "mode", "departments"),
    *(
        "department",
        "officers",
        "period_start",
        "period_end",
        "reason",
        "first_day",
        "last_day",
        "opens_on",
        "content",
    ),
)
"""Columns that a later export of the same row repeats: only such can be part of its number."""
_ALWAYS = ("item_code", "description")
"""What tells two findings of one firm and day apart, though those delivered so far differ without it.

A row without a description is refused rather than taken for a correction of another one.
"""
_MOST_PARTS = 5


def key_column(table: Table, made: dict[str, Column], frame: pl.DataFrame) -> Column:
    """The number of a row: the column that is one, else several columns that tell all rows apart."""
    name = table.key[-1]
    given = made.get(name)
    texts = _texts(frame)
    if given is not None and not given.is_open:
        header = given.spec["column"]
        read = [one for column in made for one in _headers(made, column)]
        if _apart(texts, [header, *_headers(made, RECORDED)]) == _apart(texts, [header, *read]):
            return given
        parts, is_enough = _parts(texts, [header], table, made)
        question = Message(
            "{header} names several rows; joined with what tells them apart", {"header": header}
        )
    elif number := _number(texts, made):
        question = Message("is {header} the number of a row in its system, for good?", {"header": number})
        spec = {"column": number}
        return Column(name, spec, "content", *tried(table, name, spec, frame), questions=(question,))
    else:
        start = [*_headers(made, table.subject or ""), *_headers(made, table.happened or "")]
        parts, is_enough = _parts(texts, start, table, made)
        question = Message("no column numbers the rows; joined from what tells them apart")
    questions = [question]
    if parts:
        questions.append(
            Message(
                "a second row with the same {headers} would be read as a correction of the first",
                {"headers": ", ".join(parts)},
            )
        )
    for header in (one for one in parts if one in texts.columns and texts[one].null_count()):
        blank = f"{texts[header].null_count():,}"
        questions.append(
            Message(
                "{n} rows have nothing under {header} and so no number: they are refused",
                {"n": blank, "header": header},
            )
        )
    if not is_enough:
        questions.append(Message("some rows are still not told apart and will be refused as duplicate_key"))
    spec = {"join": parts}
    return Column(
        name, spec, "made", *tried(table, name, spec, frame), questions=tuple(questions), is_open=not parts
    )


def _number(texts: pl.DataFrame, made: dict[str, Column]) -> str | None:
    """The only column that is called a number, differs in every row and does not just count them."""
    used = {header for name in made for header in _headers(made, name)}
    able = [header for header in texts.columns if may_number_rows(header) and header not in used]
    able = [
        header
        for header in able
        if not texts[header].null_count() and texts[header].n_unique() == texts.height
    ]
    counted = [str(at) for at in range(1, texts.height + 1)]
    able = [header for header in able if texts[header].to_list() != counted]
    return able[0] if len(able) == 1 else None


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Cells as text without the columns that only number rows of the export."""
    return pl.DataFrame(
        [text_of(frame[name]) for name in frame.columns if name != LINE and not is_row_number(name)]
    )


def _headers(made: dict[str, Column], name: str) -> list[str]:
    spec = made[name].spec if name in made else {}
    return (
        [spec["column"]]
        if isinstance(spec.get("column"), str)
        else list(spec.get("first", spec.get("join", [])))
    )


def _apart(texts: pl.DataFrame, headers: list[str]) -> int:
    """How many rows differ in some columns."""
    there = [header for header in dict.fromkeys(headers) if header in texts.columns]
    return texts.select(there).n_unique() if there else 0


def _parts(
    texts: pl.DataFrame, start: list[str], table: Table, made: dict[str, Column]
) -> tuple[list[str], bool]:
    """The first columns, what always belongs to them, and further filled ones as long as each tells more rows apart."""
    wanted = _apart(texts, list(texts.columns))
    first = (table.subject or "", table.happened or "", *_LASTING)
    lasting = [header for name in first for header in _headers(made, name)]
    mapped = {header for name in made for header in _headers(made, name)}
    others = [header for header in texts.columns if header not in mapped]
    always = [
        header
        for name in _ALWAYS
        for header in _headers(made, name)
        if texts[header].null_count() < (texts.height if name == "description" else 1)
    ]
    parts = list(dict.fromkeys([*start, *always]))
    for header in dict.fromkeys([*lasting, *others]):
        if _apart(texts, parts) == wanted or len(parts) == _MOST_PARTS:
            break
        is_filled = header in texts.columns and not texts[header].null_count()
        if is_filled and header not in parts and _apart(texts, [*parts, header]) > _apart(texts, parts):
            parts.append(header)
    return parts, _apart(texts, parts) == wanted
