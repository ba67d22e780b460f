"""Daily as-of partitions: partition D codes what was known by the end of day D."""

from dagster import DailyPartitionsDefinition

TIMEZONE = "Asia/Shanghai"

# Archives reach back; today's partition exists so that a new delivery can be coded before the day is over.
AS_OF = DailyPartitionsDefinition(start_date="2000-01-01", timezone=TIMEZONE, end_offset=1)
