"""Questions of law that no text settles: what a bureau must decide itself, and the value of the pack that answers."""

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter

from models.documents import Strict, Text, UniqueKeys, Words

MOST_QUESTIONS = 15
"""More than these nobody puts to a lawyer."""


class Question(Strict):
    """A question; ``known``: what the texts cited say of it.

    ``key``: the value of the starter pack that answers it: file, path, and where only a part does, that part.
    """

    key: Text
    question: Words
    known: Words
    cites: tuple[Text, ...] = Field(min_length=1)


@cache
def questions() -> tuple[Question, ...]:
    """All questions, in the order in which they are put."""
    told = yaml.load(
        Path(__file__).with_name("questions.yaml").read_text(encoding="utf-8"), Loader=UniqueKeys
    )
    listed = TypeAdapter(Annotated[list[Question], Field(min_length=1, max_length=MOST_QUESTIONS)])
    return tuple(listed.validate_python(told["questions"]))
