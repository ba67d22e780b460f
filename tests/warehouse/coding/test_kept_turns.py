"""What turns without a level that moves: acts, rules that leave the memory, what lies behind the last day foreseen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models.coding.timeline import InForce
from models.policy import PolicyOnDay
from models.scorecard import Factor, Scorecard
from models.tables.canonical import TABLES as CANONICAL
from tests.warehouse.coding.test_renewal import LONG_AGO, START, TABLES, tables_of, watched
from tests.worlds.by_hand import row, world
from tests.worlds.strategies import World, canonical
from tests.worlds.warehouses import fill
from warehouse.coding.coding import Coding
from warehouse.coding.issue import issue
from warehouse.coding.order import code_enterprises
from warehouse.connection import Connection, writing
from warehouse.database.meta import next_stored_no
from warehouse.database.places import open_place
from warehouse.database.versions import undo
from warehouse.home import Home

Points = Mapping[Any, int]


def on(days: int) -> date:
    return START + timedelta(days=days)


VISITS = [{"inspected_on": on(-100)}, {"inspected_on": on(-90)}]


def reading(**factors: Points) -> PolicyOnDay:
    """Rules that read these features alone, and nothing by itself."""
    policy = watched(0)
    told = tuple(Factor(name, name, points, 0, "z", "e") for name, points in factors.items())
    limits = policy.codes.thresholds.model_copy(update={"blue": 10, "yellow": 15, "red": 1000})
    codes = replace(policy.codes, rules=(), thresholds=limits)
    return replace(policy, scorecard=Scorecard("few", "1", told), codes=codes)


def with_margin(policy: PolicyOnDay, margin: int) -> PolicyOnDay:
    change = policy.codes.change.model_copy(update={"margin": margin})
    return replace(policy, codes=replace(policy.codes, change=change))


def with_window(policy: PolicyOnDay, days: int) -> PolicyOnDay:
    return replace(policy, features=replace(policy.features, severity_window_days=days))


def always(policy: PolicyOnDay) -> Callable[[date], tuple[InForce, ...]]:
    return lambda day: (InForce(LONG_AGO, policy),)


def differing(
    root: Path,
    told: World,
    days: Sequence[int],
    rules_on: Callable[[date], tuple[InForce, ...]],
    comes: Mapping[int, Callable[[Connection], object]] | None = None,
) -> list[tuple[int, list[str]]]:
    """Nights, and the tables of each that differ from those of a whole night."""
    home, beside = Home(root / "home").prepare(), Home(root / "beside").prepare()
    found: list[tuple[int, list[str]]] = []
    with writing(home) as connection:
        connection.execute("SET threads = 1")
        fill(connection, told, received_on=START)
        for number in days:
            if comes and number in comes:
                comes[number](connection)
            day = on(number)
            rules = rules_on(day)
            coding = Coding(day, day, [one.policy for one in rules if one.since <= day][-1], rules=rules)
            with open_place(connection, beside, day):
                code_enterprises(connection, coding, is_full=True)
                whole = tables_of(connection)
            with open_place(connection, home, day):
                code_enterprises(connection, coding)
                ours = tables_of(connection)
                issue(connection, coding, run_id=f"{number}")
            found.append((number, [name for name in TABLES if not ours[name].equals(whole[name])]))
    return [(number, names) for number, names in found if names]


@pytest.mark.whole
def test_a_visit_settles_from_the_next_day_what_was_found_without_one(tmp_path: Path) -> None:
    found = [{"occurred_on": on(-60)}, {"occurred_on": START}]
    policy = reading(unsettled_findings={0: 0, 1: 12})
    told = world(inspections=VISITS, violations=found)
    assert differing(tmp_path, told, (-1, 0, 1, 2), always(policy)) == []


@pytest.mark.whole
def test_an_alert_is_offered_until_the_day_it_is_known_to_be_answered(tmp_path: Path) -> None:
    answered = datetime.combine(on(2), time(0, 10))
    raised = [datetime.combine(on(days), time()) for days in (-10, -200)]
    alerts = [
        {"raised_at": raised[0]},
        {"raised_at": raised[1], "acknowledged_at": answered, "recorded_at": START},
    ]
    told = world(inspections=VISITS, alerts=alerts)
    assert differing(tmp_path, told, (0, 1, 2), always(reading(unanswered_alerts={0: 0, 1: 12}))) == []


@pytest.mark.whole
def test_findings_are_offered_until_the_day_they_are_known_to_be_put_right(tmp_path: Path) -> None:
    # So many that the search is cut short, and all acts are told, useless ones too.
    ordered = [{"occurred_on": on(-60 - n), "rectify_due_on": on(400 + n)} for n in range(9)]
    old = [{"occurred_on": on(-900 - n), "rectified_on": on(2 + n), "recorded_at": START} for n in range(3)]
    policy = reading(open_rectifications={0: 0, 1: 12}, track_record={"none": 0, "records": 1})
    told = world(inspections=VISITS, violations=[*ordered, *old])
    assert differing(tmp_path, told, (0, 1, 2), always(policy)) == []


@pytest.mark.whole
def test_what_would_count_once_it_is_put_right_leaves_its_window(tmp_path: Path) -> None:
    policy = reading(open_major_hazards={0: 0, 1: 12}, unchecked_major_hazards={0: 0, 1: 12})
    hazard = {"occurred_on": on(2 - 731), "is_major_hazard": True}
    told = world(inspections=[*VISITS, {"inspected_on": on(-5)}], violations=[hazard])
    assert differing(tmp_path, told, (0, 1, 2), always(policy)) == []


@pytest.mark.whole
def test_a_code_held_on_the_last_day_foreseen_gets_better_beyond_it(tmp_path: Path) -> None:
    policy = with_window(reading(severity_points={0: 0, 1: 20}), 3000)
    ends_before_the_last_day = {"occurred_on": on(2199 - 3001), "severity": "serious"}
    told = world(inspections=VISITS, violations=[ends_before_the_last_day])
    assert differing(tmp_path, told, (0, 1, 29, 30), always(policy)) == []


@pytest.mark.whole
def test_rules_to_come_may_count_by_other_windows(tmp_path: Path) -> None:
    policy = reading(severity_points={0: 0, 1: 20})
    rules = (InForce(LONG_AGO, policy), InForce(on(100), with_window(policy, 3000)))
    told = world(inspections=VISITS, violations=[{"occurred_on": on(2201 - 3001), "severity": "serious"}])
    assert differing(tmp_path, told, (0, 1, 2), lambda day: rules) == []


@pytest.mark.whole
def test_the_evening_before_new_rules_is_remembered_by_the_old_ones(tmp_path: Path) -> None:
    policy = reading(accidents_12m={0: 0, 1: 11}, open_rectifications={0: 0, 1: 9})
    policy = replace(
        policy,
        codes=replace(policy.codes, thresholds=policy.codes.thresholds.model_copy(update={"yellow": 500})),
    )
    rules = (InForce(LONG_AGO, with_margin(policy, 0)), InForce(START, with_margin(policy, 5)))
    told = world(
        inspections=VISITS,
        accidents=[{"occurred_on": on(-5 - 366)}],
        violations=[{"occurred_on": on(-60), "rectify_due_on": on(500)}],
    )
    assert differing(tmp_path, told, (-1, 0, 1), lambda day: rules) == []


@pytest.mark.whole
def test_rules_that_leave_the_memory_decide_how_ways_are_searched(tmp_path: Path) -> None:
    ordered = reading(open_rectifications={0: 0, 1: 12})
    unruly = reading(open_rectifications={0: 0, 1: 12}, track_record={"none": 0, "records": 1})
    changed_on = on(2 - 270)

    def rules_on(day: date) -> tuple[InForce, ...]:
        begins = day - timedelta(days=270)
        if begins >= changed_on:
            return (InForce(begins, ordered),)
        return InForce(begins, unruly), InForce(changed_on, ordered)

    found = [{"occurred_on": on(-60 - n), "rectify_due_on": on(400 + n)} for n in range(12)]
    told = world(inspections=VISITS, violations=found)
    assert differing(tmp_path, told, (0, 1, 2, 3), rules_on) == []


@pytest.mark.whole
def test_a_correction_that_is_undone_gives_an_event_back_to_the_first_enterprise(tmp_path: Path) -> None:
    finding = {"occurred_on": on(-60), "severity": "serious", "rectify_due_on": on(-10)}
    told = world(({}, {"enterprise_id": "e2"}), inspections=VISITS, violations=[finding])
    corrected = row("violations", 1, **finding) | {"enterprise_id": "e2", "recorded_at": on(1)}

    def correct(connection: Connection) -> None:
        fill(connection, {"violations": canonical("violations", [corrected])}, received_on=on(1))

    def take_back(connection: Connection) -> None:
        second = pl.DataFrame({"source": ["a"], "violation_id": ["1"], "version": [2]})
        undo(connection, CANONICAL["violations"], second, by=next_stored_no(connection))

    comes = {1: correct, 3: take_back}
    assert differing(tmp_path, told, (0, 1, 2, 3), always(watched(0)), comes) == []
