"""Parts of a delivery that one entry of the mapping can read: sheets of a workbook, files of one kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from models.messages import Message
from models.tables.canonical import TABLES, Table, decisive
from warehouse.intake.drafting.codes import says_withdrawn
from warehouse.intake.drafting.entries import Rows, columns_of
from warehouse.intake.drafting.layouts import Part, Unread
from warehouse.intake.drafting.names import file_patterns, sheet_patterns
from warehouse.intake.drafting.proposal import Column, Entry
from warehouse.intake.drafting.shapes import example
from warehouse.intake.drafting.synonyms import may_withdraw
from warehouse.intake.drafting.tables import Recognised, recognised, recognised_tables
from warehouse.intake.files.raw import shown
from warehouse.intake.recognition import nearest

_MOST_HEADERS = 12


@dataclass
class Group:
    """Parts of one layout and table; ``sheets`` as an entry names them, ``others`` the rows may be of as well."""

    table: Table
    parts: list[Part]
    sheets: list[str]
    others: list[Recognised]

    @property
    def names(self) -> list[str]:
        """What files and sheets are called, and what stands above their headers."""
        return [name for part in self.parts for name in _names(part)]

    def rows(self) -> Rows:
        """All rows together."""
        frame = pl.concat([part.raw.frame for part in self.parts], how="diagonal_relaxed")
        return Rows(frame, self.names)


def groups_of(parts: Sequence[Part]) -> tuple[list[Group], list[Unread]]:
    """Groups by table, the register first, and the parts that are of no table."""
    without, of_files = list[Unread](), dict[Any, Group]()
    for part in parts:
        tables = recognised_tables(part.headers, part.raw.frame, _names(part))
        if not tables:
            without.append(
                Unread(shown(part.path.name), part.sheet and shown(part.sheet), _why_no_table(part))
            )
            continue
        first, *others = tables
        near = [one for one in others if one.points == first.points or _own(one) - _headers(first)]
        group = of_files.setdefault(
            (part.path.name, *_alike(part, first.table)), Group(first.table, [], [], near)
        )
        group.parts.append(part)
    made = dict[Any, Group]()
    for group in of_files.values():
        group.sheets = _sheets(group.parts)
        same = made.setdefault((*_alike(group.parts[0], group.table), str(group.sheets)), group)
        if same is not group:
            same.parts += group.parts
    return sorted(made.values(), key=lambda group: list(TABLES).index(group.table.name)), without


def _names(part: Part) -> list[str]:
    return [part.path.stem, part.sheet or "", part.title]


def _alike(part: Part, table: Table) -> tuple[Any, ...]:
    """What parts have in common that one entry can read."""
    layout = {key: value for key, value in part.layout.items() if key not in ("footer", "merged")}
    return table.name, part.path.suffix.lower(), frozenset(part.headers), str(layout)


def _sheets(parts: Sequence[Part]) -> list[str]:
    """The sheets of one file that an entry reads; none to name where the file has no other."""
    mine = [part.sheet for part in parts if part.sheet is not None and len(part.sheets) > 1]
    return sheet_patterns(mine, [name for name in parts[0].sheets if name not in mine])


def _headers(one: Recognised) -> set[str]:
    return {match.header for several in one.found.values() for match in several}


def _own(one: Recognised) -> set[str]:
    """Headers that number the rows of a table, or that codes rest on."""
    if one.table.is_register:
        return set()
    columns = {one.table.key[-1], *decisive(one.table)}
    return {match.header for column, several in one.found.items() if column in columns for match in several}


def entry_of(group: Group, files: Sequence[str], today: date) -> Entry:
    """What the mapping says of a group; ``files`` are all files of the delivery."""
    rows, table = group.rows(), group.table
    columns = columns_of(rows, recognised(table, rows.headers, rows.frame, rows.names), today)
    mine = list(dict.fromkeys(part.path.name for part in group.parts))
    return Entry(
        table.name,
        file_patterns(mine, [name for name in files if name not in mine]),
        _layout(group),
        tuple(columns),
        rows.frame.height,
        tuple(dict.fromkeys(note for part in group.parts for note in part.notes)),
        tuple(_questions(group, rows, columns)),
        _unread(rows, table, columns),
    )


def _layout(group: Group) -> dict[str, Any]:
    layout = dict[str, Any]()
    for part in group.parts:
        footer = [*layout.get("footer", []), *part.layout.get("footer", [])]
        layout |= part.layout | ({"footer": list(dict.fromkeys(footer))} if footer else {})
    if group.sheets:
        layout = {"sheet": group.sheets[0] if len(group.sheets) == 1 else group.sheets, **layout}
    return layout


def _questions(group: Group, rows: Rows, columns: Sequence[Column]) -> list[Message]:
    asked = list(dict.fromkeys(question for part in group.parts for question in part.questions))
    for other in group.others:
        headers = ", ".join(sorted(map(example, _own(other) or _headers(other))))
        asked.append(
            Message(
                "the rows may be of {table} as well or instead ({headers}); an entry of its own reads them, too",
                {"table": other.table.name, "headers": headers},
            )
        )
    used = {header for one in columns for header in headers_in(one)}
    gone = [
        header
        for header in rows.headers
        if may_withdraw(header) or (header not in used and says_withdrawn(rows.frame[header]))
    ]
    if gone:
        asked.append(
            Message(
                "{headers} may say that a row no longer stands; all rows are taken as they are",
                {"headers": ", ".join(map(example, gone))},
            )
        )
    return asked


def _unread(rows: Rows, table: Table, columns: Sequence[Column]) -> tuple[tuple[str, str | None], ...]:
    """Headers that nothing reads, with the nearest header of the table."""
    used = {header for one in columns for header in headers_in(one)}
    filled = {one.name for one in columns if not one.is_open}
    is_open = [name for name in table.columns() if name not in filled]
    return tuple(
        (example(header), nearest(header, table, is_open)) for header in rows.headers if header not in used
    )


def headers_in(column: Column) -> list[str]:
    """Headers that a proposed column reads."""
    given = [column.spec.get(key) for key in ("column", "first", "join")]
    return [header for one in given if one for header in ([one] if isinstance(one, str) else one)]


def _why_no_table(part: Part) -> Message:
    headers = [
        *map(example, part.headers[:_MOST_HEADERS]),
        *(["…"] if len(part.headers) > _MOST_HEADERS else []),
    ]
    return Message("no table fits its columns ({headers})", {"headers": ", ".join(headers)})
