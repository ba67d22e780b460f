"""Sensors: a new delivery asks for a run; a failed run is written down."""

import hashlib
from pathlib import Path

from dagster import (
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    run_failure_sensor,
    sensor,
)

from assets.intraday import intraday
from pipelines.failures import innermost
from pipelines.jobs import NIGHTLY, REFIT
from pipelines.settings import load_settings
from warehouse.clock import local_today
from warehouse.intake.delivery import delivery_files
from warehouse.intake.inbox import inbox_deliveries
from warehouse.intake.mapping import Mapping
from warehouse.publish import published_as_of


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
