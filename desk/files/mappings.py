"""A drafted mapping as the file a person goes on with: YAML, with what fits and what is asked as comments."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from desk.words.words import Words
from models.tables.canonical import TABLES
from warehouse.intake.drafting.proposal import Column, Draft, Entry
from warehouse.intake.files.raw import placed, shown

_WIDE = 100
"""Characters of a line; what is longer stands in several."""
_PLAIN = re.compile(r"[A-Za-z_\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff]*")
_READ_AS_OTHERS = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])


def draft_text(draft: Draft, words: Words) -> str:
    """The mapping file of a draft."""
    return "\n".join(_lines(draft, words)) + "\n"


def _lines(draft: Draft, words: Words) -> Iterator[str]:
    yield _comment(
        words("A draft, made from the files themselves. Look at every line; lines with # ? ask something.")
    )
    if draft.questions:
        yield _comment(words.plural("{n} question is open.", "{n} questions are open.", draft.questions))
    yield f"mapping: {scalar(draft.name)}"
    yield f"title: {scalar(draft.title)}"
    valid, cells = draft.valid_codes
    told = words(
        "{valid} of {n} numbers of enterprises are valid credit codes", valid=f"{valid:,}", n=f"{cells:,}"
    )
    yield _beside(f"id_scheme: {draft.id_scheme}", [told] if cells else [])
    for note in draft.asked:
        yield _asked(words.of(note))
    yield "tables:" if draft.entries else "tables: {}"
    for name in dict.fromkeys(entry.table for entry in draft.entries):
        yield f"  {name}:" + _title(name, words)
        for entry in draft.entries:
            if entry.table == name:
                yield from _entry(entry, words)
    if draft.unread:
        yield _comment(words("Not read, since nothing here fits:"))
        for one in draft.unread:
            yield _comment(f"- {placed(one.file, one.sheet)}{words.colon}{words.of(one.why)}")


def _title(table: str, words: Words) -> str:
    return f"  # {words.within('table', table.replace('_', ' '))}"


def _entry(entry: Entry, words: Words) -> Iterator[str]:
    yield _beside(f"    - files: {flow(entry.files)}", [words.plural("{n} row", "{n} rows", entry.rows)])
    for key, value in entry.layout.items():
        yield f"      {key}: {flow(value)}"
    for note in entry.notes:
        yield _comment(words.of(note), 6)
    for question in entry.questions:
        yield _asked(words.of(question), 6)
    yield (
        "      columns:"
        if any(one.is_barred or not one.is_open for one in entry.columns)
        else "      columns: {}"
    )
    for column in entry.columns:
        yield from _column(entry.table, column, words)
    if entry.unread:
        near = [f"{header} (→ {name}?)" if name else header for header, name in entry.unread]
        yield _comment(words("Columns that nothing reads: {names}", names=words.listing(near)), 6)


def _column(table: str, column: Column, words: Words) -> Iterator[str]:
    for question in column.questions:
        yield _asked(f"{column.name}{words.colon}{words.of(question)}", 8)
    told = [_meant(table, column, words)]
    if column.cells:
        told.append(words("{share} of {n} cells fit", share=_share(column), n=f"{column.cells:,}"))
    elif column.spec and not column.is_open:
        told.append(words("all cells are empty"))
    told += [words.of(note) for note in column.notes]
    lines = _written(column.name, column.spec)
    if column.is_open:
        if column.spec:
            yield from (_comment(line, 8) for line in lines)
        if column.is_barred:
            yield f"        {column.name}: null"
        return
    yield _beside(f"        {lines[0]}", told)
    yield from (f"        {line}" for line in lines[1:])


def _meant(table: str, column: Column, words: Words) -> str:
    """What the column is called in the language of the deliveries, for those who read it."""
    meta = TABLES[table].columns()[column.name].metadata or {}
    return str(meta["zh"]) if words.language == "zh" else ""


def _share(column: Column) -> str:
    """Never 100 % while a cell does not fit."""
    if column.fit == column.cells:
        return "100%"
    return f"{min(column.fit / column.cells, 0.999):.1%}"


def _written(name: str, spec: Mapping[str, Any]) -> list[str]:
    """A column as the mapping says it: short where it is one header, in lines where it is long."""
    if list(spec) == ["column"] and isinstance(spec["column"], str):
        return [f"{name}: {scalar(spec['column'])}"]
    whole = f"{name}: {flow(spec)}"
    if len(whole) <= _WIDE:
        return [whole]
    lines = [f"{name}:"]
    for key, value in spec.items():
        if isinstance(value, Mapping):
            lines += [
                f"  {key}:",
                *(f"    {scalar(one)}: {scalar(meaning)}" for one, meaning in value.items()),
            ]
        else:
            lines.append(f"  {key}: {flow(value)}")
    return lines


def flow(value: Any) -> str:
    """A value of YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """A text, number or day of YAML that is read as exactly that."""
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        return str(value).lower()
    if _PLAIN.fullmatch(value) and value.lower() not in _READ_AS_OTHERS:
        return value
    return '"' + "".join(_escaped(char) for char in value) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08X}"


def _beside(line: str, told: Sequence[str]) -> str:
    said = " · ".join(shown(one) for one in told if one)
    return f"{line}  # {said}" if said else line


def _comment(text: str, indent: int = 0) -> str:
    return f"{' ' * indent}# {_one_line(text)}"


def _asked(text: str, indent: int = 0) -> str:
    return f"{' ' * indent}# ? {_one_line(text)}"


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
