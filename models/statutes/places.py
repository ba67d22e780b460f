"""Which place of which text a question names: ``令第10号 13(1)``, or article 41 however it is written."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from models.law import LegalText, legal_texts, read_citation
from models.statutes.grams import plain

_CLAUSE = re.compile(r"[a-z ]*[(\d][\d().]*[a-z]?", re.ASCII)
"""A place as citations write it."""
_ORDINAL = chr(0x7B2C)
"""What stands before the number of an article."""
_ARTICLE = re.compile(rf"{_ORDINAL}?(\d+(?:\(\d+\))*)", re.ASCII)


@dataclass(frozen=True)
class Place:
    """A text that is named; ``clause``: the place in it as citations write it, empty where none is named."""

    text: LegalText
    clause: str

    def is_cited_by(self, cites: Iterable[str]) -> bool:
        """Whether one of some citations is of this place, or of a part of it."""
        return any(
            found.text == self.text and _is_within(piece, self.clause)
            for found in map(read_citation, cites)
            for piece in plain(found.clause).split(", ")
        )


def _is_within(clause: str, place: str) -> bool:
    after = clause.removeprefix(place)
    return clause.startswith(place) and not (place[-1:].isdigit() and after[:1].isdigit())


def place_named(question: str) -> Place | None:
    """The place that a question names, or the whole text where it says nothing else; none where it names no text.

    Of names that stand in one another the longest is meant.
    """
    cited = read_citation(unicodedata.normalize("NFKC", question).strip())
    if cited.text is not None and _CLAUSE.fullmatch(plain(cited.clause)):
        return Place(cited.text, plain(cited.clause))
    asked = _tight(question)
    named = (
        (_tight(name), text)
        for text in legal_texts().values()
        for name in (text.name, *text.also, text.title.zh, text.title.en)
    )
    found = max((pair for pair in named if pair[0] in asked), key=lambda pair: len(pair[0]), default=None)
    if found is None:
        return None
    name, text = found
    after = asked[asked.index(name) + len(name) :]
    in_digits = _ARTICLE.match(after)
    clause = in_digits[1] if in_digits else _numeral(after)
    return Place(text, clause) if clause or asked == name else None


def _tight(text: str) -> str:
    return "".join(plain(text).split())


def _numeral(text: str) -> str:
    """The number of an article that is written in characters, in digits; empty where there is none."""
    total, unit = 0, 0
    for character in text.removeprefix(_ORDINAL) if text.startswith(_ORDINAL) else "":
        value = unicodedata.numeric(character, None)
        if value is None:
            break
        # Ten and hundred multiply what stands before them.
        total, unit = (total + int(value) * (unit or 1), 0) if value >= 10 else (total, int(value))
    return str(total + unit) if total + unit else ""
