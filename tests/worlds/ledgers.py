"""Ledgers of a test, in SQLite and on a server, with people and visits on any step of their way."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from sqlalchemy import create_engine, text

from models.field.forms import Filing, Record
from tests.worlds.field import DAY, facts, filing, moment, policy, record
from warehouse.field import users as people
from warehouse.field.engine import URL_SETTING, Ledger
from warehouse.field.jurisdiction import Authority
from warehouse.field.opening import opened
from warehouse.field.users import User, add_user
from warehouse.field.visit import Ask, Brought, Known, Visit
from warehouse.field.visits import begin, load, take
from warehouse.home import Home

LIXIA, SHIZHONG = Authority("district", "370102"), Authority("district", "370103")
EVENING_BEFORE, MORNING, NOON = (moment(f"2026-06-{day}") for day in ("29 16:00", "30 08:00", "30 12:00"))
PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes that cost nothing: of the cost itself one test tells."""


@contextmanager
def ledger_of(home: Home, url: str | None = None) -> Iterator[Ledger]:
    """The ledger of a home; by URL one on a server, empty at first."""
    told = {URL_SETTING: url} if url else {}
    with patch.dict(os.environ, told), patch.object(people, "_HASHER", QUICK), opened(home) as ledger:
        yield ledger


def emptied(url: str) -> str:
    """The URL, after all that a test before left on the server is gone."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url


def person(ledger: Ledger, login: str, *roles: str, at: Authority | None = LIXIA, **told: Any) -> User:
    """Somebody at the desk, an inspector of Lixia unless told otherwise."""
    return add_user(
        ledger,
        login=login,
        name=login.title(),
        password=PASSWORD,
        roles=frozenset(roles or ("inspector",)),
        authority=at,
        now=EVENING_BEFORE,
        by=None,
        **told,
    )


def ask(visit: Visit | int = 0, now: datetime = NOON, request: UUID | None = None) -> Ask:
    """A request about a visit as it is known."""
    expected = visit if isinstance(visit, int) else visit.version
    return Ask(request_id=request or uuid4(), now=now, expected=expected)


def known(**differs: Any) -> Known:
    """What is known, by the policy of the day."""
    return Known(facts(**differs), policy())


class Desk:
    """An inspector and a leader of Lixia, and visits that they take along."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.inspector = person(ledger, "li", officer_id="o1")
        self.leader = person(ledger, "wang", "leader")

    def begun(self, form: Filing | None = None, now: datetime = EVENING_BEFORE) -> Visit:
        """A draft."""
        return begin(self.ledger, self.inspector, uuid4(), LIXIA, form or filing(), ask(now=now))

    def took(
        self, visit: Visit, step: str, now: datetime = NOON, *, by: User | None = None, **brought: Any
    ) -> Visit:
        """The visit after a step, of the leader where only a leader may take it."""
        leads = {"approve", "approve_afterwards", "send_back", "withdraw"}
        who = by or (self.leader if step in leads else self.inspector)
        knows = brought.pop("known", None) or known()
        return take(self.ledger, who, visit.visit_id, step, ask(visit, now), Brought(**brought), knows)

    def approved(self, form: Filing | None = None) -> Visit:
        """Filed the evening before, and approved."""
        visit = self.took(self.begun(form), "file", EVENING_BEFORE)
        return self.took(visit, "approve", EVENING_BEFORE + timedelta(minutes=5))

    def signed(self, kept: Record | None = None, form: Filing | None = None, **known_: Any) -> Visit:
        """Signed, and counted where all its photos are there."""
        kept, knows = kept or record(), known(**known_)
        visit = self.took(self.approved(form), "start", MORNING)
        visit = self.took(visit, "record", record=kept, known=knows)
        return self.took(visit, "sign", record=kept, known=knows)

    def again(self, visit: Visit) -> Visit:
        """The visit as it is now."""
        return load(self.ledger, self.inspector, visit.visit_id)


def home_in(folder: Path) -> Home:
    """A home with nothing in it."""
    return Home(folder / "home").prepare()


__all__ = [
    "DAY",
    "EVENING_BEFORE",
    "LIXIA",
    "MORNING",
    "NOON",
    "PASSWORD",
    "SHIZHONG",
    "Desk",
    "ask",
    "emptied",
    "home_in",
    "known",
    "ledger_of",
    "person",
]
