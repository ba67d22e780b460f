"""A small city on an installation whose services run."""

import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from pipelines.demo import write_demo_city
from tests.live.services import CODE, DAEMON, LEARNING, WEBSERVER, Services, services
from tests.worlds.runs import REPOSITORY
from warehouse.clock import LOCAL
from warehouse.home import Home

FIRST = date(2026, 6, 30)
"""The day that every site has issued when it begins."""


def moment(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment of a day, by the bureau's clock."""
    return datetime.combine(day, time(hour, minute, second), LOCAL)


@contextmanager
def installation(
    *, enterprises: int, wait_seconds: int, years: int = 2, **settings: str
) -> Generator[Services]:
    """An installation at noon of its first day: a demo city in the inbox as a source that goes on delivering.

    None of its services runs.  ``wait_seconds``: how long a run waits for the warehouse.
    """
    with tempfile.TemporaryDirectory(prefix="riskcode", ignore_cleanup_errors=True) as folder:
        home = Home(Path(folder) / "home")
        settings |= {
            "RISKCODE_COMMISSIONED_ON": f"{FIRST - timedelta(days=180)}",
            "RISKCODE_WAIT_SECONDS": f"{wait_seconds}",
        }
        with services(home, Path(folder), **settings) as found:
            found.clock.set(moment(FIRST, 12))
            assert found.command("init").returncode == 0
            deliver_city(home, enterprises, years)
            coded = found.command("run", "--as-of", f"{FIRST}")
            assert coded.returncode == 0, coded.stderr
            yield found


@contextmanager
def site(*, enterprises: int, wait_seconds: int, years: int = 2, **settings: str) -> Generator[Services]:
    """The same with its services."""
    with installation(enterprises=enterprises, wait_seconds=wait_seconds, years=years, **settings) as found:
        found.start(CODE, LEARNING, DAEMON, WEBSERVER)
        yield found


def deliver_city(home: Home, enterprises: int, years: int = 2) -> None:
    """The demo city as a source of the inbox that is no closed archive."""
    write_demo_city(home.inbox / "city", enterprises=enterprises, years=years, end=FIRST)
    told = (REPOSITORY / "pipelines" / "mappings" / "demo_city.yaml").read_text(encoding="utf-8")
    lines = [line for line in told.splitlines() if not line.startswith("archive_ends")]
    (home.inbox / "city" / "mapping.yaml").write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def city() -> Iterator[Services]:
    """A site of 150 enterprises for the tests of a module."""
    with site(enterprises=150, wait_seconds=300) as found:
        yield found
