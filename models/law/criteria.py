"""Which criteria of a list of major hazards a citation names.

``criteria`` of a text names the last criterion of every part: a number or, where the text has letters, a letter.  A
place names the part, then the criterion as the text writes it: ``underground (23)3``, ``chemicals 11``, ``5.5.3``,
``4.3c``; several stand apart by commas, a run by a dash, and what follows may leave the part out: ``4(1), (2)``,
``5(6)–(10)``, ``5.6.1–4``, ``4.7c, d``.  The case after a number in brackets is not told apart.  A part that is one
criterion is named alone: ``14``.  Nothing is guessed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from models.law.texts import Citation

_BRACKETS = re.compile(r" ?\((\d+)\)(?:\d+|–\((\d+)\))?", re.ASCII)
_BARE = re.compile(r" (\d+)(?:–(\d+))?", re.ASCII)
_WAYS = (
    _BRACKETS,
    _BARE,
    re.compile(r"\.(\d+)(?:–(\d+))?", re.ASCII),
    re.compile(r"([a-z])(?:–([a-z]))?"),
)
"""How a criterion follows its part: in brackets, bare, after a full stop, as a letter."""


@dataclass(frozen=True)
class Criterion:
    """One criterion of a list: short name of the text, part, and its number or letter."""

    text: str
    part: str
    mark: str


def marks(last: int | str) -> tuple[str, ...]:
    """Numbers or letters of all criteria up to the last one, in order."""
    if isinstance(last, int):
        return tuple(str(number) for number in range(1, last + 1))
    return tuple(chr(letter) for letter in range(ord("a"), ord(last) + 1))


def criteria_cited(citation: Citation) -> tuple[Criterion, ...]:
    """The criteria a citation names, in its order; none where the text is no list of major hazards.

    Raises ValueError with a sentence that names the place, when it cannot be read.
    """
    text = citation.text
    if text is None or text.criteria is None:
        return ()
    return tuple(Criterion(text.name, *one) for one in _read(citation.clause, text.criteria))


def _read(clause: str, criteria: Mapping[str, int | str]) -> Iterator[tuple[str, str]]:
    part, way = "", None
    for piece in clause.split(", "):
        named = max((one for one in criteria if _begins(piece, one)), key=len, default=None)
        if named is not None:
            part = named
            after = piece.removeprefix(part)
            way = next((one for one in _WAYS if one.fullmatch(after)), None)
        else:
            after = f" {piece}" if way is _BARE else piece
        if piece == named and criteria[part] == 1:
            yield part, "1"
            continue
        found = way.fullmatch(after) if way else None
        if found is None:
            raise ValueError(f"the place '{piece}' names no criterion; they are {_told(criteria)}")
        yield from ((part, mark) for mark in _run(found, part, criteria[part]))


def _begins(piece: str, part: str) -> bool:
    """Whether a piece is the part, or the part and something that may be its criterion."""
    after = piece.removeprefix(part)
    return piece == part or (after != piece and any(way.fullmatch(after) for way in _WAYS))


def _run(found: re.Match[str], part: str, last: int | str) -> tuple[str, ...]:
    known = marks(last)
    one, other = found[1], found[2] or found[1]
    if last == 1 or one not in known or other not in known[known.index(one) :]:
        raise ValueError(f"there is no '{found[0].strip()}' in {part}, whose last is {last}")
    return known[known.index(one) : known.index(other) + 1]


def _told(criteria: Mapping[str, int | str]) -> str:
    return ", ".join(f"{part} to {last}" for part, last in criteria.items()) or "not counted"
