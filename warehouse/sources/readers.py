"""Reading what was delivered: every format into rows with a line number, every unreadable part into a refusal.

A reader never raises for bad content.  A file that cannot be read at all is one refusal with line 0; a line
that cannot is one refusal with its line number and text.
"""

import csv
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

LINE = "__line"
MAX_LINE_CHARS = 1_000_000
MAX_XLSX_BYTES = 1_000_000_000
MAX_XLSX_RATIO = 200
MAX_QUOTED_LINES = 50
"""An opening quote that finds no end within so many lines is taken for a slip, not for a long text."""


@dataclass(frozen=True)
class Unread:
    """A line, or with line 0 a whole file, that could not be read."""

    file: str
    line: int
    rule: str
    content: str


@dataclass
class Raw:
    """What one file held: rows as delivered (plus ``__line``), and what could not be read."""

    file: str
    frame: pl.DataFrame
    unread: list[Unread] = field(default_factory=list)

    def refuse(self, line: int, rule: str, content: str) -> None:
        """Record a line that could not be read."""
        self.unread.append(Unread(self.file, line, rule, content[:10_000]))


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
    if not lines:
        raw.refuse(0, "empty_file", "")
        return
    delimiter = _delimiter(lines[0][1])
    header = [cell.strip() for cell in _cells(lines[0][1], delimiter) or []]
    if problem := _header_problem(header):
        raw.refuse(0, problem, lines[0][1])
        return
    records = list(_records(lines[1:], raw, delimiter=delimiter, width=len(header)))
    raw.frame = pl.DataFrame(
        [[line, *cells] for line, cells in records],
        schema={LINE: pl.Int64, **dict.fromkeys(header, pl.String)},
        orient="row",
    )


def _header_problem(header: list[str]) -> str | None:
    if len(set(header)) != len(header):
        return "repeated_header"
    return None if header and all(header) else "empty_header"


def _delimiter(header: str) -> str:
    return max(",\t;", key=header.count)


def _decoded_lines(data: bytes, raw: Raw, encoding: str | None) -> Iterator[tuple[int, str]]:
    """Lines as text.  Lines in another encoding than the rest of the file are refused one by one."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield from enumerate(data.decode("utf-16", errors="replace").splitlines(), start=1)
        return
    data = data.removeprefix(b"\xef\xbb\xbf")
    encoding = encoding or _majority_encoding(data)
    for number, line in enumerate(data.replace(b"\r\n", b"\n").split(b"\n"), start=1):
        try:
            text = line.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            raw.refuse(number, "wrong_encoding", line.decode(encoding="utf-8", errors="backslashreplace"))
            continue
        if len(text) > MAX_LINE_CHARS:
            raw.refuse(number, "huge_line", text[:200])
        elif text.strip("\r\x00 "):
            yield number, text.rstrip("\r")


def _majority_encoding(data: bytes) -> str:
    """UTF-8 if most of the lines with non-ASCII bytes are, else GB18030."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        wide = [line for line in data.split(b"\n") if not line.isascii()]
        good = sum(_decodes(line, "utf-8") for line in wide)
        return "utf-8" if good * 2 >= len(wide) else "gb18030"
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
    """The record that starts at a line, and its last line; a quoted text may span several."""
    parts: list[str] = []
    for end in range(at, min(at + MAX_QUOTED_LINES, len(lines))):
        parts.append(lines[end][1])
        if end == at or parts[-1].count('"') % 2:
            cells = _cells("\n".join(parts), delimiter)
            if cells is not None and len(cells) == width:
                return end, cells
        if end == at and parts[0].count('"') % 2 == 0:
            break
    return at, None


def _cells(text: str, delimiter: str) -> list[str] | None:
    """Cells of one record, or ``None`` while a quoted text is still open."""
    try:
        return next(csv.reader([text.replace("\r", " ")], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None


# ------------------------------------------------------------------------- Excel, Parquet, JSON


def _read_xlsx(path: Path, raw: Raw, _encoding: str | None, sheet: str | int) -> None:
    if path.suffix.lower() != ".xls" and (complaint := _zip_bomb(path)):
        raw.refuse(0, "zip_bomb", complaint)
        return
    import fastexcel

    book = fastexcel.read_excel(path)
    loaded = book.load_sheet(sheet, dtypes="string", header_row=0)
    frame = loaded.to_polars()
    frame = frame.rename({name: name.strip() for name in frame.columns})
    filled = pl.any_horizontal(pl.all().is_not_null()) if frame.width else pl.lit(value=False)
    raw.frame = frame.with_row_index(LINE, offset=2).with_columns(pl.col(LINE).cast(pl.Int64)).filter(filled)


def _zip_bomb(path: Path) -> str | None:
    with zipfile.ZipFile(path) as archive:
        inside = sum(info.file_size for info in archive.infolist())
        packed = max(1, sum(info.compress_size for info in archive.infolist()))
    if inside > MAX_XLSX_BYTES or (inside > 50_000_000 and inside / packed > MAX_XLSX_RATIO):
        return f"unpacks from {packed:,} to {inside:,} bytes"
    return None


def _read_parquet(path: Path, raw: Raw, _encoding: str | None, _sheet: str | int) -> None:
    raw.frame = _numbered(pl.read_parquet(path))


def _read_json(path: Path, raw: Raw, encoding: str | None, _sheet: str | int) -> None:
    lines = list(_decoded_lines(path.read_bytes(), raw, encoding))
    text = "\n".join(line for _, line in lines)
    if text.lstrip().startswith("["):
        items = list(enumerate(json.loads(text), start=1))
    else:
        items = list(_json_lines(lines, raw))
    kept: list[tuple[int, dict[str, Any]]] = []
    for line, item in items:
        if isinstance(item, dict) and not any(isinstance(v, dict | list) for v in item.values()):
            kept.append((line, item))
        else:
            raw.refuse(line, "not_a_flat_object", json.dumps(item, ensure_ascii=False))
    names = list(dict.fromkeys(name for _, item in kept for name in item))
    data = {name: [_json_text(item.get(name)) for _, item in kept] for name in names}
    raw.frame = pl.DataFrame(
        {LINE: [line for line, _ in kept], **data},
        schema={LINE: pl.Int64, **dict.fromkeys(names, pl.String)},
    )


def _json_lines(lines: list[tuple[int, str]], raw: Raw) -> Iterator[tuple[int, Any]]:
    for number, text in lines:
        try:
            yield number, json.loads(text)
        except (ValueError, RecursionError):
            raw.refuse(number, "not_json", text)


def _json_text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _numbered(frame: pl.DataFrame) -> pl.DataFrame:
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    plain = frame.drop(nested)
    return plain.with_row_index(LINE, offset=1).with_columns(pl.col(LINE).cast(pl.Int64))


_READERS: dict[str, Callable[[Path, Raw, str | None, str | int], None]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".txt": _read_csv,
    ".xlsx": _read_xlsx,
    ".xlsm": _read_xlsx,
    ".xls": _read_xlsx,
    ".parquet": _read_parquet,
    ".json": _read_json,
    ".jsonl": _read_json,
    ".ndjson": _read_json,
}


def read_sql(url: str, query: str, name: str) -> Raw:
    """Rows of a query, through SQLAlchemy.  Raises whatever the database says: a query is not foreign bytes."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    try:
        with engine.connect() as connection:
            result = connection.execute(sqlalchemy.text(query))
            names = list(result.keys())
            rows = [[_json_text(cell) for cell in row] for row in result]
    finally:
        engine.dispose()
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return Raw(name, _numbered(frame))
