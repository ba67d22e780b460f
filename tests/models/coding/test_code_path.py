"""The code of an enterprise over time: one path, whichever days are asked for, and a person's code on its own days."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.coding.path import OVERRIDE_SCHEMA, Path, deciding, memory_days, on_day
from models.coding.timeline import InForce
from models.features import Events
from models.policy import ChangeRules
from models.policy.shape import BandDays
from models.vocabulary import day_number
from tests.models.test_laws import some
from tests.worlds.by_hand import AS_OF, POLICY, days_before, world
from tests.worlds.coded import codes_on, path_of
from tests.worlds.effort import tries
from tests.worlds.strategies import as_events, integer_frames

QUICK = ChangeRules(
    dwell_days=BandDays(red=3, yellow=3, blue=3),
    margin=3,
    hold_at_most_days=BandDays(red=5, yellow=5, blue=5),
)
RULES = [InForce(date(1990, 1, 1), replace(POLICY, codes=replace(POLICY.codes, change=QUICK)))]
FIRST, LAST = AS_OF, AS_OF + timedelta(days=30)
DAYS = range(31)


@cache
def events() -> Events:
    """``e1``: a finding that falls overdue on the tenth day; ``e2``: an accident that grows old on the twentieth."""
    of = world(
        register=[{}, {"enterprise_id": "e2", "credit": "d", "employees": 400}],
        violations=[{"occurred_on": AS_OF, "rectify_due_on": AS_OF + timedelta(days=9)}],
        accidents=[{"enterprise_id": "e2", "occurred_on": days_before(346), "deaths": 1}],
        inspections=[
            {"enterprise_id": one, "inspected_on": days_before(ago)}
            for one in ("e1", "e2")
            for ago in (3, 40)
        ],
    )
    return as_events(integer_frames(of))


def found(overrides: pl.DataFrame | None = None, *, first: date = FIRST, last: date = LAST) -> Path:
    return path_of(events(), first=first, last=last, known_at=AS_OF, rules=RULES, overrides=overrides)


def daily(path: Path, column: str, first: date = FIRST, days: Sequence[int] = DAYS) -> dict[str, list[int]]:
    """A column of the codes on each day."""
    on = [on_day(path.codes, day_number(first) + day) for day in days]
    return {
        one: [row.filter(pl.col("enterprise_id") == one)[column].item() for row in on] for one in ("e1", "e2")
    }


def given_codes(*rows: tuple[str, int, int, int]) -> pl.DataFrame:
    """Overrides: enterprise, first and last day counted from the first of the span, rank."""
    start = day_number(FIRST)
    told = [(one, start + first, start + last, rank) for one, first, last, rank in rows]
    return pl.DataFrame(told, schema=OVERRIDE_SCHEMA, orient="row")


@cache
def held() -> dict[str, list[int]]:
    """By the change rules, on each day."""
    return daily(found(), "held_rank")


def test_the_world_has_codes_that_get_worse_and_better():
    # e2 is no longer RED by the facts on day 20; a band goes every three days, the last only clearly after five.
    assert held() == {"e1": [1] * 10 + [2] * 21, "e2": [3] * 23 + [2] * 3 + [1] * 5}


def test_a_path_begins_on_the_day_asked_for_and_says_only_what_changes():
    codes = found().codes
    assert codes.filter(pl.col("as_of") == day_number(FIRST))["enterprise_id"].to_list() == ["e1", "e2"]
    assert codes["as_of"].is_between(day_number(FIRST), day_number(LAST)).all()
    again = codes.select(
        pl.col("enterprise_id", "held_rank", "rank"), pl.col("as_of").rank().over("enterprise_id")
    )
    repeated = again.select((pl.col("rank") == pl.col("rank").shift()).over("enterprise_id"))
    assert not repeated.to_series().any()


@pytest.mark.parametrize("day", [0, 9, 10, 22, 23, 25, 26, 30])
def test_a_day_asked_for_alone_has_the_code_it_has_in_a_span(day: int):
    then = FIRST + timedelta(days=day)
    alone = codes_on(events(), as_of=then, known_at=AS_OF, rules=RULES)
    assert alone.rows() == [(one, held()[one][day], held()[one][day]) for one in ("e1", "e2")]


def test_a_later_span_is_the_end_of_an_earlier_one():
    for begin in (1, 10, 24):
        later = daily(found(first=FIRST + timedelta(days=begin)), "held_rank", days=DAYS[begin:])
        assert later == {one: codes[begin:] for one, codes in held().items()}


def test_a_path_remembers_as_long_as_the_longest_memory_of_its_rules():
    assert memory_days(RULES) == QUICK.memory_days
    assert (
        memory_days([*RULES, InForce(AS_OF, POLICY)]) == POLICY.codes.change.memory_days > QUICK.memory_days
    )


SPANS = st.tuples(
    st.sampled_from(["e1", "e2", "e9"]), st.integers(-20, 35), st.integers(0, 25), st.integers(0, 3)
)


@settings(some, max_examples=tries(8))
@given(st.lists(SPANS, max_size=4, unique_by=lambda one: one[:2]))
def test_a_persons_code_holds_from_its_first_to_its_last_day_and_of_two_the_later_one(
    spans: list[tuple[str, int, int, int]],
):
    """Nothing in this world is a veto for ``e1``."""
    overrides = given_codes(*((one, first, first + length, rank) for one, first, length, rank in spans))
    path = found(overrides)
    expected = [
        max(
            (
                (first, rank)
                for one, first, length, rank in spans
                if one == "e1" and first <= day <= first + length
            ),
            default=(0, held()["e1"][day]),
        )[1]
        for day in DAYS
    ]
    assert daily(path, "rank")["e1"] == expected
    assert daily(path, "held_rank") == held()
    assert set(path.codes["enterprise_id"]) == {"e1", "e2"}
    assert path.codes.rows() == path.codes.unique().sort("enterprise_id", "as_of").rows()


def test_a_person_decides_where_the_code_is_not_the_held_one_and_time_where_the_facts_are_better():
    rows = pl.DataFrame(
        {
            "rank": [1, 3, 2, 2, 0],
            "held_rank": [2, 2, 2, 2, 0],
            "fact": [2, 0, 1, 2, 0],
            "by": ["a", "b", "c", "d", "e"],
        }
    )
    assert rows.select(deciding()).to_series().to_list() == ["override", "override", "held", "d", "e"]


def test_what_holds_on_a_day_is_the_last_that_began_by_then():
    rows = pl.DataFrame({"enterprise_id": ["b", "a", "a", "c"], "as_of": [5, 5, 9, 10], "said": [1, 2, 3, 4]})
    assert on_day(rows, 9).rows() == [("a", 9, 3), ("b", 5, 1)]
    assert on_day(rows, 8).rows() == [("a", 5, 2), ("b", 5, 1)]
