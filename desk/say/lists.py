"""Lists for people: what each column is called and says, in the reader's language, and how wide it is on a page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from desk.say.visits import reasons_text
from desk.words.labels import DUE_STATE, LIST_KIND, VISIT_STATE
from desk.words.words import Words
from models import vocabulary as vocab
from models.messages import N_

Row = dict[str, Any]
MOST_CHECKS = 3
"""Things to check that a list names of one visit; the printed sheet of a crew has all."""


@dataclass(frozen=True)
class Column:
    """A column: its head, what stands in a row, and its width in characters of a printed page."""

    head: str
    cell: Callable[[Row], object]
    width: int


@dataclass(frozen=True)
class Listing:
    """A list: ``name`` of its sheet, the title above it, its columns and rows, and what is to be said below."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    notes: tuple[str, ...] = ()


def value(name: str) -> Callable[[Row], object]:
    """A cell that is as it stands in the row."""
    return lambda row: row[name]


def firm_columns(words: Words) -> tuple[Column, ...]:
    """Name and id of an enterprise."""
    return (
        Column(words("enterprise"), lambda row: row["name"] or "–", 26),
        Column(words("enterprise id"), value("enterprise_id"), 20),
    )


def authority_column(words: Words) -> Column:
    """Who inspects."""
    return Column(
        words("authority"), lambda row: words.authority(row["level"], row["division"], is_short=True), 14
    )


def _contested(found: Sequence[Row], words: Words) -> tuple[Column, ...]:
    """By when an open objection must be decided, where there is one."""
    if not any(row.get("contested_until") for row in found):
        return ()
    return (Column(words("contested"), lambda row: row.get("contested_until") or "", 11),)


def visits_due(found: Sequence[Row], as_of: date, words: Words) -> Listing:
    """The working list: every visit that is due, in order of precedence."""

    def due(row: Row) -> str:
        late = f" {words('overdue')}" if row["is_overdue"] else ""
        return f"{row['due_on'] or '–'}{' ?' if row['is_due_provisional'] else ''}{late}"

    def planned(row: Row) -> object:
        return row["planned_on"] if row["state"] == "scheduled" else words.label(VISIT_STATE, row["state"])

    columns = (
        Column(words("#"), value("rank"), 5),
        *firm_columns(words),
        Column(words("district"), lambda row: words.division(row["place"]), 9),
        Column(words.within("visit", "why"), words.channels, 15),
        Column(words.within("deadline", "due"), due, 12),
        Column(words.within("visit day", "planned"), planned, 11),
        Column(words("team"), lambda row: words.team(row["crew_id"]) if row["planned_on"] else "–", 15),
        Column(words("score"), value("score"), 6),
        Column(words("main reasons"), lambda row: reasons_text(row, words), 36),
        *_contested(found, words),
    )
    title = words("Visits that are due, as of {day}: {n}", day=as_of, n=f"{len(found):,}")
    return Listing(words("queue"), title, columns, found)


def enterprises_of_code(found: Sequence[Row], code: str, as_of: date, words: Words) -> Listing:
    """Every enterprise of a code; RED ones with due day and state."""

    def due(row: Row) -> str:
        if not row["due_on"]:
            return "–"
        return f"{row['due_on']}{' ?' if row['is_due_provisional'] else ''}"

    columns = (
        Column(words("#"), lambda row: row["rank"] or "", 5),
        *firm_columns(words),
        Column(words("district"), lambda row: words.division(row["division"]), 9),
        Column(words.within("deadline", "due"), due, 12),
        Column(words("state"), lambda row: words.label(DUE_STATE, row["state"]) if row["state"] else "–", 10),
        Column(words("score"), value("score"), 6),
        Column(words("main reasons"), lambda row: reasons_text(row, words), 44),
        *_contested(found, words),
    )
    title = words(
        "{code} enterprises as of {day}: {n}",
        code=words.label(vocab.CODE, code),
        day=as_of,
        n=f"{len(found):,}",
    )
    return Listing(words.label(vocab.CODE, code), title, columns, found)


def codes(found: Sequence[Row], as_of: date, words: Words) -> Listing:
    """Every enterprise with its code."""
    columns = (
        *firm_columns(words),
        Column(words("district"), lambda row: words.division(row["division"]), 10),
        Column(words("sector"), lambda row: words.label(vocab.SECTOR, row["sector"]), 16),
        Column(words("code"), lambda row: words.label(vocab.CODE, row["code"]), 8),
        Column(words("score"), value("score"), 7),
        Column(words("provisional"), lambda row: words("yes") if row["is_provisional"] else "", 8),
        *_contested(found, words),
    )
    title = words("Codes as of {day}: {n} enterprises", day=as_of, n=f"{len(found):,}")
    return Listing(words("codes"), title, columns, found)


PUBLIC_NOTE = N_("The list names no days, officers or reasons, and no visit outside the plan (P5)")


def month_list(found: Sequence[Row], month: date, words: Words) -> Listing:
    """The list that is published ahead (P5): who, by whom, of which kind."""
    columns = (
        authority_column(words),
        *firm_columns(words),
        Column(words("kind"), lambda row: words.label(LIST_KIND, row["kind"]), 20),
    )
    title = words("List to be published for {month}: {n} enterprises", month=f"{month:%Y-%m}", n=len(found))
    return Listing(f"{month:%Y-%m}", title, columns, found, (words(PUBLIC_NOTE),))
