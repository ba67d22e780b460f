"""Delimited text: records of cells with the line they begin on."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from models.messages import Remark
from warehouse.intake.files.encodings import MAX_LINE_CHARS, decoded_lines
from warehouse.intake.files.header import (
    LOOKED_AT,
    Refusal,
    header_problem,
    joined,
    known_headers,
    with_hint,
)
from warehouse.intake.files.raw import LINE, NOTHING, Raw, is_blank
from warehouse.intake.mapping import Entry

MAX_QUOTED_LINES = 50
"""An opening quote that finds no end within so many lines is taken for a slip, not for a long text."""
_OTHER_ENDS = re.compile("[\v\f\x1e\x85\u2028\u2029]")
"""Signs that end lines in some programs only; a file that is one line because of them would have no rows."""
DELIMITERS = ",\t;|"

Lines = list[tuple[int, str]]


@dataclass(frozen=True)
class Shape:
    """How records are cut: ``named`` columns carry a name, the header has ``width`` cells."""

    delimiter: str
    named: int
    width: int

    def fits(self, cells: list[str]) -> bool:
        """Whether these are the cells of a record; what goes past the names may be cut off or be blank."""
        if self.named <= len(cells) <= self.width:
            return True
        return len(cells) > self.width and all(is_blank(cell) for cell in cells[self.named :])


def read_delimited(path: Path, raw: Raw, entry: Entry) -> None:
    """Read CSV, TSV or text that is delimited otherwise."""
    csv.field_size_limit(MAX_LINE_CHARS * MAX_QUOTED_LINES)
    lines = decoded_lines(path.read_bytes(), raw, entry.encoding)
    if any(unread.line == 0 for unread in raw.unread):
        return
    while lines and is_blank(lines[0][1]):
        lines.pop(0)
    if not lines and not raw.unread:
        raw.refuse(0, "empty_file", NOTHING)
        return
    if len(lines) == 1 and (sign := _OTHER_ENDS.search(lines[0][1])):
        raw.refuse_whole(
            "unreadable_header",
            f"its lines end in U+{ord(sign.group()):04X}, which ends none: save it with the usual line ends",
        )
        return
    head = _head(lines, raw, entry)
    if isinstance(head, Refusal):
        raw.refuse_whole(*head)
        return
    names, delimiter, start, at = head
    places = [place for place, name in enumerate(names, start=1) if name]
    named, given = max(places, default=0), [name for name in names if name]

    def hinted(problem: Refusal | None) -> Refusal | None:
        return with_hint(problem, given, lines[start][0], top_rows(lines), known_headers(entry))

    problem = hinted(header_problem(given, places))
    if problem is None:
        records = list(_records(lines[at:], raw, Shape(delimiter, named, len(names))))
        problem = hinted(_filled(raw, names, named, records))
    if problem:
        raw.refuse_whole(*problem)


def _filled(raw: Raw, names: list[str], named: int, records: list[tuple[int, list[str]]]) -> Refusal | None:
    """Make the frame of the records; columns without a name must be blank, and are left out."""
    nameless = [at for at in range(named) if not names[at]]
    odd = ((line, cells) for line, cells in records if nameless or len(cells) > named)
    is_short = True
    for line, cells in odd:
        rest = [*(cells[at] for at in nameless), *cells[named:]]
        is_short = is_short and not cells[named:]
        if not is_blank("".join(rest)):
            return Refusal(
                "empty_header", f"line {line} holds more than the header names: {', '.join(names)}"
            )
    if not is_short or named < len(names):
        raw.notes.append(Remark("{file}: empty cells after the last column, left out", file=raw.file))
    if nameless:
        places = ", ".join(str(at + 1) for at in nameless)
        raw.notes.append(
            Remark("{file}: empty columns without a name ({places}), left out", file=raw.file, places=places)
        )
    frame = pl.DataFrame(
        [[line, *cells[:named]] for line, cells in records],
        schema={LINE: pl.Int64, **{name or f"\0{at}": pl.String for at, name in enumerate(names[:named])}},
        orient="row",
    )
    raw.frame = frame.drop(f"\0{at}" for at in nameless)
    return None


def _head(lines: Lines, raw: Raw, entry: Entry) -> tuple[list[str], str, int, int] | Refusal:
    """Names of the columns, the delimiter, and where in ``lines`` header and records begin."""
    wanted = entry.header_rows()
    first = wanted[0] if wanted else entry.skip_rows + 1
    start = next(
        (at for at, (number, text) in enumerate(lines) if number >= first and not is_blank(text)), None
    )
    if start is None or (wanted and lines[start][0] != first):
        bad = next((unread for unread in raw.unread), None)
        return Refusal("unreadable_header", bad.content if bad else f"line {first} holds nothing")
    raw.unread = [unread for unread in raw.unread if unread.line >= first]
    if raw.unread and raw.unread[0].line < lines[start][0]:
        return Refusal("unreadable_header", raw.unread[0].content)
    delimiter = entry.delimiter or delimiter_of(lines[start][1])
    rows: list[list[str]] = []
    at = start
    for number in wanted or [lines[start][0]]:
        while at < len(lines) and lines[at][0] < number:
            at += 1
        if at == len(lines) or lines[at][0] != number:
            return Refusal("unreadable_header", f"line {number} is no row of its own")
        cells, at = header_record(lines, at, delimiter)
        if cells is None:
            return Refusal("unreadable_header", lines[start][1])
        rows.append(cells)
    if start:
        raw.notes.append(
            Remark(
                "{file}: lines above the header in line {line}, left out", file=raw.file, line=lines[start][0]
            )
        )
    names = joined([row + [""] * (max(map(len, rows)) - len(row)) for row in rows])
    return names, delimiter, start, at


def top_rows(lines: Lines) -> list[tuple[int, list[str]]]:
    """The first rows, each cut by itself."""
    top = [(number, text) for number, text in lines[: 2 * LOOKED_AT] if not is_blank(text)]
    return [(number, cells_of(text, delimiter_of(text)) or []) for number, text in top]


def delimiter_of(text: str) -> str:
    """The sign that cuts a header into cells: what stands most often in it, outside of quotes."""
    bare = re.sub(r'"[^"]*"', "", text)
    return max(DELIMITERS, key=bare.count)


def header_record(lines: Lines, at: int, delimiter: str) -> tuple[list[str] | None, int]:
    """Cells of the header, and where the next record begins; a quoted name may span lines."""
    parts: list[str] = []
    for end in range(at, min(at + MAX_QUOTED_LINES, len(lines))):
        parts.append(lines[end][1])
        cells = cells_of("\n".join(parts), delimiter)
        if cells is not None:
            return [cell.strip() for cell in cells], end + 1
    return None, at + 1


def _records(lines: Lines, raw: Raw, shape: Shape) -> Iterator[tuple[int, list[str]]]:
    """Cells of each record.  A quote that is never closed costs its own line only."""
    at = 0
    while at < len(lines):
        number, text = lines[at]
        if is_blank(text):
            at += 1
            continue
        end, cells = _record_at(lines, at, shape)
        if cells is None:
            rule = "unbalanced_quote" if text.count('"') % 2 else "wrong_number_of_fields"
            raw.refuse(number, rule, text)
        else:
            yield number, cells
        at = end + 1


def _record_at(lines: Lines, at: int, shape: Shape) -> tuple[int, list[str] | None]:
    """The record that starts at a line, and its last line; a quoted text may span several.

    A whole record inside the quoted text means that a quote was left open before it.
    """
    parts: list[str] = []
    for end in range(at, min(at + MAX_QUOTED_LINES, len(lines))):
        parts.append(lines[end][1])
        is_closing = parts[-1].count('"') % 2 == 1
        # The end of a text in the first column looks like a whole record, too.
        if end > at and not (is_closing and parts[0].startswith('"')) and _is_record(parts[-1], shape):
            break
        if end == at or is_closing:
            cells = cells_of("\n".join(parts), shape.delimiter)
            if cells is not None and (len(cells) == shape.width or shape.fits(cells)):
                return end, cells
        if end == at and not is_closing:
            break
    return at, None


def _is_record(text: str, shape: Shape) -> bool:
    is_long = text.count(shape.delimiter) >= shape.named - 1 > 0
    return is_long and shape.fits(cells_of(text, shape.delimiter) or [])


def cells_of(text: str, delimiter: str) -> list[str] | None:
    """Cells of one record, or ``None`` while a quoted text is still open."""
    try:
        return next(csv.reader([text.replace("\r", " ")], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None
