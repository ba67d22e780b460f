"""What the code of an enterprise would be if a datum were not there, or said something else.

The same function of the same events as every code (``path``), on rows with the datum left out or corrected;
nothing is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from models.coding.path import code_path, remembered
from models.errors import DisputeError
from models.features import Events, integer_form
from models.features.events import EVENT_COLUMNS
from models.tables.canonical import TABLES, Table
from models.vocabulary import CODE_KEYS
from warehouse.coding.coding import Coding
from warehouse.coding.levels import in_memory
from warehouse.coding.overrides import standing_overrides
from warehouse.database.findings import findings
from warehouse.database.frames import Connection, shown_as
from warehouse.intake.decided import Change


@dataclass(frozen=True)
class Datum:
    """One thing on record: table, source and number within the source (of the register: the enterprise's id)."""

    table: str
    source: str | None
    ident: str

    @property
    def kind(self) -> Table:
        """Its canonical table."""
        return TABLES[self.table]

    def condition(self) -> tuple[str, dict[str, Any]]:
        """SQL that finds its versions, and the arguments."""
        terms = [f"{self.kind.key[-1]} = $ident"]
        terms += ["source = $source"] if self.has_source else []
        arguments = {"ident": self.ident, **({"source": self.source} if self.has_source else {})}
        return " AND ".join(terms), arguments

    @property
    def has_source(self) -> bool:
        """Whether its number is unique within a source only."""
        return len(self.kind.key) > 1

    def is_row(self) -> pl.Expr:
        """The rows of a canonical frame that are about it."""
        mine = pl.col(self.kind.key[-1]) == self.ident
        return mine & (pl.col("source") == self.source) if self.has_source else mine


class CodeIf(NamedTuple):
    """A code as shown, and as it is by the facts and change rules where an override hides them."""

    shown: str
    held: str


def code_if(
    connection: Connection,
    coding: Coding,
    enterprise_id: str,
    *,
    without: Sequence[Datum] = (),
    corrected: Mapping[Datum, Sequence[Change]] | None = None,
) -> CodeIf:
    """The code of an enterprise on the coded day, as known on the day of knowledge, on other data.

    ``without``: data left out.  ``corrected``: data with other values.  Neither: the code as it is.  All that is
    stored counts (``coding.stored_by`` is for replays, and no past day is contested).
    """
    changes = {one: tuple(found) for one, found in (corrected or {}).items()}
    events = Events(
        **{name: _frame(connection, name, enterprise_id, without, changes).lazy() for name in EVENT_COLUMNS}
    )
    overrides = standing_overrides(connection, coding)
    overrides = overrides.filter(pl.col("enterprise_id") == enterprise_id)
    day, rules = coding.as_of, coding.in_force
    with in_memory(events) as rows:
        judged = rows.judged(remembered(day, day, coding.known_at, rules), rules)
    codes = code_path(judged, first=day, last=day, rules=rules, overrides=overrides).codes
    if codes.height != 1:
        raise DisputeError(
            "'{enterprise_id}' had no code on {as_of}. Check the id: ./riskcode codes --list",
            enterprise_id=enterprise_id,
            as_of=coding.as_of,
        )
    held, shown = codes.select("held_rank", "rank").row(0)
    return CodeIf(CODE_KEYS[shown], CODE_KEYS[held])


def _frame(
    connection: Connection,
    name: str,
    enterprise_id: str,
    without: Sequence[Datum],
    corrected: Mapping[Datum, tuple[Change, ...]],
) -> pl.DataFrame:
    """The rows of one table about an enterprise in integer form, with the data that are asked about taken out."""
    query = f"FROM core.{name} WHERE enterprise_id = $id"
    rows = connection.sql(query, params={"id": enterprise_id}).pl()
    for one in without:
        rows = rows.filter(~one.is_row()) if one.table == name else rows
    for one, changes in corrected.items():
        rows = rows.with_columns(_changed(one, changes, rows)) if one.table == name else rows
    # A datum that is found to be about somebody else is not about this enterprise any more.
    rows = rows.filter(pl.col("enterprise_id") == enterprise_id)
    if name == "violations":
        with shown_as(connection, "reports_if", rows):
            rows = connection.sql(f"FROM {findings(connection, 'reports_if')}").pl()
    return integer_form(rows).select(*EVENT_COLUMNS[name], "known_from", "known_to")


def _changed(datum: Datum, changes: Sequence[Change], rows: pl.DataFrame) -> list[pl.Expr]:
    return [
        pl.when(datum.is_row()).then(change.value(rows.schema)).otherwise(change.column).alias(change.column)
        for change in changes
    ]
