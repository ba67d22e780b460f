"""Within the day: one job that takes in what is new in the inbox and codes the enterprises it is about."""

from dagster import Config, Failure, OpExecutionContext, RetryRequested, job, op

from assets.partitions import POOL
from assets.resources import Warehouse
from models.errors import BusyError, RiskcodeError
from models.policy import load_policy
from warehouse.intraday import take_in_inbox
from warehouse.resume import resume


class Inbox(Config):
    """What of the inbox is taken in: all of it, or what was ``finished`` when a sensor looked (place: mark).

    ``carries_through``: nothing is taken in; what somebody began who died is finished (``warehouse.resume``).
    """

    finished: dict[str, str] | None = None
    carries_through: bool = False


@op(
    pool=POOL, description="随到随赋码: take in new files, rescore the enterprises they are about, republish."
)
def update_codes(context: OpExecutionContext, config: Inbox, warehouse: Warehouse) -> None:
    """One update; what it did is in the run's metadata and in ``ops.runs``.

    Another run that is writing passes, and is waited for; what is wrong otherwise is not tried again as it is.
    """
    pack = load_policy(warehouse.pack)
    try:
        resume(warehouse.connection, warehouse.paths, pack)
        if config.carries_through:
            return
        updated = take_in_inbox(
            warehouse.connection,
            warehouse.paths,
            pack,
            run_id=context.run_id,
            finished=None if config.finished is None else set(config.finished.values()),
        )
    except BusyError as error:
        raise RetryRequested(max_retries=3, seconds_to_wait=30) from error
    except RiskcodeError as error:
        raise Failure(str(error), allow_retries=False) from error
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
