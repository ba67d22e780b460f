"""What everything in a terminal looks like: tables without rules, headings with a line above them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text


def plain_table(header_style: str = "bold", **more: Any) -> Table:
    """A table without lines."""
    return Table(box=None, pad_edge=False, header_style=header_style, **more)


@dataclass(frozen=True)
class Head:
    """A column of a long table: its head, whether numbers stand in it, and whether it takes the room that is left."""

    title: str
    is_number: bool = False
    takes_rest: bool = False


Cell = tuple[str, str]
"""What stands in a cell, and its style."""


def long_table(heads: Sequence[Head], rows: Sequence[Sequence[Cell]], width: int) -> Text:
    """A table of many rows, a line each, as one text: a table of rich measures and reads every cell twice."""
    widths = [
        max(cell_len(head.title), *(cell_len(row[at][0]) for row in rows)) for at, head in enumerate(heads)
    ]
    rest = width - sum(widths) - 2 * (len(heads) - 1)
    widths = [
        max(_LEAST, least + min(0, rest)) if head.takes_rest else least
        for least, head in zip(widths, heads, strict=True)
    ]
    text = Text(no_wrap=True, overflow="ignore", end="")
    for line in ([(head.title, "bold") for head in heads], *rows):
        for at, (cell, style) in enumerate(line):
            said = _fitted(cell, widths[at], is_number=heads[at].is_number)
            text.append(said if at + 1 == len(heads) else f"{said}  ", style or None)
        text.append("\n")
    return text


_LEAST = 6
"""Cells that a column keeps in any case."""


def _fitted(cell: str, width: int, *, is_number: bool) -> str:
    if cell_len(cell) > width:
        return set_cell_size(cell, width - 1) + "…"
    blank = " " * (width - cell_len(cell))
    return blank + cell if is_number else cell + blank


def heading(console: Console, text: str) -> None:
    """The head of a part."""
    console.print(f"\n[bold]{escape(text)}[/]", highlight=False)
