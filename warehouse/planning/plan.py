"""Making the nightly plan and writing its tables.

The plan before (``plan.former_visits``) is the one made for an earlier day; making the plan of a day again starts
from the same one, so a run that died can simply be run again.  Lots that were drawn stay drawn, whatever becomes of
the run; all else is written at once.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from models.calendar import horizon, month_start
from models.planning.certificate import certificate
from models.planning.demand.waivers import caps
from models.planning.floors import Floor, coverage, floors, still_owed
from models.planning.frames import with_authority
from models.planning.plan import SCHEDULED, SHORT, Plan, make_plan
from models.planning.situation import Situation
from models.planning.year import budget, rooms
from models.policy import PlanningPolicy
from warehouse.coding.coding import Coding
from warehouse.coding.rows import require_day
from warehouse.database.frames import (
    Connection,
    held_within,
    log,
    replace_table,
    shown_as,
    transaction,
)
from warehouse.database.meta import value
from warehouse.database.places import live
from warehouse.database.validity import known
from warehouse.planning.appointments import keep_appointments
from warehouse.planning.checks import write_checks
from warehouse.planning.draws import Seeds, fresh_seed, plan_crews, plan_year, unrevealed
from warehouse.planning.settlement import settle
from warehouse.planning.situation import read_situation, reread
from warehouse.schema.catalogue import OWN

VISITS = OWN["plan.visits"].columns
MOST_HELD = "1 GiB"
"""That the database holds meanwhile: the frames of a whole city need their room."""


@dataclass(frozen=True)
class Planned:
    """What a night's planning came to."""

    visits: int
    scheduled: int
    short: int
    shortfalls: int
    drawn: int


def compute_plan(connection: Connection, coding: Coding, *, seeds: Seeds = fresh_seed) -> Planned | None:
    """Make the plan of the coded day and write all its tables.

    ``None`` for a day before the one planned last: promises are not made again for the past.
    """
    require_day(connection, "risk.codes", coding)
    last = planned_as_of(connection)
    if last is not None and coding.as_of < last:
        log.info("%s lies before the plan of %s; the plan stays", coding.as_of, last)
        return None
    log.info("planning inspections")
    with held_within(connection, MOST_HELD):
        return _planned(connection, coding, seeds, last)


def _planned(connection: Connection, coding: Coding, seeds: Seeds, last: date | None) -> Planned:
    policy = coding.policy.planning
    with transaction(connection):
        _turn_the_page(connection, coding.as_of, last)
        settle(connection, coding, policy)
    now = read_situation(connection, coding)
    with transaction(connection):
        drawn = plan_year(connection, now, policy, seeds)
        now = reread(connection, now, "targets")
        days = horizon(now.as_of, policy.visiting.horizon_working_days)
        plan_crews(connection, now, policy, sorted({month_start(day) for day in days}), seeds)
    now = reread(connection, now, "crews", "ties")
    plan = make_plan(now, policy)
    with transaction(connection):
        planned = _write(connection, coding, now, plan, drawn.height)
        keep_appointments(connection, coding.as_of)
        replace_table(connection, "plan.current", OWN["plan.current"].frame([(coding.as_of,)]))
    return planned


def planned_as_of(connection: Connection) -> date | None:
    """The day at the end of which the plan that lives was made; ``None`` before the first."""
    return value(connection, f"SELECT max(as_of) FROM {live(connection)}.plan.current")


def _turn_the_page(connection: Connection, as_of: date, last: date | None) -> None:
    """Put the plan of the day before aside; a plan of this very day is made anew from the same one."""
    before = "visits" if last is not None and last < as_of else "former_visits"
    held = live(connection)
    for table, rows in (
        ("former_visits", before),
        # What this day's first run took for done is asked again.
        ("done_items", f"done_items WHERE settled_on < DATE '{as_of}'"),
        # What it told is told anew.
        ("appointments", "appointments"),
    ):
        connection.execute(f"CREATE OR REPLACE TABLE plan.{table} AS FROM {held}.plan.{rows}")


def _write(connection: Connection, coding: Coding, now: Situation, plan: Plan, drawn: int) -> Planned:
    policy = coding.policy.planning
    everywhere = with_authority(now, policy).select("at_level", "at_division").unique().rows()
    floor, room = floors(now, policy), rooms(now, policy, {*plan.benches, *everywhere})
    budgets = budget(now, policy, room, still_owed(now, plan.items))
    waiting = unrevealed(connection, now.year).values()
    pending = sorted({(one["level"], one["division"]) for one in waiting})
    awaiting = connection.sql("FROM plan.awaiting").pl()
    short = certificate(plan, now, policy, floor, budgets, pending, awaiting)
    visits = _visits(connection, plan, now)
    replace_table(connection, "plan.visits", visits)
    told = {
        "plan.visit_items": plan.items,
        "plan.assignments": _assignments(visits, now),
        "plan.shortfalls": short,
        "plan.budget": budgets,
        "plan.floors": _floors([*coverage(now, policy, plan.items), *floor]),
        "plan.capacity": _capacity(plan),
        "plan.outcomes": _outcomes(plan, coding),
        "plan.caps": caps(now, policy),
        "plan.contacts": _contacts(connection, visits, coding),
    }
    for name, frame in told.items():
        replace_table(connection, name, frame.with_columns(as_of=pl.lit(coding.as_of)))
    write_checks(connection, visits, now, coding)
    connection.execute(_CHANGES, {"as_of": coding.as_of})
    _serve(connection, now, policy)
    states = Counter(visits["state"])
    missing = short.filter(pl.col("scope") != "note").height
    return Planned(visits.height, states[SCHEDULED], states[SHORT], missing, drawn)


def _visits(connection: Connection, plan: Plan, now: Situation) -> pl.DataFrame:
    """All visits of the plan, and those whose record is awaited."""
    former = connection.sql(
        "SELECT visit_id, min(made_on) AS made_on FROM plan.former_visits GROUP BY ALL"
    ).pl()
    recorded = (
        connection.sql("SELECT DISTINCT visit_id FROM recorded").pl()["visit_id"].cast(pl.String).to_list()
    )
    planned = (
        plan.visits.rename({"at_level": "level", "at_division": "division"})
        .join(former.with_columns(pl.col("visit_id").cast(pl.String)), on="visit_id", how="left")
        # Its record has come and left something undone: what is planned now is another visit.
        .with_columns(made_on=pl.when(~pl.col("visit_id").is_in(recorded)).then("made_on"))
        .with_columns(as_of=pl.lit(now.as_of), made_on=pl.col("made_on").fill_null(now.as_of))
        .select(*VISITS)
    )
    awaiting = (
        connection.sql("FROM plan.awaiting ORDER BY visit_id").pl().with_columns(as_of=pl.lit(now.as_of))
    )
    return pl.concat([planned, awaiting.select(*VISITS).cast(dict(planned.schema))]).sort("visit_id")


def _assignments(visits: pl.DataFrame, now: Situation) -> pl.DataFrame:
    """One row per visit and person sent."""
    people = now.officers.select("officer_id", "name", "role", home_level="level", home_division="division")
    columns = ["visit_id", "enterprise_id", "planned_on", "crew_id", "stop", "form", "level", "division"]
    sent = visits.filter(pl.col("planned_on").is_not_null()).select(*columns, officer_id="officers")
    sent = sent.explode("officer_id").drop_nulls("officer_id")
    return sent.join(people, on="officer_id", how="left").sort("planned_on", "crew_id", "stop", "officer_id")


def _floors(found: Sequence[Floor]) -> pl.DataFrame:
    rows = [
        (*one.authority, one.channel, one.base, one.required, one.done, one.planned, one.available, one.short)
        for one in found
    ]
    return OWN["plan.floors"].frame(
        rows, "level", "division", "channel", "base", "required", "done", "planned", "available", "short"
    )


def _outcomes(plan: Plan, coding: Coding) -> pl.DataFrame:
    """What the optimiser can say of each authority's plan, and the policy it was made by."""
    made_by = (coding.as_of, coding.policy.pack, coding.policy.planning_hash, plan.is_provisional)
    rows = [
        (
            *authority,
            *(sum(counts.values()) for counts in (one.scheduled, one.dropped, one.bound)),
            *(one.value, one.value_bound, one.is_proven),
            *made_by,
        )
        for authority, one in sorted(plan.outcomes.items())
    ]
    return OWN["plan.outcomes"].frame(rows)


def _capacity(plan: Plan) -> pl.DataFrame:
    """Person-days of crews and of planned visits, one row per authority and working day."""
    rows = [
        (level, division, day, len(crews), float(sum(len(crew.officers) for crew in crews)))
        for (level, division), bench in sorted(plan.benches.items())
        for day, crews in zip(bench.days, bench.crews, strict=True)
    ]
    frame = OWN["plan.capacity"].frame(rows, "level", "division", "day", "crews", "person_days")
    load = (
        plan.visits.filter(pl.col("planned_on").is_not_null())
        .group_by(level="at_level", division="at_division", day="planned_on")
        .agg(visits=pl.len(), load_days=pl.col("person_days").sum())
    )
    return frame.join(load, on=["level", "division", "day"], how="left").with_columns(
        pl.col("visits", "load_days").fill_null(0)
    )


def _contacts(connection: Connection, visits: pl.DataFrame, coding: Coding) -> pl.DataFrame:
    """Whom to ask for where a crew goes: the only contacts that readers get."""
    known_contacts = connection.sql(_CONTACTS, params={"known_at": coding.known_at}).pl()
    sent = visits.filter(pl.col("planned_on").is_not_null()).select("enterprise_id").unique()
    return known_contacts.join(sent, on="enterprise_id", how="semi").sort("enterprise_id")


_CONTACTS = f"""
SELECT enterprise_id, contact, phone FROM core.enterprises
WHERE {known()} AND coalesce(contact, phone) IS NOT NULL
"""


_CHANGES = """
CREATE OR REPLACE TABLE plan.changes AS
SELECT coalesce(n.visit_id, f.visit_id) AS visit_id, coalesce(n.enterprise_id, f.enterprise_id) AS enterprise_id,
       coalesce(n.level, f.level) AS level, coalesce(n.division, f.division) AS division,
       CASE WHEN n.visit_id IS NOT NULL THEN n.change
            WHEN d.visit_id IS NOT NULL THEN 'done' ELSE 'cancelled' END AS change,
       CASE WHEN n.change IN ('moved', 'dropped', 'other_crew') AND n.form IS NOT NULL THEN 'borrowed_crew'
            WHEN n.change = 'dropped' THEN n.reason
            WHEN n.change = 'moved' AND f.planned_on > n.last_on THEN 'deadline_earlier'
            WHEN n.change = 'moved' AND f.planned_on < n.first_on THEN 'opens_later'
            WHEN n.change IN ('moved', 'other_crew') THEN 'crew_or_day_taken'
            WHEN n.visit_id IS NULL AND d.visit_id IS NOT NULL THEN 'inspected'
            WHEN n.visit_id IS NULL THEN coalesce(w.waived_by, 'no_longer_due') END AS because,
       f.planned_on AS from_day, n.planned_on AS to_day, $as_of::DATE AS as_of
FROM plan.visits n
FULL JOIN (FROM plan.former_visits WHERE state IN ('scheduled', 'awaiting')) f ON f.visit_id = n.visit_id
LEFT JOIN (SELECT DISTINCT visit_id FROM plan.done_items) d ON d.visit_id = f.visit_id
LEFT JOIN (SELECT item_id, waived_by FROM plan.visit_items WHERE waived_by IS NOT NULL) w
       ON w.item_id = f.visit_id
WHERE coalesce(n.change, 'gone') <> 'kept'
ORDER BY 1
"""
"""Every visit that is not as it was in the plan before, and why."""


_QUEUE = """
CREATE OR REPLACE TABLE serve.inspection_queue AS
SELECT row_number() OVER (ORDER BY v.state = 'awaiting', v.rank, v.due_on, v.value DESC, v.enterprise_id, v.visit_id)
           AS rank,
       v.visit_id, v.enterprise_id, v.channel, v.channels, v.state, v.reason, v.planned_on, v.due_on, v.file_by,
       v.is_overdue,
       v.level, v.division, v.crew_id, v.officers, v.stop, v.mode, v.quarter_days, v.form, v.value, v.change,
       c.code, c.score, v.as_of
FROM plan.visits v LEFT JOIN risk.codes c USING (enterprise_id) ORDER BY 1
"""

_MONTH_LIST = """
CREATE OR REPLACE TABLE serve.month_list AS
SELECT t.month_on, v.level, v.division, t.enterprise_id,
       CASE t.channel WHEN 'annual_full' THEN 'key' ELSE 'general' END AS kind, $as_of::DATE AS as_of
FROM plan.targets t JOIN enforced v USING (enterprise_id)
WHERE t.month_on >= $first AND list_contains($published, t.channel)
  AND (v.code <> 'green' OR t.channel = 'annual_full')
ORDER BY t.month_on, v.level, v.division, kind, t.enterprise_id
"""


def _serve(connection: Connection, now: Situation, policy: PlanningPolicy) -> None:
    """What inspectors pull (``serve.inspection_queue``) and what is published ahead (``serve.month_list``, P5).

    The month list holds neither days nor officers nor reasons, and no visit outside the plan: nobody is warned of
    an unannounced one.
    """
    connection.execute(_QUEUE)
    enforced = with_authority(now, policy).select(
        "enterprise_id", "code", level="at_level", division="at_division"
    )
    published = [name for name, one in policy.channels.items() if one.spec.is_published]
    told = {"as_of": now.as_of, "first": month_start(now.next_day), "published": published}
    with shown_as(connection, "enforced", enforced):
        connection.execute(_MONTH_LIST, told)
