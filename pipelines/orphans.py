"""What processes leave that died: runs that seem to go on, and acts of which readers were not told.

Nobody watches a run that a command line executes in its own process; while it seems to go on, it keeps every scheduled
one from the pool.  Runs that Dagster launches are watched by its code server.
"""

import os
import socket
from pathlib import Path

from dagster import (
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from assets.intraday import intraday
from models.errors import BusyError
from pipelines.in_order import one_at_a_time
from pipelines.settings import load_settings
from warehouse.connection import writing
from warehouse.database.runs import last_issued
from warehouse.resume import is_whole, written

PROCESS = "riskcode/process"
"""Tag of a run that is executed in a process of ours: host, number and start of the process."""


def this_process() -> str:
    """The tag's value for a run of this process."""
    return f"{socket.gethostname()} {os.getpid()} {_started(os.getpid())}"


def close_orphans(instance: DagsterInstance) -> list[str]:
    """Mark runs as failed whose process died on this machine.  Returns their ids."""
    going = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED]))
    dead = [run for run in going if _is_dead(run)]
    for run in dead:
        instance.report_run_failed(run, "The process died; the published copy was not touched.")
    return [run.run_id for run in dead]


def _is_dead(run: DagsterRun) -> bool:
    host, _, process = run.tags.get(PROCESS, "").partition(" ")
    if host != socket.gethostname():
        return False
    number, _, started = process.partition(" ")
    return _started(int(number)) != started


def _started(number: int) -> str:
    """When a process began, in ticks since the machine did; empty where there is none.  Numbers are given again."""
    try:
        return Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except FileNotFoundError:
        return ""


@sensor(
    name="dead_runs",
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="Marks runs of the command line as failed whose process died, so that nothing waits for them.",
)
def dead_runs(context: SensorEvaluationContext) -> SkipReason:
    """Look after the runs that nobody else watches."""
    one_at_a_time(context.instance)
    closed = close_orphans(context.instance)
    return SkipReason(f"closed: {', '.join(closed)}" if closed else "every run that goes on has a process")


@sensor(
    name="unfinished_acts",
    job=intraday,
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="Asks for an update where somebody died before readers were told what was decided or taken in.",
)
def unfinished_acts(context: SensorEvaluationContext) -> SensorResult:
    """Look once after every write, whoever wrote.  The cursor: the write that was looked at."""
    home = load_settings().home
    if not home.warehouse.exists() or written(home) == context.cursor:
        return SensorResult(cursor=context.cursor, skip_reason="nothing was written since")
    try:
        with writing(home) as connection:
            is_left = last_issued(connection) is not None and not is_whole(connection, home)
    except BusyError:
        return SensorResult(cursor=context.cursor, skip_reason="somebody is writing")
    now = written(home)
    if not is_left:
        return SensorResult(cursor=now, skip_reason="readers know what the warehouse knows")
    only = {"ops": {"update_codes": {"config": {"carries_through": True}}}}
    return SensorResult(cursor=now, run_requests=[RunRequest(run_key=now, run_config=only)])
