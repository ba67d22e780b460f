"""What is proposed: columns, entries and the whole draft, as data that the desk writes and says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from models.messages import Message
from warehouse.intake.drafting.layouts import Unread

Spec = dict[str, Any]
"""How a mapping says what fills a column: its keys and values."""
By = Literal["header", "content", "made"]


@dataclass(frozen=True)
class Column:
    """What is proposed for a canonical column.

    ``by``: how it was found.  ``cells`` are filled and ``fit`` of them can be read.  ``notes`` say what to know,
    ``questions`` what a person has to decide.  What ``is_open`` is written as a comment: nothing fills the column yet;
    what ``is_barred`` as well would be filled by its header unmapped, and is written as ``null``.
    """

    name: str
    spec: Spec
    by: By
    cells: int = 0
    fit: int = 0
    notes: tuple[Message, ...] = ()
    questions: tuple[Message, ...] = ()
    is_open: bool = False
    is_barred: bool = False


@dataclass(frozen=True)
class Entry:
    """Files, or sheets of them, that hold rows of one table; ``layout`` are the other keys of the entry."""

    table: str
    files: tuple[str, ...]
    layout: Mapping[str, Any]
    columns: tuple[Column, ...]
    rows: int
    notes: tuple[Message, ...] = ()
    questions: tuple[Message, ...] = ()
    unread: tuple[tuple[str, str | None], ...] = ()
    """Headers that nothing reads, each with the header of the table that is most like it."""


@dataclass(frozen=True)
class Draft:
    """A first mapping: what a person would have to write, what is open, and what of the folder it leaves unread."""

    name: str
    title: str
    id_scheme: Literal["uscc", "any"]
    entries: tuple[Entry, ...]
    unread: tuple[Unread, ...] = ()
    asked: tuple[Message, ...] = ()
    valid_codes: tuple[int, int] = field(default=(0, 0))
    """Valid credit codes, and filled cells of the columns that number enterprises."""

    @property
    def questions(self) -> int:
        """How many things a person is asked."""
        return len(self.asked) + sum(
            len(entry.questions) + sum(len(column.questions) for column in entry.columns)
            for entry in self.entries
        )

    def mapping(self) -> dict[str, Any]:
        """The mapping as data: what its file says without the comments."""
        tables: dict[str, list[dict[str, Any]]] = {}
        for entry in self.entries:
            columns = {
                one.name: None if one.is_barred else one.spec
                for one in entry.columns
                if one.is_barred or not one.is_open
            }
            tables.setdefault(entry.table, []).append(
                {"files": list(entry.files), **entry.layout, "columns": columns}
            )
        return {"mapping": self.name, "title": self.title, "id_scheme": self.id_scheme, "tables": tables}
