"""The year: months in proportion to their room, budgets added up by hand, floors, frames, and what is still owed."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import month_end, working_days
from models.planning.demand.due import due_items
from models.planning.demand.waivers import waive
from models.planning.floors import Floor, coverage, floors, missed, still_owed
from models.planning.frames import audit_frame, audit_shares, draw_frame, is_fit, unfit
from models.planning.situation import Situation
from models.planning.year import Room, annual_targets, budget, in_months, months_left, rooms, spread
from tests.models.test_laws import some
from tests.worlds.plans import HERE, POLICY, officers, situation, with_values

AS_OF = date(2026, 6, 30)
OURS = ("district", HERE)
JULY, AUGUST, DECEMBER = date(2026, 7, 1), date(2026, 8, 1), date(2026, 12, 1)
Row = dict[str, Any]


def firm(name: str, **given: Any) -> Row:
    return {"enterprise_id": name, **given}


def visit(name: str, day: date, **given: Any) -> Row:
    return {"enterprise_id": name, "inspected_on": day, **given}


def target(name: str, channel: str = "random", month: date = JULY, set_on: date = AS_OF) -> Row:
    drawn = None if channel == "annual_full" else "2026-draw"
    return {"enterprise_id": name, "channel": channel, "month_on": month, "set_on": set_on, "draw_id": drawn}


# ---- months --------------------------------------------------------------------------------------------

ROOMS = st.lists(st.integers(0, 9), min_size=1, max_size=6).map(
    lambda rooms: {date(2026, at + 1, 1): room for at, room in enumerate(rooms)}
)


@some
@given(ROOMS, st.integers(0, 40))
def test_every_month_gets_its_share_of_the_enterprises_to_within_one(room: dict[date, int], count: int):
    months, total = in_months(count, room, AS_OF), sum(room.values())
    assert len(months) == count
    assert months == sorted(months)
    counts = Counter(months)
    if total:
        assert all(abs(counts[month] - count * own / total) <= 1 for month, own in room.items())
        assert all(room[month] for month in counts)


@some
@given(ROOMS.filter(lambda room: any(room.values())), st.integers(1, 4))
def test_as_many_enterprises_as_there_is_room_fill_it_exactly(room: dict[date, int], times: int):
    months = in_months(times * sum(room.values()), room, AS_OF)
    assert months == [month for month, own in room.items() for _ in range(times * own)]


def test_who_falls_on_the_border_of_two_months_is_meant_for_the_earlier():
    assert in_months(1, {JULY: 1, AUGUST: 1}, AS_OF) == [JULY]
    assert in_months(3, {AUGUST: 2, JULY: 2}, AS_OF) == [JULY, JULY, AUGUST]


def test_without_room_all_are_meant_for_the_last_month_or_that_of_the_day():
    assert in_months(2, {JULY: 0, AUGUST: 0}, AS_OF) == [AUGUST] * 2
    assert in_months(2, {}, AS_OF) == [date(2026, 6, 1)] * 2


def test_what_is_left_of_a_year_begins_on_the_next_day():
    left = months_left(situation(date(2026, 6, 15)))
    assert [month.month for month, _ in left] == [6, 7, 8, 9, 10, 11, 12]
    assert left[0] == (date(2026, 6, 1), working_days(date(2026, 6, 16), date(2026, 6, 30)))
    assert left[1] == (JULY, working_days(JULY, date(2026, 7, 31)))
    assert [month for month, _ in months_left(situation(date(2026, 12, 31)))] == [
        date(2027, month, 1) for month in range(1, 13)
    ]


ROOM = Room(4, 4, 8, 2)


def test_firms_get_their_months_in_the_order_given_each_authority_by_itself():
    rows = [("a", "city", ""), ("b", *OURS), ("c", *OURS), ("d", "district", "370103")]
    firms = pl.DataFrame(rows, schema=["enterprise_id", "at_level", "at_division"], orient="row")
    room = {("city", ""): {AUGUST: ROOM}, OURS: {JULY: ROOM, AUGUST: ROOM}}
    told = spread(firms, "random", room, set_on=AS_OF, draw_id="d1")
    assert told.rows() == [
        ("a", "random", AUGUST, AS_OF, "d1"),
        ("b", "random", JULY, AS_OF, "d1"),
        ("c", "random", AUGUST, AS_OF, "d1"),
        ("d", "random", date(2026, 6, 1), AS_OF, "d1"),
    ]
    assert spread(firms.clear(), "random", room, set_on=AS_OF, draw_id=None).is_empty()


# ---- full coverage of the six sectors ------------------------------------------------------------------


def test_full_coverage_is_owed_by_the_six_sectors_the_longest_unvisited_first():
    last_year, full = date(2025, 3, 1), {"kind": "annual_full"}
    now = situation(
        AS_OF,
        firms=[
            *(
                firm(one, sector="fireworks", value=5)
                for one in ("recent", "older", "off", "other", "done", "planned")
            ),
            firm("never", sector="metal_smelting", value=1),
            firm("dearer", sector="metal_smelting", value=2),
            firm("closed", sector="fireworks", status="closed"),
            firm("general"),
        ],
        inspections=[
            visit("recent", last_year + timedelta(days=1), **full),
            visit("older", last_year, **full),
            visit("older", date(2024, 3, 1), **full),
            visit("off", AS_OF, mode="off_site", **full),
            visit("other", AS_OF),
            visit("done", date(2026, 1, 1), **full),
        ],
        targets=[target("planned", "annual_full")],
    )
    told = annual_targets(now, POLICY, {OURS: {JULY: ROOM}})
    assert told["enterprise_id"].to_list() == ["off", "other", "dearer", "never", "older", "recent"]
    assert told.select("channel", "month_on", "set_on", "draw_id").unique().rows() == [
        ("annual_full", JULY, AS_OF, None)
    ]


def test_the_year_of_full_coverage_ends_with_the_year():
    now = situation(
        date(2026, 12, 31),
        firms=[firm("e", sector="fireworks")],
        inspections=[visit("e", date(2026, 12, 31), kind="annual_full")],
        targets=[target("e", "annual_full", DECEMBER)],
    )
    assert annual_targets(now, POLICY, {})["enterprise_id"].to_list() == ["e"]


# ---- room and budget -----------------------------------------------------------------------------------


def test_room_is_the_share_of_crew_days_left_for_planned_inspections():
    # 23 working days in July, one crew of two: 92 quarter-days, of which 179 in a thousand.
    assert POLICY.budget.inspection_permille == 179
    assert len(working_days(JULY, date(2026, 7, 31))) == 23
    now = situation(AS_OF, officers=[*officers(3), *officers(1, division="370103")])
    found = rooms(now, POLICY, [OURS, ("district", "370103"), ("city", "")])
    assert list(found) == [("city", ""), OURS, ("district", "370103")]
    assert found[OURS][JULY] == Room(92 * 179 // 1000, 23, 46, 2)
    assert found[OURS][JULY].quarters == 16
    assert set(found[OURS]) == {month for month, _ in months_left(now)}
    nobody = [*found["city", ""].values(), *found["district", "370103"].values()]
    assert set(nobody) == {Room(0, 0, 0, 2)}


def test_room_knows_who_is_away_and_which_crews_were_drawn():
    away = [{"officer_id": f"{HERE}-01", "first_day": JULY, "last_day": date(2026, 7, 31)}]
    drawn = [
        {"month_on": AUGUST, "level": "district", "division": HERE, "crew_id": "c1", "role": "officer"}
        | {"officer_id": f"{HERE}-{n:02d}", "place": n}
        for n in (1, 2)
    ]
    now = situation(AS_OF, officers=officers(2), absences=away, crews=drawn)
    found = rooms(now, POLICY, [OURS])[OURS]
    assert found[JULY].quarters == 0
    assert found[AUGUST].quarters == 4 * len(working_days(AUGUST, month_end(AUGUST))) * 179 // 1000


def test_a_budget_adds_up_by_hand():
    people = [
        *officers(2),
        *officers(1, division=HERE, officer_id="tech", role="technical"),
        *officers(1, division=HERE, officer_id="gone", left_on=JULY),
    ]
    now = situation(AS_OF, firms=[firm(one) for one in "abcd"], officers=people)
    asked = [
        target("a", "annual_full"),
        target("b"),
        target("c"),
        target("d", "audit"),
        target("d", "department", AUGUST),
        target("nobody"),
    ]
    targets = situation(AS_OF, targets=asked).targets
    room = {OURS: {month: Room(5, 20, 60, 2) for month, _ in months_left(now)}}
    told = budget(now, POLICY, room, targets)
    assert told["month_on"].to_list() == [month for month, _ in months_left(now)]
    july, august = told.head(2).rows(named=True)
    # Three people on 23 days; 454 and 367 of a thousand go elsewhere.  Crews of three: a quarter-day is 0.75 days.
    assert july == {
        "year": 2026,
        "month_on": JULY,
        "level": "district",
        "division": HERE,
        "working_days": 23,
        "people": 3,
        "total_days": 69.0,
        "other_days": 31.33,
        "non_enforcement_days": 25.32,
        "inspection_days": 12.35,
        "annual_full_days": 3.0,
        "random_days": 3.0,
        "other_planned_days": 0.75,
        "short_days": 3.0,
    }
    # Nine quarter-days asked for, five to be had; in August two are asked for.
    assert (august["other_planned_days"], august["short_days"], august["people"]) == (1.5, 0.0, 3)


# ---- floors --------------------------------------------------------------------------------------------


def test_the_floor_of_the_draw_counts_green_in_its_base_and_never_among_the_drawn():
    firms = [firm(f"g{n}", code="green") for n in range(5)] + [firm(f"b{n}") for n in range(5)]
    now = situation(
        AS_OF,
        firms=[*firms, firm("risky", sector="fireworks"), firm("gone", status="closed")],
        inspections=[visit("b0", AS_OF, kind="random"), visit("b1", AS_OF, kind="random")],
        targets=[target("b1", set_on=date(2026, 6, 1)), target("b2"), target("g0")],
    )
    # b0 was inspected by the draw and b1 was drawn and seen; b2 is drawn, g0 was and is spared; b3 and b4 may still be.
    assert floors(now, POLICY) == [Floor(OURS, "random", 10, 3, 2, 1, 2, 1, {"green": 5})]
    without = with_values(POLICY, {"switches.green_counts_in_base": False})
    assert floors(now, without) == [Floor(OURS, "random", 5, 2, 2, 1, 2, 1, {"green": 5})]


@pytest.mark.parametrize(
    ("done", "planned", "available", "short"), [(1, 1, 1, 2), (1, 1, 3, 0), (9, 0, 0, 0), (0, 0, 0, 5)]
)
def test_a_floor_is_short_of_what_nothing_makes_up_for(done: int, planned: int, available: int, short: int):
    assert Floor(OURS, "random", 20, 5, done, planned, available).short == short


def items_of(now: Situation) -> pl.DataFrame:
    return waive(due_items(now, POLICY), now, POLICY)


def test_full_coverage_is_done_by_a_visit_or_a_settled_item_of_the_year_and_else_meant():
    names = ("seen", "settled", "last year", "meant", "unmeant")
    now = situation(
        AS_OF,
        firms=[*(firm(one, sector="fireworks") for one in names), firm("general")],
        inspections=[visit("seen", AS_OF, kind="annual_full")],
        done=[
            {"enterprise_id": "settled", "item_id": "annual_full:settled:2026"},
            {"enterprise_id": "last year", "item_id": "annual_full:last year:2025"},
            {"enterprise_id": "unmeant", "item_id": "department:unmeant:2026"},
        ],
        targets=[target(one, "annual_full") for one in ("seen", "last year", "meant")],
    )
    assert coverage(now, POLICY, items_of(now)) == [Floor(OURS, "annual_full", 5, 5, 2, 2, available=0)]
    waived = items_of(now).with_columns(
        waived_by=pl.when((pl.col("enterprise_id") == "meant") & (pl.col("channel") == "annual_full")).then(
            pl.lit("cap")
        )
    )
    assert coverage(now, POLICY, waived) == [Floor(OURS, "annual_full", 5, 5, 2, 1, available=0)]


def test_what_last_year_owed_is_missed_until_somebody_has_made_up_for_it():
    drawn_on, year_ago = date(2025, 3, 1), date(2025, 7, 1)
    made_up = {
        "on the day": visit("on the day", drawn_on, kind="random"),
        "after": visit("after", drawn_on + timedelta(days=1), kind="random"),
        "this year": visit("this year", AS_OF, kind="random"),
        "recheck": visit("recheck", AS_OF, kind="recheck"),
        "off site": visit("off site", AS_OF, mode="off_site"),
        "before": visit("before", date(2024, 12, 31), kind="annual_full"),
        "full": visit("full", date(2025, 1, 1), kind="annual_full"),
        "plain": visit("plain", AS_OF),
    }
    random = ["on the day", "after", "this year", "recheck", "off site", "green", "unseen"]
    full = ["before", "full", "plain", "settled", "green too"]
    codes = {"green": "green", "green too": "green"}
    now = situation(
        AS_OF,
        firms=[*(firm(one, code=codes.get(one, "blue")) for one in (*random, *full)), firm("this year's")],
        inspections=list(made_up.values()),
        done=[{"enterprise_id": "settled", "item_id": "annual_full:settled:2025"}],
        targets=[
            *(target(one, "random", year_ago, drawn_on) for one in random),
            *(target(one, "annual_full", year_ago, drawn_on) for one in full),
            target("unseen", "audit", year_ago, drawn_on),
            target("this year's"),
        ],
    )
    assert missed(now, POLICY).rows() == [
        (*OURS, "annual_full", "before"),
        (*OURS, "annual_full", "green too"),
        (*OURS, "annual_full", "plain"),
        (*OURS, "random", "off site"),
        (*OURS, "random", "on the day"),
        (*OURS, "random", "recheck"),
        (*OURS, "random", "unseen"),
    ]


def test_what_is_still_owed_of_past_months_falls_on_the_coming_one():
    now = situation(
        AS_OF,
        firms=[firm(one) for one in ("late", "coming", "seen", "spared")],
        inspections=[visit("seen", AS_OF, kind="random")],
        targets=[
            target("late", month=date(2026, 3, 1), set_on=date(2026, 2, 1)),
            target("coming", month=AUGUST),
            target("seen", month=date(2026, 3, 1), set_on=date(2026, 2, 1)),
            target("spared"),
            target("late", month=date(2025, 3, 1), set_on=date(2025, 2, 1)),
        ],
    )
    waived = items_of(now).with_columns(
        waived_by=pl.when(pl.col("enterprise_id") == "spared").then(pl.lit("cap"))
    )
    owed = still_owed(now, waived).select("enterprise_id", "month_on").sort("enterprise_id").rows()
    assert owed == [("coming", AUGUST), ("late", JULY)]


# ---- frames --------------------------------------------------------------------------------------------


def test_the_draw_is_made_from_operating_general_enterprises_of_a_code_with_a_weight_not_yet_drawn_or_inspected():
    odd = {"closed": "closed", "suspended": "suspended", "unknown status": None}
    now = situation(
        AS_OF,
        firms=[
            firm("a", code="red"),
            firm("b", sector=None),
            firm("green", code="green"),
            firm("risky", sector="fireworks"),
            *(firm(one, status=status) for one, status in odd.items()),
            firm("drawn"),
            firm("drawn last year"),
            firm("inspected"),
            firm("x,y"),
        ],
        inspections=[
            visit("inspected", date(2026, 1, 1), kind="random"),
            visit("a", date(2025, 12, 31), kind="random"),
        ],
        targets=[target("drawn"), target("drawn last year", month=date(2025, 12, 1))],
    )
    found = draw_frame(now, POLICY)
    assert found.select("enterprise_id", "at_level", "at_division", "stratum").rows() == [
        ("a", *OURS, "general-red"),
        ("b", *OURS, "unknown-blue"),
        ("drawn last year", *OURS, "general-blue"),
        ("unknown status", *OURS, "general-blue"),
    ]


def test_the_audit_is_drawn_from_green_and_unrated_enterprises_nobody_has_been_to_this_year():
    now = situation(
        AS_OF,
        firms=[
            firm("green", code="green"),
            firm("unrated", is_provisional=True),
            firm("both", code="green", is_provisional=True),
            firm("rated"),
            firm("seen", code="green"),
            firm("looked at", code="green"),
            firm("seen last year", code="green"),
            firm("meant", code="green"),
            firm("meant last year", code="green"),
            firm("closed", code="green", status="closed"),
            firm("suspended", code="green", status="suspended"),
            firm("high", code="green", sector="fireworks"),
            firm("x,y", code="green"),
        ],
        inspections=[
            visit("seen", date(2026, 1, 1)),
            visit("looked at", AS_OF, mode="off_site"),
            visit("seen last year", date(2025, 12, 31)),
            visit("high", AS_OF, kind="assistance"),
        ],
        targets=[target("meant", "audit"), target("meant last year", "audit", DECEMBER.replace(year=2025))],
    )
    assert audit_frame(now, POLICY).select("enterprise_id", "stratum").rows() == [
        ("both", "unrated"),
        ("green", "green"),
        ("high", "green"),
        ("meant last year", "green"),
        ("seen last year", "green"),
        ("unrated", "unrated"),
    ]
    assert audit_shares(POLICY) == {
        "green": POLICY.draw.audit_green_permille,
        "unrated": POLICY.draw.audit_unrated_permille,
    }


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("91370102MA3G8T2M25", True),
        ("a b", True),
        ("", False),
        ("a,b", False),
        ('a"b', False),
        (" a", False),
        ("a ", False),
        ("a\u3000b", False),
        ("a\tb", False),
    ],
)
def test_an_id_stands_in_a_draw_only_if_a_spreadsheet_reads_it_as_it_is(text: str, fits: bool):
    assert is_fit(text) is fits
    if text:
        assert unfit(situation(AS_OF, firms=[firm(text)]).firms).is_empty() is fits
