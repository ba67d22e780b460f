"""How far the days off that are announced reach, against what plan and clocks reckon with."""

from datetime import date

from models.calendar import add_working_days, horizon, last_announced
from models.disputes import decide_by, last_filing_day
from models.policy import PolicyOnDay
from models.supervision.drift import Measured


def reckoned_until(day: date, policy: PolicyOnDay) -> date:
    """The last day that the plan made at the end of a day, or a clock that begins on it, can reach."""
    review, planning = policy.review, policy.planning
    within = [one.spec.within_working_days or 1 for one in planning.channels.values()]
    return max(
        horizon(day, planning.visiting.horizon_working_days)[-1],
        add_working_days(day, max(planning.red_visit_working_days, *within))[0],
        last_filing_day(day, review).day,
        decide_by(day, review, is_decisive=False).day,
        decide_by(day, review, is_decisive=True).day,
    )


def calendar(day: date, policy: PolicyOnDay) -> Measured:
    """Days that what is reckoned with passes the last announced day off; an alarm as soon as there is one."""
    last, reckoned = last_announced(), reckoned_until(day, policy)
    beyond = max(0, (reckoned - last).days)
    facts = {"reckoned": reckoned, "last": last, "year": f"{last.year + 1}"}
    state = "alarm" if beyond else "ok"
    return Measured("calendar", float(beyond), state, limit_high=0.0, facts=facts)
