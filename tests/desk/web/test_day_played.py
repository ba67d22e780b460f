"""A day at the desk, in a browser, from my day to the code that follows a record and its re-check."""

from pathlib import Path

import pytest

from tests.desk.web.day_played import chromium, play
from tests.worlds.devices import IN_CHROMIUM
from tests.worlds.homes import copy_of
from warehouse.home import Home

MOST_CPU_SECONDS = 5.0
"""From a record to its code."""


pytestmark = IN_CHROMIUM


@pytest.mark.whole
def test_a_day_is_filed_approved_recorded_without_network_coded_and_looked_at_again(
    coded: Path, tmp_path: Path
) -> None:
    with chromium() as browser:
        figures = play(Home(copy_of(coded, tmp_path / "home")), tmp_path / "screens", browser)
    assert figures["CPU seconds of the watch, to RED"] <= MOST_CPU_SECONDS
    assert len(list((tmp_path / "screens").glob("[0-9]*.png"))) == 12
