"""Answers for all who may ask: passports and queues of many enterprises at once, as JSON.

The same SQL as that of the questions, asked of the warehouse itself: ``of`` tells rows of tables that it holds in
another form than the published copy (``warehouse.publish.PUBLISHED``), as known on ``known_at``.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zlib import crc32

from warehouse.database.documents import QueueRow
from warehouse.database.frames import Connection, named_in
from warehouse.questions.area import lies_in
from warehouse.questions.codes import RED_COLUMNS, queue_rows
from warehouse.questions.passport import passports

Told = Mapping[str, str]


def passport_documents(
    connection: Connection, ids: Sequence[str], *, of: Told, known_at: date
) -> list[tuple[str, str]]:
    """The passports of enterprises, by enterprise."""
    query = f"SELECT enterprise_id, to_json(p)::VARCHAR FROM ({passports(of)}) p ORDER BY enterprise_id"
    return connection.execute(query, _arguments(query, ids, known_at)).fetchall()


def queue_documents(
    connection: Connection, ids: Sequence[str], *, of: Told, known_at: date
) -> list[QueueRow]:
    """The rows of enterprises in the queue of their code."""
    query = f"""
    SELECT enterprise_id, code, enforcing_level, division, {lies_in("district", "division")},
           {lies_in("town", "division")}, score, to_json(q)::VARCHAR
    FROM ({queue_rows(_PICKED, of)}) q ORDER BY enterprise_id
    """
    found = connection.execute(query, _arguments(query, ids, known_at)).fetchall()
    return [QueueRow(*row) for row in found]


def red_documents(connection: Connection) -> list[tuple[str, int, str]]:
    """What the red queue says: enterprise, place, and what a row of a queue tells by it."""
    packed = ", ".join(f"{column} := {column}" for column in RED_COLUMNS)
    return connection.execute(
        f"SELECT enterprise_id, rank, to_json(struct_pack({packed}))::VARCHAR FROM serve.red_queue ORDER BY rank"
    ).fetchall()


def kinds_of_keys(connection: Connection, *, of: Told, known_at: date) -> dict[str, str]:
    """Which keys of these documents hold a ``date`` or a ``timestamp``, which JSON has no form for."""
    found: dict[str, set[str]] = {}
    for query in (passports(of), queue_rows(_PICKED, of)):
        columns = connection.execute(f"DESCRIBE {query}", _arguments(query, [], known_at)).fetchall()
        for name, kind in _NAMED.findall(", ".join(f"{name} {kind}" for name, kind, *_ in columns)):
            found.setdefault(name, set()).add(kind.lower())
    kinds = {
        name: kind for name, (kind, *others) in found.items() if kind in ("date", "timestamp") and not others
    }
    assert not {"date", "timestamp"} & {kind for name in found.keys() - kinds.keys() for kind in found[name]}
    return kinds


_NAMED = re.compile(r'"?(\w+)"? ([A-Z]+)')
"""A name and its kind, as columns and the parts of columns are described."""
_PICKED = "c.enterprise_id IN (SELECT unnest($ids::VARCHAR[]))"


SHAPE = crc32(f"{passports()} {queue_rows(_PICKED)}".encode())
"""Of what is told: documents that another program made may lack something."""


def _arguments(query: str, ids: Sequence[str], known_at: date) -> dict[str, Any] | None:
    return named_in(query, {"ids": list(ids), "known_at": known_at})
