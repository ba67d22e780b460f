"""Rows as CSV, Excel or JSON.  A cell that a spreadsheet would run as a formula is made harmless."""

import csv
import io
import json
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from warehouse.database.reading import Row

BOOK = {"strings_to_formulas": False, "strings_to_urls": False}
"""How Excel files are opened: text stays text."""
_RISKY = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def neutral(value: Any) -> Any:
    """A cell that opens as text in every spreadsheet (an apostrophe stands before what would be run)."""
    if isinstance(value, list):
        value = "; ".join(str(each) for each in value)
    if isinstance(value, str) and value.lstrip(" ").startswith(_RISKY):
        return f"'{value}"
    return value.isoformat() if isinstance(value, date) else value


def as_json(value: Any, *, indent: int | None = 2) -> str:
    """JSON for machines: dates as ISO text, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, indent=indent, default=str)


def write_rows(rows: Any, form: str, output: Path | None, *, title: str) -> Path | None:
    """Write rows in one of the forms csv, xlsx, json; to standard output when no path is given (not xlsx)."""
    if form == "xlsx":
        assert output is not None, "an Excel file needs a path"
        _write_xlsx(rows, output, title)
        return output
    if form == "csv":
        write_csv(rows[0] if rows else [], (row.values() for row in rows), output)
    else:
        _write_text(as_json(rows) + "\n", output, encoding="utf-8")
    return output


def write_csv(heads: Iterable[str], rows: Iterable[Iterable[Any]], output: Path | None) -> None:
    """Write heads and rows as CSV; to standard output when no path is given."""
    # Excel reads UTF-8 CSV only with a byte-order mark.
    _write_text(csv_of(heads, rows), output, encoding="utf-8-sig")


def csv_of(heads: Iterable[str] | None, rows: Iterable[Iterable[Any]]) -> str:
    """Heads and rows as the text of a CSV file; without heads, as what follows of one."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if heads is not None:
        writer.writerow(heads)
    writer.writerows([neutral(value) for value in row] for row in rows)
    return buffer.getvalue()


def _write_text(text: str, output: Path | None, *, encoding: str) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding=encoding, newline="")


def _write_xlsx(rows: list[Row], output: Path, title: str) -> None:
    write_sheets({title: rows}, output)


@contextmanager
def workbook(output: Path | io.BytesIO) -> Generator[Any]:
    """A new Excel file, or one in memory.  Raises OSError where it cannot be written."""
    # Only a workbook needs the library; most rows are shown or written as CSV.
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    if isinstance(output, Path):
        output.parent.mkdir(parents=True, exist_ok=True)
    try:
        with xlsxwriter.Workbook(output, BOOK | {"in_memory": not isinstance(output, Path)}) as book:
            yield book
    except FileCreateError as error:
        raise OSError(str(error)) from error


def write_sheets(sheets: Mapping[str, list[Row]], output: Path) -> None:
    """An Excel file with one sheet per list of rows, by title."""
    with workbook(output) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title[:31])
            for column, name in enumerate(rows[0] if rows else []):
                sheet.write_string(0, column, name, bold)
            for line, row in enumerate(rows, start=1):
                for column, value in enumerate(row.values()):
                    sheet.write(line, column, neutral(value))
            sheet.freeze_panes(1, 0)
            sheet.autofit(max_width=300)
            sheet.set_landscape()
            sheet.repeat_rows(0)
            sheet.fit_to_pages(1, 0)
