"""The header of a file or sheet: what its columns are called, and which row looks like it when it is not found."""

import unicodedata
from collections.abc import Container, Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from models.tables.canonical import TABLES, headers
from warehouse.intake.files.raw import LINE, RESERVED
from warehouse.intake.mapping import Entry

MAX_COLUMNS = 50_000
"""Three times as many as a workbook can have; a file with more is no table."""
LOOKED_AT = 20
"""Rows from the top among which a header is looked for."""
ENOUGH = 2
"""Known headers that make a row look like a header; one may be there by chance."""

Row = tuple[int, Sequence[str | None]]


class Refusal(NamedTuple):
    """Why a file has no header that can be used: the rule, and what is to be told."""

    rule: str
    told: str


class Found(NamedTuple):
    """The rows that look like the header, by their lines."""

    lines: tuple[int, ...]

    def __str__(self) -> str:
        if len(self.lines) == 1:
            return f"row {self.lines[0]} looks like the header: header_row: {self.lines[0]}"
        named = ", ".join(map(str, self.lines))
        return f"rows {named} look like the header: header_row: [{named}]"


def plain(header: str) -> str:
    """A header without what people add to it: width, case, blanks, line breaks, asterisks, marks of the byte order."""
    folded = unicodedata.normalize("NFKC", header).casefold()
    return "".join(char for char in folded if char not in "*※" and not char.isspace() and char.isprintable())


def known_headers(entry: Entry) -> frozenset[str]:
    """Every header, in its plain form, under which something could be read."""
    mapped = (header for spec in entry.columns.values() if spec for header in spec.headers())
    return _canonical() | {plain(header) for header in mapped}


@cache
def _canonical() -> frozenset[str]:
    return frozenset(plain(header) for table in TABLES.values() for header, _ in headers(table))


def joined(rows: Sequence[Sequence[str | None]]) -> list[str]:
    """Names of columns from the rows of a header; a group above stands for the columns to its right, too.

    A cell that repeats the one above (a merged cell filled down) counts once.
    """
    names: list[str] = []
    group: list[str] = [""] * (len(rows) - 1)
    for cells in zip(*rows, strict=True):
        texts = [(cell or "").strip() for cell in cells]
        is_below = bool(texts[-1])
        for level, text in enumerate(texts[:-1]):
            if text or not is_below:
                group[level:] = [text, *[""] * (len(group) - level - 1)]
        parts = [*(group if is_below else texts[:-1]), texts[-1]]
        kept = [part for at, part in enumerate(parts) if part and part not in parts[:at]]
        names.append("/".join(kept))
    return names


def too_many_columns(columns: int) -> Refusal | None:
    """Refuses what is wider than any table."""
    if columns <= MAX_COLUMNS:
        return None
    return Refusal("too_many_columns", f"{columns:,} columns; {MAX_COLUMNS:,} are read")


def header_problem(names: Sequence[str], places: Sequence[object]) -> Refusal | None:
    """The rule that the names of columns break, if any, and at which places."""
    if too_many := too_many_columns(len(names)):
        return too_many
    if LINE in names:
        return Refusal("unreadable_header", RESERVED)
    if any("\x00" in name for name in names):
        return Refusal("unreadable_header", ", ".join(names))
    if not any(names):
        return Refusal("empty_header", "no column has a name")
    if not all(names):
        return Refusal("empty_header", ", ".join(names))
    found: dict[str, list[str]] = {}
    for place, name in zip(places, names, strict=True):
        found.setdefault(name, []).append(str(place))
    twice = [f"{name}: columns {', '.join(several)}" for name, several in found.items() if len(several) > 1]
    return Refusal("repeated_header", "; ".join(twice)) if twice else None


def with_hint(
    problem: Refusal | None, names: Sequence[str], line: int, rows: Iterable[Row], known: Container[str]
) -> Refusal | None:
    """The problem of the header in ``line``, and which of the top ``rows`` looks more like one.

    A header of which nothing is known is a problem where another row is known.
    """
    found = look_for_header(rows, known)
    if found is None or found.lines == (line,):
        return problem
    said = problem.told if problem else ", ".join(names)
    if line not in found.lines and not score(names, known):
        return Refusal("header_elsewhere", f"{found}; {said}")
    return Refusal(problem.rule, f"{found}; {said}") if problem else None


def look_for_header(rows: Iterable[Row], known: Container[str]) -> Found | None:
    """The row that looks most like a header, if any does, with the one that completes it."""
    rows = list(rows)[:LOOKED_AT]
    scores = [score(cells, known) for _, cells in rows]
    if max(scores, default=0) < ENOUGH:
        return None
    at = scores.index(max(scores))
    for upper, lower in pairwise(rows[max(at - 1, 0) : at + 2]):
        if _complete_each_other(upper[1], lower[1]):
            return Found((upper[0], lower[0]))
    return Found((rows[at][0],))


def score(cells: Sequence[str | None], known: Container[str]) -> int:
    """How many cells are known headers."""
    return sum(plain(cell) in known for cell in cells if cell)


def _complete_each_other(upper: Sequence[str | None], lower: Sequence[str | None]) -> bool:
    """Whether both rows name columns that the other leaves open, as under a group of columns."""
    cells = [(bool(above), bool(below)) for above, below in zip(upper, lower, strict=False)]
    return len(upper) == len(lower) and (True, False) in cells and (False, True) in cells
