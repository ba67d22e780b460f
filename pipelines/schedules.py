"""When things run: every night, when a delivery arrives, and what happens when a run fails."""

from datetime import timedelta

from dagster import (
    DefaultScheduleStatus,
    RunRequest,
    ScheduleEvaluationContext,
    schedule,
)

from assets.partitions import TIMEZONE
from pipelines.jobs import NIGHTLY, REFIT


def _ended(context: ScheduleEvaluationContext) -> str:
    """The day before the tick: partition D is complete when D is over."""
    return (context.scheduled_execution_time.date() - timedelta(days=1)).isoformat()


@schedule(
    job=REFIT,
    cron_schedule="0 4 1 * *",
    execution_timezone=TIMEZONE,
    default_status=DefaultScheduleStatus.STOPPED,
    description="04:00 on the first of a month, after the nightly run: a challenger on what is known by then.",
)
def monthly_refit(context: ScheduleEvaluationContext) -> RunRequest:
    """Ask for the day that ended: the month before is complete."""
    return RunRequest(run_key=f"refit:{_ended(context)}", partition_key=_ended(context))


@schedule(
    job=NIGHTLY,
    cron_schedule="0 2 * * *",
    execution_timezone=TIMEZONE,
    default_status=DefaultScheduleStatus.STOPPED,
    description="02:00 Asia/Shanghai: codes the day that has just ended.",
)
def nightly_schedule(context: ScheduleEvaluationContext) -> RunRequest:
    """Ask for the day before."""
    return RunRequest(run_key=_ended(context), partition_key=_ended(context))
