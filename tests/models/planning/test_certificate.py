"""The certificate: what is missing is named with the rule, added up, and nothing else is said."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from models.planning.certificate import SHORTFALLS, certificate
from models.planning.floors import Floor
from models.planning.plan import make_plan
from models.planning.situation import Situation
from models.planning.year import BUDGET
from tests.worlds.plans import HERE, POLICY, officers, situation

AS_OF = date(2026, 6, 30)
OURS = ("district", HERE)
JULY, AUGUST = date(2026, 7, 1), date(2026, 8, 1)
AWAITED = {"level": pl.String, "division": pl.String, "channel": pl.String, "enterprise_id": pl.String}
AWAITED |= {"visit_id": pl.String, "due_on": pl.Date}


def told(now: Situation, **more: Any) -> list[dict[str, Any]]:
    """Shortfalls, each with the cells that are filled."""
    found = certificate(make_plan(now, POLICY), now, POLICY, **more)
    assert dict(found.schema) == SHORTFALLS
    return [{name: cell for name, cell in row.items() if cell is not None} for row in found.rows(named=True)]


def row(scope: str, rule: str, **more: Any) -> dict[str, Any]:
    return {"scope": scope, "rule": rule, "level": "district", "division": HERE, **more}


QUIET = situation(AS_OF, firms=[{"enterprise_id": "e1"}], officers=officers(2))


def test_where_every_rule_holds_nothing_is_said():
    assert told(QUIET) == []
    assert told(QUIET, floors=[Floor(OURS, "random", 10, 3, 1, 1, 1)]) == []


def test_a_floor_that_is_short_says_what_was_asked_for_and_what_there_is():
    floors = [Floor(OURS, "random", 20, 6, 2, 1, 1), Floor(("city", ""), "random", 10, 3, 1, 1, 1)]
    short = {"count": 2, "needed_days": 6.0, "available_days": 4.0}
    assert told(QUIET, floors=floors) == [
        row("floor", "draw_floor", channel="random", month_on=JULY, **short)
    ]


def test_a_year_plan_over_its_budget_says_by_how_much_in_each_month():
    def month(day: date, **days: float) -> dict[str, Any]:
        return dict.fromkeys(BUDGET) | {"month_on": day, "level": "district", "division": HERE, **days}

    months = [
        month(JULY, annual_full_days=1.0, random_days=2.0, other_planned_days=6.0, short_days=3.0),
        month(AUGUST, annual_full_days=1.0, random_days=2.0, other_planned_days=6.0, short_days=0.0),
    ]
    budget = pl.DataFrame(months, schema=BUDGET, orient="row")
    days = {"person_days": 3.0, "needed_days": 9.0, "available_days": 6.0}
    assert told(QUIET, budget=budget) == [row("authority", "annual_budget", month_on=JULY, **days)]


def test_a_draw_that_was_not_revealed_and_a_record_that_did_not_come_are_named():
    due = {"late": AS_OF, "on the day": JULY}
    awaiting = [(*OURS, "red", one, f"v {one}", day) for one, day in due.items()]
    frame = pl.DataFrame(awaiting, schema=AWAITED, orient="row")
    assert told(QUIET, pending=[OURS], awaiting=frame) == [
        row("note", "draw_pending", count=1),
        row("visit", "record_awaited", channel="red", enterprise_id="late", visit_id="v late", month_on=JULY)
        | {"due_on": AS_OF, "count": 1, "person_days": 0.0},
    ]


def test_what_is_unknown_is_counted_by_authority():
    firms = [
        {"enterprise_id": "e1", "sector": None},
        {"enterprise_id": "e2", "sector": None},
        {"enterprise_id": "e3", "level": None},
        {"enterprise_id": "e4", "sector": None, "status": "closed"},
        {"enterprise_id": "e,5"},
    ]
    assert told(situation(AS_OF, firms=firms, officers=officers(2))) == [
        row("note", "unfit_id", count=1),
        row("note", "unknown_level", count=1),
        row("note", "unknown_sector", count=2),
    ]


def test_an_enterprise_of_which_sources_name_two_authorities_is_noted_by_name():
    firms = [{"enterprise_id": "e1"}, {"enterprise_id": "e2"}, {"enterprise_id": "e3", "status": "closed"}]
    contested = [{"enterprise_id": "e2"}, {"enterprise_id": "e3"}]
    now = situation(AS_OF, firms=firms, contested=contested, officers=officers(2))
    assert told(now) == [row("note", "authority_contested", enterprise_id="e2", count=1)]


def test_days_past_the_announced_calendar_are_noted():
    now = situation(date(2026, 12, 31), firms=[{"enterprise_id": "e1"}], officers=officers(2))
    assert told(now) == [
        {"scope": "note", "rule": "calendar", "first_on": date(2027, 1, 4), "last_on": date(2027, 1, 29)}
    ]


def red(name: str, **more: Any) -> dict[str, Any]:
    return {"enterprise_id": name, "code": "red", "red_since": date(2026, 6, 29), **more}


def test_without_officers_every_visit_is_short_for_that_reason():
    found = told(situation(AS_OF, firms=[red("r1")]))
    assert [one for one in found if one["scope"] == "visit"] == [
        row(
            "visit",
            "no_officers",
            month_on=JULY,
            channel="red",
            enterprise_id="r1",
            visit_id="red:r1:2026-06-29",
        )
        | {
            "count": 1,
            "person_days": 2.0,
            "first_on": JULY,
            "last_on": date(2026, 7, 6),
            "due_on": date(2026, 7, 6),
        }
        | {"gave_way_to": []}
    ]


def test_more_whole_day_visits_than_days_are_proved_to_be_too_many():
    # One crew has the four working days from 1 to 6 July; five REDs need five whole days of two people.
    now = situation(AS_OF, firms=[red(f"r{n}") for n in range(5)], officers=officers(2))
    found = told(now)
    assert [one for one in found if one["scope"] == "authority"] == [
        row("authority", "capacity", month_on=JULY, first_on=JULY, last_on=date(2026, 7, 6))
        | {"person_days": 2.0, "needed_days": 10.0, "available_days": 8.0}
    ]
    [left] = [one for one in found if one["scope"] == "visit"]
    assert (left["rule"], left["person_days"], left["gave_way_to"]) == ("capacity", 2.0, [])


def test_whom_the_audit_did_without_is_counted_and_others_are_named():
    drawn = [
        {
            "enterprise_id": one,
            "channel": "audit",
            "month_on": JULY,
            "set_on": date(2026, 6, 1),
            "draw_id": "d",
        }
        for one in ("g1", "g2")
    ]
    stopped = {"status": "suspended", "sector": "fireworks"}
    tasks = [{"enterprise_id": "g3", "opens_on": date(2026, 6, 1)}]
    firms = [{"enterprise_id": one, "code": "green", **stopped} for one in ("g1", "g2", "g3")]
    found = told(situation(AS_OF, firms=firms, targets=drawn, tasks=tasks, officers=officers(2)))
    assert [(one["rule"], one["channel"], one["count"], one.get("enterprise_id")) for one in found] == [
        ("suspended", "annual_full", 1, "g1"),
        ("suspended", "annual_full", 1, "g2"),
        ("suspended", "annual_full", 1, "g3"),
        ("suspended", "audit", 2, None),
        ("suspended", "department", 1, "g3"),
    ]
    assert {one["scope"] for one in found} == {"floor"}


def test_what_last_year_owed_is_told_of_its_last_month_and_day():
    owed = [
        {"enterprise_id": "e1", "channel": "random", "month_on": date(2025, 7, 1), "set_on": date(2025, 6, 1)}
    ]
    now = situation(AS_OF, firms=[{"enterprise_id": "e1"}], officers=officers(2), targets=owed)
    assert told(now) == [
        row("floor", "missed_year", month_on=date(2025, 12, 1), channel="random", enterprise_id="e1")
        | {"count": 1, "due_on": date(2025, 12, 31)}
    ]


@pytest.mark.parametrize(("visits", "left"), [(0, 16), (1, 12), (4, 0), (5, 0)])
def test_planned_visits_of_the_month_are_paid_for_by_its_budget_and_no_further(visits: int, left: int):
    as_of = date(2026, 7, 10)
    made = [
        {"enterprise_id": f"e{n}", "inspected_on": date(2026, 7, 1 + n % 2), "kind": "annual_full"}
        for n in range(visits)
    ]
    others = [
        {"enterprise_id": "e9", "inspected_on": date(2026, 6, 30), "kind": "annual_full"},
        {"enterprise_id": "e9", "inspected_on": date(2026, 7, 3), "kind": "special"},
        {"enterprise_id": "e9", "inspected_on": date(2026, 7, 3), "kind": "annual_full", "level": "city"},
        {"enterprise_id": "e9", "inspected_on": date(2026, 7, 3), "kind": "assistance"},
    ]
    firms = [{"enterprise_id": f"e{n}"} for n in range(10)]
    now = situation(as_of, firms=firms, officers=officers(2), inspections=[*made, *others])
    # July has 23 working days: 92 quarter-days of one crew, of which 179 in a thousand; a full visit takes four.
    assert make_plan(now, POLICY).benches[OURS].budget == left


def test_of_items_of_one_precedence_the_one_due_first_gives_the_visit_its_name():
    due = {"t1": date(2026, 7, 9), "t2": date(2026, 7, 8), "t3": date(2026, 7, 8)}
    tasks = [
        {"enterprise_id": "e1", "task_id": name, "kind": "key_task", "opens_on": AS_OF, "due_on": day}
        for name, day in due.items()
    ]
    now = situation(AS_OF, firms=[{"enterprise_id": "e1"}], officers=officers(2), tasks=tasks)
    [visit] = make_plan(now, POLICY).visits.rows(named=True)
    assert visit["visit_id"] == "immediate:e1:a/t2"
    assert visit["item_ids"] == [f"immediate:e1:a/{name}" for name in ("t2", "t3", "t1")]
