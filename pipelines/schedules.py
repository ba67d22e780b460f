"""When things run: every night, when a delivery arrives, and what happens when a run fails."""

from datetime import timedelta

from dagster import (
    DefaultScheduleStatus,
    RunRequest,
    ScheduleEvaluationContext,
    SkipReason,
    schedule,
)

from assets.learning import refit
from assets.partitions import TIMEZONE, every_day_at
from pipelines.in_order import begin_night
from pipelines.jobs import NIGHTLY
from pipelines.settings import load_settings
from warehouse.clock import COMMISSIONED_ON, NIGHT_AT, commissioned_on


def _ended(context: ScheduleEvaluationContext) -> str:
    """The day before the tick: a month is complete when it is over."""
    return (context.scheduled_execution_time.date() - timedelta(days=1)).isoformat()


@schedule(
    job=refit,
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
    cron_schedule=every_day_at(NIGHT_AT),
    execution_timezone=TIMEZONE,
    default_status=DefaultScheduleStatus.STOPPED,
    description="02:00 Asia/Shanghai: codes the day that begins, and before it the days that were missed.",
)
def nightly_schedule(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """Begin the night of the tick, with the first day that was not issued; ``nights_in_order`` goes on from there."""
    night = context.scheduled_execution_time.date()
    if night < commissioned_on():
        return SkipReason(f"nothing is coded before {commissioned_on()} ({COMMISSIONED_ON})")
    due = begin_night(context.instance, load_settings().home, night, by="schedule")
    return due or SkipReason(f"the codes of {night} are issued, or a night is under way")
