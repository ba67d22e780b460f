"""The job of the nights."""

from dagster import AssetSelection, define_asset_job, in_process_executor

from assets.intraday import PRIORITY as INTRADAY_PRIORITY
from assets.partitions import AS_OF

# One process: DuckDB takes one writer, and the lock and connection are held for the whole run.
NIGHTLY = define_asset_job(
    "nightly",
    selection=AssetSelection.all(),
    description="夜间赋码: take deliveries in, check, score, code, explain, queue, publish.",
    partitions_def=AS_OF,
    executor_def=in_process_executor,
    tags={"dagster/priority": str(INTRADAY_PRIORITY + 1), "dagster/max_runtime": str(6 * 3600)},
)
