"""Daily files of a source that writes them itself: what it knows, by table and day of knowledge, latest revisions only.

Each file is made whole beside (``.part``) and takes its name in one step: whoever dies leaves the old file or the new
one, and no reader of the inbox looks at what is unfinished.  The same rows give the same bytes, and a file that would
hold what it holds is left alone.
"""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from models.errors import DeliveryError
from models.tables.canonical import TABLES, Table
from warehouse.exchange import synced

Row = Mapping[str, Any]
_PART = ".part"


def write_days(
    folder: Path, rows: Mapping[str, Iterable[Row]], *, days: Iterable[date] | None = None
) -> list[Path]:
    """Write ``<table>_<day>.csv`` of every day of knowledge (``recorded_at``) of the rows, or only of some ``days``.

    ``rows``: by table, all revisions that the source knows or those of some days; of revisions of a key with one day
    the last one counts.  A day without rows gets no file, and none is removed: nobody takes back what he delivered by
    silence.  Visits are written before their findings.  Returns the files that changed.  Raises DeliveryError for a
    table or column there is none of, and for a row without its key or day.
    """
    wanted = None if days is None else frozenset(days)
    folder.mkdir(parents=True, exist_ok=True)
    changed = list[Path]()
    for name in sorted(rows, key=_turn):
        for day, found in sorted(_latest(_table(name), rows[name]).items()):
            if wanted is None or day in wanted:
                path = folder / f"{name}_{day}.csv"
                if _put(path, _text(_table(name), found)):
                    changed.append(path)
    return changed


def _turn(name: str) -> tuple[bool, str]:
    return name != "inspections", name


def _table(name: str) -> Table:
    if name not in TABLES:
        raise DeliveryError("There is no table '{name}'. Known: {names}.", name=name, names=", ".join(TABLES))
    return TABLES[name]


def _latest(table: Table, rows: Iterable[Row]) -> dict[date, list[Row]]:
    """The last revision of each key and day of knowledge, by that day and sorted by key."""
    found: dict[date, dict[str, Row]] = {}
    known, key = {*table.columns()}, table.key[-1]
    for row in rows:
        if strange := sorted(row.keys() - known):
            raise DeliveryError(
                "Table {table} has no column {columns}. Correct what is written.",
                table=table.name,
                columns=", ".join(strange),
            )
        number, day = row.get(key), row.get("recorded_at")
        if not number or not isinstance(day, date) or isinstance(day, datetime):
            raise DeliveryError(
                "A row of {table} lacks its number ({key}) or the day it became known (recorded_at): {row}. "
                "Fill both.",
                table=table.name,
                key=key,
                row=dict(row),
            )
        found.setdefault(day, {})[str(number)] = row
    return {day: [own[number] for number in sorted(own)] for day, own in found.items()}


def _text(table: Table, rows: Sequence[Row]) -> bytes:
    """Rows as CSV, in the order of the columns of the table; the source is the name of its mapping."""
    columns = [name for name in table.columns() if name != "source"]
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return target.getvalue().encode()


def _cell(value: Any) -> str:
    """A value as readers of deliveries take it; several, such as officers, are separated by a semicolon."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (list, tuple)):
        return ";".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return str(value)


def _put(path: Path, content: bytes) -> bool:
    """Let a file hold this; whether it did not before."""
    if path.exists() and path.read_bytes() == content:
        return False
    part = path.with_name(path.name + _PART)
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    synced(path.parent)
    return True
