"""Jobs: the nightly run, and the monthly refit."""

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


REFIT = define_asset_job(
    "refit",
    selection=AssetSelection.groups("learning"),
    description="每月重拟合: fit a challenger and measure it; a person promotes it or not.",
    partitions_def=AS_OF,
    executor_def=in_process_executor,
)
