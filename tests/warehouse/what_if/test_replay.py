"""Past codes: as they were known then, as they should have been, and what relied on what was wrong."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from models.errors import WarehouseError
from tests.warehouse.test_intraday import PACK, START, City
from warehouse.what_if.replay import (
    differences,
    impact,
    issued_days,
    past_codes,
    past_coding,
    past_explanation,
)

NEXT, THIRD = START + timedelta(days=1), START + timedelta(days=2)


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    """e1 is RED for two days by a finding that is withdrawn on the third; it was visited and fined meanwhile.

    A finding about e4, re-checked meanwhile, turns out to be a major hazard on the third day.
    """
    machine = City()
    machine.store(
        "violations", 1, enterprise_id="e1", occurred_on=START, is_major_hazard=True, penalty_unit=5000
    )
    machine.store("violations", 4, enterprise_id="e4", occurred_on=START, severity="minor")
    machine.publish()
    machine.days_pass(1)
    machine.store("inspections", 5, enterprise_id="e4", inspected_on=NEXT, kind="recheck", result="clean")
    machine.store("inspections", 2, enterprise_id="e1", inspected_on=NEXT, kind="special", result="findings")
    machine.store(
        "violations",
        3,
        enterprise_id="e1",
        occurred_on=NEXT,
        severity="minor",
        penalty_unit=800,
        rectified_on=NEXT,
    )
    machine.publish()
    machine.days_pass(1)
    machine.store("violations", 1, withdrawn_on=THIRD)
    machine.store("violations", 4, is_major_hazard=True)
    machine.publish()
    yield machine
    machine.teardown()


def code_of(city: City, day: object, known_at: object) -> str:
    coding = past_coding(city.connection, PACK, day, known_at, only=("e1",))  # pyright: ignore[reportArgumentType]
    return past_codes(city.connection, coding)["code"].item()


def test_a_past_code_comes_out_as_it_was_known_then_and_as_it_should_have_been(city: City):
    assert code_of(city, NEXT, NEXT) == "red"
    assert code_of(city, NEXT, THIRD) == "blue"


def test_a_past_code_is_explained_by_what_was_known_then(city: City):
    coding = past_coding(city.connection, PACK, NEXT, NEXT, only=("e1",))
    [then] = past_explanation(city.connection, coding)
    assert (then["code"], then["decided_by"], then["reasons"][0]["factor"]) == (
        "red",
        "open_major_hazard",
        "open_major_hazard",
    )
    assert sum(reason["points"] for reason in then["reasons"]) == then["score"]


def test_an_enterprise_nobody_knew_then_has_no_code(city: City):
    long_ago = START - timedelta(days=9000)
    coding = past_coding(city.connection, PACK, long_ago, long_ago, only=("e1",))
    with pytest.raises(WarehouseError, match="Give a later --known-at"):
        past_explanation(city.connection, coding)


def test_codes_visits_and_penalties_that_relied_on_a_withdrawn_finding_are_listed(city: City):
    found = impact(city.connection, PACK, known_at=THIRD, enterprise_id="e1")
    [code] = found.codes
    assert (code["first_day"], code["last_day"], code["issued"], code["should_be"]) == (
        START,
        NEXT,
        "red",
        "blue",
    )
    assert code["data"] == ["violations a/1 (withdrawn)"]
    assert [(visit["inspection_id"], visit["inspected_on"]) for visit in found.visits] == [("2", NEXT)]
    assert [(one["violation_id"], one["is_withdrawn"]) for one in found.penalties] == [
        ("1", True),
        ("3", False),
    ]


def test_a_code_that_was_too_mild_is_as_wrong_as_one_that_was_too_hard(city: City):
    found = impact(city.connection, PACK, known_at=THIRD)
    assert [code["enterprise_id"] for code in found.codes] == ["e1", "e4"]
    code = found.codes[1]
    told = (code["first_day"], code["last_day"], code["issued"], code["should_be"], code["data"])
    assert told == (START, NEXT, "blue", "red", ["violations a/4"])
    assert [visit["kind"] for visit in found.visits if visit["enterprise_id"] == "e4"] == ["recheck"]


def test_before_the_withdrawal_was_known_nothing_was_wrong(city: City):
    assert impact(city.connection, PACK, known_at=NEXT).codes == []
    assert impact(city.connection, PACK, known_at=THIRD, enterprise_id="e2").codes == []


def test_every_issued_day_comes_out_again_and_a_changed_history_is_found_out(city: City):
    days = [run["as_of"] for run in issued_days(city.connection)]
    assert days == [START, NEXT, THIRD]
    assert [differences(city.connection, PACK, day) for day in days] == [[], [], []]
    tamper = (
        "UPDATE risk.code_history SET code = $to WHERE enterprise_id = 'e2' AND valid_to > DATE '9000-01-01'"
    )
    city.connection.execute(tamper, {"to": "red"})
    assert differences(city.connection, PACK, THIRD) == [
        {"enterprise_id": "e2", "code": "red", "replayed": "blue"}
    ]
    city.connection.execute(tamper, {"to": "blue"})


def test_a_day_nobody_issued_is_told(city: City):
    with pytest.raises(WarehouseError, match="replay days"):
        differences(city.connection, PACK, START - timedelta(days=3))
