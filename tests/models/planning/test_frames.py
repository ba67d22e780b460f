"""Whom a draw is made from, whom it has seen to, and what is still owed: the same wherever it is asked."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import polars as pl
import pytest

from models.planning.demand.due import due_items
from models.planning.floors import Floor, floors, missed, still_owed
from models.planning.frames import audit_frame, draw_frame
from models.planning.plan import make_plan
from models.planning.situation import Situation
from models.planning.year import Room, annual_targets, budget, months_left
from tests.worlds.plans import HERE, POLICY, officers, situation

Row = dict[str, Any]
SET_ON = date(2026, 6, 24)
"""The evening of a draw."""


def after(days: int, **given: Any) -> Row:
    return {"inspected_on": SET_ON + timedelta(days=days), **given}


VISITS: Mapping[str, Row | None] = {
    "nobody": None,
    "the day before": after(-1),
    "the day of the draw": after(0),
    "the day after": after(1, kind="random"),
    "another visit": after(1),
    "a re-check": after(1, kind="recheck"),
    "off site": after(1, kind="random", mode="off_site"),
    "assistance": after(1, kind="assistance"),
    "refused": after(1, kind="random", result="refused"),
}
"""One visit of each enterprise, which is called by it."""


def drawn(as_of: date, channel: str) -> Situation:
    target = {"channel": channel, "month_on": date(2026, 7, 1), "set_on": SET_ON, "draw_id": "2026-draw"}
    return situation(
        as_of,
        firms=[{"enterprise_id": name} for name in VISITS],
        inspections=[{"enterprise_id": name, **visit} for name, visit in VISITS.items() if visit],
        targets=[{"enterprise_id": name, **target} for name in VISITS],
    )


def test_a_draw_is_settled_by_an_inspection_by_the_draw_after_it_wherever_that_is_asked():
    owed = set(VISITS) - {"the day after"}
    now = drawn(date(2026, 6, 30), "random")
    assert set(due_items(now, POLICY)["enterprise_id"]) == owed
    [floor] = floors(now, POLICY)
    assert (floor.done, floor.planned, floor.available) == (1, len(owed), 0)
    assert set(missed(drawn(date(2027, 1, 10), "random"), POLICY)["enterprise_id"]) == owed


def test_what_was_owed_last_year_is_made_up_for_by_a_visit_of_this_year():
    for day, is_owed in ((date(2026, 6, 24), True), (date(2026, 6, 25), False), (date(2027, 1, 5), False)):
        now = drawn(date(2027, 1, 10), "random")
        visited = situation(
            now.as_of, inspections=[{"enterprise_id": "nobody", "inspected_on": day, "kind": "random"}]
        )
        both = Situation(now.as_of, now.firms, inspections=visited.inspections, targets=now.targets)
        assert ("nobody" in missed(both, POLICY)["enterprise_id"]) == is_owed


def test_every_general_enterprise_that_operates_and_has_a_weight_can_be_drawn_until_it_was_this_year():
    """What is unknown is general and active; GREEN has no weight in the starter pack."""
    asked = {
        f"{sector} {status} {code} {target} {seen}": (sector, status, code, target, seen)
        for sector, status, code, target, seen in product(
            (None, "general", "fireworks"),
            (None, "active", "suspended", "closed"),
            ("green", "blue", "red"),
            (None, 2025, 2026),
            (None, "random", "special"),
        )
    }
    target = {"channel": "random", "draw_id": "draw"}
    now = situation(
        date(2026, 6, 30),
        firms=[
            {"enterprise_id": name, "sector": sector, "status": status, "code": code}
            for name, (sector, status, code, _, _) in asked.items()
        ],
        targets=[
            {"enterprise_id": n, "month_on": date(year, 3, 1), "set_on": date(year, 1, 5), **target}
            for n, (_, _, _, year, _) in asked.items()
            if year
        ],
        inspections=[
            {"enterprise_id": name, "inspected_on": date(2026, 5, 5), "kind": kind}
            for name, (*_, kind) in asked.items()
            if kind
        ],
    )
    assert draw_frame(now, POLICY)["enterprise_id"].to_list() == sorted(
        name
        for name, (sector, status, code, year, kind) in asked.items()
        if sector != "fireworks" and status in (None, "active") and code != "green" and year != 2026
        if kind != "random"
    )


def test_a_floor_is_short_by_what_neither_visits_nor_plan_nor_frame_can_give():
    for required, done, planned, available in product(range(4), repeat=4):
        floor = Floor(("district", HERE), "random", 9, required, done, planned, available)
        had = done + planned + available
        assert floor.short == (required - had if had < required else 0), floor


def test_last_years_full_coverage_is_owed_at_a_green_too_and_its_draw_is_not():
    firms = {f"{channel} {code}": (channel, code) for channel, code in product(CHANNELS, ("green", "blue"))}
    now = situation(
        date(2027, 1, 10),
        firms=[{"enterprise_id": name, "code": code} for name, (_, code) in firms.items()],
        targets=[
            {"enterprise_id": name, "channel": channel, "month_on": date(2026, 12, 1), "set_on": SET_ON}
            for name, (channel, _) in firms.items()
        ],
    )
    owed = set(missed(now, POLICY)["enterprise_id"])
    assert owed == {"annual_full green", "annual_full blue", "random blue"}


CHANNELS = ("annual_full", "random", "audit")


def test_what_was_meant_for_a_month_gone_by_is_owed_in_the_coming_one_and_what_gave_way_is_not():
    months = {f"{month}": date(2026, month, 1) for month in (1, 6, 7, 8, 12)} | {
        "last year": date(2025, 12, 1)
    }
    target = {"channel": "random", "set_on": date(2026, 1, 5), "draw_id": "2026-draw"}
    now = situation(
        date(2026, 6, 30),
        firms=[{"enterprise_id": name} for name in months],
        targets=[{"enterprise_id": name, "month_on": month, **target} for name, month in months.items()],
    )
    waived = pl.when(pl.col("enterprise_id") == "12").then(pl.lit("superior"))
    items = due_items(now, POLICY).with_columns(waived_by=waived)
    owed = dict(still_owed(now, items).select("enterprise_id", "month_on").iter_rows())
    coming = date(2026, 7, 1)
    assert owed == {"1": coming, "6": coming, "7": coming, "8": date(2026, 8, 1)}


def test_months_go_to_whom_nobody_saw_then_to_the_longest_unseen_then_to_the_most_dangerous_each_year_once():
    seen: dict[str, tuple[date | None, int]] = {
        "never, dangerous": (None, 9),
        "never": (None, 1),
        "long ago": (date(2023, 5, 5), 1),
        "last year, dangerous": (date(2025, 12, 31), 9),
        "last year": (date(2025, 12, 31), 1),
        "this year": (date(2026, 1, 1), 9),
    }
    full = [
        {"enterprise_id": name, "inspected_on": day, "kind": "annual_full"}
        for name, (day, _) in seen.items()
        if day
    ]
    # Neither a visit of another kind nor one off site is a full coverage.
    other = [{"enterprise_id": "never", "inspected_on": date(2026, 1, 2), "kind": "special"}]
    other += [
        {
            "enterprise_id": "long ago",
            "inspected_on": date(2026, 1, 2),
            "kind": "annual_full",
            "mode": "off_site",
        }
    ]
    now = situation(
        date(2026, 1, 5),
        firms=[
            {"enterprise_id": name, "sector": "fireworks", "value": value}
            for name, (_, value) in seen.items()
        ],
        inspections=[*full, *other],
    )
    room = {("district", HERE): {date(2026, month, 1): Room(4, 4, 8, 2) for month in range(1, 6)}}
    months = dict(annual_targets(now, POLICY, room).select("enterprise_id", "month_on").iter_rows())
    assert [(name, day.month) for name, day in months.items()] == list(zip(seen, range(1, 6), strict=False))


def test_a_budget_counts_whoever_still_serves_when_the_month_begins():
    until = {"gone": date(2026, 7, 31), "first day": date(2026, 8, 1), "later": date(2026, 12, 31)}
    now = situation(
        date(2026, 6, 30),
        firms=[{"enterprise_id": "e1"}],
        officers=[{"officer_id": name, "certified_until": day} for name, day in until.items()],
    )
    room = {("district", HERE): {month: Room(0, 0, 0, 2) for month, _ in months_left(now)}}
    rows = budget(
        now, POLICY, room, still_owed(now, due_items(now, POLICY).with_columns(waived_by=pl.lit(None)))
    )
    assert dict(rows.select(pl.col("month_on").dt.month(), "people").iter_rows()) == {
        7: 3, 8: 2, 9: 1, 10: 1, 11: 1, 12: 1,
    }  # fmt: skip


SPENT: Mapping[str, tuple[Row, int]] = {
    "last month": ({"inspected_on": date(2026, 6, 30)}, 0),
    "on the first of the month": ({"inspected_on": date(2026, 7, 1)}, 2),
    "today": ({}, 2),
    "a random one": ({"kind": "random"}, 2),
    "a full coverage": ({"kind": "annual_full"}, 4),
    "a refused one": ({"result": "refused"}, 2),
    "a special one": ({"kind": "special"}, 0),
    "an immediate one": ({"kind": "immediate"}, 0),
    "a re-check": ({"kind": "recheck"}, 0),
    "assistance": ({"kind": "assistance"}, 0),
    "one by the city": ({"level": "city"}, 0),
}
"""Visits, and the quarter-days they take from what is planned for the month."""


def test_the_planned_visits_an_authority_made_this_month_are_spent_and_no_others():
    """An authority for each visit, with a firm and four officers."""
    today, divisions = date(2026, 7, 15), {f"{370101 + at}": kind for at, kind in enumerate(SPENT)}
    now = situation(
        today,
        firms=[{"enterprise_id": kind, "division": division} for division, kind in divisions.items()],
        officers=[one for division in divisions for one in officers(4, division=division)],
    )
    made = [{"enterprise_id": kind, "inspected_on": today, **visit} for kind, (visit, _) in SPENT.items()]
    later = replace(now, inspections=situation(today, inspections=made).inspections)
    before, after = (make_plan(one, POLICY).benches for one in (now, later))
    for division, kind in divisions.items():
        had, left = before["district", division].budget, after["district", division].budget
        assert had and left is not None and had - left == SPENT[kind][1], kind


@pytest.mark.parametrize("code", ["green", "blue"])
def test_an_audit_is_drawn_from_the_green_and_the_unrated_to_whom_nobody_has_been_this_year_on_or_off_site(
    code: str,
):
    last_year = {
        "last year": {"inspected_on": date(2025, 12, 31)},
        "new year": {"inspected_on": date(2026, 1, 1)},
    }
    visits = {**VISITS, **last_year}
    now = situation(
        date(2026, 6, 30),
        firms=[{"enterprise_id": n, "code": code, "is_provisional": code == "blue"} for n in visits],
        inspections=[{"enterprise_id": name, **visit} for name, visit in visits.items() if visit],
    )
    found = audit_frame(now, POLICY)
    assert set(found["enterprise_id"]) == {"nobody", "assistance", "refused", "last year"}
    assert set(found["stratum"]) == {"green" if code == "green" else "unrated"}
