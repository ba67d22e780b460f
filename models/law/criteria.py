"""Which numbered criteria of a list of major hazards a citation names.

``criteria`` of a text counts them part by part.  A place names the part, then the number as the text writes it:
``underground (23)3``, ``chemicals 11``, ``5.5.3``, ``4.3c``; several stand apart by commas, a run by a dash, and what
follows may leave the part out: ``4(1), (2)``, ``5(6)–(10)``, ``5.6.1–4``, ``4.7c, d``.  The case after a number in
brackets is not counted by itself.  A part that is one criterion has no number: ``14``.  Nothing is guessed.
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
"""How a number follows its part: in brackets, bare, after a full stop, as a letter."""


@dataclass(frozen=True, order=True)
class Criterion:
    """One criterion of a list: short name of the text, part, number; a letter counts from ``a``, which is 1."""

    text: str
    part: str
    number: int


def criteria_cited(citation: Citation) -> tuple[Criterion, ...]:
    """The criteria a citation names, in its order; none where the text is no list of major hazards.

    Raises ValueError with a sentence that names the place, when it cannot be read.
    """
    text = citation.text
    if text is None or text.criteria is None:
        return ()
    return tuple(Criterion(text.name, *one) for one in _read(citation.clause, text.criteria))


def _read(clause: str, criteria: Mapping[str, int]) -> Iterator[tuple[str, int]]:
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
            yield part, 1
            continue
        found = way.fullmatch(after) if way else None
        if found is None:
            raise ValueError(f"the place '{piece}' names no criterion; they are {_counts(criteria)}")
        yield from ((part, number) for number in _numbers(found, part, criteria[part]))


def _begins(piece: str, part: str) -> bool:
    """Whether a piece is the part, or the part and something that may be its number."""
    after = piece.removeprefix(part)
    return piece == part or (after != piece and any(way.fullmatch(after) for way in _WAYS))


def _numbers(found: re.Match[str], part: str, count: int) -> range:
    first, last = (_number(said) for said in (found[1], found[2] or found[1]))
    if count == 1 or not 1 <= first <= last <= count:
        raise ValueError(f"there is no '{found[0].strip()}' in {part}, which has {count}")
    return range(first, last + 1)


def _number(said: str) -> int:
    return int(said) if said.isdigit() else ord(said) - ord("a") + 1


def _counts(criteria: Mapping[str, int]) -> str:
    return ", ".join(f"{count} of {part}" for part, count in criteria.items()) or "not counted"
