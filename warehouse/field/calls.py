"""Calls to another system: what happened at the desk, kept until it was taken there.

What happened stands in the audit, in the transaction that did it; from there it is gathered, each once, with a number
that follows from its line.  So whoever dies in between loses none, and sends one twice at most, under the same number.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from warehouse.field import audit
from warehouse.field.acts import DECIDE
from warehouse.field.engine import Ledger
from warehouse.field.tables import ACTS, AUDIT, CALLS, VISITS

KINDS: Final[Mapping[str, str]] = {
    "file": "visit.filed",
    "file_afterwards": "visit.filed",
    "approve": "visit.approved",
    "approve_afterwards": "visit.approved",
    "count": "visit.counted",
    "cancel": "visit.cancelled",
    "withdraw": "visit.withdrawn",
    "act_done": "objection.decided",
}
"""What is told, by the act of the audit."""
REFUSED: Final = "row.refused"
AGAIN: Final = tuple(timedelta(seconds=one) for one in (5, 15, 60, 300, 900, 3600))
"""Before a call that was not taken is tried again: after the first try, the second …; after the last for ever."""
KEPT: Final = timedelta(days=30)
"""How long a call that was taken is kept."""
_FAR: Final = 1000
"""Lines of the audit that tell nothing, after which it is noted that they were gone through."""
_CURSOR: Final = "cursor"
"""Number of the row that tells up to which line of the audit was gathered."""


@dataclass(frozen=True)
class Call:
    """One thing to tell.  ``body``: as it is sent; ``said``: why it was not taken last."""

    call_id: str
    kind: str
    body: Mapping[str, Any]
    created_at: datetime
    tries: int
    next_at: datetime
    taken_at: datetime | None
    said: str


def gather(ledger: Ledger, now: datetime) -> int:
    """Bring the calls in step with the audit; how many are new.  The first time nothing of before is told."""
    with ledger.reading() as connection:
        head, cursor = audit.head(connection).place, _cursor(connection)
        if cursor is not None and head < cursor + _FAR and not _since(connection, cursor):
            return 0
    with ledger.writing() as connection:
        cursor, head = _cursor(connection), audit.head(connection).place
        found = [] if cursor is None else _since(connection, cursor)
        for line in found:
            _keep(connection, _number(line["hash"]), KINDS[line["act"]], _body(connection, line), now)
        _move(connection, cursor, head, now)
        connection.execute(delete(CALLS).where(CALLS.c.taken_at < now - KEPT, CALLS.c.call_id != _CURSOR))
        return len(found)


def gather_refused(ledger: Ledger, refused: Iterable[Mapping[str, Any]], now: datetime) -> int:
    """Keep a call for each row that readers see refused and that was not told yet; how many are new."""
    told = {
        _number(f"{row['table']} {row['number']} {row['refused_on']} {row['rules']}"): row for row in refused
    }
    with ledger.reading() as connection:
        known = set(connection.execute(select(CALLS.c.call_id).where(CALLS.c.call_id.in_(told))).scalars())
    new = {number: row for number, row in told.items() if number not in known}
    if new:
        with ledger.writing() as connection:
            for number, row in new.items():
                body = {**row, "at": now.isoformat(), "refused_on": f"{row['refused_on']}"}
                _keep(connection, number, REFUSED, body, now)
    return len(new)


def due(ledger: Ledger, now: datetime, limit: int = 50) -> list[Call]:
    """Calls to be made now, in the order in which things happened."""
    waits = CALLS.c.taken_at.is_(None) & (CALLS.c.next_at <= now)
    query = (
        select(CALLS).where(waits).order_by(CALLS.c.created_at, CALLS.c.place, CALLS.c.call_id).limit(limit)
    )
    with ledger.reading() as connection:
        return [_call(row) for row in connection.execute(query).mappings()]


def waiting(ledger: Ledger) -> list[Call]:
    """Calls that were not taken yet, in the order in which things happened."""
    query = select(CALLS).where(CALLS.c.taken_at.is_(None)).order_by(CALLS.c.created_at, CALLS.c.place)
    with ledger.reading() as connection:
        return [_call(row) for row in connection.execute(query).mappings()]


def note_taken(ledger: Ledger, call: Call, now: datetime) -> None:
    """Note that the other system took it."""
    with ledger.writing() as connection:
        values = {"taken_at": now, "tries": call.tries + 1, "said": ""}
        connection.execute(update(CALLS).where(CALLS.c.call_id == call.call_id).values(**values))


def note_failed(ledger: Ledger, call: Call, said: str, now: datetime) -> datetime:
    """Note why it was not taken; when it is tried again."""
    again = now + AGAIN[min(call.tries, len(AGAIN) - 1)]
    with ledger.writing() as connection:
        values = {"tries": call.tries + 1, "said": said[:500], "next_at": again}
        waits = (CALLS.c.call_id == call.call_id) & CALLS.c.taken_at.is_(None)
        connection.execute(update(CALLS).where(waits).values(**values))
    return again


def _cursor(connection: Connection) -> int | None:
    return connection.execute(select(CALLS.c.place).where(CALLS.c.call_id == _CURSOR)).scalar_one_or_none()


def _move(connection: Connection, cursor: int | None, head: int, now: datetime) -> None:
    if cursor is None:
        row = {"call_id": _CURSOR, "kind": _CURSOR, "body": {}, "created_at": now, "tries": 0, "next_at": now}
        connection.execute(insert(CALLS).values(**row, place=head, taken_at=now, said=""))
    else:
        connection.execute(update(CALLS).where(CALLS.c.call_id == _CURSOR).values(place=head))


def _since(connection: Connection, cursor: int) -> list[RowMapping]:
    """Lines of the audit behind a place that are told, in their order."""
    query = select(AUDIT).where(AUDIT.c.place > cursor, AUDIT.c.act.in_(KINDS)).order_by(AUDIT.c.place)
    found = connection.execute(query).mappings().all()
    done = [row["subject"] for row in found if row["act"] == "act_done"]
    decided = select(ACTS.c.act_id).where(ACTS.c.act_id.in_(done), ACTS.c.kind == DECIDE)
    decisions = set(connection.execute(decided).scalars())
    return [row for row in found if row["act"] != "act_done" or row["subject"] in decisions]


def _body(connection: Connection, line: RowMapping) -> dict[str, Any]:
    """What is told: numbers and moments, and nothing that tells of a person."""
    told = {"at": line["at"], "place": line["place"]}
    if line["act"] == "act_done":
        query = select(ACTS.c.enterprise_id, ACTS.c.level, ACTS.c.division, ACTS.c.number, ACTS.c.told)
        act = connection.execute(query.where(ACTS.c.act_id == line["subject"])).mappings().one()
        told |= {"objection_id": act["number"], "outcome": act["told"].get("outcome")}
        return told | {name: act[name] for name in ("enterprise_id", "level", "division")}
    names = (VISITS.c.enterprise_id, VISITS.c.level, VISITS.c.division, VISITS.c.planned_on)
    visit = connection.execute(select(*names).where(VISITS.c.visit_id == line["subject"])).mappings().one()
    told |= {"visit_id": line["subject"], "version": line["details"].get("version")}
    told |= {name: visit[name] for name in ("enterprise_id", "level", "division")}
    return told | {"planned_on": f"{visit['planned_on']}" if visit["planned_on"] else None}


def _keep(connection: Connection, number: str, kind: str, body: Mapping[str, Any], now: datetime) -> None:
    row = {"call_id": number, "kind": kind, "created_at": now, "tries": 0, "next_at": now, "said": ""}
    told = {"id": number, "type": kind, **body}
    connection.execute(insert(CALLS).values(**row, body=told, place=body.get("place", 0)))


def _number(what: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"riskcode:{what}"))


def _call(row: RowMapping) -> Call:
    names = ("call_id", "kind", "body", "created_at", "tries", "next_at", "taken_at", "said")
    return Call(**{name: row[name] for name in names})
