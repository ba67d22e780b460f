"""Tables of what was measured, what is read from them, and alarms that a person takes as they are."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from models.errors import WarehouseError
from warehouse.database.frames import Connection
from warehouse.history import IS_ISSUED
from warehouse.reading import Row, rows

_NUMBERS = (
    "as_of DATE, metric VARCHAR, group_kind VARCHAR, group_value VARCHAR, value DOUBLE, low DOUBLE, high DOUBLE, "
    "limit_low DOUBLE, limit_high DOUBLE, state VARCHAR"
)
_TABLES = f"""
CREATE SCHEMA IF NOT EXISTS risk;
CREATE SCHEMA IF NOT EXISTS ops;
CREATE TABLE IF NOT EXISTS risk.monitoring (
    {_NUMBERS}, since DATE, group_zh VARCHAR, group_en VARCHAR,
    text_zh VARCHAR, text_en VARCHAR, look_zh VARCHAR, look_en VARCHAR);
CREATE TABLE IF NOT EXISTS risk.migrations (
    as_of DATE, before_as_of DATE, from_code VARCHAR, to_code VARCHAR, enterprises BIGINT);
CREATE TABLE IF NOT EXISTS ops.monitoring_history ({_NUMBERS});
CREATE TABLE IF NOT EXISTS ops.distributions (as_of DATE, measure VARCHAR, bin BIGINT, enterprises BIGINT);
CREATE TABLE IF NOT EXISTS ops.acknowledged (
    metric VARCHAR, group_kind VARCHAR, group_value VARCHAR, as_of DATE, value DOUBLE, low DOUBLE, high DOUBLE,
    given_by VARCHAR, reason VARCHAR, given_at TIMESTAMP);
"""
LEAST_REASON = 10
"""Fewest characters of a reason: who comes after must be able to follow it."""


def prepare(connection: Connection) -> None:
    """Create the tables."""
    connection.execute(_TABLES)


def findings(connection: Connection) -> list[Row]:
    """What was measured last, alarms first.

    Raises WarehouseError for a published copy of a time when nothing was measured.
    """
    _require(connection)
    return rows(
        connection,
        "FROM risk.monitoring ORDER BY "
        "CASE state WHEN 'alarm' THEN 0 WHEN 'acknowledged' THEN 1 ELSE 2 END, metric, group_kind, group_value",
    )


def migration(connection: Connection) -> list[Row]:
    """Who went from which code to which, over the longest span that was compared."""
    return rows(
        connection,
        "FROM risk.migrations WHERE before_as_of = (SELECT min(before_as_of) FROM risk.migrations)",
    )


def history(connection: Connection, metric: str) -> list[Row]:
    """One metric by day."""
    return rows(
        connection,
        "FROM ops.monitoring_history WHERE metric = $metric ORDER BY as_of, group_kind, group_value",
        {"metric": metric},
    )


def measured_coding(connection: Connection) -> Row:
    """Day of what was measured (an update within the day may have coded since), and the rules in force."""
    measured = "(SELECT max(as_of) FROM risk.monitoring)"
    return rows(connection, f"SELECT {measured} AS as_of, pack, pack_version FROM risk.codes LIMIT 1")[0]


def shares(connection: Connection) -> list[Row]:
    """Enterprises by code on every issued day; of several runs of a day, the last."""
    return rows(
        connection,
        f"SELECT as_of, enterprises, red, yellow, blue, green FROM ops.runs WHERE {IS_ISSUED} "
        "QUALIFY row_number() OVER (PARTITION BY as_of ORDER BY finished_at DESC) = 1 ORDER BY as_of",
    )


def acknowledgements(connection: Connection) -> list[Row]:
    """Alarms that were taken as they are, the newest first."""
    return rows(connection, "FROM ops.acknowledged ORDER BY as_of DESC, metric, group_kind, group_value")


def acknowledge(
    connection: Connection,
    metric: str,
    *,
    by: str,
    reason: str,
    as_of: date | None = None,
    group: str | None = None,
) -> list[Row]:
    """Take the alarms of a metric on a day as they are (default: the day measured last, and all groups).

    One-time: it covers what was measured on that day and nothing that comes later.  Returns the alarms it covers.
    Raises WarehouseError when there is no such alarm, or the reason is too short to be followed.
    """
    if len(reason.strip()) < LEAST_REASON:
        raise WarehouseError(
            f"A reason of {len(reason.strip())} characters cannot be followed later. "
            f"Say in {LEAST_REASON} or more what was found."
        )
    day = as_of or _last_day(connection)
    raised = rows(
        connection, "FROM ops.monitoring_history WHERE as_of = $day AND state = 'alarm'", {"day": day}
    )
    meant = [row for row in raised if row["metric"] == metric and group in (None, row["group_value"])]
    if not meant:
        raise WarehouseError(
            f"No alarm {metric}{f' of {group}' if group else ''} on {day}; that day has: {_named(raised)}. "
            "Name one of these, or another day."
        )
    connection.executemany(
        "INSERT INTO ops.acknowledged VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, now()::TIMESTAMP)",
        [
            [
                *(
                    row[name]
                    for name in ("metric", "group_kind", "group_value", "as_of", "value", "low", "high")
                ),
                by.strip(),
                reason.strip(),
            ]
            for row in meant
        ],
    )
    return meant


def _named(raised: Sequence[Row]) -> str:
    names = sorted({"/".join(filter(None, (row["metric"], row["group_value"]))) for row in raised})
    return ", ".join(names) or "none"


def _last_day(connection: Connection) -> date:
    [[day]] = connection.execute("SELECT max(as_of) FROM ops.monitoring_history").fetchall()
    if day is None:
        raise WarehouseError("Nothing was measured yet. Start a run first: ./riskcode run")
    return day


def _require(connection: Connection) -> None:
    found: list[Any] = connection.execute(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = 'risk' AND table_name = 'monitoring'"
    ).fetchall()
    if not found or not connection.execute("SELECT 1 FROM risk.monitoring LIMIT 1").fetchall():
        raise WarehouseError(
            "The published copy is of a time when nothing was measured. Start a run first: ./riskcode run"
        )
