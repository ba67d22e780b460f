"""What holds for every plan of every world: nothing is lost, no rule is broken, and nothing moves without need."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models.calendar import add_working_days, is_working_day, working_days
from models.planning.certificate import certificate
from models.planning.crews.crews import members
from models.planning.demand.due import due_items
from models.planning.demand.waivers import WAIVERS, caps
from models.planning.floors import floors
from models.planning.plan import DEFERRED, SCHEDULED, SHORT, Plan, make_plan
from models.planning.situation import Situation, counted, on_site
from models.vocabulary import HIGH_HAZARD_SECTORS
from tests.worlds.effort import tries
from tests.worlds.plans import (
    FRAMES,
    HERE,
    NO_OTHER_WORK,
    POLICY,
    THERE,
    World,
    awaiting,
    frame,
    officers,
    situation,
    with_values,
    world_of,
    worlds,
)

Row = dict[str, Any]
QUICK = {"deadline": None, "suppress_health_check": list(HealthCheck)}
SPARING = {name for name, one in POLICY.channels.items() if one.spec.spares_green}


def _planned(world: World) -> tuple[Plan, pl.DataFrame]:
    """A world's plan and certificate."""
    plan = make_plan(world.now, world.policy)
    return plan, certificate(plan, world.now, world.policy, floors(world.now, world.policy))


def _firms(world: World) -> pl.DataFrame:
    return world.now.firms.with_columns(
        level=pl.col("level").fill_null(world.policy.visiting.default_level),
        status=pl.col("status").fill_null("active"),
    )


def _scheduled(plan: Plan) -> pl.DataFrame:
    return plan.visits.filter(pl.col("state") == SCHEDULED)


# ---- laws ----------------------------------------------------------------------------------------------


def every_item_has_exactly_one_fate(world: World, plan: Plan, told: pl.DataFrame) -> None:
    due = due_items(world.now, world.policy)
    assert sorted(due["item_id"]) == sorted(plan.items["item_id"])
    for item in plan.items.iter_rows(named=True):
        fates = [item["visit_id"] is not None, item["waived_by"] is not None, item["is_later"] is True]
        assert sum(fates) == 1, item
        assert item["waived_by"] is None or item["waived_by"] in WAIVERS


def every_visit_stands_once_with_one_state(world: World, plan: Plan, told: pl.DataFrame) -> None:
    visits = plan.visits
    assert visits["visit_id"].is_unique().all()
    assert set(visits["state"]) <= {SCHEDULED, SHORT, DEFERRED}
    assert visits.filter((pl.col("state") == SCHEDULED) != pl.col("planned_on").is_not_null()).is_empty()
    held = visits.select("visit_id", item_id="item_ids").explode("item_id").sort("item_id")
    assert held["item_id"].is_unique().all()
    said = plan.items.filter(pl.col("visit_id").is_not_null()).select("visit_id", "item_id").sort("item_id")
    assert held.equals(said)


def a_visit_lies_on_a_working_day_of_its_window(world: World, plan: Plan, told: pl.DataFrame) -> None:
    for visit in _scheduled(plan).iter_rows(named=True):
        assert world.now.as_of < visit["planned_on"] and is_working_day(visit["planned_on"])[0]
        assert visit["first_on"] <= visit["planned_on"] <= visit["last_on"], visit
        assert visit["opens_on"] <= visit["planned_on"], visit
        assert visit["is_overdue"] or visit["planned_on"] <= visit["due_on"], visit


def a_visit_is_what_its_items_make_it(world: World, plan: Plan, told: pl.DataFrame) -> None:
    """Due with the first of them, open with the last, as urgent as the most urgent, as long as the longest."""
    for visit, own in _with_items(plan):
        specs = {item["channel"]: world.policy.channels[item["channel"]] for item in own}
        assert visit["due_on"] == min(item["due_on"] for item in own), visit
        assert visit["opens_on"] == max(item["opens_on"] for item in own), visit
        assert visit["rank"] == min(one.rank for one in specs.values()) == specs[visit["channel"]].rank
        assert visit["quarter_days"] == max(one.spec.quarter_days for one in specs.values())
        assert visit["mode"] == max(item["mode"] for item in own), "on site if one of them is"
        assert visit["is_planned"] == (not any(one.spec.off_plan for one in specs.values()))
        assert visit["is_overdue"] == any(item["due_on"] < plan.days[0] for item in own), visit


def _with_items(plan: Plan) -> list[tuple[Row, list[Row]]]:
    """Every visit with the items it settles."""
    items = plan.items.rows(named=True)
    return [
        (visit, [item for item in items if item["visit_id"] == visit["visit_id"]])
        for visit in plan.visits.rows(named=True)
    ]


def a_visit_can_be_filed_after_the_plan_is_made_on_a_working_day_before_it_and_an_immediate_one_after_it(
    world: World, plan: Plan, told: pl.DataFrame
) -> None:
    for visit in _scheduled(plan).iter_rows(named=True):
        day, moment = visit["planned_on"], visit["file_by"]
        assert moment.date() > world.now.as_of and working_days(moment.date(), moment.date()), visit
        after = working_days(day, moment.date())
        is_emergency = visit["channel"] == "immediate" and day == plan.days[0]
        assert after == ([day, moment.date()] if is_emergency else [day]), visit


def what_is_left_out_gave_way_to_every_higher_precedence_in_its_window_and_to_nothing_else(
    world: World, plan: Plan, told: pl.DataFrame
) -> None:
    made = _scheduled(plan).rows(named=True)
    for visit in plan.visits.filter(pl.col("state") != SCHEDULED).rows(named=True):
        [row] = told.filter(pl.col("visit_id") == visit["visit_id"]).rows(named=True)
        higher = {
            (one["rank"], one["channel"])
            for one in made
            if (one["at_level"], one["at_division"]) == (visit["at_level"], visit["at_division"])
            and one["rank"] < visit["rank"]
            and visit["first_on"] <= one["planned_on"] <= visit["last_on"]
        }
        assert row["gave_way_to"] == [channel for _, channel in sorted(higher)], visit


def planned_visits_keep_off_quiet_days(world: World, plan: Plan, told: pl.DataFrame) -> None:
    for day in _scheduled(plan).filter("is_planned")["planned_on"]:
        assert not any(one.first <= day <= one.last for one in world.policy.blackouts)


def no_planned_visit_is_made_beyond_the_cap(world: World, plan: Plan, told: pl.DataFrame) -> None:
    year = world.now.year
    counted_visits = _scheduled(plan).filter(pl.col("in_cap") & (pl.col("planned_on").dt.year() == year))
    yields = [name for name, one in world.policy.channels.items() if one.spec.yields_to_cap]
    # A visit that also serves what no cap keeps off, such as the yearly inspection, is made in any case.
    giving_way = counted_visits.filter(
        "is_planned", pl.col("channels").list.eval(pl.element().is_in(yields)).list.all()
    )
    made, planned = (Counter(some["enterprise_id"]) for some in (counted_visits, giving_way))
    for firm, cap, used, _ in caps(world.now, world.policy).iter_rows():
        assert planned[firm] == 0 or used + made[firm] <= cap, firm


def a_planned_visit_keeps_its_distance(world: World, plan: Plan, told: pl.DataFrame) -> None:
    gap = timedelta(days=world.policy.visiting.min_gap_days)
    past = on_site(world.now.inspections).select("enterprise_id", day="inspected_on").rows()
    here = _scheduled(plan).filter(pl.col("mode") == "on_site")
    days = [*past, *here.select("enterprise_id", "planned_on").rows()]
    for visit in here.filter("is_planned").iter_rows(named=True):
        before = [day for firm, day in days if firm == visit["enterprise_id"] and day < visit["planned_on"]]
        assert not before or max(before) + gap <= visit["planned_on"], visit


def a_rule_waives_what_it_is_for_and_nothing_else(world: World, plan: Plan, told: pl.DataFrame) -> None:
    states = {row["enterprise_id"]: row for row in _firms(world).rows(named=True)}
    for item in plan.items.rows(named=True):
        firm, spec = states[item["enterprise_id"]], world.policy.channels[item["channel"]].spec
        rules = {
            "closed": firm["status"] == "closed",
            "suspended": firm["status"] == "suspended" and not spec.off_plan,
            "green": firm["code"] == "green" and spec.spares_green,
            "superior": spec.yields_to_superior and _seen_by_superior(world, firm),
        }
        first = next((rule for rule, holds in rules.items() if holds), None)
        if first:
            assert item["waived_by"] == first, item
        else:
            # Both are of visits on site (P12).
            may = [("gap", spec.keeps_gap), ("cap", spec.yields_to_cap and not spec.off_plan)]
            rules = {rule for rule, binds in may if binds and item["mode"] == "on_site"}
            assert item["waived_by"] in {None, *rules}, item


def _seen_by_superior(world: World, firm: Row) -> bool:
    """Whether a level above the enterprise's own, none on record being above the city, inspected jointly this year."""
    above = [None, "city", "district", "town"]
    visits = on_site(world.now.inspections).filter(pl.col("enterprise_id") == firm["enterprise_id"])
    return any(
        row["kind"] == "joint"
        and row["inspected_on"].year == world.now.year
        and above.index(row["level"]) < above.index(firm["level"])
        for row in visits.rows(named=True)
    )


def a_green_is_only_visited_for_what_does_not_spare_it(world: World, plan: Plan, told: pl.DataFrame) -> None:
    green = world.now.firms.filter(pl.col("code") == "green")["enterprise_id"].to_list()
    for firm, channels in plan.visits.select("enterprise_id", "channels").iter_rows():
        assert firm not in green or not set(channels) & SPARING


def a_closed_enterprise_is_not_visited_nor_planned_at_while_suspended(
    world: World, plan: Plan, told: pl.DataFrame
) -> None:
    states = dict(_firms(world).select("enterprise_id", "status").iter_rows())
    for firm, is_planned in plan.visits.select("enterprise_id", "is_planned").iter_rows():
        assert states[firm] != "closed"
        assert states[firm] != "suspended" or not is_planned


def every_crew_is_two_certified_officers_who_are_there(world: World, plan: Plan, told: pl.DataFrame) -> None:
    people = {row["officer_id"]: row for row in world.now.officers.iter_rows(named=True)}
    away = world.now.absences.rows(named=True)
    for visit in _scheduled(plan).iter_rows(named=True):
        day, crew = visit["planned_on"], [people[one] for one in visit["officers"]]
        certified = [one for one in crew if one["role"] == "officer"]
        assert len(certified) == world.policy.crew.officers
        assert all(one["certified_until"] and day <= one["certified_until"] for one in certified)
        assert not any(one["left_on"] and one["left_on"] <= day for one in crew)
        absent = {row["officer_id"] for row in away if row["first_day"] <= day <= row["last_day"]}
        assert not absent & set(visit["officers"])
        assert len(crew) == len(certified) + 1 or not world.policy.crew.technical_required


def who_can_be_sent_is_certified_still_in_service_and_not_away(
    world: World, plan: Plan, told: pl.DataFrame
) -> None:
    people = {one: own for staff in members(world.now, world.policy).values() for one, own in staff.items()}
    away = world.now.absences.rows(named=True)
    for row in world.now.officers.rows(named=True):
        absent = [one for one in away if one["officer_id"] == row["officer_id"]]
        for day in plan.days:
            is_there = (
                (row["left_on"] is None or day < row["left_on"])
                and (row["role"] != "officer" or day <= (row["certified_until"] or date.min))
                and not any(one["first_day"] <= day <= one["last_day"] for one in absent)
            )
            assert people[row["officer_id"]].is_present(day) == is_there, (row, day)


def nobody_is_in_two_crews_nor_busy_for_more_than_a_day(world: World, plan: Plan, told: pl.DataFrame) -> None:
    where: dict[tuple[date, str], set[tuple[str, ...]]] = {}
    work: Counter[tuple[date, str]] = Counter()
    for visit in _scheduled(plan).iter_rows(named=True):
        for officer in visit["officers"]:
            key = (visit["planned_on"], officer)
            work[key] += visit["quarter_days"]
            where.setdefault(key, set()).add(tuple(visit["officers"]))
    assert all(len(crews) == 1 for crews in where.values()), where
    assert all(quarters <= 4 for quarters in work.values()), work


def a_crew_is_of_the_enterprises_own_authority_or_on_a_recorded_loan(
    world: World, plan: Plan, told: pl.DataFrame
) -> None:
    lent = {(loan.borrower, loan.day, loan.crew_id): loan.lender for loan in plan.loans}
    for visit in _scheduled(plan).iter_rows(named=True):
        own = (visit["at_level"], visit["at_division"])
        lender = lent.get((own, plan.days.index(visit["planned_on"]), visit["crew_id"]), own)
        assert set(visit["officers"]) <= _staff(world, lender), visit
        assert (lender == own) == (visit["form"] is None)


def _staff(world: World, authority: tuple[str, str]) -> set[str]:
    level, division = authority
    people = world.now.officers.filter(pl.col("level").fill_null("?") == level)
    return set(people.filter((pl.col("division") == division) | (pl.lit(level) == "city"))["officer_id"])


def no_recused_officer_goes(world: World, plan: Plan, told: pl.DataFrame) -> None:
    people = world.now.officers.rows(named=True)
    conflicts = set(world.now.conflicts.iter_rows())
    for visit in _scheduled(plan).iter_rows(named=True):
        firm = visit["enterprise_id"]
        assert not any((firm, officer) in conflicts for officer in visit["officers"])
        seen = counted(world.now.inspections).filter(pl.col("enterprise_id") == firm)
        last = seen.filter(pl.col("inspected_on") == pl.col("inspected_on").max())["officers"].drop_nulls()
        names = {name.strip() for text in last for name in text.split(";")}
        own = [one for one in people if one["officer_id"] in visit["officers"]]
        assert not names & {one["officer_id"] for one in own}
        if visit["form"] is None:
            assert not names & {one["name"] for one in own}


def every_red_is_visited_in_time_or_named(world: World, plan: Plan, told: pl.DataFrame) -> None:
    last = dict(
        on_site(world.now.inspections).group_by("enterprise_id").agg(pl.col("inspected_on").max()).rows()
    )
    done = set(world.now.done["item_id"])
    for firm in (
        _firms(world).filter((pl.col("code") == "red") & (pl.col("status") != "closed")).rows(named=True)
    ):
        one, since = firm["enterprise_id"], firm["red_since"]
        if (one in last and last[one] > since) or f"red:{one}:{since}" in done:
            continue
        due, _ = add_working_days(since, 5)
        made = _scheduled(plan).filter(
            (pl.col("enterprise_id") == one) & pl.col("item_ids").list.contains(f"red:{one}:{since}")
        )
        in_time = made.filter(pl.col("planned_on") <= due).height == 1
        assert in_time or told.filter(pl.col("enterprise_id") == one).height, firm


def every_high_hazard_enterprise_is_seen_to(world: World, plan: Plan, told: pl.DataFrame) -> None:
    items = {
        row["enterprise_id"]: row for row in plan.items.rows(named=True) if row["channel"] == "annual_full"
    }
    named = set(told.filter(pl.col("scope").is_in(["visit", "deferred", "floor"]))["enterprise_id"])
    dangerous = _firms(world).filter(
        pl.col("sector").is_in(HIGH_HAZARD_SECTORS) & (pl.col("status") != "closed")
    )
    done = world.now.done.filter(pl.col("item_id").str.starts_with("annual_full"))["enterprise_id"].to_list()
    states = dict(plan.visits.select("visit_id", "state").iter_rows())
    for one in dangerous["enterprise_id"]:
        if one in done or _full_this_year(world, one):
            assert one not in items
            continue
        item = items[one]
        assert states.get(item["visit_id"]) == SCHEDULED or item["is_later"] or one in named, item


def _full_this_year(world: World, firm: str) -> bool:
    visits = counted(world.now.inspections).filter(
        (pl.col("enterprise_id") == firm)
        & (pl.col("kind") == "annual_full")
        & (pl.col("inspected_on").dt.year() == world.now.year)
    )
    any_mode = "annual_full" in world.policy.off_site_settles
    return visits.filter(pl.lit(any_mode) | (pl.col("mode") == "on_site")).height > 0


def no_enterprise_gets_more_visits_than_it_must(world: World, plan: Plan, told: pl.DataFrame) -> None:
    """What keeps the gap may be dealt with from the day on which its visit may be made."""
    for firm, visits in _by_firm(world, plan).items():
        windows: list[frozenset[date]] = []
        for visit, own in visits:
            before = [one for one, _ in visits if one != visit and one["last_on"] <= visit["first_on"]]
            free = _free(world, firm, before) if _keeps_gap(own) else visit["opens_on"]
            windows += [_window(one, world, plan, free if _keeps_gap([one]) else date.min) for one in own]
        assert len(visits) == _fewest(windows), (firm, visits)


def no_enterprise_gets_two_visits_where_one_would_do(world: World, plan: Plan, told: pl.DataFrame) -> None:
    for firm, visits in _by_firm(world, plan).items():
        for (one, own), (other, more) in combinations(visits, 2):
            free = _free(world, firm, [visit for visit, _ in visits if visit not in (one, other)])
            days = frozenset.intersection(*(_window(item, world, plan) for item in own + more))
            assert not days or (_keeps_gap(own + more) and max(days) < free), (one, other)


def _by_firm(world: World, plan: Plan) -> dict[str, list[tuple[Row, list[Row]]]]:
    """Visits that have a working day, with their items, by enterprise."""
    firms: dict[str, list[tuple[Row, list[Row]]]] = {}
    for visit, own in _with_items(plan):
        if all(_window(item, world, plan) for item in own):
            firms.setdefault(visit["enterprise_id"], []).append((visit, own))
    return firms


def _keeps_gap(items: list[Row]) -> bool:
    """Whether a visit for them keeps the gap."""
    return all(item["keeps_gap"] for item in items) and any(item["mode"] == "on_site" for item in items)


def _free(world: World, firm: str, visits: list[Row]) -> date:
    """The day from which the gap to what is on record and to other visits of the enterprise lets one be made."""
    past = on_site(world.now.inspections).filter(pl.col("enterprise_id") == firm)
    days = [*past["inspected_on"], *(one["last_on"] for one in visits if one["mode"] == "on_site")]
    return max(days, default=date.min) + timedelta(days=world.policy.visiting.min_gap_days)


def _window(item: Row, world: World, plan: Plan, free: date = date.min) -> frozenset[date]:
    """Working days on which an item can be dealt with once it is free; that of a filed visit on its day alone."""
    spec = world.policy.channels[item["channel"]].spec
    first, last = max(item["opens_on"], plan.days[0], free), item["due_on"]
    if last < plan.days[0]:
        again = spec.within_working_days or world.policy.red_visit_working_days
        last = add_working_days(world.now.as_of, again)[0]
        last = min(last, plan.days[-1])
    filed = _filed(world, plan).get(item["item_id"])
    if filed and first <= filed <= last:
        first = last = filed
    return frozenset(working_days(first, last))


def _filed(world: World, plan: Plan) -> dict[str, date]:
    """Day of every item of a visit that is filed already (D1)."""
    ahead = world.policy.visiting.filed_working_days
    near = plan.days[:ahead]
    rows = world.now.previous.select("item_ids", "day").iter_rows()
    return {item: day for items, day in rows for item in items if day in near}


def _fewest(windows: list[frozenset[date]]) -> int:
    """Fewest days that meet every window, by trying."""
    days = sorted({day for window in windows for day in (min(window), max(window))})
    return next(
        count
        for count in range(len(days) + 1)
        if any(all(window & set(chosen) for window in windows) for chosen in combinations(days, count))
    )


LAWS: list[Callable[[World, Plan, pl.DataFrame], None]] = [
    every_item_has_exactly_one_fate,
    every_visit_stands_once_with_one_state,
    a_visit_lies_on_a_working_day_of_its_window,
    a_visit_is_what_its_items_make_it,
    a_visit_can_be_filed_after_the_plan_is_made_on_a_working_day_before_it_and_an_immediate_one_after_it,
    what_is_left_out_gave_way_to_every_higher_precedence_in_its_window_and_to_nothing_else,
    planned_visits_keep_off_quiet_days,
    no_planned_visit_is_made_beyond_the_cap,
    a_planned_visit_keeps_its_distance,
    a_rule_waives_what_it_is_for_and_nothing_else,
    a_green_is_only_visited_for_what_does_not_spare_it,
    a_closed_enterprise_is_not_visited_nor_planned_at_while_suspended,
    every_crew_is_two_certified_officers_who_are_there,
    who_can_be_sent_is_certified_still_in_service_and_not_away,
    nobody_is_in_two_crews_nor_busy_for_more_than_a_day,
    a_crew_is_of_the_enterprises_own_authority_or_on_a_recorded_loan,
    no_recused_officer_goes,
    every_red_is_visited_in_time_or_named,
    every_high_hazard_enterprise_is_seen_to,
    no_enterprise_gets_more_visits_than_it_must,
    no_enterprise_gets_two_visits_where_one_would_do,
]


# What the gap keeps off a day goes along with a re-check of a later one.
@example(world_of(7513943, date(2026, 2, 11), 8, 0, 9, {}, is_planned=False))
@settings(max_examples=tries(60), **QUICK)
@given(world=worlds())
def test_every_plan_keeps_every_law(world: World):
    plan, told = _planned(world)
    for law in LAWS:
        law(world, plan, told)


# ---- order, time and plenty ----------------------------------------------------------------------------


@settings(max_examples=tries(12), **QUICK)
@given(world=worlds(most_firms=8), chance=st.randoms(use_true_random=False))
def test_rows_in_any_order_give_the_same_plan_to_the_last_bit(world: World, chance: Random):
    plan, told = _planned(world)
    mixed = replace(world.now, **{name: _shuffled(getattr(world.now, name), chance) for name in FRAMES})
    again = make_plan(mixed, world.policy)
    assert plan.visits.equals(again.visits)
    assert plan.items.equals(again.items)
    assert plan.loans == again.loans
    assert told.equals(certificate(again, mixed, world.policy, floors(mixed, world.policy)))


def _shuffled(frame: pl.DataFrame, chance: Random) -> pl.DataFrame:
    order = list(range(frame.height))
    chance.shuffle(order)
    return frame[order]


def test_an_item_that_comes_back_gets_a_visit_of_its_own():
    """A finding was put right, its visit went on for another matter, and the finding is open again."""
    visit = {"visit_id": "recheck:e1:a/1", "item_ids": ["department:e1:a/1"], "day": date(2026, 7, 6)}
    now = situation(
        date(2026, 6, 30),
        firms=[{"enterprise_id": "e1", "code": "yellow"}],
        officers=officers(4),
        findings=[{"enterprise_id": "e1", "rectify_due_on": date(2026, 7, 16)}],
        tasks=[{"enterprise_id": "e1", "opens_on": date(2026, 6, 20), "due_on": date(2026, 7, 8)}],
        previous=[{**visit, "enterprise_id": "e1", "crew_id": f"{HERE}-01+{HERE}-02"}],
    )
    plan = make_plan(now, POLICY)
    every_visit_stands_once_with_one_state(World(now, POLICY, "by hand"), plan, plan.items)
    named = dict(plan.visits.select("visit_id", "channel").iter_rows())
    assert named == {"recheck:e1:a/1": "department", "recheck:e1:a/1/again": "recheck"}


def test_of_a_visit_that_is_split_the_part_it_was_first_planned_for_keeps_the_number():
    number = "department:e1:a/1"
    visit = {"visit_id": number, "item_ids": [number, "department:e1:a/2"], "day": date(2026, 7, 6)}
    windows = [(date(2026, 7, 15), date(2026, 7, 24)), (date(2026, 6, 20), date(2026, 7, 8))]
    now = situation(
        date(2026, 6, 30),
        firms=[{"enterprise_id": "e1", "code": "yellow"}],
        officers=officers(4),
        tasks=[{"enterprise_id": "e1", "opens_on": opens, "due_on": due} for opens, due in windows],
        previous=[{**visit, "enterprise_id": "e1", "crew_id": f"{HERE}-01+{HERE}-02"}],
    )
    plan = make_plan(now, with_values(POLICY, {"visiting.min_gap_days": 0}))
    assert dict(plan.visits.select("visit_id", "item_ids").iter_rows()) == {
        number: [number],
        "department:e1:a/2": ["department:e1:a/2"],
    }


def test_a_record_is_awaited_once_no_planned_day_of_the_deadline_is_left():
    now = situation(date(2026, 7, 3), firms=[{"enterprise_id": "e1"}])
    plan = make_plan(now, POLICY)
    due = {day.isoformat(): day for day in (date(2026, 7, at) for at in (3, 5, 6, 7))}
    place = {"level": "district", "division": HERE, "channel": "recheck", "enterprise_id": "e1"}
    awaited = pl.DataFrame([{**place, "visit_id": name, "due_on": day} for name, day in due.items()])
    told = certificate(plan, now, POLICY, awaiting=awaited)
    assert told.filter(pl.col("rule") == "record_awaited")["visit_id"].to_list() == [
        "2026-07-03",
        "2026-07-05",
    ]


def test_of_the_year_only_the_months_that_are_short_are_told():
    now = situation(date(2026, 6, 30), firms=[{"enterprise_id": "e1"}])
    plan, months = make_plan(now, POLICY), {date(2026, 7, 1): 0.0, date(2026, 8, 1): 0.5}
    planned = dict.fromkeys(("annual_full_days", "random_days", "other_planned_days"), 2.0)
    rows = [
        {"level": "district", "division": HERE, "month_on": month, "short_days": short, **planned}
        for month, short in months.items()
    ]
    told = certificate(plan, now, POLICY, budget=pl.DataFrame(rows)).filter(pl.col("rule") == "annual_budget")
    said = told.select("month_on", "person_days", "needed_days", "available_days").rows()
    assert said == [(date(2026, 8, 1), 0.5, 6.0, 5.5)]


@pytest.mark.parametrize(
    ("there", "rule"),
    [(date(2026, 7, 1), "recusal"), (date(2026, 7, 7), "recusal"), (date(2026, 7, 8), "absence")],
)
def test_whoever_is_there_on_any_day_of_the_window_is_recused_and_not_away(there: date, rule: str):
    away = [(date(2026, 6, 30), there - timedelta(days=1)), (there + timedelta(days=1), date(2026, 8, 31))]
    now = situation(
        date(2026, 6, 30),
        firms=[{"enterprise_id": "e1", "code": "red", "red_since": date(2026, 6, 30)}],
        officers=officers(2),
        conflicts=[{"enterprise_id": "e1", "officer_id": f"{HERE}-01"}],
        absences=[{"officer_id": f"{HERE}-02", "first_day": first, "last_day": last} for first, last in away],
    )
    told = certificate(make_plan(now, POLICY), now, POLICY)
    assert told.filter(pl.col("enterprise_id") == "e1")["rule"].to_list() == [rule]


@pytest.mark.parametrize("as_of", [date(2026, 6, 30), date(2026, 7, 14), date(2026, 7, 25)])
def test_the_days_for_planned_visits_are_their_part_of_all_working_days_of_the_months_planned(as_of: date):
    now = situation(as_of, firms=[{"enterprise_id": "e1"}], officers=officers(5))
    plan = make_plan(now, POLICY)
    days = working_days(date(2026, 7, 1), plan.days[-1])
    # Two crews; 1000 - 454 - 367 per mille of their quarter-days.
    assert plan.benches["district", HERE].budget == 2 * 4 * len(days) * 179 // 1000


CALM = (
    {},
    {"visiting.min_gap_days": 0},
    {"visiting.horizon_working_days": 4, "visiting.filed_working_days": 4},
)


@settings(max_examples=tries(12), **QUICK)
@given(world=worlds(policies=CALM, has_previous=False))
def test_a_filed_visit_never_moves_when_nothing_is_new(world: World):
    plan, _ = _planned(world)
    later = awaiting(world.now, plan)
    again = make_plan(later, world.policy)
    near = again.days[: world.policy.visiting.filed_working_days]
    after = {row["visit_id"]: row for row in again.visits.rows(named=True)}
    for before in _scheduled(plan).filter(pl.col("planned_on").is_in(near)).rows(named=True):
        now = after[before["visit_id"]]
        assert (now["planned_on"], now["officers"]) == (before["planned_on"], before["officers"])
        assert now["change"] == "kept"


@settings(max_examples=tries(12), **QUICK)
@given(world=worlds(policies=CALM, has_previous=False))
def test_a_visit_keeps_day_and_crew_overnight_when_nothing_is_new(world: World):
    plan, _ = _planned(world)
    again = make_plan(awaiting(world.now, plan), world.policy)
    before = {row["visit_id"]: row for row in _scheduled(plan).rows(named=True)}
    if any(
        one["state"] != SCHEDULED for one in (*plan.visits.rows(named=True), *again.visits.rows(named=True))
    ):
        return  # what did not fit may find room on a new day, and others may make room for it
    for now in again.visits.rows(named=True):
        former = before.get(now["visit_id"])
        # Crews of elsewhere are asked anew every night, but for visits that are filed.
        is_own = former is not None and former["form"] is None
        if is_own and former["item_ids"] == now["item_ids"] and former["planned_on"] <= now["last_on"]:
            assert (now["planned_on"], now["crew_id"]) == (former["planned_on"], former["crew_id"]), now


@settings(max_examples=tries(10), **QUICK)
@given(world=worlds(most_people=0, most_firms=6, has_previous=False, policies=({},)))
def test_with_plenty_of_officers_nothing_falls_short_but_what_is_overdue(world: World):
    people = [one for place in PLENTY for one in officers(40, division=place[1], level=place[0])]
    firms = world.now.firms.with_columns(
        division=pl.coalesce("division", pl.lit(HERE)),
        red_since=pl.when(pl.col("red_since").is_not_null()).then(pl.lit(world.now.as_of)),
    )
    told = {name: _of_today(name, world.now) for name in ("alerts", "accidents", "tasks", "findings")}
    now = replace(world.now, firms=firms, officers=frame("officers", people), **told)
    policy = with_values(world.policy, NO_OTHER_WORK)
    plan = make_plan(now, policy)
    short = certificate(plan, now, policy, floors(now, policy))
    late = plan.visits.filter("is_overdue")["visit_id"].to_list()
    rows = short.filter(pl.col("scope").is_in(["visit", "authority"])).rows(named=True)
    assert sorted(row["visit_id"] for row in rows) == sorted(late), rows
    assert {row["rule"] for row in rows} <= {"overdue"}


PLENTY = (("district", HERE), ("district", THERE), ("city", "city"), ("town", HERE))


def _of_today(name: str, now: Situation) -> pl.DataFrame:
    """Events that leave their whole time from now on."""
    days = {
        "alerts": "raised_on",
        "accidents": "occurred_on",
        "tasks": "opens_on",
        "findings": "rectify_due_on",
    }
    told = getattr(now, name).with_columns(pl.lit(now.as_of).alias(days[name]))
    in_a_month = pl.lit(now.as_of + timedelta(days=30))
    return told.with_columns(due_on=in_a_month) if name == "tasks" else told
