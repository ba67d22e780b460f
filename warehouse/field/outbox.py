"""What goes back: rows of the canonical tables, written in the transaction in which something counts.

A row is known by its table and key; each change of it is a revision.  ``rows`` gives those of one day, the latest
revision of each, in the order of their keys: the same whenever it is asked after the day.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from warehouse.field.engine import Ledger
from warehouse.field.tables import OUTBOX, canonical

TABLES: Final = ("inspections", "violations", "filings")
Row = dict[str, Any]


def put(connection: Connection, table: str, key: str, row: Mapping[str, Any], recorded_on: date) -> bool:
    """Write a row, its days as text, with ``recorded_at``.  Returns whether it said anything new."""
    told = dict(row)
    held = latest(connection, table, key)
    if held is not None and {**held[1], "recorded_at": None} == {**told, "recorded_at": None}:
        return False
    revision = held[0] + 1 if held else 1
    told["recorded_at"] = recorded_on.isoformat()
    connection.execute(
        insert(OUTBOX).values(table=table, key=key, revision=revision, recorded_on=recorded_on, row=told)
    )
    return True


def latest(connection: Connection, table: str, key: str) -> tuple[int, Row] | None:
    """The revision that holds, and its row."""
    mine = (OUTBOX.c.table == table) & (OUTBOX.c.key == key)
    found = connection.execute(
        select(OUTBOX.c.revision, OUTBOX.c.row).where(mine).order_by(OUTBOX.c.revision.desc()).limit(1)
    ).first()
    return (found.revision, found.row) if found else None


@dataclass(frozen=True)
class Held:
    """The revision of a row that holds, and where in the outbox it stands."""

    table: str
    key: str
    place: int
    recorded_on: date
    row: Row


def held(connection: Connection, table: str, keys: Iterable[str]) -> list[Held]:
    """What holds of these keys, in their order; nothing of those that never went back."""
    mine = (OUTBOX.c.table == table) & OUTBOX.c.key.in_(set(keys))
    query = select(OUTBOX).where(mine).order_by(OUTBOX.c.key, OUTBOX.c.revision)
    found = {row["key"]: row for row in connection.execute(query).mappings()}
    return [Held(table, key, row["place"], row["recorded_on"], row["row"]) for key, row in found.items()]


def rows(ledger: Ledger, table: str, day: date) -> list[Row]:
    """Rows recorded on a day: of each key the latest of that day, in the order of the keys."""
    with ledger.reading() as connection:
        return rows_of(connection, table, day)


def rows_of(connection: Connection, table: str, day: date) -> list[Row]:
    """The same within a transaction."""
    of_day = (OUTBOX.c.table == table) & (OUTBOX.c.recorded_on == day)
    last = (
        select(OUTBOX.c.key, func.max(OUTBOX.c.revision).label("revision"))
        .where(of_day)
        .group_by(OUTBOX.c.key)
        .subquery()
    )
    query = (
        select(OUTBOX.c.row)
        .join(last, (OUTBOX.c.key == last.c.key) & (OUTBOX.c.revision == last.c.revision))
        .where(of_day)
    )
    # Not by the database: each has an order of its own for texts.
    return sorted(connection.execute(query).scalars(), key=lambda row: str(row[KEYS[table]]))


def days(ledger: Ledger, table: str) -> list[date]:
    """Days on which rows of a table were recorded, in order."""
    with ledger.reading() as connection:
        query = select(OUTBOX.c.recorded_on).where(OUTBOX.c.table == table).distinct()
        return sorted(connection.execute(query).scalars())


def days_after(connection: Connection, place: int) -> list[date]:
    """Days of which something was written behind a place, in order."""
    query = select(OUTBOX.c.recorded_on).where(OUTBOX.c.place > place).distinct()
    return sorted(connection.execute(query).scalars())


def last_place(connection: Connection) -> int:
    """The place of what was written last; 0 where nothing was.  It grows with everything that goes back."""
    return connection.execute(select(func.max(OUTBOX.c.place))).scalar_one() or 0


def seal_at(connection: Connection, place: int) -> str | None:
    """What tells the row of a place from any other: in another ledger, or one of before, it is another or none."""
    found = connection.execute(select(OUTBOX).where(OUTBOX.c.place == place)).mappings().first()
    if found is None:
        return None
    told = [found["table"], found["key"], found["revision"], found["row"]]
    return sha256(canonical(told).encode()).hexdigest()


KEYS: Final = {"inspections": "inspection_id", "violations": "violation_id", "filings": "filing_id"}
"""The column of each table that holds the key."""
