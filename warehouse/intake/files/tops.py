"""The first rows of a file before anybody says where its header is, and the sheets or lists it is made of."""

from pathlib import Path
from typing import NamedTuple

from warehouse.intake.files.cells import Range
from warehouse.intake.files.delimited import delimiter_of, header_record
from warehouse.intake.files.encodings import decoded_lines
from warehouse.intake.files.header import LOOKED_AT, Refusal, Row
from warehouse.intake.files.raw import Raw, is_blank, no_rows
from warehouse.intake.files.workbooks import Book, grid_of, loaded, opened


class Top(NamedTuple):
    """Filled rows at the top, by their lines; of a sheet also its name, its state and its merged blocks."""

    rows: list[Row]
    sheet: str | None = None
    state: str = "visible"
    merged: tuple[Range, ...] = ()
    filled: int = 0


def tops_of_workbook(path: Path) -> list[Top] | Refusal:
    """Each sheet of a workbook from its top; sheets that cannot be read, or hold nothing, have no rows."""
    book = opened(path)
    if isinstance(book, Refusal):
        return book
    return [_sheet_top(book, name) for name in book.reader.sheet_names]


def _sheet_top(book: Book, name: str) -> Top:
    state = book.beside.states.get(name, "visible")
    try:
        cells, odd = loaded(book, name)
        if not cells.width:
            return Top([], name, state)
        grid = grid_of(cells, odd, book.beside.facts(name, frozenset()))
    except Exception:
        return Top([], name, state)
    top = [(at + 1, grid.cells.row(at)) for at in range(min(grid.cells.height, 2 * LOOKED_AT))]
    blocks = [block for block in map(grid.block, grid.merged) if block]
    return Top([one for one in top if any(one[1])], name, state, tuple(blocks), grid.cells.height)


def top_of_lines(path: Path, encoding: str | None = None) -> Top:
    """The first records of delimited text, each cut by itself; a quoted cell may span lines."""
    lines = decoded_lines(path.read_bytes(), Raw(path.name, no_rows()), encoding)
    rows, at = list[Row](), 0
    while at < len(lines) and len(rows) < 2 * LOOKED_AT:
        number, text = lines[at]
        cells, at = header_record(lines, at, delimiter_of(text))
        if not is_blank(text):
            rows.append((number, cells or []))
    return Top(rows, filled=len(lines))
