"""Which header of a file is meant for which column of a table, by the words that are known."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from models.tables.canonical import Table
from warehouse.intake.drafting.synonyms import columns_by_word, is_row_number, key_of_word
from warehouse.intake.files.header import plain
from warehouse.intake.recognition import BRACKETS, changes_nothing, metadata

_MONEY = re.compile(
    r"[\s_:,\-]*[(\[【{]?(?:单位[::]?)?(?P<unit>(?:百万|千万|[百千万亿])?元)(?:人民币)?[)\]】}]?$"
)


class Match(NamedTuple):
    """A header as delivered and the column it stands for.

    ``unit``: what its amounts are counted in, if not in yuan.  ``note``: what it says in brackets that is not known.
    """

    header: str
    column: str
    rank: int
    unit: str | None = None
    note: str | None = None


def matches(delivered: Iterable[str], table: Table) -> dict[str, list[Match]]:
    """By column the headers that stand for it, the preferred one first."""
    found: dict[str, list[Match]] = {}
    for header in delivered:
        if one := match(header, table):
            found.setdefault(one.column, []).append(one)
    return {column: sorted(several, key=lambda one: one.rank) for column, several in found.items()}


def match(header: str, table: Table) -> Match | None:
    """The column a header stands for; of a header of several rows its last one counts where the whole says nothing."""
    if is_row_number(header):
        return None
    parts = header.split("/")
    # 罚款 above 单位 is what others call 单位罚款.
    for form in dict.fromkeys((header, parts[-1], "".join(reversed(parts)), "".join(parts))):
        for one in _readings(header, form.rstrip(":： "), table):
            return one
    return None


def _readings(header: str, form: str, table: Table) -> Iterator[Match]:
    words = columns_by_word(table.name)
    if wanted := words.get(key_of_word(form)):
        yield Match(header, *wanted)
    text = plain(form)
    money = _MONEY.search(text)
    wanted = words.get(key_of_word(text[: money.start()])) if money else None
    if money and wanted and _unit(table, wanted.column) == "yuan":
        yield Match(header, *wanted, unit=None if money["unit"] == "元" else money["unit"])
    if wanted := words.get(key_of_word(BRACKETS.sub("", text))):
        unit = _unit(table, wanted.column)
        odd = [note for note in BRACKETS.findall(text) if not changes_nothing(note, unit)]
        yield Match(header, *wanted, note=", ".join(odd) or None)


def _unit(table: Table, column: str) -> str:
    return metadata(table.columns()[column])["unit"]
