"""A plan that sends nobody says why, and what to deliver."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from desk.say.plan import missing, without_crew
from desk.words.words import Words
from models.policy import load_policy
from tests.worlds.by_hand import AS_OF, world
from tests.worlds.warehouses import stored
from warehouse.coding.coding import Coding
from warehouse.coding.order import code_only
from warehouse.planning.draws import seeds_from
from warehouse.planning.plan import compute_plan
from warehouse.questions.plan import horizon, uncrewed

WHOLE = {"firms": 9, "people": 4, "crews": 20, "due": 5, "scheduled": 5, "later": 3}
WHOLE |= {"first_on": date(2026, 7, 1), "last_on": date(2026, 7, 31)}


@pytest.mark.parametrize(
    ("lacking", "says"),
    [
        ({"firms": 0, "people": 0, "crews": 0}, "tables enterprises and officers"),
        ({"firms": 0, "due": 0, "scheduled": 0}, "tables enterprises and officers"),
        ({"people": 0, "crews": 0, "scheduled": 0}, "certified_until (table officers)"),
        ({"people": 1, "crews": 0, "scheduled": 0}, "tables officers and absences"),
        ({"due": 0, "scheduled": 0}, "later months: 3"),
        ({"scheduled": 0}, "./riskcode plan month"),
    ],
)
def test_what_is_lacking_is_said_with_what_to_deliver(lacking: Mapping[str, Any], says: str) -> None:
    found = missing(WHOLE | lacking)
    assert found is not None and says in str(found)
    assert Words("zh").of(found) != str(found)


def test_a_plan_that_sends_somebody_lacks_nothing() -> None:
    assert missing(WHOLE) is None


FIRM = {"name": "一厂", "enforcing_level": "district", "division": "370102"}
TASK = [{"due_on": date(2026, 7, 10)}]
NAMELESS = {**FIRM, "enforcing_level": "town"}
OF_TOWN = {**NAMELESS, "division": "370102001000"}
PEOPLE = [{"certified_until": date(2030, 1, 1)} for _ in range(4)]


@pytest.mark.parametrize(
    ("firm", "events", "says", "without"),
    [
        (FIRM, {}, "No officer has a valid certificate", ""),
        (FIRM, {"tasks": TASK}, "No officer has a valid certificate", ""),
        (FIRM, {"tasks": TASK, "officers": PEOPLE[:1]}, "enough officers on duty for a crew", ""),
        ({**FIRM, "status": "closed"}, {"officers": PEOPLE}, "Nothing is due until 2026-07-31", ""),
        (NAMELESS, {"officers": PEOPLE}, "Nothing is due", "No town is named"),
        (NAMELESS, {"tasks": TASK, "officers": PEOPLE}, "", "Lixia town. Name the towns"),
        (OF_TOWN, {"tasks": TASK, "officers": PEOPLE}, "", "Lixia 370102001 town. Deliver their officers"),
    ],
)
def test_homes_without_a_plan_say_which_table_is_wanted(
    firm: Mapping[str, Any], events: Mapping[str, Sequence[Mapping[str, Any]]], says: str, without: str
) -> None:
    with stored(world(register=[firm], **events)) as connection:
        coding = Coding(AS_OF, AS_OF, load_policy().on(AS_OF))
        code_only(connection, coding)
        compute_plan(connection, coding, seeds=seeds_from("test"))
        plan = horizon(connection)
        assert says in str(missing(plan) or "")
        assert without in without_crew(plan, uncrewed(connection), Words("en"))
