"""``./riskcode nights``: what became of the last nights."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.alerts import RUN, Alert, notify
from tests.worlds.deliveries import MAPPING, csv_bytes, deliver, firm
from tests.worlds.runs import riskcode
from tests.worlds.warehouses import night
from warehouse.connection import writing
from warehouse.home import Home
from warehouse.intake.inbox import take_in_all

FIRST = date(2026, 7, 1)


@pytest.fixture
def lived(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that goes on: its first night, one that failed, and a third in which a source could not be read."""
    register = csv_bytes(firm(number) for number in range(4))
    deliver(home.inbox / "bureau", {"mapping.yaml": MAPPING.encode(), "register.csv": register})
    for later in (0, 2):
        day = FIRST + timedelta(days=later)
        if later:
            deliver(home.inbox / "platform", {"mapping.yaml": b"mapping: [platform\n"})
        with writing(home) as connection:
            take_in_all(connection, home, folder=None, mapping=None, received_on=day, today=day)
        night(home, day)
    notify(home, Alert(RUN, "the disk was full", "Make room.", day="2026-07-02"))
    monkeypatch.setattr("warehouse.questions.nights.night_due", lambda: date(2026, 7, 4))
    return home


def test_each_night_tells_what_became_of_it(lived: Home) -> None:
    told = json.loads(riskcode(lived.root, "nights", "--json").stdout)
    assert [(one["day"], one["failed"], one["set_aside"]) for one in told] == [
        ("2026-07-04", 0, ["platform"]),
        ("2026-07-03", 0, ["platform"]),
        ("2026-07-02", 1, []),
        ("2026-07-01", 0, []),
    ]
    never = [one["finished_at"] is None for one in told]
    assert never == [True, False, True, False]
    assert [one["state"] == "missed" for one in told] == never
    assert len(json.loads(riskcode(lived.root, "nights", "--days", "2", "--json").stdout)) == 2


def test_the_table_fits_a_terminal_and_names_what_failed(lived: Home) -> None:
    done = riskcode(lived.root, "nights", COLUMNS="80")
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "2026-07-02 the disk was full" in done.stdout and "platform" in done.stdout


def test_a_closed_archive_has_no_nights(coded: Path) -> None:
    assert "closed archive" in riskcode(coded, "nights").stdout
