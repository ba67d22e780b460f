"""The register of legal texts and citations of them.

How sure a text is (``read``): its full text was read, a secondary copy or excerpt was, only number, date and topics
are known, or it is known from memory alone.  Only what was read may be called law or policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, StringConstraints, TypeAdapter, model_validator

from models.documents import Strict, Text, UniqueKeys, Words

Kind = Literal[
    "law",
    "regulation",
    "ministry_rule",
    "local_regulation",
    "standard",
    "document",
    "source",
    "practice",
]
"""Law of the National People's Congress, administrative regulation, ministry rule, local regulation, standard,
document of an authority (规范性文件), source document of this project, practice seen elsewhere."""
BINDING: tuple[Kind, ...] = ("law", "regulation", "ministry_rule", "local_regulation", "standard")
"""Kinds of text that can make a value law."""
Letter = Annotated[str, StringConstraints(pattern="^[a-z]$")]
Reading = Literal["full", "secondary", "number", "memory"]


class LegalText(Strict):
    """A text.  ``until``: last day in force, empty while it is; ``successors``: short names of what took its place.

    ``also``: other names it is cited by.  ``source``: where it was read, so that somebody else can.  ``known_by``:
    where nobody knows its first day, one on which it surely was in force.  ``note``: what else a lawyer must know.
    ``criteria``: of a list of major hazards, the last criterion of each part; empty while nobody counted them.
    """

    name: Text = Field(alias="text")
    also: tuple[Text, ...] = ()
    title: Words
    number: Text | None = None
    kind: Kind
    start: date | None = Field(default=None, alias="from")
    known_by: date | None = None
    until: date | None = None
    successors: tuple[Text, ...] = ()
    read: Reading
    source: Text
    note: Words | None = None
    criteria: dict[Text, Annotated[int, Field(gt=0)] | Letter] | None = None

    @model_validator(mode="after")
    def _lasts(self) -> "LegalText":
        if self.start and self.until and self.until < self.start:
            raise ValueError(f"{self.name} ends before it begins")
        if self.start and self.known_by:
            raise ValueError(
                f"{self.name} has a first day and needs none on which it is known to be in force"
            )
        return self

    @property
    def is_read(self) -> bool:
        """Whether more is known of it than number and date."""
        return self.read in ("full", "secondary")

    @property
    def first_day(self) -> date | None:
        """The day from which something may rest on it; none where no day is known."""
        return self.start or self.known_by

    def is_in_force(self, day: date) -> bool:
        """Whether it is surely in force on a day; a text of which no day is known never is."""
        return (
            self.first_day is not None and self.first_day <= day and (self.until is None or day <= self.until)
        )


@dataclass(frozen=True)
class Citation:
    """A place in a text; ``text`` is empty where the register does not know the name."""

    said: str
    text: LegalText | None
    clause: str


@cache
def legal_texts() -> Mapping[str, LegalText]:
    """All texts by short name, in the order of the register."""
    path = Path(__file__).with_name("texts.yaml")
    told = yaml.load(path.read_text(encoding="utf-8"), Loader=UniqueKeys)
    texts = TypeAdapter(Annotated[list[LegalText], Field(min_length=1)]).validate_python(told["texts"])
    return {one.name: one for one in texts}


@cache
def _names() -> tuple[tuple[str, LegalText], ...]:
    """Every name a text is cited by, the longest first, so that no name hides a longer one."""
    named = [(name, one) for one in legal_texts().values() for name in (one.name, *one.also)]
    return tuple(sorted(named, key=lambda pair: (-len(pair[0]), pair[0])))


def read_citation(said: str) -> Citation:
    """The text a citation names and the place in it: ``令第10号 14`` is article 14 of that order."""
    for name, text in _names():
        if said == name or said.startswith(name + " "):
            return Citation(said, text, said[len(name) :].strip())
    return Citation(said, None, "")
