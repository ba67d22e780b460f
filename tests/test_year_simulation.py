"""A few weeks of nightly replanning on a small city keep the rules that a plan may never break."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from benchmarks import __main__ as command
from benchmarks.year import Log, Options, planned_nights, simulate
from benchmarks.year_city import LivingCity
from benchmarks.year_figures import as_markdown, figures
from tests.worlds.effort import EVERYTHING

pytestmark = pytest.mark.slow

FIRMS = 100
NIGHTS = 20 if EVERYTHING else 6


@pytest.fixture(scope="module")
def lived() -> tuple[Log, LivingCity]:
    return simulate(Options(enterprises=FIRMS, seed=5, nights=NIGHTS))


@pytest.fixture(scope="module")
def found(lived: tuple[Log, LivingCity]) -> dict[str, dict[str, Any]]:
    return figures(*lived)


def test_every_night_before_a_working_day_is_planned() -> None:
    nights = planned_nights(2025, None)
    assert len(nights) == 248
    assert nights[0] == (date(2024, 12, 31), date(2025, 1, 2))
    # 26 January was a working Sunday, the eight days from the 28th a holiday.
    days = [day for _, day in nights]
    assert date(2025, 1, 26) in days
    assert not any(date(2025, 1, 28) <= day <= date(2025, 2, 4) for day in days)


def test_no_visit_is_too_many(found: dict[str, dict[str, Any]]) -> None:
    never = (
        "planned visits over the cap",
        "two on-site visits on one day",
        "planned visits within the gap after a planned one",
        "officers in two crews on a day",
        "crews with more than a day's work",
    )
    assert {name: found["caps and duplicates"][name] for name in never} == dict.fromkeys(never, 0)


def test_every_red_enterprise_is_visited_in_time_unless_named_or_the_visit_failed(
    found: dict[str, dict[str, Any]],
) -> None:
    reds = found["reds within 5 working days (C3)"]
    for spells in ("of the first night", "later"):
        excused = reds[f"{spells}: late, named by the deadline"]
        assert reds[f"{spells}: late"] <= excused + reds[f"{spells}: late, a scheduled visit was not made"]


def test_what_was_made_was_scheduled_the_night_before(lived: tuple[Log, LivingCity]) -> None:
    log, _ = lived
    made, plan = log.all("made"), log.all("plan").filter(pl.col("state") == "scheduled")
    told = made.join(plan, on=["night", "visit_id"], how="inner")
    assert told.height == made.height > 0
    assert (told["day"] == told["planned_on_right"]).all()


def test_nothing_is_known_before_it_is_recorded(lived: tuple[Log, LivingCity]) -> None:
    city = lived[1]
    whole = city.delivery(None, date(2025, 1, 20))
    for name, rows in whole.items():
        assert (rows["recorded_at"] <= date(2025, 1, 20)).all(), name
    visits = whole["inspections"]
    assert (visits["recorded_at"] >= visits["inspected_on"]).all()
    assert whole["violations"].filter(pl.col("rectified_on") > pl.col("recorded_at")).is_empty()


@pytest.mark.whole
def test_the_same_city_told_twice_finds_the_same(lived: tuple[Log, LivingCity]) -> None:
    again, _ = simulate(Options(enterprises=FIRMS, seed=5, nights=2))
    made = lived[0].all("made").filter(pl.col("night").is_in(again.all("nights")["night"].implode()))
    assert made.drop("made_on").equals(again.all("made").drop("made_on"))


def test_the_figures_can_be_written(
    found: dict[str, dict[str, Any]],
    lived: tuple[Log, LivingCity],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert as_markdown(found).count("### ") == len(found)
    monkeypatch.setattr(command.years, "simulate", lambda options, tell: lived)
    asked = ["year", "--output", str(tmp_path / "year.json"), "--keep", str(tmp_path / "seen")]
    assert CliRunner().invoke(command.app, asked).exit_code == 0
    assert set(json.loads((tmp_path / "year.json").read_text(encoding="utf-8"))) == set(found)
    assert {file.stem for file in (tmp_path / "seen").iterdir()} == set(lived[0].frames)
