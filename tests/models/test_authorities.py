"""Which level and division are in force of what several sources say, and what stands against it (P1)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.authorities import UNSAID, Contested, Said, Statement, in_force

EARLY, LATE = date(2025, 1, 1), date(2025, 2, 1)


def says(
    source: str, level: str | None = "town", division: str | None = "370102", on: date = EARLY
) -> Statement:
    return Statement(source, on, Said(level, division))


@pytest.mark.parametrize(
    ("city", "district", "together"),
    [
        ("370102", "370102001", "370102001"),
        ("370102001", "370102", "370102001"),
        ("370102", "370102000000", "370102"),
        ("370100", "370102", "370102"),
        (None, "370102", "370102"),
        ("370102", None, "370102"),
        ("历下区", "370102", "370102"),
        ("370102", "山东省济南市 历下区", "370102"),
        ("济南市历下区", "历下区", "济南市历下区"),
        ("370102001", "370102002", None),
        ("370102", "370103", None),
        ("370102", "市中区", None),
        ("3701", "370102", None),
    ],
)
def test_a_place_within_the_other_is_no_contradiction_and_the_finer_one_is_in_force(
    city: str | None, district: str | None, together: str | None
):
    told = [says("city", division=city), says("district", division=district, on=LATE)]
    now, against = in_force(told, UNSAID)
    assert now == Said("town", together or city)
    assert (against == []) == (together is not None)
    assert in_force(told, now)[0] == now, "and so it stays"


def test_where_nothing_held_whoever_knew_first_counts_then_the_higher_level_then_the_name():
    levels = [
        in_force([says("a", "town", on=LATE), says("b", "district")], UNSAID)[0].enforcing_level,
        in_force([says("a", "town"), says("b", "district")], UNSAID)[0].enforcing_level,
    ]
    assert levels == ["district", "district"]
    assert in_force([says("b", division="370103"), says("a")], UNSAID)[0].division == "370102"


def test_a_word_against_what_held_names_both_values_and_both_sources():
    told = [says("shi", "city", on=LATE), says("lixia", "district")]
    assert in_force(told, Said("city", "370102")) == (
        Said("city", "370102"),
        [Contested("enforcing_level", "city", "shi", "district", "lixia")],
    )


def test_where_nobody_says_any_more_what_held_the_source_whose_word_it_was_goes_on():
    moved = Statement("shi", LATE, Said("city", "370104"), before=Said("city", "370102"))
    told = [says("lixia", "city", "370103"), moved]
    assert in_force(told, Said("city", "370102"))[0] == Said("city", "370104")


def test_sources_that_a_person_named_decide_and_are_contested_by_each_other_only():
    decides = [
        Statement(name, EARLY, Said(level), settles=True)
        for name, level in (("b", "town"), ("c", "district"))
    ]
    now, against = in_force([says("a", "city"), *decides], Said("city", "370102"))
    assert now == Said("district", "370102")
    assert against == [Contested("enforcing_level", "district", "c", "town", "b")]


levels = st.sampled_from([None, "city", "district", "town"])
places = st.sampled_from([None, "370100", "370102", "370102001", "370103", "历下区"])
said = st.builds(Said, levels, places)
several = st.lists(
    st.builds(Statement, st.sampled_from("abcd"), st.sampled_from([EARLY, LATE]), said, said, st.booleans()),
    max_size=4,
    unique_by=lambda one: one.source,
)


@given(told=several, held=said, data=st.data())
def test_the_order_of_statements_does_not_matter_and_what_is_in_force_somebody_says(
    told: list[Statement], held: Said, data: st.DataObject
):
    now, against = in_force(told, held)
    assert in_force(data.draw(st.permutations(told)), held) == (now, against)
    for at, value in enumerate(now):
        assert (value is None) == all(one.said[at] is None for one in told)
    assert in_force(told, now)[0] == now, "a night that brings nothing new changes nothing"
