"""Decisions stand: a delivery that repeats what was found wrong does not bring it back.

A decision is about columns of one datum: this column said that and should say this.  Of the rows a source delivers
later, those recorded since the decision, and the newest one, carry the decided values wherever the source still says
what was found wrong; what the source itself has changed since is the source's.  Older rows stay as delivered: they are
history, and the decision's own version is later than theirs.  So a redelivery of the same rows changes nothing, and
news about the same datum come in without undoing the decision.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from models.tables.canonical import Table
from warehouse.database.frames import Connection
from warehouse.database.rows import Rows

Key = tuple[str, ...]
RECORDED = "recorded_at"


@dataclass(frozen=True)
class Change:
    """What a decision says about one column, as texts (``text_of``); ``None`` is empty."""

    column: str
    was: str | None
    becomes: str | None

    def value(self, schema: pl.Schema) -> pl.Expr:
        """What the column is to say."""
        dtype = schema[self.column]
        return pl.lit(value_of(self.becomes, dtype), dtype=dtype).alias(self.column)


@dataclass(frozen=True)
class Decided:
    """A decision about one datum.

    ``base_on``: ``recorded_at`` of the version that was judged; ``counts_on``: that of the version it made.
    """

    key: Key
    base_on: date
    counts_on: date
    changes: tuple[Change, ...]


def text_of(value: Any) -> str | None:
    """The text that stands for a value of any canonical column."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def value_of(text: str | None, dtype: pl.DataType) -> Any:
    """The value of a column that a text stands for."""
    if text is None:
        return None
    if dtype == pl.Datetime:
        return datetime.fromisoformat(text)
    if dtype == pl.Date:
        return date.fromisoformat(text)
    if dtype == pl.Boolean:
        return text == "true"
    return int(text) if dtype.is_integer() else float(text) if dtype.is_float() else text


def changes_text(changes: Iterable[Change]) -> str:
    """Changes as they are stored."""
    told = {change.column: {"from": change.was, "to": change.becomes} for change in changes}
    return json.dumps(told, ensure_ascii=False)


def changes_in(text: str | None) -> tuple[Change, ...]:
    """Changes as they were stored."""
    told: dict[str, dict[str, str | None]] = json.loads(text or "{}")
    return tuple(Change(column, change["from"], change["to"]) for column, change in told.items())


def carry_decisions(connection: Connection, table: Table, rows: Rows) -> None:
    """Let rows of a delivery say what was decided about any of them."""
    if decisions := decisions_about(connection, table):
        named = {one.key[-1] for one in decisions}
        concerned = rows.lazy().filter(pl.col(table.key[-1]).is_in(named)).collect()
        rows.put_right(carried(table, concerned, decisions))


def decisions_about(connection: Connection, table: Table) -> list[Decided]:
    """Standing decisions that changed data of a table, in the order they were made."""
    found = connection.execute(_STANDING, {"table": table.name}).fetchall()
    return [
        Decided(key_of(table, source, datum_id), base_on, counts_on, changes_in(changes))
        for source, datum_id, base_on, counts_on, changes in found
    ]


_STANDING = """
SELECT o.source, o.datum_id, d.base_on, d.counts_on, d.changes
FROM dispute.decisions d JOIN dispute.objections o USING (objection_id)
WHERE o.table_name = $table AND d.outcome = 'upheld' AND d.changes IS NOT NULL
ORDER BY d.stored_no
"""


def key_of(table: Table, source: str | None, datum_id: str) -> Key:
    """The key of a datum in the order of ``table.key``."""
    return (source or "", datum_id) if len(table.key) > 1 else (datum_id,)


def carried(table: Table, rows: pl.DataFrame, decisions: Sequence[Decided]) -> pl.DataFrame:
    """Rows with the decisions they carry (see the top of this file); the order of rows is not kept."""
    if not decisions:
        return rows
    by_key: dict[Key, list[Decided]] = defaultdict(list)
    for one in decisions:
        by_key[one.key].append(one)
    keys = pl.DataFrame(list(by_key), schema=dict.fromkeys(table.key, pl.String), orient="row")
    concerned = rows.join(keys, on=list(table.key), how="semi")
    if concerned.is_empty():
        return rows
    newest: dict[Key, date] = {}
    told = concerned.to_dicts()
    for row in told:
        key = _key(table, row)
        newest[key] = max(newest.get(key, date.min), row[RECORDED])
    schema = rows.schema
    for row in told:
        is_newest = row[RECORDED] == newest[_key(table, row)]
        for decided in by_key[_key(table, row)]:
            _carry(row, decided, schema, is_newest=is_newest)
    return pl.concat(
        [rows.join(keys, on=list(table.key), how="anti"), pl.DataFrame(told, schema=schema, orient="row")]
    )


def _key(table: Table, row: Mapping[str, Any]) -> Key:
    return tuple(row[name] for name in table.key)


def _carry(row: dict[str, Any], decided: Decided, schema: pl.Schema, *, is_newest: bool) -> None:
    recorded = row[RECORDED]
    if recorded < decided.counts_on and not (is_newest and recorded >= decided.base_on):
        return
    row[RECORDED] = max(recorded, decided.counts_on)
    for change in decided.changes:
        if text_of(row[change.column]) == change.was:
            row[change.column] = value_of(change.becomes, schema[change.column])
