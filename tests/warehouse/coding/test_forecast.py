"""The forecast is what would be issued on each coming day if nothing new were learnt."""

from datetime import date, timedelta

import polars as pl
import pytest

from models.policy import load_policy
from tests.day_by_day import codes_of_days, spread
from tests.worlds.effort import EVERYTHING
from tests.worlds.packs import forgetful
from tests.worlds.warehouses import KnownCity, stored_city
from warehouse.coding.extract import EVERY_ROW
from warehouse.coding.levels import rows_of
from warehouse.coding.order import code_only
from warehouse.rules.in_force import coding_on

END, DAYS = date(2026, 6, 30), 60
PACK = load_policy() if EVERYTHING else forgetful(12)


@pytest.fixture(scope="module")
def city() -> KnownCity:
    """A coded city."""
    known = stored_city(150, end=END, years=3)
    code_only(known.connection, coding_on(known.connection, PACK, END))
    return known


@pytest.mark.whole
def test_the_forecast_is_what_every_single_day_would_give(city: KnownCity):
    last = END + timedelta(days=DAYS)
    foretold = spread(city.connection.sql("FROM risk.forecast").pl(), END, last)
    events = rows_of(city.connection, EVERY_ROW).events(END)
    slowly = codes_of_days(events, END, last, known_at=END, policy=PACK.on(END))
    assert foretold == slowly
    assert len({code for codes in foretold.values() for code in codes}) == 4


def test_the_codes_of_the_day_are_the_first_of_the_forecast(city: KnownCity):
    first = city.connection.sql(
        "SELECT enterprise_id, code, decided_by FROM risk.forecast WHERE valid_from = as_of ORDER BY 1"
    ).pl()
    codes = city.connection.sql("SELECT enterprise_id, code, decided_by FROM risk.codes ORDER BY 1").pl()
    assert first.equals(codes)


def test_every_point_that_goes_has_its_day(city: KnownCity):
    later = END + timedelta(days=400)
    code_now = city.connection.sql("FROM risk.scores").pl()
    factors = [factor.name for factor in PACK.on(END).scorecard.factors]
    moved = city.connection.sql(
        "SELECT enterprise_id, factor, points FROM risk.point_steps WHERE changes_on <= $day "
        "QUALIFY row_number() OVER (PARTITION BY enterprise_id, factor ORDER BY changes_on DESC) = 1",
        params={"day": later},
    ).pl()
    code_only(city.connection, coding_on(city.connection, PACK, later, known_at=END))
    then = city.connection.sql("FROM risk.scores").pl()
    for name in factors:
        now = code_now.select("enterprise_id", now=name)
        steps = moved.filter(pl.col("factor") == name).select("enterprise_id", "points")
        foretold = now.join(steps, on="enterprise_id", how="left").select(
            "enterprise_id", pl.coalesce("points", "now").alias(name)
        )
        assert foretold.sort("enterprise_id").equals(then.select("enterprise_id", name).sort("enterprise_id"))
    code_only(city.connection, coding_on(city.connection, PACK, END))


def test_points_expire_on_the_first_day_on_which_they_are_fewer(city: KnownCity):
    steps = city.connection.sql(
        "SELECT enterprise_id, factor, changes_on, points FROM risk.point_steps"
    ).fetchall()
    coming: dict[tuple[str, str], list[tuple[date, int]]] = {}
    for enterprise, factor, day, points in steps:
        coming.setdefault((enterprise, factor), []).append((day, points))
    told = city.connection.sql(
        "SELECT enterprise_id, factor, points, expires_on FROM risk.explanations WHERE kind = 'points'"
    ).fetchall()
    for enterprise, factor, points, expires_on in told:
        fewer = [day for day, left in coming.get((enterprise, factor), []) if left < points]
        assert expires_on == min(fewer, default=None), (enterprise, factor)
    assert any(expires_on for *_, expires_on in told)


def test_the_cut_offs_the_day_was_coded_by_are_noted(city: KnownCity):
    limits = PACK.on(END).codes.thresholds
    noted = city.connection.execute("SELECT code, least FROM risk.cut_offs").fetchall()
    assert dict(noted) == {"blue": limits.blue, "yellow": limits.yellow, "red": limits.red}
    told = city.connection.execute("SELECT title_en FROM risk.factors WHERE kind = 'band'").fetchall()
    assert told == [(f"Band of the score (BLUE {limits.blue}+, YELLOW {limits.yellow}+, RED {limits.red}+)",)]


def test_what_is_held_says_until_when(city: KnownCity):
    held = city.connection.sql(
        "SELECT e.expires_on, f.valid_to FROM risk.explanations e JOIN risk.forecast f USING (enterprise_id) "
        "WHERE e.kind = 'held' AND f.valid_from = f.as_of"
    ).pl()
    assert held.height > 0
    assert held["expires_on"].equals(held["valid_to"].alias("expires_on"))
