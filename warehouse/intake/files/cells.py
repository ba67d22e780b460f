"""What a workbook says of its cells beside their values: merged, hidden, numbers and formulas as they are stored."""

import math
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from warehouse.intake.files.formats import Format

EXACT = 15
"""Digits a spreadsheet keeps of a number."""

Place = tuple[int, int]
"""Row and column, from 0."""


class Range(NamedTuple):
    """A block of cells, from 0, ends included."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        return f"{letters(self.left)}{self.top + 1}:{letters(self.right)}{self.bottom + 1}"


@dataclass
class CellFacts:
    """Facts of one sheet.

    ``texts``: numbers that the spreadsheet shows otherwise than its reader, as the former shows them.
    ``numbers``: places of all numbers in the rows asked about.  ``unvalued``: formulas whose value was not saved.
    ``damaged``: cells whose markup does not tell what they hold.  ``hidden``: numbers of which a format shows
    something else that cannot be told.  ``firsts``: the first filled column of the first filled rows.
    """

    merged: list[Range] = field(default_factory=list)
    texts: dict[Place, str] = field(default_factory=dict)
    numbers: set[Place] = field(default_factory=set)
    unvalued: dict[Place, str] = field(default_factory=dict)
    damaged: set[Place] = field(default_factory=set)
    hidden: set[Place] = field(default_factory=set)
    firsts: dict[int, int] = field(default_factory=dict)
    hidden_rows: int = 0

    def show(self, place: Place, stored: str, form: Format | None) -> None:
        """Remember what the spreadsheet shows of a number, where that is not what is stored."""
        if text := number_text(stored):
            self.texts[place] = text
        elif form is not None and (seen := form.seen(stored)) != stored:
            if seen is None:
                self.hidden.add(place)
            else:
                self.texts[place] = seen

    def see(self, place: Place) -> None:
        """Remember that a cell is filled."""
        row, column = place
        if row in self.firsts or len(self.firsts) < 100:
            self.firsts[row] = min(column, self.firsts.get(row, column))


def number_text(stored: str) -> str | None:
    """A number beyond 15 digits, of which the rest is lost, written so that this can be seen: 9.13701E+17.

    ``None`` for any other number, or text.
    """
    try:
        number = float(stored)
    except ValueError:
        return None
    if not math.isfinite(number) or abs(number) < 10**EXACT:
        return None
    mantissa, _, exponent = f"{number:.5E}".partition("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"


def letters(column: int) -> str:
    """Name of a column, as in A1."""
    name, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_number(name: str) -> int:
    """Number of a column from 0."""
    return sum((ord(letter) - 64) * 26**at for at, letter in enumerate(reversed(name))) - 1


def range_of(reference: str) -> Range:
    """The block that a reference such as A1:C3 names."""
    cells = [re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d{1,7})", one) for one in reference.upper().split(":")]
    places = [(int(cell[2]) - 1, column_number(cell[1])) for cell in cells if cell]
    if not places or len(places) != len(cells):
        raise ValueError(f"no block of cells: {reference[:50]}")
    rows, columns = zip(*places, strict=True)
    return Range(min(rows), min(columns), max(rows), max(columns))
