"""Sentences that are written in one place and said in another: English, with blanks and the facts that fill them.

Nothing here speaks: the desk says a message in the reader's language, and the facts in it that have one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import NamedTuple

from models.vocabulary import CodeList


@dataclass(frozen=True)
class Message:
    """An English sentence with ``{blanks}``, and its facts; as a text it is the English sentence, filled.

    A fact may itself be a message, a label, or a text that a pack keeps in its languages.
    """

    message: str
    facts: Mapping[str, object] = field(default_factory=dict[str, object], hash=False)

    def __str__(self) -> str:
        return self.message.format(**self.facts) if self.facts else self.message


class Remark(str):
    """A message that is its English text wherever a text is wanted: in logs, and in answers for machines."""

    message: str
    facts: Mapping[str, object]

    def __new__(cls, message: str, **facts: object) -> "Remark":
        """The sentence filled with its facts, which it keeps."""
        remark = super().__new__(cls, message.format(**facts))
        remark.message, remark.facts = message, facts
        return remark


class Label(NamedTuple):
    """A value of a code list as a fact; one the list does not know stands for itself."""

    codes: CodeList
    key: str

    def __str__(self) -> str:
        return self.codes.labels.get(self.key, self.key)


def joined(messages: Iterable[Message], sentence: str) -> Message:
    """Several messages as one: the ``sentence`` puts ``{said}`` before ``{more}``."""
    return reduce(lambda said, more: Message(sentence, {"said": said, "more": more}), messages)


def N_(message: str) -> str:  # the mark gettext users know
    """A sentence that ``Words`` will say: ``words(message)``."""
    return message


def NC_(context: str, message: str) -> tuple[str, str]:
    """A sentence whose English has two meanings, with the context that tells them apart: ``words.within(*mark)``."""
    return context, message


def NN_(one: str, many: str) -> tuple[str, str]:
    """A sentence about one thing, and about more: ``words.plural(*mark, n)``."""
    return one, many
