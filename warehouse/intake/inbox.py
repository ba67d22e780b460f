"""What is to be taken in: one named delivery, or everything in the inbox."""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from models.errors import RiskcodeError
from warehouse.clock import local_today
from warehouse.database.frames import Connection, log, transaction
from warehouse.database.rows import scratch_beside
from warehouse.database.runs import last_issued
from warehouse.database.validity import NEWEST
from warehouse.home import Home
from warehouse.intake.accepted import former_numbers, known_enterprises
from warehouse.intake.complaints import FILE_UNMAPPED, SOURCE_UNREADABLE, of_source, of_unmapped, renew
from warehouse.intake.delivery import delivery_files, fingerprint_delivery, judge_delivery, unused_files
from warehouse.intake.files.raw import shown
from warehouse.intake.judged import Judged
from warehouse.intake.mapping import Mapping, kept_mapping, load_mapping
from warehouse.intake.rejects import retry_rejects
from warehouse.intake.sources import Source, attempt, sources
from warehouse.intake.take_in import TakenIn, take_in, unseen_files


def city_today(connection: Connection) -> date:
    """Today where the deliveries go on; in a closed archive the later of its end and the day coded last."""
    return closed_on(connection) or local_today()


def closed_on(connection: Connection) -> date | None:
    """In a closed archive the later of its end and the day coded last; ``None`` where deliveries go on."""
    texts = connection.execute(
        "SELECT DISTINCT m.text FROM ops.deliveries d JOIN ops.mappings m ON m.hash = d.mapping_hash"
    ).fetchall()
    mappings = [kept_mapping(text) for (text,) in texts]
    ends = [one.archive_ends for one in mappings if one.archive_ends is not None or not one.keeps_archive]
    closed = [end for end in ends if end is not None]
    if not ends or len(closed) < len(ends):
        return None
    last = last_issued(connection)
    return max([*closed, *([last.as_of] if last else [])])


def take_in_all(
    connection: Connection,
    home: Home,
    *,
    folder: str | None,
    mapping: str | None,
    received_on: date,
    today: date | None = None,
    only: dict[str, frozenset[str]] | None = None,
    asks: bool = True,
) -> list[TakenIn]:
    """Take in one delivery, or the whole inbox; then take up rows that waited for their enterprise.

    ``only``: files of the inbox by the name of their folder, where the others are left alone.  ``asks``: queries are
    asked, whatever ``only`` names.

    A source of the inbox that cannot be read is set aside with a complaint, and the others are taken in; a delivery
    that was asked for by name raises what is wrong with it.
    What comes in while a past day is coded again is received on the day of knowledge issued last, not on that day.
    """
    today = today or local_today()
    issued = last_issued(connection)
    received_on = max(received_on, issued.known_at) if issued else received_on
    if mapping is not None:
        asked, used = Path(folder) if folder else None, load_mapping(mapping)
        known = known_enterprises(connection)
        with scratch_beside(connection) as scratch:
            told = _read(connection, asked, used, known, today, scratch=scratch)
            taken = [_store(connection, told, received_on)]
    else:
        taken = [
            take_in_source(
                connection,
                one,
                received_on=received_on,
                today=today,
                only=None if only is None else only.get(one.folder.name, frozenset()),
                with_queries=asks,
            )
            for one in sources(home)
            if only is None
            or one.folder.name in only
            or (asks and one.mapping is not None and one.mapping.asks)
        ]
    taken_up = retry_rejects(connection, received_on=received_on, today=today)
    if taken_up:
        log.info("%s rows that waited were taken up", f"{taken_up:,}")
    return [one for one in taken if one is not None]


def take_in_source(
    connection: Connection,
    source: Source,
    *,
    received_on: date,
    today: date,
    only: Collection[str] | None = None,
    with_queries: bool = False,
) -> TakenIn | None:
    """Take in what a source of the inbox holds that is new, or (``only``) some of its files.

    ``with_queries``: and what its queries give.
    What keeps the source from being read becomes a complaint and is told in the log; then nothing is returned.
    """
    with scratch_beside(connection) as scratch:
        told = _read_source(connection, source, received_on, today, only, scratch, with_queries=with_queries)
        return None if isinstance(told, RiskcodeError) else _store(connection, told, received_on)


def _read_source(
    connection: Connection,
    source: Source,
    received_on: date,
    today: date,
    only: Collection[str] | None,
    scratch: Path | None,
    *,
    with_queries: bool,
) -> Judged | TakenIn | RiskcodeError:
    """What is new of a source, judged, or what keeps it from being read; its complaints are renewed."""
    folder, mapping, told = source.folder, source.mapping, source.problem
    if mapping is not None:
        known = known_enterprises(connection)
        told = attempt(
            lambda: _read(
                connection, folder, mapping, known, today, only, with_queries=with_queries, scratch=scratch
            )
        )
    assert told is not None, "a source has a mapping or a problem"
    if isinstance(told, RiskcodeError):
        log.warning("%s is set aside: %s", source.name, told)
    # The folder is what an operator sees, whatever its mapping calls the source.
    place = shown(source.folder.name)
    found = [of_source(place, told)] if isinstance(told, RiskcodeError) else []
    unmapped = attempt(lambda: unused_files(delivery_files(folder, mapping)[1])) if mapping else []
    with transaction(connection):
        renew(connection, place, found, on=received_on, kinds=[SOURCE_UNREADABLE])
        if not isinstance(unmapped, RiskcodeError):
            told_of = of_unmapped(source.name, unmapped)
            renew(connection, source.name, told_of, on=received_on, kinds=[FILE_UNMAPPED])
    return told


def _read(
    connection: Connection,
    folder: Path | None,
    mapping: Mapping,
    known: pl.Series,
    today: date,
    only: Collection[str] | None = None,
    *,
    with_queries: bool = True,
    scratch: Path | None = None,
) -> Judged | TakenIn:
    """What is new of a delivery, judged; where nothing is, that.

    Only files that are new are read, however many lie beside them: a folder is taken in as its files would be, one by
    one.
    """
    with_queries = with_queries and mapping.asks
    unseen: Collection[str] | None = None
    if folder is not None:
        files, notes = delivery_files(folder, mapping)
        there = {path.name for _, _, _, path in files}
        asked = there if only is None else there & set(only)
        unseen = unseen_files(connection, folder, mapping, asked)
        # Files that were cleared away are no fault; one that no entry of the mapping reads may be the delivery.
        if (asked or not unused_files(notes)) and not unseen and not with_queries:
            log.info("%s: these files were taken in before; nothing to do", mapping.name)
            seen = fingerprint_delivery(folder, mapping, asked)
            return TakenIn(seen, mapping.name, 0, 0, 0, 0, 0, already_known=True)
    judged = judge_delivery(
        mapping,
        folder,
        known_enterprises=known,
        former=former_numbers(connection),
        today=today,
        progress=lambda name: log.info("reading %s", name),
        only=unseen,
        with_queries=with_queries,
        scratch=scratch,
    )
    for note in judged.remarks():
        log.info("%s", note)
    return judged


def _store(connection: Connection, told: Judged | TakenIn, received_on: date) -> TakenIn:
    if isinstance(told, TakenIn):
        return told
    log.info("storing %s accepted rows", f"{told.delivered - told.refused:,}")
    return take_in(connection, told, received_on=received_on)


def table_facts(connection: Connection, names: list[str]) -> dict[str, dict[str, Any]]:
    """Row counts of the intake tables, for people who look at an asset."""
    facts: dict[str, dict[str, Any]] = {}
    for name in names:
        if name == "rejected_rows":
            rows = connection.execute(
                "SELECT state, count(*) FROM raw.rejected_rows GROUP BY state ORDER BY state"
            ).fetchall()
            facts[name] = {f"rows_{state}": count for state, count in rows} or {"rows_open": 0}
        else:
            [row] = connection.execute(
                f"SELECT count(*), count(*) FILTER ({NEWEST}), max(known_from) FROM core.{name}"
            ).fetchall()
            facts[name] = {"rows": row[1], "versions": row[0], "known_until": str(row[2] or "–")}
    return facts
