"""Visits that count, as they count now: what other systems are told of a day."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from models.field.forms import STORED, Record
from warehouse.field.engine import Ledger
from warehouse.field.tables import OUTBOX, REVISIONS, VISITS
from warehouse.field.users import User
from warehouse.field.visit import FindingState, Visit, findings_of, seen_by, visit_of


@dataclass(frozen=True)
class Counted:
    """A visit with the revision of its record that counts.

    ``changes``: rows that went back of it, so every change raises it; ``findings``: what became of them by now, none
    where the visit is withdrawn.
    """

    visit: Visit
    record: Record
    changes: int
    findings: tuple[FindingState, ...]

    @property
    def is_withdrawn(self) -> bool:
        """Whether it counted and does not any more."""
        return self.visit.state == "withdrawn"


def counted_on(ledger: Ledger, day: date, user: User | None = None) -> list[Counted]:
    """Visits of a day that count, or did, by their number.  ``user``: those that somebody sees; else all."""
    query = select(VISITS).where(VISITS.c.planned_on == day, VISITS.c.counted_revision > 0)
    if user is not None:
        query = query.where(seen_by(user))
    with ledger.reading() as connection:
        found = [visit_of(row) for row in connection.execute(query.order_by(VISITS.c.visit_id)).mappings()]
        return [_counted(connection, one) for one in found]


def _counted(connection: Connection, visit: Visit) -> Counted:
    mine = REVISIONS.c.visit_id == str(visit.visit_id)
    rows = connection.execute(select(REVISIONS.c.revision, REVISIONS.c.record).where(mine)).all()
    records = {row.revision: Record.model_validate(row.record, context=STORED) for row in rows}
    numbers = {str(one.id) for record in records.values() for one in record.findings}
    told = select(func.count()).select_from(OUTBOX)
    inspection = (OUTBOX.c.table == "inspections") & (OUTBOX.c.key == str(visit.visit_id))
    violations = (OUTBOX.c.table == "violations") & OUTBOX.c.key.in_(numbers)
    changes = connection.execute(told.where(inspection | violations)).scalar_one()
    findings = () if visit.state == "withdrawn" else tuple(findings_of(connection, visit.visit_id))
    return Counted(visit, records[visit.counted_revision], changes, findings)
