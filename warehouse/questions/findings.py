"""Questions about findings that several systems report."""

from itertools import groupby

from warehouse.database.frames import Connection
from warehouse.database.reading import Row, rows

_ALIKE = """
SELECT a.enterprise_id, e.name, a.occurred_on, a.source, a.violation_id, a.item_code, a.description, a.severity,
       a.is_major_hazard, a.reports
FROM serve.alike_findings a LEFT JOIN core.enterprises e USING (enterprise_id)
ORDER BY a.enterprise_id, a.occurred_on, a.source, a.violation_id
"""
_DAY = ("enterprise_id", "name", "occurred_on")


def alike(connection: Connection) -> list[Row]:
    """Days of enterprises on which systems report findings that may be the same, each with these ``findings``."""
    found = groupby(rows(connection, _ALIKE), key=lambda row: tuple(row[name] for name in _DAY))
    return [
        dict(zip(_DAY, day, strict=True))
        | {"findings": [{name: row[name] for name in row if name not in _DAY} for row in several]}
        for day, several in found
    ]


def alike_days(connection: Connection) -> int:
    """How many such days there are."""
    counted = "SELECT count(DISTINCT (enterprise_id, occurred_on)) AS days FROM serve.alike_findings"
    return rows(connection, counted)[0]["days"]
