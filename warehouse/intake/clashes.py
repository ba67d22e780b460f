"""Rows that contradict what is stored: found before anything is written, never merged.

Two rules, the same for files that come one by one and for all files of a night at once:

- Two files of one source that come on one day and say different things of one key and ``recorded_at`` contradict each
  other: both rows are refused (``duplicate_key``).  Which of them came first says nothing.  A file that comes again
  replaces what it said that day; on a later day another content is a correction.
- An event does not move to another enterprise, nor an absence to another officer (``key_names_another_enterprise``):
  a number given twice would make a finding disappear.  What is stored since an earlier day stands; of rows of one day
  none does.  A mapping may say that its source moves events (``may_move``).

What was stored earlier that day and is contradicted now is undone: it counts no more from this write on, while runs of
before can still be replayed.
"""

from dataclasses import replace
from datetime import date

import polars as pl

from models.authorities import AUTHORITY_COLUMNS
from models.contract import DUPLICATE_KEY, ROW
from models.tables.canonical import TABLES, Table
from warehouse.database.frames import Connection, append, shown_as
from warehouse.database.meta import next_stored_no
from warehouse.database.rows import Rows
from warehouse.database.validity import as_delivered
from warehouse.database.versions import undo
from warehouse.intake.files.raw import placed
from warehouse.intake.judged import FileCount, Judged
from warehouse.intake.refused import canonical_rejects

ANOTHER = "key_names_another_enterprise"


def take_out_clashes(connection: Connection, judged: Judged, *, received_on: date) -> None:
    """Refuse what contradicts the stored rows of the same day, or moves a known event; undo what it contradicts.

    ``judged`` is changed: the clashing rows are accepted no more.  Part of the transaction that writes the rest.
    """
    for name, rows in judged.rows.items():
        table = TABLES[name]
        contradicted = judged.contradicted.get(name)
        _remember(connection, judged, table, contradicted, received_on)
        if not rows.height and (contradicted is None or contradicted.is_empty()):
            continue
        # Where nothing is stored or said of this table, only what moves within the delivery can clash.
        incoming = _moving(judged, table, rows) if _is_first(connection, table) else rows
        if incoming is None:
            continue
        with incoming.shown_as(connection, "incoming"):
            found = _found(connection, judged, table, received_on)
            undone = _undone(connection, judged, table)
        if not undone.is_empty():
            _undo(connection, judged, table, undone, received_on)
        if not found.is_empty():
            _remember(connection, judged, table, found, received_on)
            take_out(judged, name, found, _rejects(judged, name, found))


def _is_first(connection: Connection, table: Table) -> bool:
    told = connection.execute(
        f"SELECT EXISTS (FROM core.{table.name}) OR EXISTS (FROM ops.contradictions WHERE table_name = ?)",
        [table.name],
    ).fetchall()
    return not told[0][0]


def _moving(judged: Judged, table: Table, rows: Rows) -> Rows | None:
    """Rows of keys that stand for events of several enterprises within a delivery, if there are any."""
    about = table.subject
    if about is None or judged.mapping.may_move or rows.shared.is_empty():
        return None
    several = rows.numbered(rows.shared, [*table.key, about, ROW])
    moving = several.filter(pl.col(about).n_unique().over(table.key) > 1)[ROW]
    return None if moving.is_empty() else Rows.of(rows.numbered(moving))


def forget_earlier_forms(connection: Connection, judged: Judged, *, received_on: date) -> None:
    """What an earlier form of these files said that day is replaced: they have come again."""
    connection.execute(
        "DELETE FROM ops.contradictions WHERE found_on = $on AND source = $source AND list_contains($files, file)",
        {"on": received_on, "source": judged.mapping.name, "files": [count.file for count in judged.files]},
    )


def _found(connection: Connection, judged: Judged, table: Table, received_on: date) -> pl.DataFrame:
    """Rows of ``incoming`` that clash, with the rule they break (``rules``); left behind as ``clashing``.

    Left behind as ``today``: what is stored of their keys, and whether it came the same day.
    """
    key, about = list(table.key), table.subject
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE contradicted AS SELECT {_keys(key)}, recorded_at, subject, content "
        "FROM ops.contradictions WHERE table_name = $table AND found_on = $on",
        {"table": table.name, "on": received_on},
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE today AS
        SELECT {_as_delivered(table)}, d.received_on IS NOT DISTINCT FROM $on AS is_of_today
        FROM core.{table.name} c SEMI JOIN (
            SELECT {_list("", key)} FROM incoming UNION ALL SELECT {_list("", key)} FROM contradicted) i
            ON {_joined("i", "c", key)} LEFT JOIN ops.deliveries d USING (delivery_id)
        WHERE c.undone_no IS NULL
        """,
        {"on": received_on},
    )
    differs = _differs(table)
    same = _joined("i", "c", key)
    # Rows of one delivery are told together, even where some of them waited for their enterprise or their day.
    apart = "(c.source_file <> i.source_file OR c.delivery_id = i.delivery_id)"
    elsewhere = f"c.is_of_today AND {apart}"
    clashes = [
        f"SELECT i.{ROW}, '{DUPLICATE_KEY}' AS rule FROM incoming i JOIN today c ON {same} "
        f"AND i.recorded_at = c.recorded_at WHERE {elsewhere} AND ({differs})",
        f"SELECT i.{ROW}, '{DUPLICATE_KEY}' FROM incoming i JOIN contradicted c ON {same} "
        f"AND i.recorded_at = c.recorded_at WHERE c.content <> {_content('i', table)}",
    ]
    if about is not None and not judged.mapping.may_move:
        clashes += [
            f"SELECT i.{ROW}, '{ANOTHER}' FROM incoming i SEMI JOIN (SELECT {_list('', key)} FROM incoming "
            f"GROUP BY ALL HAVING min({about}) <> max({about})) c ON {same}",
            f"SELECT i.{ROW}, '{ANOTHER}' FROM incoming i JOIN today c ON {same} WHERE i.{about} <> c.{about} "
            f"AND (NOT c.is_of_today OR {apart})",
            f"SELECT i.{ROW}, '{ANOTHER}' FROM incoming i JOIN contradicted c ON {same} WHERE i.{about} <> c.subject",
        ]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE clashing AS SELECT {ROW}, max(rule) AS rule FROM "
        f"({' UNION ALL '.join(clashes)}) GROUP BY ALL"
    )
    return connection.sql(
        f"SELECT i.*, h.rule AS rules FROM incoming i JOIN clashing h USING ({ROW}) ORDER BY {ROW}"
    ).pl()


def _differs(table: Table) -> str:
    """SQL: two rows of a key and day of knowledge say different things, whoever says them.

    Two registers may name two authorities: which holds is settled with the rows in hand (``intake.authorities``).
    """
    differ = {name: f"i.{name} IS DISTINCT FROM c.{name}" for name in _saying(table)}
    if not table.is_register:
        return " OR ".join(differ.values())
    own = " OR ".join(differ.pop(name) for name in AUTHORITY_COLUMNS)
    return f"{' OR '.join(differ.values())} OR i.source = c.source AND ({own})"


def _saying(table: Table) -> list[str]:
    """Columns that say something of a thing: not which it is, who says so, and since when."""
    return [name for name in table.columns() if name not in (*table.key, "recorded_at", "source")]


def _as_delivered(table: Table) -> str:
    """SQL: a stored row as its source said it."""
    if not table.is_register:
        return "c.*"
    said = ", ".join(f"{as_delivered(name, 'c')} AS {name}" for name in AUTHORITY_COLUMNS)
    return f"c.* REPLACE ({said})"


def _undone(connection: Connection, judged: Judged, table: Table) -> pl.DataFrame:
    """What is stored since today and counts no more, with the rule it breaks; without one what its file replaces."""
    key, about = list(table.key), table.subject
    against = f"h.rule = '{DUPLICATE_KEY}' AND i.recorded_at = c.recorded_at OR h.rule = '{ANOTHER}'"
    moves = about is not None and not judged.mapping.may_move
    replaced = f"h.rule IS NULL AND i.{about} <> c.{about} AND c.source_file = i.source_file"
    other = f" OR d.subject <> c.{about}" if moves else ""
    return connection.sql(
        f"""
        SELECT * EXCLUDE (rule), max(rule) AS rules FROM (
            SELECT c.* EXCLUDE (is_of_today), h.rule
            FROM today c JOIN incoming i ON {_joined("i", "c", key)} LEFT JOIN clashing h USING ({ROW})
            WHERE c.is_of_today AND ({against}{f" OR {replaced}" if moves else ""})
            UNION ALL
            SELECT c.* EXCLUDE (is_of_today), '{DUPLICATE_KEY}' AS rule
            FROM today c JOIN contradicted d ON {_joined("d", "c", key)}
            WHERE c.is_of_today AND (d.recorded_at = c.recorded_at AND d.content <> {_content("c", table)}{other}))
        GROUP BY ALL ORDER BY {_list("", key)}, version
        """
    ).pl()


def _undo(
    connection: Connection, judged: Judged, table: Table, undone: pl.DataFrame, received_on: date
) -> None:
    undo(connection, table, undone.select(*table.key, "version"), by=next_stored_no(connection))
    refused = undone.filter(pl.col("rules").is_not_null())
    _remember(connection, judged, table, refused, received_on)
    rejects = _rejects(judged, table.name, refused)
    append(
        connection,
        "raw.rejected_rows",
        rejects.with_columns(delivery_id=refused["delivery_id"], refused_on=pl.lit(received_on)),
    )


def _remember(
    connection: Connection, judged: Judged, table: Table, rows: pl.DataFrame | None, received_on: date
) -> None:
    """Keep what was said of contradicted keys: a third file of the day settles nothing."""
    if rows is None or rows.is_empty():
        return
    key = ", ".join(f"r.{name}" for name in table.key)
    about = "NULL" if table.subject is None else f"r.{table.subject}"
    with shown_as(connection, "said", rows.select(*table.columns(), "source_file")):
        connection.execute(
            f"INSERT INTO ops.contradictions BY NAME SELECT DISTINCT $table AS table_name, to_json([{key}]) AS datum, "
            f"r.recorded_at, {about} AS subject, {_content('r', table)} AS content, $source AS source, "
            "r.source_file AS file, $on::DATE AS found_on FROM said r ORDER BY ALL",
            {"table": table.name, "source": judged.mapping.name, "on": received_on},
        )


def _content(of: str, table: Table) -> str:
    """SQL: what a row says besides its key, so that two rows can be compared when one is gone."""
    cells = ", ".join(f"{name} := {of}.{name}::VARCHAR" for name in _saying(table))
    return f"md5(struct_pack({cells})::VARCHAR)"


def take_out(judged: Judged, name: str, found: pl.DataFrame, rejects: pl.DataFrame) -> None:
    """Accept rows no more: they become rejects, and the counts of their files follow."""
    judged.rows[name].take_out(found[ROW])
    judged.rejects = pl.concat([judged.rejects, rejects])
    refused = dict(found.group_by("source_file").len().iter_rows())
    judged.files = [
        replace(one, accepted=one.accepted - more, refused=one.refused + more)
        if one.table == name and (more := sum(refused.pop(place, 0) for place in _places(one)))
        else one
        for one in judged.files
    ]


def _places(count: FileCount) -> tuple[str, ...]:
    """How rows of a file, or sheet, say where they stood."""
    return (placed(count.file, count.sheet), count.file) if count.sheet else (count.file,)


def _rejects(judged: Judged, name: str, found: pl.DataFrame) -> pl.DataFrame:
    """Rows that contradict others as rejects; they cannot be read again from their content."""
    table = TABLES[name]
    return canonical_rejects(
        found,
        table,
        named=[one for one in (*table.key, table.subject) if one not in ("source", None)],
        source=pl.lit(judged.mapping.name),
        rules=pl.col("rules"),
        state="open",
        mapping_hash=pl.lit(judged.mapping.hash),
        entry=None,
    )


def _list(of: str, columns: list[str]) -> str:
    return ", ".join(f"{of}.{name}" if of else name for name in columns)


def _joined(one: str, other: str, columns: list[str]) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in columns)


def _keys(key: list[str]) -> str:
    return ", ".join(f"datum ->> '$[{at}]' AS {name}" for at, name in enumerate(key))
