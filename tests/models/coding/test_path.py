"""The code of each day under what persons gave: an override on its days, a veto above it, the change rules else."""

from datetime import date, timedelta
from itertools import product
from random import Random

import polars as pl

from models.coding.path import OVERRIDE_SCHEMA, deciding
from models.coding.timeline import InForce
from models.vocabulary import RiskCode, day_number
from tests.worlds.by_hand import AS_OF, POLICY, world
from tests.worlds.coded import path_of
from tests.worlds.strategies import as_events, integer_frames

DAYS = range(25)
"""Days that are looked at, from the as-of day on."""
FIRMS = [f"e{number}" for number in range(120)]
SPANS = {
    firm: [
        (chance.randint(-3, 20), chance.randint(0, 9), chance.randint(0, 3))
        for _ in range(chance.choice((0, 1, 1, 2, 3)))
    ]
    for firm in FIRMS
    for chance in [Random(f"spans {firm}")]
}
"""Overrides of each firm: first day, days that follow it, rank of the code."""
HAZARDS = {
    firm: (chance.randint(0, 20), chance.randint(1, 9))
    for firm in FIRMS
    for chance in [Random(f"hazard {firm}")]
    if chance.random() < 0.7
}
"""A major hazard, which is a veto: the day it is found and the days until it is put right."""


def day(ahead: int) -> date:
    return AS_OF + timedelta(days=ahead)


def codes(overrides: pl.DataFrame | None) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """The ranks of every firm on each day: by the change rules, and as shown."""
    found = [
        {
            "enterprise_id": firm,
            "occurred_on": day(first),
            "rectified_on": day(first + more),
            "is_major_hazard": True,
        }
        for firm, (first, more) in HAZARDS.items()
    ]
    visits = [{"enterprise_id": firm, "inspected_on": day(-ago)} for firm in FIRMS for ago in (10, 400)]
    of = world([{"enterprise_id": firm} for firm in FIRMS], violations=found, inspections=visits)
    rows = path_of(
        as_events(integer_frames(of)),
        first=AS_OF,
        last=day(DAYS[-1]),
        known_at=day(DAYS[-1]),
        rules=[InForce(date(1990, 1, 1), POLICY)],
        overrides=overrides,
    ).codes
    assert rows.select("enterprise_id", "as_of").is_unique().all()
    return on_each_day(rows, "held_rank"), on_each_day(rows, "rank")


def on_each_day(rows: pl.DataFrame, rank: str) -> dict[str, list[int]]:
    told = {(one, at): code for one, at, code in rows.select("enterprise_id", "as_of", rank).iter_rows()}
    shown = {firm: [told[firm, day_number(AS_OF)]] for firm in FIRMS}
    for ahead in DAYS[1:]:
        for firm, own in shown.items():
            own.append(told.get((firm, day_number(day(ahead))), own[-1]))
    return shown


def test_an_override_gives_the_code_of_its_days_and_a_veto_that_comes_meanwhile_outranks_it():
    begins = day_number(AS_OF)
    rows = [
        (firm, begins + first, begins + first + more, rank)
        for firm, spans in SPANS.items()
        for first, more, rank in spans
    ]
    overrides = pl.DataFrame(rows, schema=OVERRIDE_SCHEMA, orient="row")
    (held, without), (held_under_them, shown) = codes(None), codes(overrides)
    assert held == without == held_under_them
    for firm in FIRMS:
        first, more = HAZARDS.get(firm, (0, 0))
        for ahead in DAYS:
            # Of two that overlap the one that began later holds.
            standing = [(begin, rank) for begin, days, rank in SPANS[firm] if begin <= ahead <= begin + days]
            veto = int(RiskCode.RED) if first <= ahead < first + more else 0
            wanted = max(max(standing)[1], veto) if standing else held[firm][ahead]
            assert shown[firm][ahead] == wanted, (firm, ahead)


def test_a_person_decides_a_code_made_harder_or_milder_then_the_change_rules_then_the_facts():
    asked = [(rank, held, fact) for rank, held, fact in product(range(4), repeat=3) if fact <= held]
    rows = pl.DataFrame(asked, ["rank", "held_rank", "fact"], orient="row").with_columns(by=pl.lit("a rule"))
    wanted = [
        "override" if rank != held else "held" if held > fact else "a rule" for rank, held, fact in asked
    ]
    assert rows.select(deciding()).to_series().to_list() == wanted
