"""A ledger for every test, in both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worlds.ledgers import Desk, emptied, home_in, ledger_of
from tests.worlds.postgres import server_of_its_own
from warehouse.field.engine import Ledger
from warehouse.home import Home


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    with server_of_its_own() as url:
        yield url


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_in(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """What the environment says of the ledger: nothing, or the URL of an empty database."""
    return None if request.param == "sqlite" else emptied(request.getfixturevalue("server"))


@pytest.fixture
def ledger(home: Home, url: str | None) -> Iterator[Ledger]:
    with ledger_of(home, url) as one:
        yield one


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)
