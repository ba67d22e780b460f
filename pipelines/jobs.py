"""Jobs: the nightly run, and the monthly refit."""

from typing import Any

from dagster import AssetSelection, define_asset_job, in_process_executor

from assets.partitions import AS_OF

# One process: DuckDB takes one writer, and the lock and connection are held for the whole run.
_ONE_WRITER: dict[str, Any] = {
    "partitions_def": AS_OF,
    "executor_def": in_process_executor,
    "tags": {"dagster/concurrency_key": "riskcode_warehouse"},
}


_LEARNING = AssetSelection.groups("learning")


NIGHTLY = define_asset_job(
    "nightly",
    selection=AssetSelection.all() - _LEARNING,
    description="夜间赋码: take deliveries in, check, score, code, explain, queue, publish.",
    **_ONE_WRITER,
)


REFIT = define_asset_job(
    "refit",
    selection=_LEARNING,
    description="每月重拟合: fit a challenger and measure it; a person promotes it or not.",
    **_ONE_WRITER,
)
