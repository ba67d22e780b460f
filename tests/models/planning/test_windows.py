"""First and last days: when something is due, what settles it, how long it waits, and when it falls away.

Each law is tried on both sides of its day, and on it, one enterprise for every combination; the days in the
expectations are counted on a calendar.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from models.calendar import horizon, month_end, working_days
from models.planning.demand.due import due_items
from models.planning.demand.merge import merge
from models.planning.demand.waivers import waive
from models.planning.plan import DEFERRED, SHORT, make_plan
from models.planning.situation import Situation
from models.policy import PlanningPolicy
from tests.worlds.plans import HERE, ONCE, POLICY, officers, situation, with_values

Row = dict[str, Any]
AS_OF = date(2026, 6, 30)


def days_on(day: date, days: int) -> date:
    return day + timedelta(days=days)


@dataclass(frozen=True)
class Fate:
    """What became of the only item of an enterprise: the days of its visit, or why there is none."""

    first: date | None = None
    last: date | None = None
    waived_by: str | None = None
    is_later: bool = False


def fates(now: Situation, policy: PlanningPolicy = POLICY) -> dict[str, Fate]:
    days = horizon(now.as_of, policy.visiting.horizon_working_days)
    visits, told = merge(waive(due_items(now, policy), now, policy), now, policy, days)
    windows = visits.select("enterprise_id", "first_on", "last_on")
    rows = told.join(windows, on="enterprise_id", how="left").rows(named=True)
    assert len({row["enterprise_id"] for row in rows}) == len(rows)
    return {
        row["enterprise_id"]: Fate(row["first_on"], row["last_on"], row["waived_by"], row["is_later"])
        for row in rows
    }


def firms(names: Iterable[str], **given: Any) -> list[Row]:
    return [{"enterprise_id": name, "code": "yellow", **given} for name in names]


# ---- what is due, and what settles it ------------------------------------------------------------------

CAUSE = date(2026, 6, 24)
"""The day that gives reason for a visit, a Wednesday; all is looked at six days later."""
CAUSES: Mapping[str, tuple[str, Row, int]] = {
    "red": ("firms", {"code": "red", "red_since": CAUSE}, 1),
    "alert": ("alerts", {"raised_on": CAUSE}, 1),
    "accident": ("accidents", {"occurred_on": CAUSE}, 1),
    "accident known later": ("accidents", {"occurred_on": days_on(CAUSE, -9), "known_on": CAUSE}, 1),
    "urgent task": ("tasks", {"kind": "key_task", "opens_on": CAUSE}, 1),
    "department": ("tasks", {"opens_on": CAUSE}, 0),
    "draw": ("targets", {"channel": "random", "month_on": date(2026, 7, 1), "set_on": CAUSE}, 1),
    "audit": ("targets", {"channel": "audit", "month_on": date(2026, 7, 1), "set_on": CAUSE}, 1),
}
"""For each cause: where it stands, how, and the first day after it whose visit settles it.

A code and a draw are of the evening, so a visit of that day was made without them; of an alert nobody knows which came
first, but a visit that was made as an immediate one was made for it.
"""
KIND_OF = {"red": "special", "draw": "random"}
ON_CALL = ("alert", "accident", "accident known later", "urgent task")


def _with_cause(cause: str, visits: Mapping[str, Row]) -> Situation:
    """An enterprise for each visit, all of one cause."""
    table, row, _ = CAUSES[cause]
    told: dict[str, list[Row]] = {"firms": firms(visits)}
    for number, name in enumerate(visits):
        if table == "firms":
            told["firms"][number] |= row
        else:
            drawn = {"draw_id": "2026-draw"} if table == "targets" else {}
            told.setdefault(table, []).append({"enterprise_id": name, **row, **drawn})
    return situation(AS_OF, inspections=[{"enterprise_id": n, **v} for n, v in visits.items()], **told)


def still_due(now: Situation) -> set[str]:
    return set(due_items(now, POLICY)["enterprise_id"])


@pytest.mark.parametrize("cause", CAUSES)
def test_a_matter_is_settled_by_the_first_visit_that_can_have_been_made_for_it(cause: str):
    lags = {f"{lag:+d}": lag for lag in (-1, 0, 1)}
    kind = {"kind": KIND_OF.get(cause, "other")}
    now = _with_cause(
        cause, {name: {"inspected_on": days_on(CAUSE, lag), **kind} for name, lag in lags.items()}
    )
    assert still_due(now) == {name for name, lag in lags.items() if lag < CAUSES[cause][2]}


@pytest.mark.parametrize("cause", ON_CALL)
def test_an_immediate_visit_of_the_same_day_was_made_for_what_called_for_it(cause: str):
    lags = {f"{lag:+d}": lag for lag in (-1, 0)}
    made = {name: {"inspected_on": days_on(CAUSE, lag), "kind": "immediate"} for name, lag in lags.items()}
    assert still_due(_with_cause(cause, made)) == {"-1"}


@pytest.mark.parametrize("cause", CAUSES)
def test_assistance_and_a_visit_that_was_refused_settle_nothing_and_one_off_site_only_what_is_off_site(
    cause: str,
):
    lacking = {
        "assistance": {"kind": "assistance"},
        "refused": {"result": "refused"},
        "off site": {"mode": "off_site"},
    }
    now = _with_cause(cause, {name: {"inspected_on": AS_OF, **row} for name, row in lacking.items()})
    assert still_due(now) == set(lacking) - ({"off site"} if cause == "audit" else set())


def test_an_alert_or_accident_calls_for_a_visit_for_thirty_days_and_no_longer():
    ages = {f"{kind} {age}": age for age in (0, 29, 30, 31) for kind in ("alert", "accident")}
    days = {name: days_on(AS_OF, -age) for name, age in ages.items()}
    now = situation(
        AS_OF,
        firms=firms(ages),
        alerts=[{"enterprise_id": n, "raised_on": day} for n, day in days.items() if n.startswith("al")],
        accidents=[{"enterprise_id": n, "occurred_on": day} for n, day in days.items() if n.startswith("ac")],
    )
    assert POLICY.immediate.lookback_days == 30
    assert still_due(now) == {name for name, age in ages.items() if age <= 30}


def test_an_urgent_task_calls_for_a_visit_from_the_day_it_opens():
    opens = {"yesterday": -1, "today": 0, "tomorrow": 1}
    tasks = [
        {"enterprise_id": n, "kind": "key_task", "opens_on": days_on(AS_OF, d)} for n, d in opens.items()
    ]
    assert still_due(situation(AS_OF, firms=firms(opens), tasks=tasks)) == {"yesterday", "today"}


@pytest.mark.parametrize("as_of", [date(2026, 7, 2), date(2026, 7, 3), date(2026, 7, 4)])
def test_a_red_is_overdue_from_the_evening_after_which_no_working_day_is_left(as_of: date):
    since = {f"{day}": date(2026, 6, day) for day in range(24, 31)}
    red = [
        {"enterprise_id": name, "code": "red", "red_since": day, "sector": "general"}
        for name, day in since.items()
    ]
    items = due_items(situation(as_of, firms=red), POLICY)
    for channel, due_on in items.select("channel", "due_on").iter_rows():
        assert (channel == "red_overdue") == (working_days(days_on(as_of, 1), due_on) == [])
    assert set(items["channel"]) == {"red", "red_overdue"}


def test_a_finding_seen_after_its_day_is_looked_at_again_thirty_days_later_and_not_before():
    seen = {f"{lag:+d}": days_on(CAUSE, lag) for lag in (-1, 0, 1, 2)}
    now = situation(
        AS_OF,
        firms=firms(seen),
        findings=[{"enterprise_id": name, "rectify_due_on": CAUSE} for name in seen],
        inspections=[{"enterprise_id": name, "inspected_on": day} for name, day in seen.items()],
    )
    opens = dict(due_items(now, POLICY).select("enterprise_id", "opens_on").iter_rows())
    ripe = days_on(CAUSE, 1)
    assert opens == {name: ripe if day <= CAUSE else days_on(day, 30) for name, day in seen.items()}


def test_a_repeat_offender_is_one_from_the_third_item_on_and_is_seen_every_180_days():
    counts = {str(count): count for count in (2, 3, 4)}
    last = date(2026, 1, 15)
    now = situation(
        AS_OF,
        firms=[{"enterprise_id": name, "repeat_items": count} for name, count in counts.items()],
        inspections=[{"enterprise_id": name, "inspected_on": last} for name in counts],
    )
    opens = dict(due_items(now, POLICY).select("enterprise_id", "opens_on").iter_rows())
    assert opens == {"3": days_on(last, 180), "4": days_on(last, 180)}


# ---- the days planned ----------------------------------------------------------------------------------


def test_what_opens_on_a_day_planned_is_planned_and_what_opens_after_the_last_one_is_for_later():
    opens = {f"{ahead}": days_on(date(2026, 7, 28), ahead) for ahead in range(8)}
    findings = [{"enterprise_id": n, "rectify_due_on": days_on(day, -1)} for n, day in opens.items()]
    found = fates(situation(AS_OF, firms=firms(opens), findings=findings))
    assert {name: one.is_later for name, one in found.items()} == {
        name: day > date(2026, 7, 31) for name, day in opens.items()
    }


@pytest.mark.parametrize("as_of", [date(2026, 7, day) for day in (29, 30, 31)] + [date(2026, 8, 2)])
def test_a_drawn_visit_is_made_in_its_month_while_a_working_day_of_it_is_left_and_else_on_any_coming_day(
    as_of: date,
):
    months = {f"{month}": date(2026, month, 1) for month in (6, 7, 8, 9)}
    drawn = {"channel": "random", "set_on": date(2026, 1, 5), "draw_id": "2026-draw"}
    targets = [{"enterprise_id": name, "month_on": month, **drawn} for name, month in months.items()]
    found = fates(situation(as_of, firms=firms(months), targets=targets))
    days = horizon(as_of, POLICY.visiting.horizon_working_days)
    for name, month in months.items():
        own = [day for day in days if month <= day <= month_end(month)]
        over = month_end(month) < days[0]
        assert found[name].is_later == (not own and not over)
        if not found[name].is_later:
            left = days if over else own
            first, last = found[name].first, found[name].last
            assert first and last and working_days(first, last) == left


def test_what_nobody_can_make_by_its_deadline_is_short_and_what_may_be_made_after_these_days_is_deferred():
    due = {f"{day}": day for day in (date(2026, 7, 8), date(2026, 7, 31), date(2026, 8, 1), date(2026, 8, 3))}
    tasks = [{"enterprise_id": n, "opens_on": AS_OF, "due_on": day} for n, day in due.items()]
    plan = make_plan(situation(AS_OF, firms=firms(due), tasks=tasks), POLICY)
    assert dict(plan.visits.select("enterprise_id", "state").iter_rows()) == {
        name: SHORT if day <= date(2026, 7, 31) else DEFERRED for name, day in due.items()
    }


@pytest.mark.parametrize(("as_of", "month"), [(AS_OF, 7), (date(2026, 7, 10), 7), (date(2026, 7, 22), 6)])
def test_a_drawn_visit_waits_for_the_crew_of_the_first_month_it_may_be_made_in(as_of: date, month: int):
    """Drawn for July, or for June and not made yet; in July and August other crews were drawn for it."""
    drawn = {
        "channel": "random",
        "month_on": date(2026, month, 1),
        "set_on": date(2026, 1, 5),
        "draw_id": "d",
    }
    crews = [
        {"month_on": date(2026, at, 1), "crew_id": f"crew-{at}", "officer_id": f"{HERE}-0{one}", "place": 0}
        for at, pair in ((7, (1, 2)), (8, (3, 4)))
        for one in pair
    ]
    now = situation(
        as_of,
        firms=firms(["e1"]),
        officers=officers(4),
        targets=[{"enterprise_id": "e1", **drawn}],
        crews=crews,
        ties=[
            {"month_on": date(2026, at, 1), "enterprise_id": "e1", "crew_id": f"crew-{at}"} for at in (8, 7)
        ],
    )
    [visit] = make_plan(now, POLICY).visits.rows(named=True)
    assert (visit["drawn_crew"], visit["crew_id"], visit["planned_on"].month) == ("crew-7", "crew-7", 7)


def test_quiet_days_are_closed_from_the_first_to_the_last():
    title = {"zh": "企业安静期", "en": "quiet days"}
    quiet = [{"first": date(2026, 7, 6), "last": date(2026, 7, 8), "title": title}]
    quiet.append({"first": date(2026, 7, 31), "last": date(2026, 7, 31), "title": title})
    now = situation(AS_OF, firms=firms(["e1"]), officers=officers(2))
    plan = make_plan(now, with_values(POLICY, {"blackouts": quiet}))
    closed = {plan.days[at].day for at in plan.benches["district", HERE].closed}
    assert closed == {6, 7, 8, 31}


# ---- gap and cap ---------------------------------------------------------------------------------------


def test_a_visit_waits_for_the_gap_to_the_day_and_is_waived_where_its_deadline_is_over_by_then():
    policy = with_values(POLICY, {"visiting.min_gap_days": 35})
    free_on = [date(2026, 7, day) for day in (1, 15, 16, 17, 30, 31)] + [date(2026, 8, 1), date(2026, 8, 4)]
    due_on = [date(2026, 7, day) for day in (15, 16, 17, 30, 31)] + [date(2026, 8, 3), date(2026, 8, 31)]
    asked = {f"{free} {due}": (free, due) for free, due in product(free_on, due_on)}
    now = situation(
        AS_OF,
        firms=firms(asked),
        inspections=[{"enterprise_id": n, "inspected_on": days_on(f, -35)} for n, (f, _) in asked.items()],
        tasks=[
            {"enterprise_id": name, "opens_on": date(2026, 7, 1), "due_on": due}
            for name, (_, due) in asked.items()
        ],
    )
    found = fates(now, policy)
    for name, (free, due) in asked.items():
        if free > due:
            assert found[name] == Fate(waived_by="gap"), name
        elif free > date(2026, 7, 31):
            assert found[name] == Fate(is_later=True), name
        else:
            assert found[name] == Fate(free, due), name


@pytest.mark.parametrize("as_of", [date(2026, 12, 10), date(2026, 12, 21)])
def test_a_cap_that_is_used_up_puts_off_to_new_year_what_may_wait_so_long_and_waives_the_rest(as_of: date):
    new_year, end = date(2027, 1, 1), date(2026, 12, 31)
    opens_on = [date(2026, 12, 1), end, new_year, date(2027, 1, 4)]
    due_on = [date(2026, 12, 30), end, new_year, date(2027, 1, 4), date(2027, 2, 26)]
    asked = {
        f"{opens} {due} {used}": (opens, due, used)
        for opens, due, used in product(opens_on, due_on, (0, 1))
        if opens <= due
    }
    now = situation(
        as_of,
        firms=firms(asked, standardisation="level_1"),
        inspections=[
            {"enterprise_id": name, "inspected_on": date(2026, 3, 10)}
            for name, (_, _, used) in asked.items()
            if used
        ],
        tasks=[
            {"enterprise_id": name, "opens_on": opens, "due_on": due}
            for name, (opens, due, _) in asked.items()
        ],
    )
    days = horizon(as_of, POLICY.visiting.horizon_working_days)
    assert days[-1] == (end if as_of.day == 10 else date(2027, 1, 29))
    found = fates(now, with_values(POLICY, {"caps": ONCE}))
    for name, (opens, due, used) in asked.items():
        first, last = max(opens, days[0]), due
        if first < new_year and not used:
            last = min(due, end)
        elif first < new_year:
            first = new_year
        if first > due:
            assert found[name] == Fate(waived_by="cap"), name
        elif first > days[-1]:
            assert found[name] == Fate(is_later=True), name
        else:
            assert found[name] == Fate(first, last), name
