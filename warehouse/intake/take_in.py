"""Taking a delivery in: what was decided is written, all of it or nothing.

A run that dies leaves the warehouse as it was before the delivery, and the same delivery can come again.
"""

import json
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from models.tables.canonical import TABLES, decisive
from warehouse.database.frames import Connection, held_within, insert, log, transaction
from warehouse.database.meta import next_number, next_stored_no, value, written_at
from warehouse.database.rows import Rows
from warehouse.database.versions import Written
from warehouse.intake.accepted import write_versions
from warehouse.intake.authorities import REGISTER, hold_authorities, named_in, of_moves, tell_contested
from warehouse.intake.clashes import forget_earlier_forms, take_out_clashes
from warehouse.intake.complaints import (
    CONTRADICTED,
    DECISIVE_LOST,
    DECISIVE_UNFILLED,
    FILE_UNREADABLE,
    lost_columns,
    of_content,
    of_contradictions,
    of_delivery,
    renew,
)
from warehouse.intake.delivery import file_digest
from warehouse.intake.files.raw import shown
from warehouse.intake.former_numbers import keep_enterprises, settle_anew
from warehouse.intake.judged import Judged
from warehouse.intake.lessened import of_corrections
from warehouse.intake.mapping import Mapping
from warehouse.intake.references import take_out_unfounded
from warehouse.intake.rejects import remember_mapping, write_rejects

_MOST = "3 GiB"
"""What the database holds of a delivery that is too large to be held, while it is stored in order."""


@dataclass(frozen=True)
class TakenIn:
    """What taking a delivery in changed."""

    delivery_id: str
    source: str
    delivered: int
    added: int
    corrected: int
    unchanged: int
    refused: int
    already_known: bool = False


def unseen_files(
    connection: Connection, folder: Path, mapping: Mapping, names: Collection[str]
) -> frozenset[str]:
    """Files whose content is not what this source delivered under that name last, read by this very mapping."""
    told = connection.execute(_LAST_TOLD, [mapping.name]).fetchall()
    last = {str(file): (str(digest), str(used)) for file, digest, used in told}
    return frozenset(
        name for name in names if last.get(shown(name)) != (file_digest(folder / name), mapping.hash)
    )


_LAST_TOLD = """
SELECT f.file, arg_max(f.digest, d.number), arg_max(d.mapping_hash, d.number)
FROM ops.delivery_files f JOIN ops.deliveries d USING (delivery_id) WHERE d.source = ? GROUP BY f.file
"""


def take_in(connection: Connection, judged: Judged, *, received_on: date) -> TakenIn:
    """Write a decided delivery and what there is to complain of it, in one transaction."""
    with transaction(connection), _bounded(connection, judged):
        forget_earlier_forms(connection, judged, received_on=received_on)
        keep_enterprises(connection, judged, received_on=received_on)
        named = named_in(connection, judged)
        take_out_clashes(connection, judged, received_on=received_on)
        take_out_unfounded(connection, judged)
        hold_authorities(connection, judged, named, received_on=received_on)
        written = [
            _write(connection, name, rows, received_on=received_on) for name, rows in judged.rows.items()
        ]
        write_rejects(connection, judged, received_on)
        _note_shared_numbers(connection, judged.mapping, received_on)
        source = judged.mapping.name
        files = {count.file for count in judged.files}
        found = of_delivery(judged)
        renew(connection, source, found, on=received_on, kinds=[FILE_UNREADABLE], places=files)
        content = of_content(judged, lost_columns(connection, judged))
        read = {count.table for count in judged.files if count.delivered}
        columns = [f"{table}.{name}" for table in read for name in decisive(TABLES[table])]
        renew(
            connection,
            source,
            content,
            on=received_on,
            kinds=[DECISIVE_UNFILLED, DECISIVE_LOST],
            places=columns,
        )
        corrected = [name for name, one in zip(judged.rows, written, strict=True) if one.corrected]
        milder = of_corrections(connection, judged, corrected, on=received_on)
        if REGISTER.name in corrected:
            milder += of_moves(connection, judged, on=received_on)
        # These are never over by themselves: what a later delivery does not repeat was not taken back by it.
        renew(connection, source, milder, on=received_on, kinds=[])
        told, places = of_contradictions(connection, judged, on=received_on)
        renew(connection, source, told, on=received_on, kinds=[CONTRADICTED], places=places)
        tell_contested(connection, judged, on=received_on)
        taken = _record(connection, judged, written, received_on)
        settle_anew(connection, judged, received_on=received_on)
        return taken


def _write(connection: Connection, name: str, rows: Rows, *, received_on: date) -> Written:
    if not rows.are_few:
        log.info("storing %s rows of %s in their order", f"{rows.height:,}", name)
    return write_versions(connection, TABLES[name], rows, received_on=received_on)


def _bounded(connection: Connection, judged: Judged) -> AbstractContextManager[None]:
    """Sorting many rows takes all the memory that there is, unless it is told not to."""
    are_few = all(rows.are_few for rows in judged.rows.values())
    return nullcontext() if are_few else held_within(connection, _MOST)


def _note_shared_numbers(connection: Connection, mapping: Mapping, received_on: date) -> None:
    """Keep with whom a source shares its numbers, where it says otherwise than before."""
    told = value(
        connection,
        "SELECT shares_with FROM ops.number_pools WHERE source = ? ORDER BY known_from DESC, stored_no DESC LIMIT 1",
        [mapping.name],
    )
    says = sorted(set(mapping.shares_numbers_with))
    there = connection.execute("SELECT DISTINCT source FROM ops.deliveries").fetchall()
    if missing := sorted(set(says) - {str(source) for (source,) in there}):
        log.warning(
            "%s shares numbers with %s: no delivery of that name yet", mapping.name, ", ".join(missing)
        )
    if says != (told or []):
        insert(
            connection,
            "ops.number_pools",
            source=mapping.name,
            shares_with=says,
            known_from=received_on,
            stored_no=next_stored_no(connection),
        )


def _record(connection: Connection, judged: Judged, written: list[Written], received_on: date) -> TakenIn:
    mapping = judged.mapping
    taken = TakenIn(
        judged.delivery_id,
        mapping.name,
        judged.delivered,
        sum(each.added for each in written),
        sum(each.corrected for each in written),
        sum(each.unchanged for each in written) + judged.repeated,
        judged.refused,
    )
    remember_mapping(connection, mapping)
    counts = ("delivery_id", "source", "delivered", "added", "corrected", "unchanged", "refused")
    insert(
        connection,
        "ops.deliveries",
        if_there="replace",
        number=next_number(connection, "ops.deliveries"),
        **{name: getattr(taken, name) for name in counts},
        mapping_hash=mapping.hash,
        folder=judged.folder,
        received_on=received_on,
        taken_in_at=written_at(connection),
    )
    connection.execute("DELETE FROM ops.delivery_files WHERE delivery_id = ?", [taken.delivery_id])
    for count in judged.files:
        insert(
            connection,
            "ops.delivery_files",
            delivery_id=taken.delivery_id,
            table_name=count.table,
            file=count.file,
            sheet=count.sheet,
            delivered=count.delivered,
            accepted=count.accepted,
            refused=count.refused,
            entry=count.entry_at,
            headers=json.dumps(dict(count.headers), ensure_ascii=False),
            digest=judged.digests.get(count.file),
        )
    return taken
