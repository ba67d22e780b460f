"""Change rules: worse at once, better one band at a time, and a memory that ends."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.coding.changes import flip_flops, paths
from models.policy import ChangeRules
from models.policy.shape import BandDays
from tests.day_by_day import under_change_rules
from tests.models.test_laws import some

Row = tuple[int, int, int, int]
"""First day, rank, near rank and position of the rules of a stretch of days; it ends where the next one begins."""
Days = int | tuple[int, int, int]
"""Days of every code, or of RED, YELLOW and BLUE."""


def rules(dwell: Days = 30, hold: Days = 90, margin: int = 3) -> ChangeRules:
    return ChangeRules(dwell_days=_of_codes(dwell), margin=margin, hold_at_most_days=_of_codes(hold))


def _of_codes(days: Days) -> BandDays:
    red, yellow, blue = (days, days, days) if isinstance(days, int) else days
    return BandDays(red=red, yellow=yellow, blue=blue)


def changes(stretches: Sequence[Row], *, last: int, rule: ChangeRules | None = None) -> list[tuple[int, int]]:
    return under(stretches, [rule or rules()], last)


def under(stretches: Sequence[Row], several: Sequence[ChangeRules], last: int) -> list[tuple[int, int]]:
    """Day and rank of every change of one enterprise."""
    return paths(steps_of({"a": stretches}), several, last=last).select("as_of", "held_rank").rows()


def steps_of(told: Mapping[str, Sequence[Row]]) -> pl.DataFrame:
    rows = [(firm, *row) for firm, several in told.items() for row in several]
    return pl.DataFrame(rows, schema=STEPS, orient="row")


STEPS = {"enterprise_id": pl.String, **dict.fromkeys(("as_of", "rank", "near_rank", "rules"), pl.Int64)}


def facts(*ranks: tuple[int, int]) -> list[Row]:
    """Stretches of clearly judged days: (first day, rank)."""
    return [(day, rank, rank, 0) for day, rank in ranks]


def test_a_code_gets_worse_at_once_by_as_many_bands_as_the_facts_say():
    assert changes(facts((0, 0), (5, 3)), last=100) == [(0, 0), (5, 3)]


def test_a_code_gets_better_one_band_at_a_time_after_thirty_days_each():
    assert changes(facts((0, 3), (10, 0)), last=200) == [(0, 3), (40, 2), (70, 1), (100, 0)]


def test_a_relapse_within_the_dwell_starts_the_waiting_anew():
    assert changes(facts((0, 3), (10, 2), (20, 3), (25, 2)), last=100) == [(0, 3), (55, 2)]


def test_facts_that_relapse_on_the_very_day_the_waiting_ends_keep_the_code():
    assert changes(facts((0, 3), (10, 2), (40, 3)), last=100) == [(0, 3)]


def test_a_worse_day_that_is_still_better_than_the_code_does_not_interrupt_the_waiting():
    assert changes(facts((0, 3), (10, 0), (20, 2), (21, 0)), last=60) == [(0, 3), (40, 2)]


def test_facts_within_the_margin_wait_for_the_longest_hold():
    # Rank 2, but 3 with the margin: better, though not clearly, for 90 days.
    assert changes([(0, 3, 3, 0), (10, 2, 3, 0)], last=200) == [(0, 3), (100, 2)]


def test_facts_that_become_clearly_better_need_the_dwell_from_then_on():
    assert changes([(0, 3, 3, 0), (10, 2, 3, 0), (30, 2, 2, 0)], last=200) == [(0, 3), (60, 2)]


def test_without_dwell_and_margin_a_code_is_what_the_facts_say():
    told = facts((0, 3), (10, 0), (12, 2), (13, 1))
    got = dict(changes(told, last=50, rule=rules(0, 0, 0)))
    assert got[0] == 3
    assert [rank for day, rank in sorted(got.items()) if day in (10, 12, 13)] == [0, 2, 1]


def test_the_waiting_uses_the_rules_of_the_day():
    told = [(0, 3, 3, 0), (10, 2, 2, 0), (20, 2, 2, 1)]
    assert under(told, [rules(), rules(dwell=5)], 100) == [(0, 3), (20, 2)]


STRETCHES = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 3), st.booleans()), min_size=1, max_size=12)


def laid_out(drawn: list[tuple[int, int, bool]]) -> list[Row]:
    rows, day = list[Row](), 0
    for length, rank, is_near in drawn:
        rows.append((day, rank, min(3, rank + is_near), 0))
        day += length
    return rows


@pytest.mark.parametrize("days", [(30, 90), ((9, 5, 2), (20, 11, 6)), (0, 5), (5, 5)], ids=str)
@some
@given(drawn=STRETCHES)
def test_a_path_is_what_the_rules_say_day_by_day(drawn: list[tuple[int, int, bool]], days: tuple[Days, Days]):
    told, rule = laid_out(drawn), rules(*days)
    last = told[-1][0] + 150
    each = [[row for row in told if row[0] <= day][-1] for day in range(last + 1)]
    facts_of_days = [(rank, near) for _, rank, near, _ in each]
    mine = on_each_day(changes(told, last=last, rule=rule), last)
    assert mine == under_change_rules(facts_of_days, rule)


@some
@given(STRETCHES, st.sampled_from([(30, 90), (7, 20), (0, 5), (0, 0)]))
def test_a_code_changes_at_most_once_a_day_and_every_change_is_one(
    drawn: list[tuple[int, int, bool]], days: tuple[int, int]
):
    told = laid_out(drawn)
    found = changes(told, last=told[-1][0] + 150, rule=rules(*days))
    for (day, before), (later, after) in pairwise(found):
        assert day < later and before != after


@some
@given(STRETCHES)
def test_a_path_to_a_day_is_the_beginning_of_every_longer_one(drawn: list[tuple[int, int, bool]]):
    told = laid_out(drawn)
    longest = changes(told, last=told[-1][0] + 300)
    for last, _ in longest[1:]:
        if last > told[-1][0]:
            for until in (last - 1, last):
                assert changes(told, last=until) == [one for one in longest if one[0] <= until]


@some
@given(STRETCHES, st.integers(0, 3))
def test_where_a_path_begins_no_longer_matters_after_the_memory(
    drawn: list[tuple[int, int, bool]], start: int
):
    told, rule = laid_out(drawn), rules(7, 20)
    last = told[-1][0] + rule.memory_days
    earlier = [(-1, start, start, 0), *told]
    later = [on_each_day(changes(one, last=last, rule=rule), last) for one in (told, earlier)]
    assert later[0][rule.memory_days :] == later[1][rule.memory_days :]


def on_each_day(found: list[tuple[int, int]], last: int) -> list[int]:
    codes, code = list[int](), found[0][1]
    told = dict(found)
    for day in range(last + 1):
        code = told.get(day, code)
        codes.append(code)
    return codes


@some
@given(STRETCHES)
def test_a_code_is_never_better_than_the_facts_and_falls_one_band_at_a_time(
    drawn: list[tuple[int, int, bool]],
):
    told = laid_out(drawn)
    last = told[-1][0] + 300
    found = changes(told, last=last)
    assert all(after >= before - 1 for (_, before), (_, after) in pairwise(found))
    for (day, code), (until, _) in pairwise([*found, (last + 1, 0)]):
        assert all(rank <= code for first, rank, _, _ in told if day <= first < until)


def test_paths_keep_enterprises_apart():
    steps = steps_of({"a": [(0, 3, 3, 0), (10, 0, 0, 0)], "b": [(0, 1, 1, 0)]})
    found = paths(steps, [rules()], last=50)
    assert found.rows() == [("a", 0, 3), ("a", 40, 2), ("b", 0, 1)]


def test_of_nobody_there_is_no_path():
    assert paths(steps_of({}), [rules()], last=50).rows() == []


@some
@given(st.lists(STRETCHES, min_size=2, max_size=9))
def test_a_path_is_the_same_whoever_else_is_judged(several: list[list[tuple[int, int, bool]]]):
    told = {f"{number}": laid_out(drawn) for number, drawn in enumerate(several)}
    found = paths(steps_of(told), [rules(7, 20)], last=900)
    alone = [paths(steps_of({firm: rows}), [rules(7, 20)], last=900) for firm, rows in told.items()]
    assert found.equals(pl.concat(alone))


def test_a_flip_flop_is_a_code_that_goes_and_comes_back_within_the_days():
    told = [("a", 0, 1), ("a", 10, 2), ("a", 100, 1), ("a", 300, 2), ("b", 301, 1), ("b", 302, 2)]
    frame = pl.DataFrame(told, schema=["enterprise_id", "as_of", "held_rank"], orient="row")
    assert flip_flops(frame, within_days=90) == 1
    assert flip_flops(frame, within_days=89) == 0
