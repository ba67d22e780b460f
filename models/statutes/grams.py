"""What a text is found by: pairs of characters, characters, pairs of sounds; of other scripts words and their letters.

A text and a question are cut alike.  Pairs find what was written right, characters what was written in another order
or with one missing, sounds what was typed by its sound; a word of letters is found by three of them in a row as well.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise

from models.statutes.sounds import merged, sound, syllables_of

MOST_CHARACTERS = 200
"""Of a question; what comes after is not read."""
_RUNS = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")
_LETTERS = 3


def plain(text: str) -> str:
    """A text with full-width characters and capitals as they are compared."""
    return unicodedata.normalize("NFKC", text).lower()


def grams(text: str) -> list[str]:
    """What a text is found by, each a word of letters, digits and characters, as often as it stands there."""
    return [gram for run in _RUNS.findall(plain(text)) for gram in (_word if run.isascii() else _run)(run)]


def asked_grams(text: str) -> list[str]:
    """What a question looks for, each once; words of letters that are nothing but syllables are also taken as such."""
    text = plain(text)[:MOST_CHARACTERS]
    return list(dict.fromkeys([*grams(text), *_spelled(text)]))


def _spelled(text: str) -> Iterator[str]:
    """Pairs of the syllables that a text spells, across the blanks between them."""
    spelled = list[str]()
    for run in _RUNS.findall(text):
        found = [merged(one) for one in syllables_of(run)] if run.isascii() else []
        if not found:
            yield from _sounds(spelled)
            spelled = []
        spelled += found
    yield from _sounds(spelled)


def _run(run: str) -> Iterator[str]:
    yield from run
    yield from (one + other for one, other in pairwise(run))
    yield from _sounds(map(sound, run))


def _sounds(sounds: Iterable[str]) -> Iterator[str]:
    # A digit between both, so that no two pairs of syllables and no word are written alike.
    return (f"{one}0{other}" for one, other in pairwise(sounds))


def _word(word: str) -> Iterator[str]:
    yield word
    if len(word) > _LETTERS and word.isalpha():
        yield from (f"3{word[at : at + _LETTERS]}" for at in range(len(word) - _LETTERS + 1))
