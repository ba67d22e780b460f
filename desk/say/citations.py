"""The law behind a check item as it is cited on a sheet: the article, without the remarks of whoever looked it up."""

import re
from typing import TYPE_CHECKING

from desk.words.labels import LAW_PART
from desk.words.words import Words

if TYPE_CHECKING:
    # Who reads a plan waits for no tables.
    from models.policy.check_items import CheckItem


def citation(reference: str | None, words: Words) -> str:
    """The first law of a reference with its article, such as 令第10号 11(3); nothing where none was found.

    References are those of the catalogue of check items: laws separated by ``;``, remarks in English.
    """
    # A bracket with words is a remark; one with a number is a paragraph.
    bare = re.sub(r"\s*[(（][^()（）]*[A-Za-z]{3}[^()（）]*[)）]", "", reference or "")
    first = re.split(r";|: |, (?=[a-z])| (?:for|where|chapters?) ", bare)[0].strip()
    if re.match(r"(?!GB|AQ|TSG)[A-Za-z]{2}", first):
        return ""
    for part in LAW_PART.keys:
        first = re.sub(rf"\b{part}\b", words.label(LAW_PART, part), first)
    return first


def references(item: "CheckItem", words: Words) -> list[str]:
    """What a check item rests on: each law with its place, as a sheet cites it."""
    return [said for one in item.cites or (item.reference,) if (said := citation(one, words))]
