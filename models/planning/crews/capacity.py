"""How many special inspections of RED the crews can make in the working days the policy gives for one (C3)."""

from dataclasses import dataclass
from datetime import timedelta

from models.calendar import add_working_days, working_days
from models.planning.crews.crews import benches, members
from models.planning.situation import Situation
from models.policy import DAY, PlanningPolicy


@dataclass(frozen=True)
class Capacity:
    """Special inspections (``visits``) that all crews together can make within so many working days."""

    visits: int
    working_days: int


def special_visits(now: Situation, policy: PlanningPolicy) -> Capacity | None:
    """What the crews of all authorities can do from the next day on, if they do nothing else.

    ``None`` where no crew can be formed: no roster is known, and an unknown one is not an empty one.
    """
    given = policy.red_visit_working_days
    last, _ = add_working_days(now.as_of, given)
    days = working_days(now.as_of + timedelta(days=1), last)
    formed = benches(now, policy, days, members(now, policy))
    # A crew begins what it can end on the same day.
    a_day = DAY // policy.quarter_days["red"]
    visits = a_day * sum(len(crews) for bench in formed.values() for crews in bench.crews)
    return Capacity(visits, given) if visits else None
