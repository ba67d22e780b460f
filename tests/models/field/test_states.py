"""The machine of a visit: its table is whole, walks never leave it, and everything that is not final can end."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import FieldError
from models.field.states import (
    FINAL,
    FINDING_STATE,
    FINDING_STEPS,
    PROGRAM,
    ROLE,
    START,
    STEPS,
    VISIT_STATE,
    VISIT_STEP,
    Position,
    finding_taken,
    steps_from,
    taken,
)
from tests.worlds.effort import tries

EVERYBODY = frozenset({*ROLE.keys, PROGRAM})


def reachable() -> set[Position]:
    """All positions that steps lead to."""
    found, left = {START}, [START]
    while left:
        place = left.pop()
        for step in steps_from(place, EVERYBODY):
            if (there := step.lands(place)) not in found:
                found.add(there)
                left.append(there)
    return found


def test_the_table_names_known_states_and_roles_and_every_step_has_a_label():
    assert set(STEPS) == set(VISIT_STEP.keys)
    for step in STEPS.values():
        assert {*step.before, step.after or "draft"} <= set(VISIT_STATE.keys)
        assert step.roles and set(step.roles) <= EVERYBODY


def test_every_state_is_reached():
    assert {place.state for place in reachable()} == set(VISIT_STATE.keys)


def test_every_position_has_a_way_to_an_end_or_is_one():
    places = reachable()
    ends = {place for place in places if place.state in {*FINAL, "closed"}}
    while more := {
        place
        for place in places - ends
        if any(step.lands(place) in ends for step in steps_from(place, EVERYBODY))
    }:
        ends |= more
    assert ends == places


def test_nothing_leaves_a_final_state_and_something_leaves_every_other():
    for place in reachable():
        assert bool(steps_from(place, EVERYBODY)) == (place.state not in FINAL), place


def test_nothing_counts_that_is_not_filed_and_approved():
    for place in reachable():
        if place.state in ("counted", "closed"):
            assert place.is_filed and place.is_approved, place


def test_what_is_signed_is_never_recorded_again():
    for place in reachable():
        if place.state in ("signed", "counted", "closed", "withdrawn"):
            names = {step.name for step in steps_from(place, EVERYBODY)}
            assert not names & {"edit", "file", "keep", "record", "sign", "cancel"}, place


def test_analysts_auditors_and_administrators_take_no_step():
    for place in reachable():
        assert steps_from(place, frozenset({"analyst", "auditor", "admin"})) == ()


def test_the_ordinary_way_and_that_of_an_emergency():
    roles = frozenset({"inspector", "leader", PROGRAM})
    for names, state in (
        ("edit file approve start record record sign count close", "closed"),
        ("file send_back edit file cancel", "cancelled"),
        (
            "start_emergency record sign file_afterwards approve_afterwards count revise count withdraw",
            "withdrawn",
        ),
        ("start_emergency file_afterwards record approve_afterwards sign count", "counted"),
    ):
        place = START
        for name in names.split():
            place = taken(name, place, roles)
        assert place.state == state


@pytest.mark.parametrize(
    ("names", "wrong"),
    [
        ("", "start"),
        ("file", "start"),
        ("start_emergency record sign", "count"),
        ("start_emergency record sign file_afterwards", "count"),
        ("file approve start record sign", "record"),
        ("file approve start", "cancel"),
        ("file approve", "approve"),
    ],
)
def test_a_step_that_the_table_does_not_have_is_refused_with_those_that_can_be_taken(names: str, wrong: str):
    roles = frozenset({"inspector", "leader", PROGRAM})
    place = START
    for name in names.split():
        place = taken(name, place, roles)
    with pytest.raises(FieldError) as told:
        taken(wrong, place, roles)
    assert all(VISIT_STEP.labels[step.name] in str(told.value) for step in steps_from(place, roles))


def test_a_step_of_another_role_is_refused_with_whose_it_is():
    with pytest.raises(FieldError, match="leader"):
        taken("approve", Position("filed", is_filed=True), frozenset({"inspector"}))


@settings(max_examples=tries(100))
@given(st.lists(st.sampled_from([*STEPS, "fly"]), max_size=40), st.sets(st.sampled_from(sorted(EVERYBODY))))
def test_random_walks_never_leave_the_table(names: list[str], roles: set[str]):
    place, known = START, reachable()
    for name in names:
        try:
            place = taken(name, place, frozenset(roles))
        except FieldError:
            assert name not in {step.name for step in steps_from(place, frozenset(roles))}
        assert place in known


def test_a_finding_is_closed_only_from_rectified_and_stays_so():
    for name, state in product(FINDING_STEPS, FINDING_STATE.keys):
        if state == "closed" or (name == "close" and state == "due"):
            with pytest.raises(FieldError):
                finding_taken(name, state)
        else:
            after = {"done": "rectified", "close": "closed"}.get(name, "due")
            assert finding_taken(name, state) == after
