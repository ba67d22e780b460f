"""What a declaration of a table says.  Nothing here opens a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import polars as pl

Renewed = Literal["update", "enterprise", "night"]
"""What an update within the day does to a published table: replaces it whole, exchanges the rows of the enterprises
coded anew, or leaves it as the night made it."""


@dataclass(frozen=True)
class Column:
    """A column: its DuckDB type, what it means (English), and whether it may not be empty.

    ``personal``: it tells of a person, or holds what somebody wrote freely and may name one; no shared copy has it.
    """

    kind: str
    meaning: str
    required: bool = False
    personal: bool = False


text, texts = partial(Column, "VARCHAR"), partial(Column, "VARCHAR[]")
day, moment = partial(Column, "DATE"), partial(Column, "TIMESTAMP")
whole, small, number = partial(Column, "BIGINT"), partial(Column, "INTEGER"), partial(Column, "DOUBLE")
flag = partial(Column, "BOOLEAN")

POLARS: dict[str, type[pl.DataType]] = {
    "VARCHAR": pl.String,
    "DATE": pl.Date,
    "TIMESTAMP": pl.Datetime,
    "BIGINT": pl.Int64,
    "UINTEGER": pl.UInt32,
    "DOUBLE": pl.Float64,
    "BOOLEAN": pl.Boolean,
}
"""Polars type of the columns of computed frames, by DuckDB type."""


@dataclass(frozen=True)
class OwnTable:
    """A table of the warehouse.

    ``grain``: what one row is.  ``key``: columns no two rows share.  ``order`` and ``where``: how it is published.
    ``when_published``: columns only the published copy has; ``kept_back``: those that it does not have.
    ``is_kept``: made with the warehouse; the others are replaced whole by what computes them.
    ``is_of_day``: made anew for the day that is coded, in a place of its own until it is issued
    (``warehouse.database.places``); the others are ledgers, which only grow.
    """

    grain: str
    columns: Mapping[str, Column]
    key: str = ""
    order: str = ""
    where: str = ""
    renewed: Renewed = "update"
    is_kept: bool = True
    is_of_day: bool = False
    is_published: bool = True
    when_published: Mapping[str, Column] = field(default_factory=dict[str, Column])
    kept_back: tuple[str, ...] = ()

    @property
    def shown(self) -> dict[str, Column]:
        """Columns of the published copy."""
        here = {name: column for name, column in self.columns.items() if name not in self.kept_back}
        return here | dict(self.when_published)

    @property
    def personal(self) -> frozenset[str]:
        """Columns of the published copy that tell of a person."""
        return frozenset(name for name, column in self.shown.items() if column.personal)

    def ddl(self, name: str) -> str:
        """SQL that creates it."""
        listed = [
            f"{column} {one.kind}{' NOT NULL' if one.required else ''}"
            for column, one in self.columns.items()
        ]
        listed += [f"PRIMARY KEY ({self.key})"] if self.key else []
        return f"CREATE TABLE {name} ({', '.join(listed)})"

    def rows_of(self, name: str) -> str:
        """SQL that gives its rows for the published copy."""
        where = f" WHERE {self.where}" if self.where else ""
        order = self.order or self.key
        return f"FROM {name}{where}{f' ORDER BY {order}' if order else ''}"

    def frame(self, rows: Sequence[tuple[Any, ...]] = (), *columns: str) -> pl.DataFrame:
        """Rows in its columns, or in those named, which must be of plain types."""
        schema = {name: POLARS[self.columns[name].kind] for name in columns or self.columns}
        return pl.DataFrame(rows, schema=schema, orient="row")


def own_table(
    known: Mapping[str, Column],
    grain: str,
    columns: str,
    *,
    key: str = "",
    order: str = "",
    where: str = "",
    renewed: Renewed = "update",
    is_kept: bool = True,
    is_of_day: bool = False,
    is_published: bool = True,
    when_published: str = "",
    **own: Column,
) -> OwnTable:
    """A table of columns that ``known`` describes by their names, but for those of ``own``."""
    means = {**known, **own}
    here, there = ({one: means[one] for one in names.split()} for names in (columns, when_published))
    return OwnTable(grain, here, key, order, where, renewed, is_kept, is_of_day, is_published, there)


def like(table: OwnTable, grain: str) -> OwnTable:
    """An unpublished table of the same columns."""
    return replace(table, grain=grain, is_published=False)


def spread(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Columns that are described together, such as ``title_zh title_en``, each by its own name."""
    return {name: column for names, column in columns.items() for name in names.split()}


COMMON: dict[str, Column] = spread(
    {
        "enterprise_id": text("the enterprise"),
        "as_of": day("day coded, or planned at the end of"),
        "code": text("green, blue, yellow or red"),
        "score": whole("risk points; higher is riskier"),
        "is_provisional": flag("too little data to rate (暂定), or days of a calendar not yet announced"),
        "pack": text("policy pack"),
        "pack_version": text("its version"),
        "pack_hash": text("SHA-256 of what of it decides codes"),
        "fingerprint": text("SHA-256 of the points of its scorecard"),
        "data_watermark": day("latest day on which anything that counts became known"),
        "run_id": text("the run; updates within the day begin with watch-, objections with objection-"),
        "rank": whole("order, 1 first"),
        "title_zh title_en": text("wording"),
        "source": text("mapping that delivered the row"),
        "violation_id": text("finding number within the source"),
        "item_code": text("item of the check-item catalogue or legal article"),
        "reason": text("why", personal=True),
        "stored_no": whole(
            "number of the last write it could use or made; every write of data or decisions has the next one"
        ),
        "given_by": text("who answers for it", personal=True),
        "given_at filed_at decided_at activated_at finished_at stored_at promoted_at": moment(
            "when it was recorded"
        ),
        "known_at": day("day of knowledge"),
    }
)
"""Columns of several rooms; a name means the same everywhere unless its room or table says otherwise."""
