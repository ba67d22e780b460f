"""Codes of GB/T 4754-2017, the national classification of industries, as registers write them."""

import re
from collections.abc import Iterable

_CODE = re.compile(r"\s*[A-T]?\s*(\d{2,4})(?![\w.-]*\d)", re.IGNORECASE)
"""Division, group or class, with or without the letter of its section, and perhaps its name behind it."""


def industry_code(said: str | None) -> str | None:
    """The two to four digits of what a register says of an industry; none where it says no code."""
    found = _CODE.match(said or "")
    return found[1] if found else None


def is_in_industries(code: str, industries: Iterable[str]) -> bool:
    """Whether an industry is one of some divisions, groups or classes, or may be: it is known less finely than they."""
    return any(code.startswith(one) or one.startswith(code) for one in industries)
