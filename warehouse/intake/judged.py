"""What was decided about a delivery, before anything of it is written."""

from collections import Counter
from collections.abc import Mapping as Facts
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import polars as pl

from models.contract import ROW
from models.messages import N_, Remark
from warehouse.database.rows import Rows
from warehouse.intake.files.raw import Raw, placed
from warehouse.intake.mapping import Mapping

REJECT_SCHEMA = pl.Schema(
    {
        "source": pl.String,
        "table_name": pl.String,
        "file": pl.String,
        "sheet": pl.String,
        "line": pl.Int64,
        "rules": pl.String,
        "content": pl.String,
        "cells": pl.String,
        "state": pl.String,
        "mapping_hash": pl.String,
        "entry": pl.Int64,
    }
)


@dataclass
class Batch:
    """One file, or sheet, as one table entry reads it.

    ``read_as``: delivered header → the header it stands for.  ``origins``: canonical column → headers that fill it, as
    they are read.  ``unclear``: columns that several headers could fill.
    Known once its rows were gone through: ``height``, how many could be read; ``filled``, in how many of them the cells
    under a header hold something; ``flawed``, lines whose cells as kept do not tell what they hold, so that they cannot
    be judged again.
    """

    table: str
    entry_at: int
    raw: Raw
    read_as: Facts[str, str] = field(default_factory=dict[str, str])
    origins: Facts[str, list[str]] = field(default_factory=dict[str, list[str]])
    unclear: tuple[str, ...] = ()
    height: int = 0
    filled: Counter[str] = field(default_factory=Counter[str])
    flawed: frozenset[int] = frozenset()

    @property
    def delivered(self) -> int:
        """Rows delivered, readable or not."""
        return self.height + sum(1 for unread in self.raw.unread if unread.line > 0)

    def headers_by_column(self) -> dict[str, list[str]]:
        """Delivered headers that fill each canonical column."""
        delivered = {name: header for header, name in self.read_as.items()}
        return {
            column: [delivered[one] for one in headers if one in delivered]
            for column, headers in self.origins.items()
        }


@dataclass(frozen=True)
class FileCount:
    """How the rows of one file, or of one sheet of it, fared for one table."""

    table: str
    file: str
    delivered: int
    accepted: int
    refused: int
    sheet: str | None = None
    entry_at: int = 0
    headers: Facts[str, str] = field(default_factory=dict[str, str])
    """Headers that filled its decisive columns."""


_MEANT = N_("{file}: column {name} {why}: did you mean {nearest}?")
_CONTENT = {
    "file": N_("{file}: {why}"),
    "sheet": N_("{file}: sheet {name} {why}"),
    "column": N_("{file}: column {name} {why}"),
}
_LACKING = {
    "header": N_("{file}: nothing fills {column}"),
    "cells": N_("{file}: nothing fills {column}: all its cells are blank"),
    "key": N_("{file}: {n} objects have no key for {column}, first in line {line}"),
}


class Unused(NamedTuple):
    """Content of a delivery that nothing reads.

    ``rows`` is how many hold something (``None`` where nobody looked), ``nearest`` the header it may be meant for.
    """

    kind: Literal["file", "sheet", "column"]
    file: str
    sheet: str | None
    name: str
    rows: int | None
    nearest: str | None
    why: Remark

    def remark(self) -> Remark:
        """The same as a sentence."""
        facts = {"file": placed(self.file, self.sheet), "name": self.name, "why": self.why}
        if self.nearest:
            return Remark(_MEANT, **facts, nearest=self.nearest)
        return Remark(_CONTENT[self.kind], **facts)

    def __str__(self) -> str:
        return self.remark()


class Unfilled(NamedTuple):
    """A canonical column that nothing in a file fills, or not in all of its rows.

    ``why``: no header for it (``header``), a header over blank cells only (``cells``), or objects of which some lack a
    key that others have (``key``; then ``rows`` counts them and ``line`` is the first).
    """

    table: str
    column: str
    is_decisive: bool
    file: str
    sheet: str | None
    entry_at: int = 0
    why: Literal["header", "cells", "key"] = "header"
    rows: int = 0
    line: int = 0

    def remark(self) -> Remark:
        """The same as a sentence."""
        facts = {"file": placed(self.file, self.sheet), "column": f"{self.table}.{self.column}"}
        if self.why == "key":
            return Remark(_LACKING[self.why], **facts, n=f"{self.rows:,}", line=self.line)
        return Remark(_LACKING[self.why], **facts)

    def __str__(self) -> str:
        return self.remark()


@dataclass
class Judged:
    """A delivery, decided but not written.

    ``rows``: those accepted, by table: canonical columns, ``named_as``, ``delivery_id``, ``source_file``,
    ``source_line``, and the ``batch`` they came in.
    """

    mapping: Mapping
    folder: str
    delivery_id: str
    rows: dict[str, Rows] = field(default_factory=dict)
    rejects: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECT_SCHEMA))
    files: list[FileCount] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list[Remark])
    unused: list[Unused] = field(default_factory=list)
    unfilled: list[Unfilled] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    strange_divisions: list[tuple[str, str, int]] = field(default_factory=list)
    """Table, code and rows of divisions that never existed."""
    cells: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECT_SCHEMA))
    """Rows accepted without a cell that could not be read: as rejects, in the state ``cell``."""
    contradicted: dict[str, pl.DataFrame] = field(default_factory=dict)
    """Rows that contradict each other, with their file, by table."""
    repeated: int = 0

    @property
    def accepted(self) -> dict[str, pl.DataFrame]:
        """Accepted rows by table, held all at once: for whoever looks at few."""
        return {name: self.held(name) for name in self.rows}

    def held(self, name: str) -> pl.DataFrame:
        """Accepted rows of one table, held all at once."""
        return self.rows[name].frame().drop(ROW, "batch", strict=False)

    @property
    def delivered(self) -> int:
        """Rows delivered in all mapped files."""
        return sum(count.delivered for count in self.files)

    @property
    def refused(self) -> int:
        """Rows refused."""
        return sum(count.refused for count in self.files)

    def remarks(self) -> list[Remark]:
        """What to know beside the rows: notes, what nothing reads, and decisive columns that nothing fills.

        Files that nothing reads stand in the notes already.
        """
        unused = [one.remark() for one in self.unused if one.kind != "file"]
        return [*self.notes, *unused, *(one.remark() for one in self.unfilled if one.is_decisive)]

    def rules(self) -> list[tuple[str, str, int]]:
        """(table, rule, rows) of all refusals, most frequent first; a row with two rules counts for both."""
        counted = (
            self.rejects.with_columns(pl.col("rules").str.split(", "))
            .explode("rules")
            .group_by("table_name", "rules")
            .agg(rows=pl.len())
            .sort(["rows", "table_name", "rules"], descending=[True, False, False])
        )
        return counted.rows()
