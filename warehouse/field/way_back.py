"""How far a visit of the desk has come on its way back: received, exported, counted, refused, or what it waits for.

Received is what the ledger holds, exported what lies in the inbox.  Counted is what readers see: a row of the published
copy that says what the row of the outbox says, for a clock would take an older revision for the new one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection as LedgerConnection
from sqlalchemy import select

from models.field.forms import STORED, Record
from warehouse.clock import LOCAL
from warehouse.database.frames import Connection
from warehouse.database.meta import value
from warehouse.database.reading import Row
from warehouse.field import outbox
from warehouse.field.engine import Ledger
from warehouse.field.export import SOURCE, exported_at, exported_place
from warehouse.field.outbox import Held
from warehouse.field.tables import BLOBS, FINDINGS, IMAGES, REVISIONS
from warehouse.field.users import User
from warehouse.field.visit import Visit, row_of, visit_of
from warehouse.home import Home
from warehouse.questions.records import findings_of, refusals_of, refused_numbers, visits_of

OPEN, WAITS, RECEIVED, EXPORTED, REFUSED, COUNTED = (
    *("open", "waits", "received", "exported"),
    *("refused", "counted"),
)
FILING, APPROVAL, PHOTOS, OTHERS = "filing", "approval", "photos", "others"
"""What a signed record waits for; ``others``: rows whose visit, enterprise or day is still to come."""
_TURN: Final = (REFUSED, WAITS, RECEIVED, EXPORTED, COUNTED)
"""What a visit is where its rows differ: the first of these that one of them is."""


@dataclass(frozen=True)
class Sent:
    """A row that went back, as far as it has come.  ``refusal``: row of ``refusals_of``, where it was refused."""

    table: str
    key: str
    recorded_on: date
    state: str
    refusal: Row | None = None


@dataclass(frozen=True)
class WayBack:
    """A visit, as far as it has come.

    ``state``: open (nothing is signed), waits (``waits_for``), received, exported, refused or counted.
    ``received_at``: when its last revision was signed; ``exported_at``: when the last of its rows came to lie in the
    inbox; ``counted_at``: when what readers see was taken in.  They never contradict each other: a moment that is not
    known of the same rows is left out.
    """

    visit_id: UUID
    state: str
    received_at: datetime | None
    exported_at: datetime | None
    counted_at: datetime | None
    waits_for: tuple[str, ...]
    rows: tuple[Sent, ...]


def way_back(ledger: Ledger, copy: Connection, home: Home, user: User, visit_id: UUID) -> WayBack:
    """How far a visit has come, by the ledger, the inbox and a published copy.  Raises NotThereError."""
    with ledger.reading() as connection:
        visit = visit_of(row_of(connection, visit_id, user))
        received, numbers = _signed(connection, visit)
        missing = _missing(connection, visit)
        place = exported_place(connection, home)
        keys = {"inspections": [str(visit_id)], "violations": numbers, "filings": [str(visit_id)]}
        held = [one for table, known in keys.items() for one in outbox.held(connection, table, known)]
    firm = visit.filing.enterprise_id
    shown = {
        "inspections": _by_number(visits_of(copy, firm), "inspection_id"),
        "violations": _by_number(findings_of(copy, firm), "violation_id"),
    }
    refusals = {
        (table, row["number"]): row
        for table in keys
        for row in refusals_of(copy, SOURCE, table, [one.key for one in held if one.table == table])
    }
    rows = tuple(_sent(one, place, shown, refusals.get((one.table, one.key))) for one in held)
    state, waits = told_of(visit, missing, rows)
    last = max((one.place for one in held if one.table != "filings"), default=0)
    exported = exported_at(home, last) if 0 < last <= place else None
    counted = None
    if state == COUNTED:
        # What was written again after it was signed, such as an answer to a finding, counts by its own file; where
        # that changed nothing there, the first one counts, and when it came to the inbox is not kept.
        counted = _taken_in(copy, held, exported or received) or _taken_in(copy, held, received)
        exported = None if exported and counted and exported > counted else exported
    return WayBack(visit_id, state, received, exported, counted, waits, rows)


def refused_among(
    ledger: Ledger, copy: Connection, home: Home, user: User, visits: Iterable[Visit]
) -> set[UUID]:
    """Which of these visits have a row that was refused, and still is."""
    refused = refused_numbers(copy, SOURCE)
    if not refused:
        return set()
    with ledger.reading() as connection:
        query = select(FINDINGS.c.visit_id).where(FINDINGS.c.finding_id.in_(refused))
        named = refused | set(connection.execute(query).scalars())
    return {
        one.visit_id
        for one in visits
        if str(one.visit_id) in named and is_refused(way_back(ledger, copy, home, user, one.visit_id))
    }


def is_refused(way: WayBack) -> bool:
    """Whether any of its rows was refused, its filing too."""
    return any(one.state == REFUSED for one in way.rows)


def told_of(visit: Visit, missing: Sequence[str], rows: Sequence[Sent]) -> tuple[str, tuple[str, ...]]:
    """The state of a visit by those of its rows, and what it waits for.  ``missing``: before it counts here."""
    if not visit.revision:
        return OPEN, ()
    if missing and visit.state == "signed":
        return WAITS, tuple(missing)
    if visit.state == "withdrawn" and not rows:
        # It never counted, so there was nothing to take back.
        return COUNTED, ()
    states = {one.state for one in rows if one.table != "filings" or one.state in (REFUSED, WAITS)}
    state = next((one for one in _TURN if one in states), RECEIVED)
    return state, (OTHERS,) if state == WAITS else ()


def is_shown(held: Held, shown: Mapping[str, Row]) -> bool:
    """Whether readers see a row as the outbox has it; one that was withdrawn, when they see it no more."""
    row = shown.get(held.key)
    if held.row["withdrawn_on"]:
        return row is None
    told = held.row | {"recorded_at": held.recorded_on}
    return row is not None and all(_text(told[name]) == _text(row[name]) for name in told.keys() & row.keys())


def _sent(held: Held, place: int, shown: Mapping[str, Mapping[str, Row]], refusal: Row | None) -> Sent:
    if held.place > place:
        state, refusal = RECEIVED, None
    elif held.table in shown and is_shown(held, shown[held.table]):
        state, refusal = COUNTED, None
    elif refusal is not None:
        state = WAITS if refusal["state"] == "waiting" else REFUSED
    else:
        state = EXPORTED
    return Sent(held.table, held.key, held.recorded_on, state, refusal)


def _text(told: Any) -> str:
    """A value of either side; blanks are for readers to arrange."""
    return "" if told is None else " ".join(str(told).split())


def _by_number(rows: Iterable[Row], number: str) -> dict[str, Row]:
    return {row[number]: row for row in rows if row["source"] == SOURCE}


def _signed(connection: LedgerConnection, visit: Visit) -> tuple[datetime | None, list[str]]:
    """When the last revision was signed, and the numbers of all findings there ever were."""
    query = (
        select(REVISIONS).where(REVISIONS.c.visit_id == str(visit.visit_id)).order_by(REVISIONS.c.revision)
    )
    found = connection.execute(query).mappings().all()
    records = [Record.model_validate(row["record"], context=STORED) for row in found]
    numbers = {str(one.id) for record in records for one in record.findings}
    return (found[-1]["at"] if found else None), sorted(numbers)


def _missing(connection: LedgerConnection, visit: Visit) -> list[str]:
    mine = (IMAGES.c.visit_id == str(visit.visit_id)) & (IMAGES.c.revision == visit.revision)
    lost = select(IMAGES.c.sha256).where(mine, IMAGES.c.sha256.not_in(select(BLOBS.c.sha256))).limit(1)
    lacks = {
        FILING: visit.filed_at is None,
        APPROVAL: visit.approved_at is None,
        PHOTOS: connection.execute(lost).first() is not None,
    }
    return [name for name, is_lacking in lacks.items() if is_lacking]


def _taken_in(copy: Connection, held: Iterable[Held], since: datetime | None) -> datetime | None:
    """When the last file that its rows lie in was taken in, each the first time after they were received."""
    files = [f"{one.table}_{one.recorded_on}.csv" for one in held if one.table != "filings"]
    query = """
    SELECT max(first) FROM (
        SELECT min(taken_in_at) AS first FROM ops.deliveries JOIN ops.delivery_files USING (delivery_id)
        WHERE source = $source AND list_contains($files::VARCHAR[], file)
          AND ($since IS NULL OR taken_in_at >= $since)
        GROUP BY file)"""
    begins = since.astimezone(LOCAL).replace(tzinfo=None) if since else None
    found: datetime | None = value(copy, query, {"source": SOURCE, "files": files, "since": begins})
    return found.replace(tzinfo=LOCAL) if found else None
