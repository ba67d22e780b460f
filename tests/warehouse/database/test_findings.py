"""Findings: what several systems report of one violation is one row, at its gravest, for as long as all are known."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.policy import load_policy
from models.tables.canonical import TABLES
from tests.worlds.by_hand import row
from tests.worlds.deliveries import warehouse
from tests.worlds.effort import tries
from tests.worlds.strategies import canonical
from tests.worlds.warehouses import fill
from warehouse.coding.extract import Extract
from warehouse.coding.levels import features_on
from warehouse.connection import Connection
from warehouse.database.findings import SEVERITIES, findings, number_pools
from warehouse.database.validity import as_stored, standing

DAY = date(2026, 5, 1)
LATER = date(2026, 6, 30)
Row = dict[str, Any]


def told(*reports: Row, into: Connection | None = None, received_on: date = LATER) -> Connection:
    """A warehouse with some reports; unless said otherwise of one firm and day, with one text."""
    usual = {"occurred_on": DAY, "recorded_at": DAY, "description": "通道堵塞"}
    rows = [row("violations", number, **{**usual, **one}) for number, one in enumerate(reports, 1)]
    return fill(into or warehouse(), {"violations": canonical("violations", rows)}, received_on=received_on)


def found(connection: Connection, known_at: date = LATER, *, rows: str = "core.violations") -> list[Row]:
    query = f"FROM {findings(connection, rows)} WHERE {standing()} ORDER BY occurred_on, source, violation_id"
    return connection.sql(query, params={"known_at": known_at}).pl().to_dicts()


def reports(connection: Connection, known_at: date = LATER) -> list[list[str]]:
    return [one["reports"] for one in found(connection, known_at)]


def share(connection: Connection, source: str, *others: str, on: date = DAY, stored_no: int = 0) -> None:
    connection.execute(
        "INSERT INTO ops.number_pools VALUES (?, ?, ?, ?)", [source, list(others), on, stored_no]
    )


CITY, STATE = {"source": "city", "violation_id": "7"}, {"source": "state", "violation_id": "a"}
ONE = [["city/7", "state/a"]]
TWO = [["city/7"], ["state/a"]]


# ------------------------------------------------------------------------------------------ what is the same


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ({}, {}, ONE),
        ({}, {"description": "通道 堵塞。"}, ONE),
        ({"description": "ＬＮＧ 罐区⑤号阀门"}, {"description": "lng罐区5号阀门"}, ONE),
        ({"description": "压力1.5"}, {"description": "压力15"}, TWO),
        ({"description": "浓度>5%"}, {"description": "浓度<5%"}, TWO),
        ({}, {"description": "通道被堵塞"}, TWO),
        ({}, {"occurred_on": DAY - timedelta(days=1)}, [["state/a"], ["city/7"]]),
        ({}, {"enterprise_id": "e2"}, TWO),
        ({"description": None}, {"description": None}, TWO),
        ({"description": "/"}, {"description": "／"}, TWO),
        ({"description": "其他"}, {"description": "其他"}, TWO),
        ({"description": None, "item_code": "X1"}, {"description": "无", "item_code": "X1"}, ONE),
        ({"description": None, "item_code": "X1"}, {"description": None, "item_code": "X2"}, TWO),
        ({"item_code": "X1"}, {"item_code": "X2"}, ONE),
        ({"description": "X1"}, {"description": None, "item_code": "X1"}, TWO),
        ({}, {"source": "city"}, [["city/7"], ["city/a"]]),
        ({}, {"withdrawn_on": DAY}, [["city/7"]]),
    ],
)
def test_reports_of_two_systems_are_one_finding_where_they_surely_say_the_same(
    here: Row, there: Row, expected: list[list[str]]
) -> None:
    assert reports(told({**CITY, **here}, {**STATE, **there})) == expected
    assert reports(told({**STATE, **there}, {**CITY, **here})) == expected


def test_the_number_of_findings_is_that_of_the_system_that_reports_most() -> None:
    city = [
        {"source": "city", "violation_id": f"{n}", "severity": severity}
        for n, severity in enumerate(SEVERITIES)
    ]
    state = [{"source": "state", "violation_id": n, "severity": "serious"} for n in "xyz"]
    several = found(told(*city, *state))
    assert len(several) == len(city)
    assert sorted(one["severity"] for one in several) == [
        "critical",
        "minor",
        "serious",
        "serious",
        "ungraded",
    ]
    assert sorted(len(one["reports"]) for one in several) == [1, 1, 2, 2, 2]


def test_what_two_systems_say_alike_is_paired_before_the_gravest_is() -> None:
    closed = {"severity": "critical", "rectified_on": DAY}
    here = [{**CITY, **closed}, {**CITY, "violation_id": "8", "severity": "minor"}]
    grave, small = found(told(*here, {**STATE, "severity": "minor"}))
    assert (grave["severity"], grave["rectified_on"], grave["reports"]) == ("critical", DAY, ["city/7"])
    assert (small["severity"], small["reports"]) == ("minor", ["city/8", "state/a"])


def test_three_systems_give_one_finding() -> None:
    assert reports(told(CITY, STATE, {"source": "town", "violation_id": "1"})) == [
        ["city/7", "state/a", "town/1"]
    ]


# --------------------------------------------------------------------------------------------- at its gravest

SOON, LONG = DAY + timedelta(days=5), DAY + timedelta(days=9)


@pytest.mark.parametrize(
    ("column", "here", "there", "expected"),
    [
        ("is_major_hazard", False, True, True),
        ("severity", "serious", "critical", "critical"),
        ("severity", "ungraded", "minor", "minor"),
        ("quantity", 2, 5, 5),
        ("rectified_on", SOON, None, None),
        ("rectified_on", SOON, LONG, LONG),
        ("rectify_due_on", None, LONG, LONG),
        ("rectify_due_on", SOON, LONG, SOON),
        ("penalty_unit", None, 500, 500),
        ("penalty_person", 20, 500, 500),
        ("disposal", "case", "on_the_spot", "case"),
        ("disposal", None, "order", "order"),
        ("recorded_at", LONG, SOON, SOON),
        ("department", None, "x", None),
    ],
)
def test_a_finding_says_the_gravest_of_its_reports(column: str, here: Any, there: Any, expected: Any) -> None:
    for one, other in ((CITY, STATE), (STATE, CITY)) if column != "department" else ((CITY, STATE),):
        [finding] = found(told({**one, column: here}, {**other, column: there}))
        assert finding[column] == expected


def test_a_plan_rests_a_finding_only_where_every_report_has_one() -> None:
    plan = {"plan_approved_on": SOON, "plan_until": LONG}
    [finding] = found(told({**CITY, **plan}, STATE))
    assert finding["plan_approved_on"] is None and finding["plan_until"] is None
    [finding] = found(told({**CITY, **plan}, {**STATE, "plan_approved_on": LONG, "plan_until": LATER}))
    assert (finding["plan_approved_on"], finding["plan_until"]) == (LONG, LONG)


def test_the_first_report_is_one_that_names_item_and_visit_then_the_smallest_key() -> None:
    assert [one["source"] for one in found(told(CITY, STATE))] == ["city"]
    [finding] = found(told(CITY, {**STATE, "item_code": "X1", "inspection_id": "v"}))
    assert (finding["source"], finding["violation_id"], finding["inspection_id"]) == ("state", "a", "v")


# ------------------------------------------------------------------------------------- what is known, and when


def test_until_the_second_report_is_known_the_first_alone_counts() -> None:
    of_two = told({**CITY, "severity": "minor"}, {**STATE, "severity": "serious", "recorded_at": LONG})
    assert [(one["severity"], one["reports"]) for one in found(of_two, SOON)] == [("minor", ["city/7"])]
    assert [(one["severity"], one["reports"]) for one in found(of_two, LONG)] == [("serious", ONE[0])]


def test_a_report_that_is_withdrawn_leaves_the_other_one_as_it_was() -> None:
    of_two = told({**CITY, "severity": "minor"}, {**STATE, "severity": "serious"})
    told({**STATE, "severity": "serious", "recorded_at": SOON, "withdrawn_on": SOON}, into=of_two)
    assert [(one["severity"], one["reports"]) for one in found(of_two, DAY)] == [("serious", ONE[0])]
    assert [(one["severity"], one["reports"]) for one in found(of_two, SOON)] == [("minor", ["city/7"])]


def test_a_past_write_gives_the_findings_of_then() -> None:
    of_one = told(CITY)
    told(STATE, into=of_one)
    past = f"({as_stored(TABLES['violations'], 1)})"
    assert [one["reports"] for one in found(of_one, rows=past)] == [["city/7"]]
    assert reports(of_one) == ONE


# ------------------------------------------------------------------------------------------- shared numbers


def test_sources_that_share_numbers_mean_one_finding_by_one_number_whatever_they_say() -> None:
    later = {"occurred_on": DAY + timedelta(days=2), "recorded_at": SOON}
    other = {**STATE, "violation_id": "7", "description": "安全出口上锁", **later}
    of_two = told(CITY, other, {**STATE, "violation_id": "8"})
    assert reports(of_two) == [["city/7", "state/8"], ["state/7"]]
    share(of_two, "state", "city")
    # One system now: another number is another finding, even where it says the same.
    assert reports(of_two) == [["state/8"], ["city/7", "state/7"]]
    assert found(of_two)[1]["occurred_on"] == DAY + timedelta(days=2)


def test_a_number_of_another_firm_is_another_finding() -> None:
    of_two = told(CITY, {**STATE, "violation_id": "7", "enterprise_id": "e2"})
    share(of_two, "city", "state")
    assert reports(of_two) == [["city/7"], ["state/7"]]


def test_shared_numbers_count_from_the_day_they_were_told_until_told_otherwise() -> None:
    of_two = told(CITY, {**STATE, "violation_id": "7", "description": "安全出口上锁"})
    share(of_two, "city", "state", on=SOON, stored_no=1)
    share(of_two, "city", on=LONG, stored_no=2)
    assert [len(reports(of_two, day)) for day in (DAY, SOON, LONG - timedelta(days=1), LONG, LATER)] == [
        2,
        1,
        1,
        2,
        2,
    ]
    assert number_pools(of_two, by=0) == []


def test_sharing_goes_either_way_and_through_others() -> None:
    town = {"source": "town", "violation_id": "7", "description": "z"}
    of_three = told(CITY, {**STATE, "violation_id": "7", "description": "y"}, town)
    share(of_three, "city", "state")
    share(of_three, "town", "state")
    assert reports(of_three) == [["city/7", "state/7", "town/7"]]


# --------------------------------------------------------------------------------------------------- the laws

TEXTS = ("通道堵塞", "通道堵塞。", "灭火器失效", None, "无")


def reports_by_chance(seed: int, most: int) -> list[Row]:
    chance = Random(seed)

    def day(*more: int) -> date | None:
        return chance.choice([None, DAY + timedelta(days=chance.choice((0, 1, 5, *more)))])

    numbers = count(1)
    told_once = [
        {
            "source": chance.choice(("a", "b", "c")),
            "violation_id": f"{next(numbers) // 2}",
            "enterprise_id": chance.choice(("e1", "e1", "e2")),
            "occurred_on": DAY - timedelta(days=chance.choice((0, 0, 1))),
            "recorded_at": DAY + timedelta(days=chance.choice((0, 1, 5))),
            "description": chance.choice(TEXTS),
            "item_code": chance.choice(("X1", "X2", None)),
            "inspection_id": chance.choice(("v1", None)),
            "severity": chance.choice(SEVERITIES),
            "is_major_hazard": chance.random() < 0.3,
            "quantity": chance.choice((1, 1, 3)),
            "rectify_due_on": day(),
            "rectified_on": day(),
            "withdrawn_on": chance.choice([None, None, None, DAY + timedelta(days=3)]),
        }
        for _ in range(chance.randint(0, most))
    ]
    return list({(one["source"], one["violation_id"]): one for one in told_once}.values())


def as_said(one: Row) -> str | None:
    text = unicodedata.normalize("NFKC", one["description"] or "").lower()
    text = "".join(sign for sign in text if unicodedata.category(sign)[0] not in "PZC")
    if text and text != "无":
        return f"says {text}"
    return f"item {one['item_code']}" if one["item_code"] else None


def by_hand(rows: Sequence[Row], known_at: date, pool: frozenset[str]) -> int:
    """The number of findings as they are known on a day: the rules, said without SQL.

    Of one number in a pool the first report speaks for the others; it is what is compared.
    """
    stands = [
        one
        for one in rows
        if one["recorded_at"] <= known_at and not (one["withdrawn_on"] and one["withdrawn_on"] <= known_at)
    ]
    numbered: dict[Any, list[Row]] = defaultdict(list)
    for one in stands:
        system = "pool" if one["source"] in pool else one["source"]
        numbered[system, one["enterprise_id"], one["violation_id"]].append(one)
    alike: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    alone = 0
    for (system, firm, _), several in numbered.items():
        first = min(
            several, key=lambda one: (one["item_code"] is None, one["inspection_id"] is None, one["source"])
        )
        says = as_said(first)
        if says is None:
            alone += 1
        else:
            alike[firm, max(one["occurred_on"] for one in several), says][system] += 1
    return alone + sum(max(of.values()) for of in alike.values())


@settings(max_examples=tries(60), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), shares=st.booleans(), known=st.sampled_from((0, 1, 3, 5, 40)))
def test_findings_are_those_that_the_rules_give_by_hand(seed: int, shares: bool, known: int) -> None:
    rows, known_at = reports_by_chance(seed, 14), DAY + timedelta(days=known)
    with told(*rows) as connection:
        if shares:
            share(connection, "a", "b", on=date(2020, 1, 1))
        pool = frozenset("ab") if shares else frozenset()
        expected = by_hand(rows, known_at, pool)
        several = found(connection, known_at)
        assert len(several) == expected
        named = {f"{one['source']}/{one['violation_id']}": one for one in rows}
        mine = [one for finding in several for one in finding["reports"]]
        assert len(mine) == len(set(mine)), "a report is one of one finding"
        for finding in several:
            of = [named[one] for one in finding["reports"]]
            assert finding["is_major_hazard"] == any(one["is_major_hazard"] for one in of)
            assert SEVERITIES.index(finding["severity"]) == max(
                SEVERITIES.index(one["severity"]) for one in of
            )
            assert (finding["rectified_on"] is None) == any(one["rectified_on"] is None for one in of)


POLICY = load_policy().on(LATER).features


def features(connection: Connection, known_at: date, only: str | None = None) -> pl.DataFrame:
    extract = Extract(None if only is None else (only,))
    return pl.concat(features_on(connection, known_at, known_at, POLICY, extract))


@settings(max_examples=tries(25, 8), deadline=None)
@given(seed=st.integers(0, 2**32 - 1), known=st.sampled_from((0, 1, 3, 5, 40)))
def test_what_a_second_system_repeats_changes_no_feature(seed: int, known: int) -> None:
    chance, known_at = Random(seed), DAY + timedelta(days=known)
    once = [
        {**one, "source": "a", "violation_id": f"{n}"} for n, one in enumerate(reports_by_chance(seed, 14))
    ]
    repeated = [
        {**one, "source": "b", "violation_id": f"b{n}"}
        for n, one in enumerate(chance.sample(once, len(once)))
    ]
    repeated = [one for one in repeated if chance.random() < 0.7 and as_said(one)]
    both = [
        told(*part, into=warehouse())
        for part in (once, chance.sample([*once, *repeated], len(once + repeated)))
    ]
    register = [row("enterprises", 0, enterprise_id=one, source="r", recorded_at=DAY) for one in ("e1", "e2")]
    for connection in both:
        fill(connection, {"enterprises": canonical("enterprises", register)}, received_on=DAY)
    alone, twice = (features(connection, known_at) for connection in both)
    assert twice.equals(alone)
    assert features(both[1], known_at, only="e1").equals(alone.filter(enterprise_id="e1"))
    for connection in both:
        connection.close()
