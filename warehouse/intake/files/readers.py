"""Reading what was delivered: every format into rows with a line number, every unreadable part into a refusal.

A reader never raises for bad content.  A file that cannot be read at all is one refusal with line 0; a line
that cannot is one refusal with its line number and text.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl

from models.messages import Remark
from warehouse.intake.files.biff import MAGIC
from warehouse.intake.files.delimited import read_delimited
from warehouse.intake.files.encodings import PRIVATE
from warehouse.intake.files.footer import leave_out_footer
from warehouse.intake.files.json_items import read_json
from warehouse.intake.files.parquet import read_parquet
from warehouse.intake.files.raw import LINE, Raw, no_rows
from warehouse.intake.files.workbooks import read_workbook
from warehouse.intake.mapping import Entry


def read_file(path: Path, name: str, entry: Entry) -> list[Raw]:
    """All rows of a delivered file, as ``open_file`` gives them."""
    raws = open_file(path, name, entry)
    for raw in raws:
        if raw.pieces is not None:
            found = _guarded(name, lambda raw=raw: [replace(raw, frame=pl.concat(raw.chunks()), pieces=None)])
            raw.frame, raw.pieces, raw.unread = found[0].frame, None, found[0].unread
        note_private(raw, private_lines(raw.frame))
    return raws


def open_file(path: Path, name: str, entry: Entry) -> list[Raw]:
    """Read one delivered file by its ending, as the entry says: one ``Raw``, or one for each sheet asked for.

    A file with many rows may come in pieces.  ``name`` is how reports call it.
    """
    ending = path.suffix.lower()
    if ending in WORKBOOKS:
        raws = _guarded(name, lambda: read_workbook(path, name, entry))
    elif ending in _READERS:
        raws = _guarded(name, lambda: [_read(path, name, entry)])
    else:
        raws = [_refused(name, "unknown_format", f"ending {ending or '(none)'}; {_advice(ending)}")]
    for raw in raws:
        leave_out_footer(raw, entry)
    return raws


def _read(path: Path, name: str, entry: Entry) -> Raw:
    raw = Raw(name, no_rows())
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
    if start.startswith((MAGIC, b"PK\x03\x04")):
        raw.refuse(
            0, "unreadable_file", "the file is a workbook, whatever its ending says: name it .xlsx or .xls"
        )
        return raw
    if start.startswith(_PACKED):
        raw.refuse(
            0,
            "unreadable_file",
            "the file is packed, whatever its ending says: unpack it and deliver what is in it",
        )
        return raw
    _READERS[path.suffix.lower()](path, raw, entry)
    return raw


def _advice(ending: str) -> str:
    """What to do about a file of a kind that is not read."""
    for endings, advice in _ADVICE.items():
        if ending in endings:
            return advice
    return f"known: {', '.join(ENDINGS)}"


def _guarded(name: str, read: Callable[[], list[Raw]]) -> list[Raw]:
    """What was read, or one refusal: whatever a parser dies of is a matter of its file."""
    try:
        return read()
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    # A panic of a parser written in Rust is no Exception.
    except BaseException as error:
        return [_refused(name, "unreadable_file", f"{type(error).__name__}: {error}")]


def _refused(name: str, rule: str, content: str) -> Raw:
    raw = Raw(name, no_rows())
    raw.refuse(0, rule, content)
    return raw


def private_lines(frame: pl.DataFrame) -> pl.Series:
    """Lines with characters that only the computer of the sender can show."""
    texts = [column for column, dtype in frame.schema.items() if dtype == pl.String]
    if not texts:
        return frame[LINE].clear()
    return frame.filter(pl.any_horizontal(pl.col(texts).str.contains(PRIVATE)))[LINE]


def note_private(raw: Raw, odd: pl.Series) -> None:
    """Note the private lines of a file."""
    if odd.len():
        raw.notes.append(
            Remark(
                "{file}: {n} rows hold private-use characters, first in line {lines}",
                file=raw.place,
                n=f"{odd.len():,}",
                lines=", ".join(map(str, odd.head(5))),
            )
        )


_READERS: dict[str, Callable[[Path, Raw, Entry], None]] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".txt": read_delimited,
    ".parquet": read_parquet,
    ".json": read_json,
    ".jsonl": read_json,
    ".ndjson": read_json,
}
WORKBOOKS = (".xlsx", ".xlsm", ".xls")
ENDINGS = (*_READERS, *WORKBOOKS)
_PACKED = (b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ")
"""How packed files of the usual kinds begin; a zip begins as a workbook does."""
_ADVICE = {
    (
        ".xlsb",
        ".et",
        ".ods",
        ".xltx",
        ".xlt",
        ".dbf",
        ".doc",
        ".docx",
        ".html",
        ".htm",
        ".pdf",
        ".mdb",
        ".accdb",
    ): ("open it and save it as .xlsx"),
    (".zip", ".rar", ".7z", ".gz", ".tar", ".tgz"): "unpack it and deliver what is in it",
}
