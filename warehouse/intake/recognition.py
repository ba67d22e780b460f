"""Which header of a file is meant for which column, where it only differs in what people add to headers.

A header is recognised without what is added in brackets only if that is known to change nothing: a note to whoever
fills the form, or the unit the column has anyway.  罚款（元）is the fine in yuan; 罚款（万元）is not.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Any, NamedTuple

import dataframely as dy

from models.tables.canonical import Table, alone, headers
from warehouse.intake.files.header import plain
from warehouse.intake.mapping import Entry
from warehouse.intake.values.fields import FieldSpec

BRACKETS = re.compile(r"[(\[【〔{<《「]([^()\[\]【】〔〕{}<>《》「」]*)[)\]】〕}>》」]")
_NOTE = re.compile(
    r"非?必[填录选输须]项?|[选可]填项?|可选项?|可不填|可空|不为空|非空|下拉选?择?|请选择|单选|多选|是否|有无|注|"
    r"(?:请|必须|统一)?填写?(?:完整|清楚|全称|准确|规范)?|格式.*|[例如].*|y{2,4}.?m{1,2}.?d{1,2}|y{2,4}.?m{1,2}|年.?月.?日|"
    r"\d+位|\d+字(?:以内)?|文本|数字|日期|required|optional|mandatory"
)
_UNITS = {
    "yuan": {"元", "人民币", "人民币元", "rmb", "cny", "yuan", "¥", "￥"},
    "people": {"人", "名", "people", "persons"},
    "days": {"天", "日", "days"},
    "degrees": {"度", "°", "degrees"},
    "findings": {"条", "项", "个", "处", "findings"},
    "hazards": {"条", "项", "个", "处", "hazards"},
    "points": {"分", "points"},
    "grade": {"级", "grade"},
    "processes": {"个", "种", "processes"},
}
_LIKE, _LIKE_IN_LETTERS = 0.6, 0.75
"""Least likeness of a header that is worth a hint: of words of few Chinese characters, and of words of letters."""
_QUESTION = re.compile("^(?:是否|有无|是不是|是否为|是否属于|属于)+")
_LEAST_WITHIN = 2
"""Characters that a header must have to be looked for within others."""


class Recognised(NamedTuple):
    """``names``: delivered header → the header it stands for.  ``unclear``: column → headers that all stand for it."""

    names: dict[str, str]
    unclear: dict[str, list[str]]


def recognised(delivered: Sequence[str], entry: Entry, table: Table) -> Recognised:
    """Read headers for those that a mapping names or that a table knows, where exactly one can be meant."""
    names: dict[str, str] = {}
    unclear: dict[str, list[str]] = {}
    there, alike = set(delivered), dict[str, dict[str, list[str]]]()
    claimed = {header for spec in entry.columns.values() if spec for header in spec.headers()} & there
    for name, wanted in _wanted(entry, table):
        unit = _unit(table, name)
        if unit not in alike:
            alike[unit] = _by_key(delivered, unit)
        same = alike[unit].get(key_of(wanted, unit), [])
        mine = [header for header in same if header == wanted or header not in claimed]
        is_named = wanted in there and name in entry.columns
        if len(mine) > 1 and not is_named:
            unclear[name] = mine
        elif len(mine) == 1 and wanted not in there:
            names.setdefault(mine[0], wanted)
    return Recognised(names, unclear)


def _wanted(entry: Entry, table: Table) -> Iterator[tuple[str, str]]:
    """Canonical column and header, for every header that could fill it."""
    for name, spec in entry.columns.items():
        for header in spec.headers() if spec else []:
            yield name, header
    for header, name in headers(table):
        if name not in entry.columns and name != "source":
            yield name, header


def _unit(table: Table, name: str) -> str:
    return metadata(table.columns()[name]).get("unit", "")


def metadata(column: dy.Column) -> dict[str, Any]:
    """What is said of a column beside its type."""
    return column.metadata or {}


def _by_key(delivered: Sequence[str], unit: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for header in delivered:
        found.setdefault(key_of(header, unit), []).append(header)
    return found


def key_of(header: str, unit: str) -> str:
    """The plain header without brackets that change nothing."""
    return BRACKETS.sub(lambda found: "" if changes_nothing(found[1], unit) else found[0], plain(header))


def changes_nothing(note: str, unit: str) -> bool:
    """Whether a note in brackets leaves a header of this unit what it is."""
    own = _UNITS.get(unit, set[str]())
    parts = [part for part in re.split(r"[,，;；、:：/|]", note) if part]
    if any(multiple in note for multiple in "百千万亿"):
        return False
    if _NOTE.fullmatch(note):
        return True
    if len(parts) > 1:
        parts = [part for part in parts if part != "单位"]
    return all(part in own or part in "是否有无" or _NOTE.fullmatch(part) for part in parts)


def specs_by_column(delivered: Iterable[str], entry: Entry, table: Table) -> dict[str, FieldSpec]:
    """What fills each canonical column: the mapping's word first, else a header that carries the column's name."""
    there = set(delivered)
    specs = {name: spec for name, spec in entry.columns.items() if spec is not None}
    read = {header for spec in specs.values() for header in spec.headers()}
    for header, name in headers(table):
        if name in alone(table) and header in read:
            continue
        if header in there and name not in entry.columns and name not in specs:
            specs[name] = FieldSpec(column=header)
    return specs


def read_from(delivered: Sequence[str], entry: Entry, table: Table) -> dict[str, list[str]]:
    """Delivered headers that each canonical column is read from; columns that nothing fills are not in it."""
    found: dict[str, list[str]] = {}
    there = set(delivered)
    for name, spec in specs_by_column(there, entry, table).items():
        present = [header for header in spec.headers() if header in there]
        if present or spec.constant is not None:
            found[name] = present[:1] if spec.column is not None else present
    return found


def left_out(entry: Entry, table: Table) -> set[str]:
    """Headers of columns that the entry says not to take."""
    return {
        header for header, name in headers(table) if name in entry.columns and entry.columns[name] is None
    }


def nearest(header: str, table: Table, open_columns: Sequence[str]) -> str | None:
    """The header of the table that is most like one that nothing reads: of columns nothing fills, else of any.

    Like is also what stands within the other: 是否重大 is within 重大事故隐患 but for the question.
    """
    bare = BRACKETS.sub("", plain(header)) or plain(header)
    asked = _QUESTION.sub("", bare)
    enough = _LIKE_IN_LETTERS if bare.isascii() else _LIKE
    for names in (set(open_columns), set(table.columns())):
        known = {plain(one): one for one, name in headers(table) if name in names and name != "source"}
        known = {key: one for key, one in known.items() if key != plain(header)}
        if found := get_close_matches(bare, list(known), n=1, cutoff=enough):
            return known[found[0]]
        within = [
            key for key in known if len(asked) >= _LEAST_WITHIN and not asked.isascii() and asked in key
        ]
        if within:
            return known[max(within, key=lambda key: SequenceMatcher(None, asked, key).ratio())]
    return None
