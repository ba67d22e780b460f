"""What would change a code, against every set of acts tried one by one on the canonical tables."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import combinations
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from models.coding.path import OVERRIDE_SCHEMA
from models.coding.timeline import InForce
from models.counterfactuals import Asked
from models.counterfactuals.monotonicity import AGES, LOWERED, RAISED, SLOW, UNCHECKED, UNRULY, more_helps
from models.counterfactuals.scenarios import ActSet, Promise
from models.counterfactuals.search import MOST_SETS, Case, search
from models.features import CATALOGUE
from models.features.events import EVENT_COLUMNS
from models.policy import PolicyOnDay
from models.scorecard import Factor
from models.tables.canonical import TABLES
from models.vocabulary import CODE_KEYS, as_date, day_number
from tests.models.test_laws import some
from tests.worlds.by_hand import AS_OF, POLICY, days_before, minutes_before_end, row, world
from tests.worlds.coded import codes_on, features_on, near_red_of, offered_to, path_of, ways_of
from tests.worlds.effort import tries
from tests.worlds.strategies import Row, World, as_events, canonical, coded_days, integer_frames, worlds

Set = frozenset[tuple[str, str]]
"""Kind and ``ref`` of each act of a set."""

LAST_MINUTE = datetime.combine(AS_OF, time(23, 59))
DWELL = POLICY.codes.change.dwell_days.red
TARGET = AS_OF + timedelta(days=DWELL)


def asked(policy: PolicyOnDay = POLICY, overrides: pl.DataFrame | None = None, as_of: date = AS_OF) -> Asked:
    return Asked(as_of, as_of, [InForce(date(1990, 1, 1), policy)], overrides)


def options_of(of: World, question: Asked | None = None) -> list[dict[str, Any]]:
    return ways_of(as_events(integer_frames(of)), question or asked()).to_dicts()


def sets_of(options: Sequence[Mapping[str, Any]]) -> list[Set]:
    return [frozenset((act["kind"], act["ref"]) for act in option["acts"]) for option in options]


# ---- acts done on the canonical tables, independently of the frames the search edits ---------------------

Told = dict[str, list[Row]]
"""Rows of the six tables the fold reads."""


def told(of: World, enterprise: str) -> Told:
    """What is on record about one enterprise."""
    return {name: of[name].filter(pl.col("enterprise_id") == enterprise).to_dicts() for name in EVENT_COLUMNS}


def after(of: Told, acts: Collection[tuple[str, str]], as_of: date, enterprise: str) -> Told:
    """The record once the enterprise has done these acts on a day."""
    tables = {name: [dict(each) for each in rows] for name, rows in of.items()}
    end = datetime.combine(as_of, time(23, 59))
    kinds = {kind for kind, _ in acts}
    for finding in tables["violations"]:
        if ("close_finding", f"{finding['source']}/{finding['violation_id']}") in acts:
            finding["rectified_on"] = as_of
    for alert in tables["alerts"]:
        if alert["raised_at"] <= end and "answer_alerts" in kinds:
            alert["acknowledged_at"] = min(alert["acknowledged_at"] or end, end)
        if alert["raised_at"] <= end and alert["kind"] == "sensor_offline" and "restore_monitoring" in kinds:
            alert["closed_at"] = min(alert["closed_at"] or end, end)
    if "pass_recheck" in kinds:
        visit = {"inspected_on": as_of, "kind": "recheck", "result": "clean", "enterprise_id": enterprise}
        tables["inspections"].append(row("inspections", 9999, **visit))
    if "file_self_report" in kinds:
        tables["self_reports"].append(row("self_reports", 9999, filed_on=as_of, enterprise_id=enterprise))
    return tables


def renamed(of: Told, copy: str) -> Told:
    """The same rows about another enterprise, with keys of their own."""
    keys = {name: TABLES[name].key[-1] for name in of}
    return {
        name: [
            {**each, **({} if name == "enterprises" else {keys[name]: f"{each[keys[name]]}~{copy}"})}
            | {"enterprise_id": copy}
            for each in rows
        ]
        for name, rows in of.items()
    }


def as_world(several: Sequence[Told]) -> World:
    return {name: canonical(name, [each for one in several for each in one[name]]) for name in EVENT_COLUMNS}


def subsets(acts: Sequence[tuple[str, str]]) -> list[Set]:
    return [frozenset(chosen) for size in range(len(acts) + 1) for chosen in combinations(acts, size)]


def every_world(
    of: World, question: Asked, *, most_acts: int = 7
) -> tuple[World, dict[str, tuple[str, Set]]]:
    """A world with a copy of each enterprise for each set of its acts, and what each copy stands for."""
    found = offered_to(as_events(integer_frames(of)), question)
    copies: list[Told] = []
    stands_for: dict[str, tuple[str, Set]] = {}
    for enterprise in of["enterprises"]["enterprise_id"].unique(maintain_order=True):
        mine = found.filter(pl.col("enterprise_id") == enterprise).sort("block", "place")
        record = told(of, enterprise)
        for acts in subsets(list(mine.select("kind", "ref").iter_rows())) if mine.height <= most_acts else ():
            copy = f"{enterprise}#{len(stands_for)}"
            copies.append(renamed(after(record, acts, question.as_of, enterprise), copy))
            stands_for[copy] = (enterprise, acts)
    return as_world(copies), stands_for


def by_brute_force(of: World, question: Asked) -> dict[str, dict[Set, tuple[date, str]]]:
    """For each enterprise every set of acts that works, with the day and the code it brings."""
    copies, stands_for = every_world(of, question)
    overrides = None
    if question.overrides is not None:
        names = pl.DataFrame(
            [(one, copy) for copy, (one, _) in stands_for.items()], ["enterprise_id", "copy"], orient="row"
        )
        overrides = question.overrides.join(names, on="enterprise_id")
        overrides = overrides.drop("enterprise_id").rename({"copy": "enterprise_id"}).select(*OVERRIDE_SCHEMA)
    codes = path_of(
        as_events(integer_frames(copies)),
        first=question.as_of,
        last=question.span.last,
        known_at=question.known_at,
        rules=question.rules,
        overrides=overrides,
    ).codes
    changes: dict[str, list[tuple[int, int]]] = {}
    for copy, day, rank in codes.select("enterprise_id", "as_of", "rank").iter_rows():
        changes.setdefault(copy, []).append((day, rank))
    stands_for = {copy: of for copy, of in stands_for.items() if copy in changes}
    today = {one: changes[copy][0][1] for copy, (one, acts) in stands_for.items() if not acts}
    working: dict[str, dict[Set, tuple[date, str]]] = {one: {} for one in today}
    for copy, (one, acts) in stands_for.items():
        target = day_number(question.as_of) + question.dwell_days[today[one]]
        path = [(day, rank) for day, rank in changes[copy] if day <= target]
        if path[-1][1] < today[one]:
            day, rank = next((day, rank) for day, rank in path if rank < today[one])
            working[one][acts] = (as_date(day), CODE_KEYS[rank])
    return working


def require_smallest(of: World, question: Asked) -> list[int]:
    """Holds what is found against every set of acts.  Returns the number of acts of each option."""
    found: dict[str, dict[Set, tuple[date, str]]] = {}
    for option in options_of(of, question):
        assert option["is_searched"]
        [acts] = sets_of([option])
        found.setdefault(option["enterprise_id"], {})[acts] = (option["reached_on"], option["code"])
    sizes: list[int] = []
    for enterprise, working in by_brute_force(of, question).items():
        options = found.get(enterprise, {})
        smallest = min(map(len, working), default=0)
        best = {acts: got for acts, got in working.items() if len(acts) == smallest}
        assert len(options) == min(5, len(best)), (enterprise, options, best)
        assert options.items() <= best.items()
        assert [day for day, _ in options.values()] == sorted(day for day, _ in best.values())[:5]
        sizes += [len(acts) for acts in options]
    return sizes


# ---- worlds in which something can be done ---------------------------------------------------------------


def _troubled(chance: Random, enterprise: str) -> dict[str, list[Row]]:
    """A firm with a few open and closed findings, visits, alerts and reports; hardly ever an accident."""

    def ago(most: int) -> int:
        return chance.choice((0, 1, chance.randint(2, most)))

    def some_of(most: int, make: Callable[[], Row]) -> list[Row]:
        return [{**make(), "enterprise_id": enterprise} for _ in range(chance.randint(0, most))]

    def finding() -> Row:
        found = ago(200)
        late = chance.choice((None, found - 1, 0, 10, -10, -40))
        due = None if late is None or late > found else days_before(late)
        return {
            "occurred_on": days_before(found),
            "severity": chance.choice(("minor", "general", "serious")),
            "is_major_hazard": chance.random() < 0.2,
            "rectify_due_on": due,
            "rectified_on": days_before(found // 2) if chance.random() < 0.3 else None,
            "plan_approved_on": days_before(found),
            "plan_until": days_before(-chance.choice((5, 60)))
            if chance.random() < 0.2
            else days_before(found),
            "inspection_id": chance.choice((None, "v1")),
            "item_code": chance.choice((None, "x", "y")),
        }

    def alert() -> Row:
        raised = minutes_before_end(chance.choice((600, 1439, 5000, 100_000, chance.randint(1, 200_000))))
        return {
            "raised_at": raised,
            "kind": chance.choice(("exceedance", "sensor_offline", "complaint")),
            "level": chance.choice(("blue", "red")),
            "acknowledged_at": raised + timedelta(minutes=500) if chance.random() < 0.4 else None,
        }

    return {
        "enterprises": [
            {"enterprise_id": enterprise, "sector": chance.choice(("general", "fireworks")), "employees": 5}
        ],
        "violations": some_of(4, finding),
        "inspections": some_of(
            3,
            lambda: {
                "inspected_on": days_before(ago(500)),
                "mode": chance.choice(("on_site", "on_site", "off_site")),
                "result": chance.choice(("clean", "clean", "serious")),
            },
        ),
        "self_reports": some_of(1, lambda: {"filed_on": days_before(ago(500))}),
        "alerts": some_of(4, alert),
        "accidents": some_of(1, lambda: {"occurred_on": days_before(ago(400))})
        if chance.random() < 0.1
        else [],
    }


def troubled(seed: int, firms: int) -> World:
    chance = Random(seed)
    several = [_troubled(chance, f"e{n}") for n in range(1, firms + 1)]
    tables = {name: [each for one in several for each in one[name]] for name in several[0]}
    return world(register=tables.pop("enterprises"), **tables)


def odd() -> PolicyOnDay:
    """A policy under which more can be worse: a report costs points, and so does a clean streak."""
    card = POLICY.scorecard
    reports = Factor("odd", "self_reports_12m", {0: 0, 1: 6}, 0, "", "")
    return replace(POLICY, scorecard=replace(card, factors=(*card.factors, reports)))


# ---- laws --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", (3, 7))
def test_what_is_promised_comes_true_and_nothing_smaller_works(seed: int):
    sizes = require_smallest(troubled(seed, 16), asked())
    assert {0, 1, 2} <= set(sizes), "the worlds no longer hold the cases"


def test_where_more_can_be_worse_the_smallest_sets_are_still_found():
    policy = odd()
    assert not more_helps([InForce(date.min, policy)])
    assert require_smallest(troubled(7, 8), asked(policy))


@pytest.mark.parametrize("seed", [0])
def test_overrides_hold_in_every_scenario_as_they_do_in_life(seed: int):
    today = day_number(AS_OF)
    given = [("e1", -5, 20, 1), ("e2", 0, 40, 3), ("e3", -90, 3, 0), ("e4", -300, 29, 2), ("e5", -1, 30, 0)]
    overrides = pl.DataFrame(
        [(one, today + first, today + last, rank) for one, first, last, rank in given],
        schema=OVERRIDE_SCHEMA,
        orient="row",
    )
    assert require_smallest(troubled(seed, 8), asked(overrides=overrides))


@settings(some, max_examples=tries(3), phases=[Phase.generate])
@given(st.data())
def test_no_world_at_all_breaks_a_promise(data: st.DataObject):
    drawn = data.draw(worlds(most_enterprises=6, most_events=6))
    require_smallest(drawn, asked(as_of=data.draw(coded_days(drawn))))


def test_acts_move_every_feature_the_way_the_search_relies_on():
    question = asked()
    copies, stands_for = every_world(troubled(3, 10), question, most_acts=6)
    for day in (AS_OF, TARGET):
        folded = features_on(
            as_events(integer_frames(copies)), as_of=day, known_at=AS_OF, policy=POLICY.features
        )
        rows = {stands_for[each["enterprise_id"]]: each for each in folded.to_dicts()}
        for (enterprise, acts), more in rows.items():
            for act in acts:
                less = rows[enterprise, acts - {act}]
                for feature in set(CATALOGUE.names) - UNRULY - {SLOW, UNCHECKED, "enterprise_id"}:
                    require_direction(feature, less[feature], more[feature])
                assert act[0] == "answer_alerts" or less[SLOW] == more[SLOW]
                assert less[UNCHECKED] >= more[UNCHECKED] or less["open_major_hazards"]


def require_direction(feature: str, less: Any, more: Any) -> None:
    """What an act may do to a feature."""
    if feature in LOWERED:
        highest = DWELL if feature in AGES else 0
        assert more == less or (more <= highest if less is None else more < less), feature
    elif feature in RAISED:
        assert more >= less, feature
    else:
        assert more == less, feature


# ---- cases by hand -----------------------------------------------------------------------------------------

RATED = [{"inspected_on": days_before(days)} for days in (100, 200)]
REPORTED = [{"filed_on": days_before(100)}]
FIRM = [{"sector": "general", "employees": 5}]


def firm(**events: Sequence[Mapping[str, Any]]) -> World:
    """A firm visited twice that reports: GREEN but for what a test gives."""
    return world(register=FIRM, **{"inspections": RATED, "self_reports": REPORTED, **events})


def codes_then(of: World, day: date, known_at: date = AS_OF) -> str:
    """Code of ``e1`` on a day, by a run of its own."""
    rules = asked().rules
    coded = codes_on(as_events(integer_frames(of)), as_of=day, known_at=known_at, rules=rules)
    return CODE_KEYS[int(coded["rank"].item())]


def test_a_green_firm_has_nothing_to_do():
    assert codes_then(firm(), AS_OF) == "green"
    assert options_of(firm()) == []


def test_an_open_major_hazard_is_closed_and_rechecked_and_the_firm_is_yellow_thirty_days_on():
    found = {"occurred_on": days_before(50), "is_major_hazard": True, "item_code": "x"}
    hazard = firm(violations=[found])
    [option] = options_of(hazard)
    assert option == {
        "enterprise_id": "e1",
        "option": 1,
        "code": "yellow",
        "reached_on": TARGET,
        "is_searched": True,
        "acts": [{"kind": "close_finding", "ref": "a/1", "about": "x"}],
    }
    [acts] = sets_of([option])
    done = as_world([after(told(hazard, "e1"), acts, AS_OF, "e1")])
    assert codes_then(done, TARGET) == "yellow"
    assert codes_then(done, TARGET - timedelta(days=1)) == "red"
    assert codes_then(hazard, TARGET) == "red"


def test_of_two_open_hazards_both_must_be_closed():
    found = {"occurred_on": days_before(50), "is_major_hazard": True}
    [option] = options_of(firm(violations=[found, {**found, "occurred_on": days_before(51)}]))
    assert [act["ref"] for act in option["acts"]] == ["a/1", "a/2"]


def test_where_any_of_several_acts_would_do_each_is_an_option():
    # BLUE for a finding not known to be rectified: a word on the rectification or a clean visit settles it.
    options = options_of(firm(violations=[{"occurred_on": days_before(50), "severity": "minor"}]))
    assert [option["option"] for option in options] == [1, 2]
    assert sets_of(options) == [{("close_finding", "a/1")}, {("pass_recheck", "")}]
    assert {option["code"] for option in options} == {"green"}


def test_a_missing_report_of_a_high_hazard_firm_is_filed():
    chemist = world(
        register=[{"sector": "hazardous_chemicals", "standardisation": "level_1", "employees": 5}],
        inspections=RATED,
    )
    assert codes_then(chemist, AS_OF) == "blue"
    [option] = options_of(chemist)
    assert sets_of([option]) == [{("file_self_report", "")}]


def test_sensors_that_come_back_are_an_act_and_their_number_is_told():
    silent = {
        "kind": "sensor_offline",
        "raised_at": minutes_before_end(5 * 1440),
        "acknowledged_at": LAST_MINUTE,
    }
    acts = offered_to(as_events(integer_frames(firm(alerts=[silent, silent]))), asked())
    [found] = acts.filter(pl.col("kind") == "restore_monitoring")["ref"]
    assert found == "2"


def test_after_a_fatal_accident_only_time_helps():
    assert codes_then(firm(accidents=[{"occurred_on": days_before(10), "deaths": 1}]), AS_OF) == "red"
    assert options_of(firm(accidents=[{"occurred_on": days_before(10), "deaths": 1}])) == []


def test_where_waiting_is_enough_the_day_is_that_of_the_forecast():
    # The accident is a year old on 10 July; from then on the facts are BLUE at worst, and 30 days later the code is.
    old = firm(accidents=[{"occurred_on": days_before(365 - 9 + 30)}])
    assert codes_then(old, AS_OF) == "yellow"
    [option] = options_of(old)
    assert (option["acts"], option["is_searched"]) == ([], True)
    path = path_of(
        as_events(integer_frames(old)), first=AS_OF, last=TARGET, known_at=AS_OF, rules=asked().rules
    ).codes
    day, rank = path.filter(pl.col("as_of") > day_number(AS_OF)).select("as_of", "rank").row(0)
    assert (option["reached_on"], option["code"]) == (as_date(day), CODE_KEYS[rank])


def test_an_act_changes_nothing_before_the_day_it_is_done():
    found = {"occurred_on": days_before(50), "rectify_due_on": days_before(10)}
    late = told(firm(violations=[found]), "e1")
    done = as_world([after(late, {("close_finding", "a/1"), ("pass_recheck", "")}, AS_OF, "e1")])
    for day in (days_before(1), days_before(9), days_before(30)):
        assert codes_then(done, day) == codes_then(as_world([late]), day)


def test_nobody_to_ask_about_gives_no_options_and_no_events():
    empty = as_events(integer_frames(firm()))
    assert ways_of(empty, asked(), only=[]).is_empty()
    assert near_red_of(empty, asked(), only=[]).is_empty()


# ---- the search by itself ----------------------------------------------------------------------------------


def answering(
    works: Callable[[tuple[int, ...]], bool],
) -> tuple[Callable[[Collection[ActSet]], Any], list[ActSet]]:
    """Answers by a rule, and what was asked."""
    seen: list[ActSet] = []

    def ask(sets: Collection[ActSet]) -> dict[ActSet, Promise | None]:
        seen.extend(sets)
        return {each: Promise(1, 0) if works(each[1]) else None for each in sets}

    return ask, seen


def test_acts_that_cannot_be_spared_are_found_without_trying_their_subsets():
    ask, seen = answering(lambda counts: counts[0] == 9 and counts[1] == 1)
    found = search([Case("e1", (0, 0, 0), (9, 1, 5), more_helps=True)], ask, {})
    assert list(found["e1"].promises) == [(9, 1, 0)]
    assert len(seen) == 1 + 3 + 1


def test_without_the_promise_that_more_helps_a_set_is_found_although_all_acts_fail():
    ask, _ = answering(lambda counts: counts == (1, 0))
    assert search([Case("e1", (0, 0), (1, 1), more_helps=True)], ask, {}) == {}
    assert list(search([Case("e1", (0, 0), (1, 1), more_helps=False)], ask, {})["e1"].promises) == [(1, 0)]


def test_a_search_that_would_take_too_long_says_so():
    most = (1,) * 20
    ask, seen = answering(lambda counts: sum(counts) >= 10)
    [found] = search([Case("e1", (0,) * 20, most, more_helps=True)], ask, {}).values()
    assert (found.is_searched, list(found.promises)) == (False, [most])
    assert len(seen) <= MOST_SETS + 21


def test_of_two_searches_for_one_enterprise_the_smaller_sets_are_kept():
    ask, _ = answering(lambda counts: counts[0] == 1 or counts[1] == 2)
    cases = [Case("e1", (0, 0), (0, 2), more_helps=True), Case("e1", (1, 0), (1, 2), more_helps=True)]
    assert list(search(cases, ask, {})["e1"].promises) == [(1, 0)]


def test_the_starter_pack_is_one_under_which_more_helps():
    assert more_helps(asked().rules)


# ---- one event from RED ------------------------------------------------------------------------------------

EVENTS: dict[str, tuple[str, Row]] = {
    "complaint": (
        "alerts",
        {"kind": "complaint", "level": "blue", "raised_at": datetime.combine(AS_OF, time())},
    ),
    "red_alert": ("alerts", {"level": "red", "raised_at": datetime.combine(AS_OF, time())}),
    "general_finding": ("violations", {"occurred_on": AS_OF}),
    "serious_finding": ("violations", {"occurred_on": AS_OF, "severity": "serious"}),
    "overdue_order": ("violations", {"occurred_on": days_before(1), "rectify_due_on": days_before(1)}),
    "accident": ("accidents", {"occurred_on": AS_OF, "deaths": 0, "serious_injuries": 0}),
}


def test_an_event_makes_red_exactly_those_that_a_run_with_it_makes_red():
    several = troubled(5, 40)
    events = as_events(integer_frames(several))
    rules = asked().rules

    def reds(of: World) -> set[str]:
        coded = codes_on(as_events(integer_frames(of)), as_of=AS_OF, known_at=AS_OF, rules=rules)
        return set(coded.filter(pl.col("rank") == 3)["enterprise_id"])

    others = set(several["enterprises"]["enterprise_id"]) - reds(several)
    found = near_red_of(events, asked(), only=others)
    assert not found.is_empty()
    for event in POLICY.review.ordinary_events:
        table, more = EVENTS[event]
        rows = [
            row(table, 8000 + n, **{**more, "enterprise_id": one}) for n, one in enumerate(sorted(others))
        ]
        with_it = {**several, table: canonical(table, [*several[table].to_dicts(), *rows])}
        assert set(found.filter(pl.col("event") == event)["enterprise_id"]) == reds(with_it) & others


def test_under_an_override_only_a_veto_makes_red():
    found = [{"occurred_on": days_before(50), "severity": "critical", "quantity": 80}]
    heavy = firm(
        violations=found, inspections=[*RATED, {"inspected_on": days_before(3), "result": "stopped"}]
    )
    given = pl.DataFrame(
        [("e1", day_number(AS_OF), day_number(AS_OF) + 9, 1)], schema=OVERRIDE_SCHEMA, orient="row"
    )
    events = as_events(integer_frames(heavy))
    assert not near_red_of(events, asked()).is_empty()
    assert near_red_of(events, asked(overrides=given)).is_empty()
