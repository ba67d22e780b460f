"""What the writer's connection may hold, and what it tells of long work."""

import logging
from datetime import date

import pytest

from models.errors import SettingsError
from tests.worlds.edges import edgy_world
from tests.worlds.warehouses import fill
from warehouse.coding.extract import EVERY_ROW, in_portions
from warehouse.connection import MEMORY, THREADS, writing
from warehouse.home import Home

START = date(2026, 6, 30)


def test_the_database_holds_no_more_than_it_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY, "512MiB")
    with writing(home) as connection:
        assert connection.execute("SELECT current_setting('memory_limit')").fetchall() == [("512.0 MiB",)]
    monkeypatch.setenv(MEMORY, "a lot")
    with pytest.raises(SettingsError, match="a lot"), writing(home):
        pass
    monkeypatch.delenv(MEMORY)
    monkeypatch.setenv(THREADS, "few")
    with pytest.raises(SettingsError, match="few"), writing(home):
        pass


def test_of_long_work_it_is_told_how_far_it_has_come(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("warehouse.coding.extract.MOST_ROWS", 10)
    with writing(home) as connection, caplog.at_level(logging.INFO, "riskcode.parts"):
        fill(connection, edgy_world(1, START), received_on=START)
        portions = list(in_portions(connection, EVERY_ROW))
    assert len(portions) > 2
    assert [one.getMessage().split(",")[0] for one in caplog.records] == [
        f"part {number} of {len(portions)}" for number in range(2, len(portions) + 1)
    ]
