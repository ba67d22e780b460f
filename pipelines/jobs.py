"""The job of the nights."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from dagster import AssetSelection, RunRequest, define_asset_job, in_process_executor

from assets.intraday import PRIORITY as INTRADAY_PRIORITY
from assets.partitions import AS_OF
from warehouse.clock import moment_of

_PRIORITY = "dagster/priority"

# One process: DuckDB takes one writer, and the lock and connection are held for the whole run.
NIGHTLY = define_asset_job(
    "nightly",
    selection=AssetSelection.all(),
    description="夜间赋码: take deliveries in, check, score, code, explain, queue, publish.",
    partitions_def=AS_OF,
    executor_def=in_process_executor,
    tags={_PRIORITY: str(INTRADAY_PRIORITY + 1), "dagster/max_runtime": str(6 * 3600)},
)


def night_of(day: date, key: str, *, before: date, takes: Mapping[str, Any] | None = None) -> RunRequest:
    """A run for the night of a day; ``before``: the night that has come.

    One that is made up for takes in what had come by its own hour, and goes first: after a later one its codes could
    not be issued any more.  ``takes``: what of the inbox the night that has come takes in (``Deliveries``).
    """
    waited = (before - day).days
    intake = {"arrived_before": moment_of(day).isoformat()} if waited else {**(takes or {})}
    return RunRequest(
        run_key=key,
        job_name=NIGHTLY.name,
        partition_key=f"{day}",
        run_config={"ops": {"intake": {"config": intake}}},
        tags={_PRIORITY: f"{INTRADAY_PRIORITY + 1 + waited}"},
    )
