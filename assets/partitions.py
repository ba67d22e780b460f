"""Daily as-of partitions: partition D codes what was known by the end of day D."""

from dagster import BackfillPolicy, DailyPartitionsDefinition

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
