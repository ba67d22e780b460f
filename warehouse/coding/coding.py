"""One coding: the day, the day of knowledge, the rules, the enterprises."""

import hashlib
from dataclasses import dataclass
from datetime import date

from models.calendar import edition
from models.coding.card import FittedCard
from models.coding.timeline import InForce
from models.policy import PolicyOnDay
from warehouse.coding.extract import Extract
from warehouse.coding.program import program
from warehouse.database.frames import Connection
from warehouse.database.meta import stored_no, value
from warehouse.database.places import Identity
from warehouse.database.validity import told_by


@dataclass(frozen=True)
class Coding:
    """What is coded: the day, the day of knowledge, the policy in force, and the champion card if there is one.

    With a champion, ``policy`` already carries its points and cut-offs.  ``rules``: those of the days the change rules
    remember and of the days to come (default: the same on all days).  ``only``: code these enterprises and leave the
    others as they are.  ``stored_by``: use what was stored by that write (default: everything).  ``between``: a portion
    of the enterprises, from the first to the last of two ids.
    """

    as_of: date
    known_at: date
    policy: PolicyOnDay
    card: FittedCard | None = None
    rules: tuple[InForce, ...] = ()
    only: tuple[str, ...] | None = None
    stored_by: int | None = None
    between: tuple[str, str] | None = None

    @property
    def in_force(self) -> tuple[InForce, ...]:
        """The rules by day."""
        return self.rules or (InForce(date.min, self.policy, self.card),)

    @property
    def extract(self) -> Extract:
        """Which rows are read."""
        return Extract(self.only, self.stored_by, self.between)


def identity_of(connection: Connection, coding: Coding) -> Identity:
    """What decides every byte that a coding makes."""
    rules = [
        (
            str(one.since),
            one.policy.pack_hash,
            one.policy.planning_hash,
            one.policy.scorecard.fingerprint,
            one.card.card_id if one.card else None,
        )
        for one in coding.in_force
    ]
    # Another warehouse that was here before, as a demo city of another size, may have come to the same numbers.
    begun = value(connection, "SELECT min(taken_in_at) FROM ops.deliveries")
    told = hashlib.sha256(repr((begun, program(), edition(), rules)).encode()).hexdigest()
    by = stored_no(connection) if coding.stored_by is None else coding.stored_by
    return Identity(coding.as_of, coding.known_at, by, told)


def data_watermark(connection: Connection, known_at: date) -> date | None:
    """Latest day on which anything that may count became known."""
    tables = ("enterprises", "violations", "alerts", "inspections", "accidents", "self_reports")
    union = " UNION ALL ".join(
        f"SELECT max(known_from) AS day FROM core.{table} WHERE {told_by('$day')}" for table in tables
    )
    return value(connection, f"SELECT max(day) FROM ({union})", {"day": known_at})


def watermark_said(connection: Connection, known_at: date) -> str:
    """The same as it is written in SQL."""
    known = data_watermark(connection, known_at)
    return "NULL::DATE" if known is None else f"DATE '{known}'"
