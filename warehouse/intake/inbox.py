"""What is to be taken in: one named delivery, or everything in the inbox."""

from datetime import date
from pathlib import Path
from typing import Any

from models.errors import MappingError
from warehouse.clock import local_today
from warehouse.database.frames import Connection, log
from warehouse.database.runs import last_issued
from warehouse.database.validity import NEWEST
from warehouse.home import Home
from warehouse.intake.accepted import known_enterprises
from warehouse.intake.delivery import delivery_files, fingerprint_delivery, judge_delivery
from warehouse.intake.mapping import MAPPINGS, Mapping, load_mapping, parse_mapping
from warehouse.intake.rejects import retry_rejects
from warehouse.intake.take_in import TakenIn, take_in, unseen_files


def city_today(connection: Connection) -> date:
    """Today where the deliveries go on; in a closed archive the later of its end and the day coded last."""
    texts = connection.execute(
        "SELECT DISTINCT m.text FROM ops.deliveries d JOIN ops.mappings m ON m.hash = d.mapping_hash"
    ).fetchall()
    ends = [parse_mapping(text).archive_ends for (text,) in texts]
    closed = [end for end in ends if end is not None]
    if not ends or len(closed) < len(ends):
        return local_today()
    last = last_issued(connection)
    return max([*closed, *([last.as_of] if last else [])])


def inbox_deliveries(home: Home) -> list[tuple[Path, Mapping]]:
    """Folders of the inbox with their mapping: ``mapping.yaml`` in the folder, else one of that name.

    Raises MappingError for a folder without either.
    """
    found: list[tuple[Path, Mapping]] = []
    folders = sorted(path for path in home.inbox.iterdir() if path.is_dir()) if home.inbox.exists() else []
    for folder in folders:
        own = folder / "mapping.yaml"
        named = MAPPINGS / f"{folder.name}.yaml"
        if not own.exists() and not named.exists():
            raise MappingError(
                "The inbox folder {folder} has no mapping.yaml, and no mapping is called '{name}'. Put "
                "one into the folder.",
                folder=folder,
                name=folder.name,
            )
        found.append((folder, load_mapping(own if own.exists() else named)))
    return found


def take_in_all(
    connection: Connection,
    home: Home,
    *,
    folder: str | None,
    mapping: str | None,
    received_on: date,
    today: date | None = None,
) -> list[TakenIn]:
    """Take in one delivery, or the whole inbox; then take up rows that waited for their enterprise.

    What comes in while a past day is coded again is received on the day of knowledge issued last, not on that day.
    """
    today = today or local_today()
    issued = last_issued(connection)
    received_on = max(received_on, issued.known_at) if issued else received_on
    if mapping is not None:
        deliveries = [(Path(folder) if folder else None, load_mapping(mapping))]
    else:
        deliveries = list(inbox_deliveries(home))
    taken = [
        _take_in_one(connection, path, one, received_on=received_on, today=today) for path, one in deliveries
    ]
    taken_up = retry_rejects(connection, received_on=received_on, today=today)
    if taken_up:
        log.info("%s rows that waited for their enterprise were taken up", f"{taken_up:,}")
    return taken


def _take_in_one(
    connection: Connection,
    folder: Path | None,
    mapping: Mapping,
    *,
    received_on: date,
    today: date,
) -> TakenIn:
    has_query = any(entry.sql is not None for _, _, entry in mapping.entries())
    if folder is not None and not has_query:
        names = {path.name for _, _, _, path in delivery_files(folder, mapping)[0]}
        if names and not unseen_files(connection, folder, mapping, names):
            log.info("%s: these files were taken in before; nothing to do", mapping.name)
            return TakenIn(
                fingerprint_delivery(folder, mapping), mapping.name, 0, 0, 0, 0, 0, already_known=True
            )
    judged = judge_delivery(
        mapping,
        folder,
        known_enterprises=known_enterprises(connection),
        today=today,
        progress=lambda name: log.info("reading %s", name),
    )
    for note in judged.remarks():
        log.info("%s", note)
    log.info("storing %s accepted rows", f"{judged.delivered - judged.refused:,}")
    return take_in(connection, judged, received_on=received_on)


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
