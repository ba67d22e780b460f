"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from desk.words.words import spellings
from models import vocabulary as vocab

District = Annotated[str | None, typer.Option(help="GB/T 2260 code or name, e.g. 370102 or Lixia")]


Limit = Annotated[int | None, typer.Option(help="at most so many rows", min=1)]


Form = Annotated[str, typer.Option("--format", help="table, csv, xlsx or json")]


Json = Annotated[bool, typer.Option("--json", help="JSON for machines")]


Output = Annotated[Path | None, typer.Option(help="file to write; xlsx has a default in the exports folder")]


_LEAST_PART = 2
"""Characters of a label that can stand for the whole: one Chinese word."""


class WrongUse(typer.BadParameter):
    """Wrong usage, as a sentence and its facts apart: ``main`` says it in the reader's language."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence.format(**facts) if facts else sentence)
        self.sentence, self.facts = sentence, facts


def one_of(codes: vocab.CodeList, text: str) -> str:
    """Stored key of a value as a person typed it: key, label of any language, or a part that only one has.

    Raises WrongUse with all that is known.
    """
    known, typed = spellings(codes), text.strip().lower()
    near = {key for spelling, key in known.items() if typed in spelling and len(typed) >= _LEAST_PART}
    key = known.get(typed) or (near.pop() if len(near) == 1 else None)
    if key is None:
        raise WrongUse("'{text}' is not one of {known}", text=text, known=", ".join(codes.keys))
    return key
