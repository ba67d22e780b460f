"""Whom a draw is made from, whom it has seen to, and what is still owed: the same wherever it is asked."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from models.planning.demand.due import due_items
from models.planning.floors import floors, missed
from models.planning.frames import audit_frame, draw_frame
from models.planning.situation import Situation
from tests.models.planning.planning_worlds import POLICY, situation

Row = dict[str, Any]
SET_ON = date(2026, 6, 24)
"""The evening of a draw."""


def after(days: int, **given: Any) -> Row:
    return {"inspected_on": SET_ON + timedelta(days=days), **given}


VISITS: Mapping[str, Row | None] = {
    "nobody": None,
    "the day before": after(-1),
    "the day of the draw": after(0),
    "the day after": after(1),
    "a re-check": after(1, kind="recheck"),
    "off site": after(1, mode="off_site"),
    "assistance": after(1, kind="assistance"),
    "refused": after(1, result="refused"),
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


def test_a_draw_is_settled_by_a_visit_after_it_that_is_no_re_check_wherever_that_is_asked():
    owed = set(VISITS) - {"the day after"}
    now = drawn(date(2026, 6, 30), "random")
    assert set(due_items(now, POLICY)["enterprise_id"]) == owed
    [floor] = floors(now, POLICY)
    assert (floor.done, floor.planned, floor.available) == (1, len(owed), 0)
    assert set(missed(drawn(date(2027, 1, 10), "random"), POLICY)["enterprise_id"]) == owed


def test_what_was_owed_last_year_is_made_up_for_by_a_visit_of_this_year():
    for day, is_owed in ((date(2026, 6, 24), True), (date(2026, 6, 25), False), (date(2027, 1, 5), False)):
        now = drawn(date(2027, 1, 10), "random")
        visited = situation(now.as_of, inspections=[{"enterprise_id": "nobody", "inspected_on": day}])
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
