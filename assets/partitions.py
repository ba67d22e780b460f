"""Daily as-of partitions: partition D codes day D from what was known on it, first at two o'clock of D."""

from collections.abc import Mapping
from datetime import date, time, timedelta

from dagster import BackfillPolicy, DailyPartitionsDefinition
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from warehouse.clock import LOCAL, commissioned_on

TIMEZONE = LOCAL.key
MOST_DAYS = 62
"""Days that one run codes again at most: two months; "all that is missing" of years is refused, not begun."""

POOL = "warehouse"
"""Runs of this pool wait for each other; the warehouse takes one writer."""

# Archives reach further back: a run for such a day begins with it (``pipelines.nightly``).  Today's partition exists so
# that a new delivery can be coded before the day is over.
AS_OF = DailyPartitionsDefinition(start_date=commissioned_on().isoformat(), timezone=TIMEZONE, end_offset=1)

# Several days share lock, intake and load; what they issue is nothing (``assets.resources``).
TOGETHER = BackfillPolicy.single_run()


def every_day_at(hour: time) -> str:
    """As cron says it."""
    return f"{hour.minute} {hour.hour} * * *"


def days_of(tags: Mapping[str, str]) -> tuple[date, ...]:
    """The partitions a run with these tags is for, in order; runs within the day have none."""
    one = tags.get(PARTITION_NAME_TAG)
    first = tags.get(ASSET_PARTITION_RANGE_START_TAG, one)
    last = tags.get(ASSET_PARTITION_RANGE_END_TAG, one)
    if first is None or last is None:
        return ()
    begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    return tuple(begins + timedelta(days=more) for more in range((ends - begins).days + 1))
