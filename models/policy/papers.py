"""What ``papers.yaml`` may say: the documents of a visit (执法文书), each with its title, number, fields and layout.

A field is named once, with its label and where it comes from; the layout says in which order fields and sentences
stand.  Templates of both kinds of files are made from it (``desk.papers``), so a document is said in one place.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from pydantic import Field, model_validator

from models.documents import Strict, Text, Words
from models.policy.in_force import in_force
from models.policy.shape import Dated, Provenance

_BLANK = re.compile(r"\{(\w+)\}")
_KEYS = ("rows", "text", "sealed", "listed", "signed", "shown", "boxes")


class PaperField(Provenance):
    """One thing a document tells, and where it comes from that it must."""

    label: Words


class Block(Strict):
    """One piece of a document: just one of its keys.

    ``rows``: fields as a table of labels and values.  ``text``: a paragraph in which ``{field}`` is filled in.
    ``sealed``: the same at the right, where the seal goes.  ``listed``: a field with several numbered entries.
    ``signed``: fields of signatures.  ``shown``: photos.  ``boxes``: questions by name, answered by one of ``marks``.
    """

    rows: list[Text] | None = None
    text: Words | None = None
    sealed: Words | None = None
    listed: Text | None = None
    signed: list[Text] | None = None
    shown: Text | None = None
    boxes: dict[Text, Words] | None = None
    marks: Words | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Block":
        held = [name for name in _KEYS if getattr(self, name)]
        if len(held) != 1 or (self.marks is not None) != (held == ["boxes"]):
            raise ValueError(f"a block is just one of {', '.join(_KEYS)}, the last with marks")
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that it fills in."""
        named = [*(self.rows or ()), *(self.signed or ()), *filter(None, (self.listed, self.shown))]
        for said in filter(None, (self.text, self.sealed)):
            named += [*_BLANK.findall(said.zh), *_BLANK.findall(said.en)]
        return tuple(dict.fromkeys(named))


class Paper(Strict):
    """One kind of document.  ``word``: what stands for it in its numbers."""

    title: Words
    word: Text
    fields: dict[Text, PaperField] = Field(min_length=1)
    body: list[Block] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> "Paper":
        used = {name for block in self.body for name in block.fields}
        if strange := sorted(used - set(self.fields)):
            raise ValueError(f"{', '.join(strange)}: filled in, and no field of the document")
        if idle := sorted(set(self.fields) - used):
            raise ValueError(f"{', '.join(idle)}: a field of the document that nothing fills in")
        return self


class NumberForm(Strict):
    """How a number is written: ``{place}`` of the authority, ``{word}`` of the kind, ``{year}`` and ``{n}``."""

    form: Annotated[str, Field(pattern=r"\{year\}.*\{n\}")]

    @model_validator(mode="after")
    def _is_filled(self) -> "NumberForm":
        if set(_BLANK.findall(self.form)) != {"place", "word", "year", "n"}:
            raise ValueError("the form of a number has the blanks {place}, {word}, {year} and {n}")
        return self


class AuthorityForm(Strict):
    """How an authority of a level is called on documents, and who reviews and judges what it does.

    ``{place}`` and ``{district}`` are filled in.  ``short``: what stands for it in numbers.
    """

    name: Words
    short: Text
    review: Words
    court: Words


class AuthorityForms(Strict):
    """The same by level."""

    city: AuthorityForm
    district: AuthorityForm
    town: AuthorityForm


class PapersFile(Strict):
    """``papers.yaml``."""

    numbers: Dated[NumberForm]
    authorities: Dated[AuthorityForms]
    filing: Dated[Paper]
    notice: Dated[Paper]
    pledge: Dated[Paper]
    record: Dated[Paper]
    measure: Dated[Paper]
    order: Dated[Paper]
    opinion: Dated[Paper]
    evaluation: Dated[Paper]
    case: Dated[Paper]
    transfer: Dated[Paper]


PAPERS: Final = tuple(name for name in PapersFile.model_fields if name not in ("numbers", "authorities"))
"""Kinds of documents, in the order in which a visit comes to them."""


@dataclass(frozen=True)
class PapersPolicy:
    """``papers.yaml`` on one day."""

    numbers: NumberForm
    authorities: AuthorityForms
    filing: Paper
    notice: Paper
    pledge: Paper
    record: Paper
    measure: Paper
    order: Paper
    opinion: Paper
    evaluation: Paper
    case: Paper
    transfer: Paper

    def of(self, kind: str) -> Paper:
        """A kind of document.  Raises KeyError for one that there is not."""
        if kind not in PAPERS:
            raise KeyError(kind)
        return getattr(self, kind)

    @property
    def questions(self) -> dict[str, Words]:
        """What an enterprise is asked about a visit, by name (D4): on paper and on the page alike."""
        return {name: said for block in self.evaluation.body for name, said in (block.boxes or {}).items()}


def papers_on(file: PapersFile, day: date) -> PapersPolicy:
    """Values in force on a day.  Raises PolicyGapError where there is none."""
    values, _ = in_force(file, day)
    return PapersPolicy(**values)
