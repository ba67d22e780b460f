"""Every asset and every check, launched from Dagster's page alone and with its neighbours, for two kinds of days."""

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta

import duckdb
import pytest

from tests.live.conftest import FIRST
from tests.live.page import LOCATION, Check
from tests.live.services import Services
from warehouse.home import Home

pytestmark = pytest.mark.live

OLDER = FIRST - timedelta(days=20)
_LIVING = ("risk", "plan", "serve", "core", "raw", "dispute")


def living(home: Home) -> dict[str, str]:
    """What lives, in short: every table of the warehouse with facts, codes or promises, and the published copy."""
    told = {"published": hashlib.sha256(home.published.read_bytes()).hexdigest()}
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        names = connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE list_contains(?, schema_name)",
            [[*_LIVING]],
        ).fetchall()
        for (name,) in names:
            [(of_rows,)] = connection.execute(
                f"SELECT coalesce(bit_xor(hash(t)), 0)::VARCHAR || ' ' || count(*) FROM {name} t"
            ).fetchall()
            told[name] = of_rows
    return told


Asked = tuple[tuple[str, ...], tuple[Check, ...]]
"""Assets and checks of one selection."""


def selections(city: Services) -> list[Asked]:
    """Each asset alone, each check alone, each asset with one that rests on it and with all its checks."""
    nodes = {one["name"]: one for one in city.page.nodes() if one["location"] == LOCATION}
    made = {name: one for name, one in nodes.items() if one["is_made"]}
    checks = [(name, check) for name, one in made.items() for check in one["checks"]]
    neighbours = [(name, other) for name, one in made.items() for other in one["feeds"] if other in made]
    with_checks = [((name,), tuple(one for one in checks if one[0] == name)) for name in made]
    return [
        *(((name,), ()) for name in made),
        *(((), (check,)) for check in checks),
        *((pair, ()) for pair in neighbours),
        *(one for one in with_checks if one[1]),
        (tuple(made), tuple(checks)),
    ]


def launched(city: Services, day: date, asked: Iterable[Asked]) -> dict[str, Asked]:
    """Selections that were launched for a day and did not succeed, by what became of them."""
    ids = {city.page.launch(day, assets, checks): (assets, checks) for assets, checks in asked}
    ended = city.page.ended(*ids, seconds=60.0 * len(ids))
    return {f"{run.status} {run.run_id}": ids[run.run_id] for run in ended if run.status != "SUCCESS"}


def test_whatever_is_launched_for_an_older_day_succeeds_and_nothing_that_lives_changes(
    city: Services,
) -> None:
    before = living(city.home)
    asked = selections(city)
    assert len(asked) > 100
    assert launched(city, OLDER, asked) == {}
    assert living(city.home) == before


def test_each_asset_can_be_launched_for_the_day_that_is_issued_and_its_codes_stay(city: Services) -> None:
    before = living(city.home)
    alone = [one for one in selections(city) if len(one[0]) == 1 and not one[1]]
    assert launched(city, FIRST, alone) == {}
    after = living(city.home)
    codes = [name for name in before if name.startswith(("risk.", "plan.", "core."))]
    assert codes and [name for name in codes if before[name] != after[name]] == []
