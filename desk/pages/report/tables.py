"""What a table of the page consists of; the template knows nothing but these shapes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from desk.say.numbers import Form, interval, is_known

Record = dict[str, Any]


@dataclass(frozen=True)
class Range:
    """A value with its interval, all in per cent of the scale; ``mark`` is where a line is drawn to compare with."""

    at: float
    low: float
    high: float
    mark: float | None = None


@dataclass(frozen=True)
class Cell:
    """A text with a smaller second line, and maybe a bar (0 to 100) or a range drawn beside it.

    ``code`` colours the cell as one of the four codes; ``tone`` is ``better``, ``worse`` or nothing.
    """

    text: str
    note: str = ""
    bar: float | None = None
    range: Range | None = None
    is_best: bool = False
    code: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Row:
    """Cells from left to right; a ``kind`` of ``group`` is a heading across the table."""

    cells: tuple[Cell, ...]
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under a head, or a sentence that says why there are none.

    The first ``texts`` columns are words and stand left; the others are numbers and stand right.
    """

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    empty: str = ""
    texts: int = 1


def records(frame: pl.DataFrame) -> list[Record]:
    """Rows of a frame by column name."""
    return frame.to_dicts()


def simple(head: Iterable[str], rows: Iterable[Sequence[Cell | str]], *, empty: str, texts: int = 1) -> Table:
    """A table of cells or plain texts."""
    made = (Row(tuple(one if isinstance(one, Cell) else Cell(one) for one in row)) for row in rows)
    return Table(tuple(head), tuple(made), empty, texts)


def tabulated(
    rows: Iterable[Record],
    columns: Mapping[str, Callable[[Record], Cell | str]],
    *,
    empty: str,
    texts: int = 1,
) -> Table:
    """A table of records; ``columns`` says what stands below each head."""
    return simple(
        columns, ([cell(row) for cell in columns.values()] for row in rows), empty=empty, texts=texts
    )


def barred(text: str, value: Any, most: Any, *, note: str = "", code: str = "") -> Cell:
    """A number with a bar as long as its part of ``most``."""
    drawable = is_known(value) and is_known(most) and most > 0
    return Cell(text, note, bar=_part(value, most) if drawable else None, code=code)


def ranged(
    form: Form,
    row: Record,
    names: tuple[str, str, str],
    most: Any,
    *,
    mark: float | None = None,
    tone: str = "",
) -> Cell:
    """A number with its interval, written and drawn; ``names`` are the columns of value, low and high."""
    value, low, high = (row.get(name) for name in names)
    if not is_known(value):
        return Cell(form(value))
    written = interval(form, low, high)
    if not written or not most:
        return Cell(form(value), written, tone=tone)
    at, start, end = (_part(one, most) for one in (value, low, high))
    drawn = Range(at, start, end, None if mark is None else _part(mark, most))
    return Cell(form(value), written, range=drawn, tone=tone)


def largest(values: Iterable[Any]) -> float:
    """The largest known number, 0 without any."""
    return max((value for value in values if is_known(value)), default=0.0)


def _part(value: Any, most: Any) -> float:
    return round(100 * min(max(value / most, 0.0), 1.0), 2)
