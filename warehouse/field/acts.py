"""Acts that a person asks for at the desk and that the warehouse does: objections and overrides.

They are written down here, whole, before anything is done; a process beside the desk does one after another and tells
how it ended (``pipelines.acts``).  Asked again under the same number, nothing is done twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, select, update

from models.disputes import same_name
from models.errors import ConflictError, FieldError, NotThereError
from models.field.states import INSPECTOR, LEADER
from warehouse.field import audit
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import Authority
from warehouse.field.tables import ACTS, AUDIT, canonical
from warehouse.field.users import User
from warehouse.field.visit import Ask

FILE, DECIDE, WITHDRAW, GIVE, END = "file", "decide", "withdraw", "give", "end"
ASKED, DONE, REFUSED = "asked", "done", "refused"
ROLES: Final[Mapping[str, frozenset[str]]] = {
    FILE: frozenset({INSPECTOR, LEADER}),
    WITHDRAW: frozenset({INSPECTOR, LEADER}),
    DECIDE: frozenset({LEADER}),
    GIVE: frozenset({LEADER}),
    END: frozenset({LEADER}),
}
"""Who may ask for an act."""
MOST_LISTED: Final = 100
MOST_WAITING: Final = 20
"""Acts of one person at once: each takes seconds of a core."""
_UNFORESEEN: Final = "act_ended_unforeseen"


@dataclass(frozen=True)
class Act:
    """What was asked for.

    ``told``: as it was asked, by name; ``asked_on``: the day it counts for; ``number``: of the objection or the
    override once it is done; ``said``: why it was refused, or waits after so many ``tries``, by language.
    """

    act_id: str
    kind: str
    enterprise_id: str
    authority: Authority
    told: Mapping[str, Any]
    asked_by: str
    asked_at: datetime
    asked_on: date
    state: str
    tries: int
    number: str | None
    said: Mapping[str, str] | None
    settled_at: datetime | None


def may_ask(user: User, kind: str, authority: Authority) -> bool:
    """Whether somebody may ask for an act about an enterprise of an authority: of the own, or of one below."""
    return user.jurisdiction.sees(authority) and not user.roles.isdisjoint(ROLES[kind])


def ask_act(
    ledger: Ledger,
    user: User,
    kind: str,
    enterprise_id: str,
    authority: Authority,
    told: Mapping[str, Any],
    ask: Ask,
) -> Act:
    """Write down what is to be done.  Raises FieldError, ConflictError for something else under its number."""
    if not user.jurisdiction.sees(authority):
        raise FieldError("This enterprise is another authority's. Let that authority act.")
    if user.roles.isdisjoint(ROLES[kind]):
        raise FieldError("This is not for your role. Let a leader of the authority do it.")
    with ledger.writing() as connection:
        mine = ACTS.c.act_id == str(ask.request_id)
        held = connection.execute(select(ACTS).where(mine)).mappings().first()
        if held is not None:
            found = _act(held)
            same = (found.kind, found.enterprise_id, found.asked_by, canonical(found.told))
            if same == (kind, enterprise_id, user.user_id, canonical(told)):
                return found
            raise ConflictError(
                "Something else was asked under the number of this form. Load the page again, and repeat it."
            )
        if kind == DECIDE:
            _refuse_lodger(connection, user, enterprise_id, told)
        own = (ACTS.c.asked_by == user.user_id) & (ACTS.c.state == ASKED)
        if connection.execute(select(func.count()).select_from(ACTS).where(own)).scalar_one() >= MOST_WAITING:
            raise FieldError("Too much of what you asked for still waits. Let it be carried out first.")
        row: dict[str, Any] = {"act_id": str(ask.request_id), "kind": kind, "enterprise_id": enterprise_id}
        row |= {"level": authority.level, "division": authority.division, "told": dict(told)}
        row |= {"asked_by": user.user_id, "asked_at": ask.now, "asked_on": ask.now.date()}
        connection.execute(insert(ACTS).values(**row, state=ASKED, tries=0))
        details = {"kind": kind, "enterprise": enterprise_id, "told": dict(told)}
        audit.append(
            connection, at=ask.now, by=user.user_id, act="act_asked", subject=row["act_id"], details=details
        )
        return _act(connection.execute(select(ACTS).where(mine)).mappings().one())


def lodging(ledger: Ledger, objection_id: str) -> Act | None:
    """The act by which an objection was lodged at the desk; ``None`` for one that was lodged elsewhere."""
    with ledger.reading() as connection:
        found = connection.execute(select(ACTS).where(_lodged(objection_id))).mappings().first()
    return None if found is None else _act(found)


def is_lodger(act: Act, user_id: str, name: str) -> bool:
    """Whether somebody lodged an objection at the desk: by the account, or by the name he answers under."""
    return act.asked_by == user_id or same_name(act.told.get("lodged_by") or "") == same_name(name)


def _lodged(objection_id: str) -> ColumnElement[bool]:
    return (ACTS.c.kind == FILE) & (ACTS.c.number == objection_id)


def _refuse_lodger(connection: Connection, user: User, enterprise_id: str, told: Mapping[str, Any]) -> None:
    """Raises FieldError for who lodged at the desk what is decided here."""
    # Lodged, and not noted yet under which number: it may be this very one.
    unnoted = (ACTS.c.kind == FILE) & (ACTS.c.state == ASKED) & (ACTS.c.enterprise_id == enterprise_id)
    mine = _lodged(told["objection_id"]) | unnoted
    lodged = [_act(row) for row in connection.execute(select(ACTS).where(mine)).mappings()]
    if any(is_lodger(one, user.user_id, told["by"]) for one in lodged):
        raise FieldError("You lodged this objection at the desk yourself. Let another leader decide it.")


def act_of(ledger: Ledger, user: User, act_id: str) -> Act:
    """One act.  Raises NotThereError, also for one about an enterprise of another authority."""
    mine = (ACTS.c.act_id == act_id) & user.jurisdiction.where(ACTS)
    with ledger.reading() as connection:
        found = connection.execute(select(ACTS).where(mine)).mappings().first()
    if found is None:
        raise NotThereError("There is no such act. Look at the list of objections: /objections")
    return _act(found)


def unsettled(ledger: Ledger, user: User, kinds: tuple[str, ...], *, since: datetime) -> list[Act]:
    """Acts that wait, and those refused since a moment, as far as somebody sees them, the newest first."""
    shown = (ACTS.c.state == ASKED) | ((ACTS.c.state == REFUSED) & (ACTS.c.settled_at >= since))
    query = select(ACTS).where(user.jurisdiction.where(ACTS), ACTS.c.kind.in_(kinds), shown)
    query = query.order_by(ACTS.c.asked_at.desc(), ACTS.c.act_id).limit(MOST_LISTED)
    with ledger.reading() as connection:
        return [_act(row) for row in connection.execute(query).mappings()]


def waiting(ledger: Ledger) -> list[Act]:
    """What is still to be done, in the order in which it was asked for."""
    query = select(ACTS).where(ACTS.c.state == ASKED).order_by(ACTS.c.asked_at, ACTS.c.act_id)
    with ledger.reading() as connection:
        return [_act(row) for row in connection.execute(query).mappings()]


def put_off(ledger: Ledger, act_id: str, said: Mapping[str, str] | None) -> None:
    """Note that it was tried and waits.  ``said``: why, by language."""
    with ledger.writing() as connection:
        values = {"tries": ACTS.c.tries + 1, "said": dict(said) if said else None}
        waits = (ACTS.c.act_id == act_id) & (ACTS.c.state == ASKED)
        connection.execute(update(ACTS).where(waits).values(**values))


def ended_unforeseen(ledger: Ledger, act_id: str, *, now: datetime) -> int:
    """Note that a try ended in a way nobody foresaw; how many of its tries did."""
    with ledger.writing() as connection:
        audit.append(connection, at=now, by=None, act=_UNFORESEEN, subject=act_id)
        mine = (AUDIT.c.act == _UNFORESEEN) & (AUDIT.c.subject == act_id)
        return connection.execute(select(func.count()).select_from(AUDIT).where(mine)).scalar_one()


def settle(
    ledger: Ledger, act_id: str, *, number: str | None, said: Mapping[str, str] | None, now: datetime
) -> None:
    """Note how it ended: with a ``number`` it was done, else refused for what is ``said``; told once."""
    state = DONE if number else REFUSED
    with ledger.writing() as connection:
        waits = (ACTS.c.act_id == act_id) & (ACTS.c.state == ASKED)
        values = {"state": state, "number": number, "said": dict(said) if said else None, "settled_at": now}
        if connection.execute(update(ACTS).where(waits).values(**values)).rowcount:
            details = {"number": number, "said": (said or {}).get("en")}
            audit.append(connection, at=now, by=None, act=f"act_{state}", subject=act_id, details=details)


def _act(row: RowMapping) -> Act:
    told = {name: row[name] for name in ("act_id", "kind", "enterprise_id", "told", "asked_by", "asked_at")}
    told |= {name: row[name] for name in ("asked_on", "state", "tries", "number", "said", "settled_at")}
    return Act(authority=Authority(row["level"], row["division"]), **told)
