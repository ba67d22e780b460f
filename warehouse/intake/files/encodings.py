"""Bytes to lines of text: which encoding a file is in, and which lines are in another."""

import codecs
import re
from collections.abc import Iterator

from warehouse.intake.files.raw import Raw

MAX_LINE_CHARS = 1_000_000
MAX_CHAR_BYTES = 4
MAX_RARE_SHARE = 0.3
"""Of the characters that are not ASCII.  Chinese text read in its own encoding has a few in a hundred."""
FEW = 4
"""So few rare characters may stand in the name of one honest firm."""

SAMPLE = 20_000
"""Characters that are enough to know an encoding by."""

PRIVATE = "[\ue000-\uf8ff\U000f0000-\U0010ffff]"
# GB 2312 has these, too, but no delivery is written in them.
_FOREIGN = re.compile("[\u0370-\u04ff\u2500-\u257f\u3040-\u312f\uac00-\ud7af\uff61-\uffdc]")

_SIGNS = b"\r\n,\t;|"

# What people call Big5 is nearly always the code page of Windows, which has all of it and some more.
_CODECS = {"big5": "cp950", "gb2312": "gb18030", "gbk": "gb18030"}


def decoded_lines(data: bytes, raw: Raw, encoding: str | None) -> list[tuple[int, str]]:
    """Lines as text.  Lines in another encoding than the rest are refused one by one.

    The whole file is refused, and nothing given, when the encoding that was guessed makes no Chinese of it.
    """
    data, used = plain_bytes(data, encoding)
    lines = list(_lines(data, raw, used))
    if encoding is None and used == "gb18030":
        advice = _foreign("\n".join(text for _, text in lines), data)
        if advice:
            raw.refuse_whole("wrong_encoding", advice)
            return []
    return lines


def _lines(data: bytes, raw: Raw, encoding: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(_split(data), start=1):
        if len(line) > MAX_LINE_CHARS * MAX_CHAR_BYTES:
            raw.refuse(number, "huge_line", line[:200].decode(encoding="utf-8", errors="backslashreplace"))
            continue
        text = _decoded(line, encoding)
        if text is None:
            raw.refuse(number, "wrong_encoding", line.decode(encoding="utf-8", errors="backslashreplace"))
        elif len(text) > MAX_LINE_CHARS:
            raw.refuse(number, "huge_line", text[:200])
        else:
            yield number, text.rstrip("\r")


def plain_bytes(data: bytes, encoding: str | None) -> tuple[bytes, str]:
    """The file without its byte order mark, and its encoding; UTF-16 becomes UTF-8, broken where it was."""
    if data.startswith(codecs.BOM_UTF8):
        return data.removeprefix(codecs.BOM_UTF8), "utf-8"
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    wide = "utf-16" if marked else encoding if encoding else _unmarked_utf16(data)
    if wide and wide.lower().startswith("utf-16"):
        text = data.decode(wide, errors="replace")
        return text.replace("\ufffd", "\udcff").encode(errors="surrogateescape"), "utf-8"
    return data, _CODECS.get(encoding.lower(), encoding) if encoding else _majority_encoding(data)


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: read so, the file has the line ends and delimiters that its bytes let expect."""
    if len(data) % 2 or 0 not in data:
        return None
    expected = sum(data.count(sign) for sign in _SIGNS)
    for name in ("utf-16-le", "utf-16-be"):
        if _decodes(data, name):
            text = data.decode(name)
            found = sum(text.count(chr(sign)) for sign in _SIGNS)
            # Halves of other characters look like signs, too.
            if found * 2 > expected:
                return name
    return None


def _split(data: bytes) -> list[bytes]:
    data = data.replace(b"\r\n", b"\n")
    return data.split(b"\n" if b"\n" in data else b"\r")


def _decoded(line: bytes, encoding: str) -> str | None:
    """The text of a line, or ``None`` if it is in another encoding.

    GB18030 and Big5 read nearly all bytes as something; whole Chinese characters of UTF-8 are not that by chance.
    """
    try:
        text = line.decode(encoding)
        if encoding.lower().startswith(("gb", "cp9")) and not line.isascii() and _decodes(line, "utf-8"):
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
        # Where no line is in either, the file is in a third: one that GB18030 at least does not accept.
        return "gb18030" if chinese > len(wide) - len(others) else "utf-8"
    return "utf-8"


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _foreign(text: str, data: bytes) -> str | None:
    """What to do about a text that came out as private or rare characters; ``None`` for one in order."""
    wide = re.sub(r"[\x00-\x7f\u3000-\u303f\uff01-\uff5e]", "", text)
    rare = rare_characters(wide)
    is_private = re.search(PRIVATE, wide) is not None
    if not is_private and (rare <= FEW or rare <= MAX_RARE_SHARE * len(wide)):
        return None
    as_big5 = re.sub(r"[\x00-\x7f]", "", data.decode("cp950", errors="replace"))[:SAMPLE]
    broken = as_big5.count("\ufffd")
    if broken * 20 <= len(as_big5) and _rare_in_big5(as_big5) * 4 <= len(as_big5):
        return (
            f"read as GB18030 it is no Chinese ({wide[:40]}), as Big5 it is ({as_big5[:40]}): encoding: big5"
        )
    if rare > MAX_RARE_SHARE * len(wide):
        return f"read as GB18030 it is no Chinese ({wide[:40]}): say which encoding it is, such as encoding: big5"
    return None


def rare_characters(text: str) -> int:
    """Characters that Chinese deliveries hardly ever hold: outside GB 2312, or of another script."""
    common = text.encode("gb2312", errors="ignore").decode("gb2312")
    return len(text) - len(common) + len(_FOREIGN.findall(common))


def _rare_in_big5(text: str) -> int:
    """Characters of a traditional text that are not among the 5,401 common ones of Big5."""
    return sum(not "\xa1" <= _lead(char) <= "\xc6" for char in text)


def _lead(char: str) -> str:
    return char.encode("cp950", errors="replace")[:1].decode("latin-1")
