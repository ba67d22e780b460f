"""Writing accepted rows: versions, corrections, order on disk.

The same row twice changes nothing.  A row with a known key and other content becomes a new version: it counts
from its ``recorded_at``; when the source did not move that day, from the day the correction was received.
A source that repeats its row says nothing new, whatever another source has said of that key since.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from models.contract import ROW
from models.former_numbers import NAMED_AS
from models.tables.canonical import Table
from warehouse.database.frames import Connection, shown_as
from warehouse.database.meta import FOREVER, get_meta, next_stored_no, set_meta, value
from warehouse.database.rows import Rows
from warehouse.database.validity import until
from warehouse.schema.catalogue import REGISTER_COLUMNS, version_columns

_REORDER_WHEN_GROWN_BY = 1.1
"""A table is put back into enterprise order (or officer order) once a tenth of it has been appended: order makes
every later question cheap, but rewriting millions of rows for a hundred new ones is not."""


@dataclass(frozen=True)
class Written:
    """Rows of one table by what became of them."""

    added: int = 0
    corrected: int = 0
    unchanged: int = 0


def add_versions(
    connection: Connection, table: Table, rows: pl.DataFrame | Rows, *, received_on: date
) -> Written:
    """Store rows as they are, for whoever decides about them."""
    rows = rows if isinstance(rows, Rows) else Rows.of(rows)
    if not rows.height:
        return Written()
    with rows.shown_as(connection, "incoming"):
        return _write(connection, table, received_on, rows)


def _write(connection: Connection, table: Table, received_on: date, rows: Rows) -> Written:
    core, columns = f"core.{table.name}", list(table.columns())
    own = list(REGISTER_COLUMNS) if table.is_register else []
    cell = {name: f"{{of}}.{name}" if name in rows.schema else "NULL::VARCHAR" for name in (NAMED_AS, *own)}
    same = " AND ".join(f"c.{name} IS NOT DISTINCT FROM i.{name}" for name in columns)
    same += "".join(f" AND c.{name} IS NOT DISTINCT FROM {cell[name].format(of='i')}" for name in own)
    was_empty = _count(connection, f"FROM {core}") == 0
    stored = core if was_empty else _stored(connection, table, rows)
    same_key_later = " AND ".join(f"n.{name} = c.{name}" for name in [*table.key, "recorded_at"])
    replaced = (
        f"(c.undone_no IS NOT NULL OR EXISTS (SELECT 1 FROM {stored} n "
        f"WHERE n.version > 1 AND n.version > c.version AND n.undone_no IS NULL AND n.source = c.source "
        f"AND {same_key_later}))"
    )
    same_key = " AND ".join(f"c.{name} = f.{name}" for name in table.key)
    source, fresh, corrected = "incoming", rows.height, 0
    if not was_empty:
        source = "temp.fresh"
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE fresh AS SELECT i.* FROM incoming i "
            f"WHERE NOT EXISTS (SELECT 1 FROM {stored} c WHERE {same} AND NOT {replaced})"
        )
        fresh = _count(connection, "FROM temp.fresh")
        corrected = _count(
            connection,
            f"FROM temp.fresh f WHERE EXISTS (SELECT 1 FROM {stored} c WHERE {same_key} AND c.undone_no IS NULL)",
        )
    listed = ", ".join([*columns, *version_columns(table)])
    carried = "".join(f", {cell[name].format(of='f')}" for name in own)
    prior = "0" if was_empty else f"(SELECT count(*) FROM {stored} c WHERE {same_key})"
    moved = (
        f"EXISTS (SELECT 1 FROM {stored} c WHERE {same_key} AND c.recorded_at = f.recorded_at AND c.undone_no IS NULL)"
        if corrected
        else "false"
    )
    _find_again(connection, table, source)
    connection.execute(
        f"""
        INSERT INTO {core} ({listed})
        SELECT {", ".join(f"f.{name}" for name in columns)}, {prior} + coalesce(a.nth, 1),
               CASE WHEN {moved} THEN greatest(f.recorded_at, ?::DATE) ELSE f.recorded_at END,
               coalesce({"a.until" if was_empty else "NULL"}, {FOREVER}),
               f.delivery_id, f.source_file, f.source_line, {cell[NAMED_AS].format(of="f")},
               {next_stored_no(connection) if fresh else 0}, NULL{carried}
        FROM {source} f LEFT JOIN temp.again a USING ({ROW})
        ORDER BY {_order(table, "f.")}
        """,
        [received_on],
    )
    if not was_empty and (corrected or _count(connection, "FROM temp.again")):
        _close_superseded(connection, table, "temp.fresh")
    _keep_order(connection, table, fresh, was_empty=was_empty)
    connection.execute(
        "DROP TABLE temp.again; DROP TABLE IF EXISTS temp.fresh; DROP TABLE IF EXISTS temp.there"
    )
    return Written(added=fresh - corrected, corrected=corrected, unchanged=rows.height - fresh)


def _stored(connection: Connection, table: Table, rows: Rows) -> str:
    """Where all that is stored of the keys of ``incoming`` is found; of few rows it is taken apart, as ``there``."""
    if not rows.are_few:
        return f"core.{table.name}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE there AS SELECT c.* FROM core.{table.name} c "
        f"SEMI JOIN incoming USING ({', '.join(table.key)})"
    )
    return "temp.there"


def _find_again(connection: Connection, table: Table, source: str) -> None:
    """Leave behind as ``again``: which version of their key rows are (``nth``) that share it with others.

    ``until``: the day the next one of them was recorded.  They are few, and to sort all rows by their keys is dear.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE again AS
        SELECT {ROW}, row_number() OVER of_key AS nth, lead(recorded_at) OVER of_key AS until
        FROM {source} WHERE hash({table.key[-1]}) IN (
            SELECT hash({table.key[-1]}) FROM {source} GROUP BY ALL HAVING count(*) > 1)
        WINDOW of_key AS (PARTITION BY {", ".join(table.key)} ORDER BY recorded_at)
        """
    )


def undo(connection: Connection, table: Table, versions: pl.DataFrame, *, by: int) -> None:
    """Let versions (key and ``version``) count no more from a write on; what they had outranked counts again."""
    core = f"core.{table.name}"
    joined = " AND ".join(f"c.{name} = u.{name}" for name in [*table.key, "version"])
    with shown_as(connection, "undone", versions):
        connection.execute(
            f"UPDATE {core} c SET known_to = c.known_from, undone_no = {by:d} FROM undone u WHERE {joined}"
        )
        _close_superseded(connection, table, "undone")


def _order(table: Table, prefix: str = "") -> str:
    subject = [name for name in ("enterprise_id", "officer_id") if name in table.columns()]
    columns = [*subject, *([table.happened] if table.happened else []), *table.key, "recorded_at"]
    return ", ".join(f"{prefix}{name}" for name in dict.fromkeys(columns))


def _close_superseded(connection: Connection, table: Table, touched: str) -> None:
    """Each version of the touched keys ends where the next one begins."""
    core, key = f"core.{table.name}", ", ".join(table.key)
    joined = " AND ".join(f"c.{name} = n.{name}" for name in table.key)
    connection.execute(
        f"""
        UPDATE {core} c SET known_to = n.until FROM (
            SELECT {key}, version, {until(table)} AS until
            FROM (SELECT s.* FROM {core} s SEMI JOIN {touched} USING ({key})) WHERE undone_no IS NULL
        ) n
        WHERE {joined} AND c.version = n.version AND c.known_to <> n.until
        """
    )


def _keep_order(connection: Connection, table: Table, fresh: int, *, was_empty: bool) -> None:
    meta = f"ordered_rows:{table.name}"
    rows = _count(connection, f"FROM core.{table.name}")
    if was_empty:
        set_meta(connection, meta, str(rows))
    elif fresh and rows > int(get_meta(connection, meta) or 0) * _REORDER_WHEN_GROWN_BY:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE ordered AS FROM core.{table.name} ORDER BY {_order(table)}, version"
        )
        connection.execute(f"DELETE FROM core.{table.name}")
        connection.execute(f"INSERT INTO core.{table.name} FROM temp.ordered")
        connection.execute("DROP TABLE temp.ordered")
        set_meta(connection, meta, str(rows))


def _count(connection: Connection, rest: str) -> int:
    return int(value(connection, f"SELECT count(*) {rest}"))
