"""Alarms that a person takes as they are, with a reason, once."""

from collections.abc import Sequence
from datetime import date

from models.errors import WarehouseError
from warehouse.database.frames import Connection, insert
from warehouse.database.meta import written_at
from warehouse.database.reading import Row, rows
from warehouse.database.reasons import followable
from warehouse.questions.monitoring import last_day


def acknowledge_alarm(
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
    told = followable(reason)
    day = as_of or last_day(connection)
    raised = rows(
        connection, "FROM ops.monitoring_history WHERE as_of = $day AND state = 'alarm'", {"day": day}
    )
    meant = [row for row in raised if row["metric"] == metric and group in (None, row["group_value"])]
    if not meant:
        raise WarehouseError(
            "No alarm {metric}{group} on {day}; that day has: {raised}. Name one of these, or another day.",
            metric=metric,
            group=f" of {group}" if group else "",
            day=day,
            raised=_named(raised),
        )
    kept = ("metric", "group_kind", "group_value", "as_of", "value", "low", "high")
    for row in meant:
        insert(
            connection,
            "ops.acknowledged",
            **{name: row[name] for name in kept},
            given_by=by.strip(),
            reason=told,
            given_at=written_at(connection),
        )
    return meant


def _named(raised: Sequence[Row]) -> str:
    names = sorted({"/".join(filter(None, (row["metric"], row["group_value"]))) for row in raised})
    return ", ".join(names) or "none"
