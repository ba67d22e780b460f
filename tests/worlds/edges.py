"""Worlds, policies and cards that lie on the edges of windows: where a level that is a day out shows.

Everything follows from one seed, so that a difference that is found is told by a number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from models.coding.timeline import InForce
from models.features import CATALOGUE
from models.features.windows import FeaturePolicy
from models.policy import Condition, PolicyOnDay
from models.scorecard import Factor, Scorecard
from models.tables.canonical import TABLES
from tests.worlds.by_hand import POLICY
from tests.worlds.strategies import Row, World, canonical, cells

FIRST = date(1990, 1, 1)
LONG_AGO = date(1950, 1, 1)
EDGES = (0, 1, 2, 29, 30, 31, 90, 91, 180, 181, 182, 183, 273, 274, 365, 366, 547, 548, 730)
EDGES += (731, 1096, 1097, 1461, 1825, 1826, 1827, 3650, 3651)
"""Days after which something ends, and the days after."""
FOLLOWS = (0, 1, 2, 30, 90, 91, 180, 181, 365, 366, 730, 731)
MINUTES = (0, 1, 239, 240, 241, 720, 1439, 1440, 1441, 2880, 14_400, 129_599, 129_600, 129_601, 200_000)
TEXTS: Mapping[str, Sequence[str | None]] = {
    "source": ("a", "b"),
    "inspection_id": (None, "v", "w", "violations-1"),
    "item_code": (None, "x", "y", "violations-2", "violations-3"),
    "industry": (None, "2", "26", "C2614 化学", "2614", "26.14", "建筑业"),
    "department": (None, "x", "y", "z"),
    "licensed_activities": (None, "", "甲;乙", "甲；; 乙;"),
}
DAYS_OF_KNOWLEDGE = (0, 1, 30, 400)


def _day(chance: Random, around: date) -> date:
    return around - timedelta(days=chance.choice(EDGES) + chance.choice((-400, -1, 0, 0, 1)))


def _followed(chance: Random, happened: date) -> date | None:
    return None if chance.random() < 0.35 else happened + timedelta(days=chance.choice(FOLLOWS))


def _row(chance: Random, name: str, key: str, firm: str, around: date) -> Row:
    table = TABLES[name]
    day = _day(chance, around)
    at = datetime.combine(day, time()) + timedelta(minutes=chance.choice((0, 1, 720, 1438, 1439)))
    row: Row = {"source": "a"}
    for column in table.columns():
        if column in cells(name):
            row[column] = chance.choice(TEXTS.get(column, cells(name)[column]))
        elif column == table.happened:
            row[column] = at if column.endswith("_at") else day
        elif column.endswith("_at") and column != "recorded_at":
            late = at + timedelta(minutes=chance.choice(MINUTES))
            row[column] = None if chance.random() < 0.35 else late
        else:
            row[column] = _followed(chance, day)
    row |= {table.key[-1]: key, "enterprise_id": firm}
    row["recorded_at"] = day + timedelta(days=chance.choice(DAYS_OF_KNOWLEDGE))
    return _allowed(chance, name, row)


def _allowed(chance: Random, name: str, row: Row) -> Row:
    """The row with what the contract refuses put right."""
    if "withdrawn_on" in row and chance.random() < 0.7:
        row["withdrawn_on"] = None
    if name == "self_reports":
        row["hazards_fixed"] = min(row["hazards_fixed"], row["hazards_found"])
        row |= {"period_start": None, "period_end": None}
    if name == "violations":
        row |= _planned(row)
    if name == "enterprises":
        row["recorded_at"] = FIRST - timedelta(days=900)
    return row


def _planned(row: Row) -> Row:
    """The days of a finding's plan: often of one that was approved in time and runs past the deadline."""
    chance, approved, until = Random(f"plan {row}"), row["plan_approved_on"], row["plan_until"]
    if chance.random() < 0.3 and row["rectify_due_on"]:
        approved = row["occurred_on"] + (row["rectify_due_on"] - row["occurred_on"]) // 2
        until = row["rectify_due_on"] + timedelta(days=chance.choice(FOLLOWS[1:]))
    return {"plan_approved_on": approved, "plan_until": max(until, approved) if until and approved else until}


def edgy_world(seed: int, around: date, *, firms: int = 4, most_events: int = 25, whale: int = 0) -> World:
    """A few enterprises whose events lie windows before a day, or a little more or less; rows interleave.

    ``whale``: so many events of each kind that the first of them has besides.
    """
    chance = Random(seed)
    ids = [f"e{n}" for n in range(1, firms + 1)]
    world = {
        "enterprises": canonical(
            "enterprises", [_row(chance, "enterprises", one, one, around) for one in ids]
        )
    }
    for name in CATALOGUE.tables:
        if name == "enterprises":
            continue
        told: dict[str, Row] = {}
        for n in range(chance.randint(0, most_events)):
            told[f"{n}"] = _row(chance, name, f"{name}-{n}", chance.choice(ids), around)
            if chance.random() < 0.2:
                again = _row(chance, name, f"{name}-{n}", chance.choice(ids), around)
                later = max(again["recorded_at"], told[f"{n}"]["recorded_at"] + timedelta(days=1))
                told[f"{n} again"] = again | {"source": told[f"{n}"]["source"], "recorded_at": later}
        for n in range(whale):
            told[f"w{n}"] = _row(chance, name, f"{name}-w{n}", ids[0], around)
        world[name] = canonical(name, list(told.values()))
    return world


def edgy_policy(seed: int) -> FeaturePolicy:
    """Numbers of the features, other than those of the starter pack."""
    chance, usual = Random(f"policy {seed}"), POLICY.features

    def bands() -> tuple[tuple[int, int], ...]:
        days = sorted(chance.sample((0, 1, 30, 90, 182, 365, 730, 1500), chance.randint(1, 5)))
        return tuple((day, chance.choice((0, 1, 2, 3, 5))) for day in days)

    def points(of: Mapping[str, int]) -> dict[str, int]:
        return {key: chance.choice((0, 1, 3, 10)) for key in of if chance.random() < 0.9}

    matters = ("refusal", "clean_visit", "sufficiency")
    return replace(
        usual,
        severity_points=points(usual.severity_points),
        violation_bands=bands(),
        severity_window_days=chance.choice((1, 365, 1096, 1826)),
        severity_mean_points=points(usual.severity_mean_points),
        prior_points=chance.choice((0, 1, 7)),
        prior_visits=chance.choice((1, 3)),
        repeat_window_days=chance.choice((1, 365, 730)),
        alert_points=points(usual.alert_points),
        alert_bands=bands(),
        slow_minutes=chance.choice((0, 1, 240, 1440)),
        unanswered_minutes=chance.choice((0, 1, 720, 1440, 2881)),
        longest_plan_days=chance.choice((1, 30, 180, 400)),
        off_site_settles=frozenset(matter for matter in matters if chance.random() < 0.5),
    )


# Bands may all weigh nothing.
WEIGHTLESS = replace(POLICY.features, violation_bands=((365, 0),), alert_bands=((30, 0),))
POLICIES = (POLICY.features, WEIGHTLESS, *(edgy_policy(seed) for seed in range(6)))
VALUES = (
    *range(1, 13),
    15,
    29,
    30,
    31,
    40,
    89,
    90,
    91,
    100,
    180,
    300,
    365,
    366,
    730,
    731,
    1000,
    1096,
    1827,
    9999,
)
CATEGORIES = {
    "track_record": ("visited", "records", "none"),
    "industry": ("26", "261", "2614", "2", "建筑业"),
    "industry_division": ("26", "建筑"),
}


def edgy_card(seed: int, features: FeaturePolicy) -> PolicyOnDay:
    """Rules that read every feature: a factor for each, of so many different points that a score tells them apart.

    The conditions of the rules, too, are about any of them.
    """
    chance = Random(f"card {seed}")
    factors = [
        Factor(one.name, one.name, _points(chance, one.name), chance.getrandbits(40), "z", "e")
        for one in CATALOGUE
        if one.name != "enterprise_id"
    ]
    rule = POLICY.codes.rules[0]
    rules = tuple(
        replace(rule, name=f"r{n}", when=(_condition(chance),), expires=None, kind="floor") for n in range(40)
    )
    return replace(
        POLICY,
        features=features,
        scorecard=Scorecard("edges", f"{seed}", tuple(factors)),
        codes=replace(POLICY.codes, rules=rules),
    )


def _points(chance: Random, feature: str) -> dict[Any, int]:
    if CATALOGUE[feature].is_text:
        words = CATEGORIES.get(feature) or [one for one in cells("enterprises")[feature] if one is not None]
        return {word: chance.getrandbits(40) for word in words}
    return {0: 0, **{least: chance.getrandbits(40) for least in chance.sample(VALUES, 12)}}


def _condition(chance: Random) -> Condition:
    feature = chance.choice(CATALOGUE.names[1:])
    if CATALOGUE[feature].is_text:
        return Condition(feature=feature, one_of=list(_points(chance, feature))[:2])
    least, most = sorted(chance.choice((0, *VALUES)) for _ in range(2))
    kind = chance.choice(("least", "most", "both"))
    return Condition(
        feature=feature,
        at_least=None if kind == "most" else least,
        at_most=None if kind == "least" else most,
    )


def edgy_rules(seed: int, first: date, last: date, policies: Sequence[FeaturePolicy]) -> list[InForce]:
    """Rule books in force one after another, the first of them long before the span."""
    chance = Random(f"rules {seed}")
    days = (last - first).days
    starts = sorted({first + timedelta(days=chance.randint(0, max(days, 1))) for _ in policies[1:]})
    since = [LONG_AGO, *starts]
    return [
        InForce(day, edgy_card(seed + n, policy))
        for n, (day, policy) in enumerate(zip(since, policies, strict=False))
    ]
