"""Reading what was delivered: every format into rows with a line number, every unreadable part into a refusal.

A reader never raises for bad content.  A file that cannot be read at all is one refusal with line 0; a line
that cannot is one refusal with its line number and text.
"""

import codecs
import csv
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from models.errors import DeliveryError
from warehouse.intake.raw import LINE, Raw, header_problem, is_blank, numbered
from warehouse.intake.workbooks import read_parquet, read_xlsx

MAX_LINE_CHARS = 1_000_000
MAX_QUOTED_LINES = 50
"""An opening quote that finds no end within so many lines is taken for a slip, not for a long text."""


def read_file(path: Path, name: str, *, encoding: str | None = None, sheet: str | int = 0) -> Raw:
    """Read one delivered file by its ending.  ``name`` is how reports call it."""
    raw = Raw(name, pl.DataFrame({LINE: []}, schema={LINE: pl.Int64}))
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raw.refuse(0, "unknown_format", f"ending {path.suffix or '(none)'}; known: {', '.join(_READERS)}")
        return raw
    try:
        reader(path, raw, encoding, sheet)
    except Exception as error:
        raw.refuse(0, "unreadable_file", f"{type(error).__name__}: {error}")
    return raw


# ---------------------------------------------------------------------------------------------- CSV


def _read_csv(path: Path, raw: Raw, encoding: str | None, _sheet: str | int) -> None:
    csv.field_size_limit(MAX_LINE_CHARS * MAX_QUOTED_LINES)
    lines = list(_decoded_lines(path.read_bytes(), raw, encoding))
    while lines and is_blank(lines[0][1]):
        lines.pop(0)
    if not lines and not raw.unread:
        raw.refuse(0, "empty_file", "")
        return
    if not lines or (raw.unread and raw.unread[0].line < lines[0][0]):
        raw.refuse_whole("unreadable_header", raw.unread[0].content)
        return
    delimiter = max(",\t;", key=lines[0][1].count)
    header = [cell.strip() for cell in _cells(lines[0][1], delimiter) or []]
    if problem := header_problem(header):
        raw.refuse_whole(problem, lines[0][1])
        return
    records = list(_records(lines[1:], raw, delimiter=delimiter, width=len(header)))
    raw.frame = pl.DataFrame(
        [[line, *cells] for line, cells in records],
        schema={LINE: pl.Int64, **dict.fromkeys(header, pl.String)},
        orient="row",
    )


def _decoded_lines(data: bytes, raw: Raw, encoding: str | None) -> Iterator[tuple[int, str]]:
    """Lines as text.  Lines in another encoding than the rest of the file are refused one by one."""
    data, encoding = _plain_bytes(data, encoding)
    for number, line in enumerate(_split(data), start=1):
        text = _decoded(line, encoding)
        if text is None:
            raw.refuse(number, "wrong_encoding", line.decode(encoding="utf-8", errors="backslashreplace"))
        elif len(text) > MAX_LINE_CHARS:
            raw.refuse(number, "huge_line", text[:200])
        else:
            yield number, text.rstrip("\r")


def _plain_bytes(data: bytes, encoding: str | None) -> tuple[bytes, str]:
    """The file without its byte order mark, and its encoding; UTF-16 becomes UTF-8, broken where it was."""
    if data.startswith(codecs.BOM_UTF8):
        return data.removeprefix(codecs.BOM_UTF8), "utf-8"
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if marked or (encoding and encoding.lower().startswith("utf-16")):
        text = data.decode("utf-16" if marked else str(encoding), errors="replace")
        return text.replace("\ufffd", "\udcff").encode(errors="surrogateescape"), "utf-8"
    return data, encoding or _majority_encoding(data)


def _split(data: bytes) -> list[bytes]:
    data = data.replace(b"\r\n", b"\n")
    return data.split(b"\n" if b"\n" in data else b"\r")


def _decoded(line: bytes, encoding: str) -> str | None:
    """The text of a line, or ``None`` if it is in another encoding.

    GB18030 reads nearly all bytes as something; whole Chinese characters of UTF-8 are not that by chance.
    """
    try:
        text = line.decode(encoding)
        if encoding.lower().startswith("gb") and not line.isascii() and _decodes(line, "utf-8"):
            return None if max(line.decode("utf-8")) >= "\u0800" else text
    except (UnicodeDecodeError, LookupError):
        return None
    return text


def _majority_encoding(data: bytes) -> str:
    """GB18030 if more lines with non-ASCII bytes are in it than in UTF-8; lines in neither have no say."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        wide = [line for line in data.split(b"\n") if not line.isascii()]
        others = [line for line in wide if not _decodes(line, "utf-8")]
        chinese = sum(_decodes(line, "gb18030") for line in others)
        return "gb18030" if chinese > len(wide) - len(others) else "utf-8"
    return "utf-8"


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _records(
    lines: list[tuple[int, str]], raw: Raw, *, delimiter: str, width: int
) -> Iterator[tuple[int, list[str]]]:
    """Cells of each record.  A quote that is never closed costs its own line only."""
    at = 0
    while at < len(lines):
        number, text = lines[at]
        if is_blank(text):
            at += 1
            continue
        end, cells = _record_at(lines, at, delimiter, width)
        if cells is None:
            rule = "unbalanced_quote" if text.count('"') % 2 else "wrong_number_of_fields"
            raw.refuse(number, rule, text)
        else:
            yield number, cells
        at = end + 1


def _record_at(
    lines: list[tuple[int, str]], at: int, delimiter: str, width: int
) -> tuple[int, list[str] | None]:
    """The record that starts at a line, and its last line; a quoted text may span several.

    A whole record inside the quoted text means that a quote was left open before it.
    """
    parts: list[str] = []
    for end in range(at, min(at + MAX_QUOTED_LINES, len(lines))):
        parts.append(lines[end][1])
        is_closing = parts[-1].count('"') % 2 == 1
        # The end of a text in the first column looks like a whole record, too.
        if (
            end > at
            and not (is_closing and parts[0].startswith('"'))
            and _is_record(parts[-1], delimiter, width)
        ):
            break
        if end == at or is_closing:
            cells = _cells("\n".join(parts), delimiter)
            if cells is not None and len(cells) == width:
                return end, cells
        if end == at and not is_closing:
            break
    return at, None


def _is_record(text: str, delimiter: str, width: int) -> bool:
    return text.count(delimiter) >= width - 1 > 0 and len(_cells(text, delimiter) or []) == width


def _cells(text: str, delimiter: str) -> list[str] | None:
    """Cells of one record, or ``None`` while a quoted text is still open."""
    try:
        return next(csv.reader([text.replace("\r", " ")], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None


# ------------------------------------------------------------------------- Excel, Parquet, JSON


def _read_json(path: Path, raw: Raw, encoding: str | None, _sheet: str | int) -> None:
    data, encoding = _plain_bytes(path.read_bytes(), encoding)
    if data.lstrip().startswith(b"["):
        items = list(enumerate(json.loads(data.decode(encoding), parse_int=str), start=1))
    else:
        items = list(_json_lines(list(_decoded_lines(data, raw, encoding)), raw))
    kept: list[tuple[int, dict[str, Any]]] = []
    for line, item in items:
        if problem := _item_problem(item):
            raw.refuse(line, problem, json.dumps(item, ensure_ascii=False))
        else:
            kept.append((line, item))
    if not items and not raw.unread:
        raw.refuse(0, "empty_file", "")
    names = list(dict.fromkeys(name for _, item in kept for name in item))
    if LINE in names:
        raise ValueError(f"a field is called {LINE}, which is the name of the line number here")
    data = {name: [_json_text(item.get(name)) for _, item in kept] for name in names}
    raw.frame = pl.DataFrame(
        {LINE: [line for line, _ in kept], **data},
        schema={LINE: pl.Int64, **dict.fromkeys(names, pl.String)},
    )


def _item_problem(item: Any) -> str | None:
    """Why an item cannot be a row: nested, a number that JSON does not have, half a character."""
    if not isinstance(item, dict) or any(isinstance(cell, dict | list) for cell in item.values()):
        return "not_a_flat_object"
    if any(isinstance(cell, float) and not math.isfinite(cell) for cell in item.values()):
        return "not_a_number"
    try:
        json.dumps(item, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "wrong_encoding"
    return None


def _json_lines(lines: list[tuple[int, str]], raw: Raw) -> Iterator[tuple[int, Any]]:
    for number, text in lines:
        if is_blank(text):
            continue
        try:
            yield number, json.loads(text, parse_int=str)
        except (ValueError, RecursionError):
            raw.refuse(number, "not_json", text)


def _json_text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


_READERS: dict[str, Callable[[Path, Raw, str | None, str | int], None]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".txt": _read_csv,
    ".xlsx": read_xlsx,
    ".xlsm": read_xlsx,
    ".xls": read_xlsx,
    ".parquet": read_parquet,
    ".json": _read_json,
    ".jsonl": _read_json,
    ".ndjson": _read_json,
}


def read_sql(url: str, query: str, name: str) -> Raw:
    """Rows of a query, through SQLAlchemy.

    Raises DeliveryError with the words of the database: a query that fails is no matter of single rows.
    """
    # Few deliveries come out of a database; the others need not wait.
    import sqlalchemy.exc

    try:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            result = connection.execute(sqlalchemy.text(query))
            names = list(result.keys())
            rows = [[_json_text(cell) for cell in row] for row in result]
        engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        said = str(error).replace(url, "the url")
        raise DeliveryError(
            "{name} gave nothing: {said}. Correct url or query in the mapping.", name=name, said=said
        ) from error
    if len({*names, LINE}) != len(names) + 1:
        raise DeliveryError(
            "{name} gives columns of one name or called {line}: {names}. Name them with AS.",
            name=name,
            line=LINE,
            names=", ".join(names),
        )
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return Raw(name, numbered(frame))
