"""Sensors: a new delivery asks for a run; a failed run is written down."""

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    RunsFilter,
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
from warehouse.home import Home
from warehouse.intake.arrivals import Arrival, untaken, waiting
from warehouse.publish import published_as_of


@sensor(
    jobs=[NIGHTLY, intraday],
    minimum_interval_seconds=30,
    default_status=DefaultSensorStatus.STOPPED,
    description="When the inbox holds something new: updates the codes it is about, or codes the day if nobody has.",
)
def new_delivery(context: SensorEvaluationContext) -> SensorResult | SkipReason:
    """Ask for a run until one has taken in what the inbox holds, with growing pauses between.

    What was taken in is in the published copy, so the cursor holds no more than what was seen last, whether it was
    settled, and the last time it was asked for.
    """
    home = load_settings().home
    look = Look.read(context.cursor)
    now = _sizes_and_times(waiting(home))
    if now is None:
        return SkipReason("the inbox is empty")
    if now == look.settled:
        return SkipReason("nothing new in the inbox")
    if now != look.seen:
        # Whatever is still being written is left alone until two looks in a row find the same.
        return SensorResult(cursor=Look(now, look.settled).text())
    if not untaken(home):
        return SensorResult(skip_reason="everything is taken in", cursor=Look(now, now).text())
    if time.time() < look.asked_at + _pause(look.times) or _is_under_way(context):
        return SkipReason(f"asked for {look.times} times; a run has not taken it in yet")
    return SensorResult(
        run_requests=[_request(home, f"{now}:{look.times}")],
        cursor=Look(now, look.settled, look.times + 1, time.time()).text(),
    )


@dataclass(frozen=True)
class Look:
    """What a sensor remembers of the inbox.

    The state seen last, the state that was taken in, and how often and when it asked for a run for the state seen.
    """

    seen: str = ""
    settled: str = ""
    times: int = 0
    asked_at: float = 0.0

    @classmethod
    def read(cls, cursor: str | None) -> "Look":
        """From a cursor; one of another form is as none."""
        try:
            return cls(**json.loads(cursor or "{}"))
        except (ValueError, TypeError):
            return cls()

    def text(self) -> str:
        """As a cursor."""
        return json.dumps(vars(self))


UNENDED = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
]


def _pause(times: int) -> float:
    """Seconds before a state of the inbox is asked for again: a minute, two, four, up to an hour."""
    return 0 if not times else min(60.0 * 2 ** (times - 1), 3600.0)


def _is_under_way(context: SensorEvaluationContext) -> bool:
    """Whether a run of these jobs has not ended yet; it may be taking the inbox in."""
    jobs = {NIGHTLY.name, intraday.name}
    unended = RunsFilter(statuses=UNENDED)
    return any(run.job_name in jobs for run in context.instance.get_runs(filters=unended))


def _request(home: Home, state: str) -> RunRequest:
    today = local_today()
    key = f"{today}:{state}"
    if published_as_of(home) == today:
        return RunRequest(run_key=key, job_name=intraday.name)
    return RunRequest(run_key=key, job_name=NIGHTLY.name, partition_key=today.isoformat())


def _sizes_and_times(arrivals: list[Arrival]) -> str | None:
    """What tells one state of the inbox from another without reading its files; ``None`` where there is no source."""
    digest = hashlib.sha256()
    for arrival in arrivals:
        source = arrival.source
        digest.update(f"{source.folder}{source.mapping.hash if source.mapping else source.problem}".encode())
        for name in sorted(arrival.files):
            digest.update(f"{name}{_facts(source.folder / name)}".encode())
    return digest.hexdigest()[:16] if arrivals else None


def _facts(path: Path) -> str:
    try:
        facts = path.stat()
    except OSError:
        return "gone"
    return f"{facts.st_size}{facts.st_mtime_ns}"


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
