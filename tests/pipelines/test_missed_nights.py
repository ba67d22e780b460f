"""Nights that were missed are made up for by whoever codes next, from what had come by their own hour."""

from datetime import date, timedelta

import pytest

from pipelines.alerts import RECOVERED, RUN, alerts
from tests.worlds.deliveries import MAPPING, csv_bytes, deliver, firm
from tests.worlds.effort import EVERYTHING
from tests.worlds.receivers import Receiver
from tests.worlds.runs import riskcode
from tests.worlds.warehouses import night
from warehouse.clock import local_today, night_begun
from warehouse.connection import holding, writing
from warehouse.database.reading import reading
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all


@pytest.fixture
def left_alone(home: Home) -> tuple[Home, date]:
    """A home whose last night is two nights ago, and into which something came just now."""
    register = csv_bytes(firm(number) for number in range(4))
    deliver(home.inbox / "bureau", {"mapping.yaml": MAPPING.encode(), "register.csv": register})
    last = night_begun() - timedelta(days=2)
    with writing(home) as connection:
        take_in_all(connection, home, folder=None, mapping=None, received_on=last, today=last)
    night(home, last)
    deliver(home.inbox / "bureau", {"register.csv": csv_bytes(firm(number) for number in range(5))})
    return home, last


_COMMANDS = [["watch", "--once", "--interval", "0.05"], *([["run"]] if EVERYTHING else [])]


@pytest.mark.whole
@pytest.mark.slow
@pytest.mark.parametrize("command", _COMMANDS, ids=" ".join)
def test_run_and_watch_make_up_for_missed_nights_in_their_order(
    left_alone: tuple[Home, date], command: list[str]
) -> None:
    home, last = left_alone
    done = riskcode(home.root, *command)
    assert done.returncode == 0, done.stderr
    newest = local_today() if command == ["run"] else night_begun()
    days = [last + timedelta(days=later) for later in range((newest - last).days + 1)]
    with reading(home) as connection:
        coded = connection.execute(
            "SELECT as_of, enterprises FROM ops.runs WHERE is_issued AND rescored IS NULL ORDER BY number"
        ).fetchall()
    assert coded == [(day, 5 if day == newest else 4) for day in days]
    [told] = [one for one in alerts(home) if one.kind == RECOVERED]
    missed = ", ".join(f"{day}" for day in days[1:-1])
    assert (told.kind, told.job, told.cause) == (RECOVERED, command[0], f"Missed and made up for: {missed}.")


def test_a_night_without_a_daemon_that_fails_is_told_by_whoever_was_to_code_it(
    home: Home, there: Receiver
) -> None:
    (home.inbox / "bureau").mkdir(parents=True)
    with holding(home):
        failed = riskcode(home.root, "run", RISKCODE_NOTIFY=there.url)
    assert failed.returncode == 6
    [told] = alerts(home)
    assert (told.kind, told.job, told.day) == (RUN, "run", f"{local_today()}")
    assert told.cause in failed.stderr
    assert there.titles == [f"riskcode home · run failed · run · {local_today()}"]
