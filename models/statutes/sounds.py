"""How a character sounds: its syllable without the tone, so that what was typed by its sound finds what was meant.

The 3,755 everyday characters of GB 2312 stand in the order of their syllables; ``sounds.txt`` names the first character
of each syllable.  A character outside of them, and one that is read in several ways in a way it does not stand by,
has no sound here and is compared as it is written.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_LAST = b"\xd7\xf9"
"""Where the characters in the order of their syllables end."""
_PAIRS = re.compile(r"(\S)([a-z]+)")
_MERGED = (
    *(("zh", "z"), ("ch", "c"), ("sh", "s")),
    *(("ang", "an"), ("eng", "en"), ("ing", "in")),
)
"""Sounds that many people do not tell apart when they type."""


@cache
def _table() -> tuple[list[bytes], list[str]]:
    told = Path(__file__).with_name("sounds.txt").read_text(encoding="utf-8")
    pairs = [(character.encode("gb2312"), syllable) for character, syllable in _PAIRS.findall(told)]
    return [first for first, _ in pairs], [syllable for _, syllable in pairs]


@cache
def syllable(character: str) -> str | None:
    """The syllable of a character, such as ``huo``; ``lv`` for lü."""
    try:
        written = character.encode("gb2312")
    except UnicodeEncodeError:
        return None
    firsts, syllables = _table()
    is_known = len(written) == len(_LAST) and firsts[0] <= written <= _LAST
    return syllables[bisect_right(firsts, written) - 1] if is_known else None


@cache
def sound(character: str) -> str:
    """What a character is compared by: its syllable with sounds merged that are often mistaken; itself without one."""
    said = syllable(character)
    return character if said is None else merged(said)


def merged(said: str) -> str:
    """A syllable with the sounds merged that many people do not tell apart."""
    for one, other in _MERGED:
        if one in ("zh", "ch", "sh"):
            said = other + said[2:] if said.startswith(one) else said
        elif said.endswith(one):
            said = said.removesuffix(one) + other
    # Neither n and l: whole provinces have one of them.
    return "l" + said[1:] if said.startswith("n") else said


def syllables_of(letters: str) -> Iterator[str]:
    """The syllables of a word of letters that is nothing but syllables (``miehuoqi``), the longest first; else none."""
    known = frozenset(_table()[1])
    ways: dict[int, list[str]] = {0: []}
    for end in range(1, len(letters) + 1):
        for begin in range(max(0, end - 6), end):
            if begin in ways and letters[begin:end] in known:
                better = [*ways[begin], letters[begin:end]]
                if end not in ways or len(better) < len(ways[end]):
                    ways[end] = better
    yield from ways.get(len(letters), [])
