"""Workbooks that are zipped XML: their sheets, their epoch, and what their cells are beside their values."""

import io
import posixpath
import re
import zipfile
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from warehouse.intake.files.archive import Archive, HostileError, part_name
from warehouse.intake.files.cells import CellFacts, Place, column_number, range_of
from warehouse.intake.files.formats import BUILT_IN, GENERAL, Format, format_of

MAX_CELLS = 40_000_000
"""Rows times columns: the reader makes room for all of them, however few are filled, and dies if it cannot."""
MAX_SCANNED_ROW = 1 << 26

_REFERENCE = re.compile(rb"""r\s*=\s*["']([A-Za-z]*)(\d+)["']""")
_ERROR = re.compile(rb"""(<(?:\w+:)?c\b[^>]*\bt\s*=\s*["'])e(["'])""")
_STYLE = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\bs\s*=\s*["'](\d+)["']""")
_KINDS = frozenset({"n", "s", "str", "inlineStr", "b", "e", "d"})
_HIDDEN = re.compile(rb"""<(?:\w+:)?row\b[^>]*\bhidden\s*=\s*["'](?:1|true)["']""")
# Only where one of these is found are the cells looked at one by one, which is dear.  The plain text beside a
# pattern is looked for first, which is cheap.
_SUSPECT = (
    (b"mergeCell", re.compile(rb"<(?:\w+:)?mergeCell\b")),
    (
        b"f",
        re.compile(
            rb"</(?:\w+:)?f>\s*(?:</|<(?:\w+:)?(?:v\s*/>|v>\s*</))"
            rb"|<(?:\w+:)?f\b[^>]*/>\s*(?:</|<(?:\w+:)?(?:v\s*/>|v>\s*</))"
        ),
    ),
    (b"v>", re.compile(rb"v>\s*-?\d{16}")),
    (b"E", re.compile(rb"E(?<=\dE)\+?\d{1,3}\s*</(?:\w+:)?v")),
    (b"e", re.compile(rb"e(?<=\de)\+?\d{1,3}\s*</(?:\w+:)?v")),
)
# The same again, only where there is a doubt.
_DAMAGED = re.compile(
    rb"""<(?:\w+:)?c\b[^>]*?\bt\s*=\s*["'](?:"""
    # A kind of cell that asks for a value, and none; a text where no text stands.
    rb"""[ebd]["'][^>]*?(?:/>|>\s*</)|[esbd]["'][^>/]*>\s*<(?:\w+:)?(?:v\s*/>|v>\s*</)|inlineStr["'][^>/]*>\s*<(?:\w+:)?v\b"""
    # A kind that no program knows, or a flag that is none.
    rb"""|(?!(?:[esbdn]|str|inlineStr)["'])|b["'][^>]*>\s*<(?:\w+:)?v>\s*(?![01]\s*<|true\s*<|false\s*<))"""
    rb"""|<(?:\w+:)?c\b(?![^>]*\bt\s*=)[^>]*>\s*<(?:\w+:)?is\b"""
)
_IN_DOUBT = (
    re.compile(rb' t=(?!"(?:s|n|str|shared|array|inlineStr"><is>|inlineStr" ?/>))'),
    re.compile(rb'<is>(?<!inlineStr"><is>)'),
    re.compile(rb"<v(?: ?/|></v)>"),
    re.compile(rb":v\b"),
)
"""Cells that are not written as nearly all are.  Each begins with the text that is looked for, which is cheap."""


def _is_damaged(piece: bytes) -> bool:
    """Whether the markup of a cell does not tell what it holds."""
    return any(doubt.search(piece) for doubt in _IN_DOUBT) and _DAMAGED.search(piece) is not None


@dataclass
class Scan:
    """What was seen of a sheet on the way through its bytes."""

    rows: int = 0
    columns: set[bytes] = field(default_factory=set)
    hidden_rows: int = 0
    is_suspect: bool = False

    @property
    def cells(self) -> int:
        """Last row times last column."""
        widest = max(self.columns, key=lambda column: (len(column), column), default=b"")
        return self.rows * (column_number(widest.decode().upper()) + 1)


@dataclass
class Ooxml:
    """A zipped workbook, looked through.  Raises HostileError for one that would fill the memory."""

    path: Path
    counts_from_1904: bool = False
    states: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    scans: dict[str, Scan] = field(default_factory=dict)
    odd_formats: dict[bytes, Format] = field(default_factory=dict)
    """Formats by which a number may be shown otherwise than it is stored, by the number of their style."""

    def __post_init__(self) -> None:
        """Unpack every part once, counting."""
        self.archive = Archive(self.path)
        self._read_book()
        if "xl/styles.xml" in self.archive.infos:
            self.odd_formats = _odd_formats(self.archive.part("xl/styles.xml"))
        sheets = set(self.parts.values())
        for name in self.archive.markup():
            if name in sheets or name.startswith("xl/worksheets/"):
                self.scans[name] = _scanned(self.archive.chunks(name), frozenset(self.odd_formats))
            else:
                for _ in self.archive.chunks(name):
                    pass

    def _read_book(self) -> None:
        book = ElementTree.fromstring(self.archive.part("xl/workbook.xml"))
        links = ElementTree.fromstring(self.archive.part("xl/_rels/workbook.xml.rels"))
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        for element in book.iter():
            kind = _local(element.tag)
            if kind == "workbookPr":
                self.counts_from_1904 = element.get("date1904") in ("1", "true", "on")
            if kind == "sheet":
                name = element.get("name", "")
                link = next((value for key, value in element.items() if _local(key) == "id"), None)
                target = targets.get(link, "")
                self.parts[name] = part_name(posixpath.normpath(posixpath.join("/xl", target)))
                self.states[name] = element.get("state", "visible")

    def hidden_rows(self, sheet: str) -> int:
        """How many rows of a sheet are hidden, by hand or by a filter."""
        return self._scan(sheet).hidden_rows

    def facts(self, sheet: str, ask: Container[int]) -> CellFacts | None:
        """Facts of the cells of a sheet; ``ask``: rows whose numbers are wanted.  ``None`` where all is plain."""
        if not ask and not self._scan(sheet).is_suspect:
            return None
        walk = _Walk(ask, {style.decode(): form for style, form in self.odd_formats.items()})
        # Counted once already.
        self.archive.inflated = 0
        for chunk in self.archive.chunks(self.parts[sheet]):
            walk.parser.Parse(chunk, False)
        walk.parser.Parse(b"", True)
        return walk.facts

    def with_errors_as_text(self) -> bytes:
        """The workbook with its errors as texts, for a reader that does not know all of them (#SPILL!)."""
        self.archive.inflated = 0
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
            for name in self.archive.markup():
                content = self.archive.part(name)
                changed = _ERROR.sub(rb"\1str\2", content) if name in self.scans else content
                copy.writestr(self.archive.infos[name].filename, changed)
        return memory.getvalue()

    def _scan(self, sheet: str) -> Scan:
        part = self.parts.get(sheet, "")
        if part not in self.scans:
            raise ValueError(f"the workbook has no part for its sheet {sheet}")
        return self.scans[part]


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _odd_formats(styles: bytes) -> dict[bytes, Format]:
    """Formats by which a number may be shown otherwise than it is stored, by the number of their style."""
    codes: dict[str, str] = {}
    odd: dict[bytes, Format] = {}
    for element in ElementTree.fromstring(styles):
        if _local(element.tag) == "numFmts":
            codes = {one.get("numFmtId", ""): one.get("formatCode", "") for one in element}
        if _local(element.tag) == "cellXfs":
            for at, style in enumerate(element):
                code = codes.get(style.get("numFmtId", ""), BUILT_IN.get(style.get("numFmtId", ""), GENERAL))
                if not format_of(code).is_plain:
                    odd[str(at).encode()] = format_of(code)
    return odd


def _scanned(chunks: Iterator[bytes], odd_styles: frozenset[bytes]) -> Scan:
    scan = Scan()
    for piece in _by_rows(chunks):
        found = _REFERENCE.findall(piece)
        rows = {int(row) for row in {row for _, row in found}}
        # A place that stands twice, or rows that go back.
        is_twice = len(set(found)) < len(found) or min(rows, default=scan.rows + 1) <= scan.rows
        scan.rows = max(scan.rows, *rows, 0)
        scan.columns |= {column for column, _ in found}
        if b"hidden" in piece:
            scan.hidden_rows += len(_HIDDEN.findall(piece))
        scan.is_suspect = (
            scan.is_suspect
            or is_twice
            or _is_damaged(piece)
            or (bool(odd_styles) and not odd_styles.isdisjoint(_STYLE.findall(piece)))
            or any(sign in piece and pattern.search(piece) for sign, pattern in _SUSPECT)
        )
    if scan.cells > MAX_CELLS:
        raise HostileError(f"spans {scan.cells:,} cells")
    return scan


def _by_rows(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes cut between rows, so that no tag or cell is torn."""
    rest = b""
    for chunk in chunks:
        piece = rest + chunk
        at = max(piece.rfind(b"<row"), piece.rfind(b":row"))
        if at <= 0 and len(piece) < MAX_SCANNED_ROW:
            rest = piece
            continue
        cut = piece.rfind(b"<", 0, at + 1) if at > 0 else len(piece)
        yield piece[:cut]
        rest = piece[cut:]
    yield rest


class _Walk:
    """One way through the cells of a sheet."""

    def __init__(self, ask: Container[int], odd_formats: Mapping[str, Format]) -> None:
        self.facts, self.ask, self.odd_formats = CellFacts(), ask, odd_formats
        self.row, self.column = -1, -1
        self.kind, self.style, self.formula, self.value = "n", "", None, None
        self.holds: set[str] = set()
        self.places: set[Place] = set()
        self.text: list[str] | None = None
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition(":")[2]
        if name == "row":
            self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
            self.column = -1
        elif name == "c":
            reference = attributes.get("r", "").rstrip("0123456789")
            self.column = column_number(reference) if reference else self.column + 1
            self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "")
            self.formula = self.value = None
            self.holds = set()
        elif name in ("f", "v", "is"):
            self.text = []
            self.holds.add(name)
        elif name == "mergeCell" and "ref" in attributes:
            self.facts.merged.append(range_of(attributes["ref"]))

    def characters(self, text: str) -> None:
        """Text within an element."""
        if self.text is not None:
            self.text.append(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        name = tag.rpartition(":")[2]
        if name == "c":
            self.end_cell()
        elif name in ("f", "v", "is") and self.text is not None:
            said, self.text = "".join(self.text), None
            if name == "f":
                self.formula = said
            else:
                self.value = said.strip()

    def end_cell(self) -> None:
        """What the cell is, now that all of it was seen."""
        place = (self.row, self.column)
        if place in self.places or self.is_damaged():
            self.facts.damaged.add(place)
        self.places.add(place)
        if self.value:
            self.facts.see(place)
        elif self.formula is not None and self.kind != "str":
            self.facts.unvalued[place] = f"={self.formula}"
        if self.kind == "n" and self.value:
            if self.row in self.ask:
                self.facts.numbers.add(place)
            self.facts.show(place, self.value, self.odd_formats.get(self.style))

    def is_damaged(self) -> bool:
        """Whether the markup does not tell what the cell holds; a text of which nothing is told is an empty one."""
        if self.kind == "inlineStr":
            return "v" in self.holds
        if self.kind not in _KINDS or (self.kind != "str" and "is" in self.holds):
            return True
        if self.kind in "esbd" and not self.value:
            return self.formula is None and (self.kind != "s" or "v" in self.holds)
        return self.kind == "b" and (self.value or "").lower() not in ("0", "1", "true", "false")
