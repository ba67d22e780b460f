"""Housekeeping: runs that nobody looks at any more leave Dagster's storage, with their logs."""

from datetime import UTC, datetime, timedelta

from dagster import (
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    DefaultScheduleStatus,
    OpExecutionContext,
    RunRequest,
    RunsFilter,
    ScheduleEvaluationContext,
    job,
    op,
    schedule,
)

from assets.partitions import POOL, TIMEZONE
from assets.resources import Warehouse
from pipelines.settings import load_settings

_ENDED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]


def forget_runs(instance: DagsterInstance, *, before: datetime) -> int:
    """Delete the runs that were created before, their events and logs.  Returns how many.

    Kept are runs that have not ended, and every run that is the last one to have made a partition of an asset: with it
    Dagster would forget that the partition is there.
    """
    old = instance.get_run_ids(filters=RunsFilter(statuses=_ENDED, created_before=before))
    forgotten = set(old) - _made_last(instance)
    for run_id in forgotten:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    return len(forgotten)


def _made_last(instance: DagsterInstance) -> set[str]:
    """Of every partition of every asset, and of every asset without, the run that made it last."""
    newest = dict[tuple[str, str | None], str | None]()
    for event in instance.get_asset_event_summary_records(DagsterEventType.ASSET_MATERIALIZATION):
        newest.setdefault((event.asset_key.to_string(), event.partition), event.run_id)
    return {run_id for run_id in newest.values() if run_id is not None}


@op(pool=POOL, description="Deletes runs older than RISKCODE_RUNS_KEPT_DAYS that are no asset's last one.")
def forget_old_runs(context: OpExecutionContext, warehouse: Warehouse) -> None:
    """One sweep; the warehouse is held so that no run begins or ends meanwhile."""
    days = load_settings().runs_kept_days
    count = forget_runs(context.instance, before=datetime.now(UTC) - timedelta(days=days))
    context.log.info(f"{count} runs older than {days} days were deleted with their logs")
    context.add_output_metadata({"deleted": count, "kept_days": days})


@job(description="Old runs leave Dagster's storage; codes, history and published copies are not touched.")
def housekeeping() -> None:
    """The one step."""
    forget_old_runs()


@schedule(
    job=housekeeping,
    cron_schedule="0 5 1 * *",
    execution_timezone=TIMEZONE,
    # What is older than a year is looked at by nobody, and where nobody thinks of it the disk must not fill.
    default_status=DefaultScheduleStatus.RUNNING,
    description="05:00 on the first of a month: old runs are deleted (RISKCODE_RUNS_KEPT_DAYS).",
)
def monthly_housekeeping(context: ScheduleEvaluationContext) -> RunRequest:
    """Ask for one sweep."""
    return RunRequest(run_key=f"housekeeping:{context.scheduled_execution_time.date()}")
