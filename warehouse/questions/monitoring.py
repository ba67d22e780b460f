"""Tables of what was measured, what is read from them, and alarms that a person takes as they are."""

from datetime import date

from models.errors import WarehouseError
from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows
from warehouse.database.runs import IS_ISSUED


def findings(connection: Connection) -> list[Row]:
    """What was measured last, alarms first.

    Raises WarehouseError for a published copy of a time when nothing was measured.
    """
    found = rows(
        connection,
        "FROM risk.monitoring ORDER BY "
        "CASE state WHEN 'alarm' THEN 0 WHEN 'acknowledged' THEN 1 ELSE 2 END, metric, group_kind, group_value",
    )
    if not found:
        raise WarehouseError(
            "The published copy is of a time when nothing was measured. Start a run first: ./riskcode run"
        )
    return found


def alarms(connection: Connection) -> list[Row]:
    """What alarms and nobody has taken as it is, as measured last."""
    return rows(
        connection, "FROM risk.monitoring WHERE state = 'alarm' ORDER BY metric, group_kind, group_value"
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
        "QUALIFY row_number() OVER (PARTITION BY as_of ORDER BY number DESC) = 1 ORDER BY as_of",
    )


def acknowledgements(connection: Connection) -> list[Row]:
    """Alarms that were taken as they are, the newest first."""
    return rows(connection, "FROM ops.acknowledged ORDER BY as_of DESC, metric, group_kind, group_value")


def last_day(connection: Connection) -> date:
    """The day measured last.  Raises WarehouseError when nothing was measured yet."""
    [[day]] = connection.execute("SELECT max(as_of) FROM ops.monitoring_history").fetchall()
    if day is None:
        raise WarehouseError("Nothing was measured yet. Start a run first: ./riskcode run")
    return day
