"""The desk over a published copy, with a ledger of its own and people who may come in."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from desk.web.app import build
from desk.web.asking import SESSION
from desk.web.limits import Limits
from warehouse.field import users as people
from warehouse.field.engine import Ledger
from warehouse.field.jurisdiction import Authority
from warehouse.field.opening import opened
from warehouse.field.sessions import log_in
from warehouse.field.users import add_user
from warehouse.home import Home

PASSWORD = "correct horse battery"
NOW = datetime(2026, 7, 1, 1, tzinfo=UTC)
"""Nine o'clock in the city."""
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes that cost nothing."""
LIXIA, SHIZHONG = "370102", "370103"


class Desk:
    """A desk and its people; ``login`` gives the browser of one of them."""

    def __init__(
        self, home: Home, ledger: Ledger, *, language: str = "en", limits: Limits | None = None
    ) -> None:
        self.home, self.ledger, self.now = home, ledger, NOW
        self.app: FastAPI = build(
            home,
            language,
            ledger,
            clock=lambda: self.now,
            limits=limits or Limits(a_minute=1_000_000),
            # The days of the test are those of its clock, in a closed archive too.
            dated=lambda _, now: now,
        )

    def add(
        self,
        login: str,
        *roles: str,
        level: str = "city",
        division: str = "",
        officer_id: str | None = None,
        enterprise_id: str | None = None,
    ) -> str:
        """Somebody with an account; an inspector where nothing is said."""
        is_nowhere = roles in (("admin",), ("enterprise",))
        authority = None if is_nowhere else Authority(level, division)
        add_user(
            self.ledger,
            login=login,
            name=login.title(),
            password=PASSWORD,
            roles=frozenset(roles or ("inspector",)),
            authority=authority,
            now=NOW,
            by=None,
            officer_id=officer_id,
            enterprise_id=enterprise_id,
        )
        return login

    def browser(self, **more: Any) -> httpx.Client:
        """A browser in which nobody is logged in."""
        return TestClient(self.app, follow_redirects=False, **more)

    def login(self, login: str, **more: Any) -> httpx.Client:
        """A browser with a session."""
        browser = self.browser(**more)
        session = log_in(self.ledger, login, PASSWORD, address="office", now=self.now)
        browser.cookies.set(SESSION, session.token)
        return browser


@contextmanager
def desk_of(home: Path, folder: Path, **more: Any) -> Generator[Desk]:
    """A desk over what a home has published; its ledger lies in a folder of its own."""
    with patch.object(people, "_HASHER", QUICK), opened(Home(folder).prepare()) as ledger:
        yield Desk(Home(home), ledger, **more)


def asked(home: Path, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """What the published copy says."""
    with duckdb.connect(str(Home(home).published), read_only=True) as connection:
        return connection.execute(query, list(arguments)).fetchall()


@pytest.fixture(scope="session")
def desk(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The desk of the small demo city, with a leader of the city and one of Lixia; read it, add people to it."""
    with desk_of(coded, tmp_path_factory.mktemp("desk")) as made:
        made.add("city", "leader")
        made.add("lixia", "leader", level="district", division=LIXIA)
        yield made
