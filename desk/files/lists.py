"""Lists for people as CSV or Excel: heads and values in the reader's language, columns that fit a printed page."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from desk.files.sheets import EDGE, LONGEST_NAME, across, clean_name, set_page
from desk.files.tables import neutral, workbook, write_csv
from desk.say.lists import Listing
from desk.words.words import Words

_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14, "valign": "vcenter"},
    "head": {
        "bold": True,
        "bg_color": "#e8e8ee",
        "align": "center",
        "valign": "vcenter",
        "text_wrap": True,
        **EDGE,
    },
    "cell": {"text_wrap": True, "valign": "top", **EDGE},
    "number": {"valign": "top", "align": "center", **EDGE},
    "day": {"valign": "top", "align": "left", "num_format": "yyyy-mm-dd", **EDGE},
    "note": {"italic": True, "font_color": "#55555f", "text_wrap": True, "valign": "top"},
}
_LINE = 13.5
"""Points of a line of text: programs that print without a screen do not fit heights to wrapped text themselves."""
_MOST_LINES = 12
_PORTRAIT = 95
"""Characters of a row up to which a page stands upright."""


def write_list(one: Listing, form: str, output: Path | None, words: Words) -> None:
    """Write a list as ``csv`` (to standard output without a path) or ``xlsx``."""
    if form == "xlsx":
        assert output is not None, "an Excel file needs a path"
        write_book([one], output, words)
        return
    rows = ([column.cell(row) for column in one.columns] for row in one.rows)
    write_csv([column.head for column in one.columns], rows, output)


def write_book(lists: Sequence[Listing], output: Path, words: Words) -> None:
    """Write an Excel file with a sheet for each list: A4 landscape, heads on every page, pages numbered."""
    with workbook(output) as book:
        formats = {name: book.add_format({"font_size": 10, **given}) for name, given in _FORMATS.items()}
        for one in lists:
            sheet = book.add_worksheet(clean_name(one.name)[:LONGEST_NAME])
            widths = [column.width for column in one.columns]
            set_page(sheet, widths, words, heads=2, is_upright=sum(widths) <= _PORTRAIT)
            _write(sheet, one, formats)


def _write(sheet: Any, one: Listing, formats: dict[str, Any]) -> None:
    last = len(one.columns) - 1
    across(sheet, 0, last, one.title, formats["title"], 24)
    for at, column in enumerate(one.columns):
        sheet.write_string(1, at, column.head, formats["head"])
    sheet.set_row(1, 16 * _lines([(column.head, column.width) for column in one.columns]))
    line = 2
    for row in one.rows:
        cells = [column.cell(row) for column in one.columns]
        for at, value in enumerate(cells):
            _cell(sheet, line, at, value, formats)
        widths = (column.width for column in one.columns)
        sheet.set_row(line, _LINE * _lines(list(zip((f"{cell}" for cell in cells), widths, strict=True))) + 2)
        line += 1
    if one.rows:
        sheet.autofilter(1, 0, line - 1, last)
    for note in one.notes:
        across(sheet, line, last, note, formats["note"], _LINE + 4)
        line += 1


def _cell(sheet: Any, line: int, at: int, value: object, formats: dict[str, Any]) -> None:
    if isinstance(value, bool) or value is None:
        sheet.write_string(line, at, "" if value is None else str(value), formats["cell"])
    elif isinstance(value, int | float):
        sheet.write_number(line, at, value, formats["number"])
    elif isinstance(value, date):
        sheet.write_datetime(line, at, value, formats["day"])
    else:
        sheet.write_string(line, at, neutral(str(value)), formats["cell"])


def _lines(cells: Iterable[tuple[str, int]]) -> int:
    """Lines that the highest cell of a row needs."""
    return min(_MOST_LINES, max(max(1, -(-cell_len(text) // max(1, width - 1))) for text, width in cells))
