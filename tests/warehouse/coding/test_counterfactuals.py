"""What would change a code, in a warehouse: every promise against the codes, the forecast and the findings there."""

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import polars as pl
import pytest

from models.counterfactuals.options import MOST_OPTIONS
from models.errors import ScoreError
from models.policy import load_policy
from tests.worlds.deliveries import warehouse
from tests.worlds.warehouses import stored_city
from warehouse.coding.coding import Coding
from warehouse.coding.counterfactuals import compute_passports
from warehouse.coding.order import code_enterprises
from warehouse.connection import Connection
from warehouse.rules.in_force import coding_on

END = date(2026, 6, 30)
PACK = load_policy()

WAYS = "FROM risk.ways ORDER BY enterprise_id, option"
NEAR = "FROM risk.near_red ORDER BY enterprise_id, event"


def coding(connection: Connection, *, only: tuple[str, ...] | None = None) -> Coding:
    return coding_on(connection, PACK, END, only=only)


@cache
def city() -> Connection:
    """A coded demo city; no test leaves it changed."""
    connection = stored_city(300, end=END, years=2).connection
    code_enterprises(connection, coding(connection))
    return connection


def rows(query: str) -> list[tuple[Any, ...]]:
    return city().execute(query).fetchall()


def test_every_option_promises_a_better_code_no_later_than_the_target_day():
    promised = rows(
        "SELECT c.code, w.code, w.reached_on - w.as_of FROM risk.ways w JOIN risk.codes c USING (enterprise_id, as_of)"
    )
    ranks = {"green": 0, "blue": 1, "yellow": 2, "red": 3}
    assert promised
    assert all(ranks[after] < ranks[now] for now, after, _ in promised)
    assert all(0 <= days <= 30 for *_, days in promised)


def test_options_are_numbered_and_of_one_size_and_all_were_searched_for():
    listed = rows(
        "SELECT list(option ORDER BY option), count(DISTINCT len(acts)), bool_and(is_searched) "
        "FROM risk.ways GROUP BY enterprise_id"
    )
    for numbers, sizes, searched in listed:
        assert numbers == list(range(1, len(numbers) + 1))
        assert (len(numbers) <= MOST_OPTIONS, sizes, searched) == (True, 1, True)


def test_where_waiting_is_enough_the_forecast_says_the_same():
    waiting = rows("SELECT enterprise_id, reached_on, code FROM risk.ways WHERE len(acts) = 0 ORDER BY ALL")
    foreseen = rows("""
        SELECT f.enterprise_id, min(f.valid_from), arg_min(f.code, f.valid_from)
        FROM risk.forecast f JOIN risk.codes c USING (enterprise_id)
        WHERE array_position(['green', 'blue', 'yellow', 'red'], f.code)
            < array_position(['green', 'blue', 'yellow', 'red'], c.code) AND f.valid_from <= f.as_of + 30
        GROUP BY f.enterprise_id ORDER BY ALL
    """)
    assert waiting
    assert waiting == foreseen


def test_a_finding_to_close_is_named_as_its_source_names_it():
    told = rows("""
        SELECT a.ref, a.about FROM (SELECT unnest(acts) AS a FROM risk.ways) WHERE a.kind = 'close_finding'
    """)
    known = dict(
        rows(
            "SELECT source || '/' || violation_id, concat_ws(' ', item_code, description) FROM core.violations"
        )
    )
    assert told
    assert all(known[ref] == about for ref, about in told)


def test_what_makes_red_is_told_of_those_that_are_not_with_their_code_of_today():
    near = rows("SELECT n.code, c.code FROM risk.near_red n JOIN risk.codes c USING (enterprise_id, as_of)")
    assert near
    assert all(told == now != "red" for told, now in near)


def test_a_few_enterprises_alone_get_what_they_get_in_the_whole_city():
    ways, near = city().sql(WAYS).pl(), city().sql(NEAR).pl()
    some = tuple(ways["enterprise_id"].unique().sort().head(3)) + tuple(near["enterprise_id"].head(1))
    compute_passports(city(), coding(city(), only=some))
    assert city().sql(WAYS).pl().equals(ways)
    assert city().sql(NEAR).pl().equals(near)


def test_a_city_without_codes_has_both_tables_and_nothing_in_them():
    empty = warehouse()
    empty.execute("CREATE TABLE risk.codes (enterprise_id VARCHAR, as_of DATE, code VARCHAR)")
    assert compute_passports(empty, coding(empty)) == 0
    for table in ("ways", "near_red"):
        expected = city().sql(f"FROM risk.{table}")
        found = empty.sql(f"FROM risk.{table}")
        assert (found.columns, found.types) == (expected.columns, expected.types)
        assert found.pl().equals(expected.pl().clear(), null_equal=True)


def test_codes_of_another_day_are_refused():
    with pytest.raises(ScoreError, match="holds 2026-06-30, not 2026-06-29"):
        compute_passports(city(), replace(coding(city()), as_of=date(2026, 6, 29)))


def test_nothing_to_do_is_no_row_and_says_nothing_of_green():
    shown = (
        city()
        .sql(
            "SELECT c.code, count(*) AS firms FROM risk.ways w JOIN risk.codes c USING (enterprise_id) GROUP BY ALL"
        )
        .pl()
    )
    assert shown.filter(pl.col("code") == "green").is_empty()
