"""Divisions by their codes (GB/T 2260): which exist, and what became of those of Jinan and Laiwu that were abolished.

A register written before a change goes on naming the old code; read as it stands it would be a district of its own,
with its own plan, draw and officers.  Credit codes keep their old digits, and rightly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from stdnum import numdb

from models.documents import UniqueKeys


@dataclass(frozen=True)
class Succession:
    """A code that was abolished, the one whose area holds all of its area now, and the year of the change."""

    code: str
    successor: str
    since: int
    reference: str


@cache
def successions() -> Mapping[str, Succession]:
    """Abolished codes with one successor; those whose area was split have none."""
    told = yaml.load(
        (Path(__file__).parent / "divisions.yaml").read_text(encoding="utf-8"), Loader=UniqueKeys
    )
    return {one["code"]: Succession(**one) for one in told["successions"]}


def present(code: str | None) -> str | None:
    """The code of today's division; a code that was not abolished, and any other text, as it is.

    Of longer codes (streets) only those that end in zeros name a whole county.
    """
    if code is None or not code.isdecimal() or code[6:].strip("0"):
        return code
    found = successions().get(code[:6])
    return found.successor if found else code


def is_known(code: str) -> bool:
    """Whether a text is no code at all, or one whose county or city exists or existed."""
    if not code.isdecimal():
        return True
    parts = numdb.get("cn/loc").info(code[:6])
    return len(code) in (6, 9, 12) and len(parts) > 1 and bool(parts[1][1])
