"""The published copy: what readers need of a good run, in one file that is replaced atomically.

Readers that hold the old file go on reading it; new readers get the new one.  A run that dies before the
replacement leaves the published copy as it was.
"""

import shutil
from datetime import date
from pathlib import Path

import duckdb

from warehouse.coding.coding import Coding
from warehouse.coding.extract import ONLY
from warehouse.coding.issue import issue, note_replay
from warehouse.coding.rows import require_day
from warehouse.database.copies import (
    NOTED,
    Copy,
    attach,
    copy_tables,
    create,
    put_in_place,
    under_construction,
)
from warehouse.database.frames import Connection, log, named_in
from warehouse.database.meta import COPY_FORMAT, FORMAT_KEY, value
from warehouse.database.places import OF_DAY, held, is_open
from warehouse.database.reading import is_published, reading
from warehouse.database.runs import IS_ISSUED, last_issued, would_issue
from warehouse.database.validity import known
from warehouse.home import Home
from warehouse.questions.disputes import EVIDENCE, OPEN
from warehouse.schema.catalogue import AS_KNOWN, OWN
from warehouse.schema.monitoring import MEASURED

PUBLISHED: dict[str, str] = (
    {name: table.rows_of(name) for name, table in OWN.items() if table.is_published}
    | {
        "dispute.overrides": EVIDENCE,
        "dispute.open": OPEN,
    }
    | {
        f"core.{name}": f"SELECT {', '.join(OWN[f'core.{name}'].shown)} FROM core.{name} "
        f"WHERE {known()} ORDER BY enterprise_id"
        for name in AS_KNOWN
    }
    | {
        "ops.meta": f"SELECT key, if(key = '{FORMAT_KEY}', '{COPY_FORMAT}', value) AS value FROM ops.meta "
        f"WHERE NOT starts_with(key, '{NOTED}')",
    }
)
"""Tables of the published copy and the query that fills each, run on the warehouse."""


CODES = Copy("riskcode.duckdb", f"SELECT run_id FROM ops.runs WHERE {IS_ISSUED} ORDER BY number DESC LIMIT 1")
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


def publish(connection: Connection, home: Home, *, known_at: date) -> int:
    """Build the copy beside the published one, then put it in its place.  Returns its size in bytes."""
    log.info("publishing")
    size = copy_tables(connection, home.published, PUBLISHED, known_at=known_at)
    CODES.note(connection, home)
    return size


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
    issue(connection, coding, run_id=run_id)
    return publish(connection, home, known_at=coding.known_at)


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


def publish_changed(connection: Connection, home: Home, coding: Coding) -> int:
    """Put the enterprises that were coded anew into the published copy.  Returns its size in bytes.

    The copy is copied, changed and put in its place like a new one; what becomes of a table says its declaration.  One
    that turns out to be damaged is made anew.
    """
    try:
        building = _changed(connection, home, coding)
    except duckdb.Error as error:
        log.warning("the published copy is made anew, for it cannot be read: %s", error)
        return publish(connection, home, known_at=coding.known_at)
    size = put_in_place(building, home.published)
    CODES.note(connection, home)
    return size


def _changed(connection: Connection, home: Home, coding: Coding) -> Path:
    building = under_construction(home.published)
    shutil.copyfile(home.published, building)
    attach(connection, building)
    try:
        for table, query in PUBLISHED.items():
            renewed = OWN[table].renewed
            if renewed == "enterprise":
                _exchange(connection, table, query, coding.known_at)
            elif renewed == "update":
                connection.execute(f"DROP TABLE IF EXISTS copy.{table}")
                create(connection, table, query, coding.known_at)
        connection.execute("CHECKPOINT copy")
    finally:
        connection.execute("DETACH copy")
    return building


def _exchange(connection: Connection, table: str, query: str, known_at: date) -> None:
    """The rows of the enterprises that were coded anew."""
    among = f"enterprise_id IN (SELECT enterprise_id FROM {ONLY})"
    arguments = named_in(query, {"known_at": known_at})
    connection.execute(f"DELETE FROM copy.{table} WHERE {among}")
    connection.execute(f"INSERT INTO copy.{table} BY NAME SELECT * FROM ({query}) WHERE {among}", arguments)
