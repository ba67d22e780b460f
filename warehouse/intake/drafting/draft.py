"""The draft of a folder: its files looked at one by one, rows of one layout put together, each table proposed."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from models.credit_codes import is_credit_code
from models.errors import DeliveryError
from models.messages import Message
from models.tables.canonical import TABLES, Table
from models.writing import narrow
from warehouse.intake.delivery import is_finished
from warehouse.intake.drafting.entries import Rows, columns_of
from warehouse.intake.drafting.layouts import Part, Unread, parts_of
from warehouse.intake.drafting.names import file_patterns, sheet_patterns, source_name
from warehouse.intake.drafting.proposal import Column, Draft, Entry
from warehouse.intake.drafting.shapes import example, filled
from warehouse.intake.drafting.tables import Recognised, needed, recognised_tables
from warehouse.intake.files.raw import LINE, shown
from warehouse.intake.recognition import nearest

_MOSTLY_VALID = 0.9
"""Share of valid credit codes from which on enterprises are numbered by them, so that the others are slips."""
_NAMED = 5

Progress = Callable[[str], None]


def drafted(
    folder: Path, *, today: date, name: str | None = None, progress: Progress = lambda _: None
) -> Draft:
    """A first mapping for the files of a folder.  Raises DeliveryError when there is nothing to look at."""
    if not folder.is_dir():
        raise DeliveryError(
            "There is no folder {folder}. Give the folder that holds the delivered files.", folder=folder
        )
    root = folder.resolve()
    there = [path for path in sorted(folder.iterdir()) if is_finished(path) and path.name != "mapping.yaml"]
    files = [path for path in there if path.is_file() and path.resolve().is_relative_to(root)]
    if not files:
        raise DeliveryError("There is no file in {folder} to look at.", folder=folder)
    parts, unread = (
        list[Part](),
        [Unread(shown(one.name), None, Message("only files are read")) for one in there if one not in files],
    )
    for path in files:
        progress(shown(path.name))
        for one in parts_of(path):
            (parts if isinstance(one, Part) else unread).append(one)  # type: ignore[arg-type]
    entries, without = _entries(parts, [path.name for path in files], today)
    found = folder.resolve().name
    valid, cells = _valid_codes(parts, entries)
    scheme = "uscc" if cells and valid >= _MOSTLY_VALID * cells else "any"
    return Draft(
        name or source_name(found),
        shown(found),
        scheme,
        tuple(entries),
        (*unread, *without),
        _notes(parts, entries, scheme),
        (valid, cells),
    )


def _entries(parts: Sequence[Part], files: Sequence[str], today: date) -> tuple[list[Entry], list[Unread]]:
    without, groups = list[Unread](), dict[Any, list[tuple[Part, list[Recognised]]]]()
    for part in parts:
        tables = recognised_tables(
            part.headers, part.raw.frame, [part.path.stem, part.sheet or "", part.title]
        )
        if not tables:
            without.append(
                Unread(shown(part.path.name), part.sheet and shown(part.sheet), _why_no_table(part))
            )
            continue
        groups.setdefault(_alike(part, tables[0].table), []).append((part, tables))
    by_file: dict[Any, list[list[tuple[Part, list[Recognised]]]]] = {}
    for group in groups.values():
        sheets = _sheets(group, parts)
        by_file.setdefault((_alike(group[0][0], group[0][1][0].table)[1:], str(sheets)), []).append(group)
    made = [
        _entry([one for group in same for one in group], parts, files, today) for same in by_file.values()
    ]
    return sorted(made, key=lambda entry: list(TABLES).index(entry.table)), without


def _alike(part: Part, table: Table) -> tuple[Any, ...]:
    """What parts have in common that one entry can read; the file comes first."""
    layout = {key: value for key, value in part.layout.items() if key not in ("footer", "merged")}
    return part.path.name, table.name, part.path.suffix.lower(), frozenset(part.headers), str(layout)


def _sheets(group: Sequence[tuple[Part, Any]], parts: Sequence[Part]) -> list[str]:
    """The sheets of one file that an entry reads; none to name where the first is meant and there is no other."""
    file = group[0][0].path
    mine = [part.sheet for part, _ in group if part.sheet is not None and not part.is_only_sheet]
    others = [
        part.sheet
        for part in parts
        if part.path == file and part.sheet is not None and part.sheet not in mine
    ]
    return sheet_patterns(mine, others)


def _entry(
    group: Sequence[tuple[Part, list[Recognised]]], parts: Sequence[Part], files: Sequence[str], today: date
) -> Entry:
    mine = [part for part, _ in group]
    table = group[0][1][0].table
    frame = pl.concat([part.raw.frame for part in mine], how="diagonal_relaxed")
    names = [name for part in mine for name in (part.path.stem, part.sheet or "", part.title)]
    again = next(one for one in recognised_tables(mine[0].headers, frame, names) if one.table is table)
    columns = columns_of(Rows(frame, names), again, today)
    names_of_files = list(dict.fromkeys(part.path.name for part in mine))
    others = [name for name in files if name not in names_of_files]
    layout = dict[str, Any]()
    for part in mine:
        footer = [*layout.get("footer", []), *part.layout.get("footer", [])]
        layout |= part.layout | ({"footer": list(dict.fromkeys(footer))} if footer else {})
    sheets = _sheets([one for one in group if one[0].path == mine[0].path], parts)
    if sheets:
        layout = {"sheet": sheets[0] if len(sheets) == 1 else sheets, **layout}
    notes = list(dict.fromkeys(note for part in mine for note in part.notes))
    rival = group[0][1][1] if len(group[0][1]) > 1 else None
    questions = list(dict.fromkeys(question for part in mine for question in part.questions))
    if rival is not None and rival.points == group[0][1][0].points:
        questions.append(Message("the rows could be of {table} as well", {"table": rival.table.name}))
    return Entry(
        table.name,
        file_patterns(names_of_files, others),
        layout,
        tuple(columns),
        frame.height,
        tuple(notes),
        tuple(questions),
        _unread(frame, table, columns),
    )


def _unread(
    frame: pl.DataFrame, table: Table, columns: Iterable[Column]
) -> tuple[tuple[str, str | None], ...]:
    """Headers that nothing reads, with the nearest header of the table."""
    used = {header for one in columns for header in headers_in(one)}
    filled_ = {one.name for one in columns if not one.is_open}
    is_open = [name for name in table.columns() if name not in filled_]
    return tuple(
        (shown(header), nearest(header, table, is_open))
        for header in frame.columns
        if header != LINE and header not in used
    )


def headers_in(column: Column) -> list[str]:
    """Headers that a proposed column reads."""
    given = [column.spec.get(key) for key in ("column", "first", "join")]
    return [header for one in given if one for header in ([one] if isinstance(one, str) else one)]


def _why_no_table(part: Part) -> Message:
    near = {name: [column for column in needed(table) if column] for name, table in TABLES.items()}
    named = ", ".join(map(shown, part.headers[:12]))
    return Message(
        "no table fits its columns ({headers}); a table needs at least {needed}",
        {
            "headers": named,
            "needed": "; ".join(f"{name}: {', '.join(wanted)}" for name, wanted in list(near.items())[:5]),
        },
    )


def _numbers(parts: Sequence[Part], entries: Sequence[Entry]) -> Iterable[str]:
    headers = {
        header
        for entry in entries
        for one in entry.columns
        if one.name == "enterprise_id"
        for header in headers_in(one)
    }
    for part in parts:
        for header in headers & set(part.headers):
            yield from narrow(filled(part.raw.frame[header])).str.to_uppercase()


def _valid_codes(parts: Sequence[Part], entries: Sequence[Entry]) -> tuple[int, int]:
    """Valid credit codes among the numbers of enterprises, and how many numbers there are."""
    numbers = list(_numbers(parts, entries))
    valid = {number for number in set(numbers) if is_credit_code(number)}
    return sum(number in valid for number in numbers), len(numbers)


def _notes(parts: Sequence[Part], entries: Sequence[Entry], scheme: str) -> tuple[Message, ...]:
    """What holds for the whole draft: numbers that are no valid codes though nearly all are."""
    if scheme != "uscc":
        return ()
    odd = [number for number in dict.fromkeys(_numbers(parts, entries)) if not is_credit_code(number)]
    if not odd:
        return ()
    named = ", ".join(map(example, odd[:_NAMED])) + (" …" if len(odd) > _NAMED else "")
    return (
        Message(
            "{n} numbers are no valid credit codes and will be refused: {codes}. Those that were issued all the "
            "same go into accepted_codes, each with a reference",
            {"n": len(odd), "codes": named},
        ),
    )
