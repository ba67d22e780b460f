"""The templates of pages, and what they know besides what each is told."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from desk.say import facts, ways
from desk.say import field as field_say
from desk.say import passport as passport_say
from desk.say import visits as visits_say
from desk.words import labels
from desk.words.words import Words
from models import vocabulary

HERE = Path(__file__).parent


def environment(stamp: str) -> Environment:
    """Templates and what they may ask.  ``stamp``: edition of the files that pages load."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # The types of the library know its own names only.
    names: dict[str, Any] = made.globals
    names |= {
        "facts": facts,
        "field_say": field_say,
        "labels": labels,
        "passport_say": passport_say,
        "visits_say": visits_say,
        "vocabulary": vocabulary,
        "ways": ways,
        "stamp": stamp,
    }
    filters: dict[str, Any] = made.filters
    filters |= {"with_label": _with_label, "with_division": _with_division}
    return made


def _with_label(key: str, codes: vocabulary.CodeList, words: Words) -> tuple[str, str]:
    return key, words.label(codes, key)


def _with_division(key: str, words: Words) -> tuple[str, str]:
    return key, words.division(key)
