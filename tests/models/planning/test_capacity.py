"""How many special inspections of RED the crews can make in the five working days given for one."""

from datetime import date

from models.planning.crews.capacity import Capacity, special_visits
from tests.worlds.by_hand import POLICY
from tests.worlds.plans import officers, situation, with_values

FRIDAY = date(2026, 7, 3)
PLANNING = POLICY.planning


def test_a_crew_of_two_makes_one_whole_day_visit_on_each_of_five_days():
    now = situation(FRIDAY, officers=officers(5))
    assert special_visits(now, PLANNING) == Capacity(10, 5), "two pairs, one officer is left over"


def test_crews_of_all_authorities_count_and_half_day_visits_are_two_a_day():
    now = situation(FRIDAY, officers=[*officers(2), *officers(2, division="370103")])
    assert special_visits(now, PLANNING) == Capacity(10, 5)
    half = with_values(PLANNING, {"channels.red.spec.quarter_days": 2})
    assert special_visits(now, half) == Capacity(20, 5)


def test_on_days_off_a_crew_does_not_go_out():
    away = {"officer_id": "370102-01", "first_day": date(2026, 7, 6), "last_day": date(2026, 7, 7)}
    now = situation(FRIDAY, officers=officers(2), absences=[away])
    assert special_visits(now, PLANNING) == Capacity(3, 5), "Monday to Friday, without Monday and Tuesday"


def test_without_a_roster_it_is_unknown_and_not_nothing():
    assert special_visits(situation(FRIDAY), PLANNING) is None
    expired = officers(4, certified_until=date(2020, 1, 1))
    assert special_visits(situation(FRIDAY, officers=expired), PLANNING) is None
