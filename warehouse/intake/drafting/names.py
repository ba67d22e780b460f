"""Patterns for names of files and sheets, so that the next delivery is read, too; and a name for the source."""

import fnmatch
import glob
import hashlib
import re
from collections.abc import Sequence
from pathlib import PurePath

_NUMBERS = re.compile(r"\d+(?:[-_.年月日]+\d*)*")
_SOURCE = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST = 60
_COMMON_ENDINGS = ("区", "县", "市", "街道", "镇", "乡", "月", "季度", "年", "所", "中队")


def source_name(folder: str) -> str:
    """The name of a folder as a source may be called; one without Latin letters gets a number that stays the same."""
    plain = _SOURCE.sub("_", folder).strip("_.-")[:_LONGEST]
    if re.search(r"[A-Za-z]", plain):
        return plain
    return f"source_{hashlib.sha256(folder.encode()).hexdigest()[:6]}"


def file_patterns(mine: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Patterns that fit these files and none of the others: dates and numbers open where that is safe.

    A name without one is open at its end, where the next delivery may carry its month.
    """
    found: list[str] = []
    for name in mine:
        stem, ending = PurePath(name).stem, PurePath(name).suffix
        parts = [glob.escape(part) for part in _NUMBERS.split(stem)]
        wide = re.sub(r"\*+", "*", "*".join(parts if len(parts) > 1 else [*parts, ""])) + glob.escape(ending)
        is_safe = len(wide.replace("*", "")) > len(ending) and not any(
            PurePath(other).match(wide) for other in others
        )
        found.append(wide if is_safe else glob.escape(name))
    return tuple(dict.fromkeys(found))


def sheet_patterns(mine: Sequence[str], others: Sequence[str]) -> list[str]:
    """Names of sheets, or what they end with where all do and no other sheet does."""
    if len(mine) > 1:
        for ending in _COMMON_ENDINGS:
            pattern = f"*{ending}"
            if all(name.endswith(ending) for name in mine) and not fnmatch.filter(others, pattern):
                return [pattern]
    return list(mine)
