"""When things run: every night, when a delivery arrives, and what happens when a run fails."""

from datetime import timedelta

from dagster import (
    DefaultScheduleStatus,
    RunRequest,
    RunsFilter,
    ScheduleEvaluationContext,
    SkipReason,
    schedule,
)
from dagster._core.storage.tags import PARTITION_NAME_TAG

from assets.learning import refit
from assets.partitions import TIMEZONE
from pipelines.jobs import NIGHTLY, night_of
from pipelines.sensors import UNENDED
from pipelines.settings import load_settings
from warehouse.clock import NIGHT_AT
from warehouse.questions.nights import nights_due


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
    cron_schedule=f"{NIGHT_AT.minute} {NIGHT_AT.hour} * * *",
    execution_timezone=TIMEZONE,
    default_status=DefaultScheduleStatus.STOPPED,
    description="02:00 Asia/Shanghai: codes the day that begins, and before it the days that were missed.",
)
def nightly_schedule(context: ScheduleEvaluationContext) -> list[RunRequest] | SkipReason:
    """Ask for every day up to that of the tick that was not issued, in their order; not for one that is under way."""
    today = context.scheduled_execution_time.date()
    under_way = {
        run.tags.get(PARTITION_NAME_TAG)
        for run in context.instance.get_runs(RunsFilter(job_name=NIGHTLY.name, statuses=UNENDED))
    }
    due = [day for day in nights_due(load_settings().home, today) if f"{day}" not in under_way]
    # The key tells one request from another within a tick only, so a night that failed is asked for again.
    return [night_of(day, f"{day}", before=today) for day in due] or SkipReason(
        f"the codes of {today} are issued, or on their way"
    )
