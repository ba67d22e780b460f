"""Features on the day before every visit, as they were known then: for many days at once.

A visit's enterprise is moved in time, so that the day before its visit becomes one day common to all; features hang on
the distance of days alone.  So one query answers for thousands of days, each enterprise standing in it once for every
visit.
"""

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from models.features.events import EVENT_COLUMNS
from models.features.windows import FeaturePolicy
from models.learning.labels import in_cohort
from models.learning.visits import VISIT_COLUMNS, VisitRows, visits_of
from models.policy import Label, Policy
from models.tables.canonical import TABLES
from models.validity import known
from models.vocabulary import as_date, day_number
from warehouse.coding.extract import Extract, queries
from warehouse.coding.levels import Rows
from warehouse.database.frames import Connection, log, shown_as
from warehouse.learning.outcomes import outcomes

MOST_VISITS = 50_000
"""Visits, about, whose enterprises are moved at once."""


def visit_rows(
    connection: Connection,
    policy: Policy,
    label: Label,
    columns: Sequence[str],
    *,
    since: date,
    known_at: date,
) -> VisitRows | None:
    """The visits from a day on that a label is about, with ``columns`` of features; ``None`` where it is about others.

    Grain: one row per enterprise and day of a visit, sorted by ``enterprise_id`` and ``as_of``.
    """
    if label.spec.outcome != "next_visit":
        return None
    visits = visits_of(outcomes(connection, label, known_at), label).filter(
        pl.col("as_of") >= day_number(since), pl.col("outcome_day") <= day_number(known_at)
    )
    most = policy.on(known_at).learning.fitting.most_boosted_rows
    # Of more than are learnt from, every second, third, … in the order of enterprises and days.
    visits = visits.gather_every(max(-(-visits.height // most), 1))
    log.info("features on the days before %s visits", f"{visits.height:,}")
    parts = [
        features_before(connection, portion, of).filter(in_cohort(label)).select(*columns, *VISIT_COLUMNS[1:])
        for of, days in _by_policy(policy, visits["as_of"].unique().sort().to_list())
        for portion in _portions(visits.filter(pl.col("as_of").is_in(days)))
    ]
    if not parts:
        return None
    # Integers in half the space; every feature fits.
    frame = pl.concat(parts).with_columns(pl.col(pl.Int64).exclude("as_of").cast(pl.Int32))
    return VisitRows(frame.sort("enterprise_id", "as_of"), label.spec.gap_days)


def _by_policy(policy: Policy, days: Sequence[int]) -> list[tuple[FeaturePolicy, list[int]]]:
    """The days by the feature policy that holds on them."""
    found: list[tuple[FeaturePolicy, list[int]]] = []
    for day in days:
        of = policy.on(as_date(day)).features
        if not found or found[-1][0] != of:
            found.append((of, []))
        found[-1][1].append(day)
    return found


def _portions(visits: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The visits in portions of whole enterprises."""
    numbered = visits.with_columns(
        portion=pl.int_range(pl.len()).first().over("enterprise_id") // MOST_VISITS
    )
    for _, portion in numbered.group_by("portion", maintain_order=True):
        yield portion.drop("portion")


def features_before(connection: Connection, visits: pl.DataFrame, policy: FeaturePolicy) -> pl.DataFrame:
    """Visits of ``models.learning.visits`` (sorted) with every feature of the day before, known on that day."""
    common = int(visits["as_of"].max())  # pyright: ignore
    moved = visits.select(
        pl.format("{} {}", "enterprise_id", "as_of").alias("visit"),
        "enterprise_id",
        pl.col("as_of").alias("before"),
    )
    ends = (visits["enterprise_id"][0], visits["enterprise_id"][-1])
    with shown_as(connection, "given", moved):
        connection.execute("CREATE OR REPLACE TEMP TABLE moved AS FROM given")
    read = queries(connection, Extract(between=ends))
    rows = Rows(connection, {table: _moved(table, query, common) for table, query in read.items()})
    day = as_date(common)
    levels = rows.levels_on(day, day, policy).rename({"enterprise_id": "visit"})
    facts = visits.with_columns(visit=pl.format("{} {}", "enterprise_id", "as_of"))
    return levels.join(facts, on="visit", maintain_order="left").drop("visit")


def _moved(table: str, query: str, common: int) -> str:
    """SQL of the rows of a table known the day before each visit, moved so that this day becomes the ``common`` one."""
    of, later = TABLES[table].columns(), f"({common} - before)"
    shift = {pl.Date: later, pl.Datetime: f"1440 * {later}"}
    columns = [
        f"{name} + {shift[base]} AS {name}" if (base := of[name].dtype.base_type()) in shift else name
        for name in EVENT_COLUMNS[table]
        if name != "enterprise_id"
    ]
    columns += [f"{name} + {later} AS {name}" for name in ("known_from", "known_to")]
    return (
        f"SELECT visit AS enterprise_id, {', '.join(columns)} FROM ({query}) JOIN moved USING (enterprise_id) "
        f"WHERE {known(day='before')}"
    )
