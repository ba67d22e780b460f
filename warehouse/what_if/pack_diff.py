"""What another pack would do to a city, computed before it is put in force.

Both packs code the same day on copies of the warehouse, by the very stages of a nightly run, and both plan from the
same plan of the day before with the same seeds.  Nothing of the warehouse itself is touched.

Three answers, because the change rules have a memory.  *Issued*: the codes of the day if the new pack took effect on
it; worse codes show at once, better ones wait.  *By facts*: what each pack says of the facts of that day by itself;
the two differ by the packs alone.  *Later*: the codes once every wait is over, if nothing new is learnt; there time
has gone by for both.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from models.coding.shrinkage import SIZE_BINS
from models.errors import ScoreError
from models.policy import Policy
from warehouse.checkpoint import copy_whole
from warehouse.coding.coding import Coding
from warehouse.coding.order import code_only
from warehouse.connection import holding, writing
from warehouse.database.copies import attach
from warehouse.database.frames import Connection, log
from warehouse.database.meta import value
from warehouse.database.reading import Row, rows
from warehouse.database.runs import LAST_ISSUED
from warehouse.database.validity import known
from warehouse.home import Home
from warehouse.planning.draws import seeds_from
from warehouse.planning.plan import compute_plan, planned_as_of
from warehouse.questions.area import lies_in
from warehouse.rules.in_force import coding_on
from warehouse.rules.packs import FIRST_DAY, FromDay, packs_between

SIDES = ("old", "new")
GROUPS = ("division", "sector", "size")
MOMENTS = ("issued", "facts", "later")
"""The three answers of the module's text, in the order in which they are told."""

SEED = "policy diff"
"""Draws that are missing are drawn the same way on both sides, so that chance makes no difference."""


@dataclass(frozen=True)
class Side:
    """One of the packs compared: what it is called, and its identity."""

    name: str
    version: str
    content_hash: str


@dataclass(frozen=True)
class PackDiff:
    """What differs.

    ``matrix``: one row per ``moment`` and pair of codes (``old``, ``new``) with the number of ``enterprises``; the
    enterprises of a moment sum to the city.  ``groups``: the same by ``grouped_by`` and ``group``.
    ``planned``: one row per ``channel``: visits asked for, visits with a day, and person-days asked for, on each side.
    ``load``: by month, person-days scheduled, those there are, and those the annual budget is short of.
    ``shortfalls``: one row per ``scope`` and ``rule``.  ``caps``: enterprises over the annual cap, at it, and not
    visited because of it.  These four are empty where the day lies before the plan, and where only some enterprises
    were asked for.  ``firms``: one row per enterprise with anything that differs, worst changes first.
    ``card``: the fitted card in force, whose points and cut-offs stand in for those of both packs.
    """

    as_of: date
    later_on: date
    enterprises: int
    old: Side
    new: Side
    card: str | None
    matrix: list[Row]
    groups: list[Row]
    planned: list[Row]
    load: list[Row]
    shortfalls: list[Row]
    caps: list[Row]
    firms: list[Row]

    def counts(self, moment: str, side: str) -> dict[str, int]:
        """Enterprises by code."""
        found: dict[str, int] = {}
        for row in self.matrix:
            if row["moment"] == moment:
                found[row[side]] = found.get(row[side], 0) + row["enterprises"]
        return found

    def moved(self, moment: str) -> int:
        """Enterprises whose code differs."""
        return sum(
            row["enterprises"] for row in self.matrix if row["moment"] == moment and row["old"] != row["new"]
        )

    def summary(self) -> dict[str, Any]:
        """Everything but the enterprises one by one: what an activation keeps."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "firms"}
        sides = {side: vars(getattr(self, side)) for side in SIDES}
        return {**told, **sides, "differing": len(self.firms)}


def compare(
    home: Home,
    old: Policy | None,
    new: Policy,
    *,
    default: Policy,
    as_of: date | None = None,
    only: Sequence[str] | None = None,
) -> PackDiff:
    """What ``new`` would do in place of ``old`` (``None``: what is in force) on a day (default: the last one coded).

    ``default`` is in force in a home where no pack was activated.  ``only``: preview these enterprises, without
    the workload.
    Raises ScoreError when nothing is coded yet, BusyError while a run writes.
    """
    nothing = ScoreError("Nothing is coded yet, so there is nothing to compare. Start a run: ./riskcode run")
    if not home.warehouse.exists():
        raise nothing
    with tempfile.TemporaryDirectory(prefix="policy-diff-", dir=home.root) as folder:
        homes = {side: Home(Path(folder) / side).prepare() for side in SIDES}
        with holding(home):
            copy_whole(home, homes["old"].warehouse)
        shutil.copyfile(homes["old"].warehouse, homes["new"].warehouse)
        with writing(homes["old"]) as connection:
            day = as_of or value(connection, LAST_ISSUED)
            if day is None:
                raise nothing
            before = _before(connection, old, default, day)
            log.info("coding %s by the pack before", day)
            said = coding_on(connection, default, day, packs=before)
            _code(connection, said, with_plan=only is None)
        with writing(homes["new"]) as connection:
            log.info("coding %s by the new pack", day)
            after = [*(one for one in before if one.since < day), FromDay(day, new)]
            coding = coding_on(connection, default, day, packs=after)
            _code(connection, coding, with_plan=only is None)
        log.info("comparing")
        with duckdb.connect() as connection:
            for side in SIDES:
                attach(connection, homes[side].warehouse, side, read_only=True)
            held = before[-1].policy
            return _compared(connection, day, held, new, said.card.card_id if said.card else None, only)


def _before(connection: Connection, old: Policy | None, default: Policy, day: date) -> list[FromDay]:
    """The packs of the side before: one that was named holds on all days, else what was activated up to the day."""
    if old is not None:
        return [FromDay(FIRST_DAY, old)]
    remembered = coding_on(connection, default, day).rules[0].since
    return list(packs_between(connection, default, remembered, day))


def _code(connection: Connection, coding: Coding, *, with_plan: bool) -> None:
    code_only(connection, coding)
    last = planned_as_of(connection)
    if with_plan and (last is None or coding.as_of >= last):
        compute_plan(connection, coding, seeds=seeds_from(SEED))
    else:
        connection.execute("DELETE FROM plan.current")


# ---- reading both results, attached as old and new -----------------------------------------------------------


def _compared(
    connection: Connection, day: date, old: Policy, new: Policy, card: str | None, only: Sequence[str] | None
) -> PackDiff:
    later = day + timedelta(days=max(_longest_wait(one, day) for one in (old, new)))
    for side in SIDES:
        connection.execute(_SAID.format(side=side), {"day": day, "later": later})
    connection.execute(_BOTH, {"day": day})
    matrix = rows(connection, _MATRIX)
    groups = [
        {"grouped_by": name, **row} for name in GROUPS for row in rows(connection, _GROUPED.format(name=name))
    ]
    planned, load, shortfalls, caps = _workload(connection, day, old, new)
    return PackDiff(
        as_of=day,
        later_on=later,
        enterprises=int(value(connection, "SELECT count(*) FROM both_sides")),
        old=Side(old.name, old.version, old.content_hash),
        new=Side(new.name, new.version, new.content_hash),
        card=card,
        matrix=matrix,
        groups=groups,
        planned=planned,
        load=load,
        shortfalls=shortfalls,
        caps=caps,
        firms=rows(connection, _FIRMS, {"only": list(only) if only is not None else None}),
    )


def _longest_wait(policy: Policy, day: date) -> int:
    """Days after which nobody waits for a better code any more, one band at a time."""
    longest = policy.on(day).codes.change.hold_at_most_days
    return max(longest.red, longest.yellow, longest.blue)


_SAID = """
CREATE TEMP TABLE said_{side} AS
SELECT c.enterprise_id, c.code AS issued, s.code AS facts, f.code AS later, c.score, c.decided_by
FROM {side}.risk.codes c
JOIN {side}.risk.steps s ON s.enterprise_id = c.enterprise_id AND s.valid_from <= $day AND s.valid_to > $day
JOIN {side}.risk.forecast f ON f.enterprise_id = c.enterprise_id AND f.valid_from <= $later AND f.valid_to > $later
"""

_SIZE = " ".join(f"WHEN f.employees >= {least} THEN '{name}'" for least, name in reversed(SIZE_BINS))
_BOTH = f"""
CREATE TEMP TABLE both_sides AS
SELECT enterprise_id, e.name, {lies_in("district", "f.division")} AS division, f.sector,
       CASE {_SIZE} END AS size,
       o.issued AS old_issued, n.issued AS new_issued, o.facts AS old_facts, n.facts AS new_facts,
       o.later AS old_later, n.later AS new_later, o.score AS old_score, n.score AS new_score,
       o.decided_by AS old_decided_by, n.decided_by AS new_decided_by
FROM said_old o JOIN said_new n USING (enterprise_id) JOIN old.risk.features f USING (enterprise_id)
LEFT JOIN old.core.enterprises e ON e.enterprise_id = o.enterprise_id AND {known("e", day="$day")}
"""

_PAIRS = " UNION ALL ".join(
    f"SELECT '{moment}' AS moment, {at} AS place, old_{moment} AS old, new_{moment} AS new, "
    "division, sector, size FROM both_sides"
    for at, moment in enumerate(MOMENTS)
)
_RANK = "list_position(['green', 'blue', 'yellow', 'red'], {})"
_ORDER = f"place, {_RANK.format('old')} DESC, {_RANK.format('new')} DESC"
_MATRIX = f"""
SELECT moment, old, new, count(*) AS enterprises FROM ({_PAIRS}) GROUP BY moment, place, old, new ORDER BY {_ORDER}
"""
_GROUPED = f"""
SELECT moment, {{name}} AS "group", old, new, count(*) AS enterprises FROM ({_PAIRS})
GROUP BY moment, place, {{name}}, old, new ORDER BY {{name}} NULLS LAST, {_ORDER}
"""

# What is no reason on one side, or weighs differently there; the band follows from the points.
_FIRMS = f"""
WITH asked AS (
    FROM both_sides WHERE CASE WHEN $only IS NOT NULL THEN list_contains($only, enterprise_id) ELSE
         (old_issued, old_facts, old_later, old_score, old_decided_by)
         IS DISTINCT FROM (new_issued, new_facts, new_later, new_score, new_decided_by) END),
paired AS (
    SELECT enterprise_id, kind, factor, o.points AS old_points, n.points AS new_points, o.value AS old_value,
           n.value AS new_value, coalesce(n.code, o.code) AS code, o.factor IS NOT NULL AS spoke,
           n.factor IS NOT NULL AS speaks
    FROM (FROM old.risk.explanations SEMI JOIN asked USING (enterprise_id)) o
    FULL JOIN (FROM new.risk.explanations SEMI JOIN asked USING (enterprise_id)) n
         USING (enterprise_id, kind, factor)
    WHERE kind <> 'band' AND (o.points IS DISTINCT FROM n.points OR o.code IS DISTINCT FROM n.code)
          AND (coalesce(o.points, 0) <> coalesce(n.points, 0) OR kind <> 'points')),
texts AS (
    SELECT factor, any_value(title_zh) AS title_zh, any_value(title_en) AS title_en
    FROM (FROM new.risk.factors UNION ALL BY NAME FROM old.risk.factors) GROUP BY factor),
reasons AS (
    SELECT enterprise_id, list(struct_pack(kind := kind, factor := factor, title_zh := title_zh,
               title_en := title_en, old_points := old_points, new_points := new_points, old_value := old_value,
               new_value := new_value, code := code, spoke := spoke, speaks := speaks)
               ORDER BY abs(coalesce(new_points, 0) - coalesce(old_points, 0)) DESC, factor) AS reasons
    FROM paired LEFT JOIN texts USING (factor) GROUP BY enterprise_id)
SELECT asked.*, coalesce(reasons.reasons, []) AS reasons FROM asked LEFT JOIN reasons USING (enterprise_id)
ORDER BY {_RANK.format("new_facts")} - {_RANK.format("old_facts")} DESC,
         {_RANK.format("new_issued")} - {_RANK.format("old_issued")} DESC, new_score - old_score DESC, enterprise_id
"""


def _workload(
    connection: Connection, day: date, old: Policy, new: Policy
) -> tuple[list[Row], list[Row], list[Row], list[Row]]:
    """Visits by channel, person-days by month, shortfalls by rule, caps; all empty for a day before the plan."""
    planned_for = [value(connection, f"SELECT max(as_of) FROM {side}.plan.current") for side in SIDES]
    if planned_for != [day] * 2:
        return [], [], [], []
    planned = rows(connection, _two_sided(_PLANNED, ("channel",), ("visits", "scheduled", "person_days")))
    return (
        planned,
        rows(connection, _two_sided(_LOAD, ("month_on",), ("load_days", "person_days", "short_days"))),
        rows(connection, _two_sided(_SHORT, ("scope", "rule"), ("count", "person_days"))),
        rows(connection, _two_sided(_CAPS, ("what",), ("enterprises",))),
    )


def _two_sided(query: str, keys: Sequence[str], numbers: Sequence[str]) -> str:
    """SQL: a query asked on both sides, one row per key with ``old_`` and ``new_`` numbers; 0 where there is no row."""
    told = ", ".join(f"coalesce({side}.{name}, 0) AS {side}_{name}" for name in numbers for side in SIDES)
    key, (old, new) = ", ".join(keys), (f"({query.format(side=side)}) {side}" for side in SIDES)
    return f"SELECT {key}, {told} FROM {old} FULL JOIN {new} USING ({key}) ORDER BY {key}"


_PLANNED = """
SELECT channel, count(*) AS visits, count(*) FILTER (state = 'scheduled') AS scheduled,
       round(sum(person_days), 2) AS person_days
FROM {side}.plan.visits WHERE state <> 'awaiting' GROUP BY channel
"""
_LOAD = """
SELECT month_on, load_days, person_days, coalesce(short_days, 0) AS short_days
FROM (SELECT date_trunc('month', day)::DATE AS month_on, round(sum(load_days), 2) AS load_days,
             round(sum(person_days), 2) AS person_days FROM {side}.plan.capacity GROUP BY 1)
LEFT JOIN (SELECT month_on, round(sum(short_days), 2) AS short_days FROM {side}.plan.budget GROUP BY 1)
     USING (month_on)
"""
_SHORT = """
SELECT scope, rule, sum(count)::BIGINT AS count, round(coalesce(sum(person_days), 0), 2) AS person_days
FROM {side}.plan.shortfalls WHERE scope <> 'note' GROUP BY ALL
"""
_CAPS = """
SELECT 'over' AS what, count(*) AS enterprises FROM {side}.plan.caps WHERE used > cap
UNION ALL
SELECT 'reached', count(*) FROM {side}.plan.caps WHERE used = cap
UNION ALL
SELECT 'waived', count(DISTINCT enterprise_id) FROM {side}.plan.visit_items WHERE waived_by = 'cap'
"""
