"""The one authority that enforces at an enterprise (P1), where several sources have it in their registers.

Each source says a level (执法层级) and a division (行政区划).  What held before stays in force as long as a source
still says it; a word against it changes nothing until a person settles it.  Where nothing held before, whoever knew
first counts, then the higher level, then the name of the source: a rule that no order of deliveries can change.
Disputes about competence are settled by agreement or by the superior that both have (行政处罚法 第二十五条), not here.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

from stdnum import numdb

from models.vocabulary import LEVEL

AUTHORITY_COLUMNS = ("enforcing_level", "division")
"""Columns of the register that tell which authority enforces."""
_PARTS = ((0, 2), (2, 4), (4, 6), (6, 9), (9, 12))
"""Province, city, county, street and community within a code of GB/T 2260 and GB/T 10114."""


class Said(NamedTuple):
    """A level and a division; an empty one says nothing."""

    enforcing_level: str | None = None
    division: str | None = None


UNSAID = Said()


@dataclass(frozen=True)
class Statement:
    """What a source says of an enterprise last.

    ``before``: what it said before the day's deliveries.  ``settles``: a person has named it as the one that decides.
    """

    source: str
    recorded_at: date
    said: Said
    before: Said = UNSAID
    settles: bool = False


class Contested(NamedTuple):
    """One word against what is in force: ``held`` by ``held_by``, while ``said_by`` says ``said`` of ``column``."""

    column: str
    held: str
    held_by: str
    said: str
    said_by: str


def in_force(told: Iterable[Statement], held: Said) -> tuple[Said, list[Contested]]:
    """What is in force of the statements about one enterprise, and what is said against it.

    ``held``: what was in force before the day's deliveries.  The order of ``told`` does not matter.
    """
    statements = sorted(told, key=lambda one: one.source)
    level, against_level = _settle(statements, "enforcing_level", held, lambda one, other: one == other)
    division, against_division = _settle(statements, "division", held, is_one_place)
    return Said(level, division), against_level + against_division


def _settle(
    statements: Sequence[Statement], column: str, held: Said, agree: Callable[[str, str], bool]
) -> tuple[str | None, list[Contested]]:
    was: str | None = getattr(held, column)
    own = [(one, said) for one in statements if (said := getattr(one.said, column))]
    own = [pair for pair in own if pair[0].settles] or own
    if not own:
        return None, []

    def rank(pair: tuple[Statement, str]) -> tuple[bool, bool, date, int, str]:
        one, said = pair
        before = getattr(one.before, column)
        return (
            was is None or place(said) != place(was),
            was is None or before is None or place(before) != place(was),
            one.recorded_at,
            LEVEL.keys.index(one.said.enforcing_level) if one.said.enforcing_level else len(LEVEL.keys),
            one.source,
        )

    ordered = sorted(own, key=rank)
    first = ordered[0][1]
    now = was if was is not None and place(was) == place(first) else first
    for _, said in ordered:
        if agree(now, said) and is_finer(said, now):
            now = said
    holder = next(one.source for one, said in ordered if place(said) == place(now))
    against = [
        Contested(column, now, holder, said, one.source) for one, said in ordered if not agree(now, said)
    ]
    return now, against


# ---- places ------------------------------------------------------------------------------------------------


@cache
def place(text: str) -> tuple[str, ...] | str:
    """What a division means: the parts of its code down to the last that is not all zeros, or its name."""
    text = re.sub(r"\s", "", text)
    if not (text.isdecimal() and len(text) in (6, 9, 12)):
        return text
    parts = [text[first:last] for first, last in _PARTS if text[first:last]]
    while parts and not parts[-1].strip("0"):
        parts.pop()
    return tuple(parts)


def is_one_place(one: str, other: str) -> bool:
    """Whether two divisions do not contradict each other: the same one, or one that lies in the other.

    A code and a name agree where the name is that of the code's county, with or without what it lies in before it.
    """
    a, b = place(one), place(other)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return a[: len(b)] == b[: len(a)]
    if isinstance(a, str) and isinstance(b, str):
        return a.endswith(b) or b.endswith(a)
    code, name = (a, b) if isinstance(a, tuple) else (b, a)
    county = _name_of("".join(code[:3]).ljust(6, "0"))
    return bool(county) and str(name).endswith(county)


def is_finer(one: str, other: str) -> bool:
    """Whether the first of two divisions that agree tells more: a code more than a name, a longer code more."""
    a, b = place(one), place(other)
    return isinstance(a, tuple) and (isinstance(b, str) or len(a) > len(b))


@cache
def _name_of(code: str) -> str:
    parts = numdb.get("cn/loc").info(code)
    return re.sub(r"^\[.*?\]", "", parts[1][1].get("county", "")) if len(parts) > 1 else ""
