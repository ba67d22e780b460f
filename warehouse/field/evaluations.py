"""What enterprises say of visits (D4): by a link that works once, and shown so that nobody can be guessed.

That a link was used is kept with its visit; what was said is kept elsewhere, under a number drawn at random, with no
more than the authority and the quarter.  It is shown when five of them have come, all five at once: who looks before
and after one more sees no difference that is one enterprise's.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select, update

from models.errors import FaultsError, FieldError, NotThereError
from models.field.evaluation import GOOD, LEAST_SHOWN, Evaluation, evaluation_faults
from warehouse.clock import LOCAL
from warehouse.field import audit
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import Authority
from warehouse.field.passes import seal, sealed_number
from warehouse.field.tables import EVALUATED, EVALUATIONS, VISITS
from warehouse.field.users import User
from warehouse.field.visit import Visit, visit_of

_PURPOSE: Final = b"evaluate"
MADE: Final = ("signed", "counted", "closed")
"""States of a visit that was made."""


def evaluation_code(ledger: Ledger, visit_id: UUID) -> str:
    """What the link to evaluate a visit ends with; another one than its pass code."""
    return seal(ledger, visit_id, _PURPOSE)


def visit_to_evaluate(ledger: Ledger, code: str) -> Visit:
    """The visit of a link that was not used yet.  Raises NotThereError, FieldError."""
    visit_id = sealed_number(ledger, code, _PURPOSE)
    with ledger.reading() as connection:
        query = select(VISITS).where(VISITS.c.visit_id == str(visit_id or ""), VISITS.c.state.in_(MADE))
        found = connection.execute(query).mappings().first()
        if found is None:
            raise NotThereError(
                "This link opens nothing: it is not one of ours, or the visit is not made yet. Use it after the visit, "
                "or call 12345."
            )
        _require_unused(connection, str(visit_id))
    return visit_of(found)


def _require_unused(connection: Connection, visit_id: str) -> None:
    """Raises FieldError for the link of a visit that was evaluated."""
    if connection.execute(select(EVALUATED).where(EVALUATED.c.visit_id == visit_id)).first():
        raise FieldError(
            "This visit was evaluated already; the link works once. If that was not you, call 12345."
        )


def to_evaluate(ledger: Ledger, enterprise_id: str) -> list[Visit]:
    """Visits to an enterprise that were made and not evaluated yet, the last first; ten at most."""
    mine = (VISITS.c.enterprise_id == enterprise_id) & VISITS.c.state.in_(MADE)
    query = select(VISITS).where(mine, VISITS.c.visit_id.not_in(select(EVALUATED.c.visit_id)))
    with ledger.reading() as connection:
        found = connection.execute(query.order_by(VISITS.c.planned_on.desc(), VISITS.c.visit_id).limit(10))
        return [visit_of(row) for row in found.mappings()]


def evaluate(ledger: Ledger, code: str, told: Evaluation, questions: Collection[str], now: datetime) -> None:
    """Keep what an enterprise says of a visit, once.  Raises FaultsError, NotThereError, FieldError."""
    if faults := evaluation_faults(told, frozenset(questions)):
        raise FaultsError("Nothing was recorded:", faults=tuple(faults))
    visit = visit_to_evaluate(ledger, code)
    day = visit.filing.planned_on or now.astimezone(LOCAL).date()
    own = {"level": visit.authority.level, "division": visit.authority.division, "quarter": quarter_of(day)}
    key = str(visit.visit_id)
    with ledger.writing() as connection:
        # Somebody may have been quicker.
        _require_unused(connection, key)
        connection.execute(insert(EVALUATED).values(visit_id=key))
        audit.append(connection, at=now, by=None, act="evaluated", subject=key)
        row = {"evaluation_id": str(uuid4()), **own, "is_shown": False, "told": told.model_dump()}
        connection.execute(insert(EVALUATIONS).values(**row))
        waits = ~EVALUATIONS.c.is_shown
        for name, value in own.items():
            waits &= EVALUATIONS.c[name] == value
        held = connection.execute(select(EVALUATIONS.c.evaluation_id).where(waits)).all()
        if len(held) >= LEAST_SHOWN:
            connection.execute(update(EVALUATIONS).where(waits).values(is_shown=True))


def quarter_of(day: date) -> str:
    """The quarter of a day, as 2026Q3."""
    return f"{day.year}Q{(day.month + 2) // 3}"


@dataclass(frozen=True)
class Sum:
    """What the enterprises that an authority visited in a quarter said, of ``n`` evaluations.

    ``marks``: how often each mark was given, by question; ``good``: evaluations whose every mark is 4 or 5;
    ``remarks``: in the order of the alphabet.  ``made``: visits made that could be evaluated.
    """

    authority: Authority
    quarter: str
    n: int
    good: int
    marks: dict[str, dict[int, int]]
    remarks: tuple[str, ...]
    made: int


def sums(ledger: Ledger, user: User) -> list[Sum]:
    """Sums that somebody may see, the last quarter first; of fewer than five evaluations there is none."""
    with ledger.reading() as connection:
        shown = select(EVALUATIONS).where(EVALUATIONS.c.is_shown, user.jurisdiction.where(EVALUATIONS))
        rows = connection.execute(shown).mappings().all()
        query = select(VISITS.c.level, VISITS.c.division, VISITS.c.planned_on)
        made = Counter(
            (level, division, quarter_of(day))
            for level, division, day in connection.execute(query.where(VISITS.c.state.in_(MADE)))
            if day is not None
        )
    found: dict[tuple[str, str, str], list[Evaluation]] = {}
    for row in rows:
        key = (row["level"], row["division"], row["quarter"])
        found.setdefault(key, []).append(Evaluation.model_validate(row["told"]))
    keys = sorted(found, key=lambda key: (key[2], key[0], key[1]), reverse=True)
    return [_sum(key, found[key], made[key]) for key in keys]


def _sum(key: tuple[str, str, str], told: list[Evaluation], made: int) -> Sum:
    level, division, quarter = key
    questions = sorted({name for one in told for name in one.marks})
    marks = {
        name: dict(sorted(Counter(one.marks[name] for one in told if name in one.marks).items()))
        for name in questions
    }
    good = sum(all(mark >= GOOD for mark in one.marks.values()) for one in told)
    remarks = sorted(
        f"{one.remark} ({one.said_by})" if one.said_by else one.remark for one in told if one.remark
    )
    return Sum(Authority(level, division), quarter, len(told), good, marks, tuple(remarks), made)
