"""What an asset does for every day of a run: one of a night, several of a backfill."""

from collections.abc import Callable
from datetime import date
from typing import Any

from dagster import DataVersion, MarkdownMetadataValue, MaterializeResult

from assets.resources import Warehouse
from desk.say.markdown import table

Metadata = dict[str, Any]
ROWS = "dagster/row_count"


def materialised(warehouse: Warehouse, make: Callable[[date], Metadata]) -> MaterializeResult[Any]:
    """Make an asset for each day of the run, in the day's place; its metadata, of several days in a table."""
    told: dict[date, Metadata] = {}
    version = ""
    for day in warehouse.days:
        with warehouse.at(day):
            told[day] = make(day)
            version = warehouse.version()
    if len(told) == 1:
        return MaterializeResult(metadata=next(iter(told.values())), data_version=DataVersion(version))
    rows = table(("day", "rows>"), [(day, one.get(ROWS, "")) for day, one in told.items()])
    return MaterializeResult(metadata={"days": MarkdownMetadataValue(rows)})
