"""One year of nightly replanning on the demo city: what is planned every night, and what is made of it.

``benchmarks.year_figures`` counts what was seen; ``benchmarks.year_city`` is the city.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from benchmarks.year_city import LivingCity
from models.calendar import working_days
from models.policy import Policy, PolicyOnDay, load_policy
from models.tables.canonical import TABLES
from pipelines.demo.living import VISIT_COLUMNS
from warehouse.coding.coding import Coding
from warehouse.coding.issue import issue
from warehouse.coding.order import code_only
from warehouse.database.opening import prepare_schema
from warehouse.intake.accepted import write_versions
from warehouse.planning.draws import seeds_from
from warehouse.planning.plan import compute_plan
from warehouse.questions.plan import SCHEDULED

YEAR = 2025
HISTORY_YEARS = 4
"""Years of the city, the simulated one included."""


@dataclass(frozen=True)
class Options:
    """What to simulate; ``nights`` cuts the year short."""

    enterprises: int = 5000
    seed: int = 2026
    nights: int | None = None
    pack: str = "starter"


@dataclass
class Log:
    """What was seen, one frame per night and subject; ``all`` puts the nights of a subject together."""

    frames: defaultdict[str, list[pl.DataFrame]] = field(default_factory=lambda: defaultdict(list))

    def add(self, subject: str, frame: pl.DataFrame, **columns: Any) -> None:
        """Remember a frame with columns that hold one value each."""
        self.frames[subject].append(
            frame.with_columns(**{name: pl.lit(one) for name, one in columns.items()})
        )

    def all(self, subject: str) -> pl.DataFrame:
        """Everything seen of a subject."""
        return pl.concat(self.frames[subject], how="vertical_relaxed")

    def write(self, folder: Path) -> None:
        """Everything seen as Parquet, one file for each subject."""
        folder.mkdir(parents=True, exist_ok=True)
        for subject in self.frames:
            self.all(subject).write_parquet(folder / f"{subject}.parquet")


def planned_nights(year: int, most: int | None) -> list[tuple[date, date]]:
    """Nights before a working day of the year, each with that day."""
    days = working_days(date(year, 1, 1), date(year, 12, 31))[:most]
    nights = [date(year - 1, 12, 31), *(day - timedelta(days=1) for day in days[1:])]
    return list(zip(nights, days, strict=True))


def simulate(options: Options, tell: Callable[[str], None] = lambda _: None) -> tuple[Log, LivingCity]:
    """Live through the year: every night deliver, code and plan; every working day visit."""
    year = planned_nights(YEAR, options.nights)
    city = LivingCity(
        options.enterprises, date(YEAR, 1, 1), date(YEAR, 12, 31), years=HISTORY_YEARS, seed=options.seed
    )
    log, policy, since = Log(), load_policy(options.pack), None
    connection = duckdb.connect()
    prepare_schema(connection)
    for number, (night, day) in enumerate(year):
        took = _night(connection, city, policy, since, night, options.seed)
        log.add("nights", pl.DataFrame([took]), night=night)
        _see(log, connection, night, day)
        made = _day(log, connection, city, night, day)
        since = night
        tell(f"{number + 1:3} of {len(year)} {night} {took['planning']:5.1f} s, visits made {made}")
    _see_end(log, connection, policy.on(year[-1][0]), year[-1][0])
    connection.close()
    return log, city


def _night(
    connection: duckdb.DuckDBPyConnection,
    city: LivingCity,
    policy: Policy,
    since: date | None,
    night: date,
    seed: int,
) -> dict[str, float]:
    """Deliver, code and plan; seconds of each."""
    at = [time.perf_counter()]
    for name, rows in city.delivery(since, night).items():
        write_versions(connection, TABLES[name], rows, received_on=night)
    at.append(time.perf_counter())
    coding = Coding(night, night, policy.on(night))
    code_only(connection, coding)
    at.append(time.perf_counter())
    compute_plan(connection, coding, seeds=seeds_from(f"year {seed}"))
    issue(connection, coding, run_id=f"{night}")
    at.append(time.perf_counter())
    return {
        name: after - before
        for name, before, after in zip(("delivery", "coding", "planning"), at, at[1:], strict=False)
    }


SEEN = {
    "plan": """SELECT visit_id, enterprise_id, channel, channels, item_ids, state, reason, change, planned_on, opens_on,
        due_on, first_on, last_on, is_overdue, is_planned, mode, quarter_days, level, division, crew_id, form, made_on
        FROM plan.visits""",
    "urgent": """SELECT item_id, enterprise_id, channel, opens_on, due_on, visit_id, waived_by, is_later
        FROM plan.visit_items
        WHERE channel IN ('red', 'red_overdue', 'immediate', 'department')""",
    "waived": """SELECT channel, waived_by, is_later, count(*) AS items FROM plan.visit_items
        GROUP BY ALL ORDER BY ALL""",
    "shortfalls": """SELECT scope, rule, level, division, channel, enterprise_id, visit_id, count, person_days
        FROM plan.shortfalls""",
    "red": "SELECT enterprise_id, red_since, due_on, visited_on, state FROM serve.red_queue",
    "changes": "SELECT visit_id, change, because FROM plan.changes",
    "codes": "SELECT code, count(*) AS firms FROM risk.codes GROUP BY code ORDER BY code",
    "findings": "SELECT count(*) AS open, count(*) FILTER (is_overdue) AS overdue FROM serve.open_findings",
    "loans": "SELECT planned_on, crew_id, form FROM plan.visits WHERE form IS NOT NULL AND state = 'scheduled'",
}
"""What is remembered of every night."""


def _see(log: Log, connection: duckdb.DuckDBPyConnection, night: date, day: date) -> None:
    for subject, query in SEEN.items():
        log.add(subject, connection.sql(query).pl(), night=night)
    capacity = connection.sql("SELECT * FROM plan.capacity WHERE day = ?", params=[day]).pl()
    log.add("capacity", capacity.drop("as_of"), night=night)


_TODAY = """
SELECT v.*, c.code, f.sector, a.cap, a.used
FROM plan.visits v JOIN risk.codes c USING (enterprise_id) JOIN risk.features f USING (enterprise_id)
JOIN plan.caps a USING (enterprise_id)
WHERE v.state = 'scheduled' AND v.planned_on = ? ORDER BY v.visit_id
"""

_OPEN = """
SELECT i.enterprise_id, i.item_id, i.channel, i.opens_on, i.mode, i.visit_id, i.waived_by, i.is_later
FROM plan.visit_items i
WHERE i.enterprise_id IN (SELECT enterprise_id FROM plan.visits WHERE state = 'scheduled' AND planned_on = ?)
"""


def _day(log: Log, connection: duckdb.DuckDBPyConnection, city: LivingCity, night: date, day: date) -> int:
    """Make what is scheduled for a day, but for the few that are not made.  Returns the number made."""
    names = connection.sql(SCHEDULED, params={"day": day}).pl().select("visit_id", "names")
    due = connection.sql(_TODAY, params=[day]).pl().drop("as_of")
    due = due.join(names, on="visit_id", how="left", maintain_order="left")
    is_made = city.is_made(day, due.height)
    log.add("failed", due.filter(~is_made).select("visit_id", "enterprise_id", "item_ids"), day=day)
    log.add("open", connection.sql(_OPEN, params=[day]).pl(), day=day)
    made = due.filter(is_made)
    told = city.visit(day, made.select(VISIT_COLUMNS))
    found = told.select("visit_id", "kind", "result", "risk", "found", "serious", "major", "recorded")
    log.add("made", made.join(found, on="visit_id", maintain_order="left"), night=night, day=day)
    return made.height


def _see_end(log: Log, connection: duckdb.DuckDBPyConnection, policy: PolicyOnDay, night: date) -> None:
    """What only the last night tells."""
    log.add("floors", connection.sql("FROM plan.floors").pl().drop("as_of"), night=night)
    log.add("caps", connection.sql("FROM plan.caps").pl().drop("as_of"), night=night)
    log.add("targets", connection.sql("FROM plan.targets").pl(), night=night)
    log.add("items", connection.sql("FROM plan.visit_items").pl().drop("as_of"), night=night)
    log.add("done", connection.sql("FROM plan.done_items").pl(), night=night)
    overdue = """SELECT 'recheck:' || enterprise_id || ':' || source || '/' || violation_id AS item_id, rectify_due_on
        FROM serve.open_findings WHERE is_overdue"""
    log.add("overdue", connection.sql(overdue).pl(), night=night)
    firms = """SELECT c.enterprise_id, c.code, c.is_provisional, f.sector, f.status, f.enforcing_level AS level,
        f.division FROM risk.codes c JOIN risk.features f USING (enterprise_id)"""
    log.add("firms", connection.sql(firms).pl(), gap=policy.planning.visiting.min_gap_days)
