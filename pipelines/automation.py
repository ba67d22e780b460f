"""When things run: every night, when a delivery arrives, and what happens when a run fails."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from dagster import (
    AssetSelection,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    ScheduleEvaluationContext,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    define_asset_job,
    in_process_executor,
    run_failure_sensor,
    schedule,
    sensor,
)

from assets.intraday import intraday
from assets.partitions import AS_OF, TIMEZONE
from pipelines.nightly import innermost
from pipelines.settings import load_settings
from warehouse.deliveries import inbox_deliveries, local_today
from warehouse.publish import published_as_of
from warehouse.sources.delivery import delivery_files
from warehouse.sources.mapping import Mapping

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


@sensor(
    jobs=[NIGHTLY, intraday],
    minimum_interval_seconds=30,
    default_status=DefaultSensorStatus.STOPPED,
    description="When the inbox holds something new: updates the codes it is about, or codes the day if nobody has.",
)
def new_delivery(context: SensorEvaluationContext) -> SensorResult | SkipReason:
    """Ask for a run when the content of the inbox changed since the last one."""
    home = load_settings().home
    deliveries = inbox_deliveries(home)
    if not deliveries:
        return SkipReason("the inbox is empty")
    now = _sizes_and_times(deliveries)
    seen, asked = (context.cursor or ":").split(":")
    if now == asked:
        return SkipReason("nothing new in the inbox")
    if now != seen:
        # Whatever is still being written is left alone until two looks in a row find the same.
        return SensorResult(cursor=f"{now}:{asked}")
    today = local_today()
    key = f"{today}:{now}"
    if published_as_of(home) == today:
        request = RunRequest(run_key=key, job_name=intraday.name)
    else:
        request = RunRequest(run_key=key, job_name=NIGHTLY.name, partition_key=today.isoformat())
    return SensorResult(run_requests=[request], cursor=f"{now}:{now}")


def _sizes_and_times(deliveries: list[tuple[Path, Mapping]]) -> str:
    """What tells one state of the inbox from another without reading its files."""
    digest = hashlib.sha256()
    for folder, mapping in deliveries:
        digest.update(mapping.hash.encode())
        for _, _, _, path in delivery_files(folder, mapping)[0]:
            facts = path.stat()
            digest.update(f"{path}{facts.st_size}{facts.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


@run_failure_sensor(
    monitored_jobs=[NIGHTLY, REFIT, intraday],
    default_status=DefaultSensorStatus.RUNNING,
    description="Writes each failed run to logs/failures.log; the published copy stays as it was.",
)
def report_failure(context: RunFailureSensorContext) -> None:
    """Leave a line an operator can act on."""
    home = load_settings().home.prepare()
    causes = "; ".join(innermost(event) for event in context.get_step_failure_events())
    reason = causes or context.failure_event.message
    line = f"{context.dagster_run.run_id} {context.partition_key or '-'} {reason}\n"
    with (home.logs / "failures.log").open("a", encoding="utf-8") as file:
        file.write(line)
