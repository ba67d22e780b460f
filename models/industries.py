"""Codes of GB/T 4754-2017, the national classification of industries, as registers write them."""

import re
from collections.abc import Iterable

_CODE = re.compile(r"\s*[A-T]?\s*(\d{2,4})(?![\w.-]*\d)", re.IGNORECASE)
"""Division, group or class, with or without the letter of its section, and perhaps its name behind it."""
CODE = r"^\s*[A-Ta-t]?\s*(\d{2,4})[\p{L}_.-]*(?:[^\p{L}\p{N}_.-].*)?$"
"""The same as DuckDB reads it, whose expressions cannot look ahead."""


def industry_code(said: str | None) -> str | None:
    """The two to four digits of what a register says of an industry; none where it says no code."""
    found = _CODE.match(said or "")
    return found[1] if found else None


def branches_of(code: str) -> tuple[str, ...]:
    """The branches a code lies in, itself last: of digits each beginning of two or more, of others none but it."""
    return tuple(code[:end] for end in range(2, len(code) + 1)) if is_branch(code) else (code,)


IS_BRANCH = r"^[0-9]{2,}$"
"""A code of digits, which lies in the branches it begins with."""


def is_branch(text: str) -> bool:
    """Whether a text is such a code."""
    return re.search(IS_BRANCH, text) is not None


def is_in_industries(code: str, industries: Iterable[str]) -> bool:
    """Whether an industry is one of some divisions, groups or classes, or may be: it is known less finely than they."""
    return any(code.startswith(one) or one.startswith(code) for one in industries)
