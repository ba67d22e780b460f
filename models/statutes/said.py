"""What people on site call what catalogues and laws call otherwise."""

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter

from models.documents import Text, UniqueKeys


@cache
def names() -> tuple[tuple[str, ...], ...]:
    """Names of one thing each: as texts call it, then as people do."""
    text = Path(__file__).with_name("said.yaml").read_text(encoding="utf-8")
    listed = TypeAdapter(list[Annotated[tuple[Text, ...], Field(min_length=2)]])
    return tuple(listed.validate_python(yaml.load(text, Loader=UniqueKeys)))


def also_said(text: str) -> str:
    """Other names of all that a text names, apart by blanks."""
    return " ".join(
        other for group in names() for one in group if one in text for other in group if other != one
    )
