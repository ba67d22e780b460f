"""What the desk knows when somebody files or records: the enterprise, whose it is, and by what a form is judged."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from desk.web.asking import Asking
from models.errors import NotThereError
from models.field.forms import Filing, Record
from models.policy import load_policy
from models.policy.pack import PolicyOnDay
from warehouse.database.reading import Row, rows
from warehouse.field import visits as ledger_visits
from warehouse.field.jurisdiction import Authority
from warehouse.field.visit import Known, Visit
from warehouse.questions.desk_facts import (
    authority_of_firm,
    counts_in_cap,
    facts_of,
    firm_names,
    register_of,
)
from warehouse.rules.packs import published_pack_on

_MOST_DAYS = 64
_held: dict[tuple[str, date], PolicyOnDay] = {}
"""Rules of the days asked for last; a pack is known by its content."""


def rules_on(asking: Asking, day: date) -> PolicyOnDay:
    """The rules of a day: those of the pack in force in the home, else of the pack the desk was opened with."""
    default = asking.desk.policy or load_policy()
    policy = published_pack_on(asking.desk.home, default, day)
    key = (policy.content_hash, day)
    if (known := _held.get(key)) is None:
        if len(_held) >= _MOST_DAYS:
            _held.clear()
        known = _held[key] = policy.on(day)
    return known


def firm_of(asking: Asking, enterprise_id: str) -> Row:
    """The register's row of an enterprise of the viewer's area.  Raises NotThereError."""
    with asking.reading() as connection:
        register = register_of(connection, enterprise_id)
    if register is None or not asking.viewer.area.covers(register["division"]):
        raise NotThereError(
            "There is no enterprise '{enterprise_id}' here. Look for it by its name: /search",
            enterprise_id=enterprise_id,
        )
    return register


def authority_over(asking: Asking, register: Row, day: date) -> Authority:
    """The authority an enterprise belongs to (P1)."""
    return Authority(*authority_of_firm(register, rules_on(asking, day).planning))


@dataclass(frozen=True)
class Judged:
    """A form, by what it is judged, and the register's row of its enterprise."""

    register: Row
    known: Known


def judged_by(asking: Asking, filing: Filing, now: datetime, *, but: Visit | None = None) -> Judged:
    """Facts and rules for a visit.  ``but``: the visit itself, which is not counted before it is made.

    Raises NotThereError for an enterprise that is not in the register.
    """
    policy = rules_on(asking, filing.planned_on or now.date())
    with asking.reading() as connection:
        register = register_of(connection, filing.enterprise_id)
        if register is None:
            raise NotThereError("The enterprise is not in the register any more. Ask who keeps the register.")
        made = made_since(asking, filing.enterprise_id, policy, but)
        return Judged(register, Known(facts_of(connection, register, filing, policy, since=made), policy))


def made_since(asking: Asking, enterprise_id: str, policy: PolicyOnDay, but: Visit | None) -> list[date]:
    """Days of visits made by the desk that count in the cap; the copy may not know of the last ones yet."""
    found = ledger_visits.listed(
        asking.desk.ledger,
        asking.own_session.user,
        states=("signed", "counted", "closed"),
        enterprise_id=enterprise_id,
    )
    return [
        one.filing.planned_on
        for one in found
        if one.filing.planned_on is not None
        and (but is None or one.visit_id != but.visit_id)
        and counts_in_cap(one.filing, policy.planning)
    ]


def names_of(asking: Asking, visit: Visit) -> dict[str, str]:
    """Names of who goes, by number: as filed, before that as the register has them."""
    going = [*visit.filing.officers, *visit.filing.technical_inspectors]
    asked = "SELECT officer_id, name FROM serve.officers WHERE list_contains($ids::VARCHAR[], officer_id)"
    unknown = [one for one in going if one not in visit.names]
    if not unknown:
        return dict(visit.names)
    with asking.reading() as connection:
        found = {row["officer_id"]: row["name"] for row in rows(connection, asked, {"ids": unknown})}
    return {**found, **visit.names}


def names_of_firms(asking: Asking, found: Iterable[Visit]) -> dict[str, str]:
    """Names of the enterprises of visits by number, as the register has them."""
    with asking.reading() as connection:
        return firm_names(connection, {one.filing.enterprise_id for one in found})


class VisitTold(BaseModel):
    """A visit as programs are told it (``plain``)."""

    visit_id: UUID
    level: str
    division: str
    state: str
    version: int
    revision: int
    counted_revision: int
    changed_at: datetime
    filing: Filing
    names: dict[str, str]
    filed_at: datetime | None
    is_late: bool
    approved_at: datetime | None
    record: Record | None
    counted_at: datetime | None


def plain(visit: Visit) -> dict[str, Any]:
    """A visit as programs are told it."""
    return {
        "visit_id": str(visit.visit_id),
        "level": visit.authority.level,
        "division": visit.authority.division,
        "state": visit.state,
        "version": visit.version,
        "revision": visit.revision,
        "counted_revision": visit.counted_revision,
        "changed_at": visit.changed_at.isoformat(),
        "filing": visit.filing.model_dump(mode="json"),
        "names": dict(visit.names),
        "filed_at": visit.filed_at.isoformat() if visit.filed_at else None,
        "is_late": visit.is_late,
        "approved_at": visit.approved_at.isoformat() if visit.approved_at else None,
        "record": visit.record.model_dump(mode="json") if visit.record else None,
        "counted_at": visit.counted_at.isoformat() if visit.counted_at else None,
    }
