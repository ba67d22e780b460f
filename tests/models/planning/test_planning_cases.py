"""Cases a lawyer can check by hand: ``tests/cases/*.yaml``, one file for each clause, and one for their collisions.

A case gives what differs from a quiet day (``given``) and what the plan must then say (``then``).  The days of
``then`` can be counted on a calendar.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from desk.words.labels import BINDING
from models.planning.certificate import certificate
from models.planning.demand.checklist import checklist
from models.planning.demand.waivers import WAIVERS
from models.planning.floors import floors
from models.planning.frames import draw_frame
from models.planning.plan import Plan, make_plan
from models.planning.situation import Situation
from models.planning.year import Room, annual_targets, months_left
from models.policy import CHANNELS, PlanningPolicy, load_policy
from models.policy.check_items import load_catalogue
from tests.worlds.plans import officers, situation, with_values

Case = Mapping[str, Any]
CASES = Path(__file__).parents[2] / "cases"
CLAUSES = {"C2", "C3", "C4", *(f"P{n}" for n in range(1, 13)), "D1", "D2", "collisions"}
NOT_SHORT = ("note", "deferred")
FINDING = {
    "item_code": None,
    "description": None,
    "severity": "general",
    "occurred_on": None,
    "is_overdue": False,
}


def _files() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in sorted(CASES.glob("*.yaml")):
        yield path.stem, yaml.safe_load(path.read_text(encoding="utf-8"))


def _cases() -> Iterator[Any]:
    for clause, file in _files():
        yield from (pytest.param(case, id=f"{clause}: {case['name']}") for case in file["cases"])


def test_every_clause_has_a_file_of_cases_with_a_title_in_both_languages():
    files = dict(_files())
    assert set(files) == CLAUSES
    for clause, file in files.items():
        assert file["clause"] == clause
        assert set(file["title"]) == {"zh", "en"}
        assert len(file["cases"]) >= 2
        assert len({case["name"] for case in file["cases"]}) == len(file["cases"])


@pytest.mark.parametrize("case", _cases())
def test_a_case_is_planned_as_written(case: Case):
    assert set(case) <= {"name", "note", "pack", "as_of", "policy", "given", "then"}
    policy = load_policy(case.get("pack", "starter")).on(case["as_of"]).planning
    policy = with_values(policy, case.get("policy", {}))
    given = {name: _rows(name, rows) for name, rows in case["given"].items()}
    now = situation(case["as_of"], **given)
    differences = list(_differences(case, now, policy))
    assert not differences, "\n".join([case["name"], *differences])


def _rows(name: str, told: Any) -> list[Mapping[str, Any]]:
    """Rows as written; a number of officers stands for so many in the usual district, ``n`` for so many firms alike."""
    if name == "officers" and isinstance(told, int):
        return officers(told)
    if name != "firms":
        return told
    alike = [({**one}, one.get("n")) for one in told]
    places = iter(range(1, 1000))
    return [
        {key: value for key, value in one.items() if key != "n"}
        | ({"enterprise_id": f"e{next(places):02d}"} if count else {})
        for one, count in alike
        for _ in range(count or 1)
    ]


def _differences(case: Case, now: Situation, policy: PlanningPolicy) -> Iterator[str]:
    then = case["then"]
    assert set(then) <= set(CHECKS) | {"nothing"}, sorted(set(then) - set(CHECKS))
    plan = make_plan(now, policy)
    for name, wanted in then.items():
        if name != "nothing":
            yield from CHECKS[name](wanted, plan, now, policy)
    planned = set(plan.visits["enterprise_id"])
    yield from (f"  {one}: must not be visited, but is" for one in then.get("nothing", ()) if one in planned)


def _visits(wanted: list[Case], plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[str]:
    """All visits of the plan: those listed and no other."""
    found = plan.visits.sort("enterprise_id", "opens_on").rows(named=True)
    left = list(found)
    for one in wanted:
        fits = [row for row in left if not list(_misfits(one, row))]
        if fits:
            left.remove(fits[0])
            continue
        own = [row for row in found if row["enterprise_id"] == one["enterprise"]]
        yield f"  wanted: {_shown(one)}"
        yield from (f"   found: {_told(row)}; differs in {', '.join(_misfits(one, row))}" for row in own)
        if not own:
            yield "   found: no visit there"
    yield from (f"  not wanted: {_told(row)}" for row in left if len(found) > len(wanted))


def _misfits(wanted: Case, row: Mapping[str, Any]) -> Iterator[str]:
    crew = row["officers"] or []
    first, last = wanted.get("between", (date.min, date.max))
    is_in_time = row["planned_on"] is not None and first <= row["planned_on"] <= last
    tests = {
        "enterprise": row["enterprise_id"] == wanted["enterprise"],
        "channel": row["channel"] == wanted.get("channel", row["channel"]),
        "channels": set(wanted.get("channels", row["channels"])) == set(row["channels"]),
        "state": row["state"] == wanted.get("state", "scheduled"),
        "between": "between" not in wanted or is_in_time,
        "crew": len(crew) == wanted.get("crew", len(crew)),
        "officers": sorted(wanted.get("officers", crew)) == sorted(crew),
        "mode": row["mode"] == wanted.get("mode", row["mode"]),
        "in_cap": row["in_cap"] == wanted.get("in_cap", row["in_cap"]),
        "form": row["form"] == wanted.get("form", row["form"]),
        "change": row["change"] == wanted.get("change", row["change"]),
        "level": row["at_level"] == wanted.get("level", row["at_level"]),
        "file_by": str(row["file_by"])[:16] == wanted.get("file_by", str(row["file_by"])[:16]),
        "due_on": row["due_on"] == wanted.get("due_on", row["due_on"]),
    }
    assert set(wanted) <= set(tests), wanted
    yield from (name for name, holds in tests.items() if not holds)


def _shown(wanted: Case) -> str:
    return ", ".join(f"{key} {value}" for key, value in wanted.items())


def _told(row: Mapping[str, Any]) -> str:
    day = row["planned_on"] or f"no day between {row['first_on']} and {row['last_on']}"
    return (
        f"{row['enterprise_id']} {'+'.join(row['channels'])} {row['state']} on {day}, {row['mode']}, "
        f"officers {row['officers']}, form {row['form']}, {row['change']}"
    )


def _waived(wanted: list[Case], plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[str]:
    """Items that gave way: at least those listed; an empty list stands for none."""
    rows = plan.items.filter(pl.col("waived_by").is_not_null())
    found = {tuple(row) for row in rows.select("enterprise_id", "channel", "waived_by").iter_rows()}
    for one in wanted:
        assert one["rule"] in WAIVERS and one["channel"] in CHANNELS, one
        if (one["enterprise"], one["channel"], one["rule"]) not in found:
            yield f"  not waived: {_shown(one)}; waived are {sorted(found)}"
    if not wanted and found:
        yield f"  waived, though nothing should be: {sorted(found)}"


def _later(wanted: list[str], plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[str]:
    """Enterprises with an item whose turn comes after the days planned."""
    found = set(plan.items.filter("is_later")["enterprise_id"])
    yield from (f"  {one} is not for later" for one in wanted if one not in found)


def _shortfalls(wanted: list[Case], plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[str]:
    """What the certificate says is missing: at least the rows listed; an empty list stands for none."""
    told = certificate(plan, now, policy, floors(now, policy))
    rows = told.filter(~pl.col("scope").is_in(NOT_SHORT)) if not wanted else told
    said = [f"{row['rule']}/{row['channel']}/{row['count']}" for row in rows.rows(named=True)]
    for one in wanted:
        assert one["rule"] in BINDING.labels, one
        if not any(_says(one, row) for row in rows.rows(named=True)):
            yield f"  not said to be missing: {_shown(one)}; said are {said}"
    if not wanted and said:
        yield f"  said to be missing, though nothing is: {said}"


def _says(wanted: Case, row: Mapping[str, Any]) -> bool:
    names = {"enterprise": "enterprise_id"}
    return all(row[names.get(key, key)] == value for key, value in wanted.items())


def _floor(wanted: Case, plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[str]:
    """The figures of the 30 % floor of the only authority."""
    (found,) = floors(now, policy)
    for name, value in wanted.items():
        if getattr(found, name) != value:
            yield f"  floor: {name} is {getattr(found, name)}, not {value}"


def _floors(wanted: list[Case], plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[str]:
    """The figures of the 30 % floor of each authority, by division."""
    found = {one.authority[1]: one for one in floors(now, policy)}
    if sorted(found) != sorted(one["division"] for one in wanted):
        yield f"  floors of {sorted(found)}, not of those listed"
    for one in wanted:
        figures = {name: getattr(found[one["division"]], name) for name in one if name != "division"}
        if figures != {name: value for name, value in one.items() if name != "division"}:
            yield f"  floor of {one['division']}: {figures}"


def _frame(wanted: list[str], plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[str]:
    """Who may be drawn, nobody of whom a rule keeps from being visited."""
    found = draw_frame(now, policy).filter(pl.col("barred_by").is_null())["enterprise_id"].to_list()
    if found != sorted(wanted):
        yield f"  may be drawn: {found}, not {sorted(wanted)}"


def _barred(wanted: Mapping[str, str], plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[str]:
    """Who is drawn only if nobody else is left, and the rule that keeps visits off: at least those listed."""
    found = dict(
        draw_frame(now, policy).drop_nulls("barred_by").select("enterprise_id", "barred_by").iter_rows()
    )
    for one, rule in wanted.items():
        if found.get(one) != rule:
            yield f"  {one} is kept off by {found.get(one)}, not by {rule}"


def _months(wanted: Mapping[str, date], plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[str]:
    """Months the year plan gives to the six sectors when every working day has the same room."""
    room = {month: Room(len(days), len(days), 2 * len(days), 2) for month, days in months_left(now)}
    targets = annual_targets(now, policy, {("district", "370102"): room})
    found = dict(targets.select("enterprise_id", "month_on").iter_rows())
    if found != dict(wanted):
        yield f"  months: {found}, not {dict(wanted)}"


def _published(wanted: list[str], plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[str]:
    """Enterprises of the month list: with a visit one of whose channels is announced."""
    shown = [name for name, one in policy.channels.items() if one.spec.is_published]
    rows = plan.visits.filter(pl.col("channel").is_in(shown) & (pl.col("state") == "scheduled"))
    if sorted(rows["enterprise_id"]) != sorted(wanted):
        yield f"  published: {sorted(rows['enterprise_id'])}, not {sorted(wanted)}"


def _checks(wanted: Mapping[str, Case], plan: Plan, now: Situation, policy: PlanningPolicy) -> Iterator[str]:
    """What is to be checked at each enterprise's visit: the first reasons, and reasons that must not appear."""
    visits = plan.visits.join(now.firms.select("enterprise_id", "sector", "industry"), on="enterprise_id")
    findings = now.findings.with_columns(
        **{name: pl.lit(value, dtype=TYPES[name]) for name, value in FINDING.items()}
    ).with_columns(is_overdue=(pl.col("rectify_due_on") <= now.as_of).fill_null(value=False))
    history = pl.DataFrame(
        schema={"enterprise_id": pl.String, "item_code": pl.String, "times": pl.Int64, "last_on": pl.Date}
    )
    items = load_catalogue().on(now.as_of)
    rows = checklist(visits, findings, history, items, most=20)
    names = visits.select("visit_id", "enterprise_id")
    rows = rows.join(names, on="visit_id").sort("rank")
    for one, asked in wanted.items():
        why = rows.filter(pl.col("enterprise_id") == one)["why"].to_list()
        first, never = asked.get("first", []), asked.get("never", [])
        if why[: len(first)] != first:
            yield f"  {one}: the list begins with {why[: len(first)]}, not {first}"
        yield from (f"  {one}: the list names {reason}" for reason in never if reason in why)
        if len(why) < asked.get("at_least", 1):
            yield f"  {one}: only {len(why)} things to check"


TYPES = {
    "item_code": pl.String,
    "description": pl.String,
    "severity": pl.String,
    "occurred_on": pl.Date,
    "is_overdue": pl.Boolean,
}

CHECKS = {
    "visits": _visits,
    "waived": _waived,
    "later": _later,
    "shortfalls": _shortfalls,
    "floor": _floor,
    "floors": _floors,
    "barred": _barred,
    "may_be_drawn": _frame,
    "months": _months,
    "published": _published,
    "checklist": _checks,
}
