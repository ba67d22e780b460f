"""When things run: every night, when a delivery arrives, and what happens when a run fails."""

from datetime import date, datetime, timedelta

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
from pipelines.jobs import NIGHTLY
from pipelines.sensors import UNENDED
from pipelines.settings import load_settings
from warehouse.questions.nights import nights_due


def _ended(context: ScheduleEvaluationContext) -> str:
    """The day before the tick: partition D is complete when D is over."""
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
    cron_schedule="0 2 * * *",
    execution_timezone=TIMEZONE,
    default_status=DefaultScheduleStatus.STOPPED,
    description="02:00 Asia/Shanghai: codes the day that has just ended, and the days before that were missed.",
)
def nightly_schedule(context: ScheduleEvaluationContext) -> list[RunRequest] | SkipReason:
    """Ask for every day up to the one before that was not issued, in their order; not for one that is under way."""
    ended = date.fromisoformat(_ended(context))
    under_way = {
        run.tags.get(PARTITION_NAME_TAG)
        for run in context.instance.get_runs(RunsFilter(job_name=NIGHTLY.name, statuses=UNENDED))
    }
    due = [day for day in nights_due(load_settings().home, ended) if f"{day}" not in under_way]
    return [_request(day, ended, context.scheduled_execution_time) for day in due] or SkipReason(
        f"the codes of {ended} are issued, or on their way"
    )


def _request(day: date, ended: date, tick: datetime) -> RunRequest:
    """A run for a day; of a night that is made up for, with what had come by the hour at which it should have run.

    The key tells one request from another within a tick only, so a night that failed is asked for again.
    """
    known = {"arrived_before": (tick - (ended - day)).isoformat()} if day < ended else {}
    return RunRequest(
        run_key=f"{day}", partition_key=f"{day}", run_config={"ops": {"intake": {"config": known}}}
    )
