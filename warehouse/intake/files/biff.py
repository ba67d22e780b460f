"""Workbooks of the older kind (.xls): a file of sectors that holds a stream of records.

What the reader of values does not tell is taken from the records: merged and hidden cells, the epoch, numbers as
they are stored.  Sources: [MS-CFB] for the sectors, [MS-XLS] for the records.
"""

import struct
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.intake.files.cells import CellFacts, Range
from warehouse.intake.files.formats import BUILT_IN, GENERAL, Format, format_of

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA
"""Sector numbers from here on are none."""
_BOF, _EOF, _PASSWORD, _EPOCH, _SHEET = 0x809, 0x0A, 0x2F, 0x22, 0x85
_ROW, _MERGED = 0x208, 0xE5
_FORMAT, _STYLE = 0x41E, 0xE0
_NUMBER, _SMALL, _SMALLS, _FORMULA = 0x203, 0x27E, 0xBD, 0x06
_TEXTS = (0xFD, 0x204, 0x205, 0xD6)
_HIDDEN_ROW = 0x20
_NO_NUMBER = b"\xff\xff"
_BLANK = 3
_TO_BE_CALCULATED = 2
_STATES = {0: "visible", 1: "hidden", 2: "veryhidden"}


class LockedError(Exception):
    """A workbook that only opens with a password."""


@dataclass
class Biff:
    """An older workbook, looked through.  Raises LockedError, and ValueError for what is no such workbook."""

    path: Path
    counts_from_1904: bool = False
    states: dict[str, str] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    odd_formats: dict[int, Format] = field(default_factory=dict)
    """Formats by which a number may be shown otherwise than it is stored, by the number of their style."""

    def __post_init__(self) -> None:
        """Read what stands before the first sheet."""
        self.stream = workbook_stream(self.path.read_bytes())
        codes, styles = dict[int, str](), list[int]()
        for kind, body in _records(self.stream, 0):
            if kind == _FORMAT:
                codes[struct.unpack_from("<H", body)[0]] = _text(body, 2, "<H")
            if kind == _STYLE:
                styles.append(struct.unpack_from("<H", body, 2)[0])
            if kind == _PASSWORD:
                raise LockedError
            if kind == _EPOCH:
                self.counts_from_1904 = body[:1] == b"\1"
            if kind == _SHEET:
                start, state = struct.unpack_from("<IB", body)
                name = _text(body, 6, "<B")
                self.starts[name], self.states[name] = start, _STATES.get(state & 3, "hidden")
        told = {
            at: format_of(codes.get(form, BUILT_IN.get(str(form), GENERAL))) for at, form in enumerate(styles)
        }
        self.odd_formats = {at: form for at, form in told.items() if not form.is_plain}

    def hidden_rows(self, sheet: str) -> int:
        """How many rows of a sheet are hidden, by hand or by a filter."""
        return sum(
            kind == _ROW and bool(body[12] & _HIDDEN_ROW)
            for kind, body in _records(self.stream, self.starts[sheet])
        )

    def facts(self, sheet: str, ask: Container[int]) -> CellFacts | None:
        """Facts of the cells of a sheet; ``ask``: rows whose numbers are wanted."""
        if sheet not in self.starts:
            raise ValueError(f"the workbook has no records for its sheet {sheet}")
        facts = CellFacts()
        for kind, body in _records(self.stream, self.starts[sheet]):
            if kind == _MERGED:
                count = struct.unpack_from("<H", body)[0]
                blocks = struct.iter_unpack("<HHHH", body[2 : 2 + 8 * count])
                facts.merged += [Range(top, left, bottom, right) for top, bottom, left, right in blocks]
            for row, column, style, number in _numbers(kind, body):
                facts.see((row, column))
                if row in ask:
                    facts.numbers.add((row, column))
                stored = str(int(number)) if number.is_integer() else repr(number)
                facts.show((row, column), stored, self.odd_formats.get(style))
            if kind == _FORMULA:
                _see_formula(facts, body)
            elif kind in _TEXTS:
                row, column = struct.unpack_from("<HH", body)
                facts.see((row, column))
        return facts


def _text(body: bytes, at: int, length: str) -> str:
    """A text with its length before it, in one byte or two a character."""
    count, flags = struct.unpack_from(f"{length}B", body, at)
    start = at + struct.calcsize(f"{length}B")
    return body[start : start + count * (1 + (flags & 1))].decode("utf-16-le" if flags & 1 else "latin-1")


def _see_formula(facts: CellFacts, body: bytes) -> None:
    row, column, _, value, flags = struct.unpack_from("<HHH8sH", body)
    is_blank = value.endswith(_NO_NUMBER) and value[0] == _BLANK
    if is_blank and flags & _TO_BE_CALCULATED:
        facts.unvalued[row, column] = "= (a formula)"
    elif not is_blank:
        facts.see((row, column))


def _numbers(kind: int, body: bytes) -> Iterator[tuple[int, int, int, float]]:
    """Row, column, style and value."""
    if kind == _NUMBER or (kind == _FORMULA and body[12:14] != _NO_NUMBER):
        yield struct.unpack_from("<HHHd", body)
    elif kind == _SMALL:
        row, column, style, packed = struct.unpack_from("<HHHI", body)
        yield row, column, style, _unpacked(packed)
    elif kind == _SMALLS:
        row, first = struct.unpack_from("<HH", body)
        for at, (style, packed) in enumerate(struct.iter_unpack("<HI", body[4:-2])):
            yield row, first + at, style, _unpacked(packed)


def _unpacked(packed: int) -> float:
    """A number of 30 bits: an integer or the upper half of a float, in hundredths or not."""
    if packed & 2:
        number = float(struct.unpack("<i", struct.pack("<I", packed))[0] >> 2)
    else:
        number = struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))[0]
    return number / 100 if packed & 1 else number


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Records of one part of the stream, without those of charts inside it."""
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        body = stream[at + 4 : at + 4 + size]
        at += 4 + size
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, body
    raise ValueError("the workbook is cut off")


def workbook_stream(data: bytes) -> bytes:
    """The stream of records in a file of sectors."""
    if not data.startswith(MAGIC) or len(data) < 512:
        raise ValueError("not a workbook of the older kind")
    size, small_size = (1 << shift for shift in struct.unpack_from("<HH", data, 30))
    if size not in (512, 4096) or small_size != 64:
        raise ValueError("not a workbook of the older kind")
    directory, cutoff, small_start = (struct.unpack_from("<I", data, at)[0] for at in (48, 56, 60))
    sectors = _Sectors(data, size)
    table = sectors.table()
    entries = _entries(sectors.chain(directory, table))
    if "EncryptedPackage" in entries:
        raise LockedError
    start, length = next((entries[name] for name in ("Workbook", "Book") if name in entries), (_END, 0))
    if not length:
        raise ValueError("there is no workbook in the file")
    if length >= cutoff:
        return sectors.chain(start, table)[:length]
    smalls = _Sectors(b"\0" * 64 + sectors.chain(entries["Root Entry"][0], table), 64)
    packed = sectors.chain(small_start, table)
    return smalls.chain(start, [one for (one,) in struct.iter_unpack("<I", packed)])[:length]


@dataclass
class _Sectors:
    data: bytes
    size: int

    def at(self, number: int) -> bytes:
        return self.data[(number + 1) * self.size : (number + 2) * self.size]

    def chain(self, start: int, table: list[int]) -> bytes:
        """Sectors one after the other, as the table links them."""
        parts: list[bytes] = []
        while start < _END:
            if start >= len(table) or len(parts) > len(table):
                raise ValueError("the workbook is damaged or cut off")
            parts.append(self.at(start))
            start = table[start]
        return b"".join(parts)

    def table(self) -> list[int]:
        """Which sector follows which."""
        listed = list(struct.unpack_from("<109I", self.data, 76))
        further = struct.unpack_from("<I", self.data, 68)[0]
        while further < _END and len(listed) < len(self.data) // self.size + 110:
            *more, further = struct.unpack(f"<{self.size // 4}I", self.at(further))
            listed += more
        parts = (self.at(number) for number in listed if number < _END)
        return [one for part in parts for (one,) in struct.iter_unpack("<I", part[: len(part) // 4 * 4])]


def _entries(directory: bytes) -> dict[str, tuple[int, int]]:
    """Streams by name: first sector and length."""
    found: dict[str, tuple[int, int]] = {}
    for at in range(0, len(directory) - 127, 128):
        length, start, size = (
            struct.unpack_from(form, directory, at + place)[0]
            for form, place in (("<H", 64), ("<I", 116), ("<I", 120))
        )
        if length:
            found[directory[at : at + min(length, 64) - 2].decode("utf-16-le", errors="replace")] = (
                start,
                size,
            )
    return found
