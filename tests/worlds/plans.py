"""Worlds for the planner: built by hand from what differs from a quiet default, or drawn by hypothesis."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from models.planning import situation as shape
from models.planning.plan import SCHEDULED, Plan, make_plan
from models.planning.situation import Situation
from models.policy import PlanningPolicy, load_policy

Row = dict[str, Any]
FRAMES: Mapping[str, shape.Schema] = {
    one.name: getattr(shape, one.name.upper()) for one in fields(Situation) if one.name != "as_of"
}

POLICY = load_policy().on(date(2026, 6, 30)).planning
HERE, THERE, FAR = "370102", "370103", "370113"

_USUAL: dict[str, Row] = {
    "firms": {
        "sector": "general",
        "division": HERE,
        "level": "district",
        "standardisation": "none",
        "status": "active",
        "code": "blue",
        "is_provisional": False,
        "value": 10,
        "repeat_items": 0,
    },
    "inspections": {"kind": "other", "mode": "on_site", "level": "district", "result": "clean"},
    "findings": {"source": "a", "is_major_hazard": False},
    "alerts": {"source": "a", "kind": "exceedance", "level": "red"},
    "accidents": {"source": "a"},
    "tasks": {"source": "a", "kind": "department", "department": "fire", "mode": "on_site"},
    "officers": {
        "division": HERE,
        "level": "district",
        "role": "officer",
        "certified_until": date(2030, 1, 1),
    },
    "crews": {"level": "district", "division": HERE, "role": "officer"},
}
"""What a row says unless a test says otherwise."""

_NUMBERED = {"findings": "violation_id", "alerts": "alert_id", "accidents": "accident_id", "tasks": "task_id"}
"""Columns that carry the number of the row unless a test names one."""


def frame(name: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows of one of the frames of a situation, completed by what is usual."""
    told = [_row(name, number, given) for number, given in enumerate(rows, start=1)]
    return pl.DataFrame(told, schema=FRAMES[name], orient="row")


def _row(name: str, number: int, given: Mapping[str, Any]) -> Row:
    strange = set(given) - set(FRAMES[name])
    assert not strange, f"{name} has no column {sorted(strange)}"
    key = {_NUMBERED[name]: f"{number}"} if name in _NUMBERED else {}
    named = {"name": given.get("officer_id")} if name == "officers" else {}
    return {**dict.fromkeys(FRAMES[name]), **_USUAL.get(name, {}), **key, **named, **given}


def situation(as_of: date, **given: Sequence[Mapping[str, Any]]) -> Situation:
    """A situation of rows that say only what differs from the usual."""
    return Situation(
        as_of,
        **{name: frame(name, given.get(name, ())) for name in FRAMES if name in given or name == "firms"},
    )


def with_values(policy: PlanningPolicy, values: Mapping[str, Any]) -> PlanningPolicy:
    """A policy with other values, by dotted path: ``visiting.min_gap_days`` or ``channels.red.spec.quarter_days``."""
    for path, value in values.items():
        policy = _changed(policy, path.split("."), value)
    return policy


def _changed(thing: Any, path: Sequence[str], value: Any) -> Any:
    name, *rest = path
    if isinstance(thing, Mapping):
        return {**thing, name: _changed(thing[name], rest, value) if rest else value}
    given = _changed(getattr(thing, name), rest, value) if rest else value
    if isinstance(thing, BaseModel):
        return type(thing).model_validate({**thing.model_dump(), name: given})
    if not rest:
        kinds = {"blackouts": PlanningPolicy, "caps": PlanningPolicy}
        hints = kinds.get(name, type(thing)).__annotations__
        given = TypeAdapter(hints[name]).validate_python(given)
    return replace(thing, **{name: given})


def officers(count: int, *, division: str = HERE, level: str = "district", **given: Any) -> list[Row]:
    """So many certified officers of one authority: ``370102-01`` and so on."""
    return [
        {"officer_id": f"{division}-{n:02d}", "division": division, "level": level, **given}
        for n in range(1, count + 1)
    ]


def awaiting(now: Situation, plan: Plan, days: int = 1) -> Situation:
    """The evening so many days later when nothing new is known: past visits await their record, the rest stand."""
    later = now.as_of + timedelta(days=days)
    made = plan.visits.filter((pl.col("state") == SCHEDULED) & (pl.col("planned_on") <= later))
    done = made.select("enterprise_id", item_id="item_ids").explode("item_id")
    kept = plan.visits.filter((pl.col("state") == SCHEDULED) & (pl.col("planned_on") > later))
    previous = kept.select("visit_id", "enterprise_id", "item_ids", day="planned_on", crew_id="crew_id")
    return replace(now, as_of=later, previous=previous, done=pl.concat([now.done, done]))


# ---- drawn ---------------------------------------------------------------------------------------------

DAYS = (
    date(2026, 2, 11),  # the Spring Festival within the horizon
    date(2026, 6, 30),  # a month ends
    date(2026, 7, 3),  # a Friday
    date(2026, 7, 4),  # a Saturday
    date(2026, 9, 24),  # Mid-autumn and the National Day ahead
    date(2026, 12, 21),  # the year ends within the horizon
    date(2026, 12, 31),
    date(2027, 3, 10),  # no calendar announced
)
SECTORS = ("general", "general", "general", "hazardous_chemicals", "explosive_dust", None)
PLACES = (("district", HERE),) * 3 + (
    ("district", THERE),
    ("city", None),
    (None, "370102001"),
    ("town", None),
)
RESULTS = ("clean", "findings", "stopped", "refused", "unknown")
KINDS = ("special", "annual_full", "random", "immediate", "recheck", "joint", "assistance", "other")
NO_OTHER_WORK = {"budget": {"other_enforcement_permille": 0, "non_enforcement_permille": 0}}
ONCE = [{"title": {"zh": "每年一次", "en": "once a year"}, "most": 1}]
QUIET_DAYS = [
    {"first": first, "last": last, "title": {"zh": "企业安静期", "en": "quiet days"}}
    for first, last in (
        ("2026-02-25", "2026-03-03"),
        ("2026-07-13", "2026-07-31"),
        ("2026-09-28", "2026-10-09"),
    )
]
POLICIES: tuple[Row, ...] = (
    {},
    {"caps": ONCE, **NO_OTHER_WORK, "visiting.min_gap_days": 0, "visiting.filed_working_days": 0},
    {
        "blackouts": QUIET_DAYS,
        **NO_OTHER_WORK,
        "visiting.min_gap_days": 3,
        "switches.off_plan_counts_in_cap": True,
    },
    {**NO_OTHER_WORK, "visiting.min_gap_days": 60, "cross_region.most_lent_permille": 1000},
    {"blackouts": QUIET_DAYS, "visiting.horizon_working_days": 4, "off_site_settles": ["annual_full"]},
    {"blackouts": QUIET_DAYS, "crew.technical_required": True, "cross_region.forms": ["whole_city"]},
    {**NO_OTHER_WORK, "visiting.default_level": "city", "visiting.min_gap_days": 60},
)


class World:
    """A situation and the policy it is planned under; ``told`` is what it was made of and what a failure prints."""

    def __init__(self, now: Situation, policy: PlanningPolicy, told: str) -> None:
        self.now, self.policy, self.told = now, policy, told

    def __repr__(self) -> str:
        return self.told


class _Maker:
    """Makes rows; every row depends on the seed and its own number only, so fewer rows leave the others alone."""

    def __init__(self, seed: int, as_of: date, firms: int, people: int) -> None:
        self.seed, self.as_of, self.firms, self.people = seed, as_of, firms, people

    def rows(self, name: str, count: int) -> list[Row]:
        make = getattr(self, f"_{name}")
        return [make(Random(f"{self.seed} {name} {n}"), n) for n in range(1, count + 1)]

    def _day(self, chance: Random, first: int, last: int) -> date:
        return self.as_of + timedelta(days=chance.randint(first, last))

    def _firm(self, chance: Random) -> Row:
        return {"enterprise_id": f"e{chance.randint(1, self.firms):02d}"}

    def _firms(self, chance: Random, n: int) -> Row:
        level, division = chance.choice(PLACES)
        code = chance.choice(("red", "yellow", "yellow", "blue", "blue", "green"))
        return {
            "enterprise_id": f"e{n:02d}",
            "level": level,
            "division": division,
            "sector": chance.choice(SECTORS),
            "standardisation": chance.choice(("level_1", "none", None)),
            "status": chance.choice(("active", "active", "active", "active", None, "suspended", "closed")),
            "code": code,
            "is_provisional": chance.random() < 0.2,
            "red_since": self._day(chance, -14, 0) if code == "red" else None,
            "value": chance.randint(0, 50),
            "repeat_items": chance.choice((0, 0, 0, 3)),
            "longitude": chance.choice((None, 117.0, 117.1)),
            "latitude": 36.6,
        }

    def _inspections(self, chance: Random, n: int) -> Row:
        return self._firm(chance) | {
            "inspected_on": self._day(chance, -chance.choice((5, 40, 250)), 0),
            "kind": chance.choice(KINDS),
            "mode": chance.choice(("on_site", "on_site", "off_site")),
            "level": chance.choice((None, "city", "district", "town")),
            "result": chance.choice(RESULTS),
            "officers": chance.choice((None, "p01;p02", "Wang; Li", "p03")),
        }

    def _findings(self, chance: Random, n: int) -> Row:
        due = chance.choice((None, self._day(chance, -40, 30), self._day(chance, -5, 12)))
        return self._firm(chance) | {"rectify_due_on": due, "is_major_hazard": chance.random() < 0.3}

    def _alerts(self, chance: Random, n: int) -> Row:
        return self._firm(chance) | {
            "raised_on": self._day(chance, -12, 0),
            "kind": chance.choice(("exceedance", "complaint", "transfer")),
            "level": chance.choice(("red", "blue")),
            "closed_on": chance.choice((None, None, self.as_of)),
        }

    def _accidents(self, chance: Random, n: int) -> Row:
        return self._firm(chance) | {"occurred_on": self._day(chance, -20, 0)}

    def _tasks(self, chance: Random, n: int) -> Row:
        opens = self._day(chance, -20, 25)
        return self._firm(chance) | {
            "kind": chance.choice(("department", "department", "key_task", "assistance")),
            "opens_on": opens,
            "due_on": chance.choice((None, opens + timedelta(days=chance.randint(0, 20)))),
            "mode": chance.choice(("on_site", "off_site")),
            "closed_on": chance.choice((None, None, None, opens)),
        }

    def _officers(self, chance: Random, n: int) -> Row:
        level, division = chance.choice(PLACES[:5])
        return {
            "officer_id": f"p{n:02d}",
            "name": chance.choice(("Wang", "Li", f"Zhang {n}")),
            "level": level,
            "division": division,
            "role": chance.choice(("officer",) * 4 + ("technical_inspector",)),
            "certified_until": chance.choice((date(2030, 1, 1),) * 5 + (None, self._day(chance, -5, 20))),
            "left_on": chance.choice((None,) * 6 + (self._day(chance, -5, 20),)),
        }

    def _officer(self, chance: Random) -> Row:
        return {"officer_id": f"p{chance.randint(1, max(self.people, 1)):02d}"}

    def _absences(self, chance: Random, n: int) -> Row:
        first = self._day(chance, -5, 20)
        return self._officer(chance) | {
            "first_day": first,
            "last_day": first + timedelta(days=chance.randint(0, 20)),
        }

    def _conflicts(self, chance: Random, n: int) -> Row:
        return self._firm(chance) | self._officer(chance)


def _targets(maker: _Maker, firms: Sequence[Row], year: int) -> list[Row]:
    """Months of the year plan: every channel that an enterprise may have, or none."""
    rows: list[Row] = []
    for firm in firms:
        chance = Random(f"{maker.seed} target {firm['enterprise_id']}")
        is_general = firm["sector"] in ("general", None)
        for channel in ("random", "audit") if is_general else ("annual_full",):
            if chance.random() < 0.5:
                month = date(year, chance.choice((1, maker.as_of.month, 12)), 1)
                draw = None if channel == "annual_full" else f"{year}-{channel}-district"
                set_on = min(maker._day(chance, -30, 0), maker.as_of)
                rows.append(
                    {
                        "enterprise_id": firm["enterprise_id"],
                        "channel": channel,
                        "month_on": month,
                        "set_on": set_on,
                        "draw_id": draw,
                    }
                )
    return rows


def _drawn_crews(maker: _Maker, people: Sequence[Row], firms: Sequence[Row]) -> dict[str, list[Row]]:
    """Crews drawn for the month, for one authority or none, and crews given to some of the enterprises."""
    chance = Random(f"{maker.seed} crews")
    month = (maker.as_of + timedelta(days=1)).replace(day=1)
    authority = {"level": "district", "division": chance.choice((HERE, THERE))}
    own = [one for one in people if all(one[name] == value for name, value in authority.items())]
    crews: list[Row] = []
    for at, one in enumerate(own if chance.random() < 0.5 else []):
        crew = None if at == len(own) - 1 and at % 2 == 0 else f"crew-{at // 2}"
        crews.append(
            {
                "month_on": month,
                **authority,
                "crew_id": crew,
                "officer_id": one["officer_id"],
                "role": one["role"],
            }
            | {"place": at // 2}
        )
    names = [row["crew_id"] for row in crews if row["crew_id"]]
    tied = [firm for firm in firms if names and chance.random() < 0.5]
    ties = [
        {"month_on": month, "enterprise_id": firm["enterprise_id"], "crew_id": chance.choice(names)}
        for firm in tied
    ]
    return {"crews": crews, "ties": ties}


def _previous(maker: _Maker, now: Situation, policy: PlanningPolicy) -> Situation:
    """With the plan of some days before, in which a few days and crews are changed."""
    chance = Random(f"{maker.seed} previous")
    before = replace(now, as_of=now.as_of - timedelta(days=chance.choice((1, 1, 4))))
    plan = make_plan(before, policy)
    rows = awaiting(before, plan, (now.as_of - before.as_of).days).previous.to_dicts()
    for row in rows:
        if chance.random() < 0.2:
            row["day"] += timedelta(days=chance.choice((-1, 1, 7)))
        if chance.random() < 0.1:
            row["crew_id"] = "gone"
    return replace(now, previous=frame("previous", rows))


@st.composite
def worlds(
    draw: st.DrawFn,
    *,
    most_firms: int = 12,
    most_people: int = 14,
    policies: Sequence[Row] = POLICIES,
    has_previous: bool = True,
) -> World:
    """Small worlds: enterprises of several authorities, what happened to them, people, and earlier plans."""
    seed, as_of = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from(DAYS))
    firms, people, events = (
        draw(st.integers(least, most)) for least, most in ((1, most_firms), (0, most_people), (0, 10))
    )
    values = draw(st.sampled_from(policies))
    is_planned = draw(st.booleans()) and has_previous
    return world_of(seed, as_of, firms, people, events, values, is_planned=is_planned)


def world_of(
    seed: int, as_of: date, firms: int, people: int, events: int, values: Row, *, is_planned: bool
) -> World:
    """The world of a seed and so many of everything."""
    maker = _Maker(seed, as_of, firms, people)
    policy = with_values(POLICY, values)
    now = _situation(maker, firms, people, events)
    told = f"{seed=} {as_of=!s} {firms=} {people=} {events=} {values=} previous={is_planned}"
    return World(_previous(maker, now, policy) if is_planned else now, policy, told)


def _situation(maker: _Maker, firms: int, people: int, events: int) -> Situation:
    counts = {"firms": firms, "officers": people, "inspections": 2 * events}
    counts |= dict.fromkeys(("findings", "tasks", "conflicts"), events)
    counts |= dict.fromkeys(("alerts", "accidents", "absences"), events // 3)
    told = {name: maker.rows(name, count) for name, count in counts.items()}
    told["targets"] = _targets(maker, told["firms"], (maker.as_of + timedelta(days=1)).year)
    told |= _drawn_crews(maker, told["officers"], told["firms"])
    return situation(maker.as_of, **told)
