"""Complaints (数据告警): what of a source could not be read or counted, until it is over or a person takes it as it is.

A complaint is about one place of a source: a file, a table, the source as a whole.  It stands from the day it arose to
the day the same place is read without it; what a person has acknowledged stays known, and is told no more while it
stays the same.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from models.errors import RiskcodeError, WarehouseError
from models.messages import N_, Message
from models.policy.review import Monitoring
from models.tables.canonical import TABLES
from warehouse.database.frames import Connection, insert, transaction
from warehouse.database.meta import written_at
from warehouse.database.reading import Row, rows
from warehouse.database.reasons import followable
from warehouse.intake.files.raw import shown
from warehouse.intake.judged import Judged, Unfilled, Unused
from warehouse.questions.complaints import standing

SOURCE_UNREADABLE = "source_unreadable"
FILE_UNREADABLE = "file_unreadable"
MOSTLY_REFUSED = "mostly_refused"
SHEET_UNREAD = "sheet_unread"
DECISIVE_UNFILLED = "decisive_unfilled"
DECISIVE_LOST = "decisive_lost"
DIVISION_UNKNOWN = "division_unknown"
CONTRADICTED = "contradicted"
FILE_UNMAPPED = "file_unmapped"

GRAVE = frozenset({SOURCE_UNREADABLE, FILE_UNREADABLE, MOSTLY_REFUSED})
"""A night with one of these is not whole: it has coded what it could read."""


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong at one ``place`` of a source; ``said`` tells it with the next step."""

    source: str
    kind: str
    place: str
    said: Message

    @property
    def complaint_id(self) -> str:
        """Short and always the same for the same thing, so that it can be acknowledged."""
        told = json.dumps([self.source, self.kind, self.place, self.said.message], ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()[:8]


def of_source(source: str, problem: RiskcodeError) -> Complaint:
    """A source of which nothing could be read."""
    facts = {name: _plain(fact) for name, fact in problem.facts.items()}
    return Complaint(source, SOURCE_UNREADABLE, "", Message(problem.message, facts))


def of_delivery(judged: Judged) -> list[Complaint]:
    """What could not be read at all of a delivery that was judged."""
    whole = judged.rejects.filter(judged.rejects["line"] == 0)
    return [
        Complaint(
            judged.mapping.name,
            FILE_UNREADABLE,
            file,
            Message(
                N_("{file} could not be read ({rule}): {content}. Deliver it again."),
                {"file": file, "rule": rules, "content": shown(content[:200])},
            ),
        )
        for file, rules, content in whole.select("file", "rules", "content")
        .unique(maintain_order=True)
        .rows()
    ]


def lost_columns(connection: Connection, judged: Judged) -> dict[Unfilled, Message]:
    """Decisive columns that nothing fills and that were filled in an earlier delivery of the source, each told.

    A file is compared with what came under its name; one of a new name with what its entry read.
    """
    unfilled = [one for one in judged.unfilled if one.is_decisive]
    if not unfilled:
        return {}
    told = connection.execute(_HEADERS, [judged.mapping.name]).fetchall()
    before = [(table, entry, file, json.loads(headers or "{}")) for table, entry, file, headers in told]
    found: dict[Unfilled, Message] = {}
    for one in unfilled:
        mine = [row for row in before if row[0] == one.table]
        mine = [row for row in mine if row[2] == one.file] or [row for row in mine if row[1] == one.entry_at]
        last = next((row for row in mine if one.column in row[3]), None)
        if last is not None:
            facts = {"file": one.file, "column": f"{one.table}.{one.column}", "name": one.column}
            found[one] = Message(_LOST, {**facts, "header": shown(last[3][one.column]), "before": last[2]})
    return found


_LOST = N_(
    "{file}: nothing fills {column} any more, which codes rest on. An earlier delivery had it ({header} in {before}). "
    "Ask the source, map its new header, or say in the mapping that the source has it no more ({name}: null)."
)
_HEADERS = """
SELECT f.table_name, f.entry, f.file, f.headers FROM ops.delivery_files f JOIN ops.deliveries d USING (delivery_id)
WHERE d.source = ? AND f.delivered > 0 ORDER BY d.number DESC
"""


def of_unmapped(source: str, unused: Iterable[Unused]) -> list[Complaint]:
    """Files and folders of a source that no entry of its mapping reads: news may be in them."""
    return [
        Complaint(
            source,
            FILE_UNMAPPED,
            one.name,
            Message(
                N_(
                    "{file} is not read ({why}). Name it in the mapping (files:), leave it out with a reason "
                    "(ignore:), or acknowledge it."
                ),
                {"file": one.name, "why": str(one.why)},
            ),
        )
        for one in unused
    ]


def of_contradictions(
    connection: Connection, judged: Judged, *, on: date
) -> tuple[list[Complaint], list[str]]:
    """Keys that counted until another file of the day said otherwise, and the places at which some were looked for."""
    source = judged.mapping.name
    tables = connection.execute(
        "SELECT DISTINCT table_name FROM ops.contradictions WHERE found_on = ? AND source = ? ORDER BY ALL",
        [on, source],
    ).fetchall()
    told: list[tuple[str, int, str]] = []
    for (table,) in tables:
        key = ", ".join(f"c.{name}" for name in TABLES[table].key)
        [(n, first)] = connection.execute(
            f"SELECT count(DISTINCT datum), min(datum) FROM ops.contradictions x "
            f"JOIN core.{table} c ON to_json([{key}])::VARCHAR = x.datum::VARCHAR "
            "WHERE x.found_on = ? AND x.source = ? AND x.table_name = ? AND c.undone_no IS NOT NULL",
            [on, source, table],
        ).fetchall()
        told += [(table, n, first)] if n else []
    said = N_(
        "Files of one day say different things of {n} keys of {table} (the first is {key}), so nothing of that day "
        "counts of them. Ask the source which is right."
    )
    found = [
        Complaint(
            source,
            CONTRADICTED,
            f"{table} {on}",
            Message(said, {"n": f"{n:,}", "table": table, "key": shown(key)}),
        )
        for table, n, key in told
    ]
    return found, [f"{count.table} {on}" for count in judged.files]


def of_content(judged: Judged, lost: Mapping[Unfilled, Message]) -> list[Complaint]:
    """Sheets that nothing reads, decisive columns that nothing fills, divisions that never existed, each told once.

    Named by sheet or column, not by file: what comes in a new file every day is one thing to settle.
    """
    source = judged.mapping.name
    sheets = [
        Complaint(
            source,
            SHEET_UNREAD,
            f"[{one.name}]",
            Message(
                N_("{file}: sheet {sheet} is not read. Add it to the mapping (sheet:), or acknowledge it."),
                {"file": one.file, "sheet": one.name},
            ),
        )
        for one in judged.unused
        if one.kind == "sheet"
    ]
    columns = [
        Complaint(
            source,
            DECISIVE_LOST if one in lost else DECISIVE_UNFILLED,
            f"{one.table}.{one.column}",
            lost.get(one) or Message(_UNFILLED[one.why], _facts_of(one)),
        )
        for one in judged.unfilled
        if one.is_decisive
    ]
    divisions = [
        Complaint(
            source,
            DIVISION_UNKNOWN,
            f"{table}.division {code}",
            Message(
                N_(
                    "{n} rows of {table} name the division {code}, which does not exist and did not. Correct it."
                ),
                {"n": f"{rows:,}", "table": table, "code": code},
            ),
        )
        for table, code, rows in judged.strange_divisions
    ]
    return list({one.complaint_id: one for one in (*sheets, *columns, *divisions)}.values())


_UNFILLED = {
    "header": N_(
        "{file}: nothing fills {column}, which codes rest on. Map its header, or say in the mapping that "
        "the source does not have it ({name}: null)."
    ),
    "cells": N_(
        "{file}: all cells of {column} are blank, and codes rest on it. Fill them, or say in the mapping what a "
        "blank one means (blank:)."
    ),
    "key": N_(
        "{file}: {rows} objects have no key for {column}, which codes rest on; the first is in line {line}. Deliver "
        "it, or say in the mapping what a missing one means (blank:)."
    ),
}
"""What to say of a decisive column, by why it is not filled."""


def _facts_of(one: Unfilled) -> dict[str, object]:
    facts: dict[str, object] = {"file": one.file, "column": f"{one.table}.{one.column}"}
    more = {"header": {"name": one.column}, "key": {"rows": f"{one.rows:,}", "line": one.line}}
    return facts | more.get(one.why, {})


def renew(
    connection: Connection,
    source: str,
    found: Iterable[Complaint],
    *,
    on: date,
    kinds: Collection[str],
    places: Collection[str] | None = None,
) -> None:
    """Bring the complaints about a source up to date: those that arose no more are over.

    Judged anew are the ``kinds`` at the ``places`` (default: everywhere); of all else nothing is known.
    """
    found = list({one.complaint_id: one for one in found}.values())
    looked = {"source": source, "kinds": list(kinds), "on": on, "ids": [one.complaint_id for one in found]}
    where = "" if places is None else " AND list_contains($places, place)"
    connection.execute(
        "UPDATE ops.complaints SET state = 'over', over_on = $on WHERE source = $source AND state <> 'over' "
        f"AND list_contains($kinds, kind) AND NOT list_contains($ids, complaint_id){where}",
        looked if places is None else looked | {"places": list(places)},
    )
    for one in found:
        known = rows(connection, "FROM ops.complaints WHERE complaint_id = $id", {"id": one.complaint_id})
        if known and known[0]["state"] != "over":
            connection.execute(
                "UPDATE ops.complaints SET last_on = greatest(last_on, ?), facts = ? WHERE complaint_id = ?",
                [on, _facts(one.said), one.complaint_id],
            )
            continue
        insert(
            connection,
            "ops.complaints",
            if_there="replace",
            complaint_id=one.complaint_id,
            source=one.source,
            kind=one.kind,
            place=one.place,
            is_grave=one.kind in GRAVE,
            message=one.said.message,
            facts=_facts(one.said),
            first_on=on,
            last_on=on,
            state="open",
        )


def of_shares(connection: Connection, limits: Monitoring, *, on: date) -> None:
    """Renew the complaints about tables of which too much was refused, in each file's last delivery."""
    found: dict[str, list[Complaint]] = {
        source: []
        for (source,) in connection.execute("SELECT DISTINCT source FROM ops.deliveries").fetchall()
    }
    for source, table, delivered, refused in connection.execute(_SHARES).fetchall():
        many = refused >= limits.least_refused_rows or refused == delivered
        if many and refused * 1000 > limits.most_refused_permille * delivered:
            said = Message(
                N_(
                    "{refused} of {delivered} rows of {table} were refused. See why: ./riskcode rejects --list"
                ),
                {"refused": f"{refused:,}", "delivered": f"{delivered:,}", "table": table},
            )
            found[source].append(Complaint(source, MOSTLY_REFUSED, table, said))
    for source, complaints in found.items():
        renew(connection, source, complaints, on=on, kinds=[MOSTLY_REFUSED])


_SHARES = """
WITH last AS (
    SELECT d.source, f.table_name, f.file, f.delivered, f.refused
    FROM ops.delivery_files f JOIN ops.deliveries d USING (delivery_id)
    QUALIFY row_number() OVER (PARTITION BY d.source, f.table_name, f.file ORDER BY d.number DESC) = 1)
SELECT source, table_name, sum(delivered)::BIGINT, sum(refused)::BIGINT FROM last
GROUP BY ALL HAVING sum(delivered) > 0 ORDER BY ALL
"""


def is_whole(connection: Connection) -> bool:
    """Whether everything that was delivered could be read, but for what a person has acknowledged."""
    found = connection.execute(
        "SELECT count(*) FROM ops.complaints WHERE state = 'open' AND is_grave"
    ).fetchall()
    return found == [(0,)]


def acknowledge(connection: Connection, complaint_id: str, *, by: str, reason: str) -> Row:
    """Take a complaint as it is.  Returns it; raises WarehouseError where none stands, or the reason is too short."""
    told = followable(reason)
    asked = complaint_id.strip().lower()
    meant = [row for row in standing(connection) if row["complaint_id"].startswith(asked)]
    if len(meant) != 1:
        raise WarehouseError(
            "No complaint '{complaint_id}' stands. See those that do: ./riskcode sources complaints",
            complaint_id=complaint_id,
        )
    with transaction(connection):
        connection.execute(
            "UPDATE ops.complaints SET state = 'acknowledged', given_by = ?, reason = ?, given_at = ? "
            "WHERE complaint_id = ?",
            [by.strip(), told, written_at(connection), meant[0]["complaint_id"]],
        )
    return meant[0] | {"state": "acknowledged", "given_by": by.strip(), "reason": told}


def _facts(said: Message) -> str:
    return json.dumps({name: _plain(fact) for name, fact in said.facts.items()}, ensure_ascii=False)


def _plain(fact: object) -> object:
    return fact if isinstance(fact, int | float | str | None) else str(fact)
