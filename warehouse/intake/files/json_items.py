"""JSON: a list of objects, one object a line, or objects deep in a document; each flat object is a row."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from warehouse.intake.files.archive import MAX_RATIO, SUSPECT_CELLS
from warehouse.intake.files.encodings import decoded_lines, plain_bytes
from warehouse.intake.files.header import too_many_columns
from warehouse.intake.files.raw import LINE, NOTHING, RESERVED, Raw, is_blank
from warehouse.intake.mapping import Entry

Item = tuple[int, Any]


class Listed(NamedTuple):
    """A list of objects within a document, where a mapping finds it."""

    records: str
    items: int

    def __str__(self) -> str:
        return f"records: {self.records} ({self.items:,} items)"


@dataclass(frozen=True)
class Repeated:
    """An object that names a key more than once: nobody knows which value was meant."""

    key: str
    pairs: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        return f"{self.key} stands twice: " + ", ".join(f"{key}: {value}" for key, value in self.pairs)


def read_json(path: Path, raw: Raw, entry: Entry) -> None:
    """Read a JSON document, or one object a line."""
    data, encoding = plain_bytes(path.read_bytes(), entry.encoding)
    items = _items(data, encoding, raw, entry)
    if not raw.unread or raw.unread[0].line:
        _fill(raw, items)


def _items(data: bytes, encoding: str, raw: Raw, entry: Entry) -> list[Item]:
    """Numbered items: by their place in a list, or by the line they stand on."""
    if entry.records is not None:
        document = _parsed(data.decode(encoding))
        found = _at(document, entry.records)
        if not isinstance(found, list):
            there = "; ".join(map(str, _lists_in(document))) or "no list"
            raw.refuse_whole(
                "records_not_found", f"no list under {entry.records}; the document holds {there}"
            )
            return []
        return list(enumerate(found, start=1))
    if data.lstrip().startswith(b"["):
        return list(enumerate(_parsed(data.decode(encoding)), start=1))
    whole = _whole_object(data, encoding)
    if whole is None:
        return list(_by_line(decoded_lines(data, raw, encoding), raw))
    if lists := _lists_in(whole):
        raw.refuse_whole(
            "wrapped_records", f"the rows stand deeper in the document: {'; '.join(map(str, lists))}"
        )
        return []
    return [(1, whole)]


def _whole_object(data: bytes, encoding: str) -> Any:
    """The document, if it is one object; ``None`` for one object a line."""
    if not data.lstrip().startswith(b"{"):
        return None
    try:
        return _parsed(data.decode(encoding))
    except (ValueError, RecursionError):
        return None


def _parsed(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=_number, object_pairs_hook=_object)


def _number(text: str) -> str | float:
    """A number as it is written, so that one that lost its digits still shows it."""
    return text if math.isfinite(float(text)) else math.inf


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Repeated:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    return Repeated(next(name for name in names if names.count(name) > 1), tuple(pairs))


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def lists_of(path: Path, encoding: str | None = None) -> list[Listed]:
    """Where lists of objects stand in a JSON file that is one object; none in any other file."""
    document = _whole_object(*plain_bytes(path.read_bytes(), encoding))
    return _lists_in(document)


def _lists_in(document: Any, path: str = "", depth: int = 5) -> list[Listed]:
    """Where lists of objects stand in a document, as a mapping names it."""
    if isinstance(document, list) and path and any(isinstance(item, dict) for item in document):
        return [Listed(path, len(document))]
    if not isinstance(document, dict) or not depth:
        return []
    inner = (
        _lists_in(value, f"{path}.{name}" if path else name, depth - 1) for name, value in document.items()
    )
    return [one for found in inner for one in found]


def _by_line(lines: list[tuple[int, str]], raw: Raw) -> Iterator[Item]:
    for number, text in lines:
        if is_blank(text):
            continue
        try:
            yield number, _parsed(text)
        except (ValueError, RecursionError):
            raw.refuse(number, "not_json", text)


def _fill(raw: Raw, items: list[Item]) -> None:
    kept: list[tuple[int, dict[str, Any]]] = []
    for line, item in items:
        if problem := _problem(item):
            raw.refuse(line, problem, json.dumps(item, ensure_ascii=False, default=str))
        else:
            kept.append((line, item))
    if not items and not raw.unread:
        raw.refuse(0, "empty_file", NOTHING)
    names = list(dict.fromkeys(name for _, item in kept for name in item))
    if LINE in names:
        raw.refuse_whole("unreadable_header", RESERVED)
        return
    if too_many := too_many_columns(len(names)):
        raw.refuse(0, too_many.rule, too_many.told)
        return
    cells, filled = len(kept) * len(names), sum(len(item) for _, item in kept)
    if cells > SUSPECT_CELLS and cells > MAX_RATIO * filled:
        raw.refuse(0, "zip_bomb", f"unpacks to {len(kept):,} rows of {len(names):,} columns")
        return
    data = {name: [as_cell(item.get(name)) for _, item in kept] for name in names}
    raw.frame = pl.DataFrame(
        {LINE: [line for line, _ in kept], **data},
        schema={LINE: pl.Int64, **dict.fromkeys(names, pl.String)},
    )
    lacking = {name: [line for line, item in kept if name not in item] for name in names}
    raw.lacking = {name: lines for name, lines in lacking.items() if lines}


def _problem(item: Any) -> str | None:
    """Why an item cannot be a row: nested, two values of one name, no number of JSON, half a character."""
    if isinstance(item, Repeated):
        return "duplicate_key_in_object"
    if not isinstance(item, dict) or any(isinstance(cell, dict | list | Repeated) for cell in item.values()):
        return "not_a_flat_object"
    if any(isinstance(cell, float) and not math.isfinite(cell) for cell in item.values()):
        return "not_a_number"
    try:
        json.dumps(item, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "wrong_encoding"
    return None


def as_cell(value: Any) -> str | None:
    """A value as the text of a cell."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
