"""How text is written: one width of letters, digits and signs, and characters that nobody sees."""

import polars as pl

_WIDE = r"[\x{FF01}-\x{FF5E}\x{3000}]"
_WIDE_CHARACTERS = [chr(code) for code in (*range(0xFF01, 0xFF5F), 0x3000)]
_NARROW_CHARACTERS = [chr(code) for code in (*range(0x21, 0x7F), 0x20)]

_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9F}\x{FFFE}\x{FFFF}"
_UNSEEN = (
    r"\x{00AD}\x{061C}\x{180E}\x{200B}-\x{200F}\x{2028}-\x{202E}\x{2060}-\x{206F}\x{FEFF}\x{FFF9}-\x{FFFB}"
    r"\x{E0000}-\x{E007F}"
)
CONTROL = f"[{_CONTROLS}{_UNSEEN}]"
"""Characters no text may hold: controls (C0, C1), those that turn the reading direction, and those without width."""
UNSEEN_IN_IDS = (
    rf"[{_CONTROLS}{_UNSEEN}\t\n\r\p{{Cf}}\x{{034F}}\x{{115F}}\x{{1160}}\x{{17B4}}\x{{17B5}}\x{{2800}}\x{{3164}}\x{{FFA0}}"
    r"\x{FE00}-\x{FE0F}\x{E0100}-\x{E01EF}\x{00A0}\x{1680}\x{2000}-\x{200A}\x{202F}\x{205F}]"
)
"""Characters no id may hold: two ids that look alike are not told apart by anybody.  Also blanks but the usual one."""


def narrow(text: pl.Series) -> pl.Series:
    """Full-width letters, digits, signs and blanks in half width; nothing else is changed."""
    at = text.str.contains(_WIDE).fill_null(value=False).arg_true()
    if at.is_empty():
        return text
    return replaced(text, at, text.gather(at).str.replace_many(_WIDE_CHARACTERS, _NARROW_CHARACTERS))


def replaced(series: pl.Series, at: pl.Series, values: pl.Series) -> pl.Series:
    """The series with other values at some places."""
    return series.clone().scatter(at, values)
