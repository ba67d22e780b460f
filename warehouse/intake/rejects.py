"""Refused rows: kept once with their content, listed until they are settled, judged again on demand."""

import json
from datetime import date
from typing import Any

import polars as pl

from models.contract import HEALS, UNKNOWN_INSPECTION
from models.errors import MappingError
from models.tables.canonical import TABLES
from warehouse.database.frames import Connection, insert, shown_as, transaction
from warehouse.database.meta import get_meta, set_meta, value
from warehouse.intake.accepted import former_numbers, known_enterprises, write_versions
from warehouse.intake.authorities import hold_authorities, named_in, tell_contested
from warehouse.intake.batches import batch_of
from warehouse.intake.clashes import take_out_clashes
from warehouse.intake.files.raw import LINE, Raw
from warehouse.intake.former_numbers import keep_enterprises, settle_anew
from warehouse.intake.judged import Judged
from warehouse.intake.judging import judge_batches
from warehouse.intake.mapping import Entry, Mapping, kept_mapping
from warehouse.intake.references import take_out_unfounded


def remember_mapping(connection: Connection, mapping: Mapping) -> None:
    """Keep a mapping's text, so that rows it refused can be read again."""
    insert(
        connection,
        "ops.mappings",
        if_there="replace",
        hash=mapping.hash,
        name=mapping.name,
        text=mapping.text,
    )


def write_rejects(connection: Connection, judged: Judged, received_on: date) -> None:
    """Keep each refused row once, by the mapping it was read by last.

    Rows of an earlier form of the same file that are gone, or refused for other reasons now, are superseded.
    """
    rejects = pl.concat([judged.rejects, judged.cells]).with_row_index("nth")
    rejects = rejects.with_columns(
        delivery_id=pl.lit(judged.delivery_id),
        refused_on=pl.lit(received_on),
        settled_on=pl.lit(None, dtype=pl.Date),
    )
    # What was refused of a file before is not settled by its coming again unreadable.
    unread = set(judged.rejects.filter(pl.col("line") == 0)["file"])
    read = sorted({count.file for count in judged.files} - unread)
    files = pl.DataFrame({"file": read}, schema={"file": pl.String})
    with shown_as(connection, "rejects", rejects), shown_as(connection, "files", files):
        _replace_rejects(connection, judged.mapping.name, received_on)


def _replace_rejects(connection: Connection, source: str, received_on: date) -> None:
    """Bring the kept rows of some ``files`` up to date with their ``rejects``."""
    columns = ("source", "table_name", "file", "sheet", "line", "rules", "content")
    same = " AND ".join(f"n.{name} IS NOT DISTINCT FROM o.{name}" for name in columns)
    connection.execute(
        f"""
        UPDATE raw.rejected_rows o SET state = 'superseded', settled_on = ?
        WHERE o.source = ? AND o.state IN ('open', 'waiting', 'cell') AND o.file IN (SELECT file FROM files)
          AND NOT EXISTS (SELECT 1 FROM rejects n WHERE {same})
        """,
        [received_on, source],
    )
    connection.execute(
        f"""
        INSERT INTO raw.rejected_rows BY NAME
        SELECT * EXCLUDE (nth) FROM rejects n WHERE NOT EXISTS (
            SELECT 1 FROM raw.rejected_rows o
            WHERE o.state IN ('open', 'waiting', 'accepted', 'cell') AND {same})
        ORDER BY nth
        """
    )
    connection.execute(
        f"""
        UPDATE raw.rejected_rows o
        SET mapping_hash = n.mapping_hash, entry = n.entry, delivery_id = n.delivery_id
        FROM rejects n WHERE o.state IN ('open', 'waiting') AND o.mapping_hash <> n.mapping_hash AND {same}
        """
    )


def retry_rejects(
    connection: Connection,
    *,
    received_on: date,
    today: date,
    only_waiting: bool = True,
    mapping: Mapping | None = None,
) -> int:
    """Judge kept rows again and take up those that are now acceptable.

    ``only_waiting``: just the rows that time or another delivery may have settled something of.  ``mapping``: a mended
    mapping to read them by; else the one they came with.  Returns how many rows were taken up.
    """
    taken = again = 0
    is_usual = only_waiting and mapping is None
    if is_usual and get_meta(connection, _RETRIED) == _settled_by(connection, today):
        return 0
    for _ in _ROUNDS:
        again = _retry(connection, received_on, today, only_waiting=only_waiting, mapping=mapping)
        taken += again
        if not again:
            break
    if is_usual and not again:
        set_meta(connection, _RETRIED, _settled_by(connection, today))
    return taken


_RETRIED = "waiting_rows_judged_by"
"""Key of what waiting rows were judged by last: while that stays, they are refused again."""


def _settled_by(connection: Connection, today: date) -> str:
    """What decides of waiting rows besides themselves: the day, whom the register knows, and under what numbers.

    And visits, where a finding waits for one.
    """
    visits = value(connection, _WAIT_FOR_VISITS, [UNKNOWN_INSPECTION])
    told = " UNION ALL ".join(
        f"SELECT count(*), count(undone_no), max(stored_no), max(undone_no) FROM core.{name}"
        for name in ("enterprises", "former_numbers", *(["inspections"] if visits else []))
    )
    return f"{today} {connection.execute(told).fetchall()}"


_WAIT_FOR_VISITS = "SELECT count(*) > 0 FROM raw.rejected_rows WHERE state = 'waiting' AND contains(rules, ?)"

_ROUNDS = ("enterprises", "former numbers", "what names them", "findings of these visits")
"""What is taken up in one round may be what others wait for in the next."""


def _retry(
    connection: Connection, received_on: date, today: date, *, only_waiting: bool, mapping: Mapping | None
) -> int:
    some = "len(list_filter(string_split(r.rules, ', '), lambda rule: regexp_matches(rule, $heals))) > 0"
    kept = connection.sql(
        f"""
        SELECT r.* REPLACE (r.entry::BIGINT AS entry), m.text, r.rowid AS reject
        FROM raw.rejected_rows r JOIN ops.mappings m ON m.hash = r.mapping_hash
        WHERE r.state IN ('open', 'waiting') AND r.entry IS NOT NULL AND ({some if only_waiting else "true"})
        """,
        params={"heals": HEALS} if only_waiting else {},
    ).pl()
    taken = 0
    for (text, delivery_id), group in sorted(kept.group_by("text", "delivery_id"), key=lambda item: item[0]):
        used = mapping if mapping is not None else kept_mapping(str(text))
        if used.name == group["source"][0]:
            taken += _retry_group(connection, used, str(delivery_id), group, received_on, today)
    return taken


def _retry_group(
    connection: Connection,
    mapping: Mapping,
    delivery_id: str,
    group: pl.DataFrame,
    received_on: date,
    today: date,
) -> int:
    judged = Judged(mapping, "", delivery_id)
    batches = [
        batch_of(
            _raw_again(str(file), sheet, rows),
            _entry_again(mapping, str(table), int(entry)),
            str(table),
            int(entry),
        )
        for (table, entry, file, sheet), rows in group.group_by(
            "table_name", "entry", "file", "sheet", maintain_order=True
        )
    ]
    known, former = known_enterprises(connection), former_numbers(connection)
    judge_batches(judged, batches, known_enterprises=known, former=former, today=today)
    with transaction(connection):
        keep_enterprises(connection, judged, received_on=received_on)
        named = named_in(connection, judged)
        take_out_clashes(connection, judged, received_on=received_on)
        take_out_unfounded(connection, judged, entry=None)
        hold_authorities(connection, judged, named, received_on=received_on)
        for name, rows in judged.rows.items():
            write_versions(connection, TABLES[name], rows, received_on=received_on)
        still = _still_refused(group, judged.rejects)
        settled = group.join(still, on="reject", how="anti")
        _write_still_refused(connection, mapping, still)
        with shown_as(connection, "settled", settled.select("reject")):
            connection.execute(
                "UPDATE raw.rejected_rows SET state = 'accepted', settled_on = ? "
                "WHERE rowid IN (SELECT reject FROM settled)",
                [received_on],
            )
        tell_contested(connection, judged, on=received_on)
        settle_anew(connection, judged, received_on=received_on)
    return settled.height


def _still_refused(group: pl.DataFrame, rejects: pl.DataFrame) -> pl.DataFrame:
    """The kept rows that are refused again, with what for; a row that clashes with stored ones names no entry."""
    place = ["table_name", "file", "sheet", "line"]
    met = group.select("reject", "entry", *place).join(rejects, on=place, suffix="_again", nulls_equal=True)
    return met.filter((pl.col("entry") == pl.col("entry_again")).fill_null(value=True))


def _entry_again(mapping: Mapping, table: str, at: int) -> Entry:
    if at >= len(mapping.tables.get(table, [])):
        raise MappingError(
            "The mapping '{name}' has no entry {at} for {table}, by which refused rows were read. "
            "Keep its entries in order when you mend it, or deliver the files again.",
            name=mapping.name,
            at=at + 1,
            table=table,
        )
    return mapping.entry(table, at)


def _write_still_refused(connection: Connection, mapping: Mapping, still: pl.DataFrame) -> None:
    """What a row is refused for by the mapping that read it last."""
    remember_mapping(connection, mapping)
    with shown_as(connection, "still", still.select("reject", "rules", "state", "mapping_hash")):
        connection.execute(
            "UPDATE raw.rejected_rows SET rules = n.rules, state = n.state, mapping_hash = n.mapping_hash "
            "FROM still n WHERE rejected_rows.rowid = n.reject"
        )


def _raw_again(file: str, sheet: Any, rows: pl.DataFrame) -> Raw:
    """Kept rows in the form their file, or sheet, once had, as text."""
    items = [json.loads(content) for content in rows["content"]]
    names = list(dict.fromkeys(name for item in items for name in item))
    cells = {name: [item.get(name) for item in items] for name in names}
    return Raw(
        file,
        pl.DataFrame(
            {LINE: rows["line"], **cells}, schema={LINE: pl.Int64, **dict.fromkeys(names, pl.String)}
        ),
        sheet=sheet,
    )
