"""The published copy: what readers need of a good run, in one file that is replaced atomically.

Readers that hold the old file go on reading it; new readers get the new one.  A run that dies before the
replacement leaves the published copy as it was.  Beside it stand documents by key, for what is asked most of a single
enterprise or district; they know nothing that the copy does not know.
"""

import shutil
import sqlite3
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb

from warehouse.coding import renewal
from warehouse.coding.coding import Coding
from warehouse.coding.extract import among_these
from warehouse.coding.issue import issue, note_replay
from warehouse.coding.rows import require_day
from warehouse.database import documents
from warehouse.database.copies import (
    NOTED,
    Copy,
    attach,
    copy_tables,
    create,
    put_in_place,
    stamp,
    under_construction,
)
from warehouse.database.frames import Connection, log, named_in
from warehouse.database.kept import Today
from warehouse.database.meta import COPY_FORMAT, FORMAT_KEY, value
from warehouse.database.places import OF_DAY, held, is_open
from warehouse.database.reading import is_published, reading
from warehouse.database.runs import IS_ISSUED, last_issued, would_issue
from warehouse.database.validity import known
from warehouse.exchange import remove_with_sides
from warehouse.home import Home
from warehouse.questions.disputes import EVIDENCE, OPEN
from warehouse.questions.documents import (
    SHAPE,
    kinds_of_keys,
    passport_documents,
    queue_documents,
    red_documents,
)
from warehouse.questions.records import FINDINGS, OFFICERS, RECUSALS, VISITS
from warehouse.rules.shadow import keep_shadows
from warehouse.schema.catalogue import AS_KNOWN, OWN
from warehouse.schema.monitoring import MEASURED

_KNOWN = {
    f"core.{name}": f"SELECT {', '.join(OWN[f'core.{name}'].shown)} FROM core.{name} WHERE {known()}"
    for name in AS_KNOWN
}
PUBLISHED: dict[str, str] = (
    {name: table.rows_of(name) for name, table in OWN.items() if table.is_published}
    | {
        "dispute.overrides": EVIDENCE,
        "dispute.open": OPEN,
        "serve.enterprise_visits": VISITS,
        "serve.enterprise_findings": FINDINGS,
        "serve.officers": OFFICERS,
        "serve.recusals": RECUSALS,
    }
    | {name: f"{rows} ORDER BY enterprise_id" for name, rows in _KNOWN.items()}
    | {
        "ops.meta": f"SELECT key, if(key = '{FORMAT_KEY}', '{COPY_FORMAT}', value) AS value FROM ops.meta "
        f"WHERE NOT starts_with(key, '{NOTED}')",
    }
)
"""Tables of the published copy and the query that fills each, run on the warehouse."""
_DOCUMENTED = PUBLISHED | _KNOWN
"""The same for documents, which are made of rows in any order."""


CODES = Copy("riskcode.duckdb", f"SELECT run_id FROM ops.runs WHERE {IS_ISSUED} ORDER BY number DESC LIMIT 1")


def _mark_of_documents(path: Path) -> str:
    return f"{stamp(path)} {documents.mark_of(path)} {SHAPE}"


DOCUMENTS = Copy("documents.sqlite", CODES.holds, _mark_of_documents, documents.damage_of)
MEASURES = Copy(
    "measures.duckdb",
    "SELECT bit_xor(hash(h)) || ' ' || max(as_of) FROM ops.monitoring_history h HAVING count(*) > 0",
)


def published_as_of(home: Home) -> date | None:
    """Day of the published codes, or ``None`` when nothing is published, or what is cannot be read."""
    if not is_published(home):
        return None
    with reading(home) as connection:
        return value(connection, "SELECT max(as_of) FROM risk.codes")


def publish(
    connection: Connection,
    home: Home,
    *,
    known_at: date,
    documented: Iterable[str] | None = None,
    today: Today | None = None,
) -> int:
    """Build the copy beside the published one, then put it in its place.  Returns its size in bytes.

    ``documented``: only these enterprises changed since documents were made, and those stand; ``today``: and are kept
    for a later day.
    """
    log.info("publishing")
    size = copy_tables(connection, home.published, PUBLISHED, known_at=known_at)
    CODES.note(connection, home)
    _publish_documents(connection, home, known_at, documented, today)
    return size


def _publish_documents(
    connection: Connection,
    home: Home,
    known_at: date,
    changed: Iterable[str] | None,
    today: Today | None = None,
) -> None:
    """Make the documents of the enterprises that changed, or of all; one file that is damaged is made anew."""
    last = last_issued(connection)
    if last is None:
        return
    made = documents.Made(last.number, last.run_id, last.as_of, known_at)
    try:
        _write_documents(connection, home, made, changed, today)
    except sqlite3.Error as error:
        if not documents.is_damage(error):
            raise
        log.warning("the documents are made anew, for they cannot be read: %s", error)
        remove_with_sides(home.documents)
        _write_documents(connection, home, made, None)
    DOCUMENTS.note(connection, home)


def _write_documents(
    connection: Connection,
    home: Home,
    made: documents.Made,
    changed: Iterable[str] | None,
    today: Today | None = None,
) -> None:
    known_at = made.known_at
    with documents.writing_documents(home, made, whole=changed is None) as writer:
        if changed is None:
            writer.describe(kinds_of_keys(connection, of=_DOCUMENTED, known_at=known_at))
            found = connection.execute("SELECT enterprise_id FROM risk.codes ORDER BY 1").fetchall()
            ids = [enterprise for (enterprise,) in found]
        else:
            if today:
                writer.keep(today)
            ids = sorted({*changed, *_run_out(connection, writer.known_before, known_at)})
        for some in (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE)):
            passports = passport_documents(connection, some, of=_DOCUMENTED, known_at=known_at)
            writer.put(some, passports, queue_documents(connection, some, of=_DOCUMENTED, known_at=known_at))
        writer.put_red(red_documents(connection))


_AT_ONCE = 30_000
"""Enterprises whose documents, about 6 kB each, are held in memory before they are packed."""


def _run_out(connection: Connection, before: date | None, known_at: date) -> list[str]:
    """Enterprises of open objections whose clock ran out from one day of knowledge to another: their mark tells it."""
    query = f"""
    SELECT enterprise_id FROM ({OPEN})
    WHERE decide_by >= least($before::DATE, $known_at) AND decide_by < greatest($before::DATE, $known_at)
    """
    found = connection.execute(query, {"before": before, "known_at": known_at}).fetchall()
    return [enterprise for (enterprise,) in found]


def tells_of_intake(connection: Connection, home: Home) -> bool:
    """Whether the published copy tells of every delivery that was taken in, and of every complaint as it stands."""
    if not is_published(home):
        return False
    with reading(home) as copy:
        return [copy.execute(query).fetchall() for query in _INTAKE] == [
            connection.execute(query).fetchall() for query in _INTAKE
        ]


_INTAKE = (
    "SELECT max(number) FROM ops.deliveries",
    "SELECT complaint_id, facts, state FROM ops.complaints WHERE state <> 'over' ORDER BY ALL",
)


def publish_run(connection: Connection, home: Home, coding: Coding, *, run_id: str) -> int | None:
    """Issue a coding and publish it.  Returns the size of the copy in bytes.

    What issues nothing is kept as a replay, and ``None`` returned.
    """
    if not would_issue(connection, coding.as_of, coding.known_at, stored_by=coding.stored_by):
        keep_replay(connection, home, coding, run_id=run_id)
        return None
    _require_one_day(connection, coding)
    stood, changed, today = DOCUMENTS.stands(connection, home), None, None
    if stood and is_open(connection) and renewal.held(connection):
        changed, today = renewal.enterprises(connection, "any"), renewal.today(connection, coding)
    issue(connection, coding, run_id=run_id)
    size = publish(connection, home, known_at=coding.known_at, documented=changed, today=today)
    keep_shadows(connection, home, coding)
    return size


def keep_replay(connection: Connection, home: Home, coding: Coding, *, run_id: str) -> int:
    """Record a coding that issues nothing, and give it a copy of its own (``home.copy_of``).

    It is of a day before the one issued last, or leaves out what that one could use: inspectors do not find today's
    codes replaced by last year's.  Returns the size of the copy in bytes.
    """
    log.info("%s was coded again; what was issued last stays published", coding.as_of)
    _require_one_day(connection, coding)
    note_replay(connection, coding, run_id=run_id)
    home.published_days.mkdir(parents=True, exist_ok=True)
    # What was not made for the day, as a plan, is empty in its copy: that of another day is no part of it.
    lacking = {*OF_DAY} - {*held(connection)} if is_open(connection) else set[str]()
    of_day = {
        name: f"FROM ({query}) LIMIT 0" if name in lacking else query for name, query in PUBLISHED.items()
    }
    return copy_tables(connection, home.copy_of(coding.as_of), of_day, known_at=coding.known_at)


def _require_one_day(connection: Connection, coding: Coding) -> None:
    for table in ("risk.features", "risk.scores", "risk.codes", "risk.explanations", "serve.red_queue"):
        require_day(connection, table, coding)


def publish_measures(connection: Connection, home: Home) -> None:
    """Publish what the system measured of itself: readers see it beside the codes (``reading(..., measured=True)``)."""
    copy_tables(connection, home.published_measures, {name: PUBLISHED[name] for name in MEASURED})
    MEASURES.note(connection, home)


def publish_again(connection: Connection, home: Home) -> int | None:
    """Publish what was issued last once more.  Returns the size in bytes, or ``None`` where nothing was issued."""
    last = last_issued(connection)
    return None if last is None else publish(connection, home, known_at=last.known_at)


def publish_changed(connection: Connection, home: Home, only: tuple[str, ...], *, known_at: date) -> int:
    """Put the enterprises that were coded anew, and what came in, into the published copy.  Returns its size in bytes.

    The copy is copied, changed and put in its place like a new one; what becomes of a table says its declaration.  One
    that turns out to be damaged is made anew.
    """
    try:
        building = _changed(connection, home, only, known_at)
    except duckdb.Error as error:
        log.warning("the published copy is made anew, for it cannot be read: %s", error)
        return publish(connection, home, known_at=known_at, documented=only)
    size = put_in_place(building, home.published)
    CODES.note(connection, home)
    _publish_documents(connection, home, known_at, only)
    return size


def _changed(connection: Connection, home: Home, only: tuple[str, ...], known_at: date) -> Path:
    building = under_construction(home.published)
    shutil.copyfile(home.published, building)
    attach(connection, building)
    try:
        for table, query in PUBLISHED.items():
            renewed = OWN[table].renewed
            if renewed == "enterprise":
                _exchange(connection, table, query, only, known_at)
            elif renewed == "update":
                connection.execute(f"DROP TABLE IF EXISTS copy.{table}")
                create(connection, table, query, known_at)
        connection.execute("CHECKPOINT copy")
    finally:
        connection.execute("DETACH copy")
    return building


def _exchange(connection: Connection, table: str, query: str, only: tuple[str, ...], known_at: date) -> None:
    """The rows of the enterprises that were coded anew."""
    among = among_these(only)
    arguments = named_in(query, {"known_at": known_at})
    connection.execute(f"DELETE FROM copy.{table} WHERE {among}")
    connection.execute(f"INSERT INTO copy.{table} BY NAME SELECT * FROM ({query}) WHERE {among}", arguments)
