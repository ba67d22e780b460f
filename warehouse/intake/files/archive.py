"""The parts of a zipped workbook, unpacked by count: what an archive says of its sizes is not believed."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

MAX_INFLATED = 1_000_000_000
SUSPECT_INFLATED = 50_000_000
MAX_RATIO = 200
SUSPECT_CELLS = 50_000_000
"""More cells than this, and more than ``MAX_RATIO`` of them for what the file holds, would only fill the memory."""
_CHUNK = 1 << 22
_LOCAL_HEADER = 30
_DEFLATED = 8
_MARKUP = (".xml", ".rels", ".vml")


class HostileError(Exception):
    """An archive that would fill the memory, or markup that defines entities; said in words for the report."""


@dataclass
class Archive:
    """A zipped workbook that is being unpacked; counts what comes out of it."""

    path: Path
    inflated: int = 0
    packed: int = 1
    infos: dict[str, zipfile.ZipInfo] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the directory.  Raises BadZipFile where there is none, HostileError for what it tells of itself."""
        with zipfile.ZipFile(self.path) as archive:
            self.infos = {part_name(info.filename): info for info in archive.infolist()}
            told = sum(info.file_size for info in archive.infolist())
            self.packed = max(1, sum(info.compress_size for info in archive.infolist()))
        self._require_sane(told)

    def _require_sane(self, size: int) -> None:
        if size > MAX_INFLATED or (size > SUSPECT_INFLATED and size / self.packed > MAX_RATIO):
            raise HostileError(f"unpacks from {self.packed:,} to {size:,} bytes or more")

    def markup(self) -> list[str]:
        """Names of the parts that a reader of workbooks opens."""
        return [name for name in self.infos if name.endswith(_MARKUP)]

    def part(self, name: str) -> bytes:
        """A small part as a whole."""
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """A part, piece by piece.  Raises HostileError once more has come out than is sane."""
        info = self.infos[part_name(name)]
        size, rest = 0, b""
        with self.path.open("rb") as file:
            for chunk in _inflated(file, info):
                size += len(chunk)
                self.inflated += len(chunk)
                self._require_sane(self.inflated)
                _require_plain_markup(rest + chunk, is_start=size == len(chunk))
                rest = chunk[-16:]
                yield chunk
        if size != info.file_size:
            raise HostileError(f"{name} says it holds {info.file_size:,} bytes and holds {size:,}")


def part_name(name: str) -> str:
    """Name of a part as readers look for it: whatever its case and its slashes."""
    return name.replace("\\", "/").lstrip("/").lower()


def _require_plain_markup(chunk: bytes, *, is_start: bool) -> None:
    if b"<!DOCTYPE" in chunk or b"<!ENTITY" in chunk:
        raise HostileError("the markup defines entities of its own, which no workbook needs")
    if is_start and chunk.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")):
        raise HostileError("the markup is not in UTF-8, which no program writes")


def _inflated(file: BinaryIO, info: zipfile.ZipInfo) -> Iterator[bytes]:
    file.seek(info.header_offset)
    head = file.read(_LOCAL_HEADER)
    if len(head) < _LOCAL_HEADER or not head.startswith(b"PK\x03\x04") or info.flag_bits & 1:
        raise zipfile.BadZipFile(f"{info.filename} cannot be unpacked")
    file.seek(sum(struct.unpack_from("<HH", head, 26)), 1)
    left = info.compress_size
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == _DEFLATED else None
    if unpacking is None and info.compress_type:
        raise zipfile.BadZipFile(f"{info.filename} is packed in a way that workbooks are not")
    while left:
        packed = file.read(min(left, _CHUNK))
        if not packed:
            raise zipfile.BadZipFile(f"{info.filename} is cut off")
        left -= len(packed)
        if unpacking is None:
            yield packed
            continue
        while packed:
            yield unpacking.decompress(packed, _CHUNK)
            packed = unpacking.unconsumed_tail
        if unpacking.eof:
            return
    if unpacking is not None:
        yield unpacking.flush()
