"""Within the day: one job that takes in what is new in the inbox and codes the enterprises it is about."""

from dagster import OpExecutionContext, RetryPolicy, job, op

from assets.partitions import POOL
from assets.resources import Warehouse
from models.policy import load_policy
from warehouse.intraday import take_in_inbox


@op(
    pool=POOL,
    description="随到随赋码: take in new files, rescore the enterprises they are about, republish.",
    # Another run may be writing: then this one waits a little.
    retry_policy=RetryPolicy(max_retries=3, delay=30),
)
def update_codes(context: OpExecutionContext, warehouse: Warehouse) -> None:
    """One update; what it did is in the run's metadata and in ``ops.runs``."""
    updated = take_in_inbox(
        warehouse.connection,
        warehouse.paths,
        load_policy(warehouse.pack),
        run_id=context.run_id,
        engine=warehouse.engine,
    )
    context.add_output_metadata({"enterprises": updated.enterprises, "changed": updated.changed})


PRIORITY = 5
"""Above backfills, below the nightly run."""


@job(
    description="日内更新: codes of the enterprises something new is known about, in seconds.",
    tags={"dagster/priority": str(PRIORITY), "dagster/max_runtime": str(3600)},
)
def intraday() -> None:
    """The one step."""
    update_codes()
