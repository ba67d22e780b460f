"""A day at the desk, in a browser, from my day to the code that follows a record and its re-check."""

from pathlib import Path

import pytest

from tests.desk.web.day_played import CHROMIUM, play
from tests.worlds.homes import copy_of
from warehouse.home import Home

MOST_CPU_SECONDS = 5.0
"""From a record to its code."""


@pytest.mark.whole
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"no Chromium at {CHROMIUM}; set CHROMIUM")
def test_a_day_is_filed_approved_recorded_without_network_coded_and_looked_at_again(
    coded: Path, tmp_path: Path
) -> None:
    figures = play(Home(copy_of(coded, tmp_path / "home")), tmp_path / "screens")
    assert figures["CPU seconds of the watch, to RED"] <= MOST_CPU_SECONDS
    assert len(list((tmp_path / "screens").glob("[0-9]*.png"))) == 12
