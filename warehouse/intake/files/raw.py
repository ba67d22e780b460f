"""Raw rows: what a reader gives, with the line each cell came from, before any type is known."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

import polars as pl

from models.identity_cards import masked_identity_cards
from models.messages import Remark
from models.vocabulary import day_number

LINE = "__line"
RESERVED = f"a column is called {LINE}, which is what lines are counted by here: give it another name"
AT_ONCE = 250_000
"""Rows of a file that are held and judged at once."""
NOTHING = "it holds nothing"
"""What there is to tell of a file or sheet that is empty."""


def placed(file: str, sheet: str | None) -> str:
    """A file, and the sheet of it where there is one to name."""
    return f"{file} [{sheet}]" if sheet else file


IN_A_PLACE = r"^(?<file>.*?)(?: \[(?<sheet>[^\[\]]*)\])?$"
"""Finds file and sheet in what ``placed`` gives."""


@dataclass(frozen=True)
class Unread:
    """A line, or with line 0 a whole file or sheet, that could not be read."""

    file: str
    line: int
    rule: str
    content: str
    sheet: str | None = None


class Flaw(NamedTuple):
    """Cells of one column, from line ``first`` to line ``last``, of which it is not known what they hold."""

    header: str
    first: int
    last: int
    rule: str


class Sheet(NamedTuple):
    """A sheet of a workbook: filled rows (``None``: it cannot be read), ``visible``, ``hidden`` or ``veryhidden``."""

    name: str
    rows: int | None
    state: str


class Pieces(Protocol):
    """Rows of a file that is read piece by piece, each time anew."""

    @property
    def rows(self) -> int:
        """How many there are."""
        ...

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """All rows, in order.  Whatever hinders reading is raised."""
        ...

    def of(self, lines: pl.Series) -> pl.DataFrame:
        """Rows of some lines."""
        ...


@dataclass
class Raw:
    """What one file, or one sheet of it, held: rows as delivered (plus ``__line``), and what could not be read.

    Of a file in ``pieces`` the ``frame`` holds no rows, only its columns.

    ``notes`` tells what was left out or is odd; ``flaws`` are cells that refuse their row where something reads
    them; ``beside`` are the sheets of the workbook that the entry did not ask for, ``nested`` the columns that
    hold lists or objects, which no mapping can read; ``lacking`` the lines of objects that lack a key, by key;
    ``has_header`` whether any header of the sheet is known.
    """

    file: str
    frame: pl.DataFrame
    unread: list[Unread] = field(default_factory=list)
    sheet: str | None = None
    is_one_of_several: bool = False
    notes: list[Remark] = field(default_factory=list[Remark])
    flaws: list[Flaw] = field(default_factory=list)
    beside: list[Sheet] = field(default_factory=list)
    nested: list[str] = field(default_factory=list)
    lacking: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    counts_days_from_1904: bool = False
    has_header: bool = True
    pieces: Pieces | None = None

    @property
    def place(self) -> str:
        """File, and sheet where its entry reads several: with the line it finds a row again."""
        return placed(self.file, self.sheet if self.is_one_of_several else None)

    @property
    def height(self) -> int:
        """How many rows could be read."""
        return self.frame.height if self.pieces is None else self.pieces.rows

    def chunks(self) -> Iterator[pl.DataFrame]:
        """Rows in order, so many at once as can be held.  Raises what hinders reading where they come in pieces."""
        if self.pieces is not None:
            yield from self.pieces
            return
        for first in range(0, self.frame.height, AT_ONCE):
            yield self.frame.slice(first, AT_ONCE)

    def of(self, lines: pl.Series) -> pl.DataFrame:
        """Rows of some lines, in their order."""
        held = self.frame if self.pieces is None else self.pieces.of(lines)
        return held.filter(pl.col(LINE).is_in(lines.implode())).sort(LINE)

    def refuse(self, line: int, rule: str, content: str) -> None:
        """Record a line that could not be read."""
        kept = masked_identity_cards(content[:10_000].encode(errors="backslashreplace").decode())
        self.unread.append(Unread(self.file, line, rule, kept, self.sheet))

    def refuse_whole(self, rule: str, content: str) -> None:
        """Record that nothing of the file can be read, whatever was said of its lines."""
        self.unread.clear()
        self.frame, self.pieces = no_rows(), None
        self.refuse(0, rule, content)


def no_rows() -> pl.DataFrame:
    """A file without rows."""
    return pl.DataFrame({LINE: []}, schema={LINE: pl.Int64})


def shown(name: str) -> str:
    """A name of a file or sheet that cannot play tricks on a terminal, a log or a query."""
    return printable(name)[:200]


def printable(text: str) -> str:
    """A text without the characters that no terminal, log or page should be given."""
    return "".join(char if char.isprintable() else "?" for char in text)


def is_blank(text: str) -> bool:
    """Whether a cell or line holds nothing."""
    return not text.strip("\r\x00 ")


def numbered(frame: pl.DataFrame, *, first: int = 1) -> pl.DataFrame:
    """Rows with a number, in types that the mapping can read; nested columns cannot be mapped."""
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    plain = frame.drop(nested).with_columns(_plain(column) for column in frame.drop(nested))
    return plain.with_row_index(LINE, offset=first).with_columns(pl.col(LINE).cast(pl.Int64))


def _plain(column: pl.Series) -> pl.Series:
    """Local time without zone; text for what is neither number, flag, day nor time."""
    dtype = column.dtype
    if dtype == pl.Date or dtype == pl.Datetime:
        column = _within_calendar(column)
        dtype = column.dtype
    if isinstance(dtype, pl.Datetime) and dtype.time_zone:
        return column.dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone(None)
    if dtype == pl.Binary:
        texts = [None if cell is None else cell.decode(errors="backslashreplace") for cell in column]
        return pl.Series(column.name, texts, dtype=pl.String)
    if dtype == pl.Duration:
        return column.dt.to_string()
    if dtype.is_numeric() or any(dtype == kept for kept in (pl.Boolean, pl.Date, pl.Datetime, pl.String)):
        return column
    return column.cast(pl.String)


def _within_calendar(column: pl.Series) -> pl.Series:
    """Days as they are; as text if there is one that neither Polars nor Python can print."""
    per_day = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
    unit = per_day[column.dtype.time_unit] if isinstance(column.dtype, pl.Datetime) else 1
    number = column.to_physical().cast(pl.Int64)
    inside = (number // unit).is_between(day_number(date.min), day_number(date.max)).fill_null(value=True)
    if inside.all():
        return column
    shown = column.set(~inside, None).cast(pl.String)
    return shown.zip_with(inside, "no day of the calendar: " + number.cast(pl.String))
