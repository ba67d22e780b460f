"""Nights in their order: each is asked for once the one before it has ended for good.

After a later day is issued the codes of an earlier one could not be any more.  So a night that failed and is tried
again holds up those after it, and a night that failed for good does not.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from dagster import (
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)
from dagster._core.events import RunFailureReason
from dagster._core.execution.retries import auto_reexecution_should_retry_run
from dagster._core.storage.tags import PARTITION_NAME_TAG, RUN_FAILURE_REASON_TAG, WILL_RETRY_TAG

from assets.partitions import POOL
from pipelines.failures import was_interrupted
from pipelines.jobs import NIGHTLY
from pipelines.settings import load_settings
from warehouse.clock import moment_of
from warehouse.home import Home
from warehouse.questions.nights import nights_due

UNENDED = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]
NIGHT = "riskcode/night"
"""Tag of a run: the night as it was begun, for which it, or a later one, was asked for."""
MOST_TRIES = 3
"""Of a night whose run was stopped together with its code server, which Dagster does not try again."""
_ASKED_WITHIN = 120.0
"""Seconds within which the first run that was asked for is there."""


@dataclass(frozen=True)
class Begun:
    """A night that has come: ``by`` whom it was begun, what of the inbox it takes in (``Deliveries``), and when.

    Whoever begins it anew has those days asked for once more that failed.
    """

    night: date
    by: str
    takes: Mapping[str, Any]
    at: float

    @property
    def name(self) -> str:
        """As its runs are tagged."""
        return f"{self.night} {self.by}"


def begin_night(
    instance: DagsterInstance, home: Home, night: date, *, by: str, takes: Mapping[str, Any] | None = None
) -> RunRequest | None:
    """Begin a night: gives the first run to be asked for, if there is one; ``nights_in_order`` goes on from there."""
    one_at_a_time(instance)
    begun = Begun(night, by, takes or {}, time.time())
    told = json.dumps(asdict(begun), default=str)
    instance.daemon_cursor_storage.set_cursor_values({NIGHT: told})
    return _next(instance, home, begun)


def one_at_a_time(instance: DagsterInstance) -> None:
    """Let the pool of the warehouse have its limit before the first runs are taken from the queue.

    Dagster sets it while it takes them, when it has counted already.
    """
    instance.event_log_storage.initialize_concurrency_limit_to_default(POOL)


def _last_begun(instance: DagsterInstance) -> Begun | None:
    told = instance.daemon_cursor_storage.get_cursor_values({NIGHT}).get(NIGHT)
    if not told:
        return None
    facts = json.loads(told)
    return Begun(date.fromisoformat(facts["night"]), facts["by"], facts["takes"], facts["at"])


def _next(instance: DagsterInstance, home: Home, begun: Begun) -> RunRequest | None:
    """The run that is to be asked for now so that a night is issued, after those that were missed.

    ``None`` while a night is under way, and where each that is due was asked for and failed for good.
    """
    due = nights_due(home, begun.night)
    for run in instance.get_runs(RunsFilter(job_name=NIGHTLY.name, statuses=UNENDED)):
        if NIGHT in run.tags or run.tags.get(PARTITION_NAME_TAG) in {f"{day}" for day in due}:
            return None
    runs = _runs(instance, begun)
    for day in due:
        tries = [run for run in runs if run.tags.get(PARTITION_NAME_TAG) == f"{day}"]
        if not tries:
            return _request(day, begun, 0)
        if is_tried_again(instance, tries[0]):
            return None
        # One that a person cancelled was interrupted, too.
        is_failed = tries[0].status == DagsterRunStatus.FAILURE
        if is_failed and len(tries) < MOST_TRIES and was_interrupted(instance, tries[0]):
            return _request(day, begun, len(tries))
    return None


def _runs(instance: DagsterInstance, begun: Begun) -> Sequence[DagsterRun]:
    """Runs that were asked for since a night was begun, newest first."""
    return instance.get_runs(RunsFilter(job_name=NIGHTLY.name, tags={NIGHT: begun.name}))


def is_tried_again(instance: DagsterInstance, run: DagsterRun) -> bool:
    """Whether Dagster will try a failed run again; it says so a moment after it has told that the run failed."""
    told = run.tags.get(WILL_RETRY_TAG)
    if told is not None or not instance.run_retries_enabled:
        return told == "true"
    reason = run.tags.get(RUN_FAILURE_REASON_TAG)
    return auto_reexecution_should_retry_run(instance, run, RunFailureReason(reason) if reason else None)


def _request(day: date, begun: Begun, tries: int) -> RunRequest:
    """A run for a day.  One that is made up for takes in what had come by its own hour."""
    intake = {**begun.takes} if day == begun.night else {"arrived_before": moment_of(day).isoformat()}
    return RunRequest(
        run_key=f"{begun.name} {day} {tries}",
        job_name=NIGHTLY.name,
        partition_key=f"{day}",
        run_config={"ops": {"intake": {"config": intake}}},
        tags={NIGHT: begun.name},
    )


@sensor(
    job=NIGHTLY,
    minimum_interval_seconds=30,
    default_status=DefaultSensorStatus.RUNNING,
    description="Asks for the nights that are due one after the other, once the schedule or a delivery has begun one.",
)
def nights_in_order(context: SensorEvaluationContext) -> RunRequest | SkipReason:
    """Go on with the night that was begun last, once its first run is there."""
    begun = _last_begun(context.instance)
    if begun is None:
        return SkipReason("no night was begun yet")
    if time.time() < begun.at + _ASKED_WITHIN and not _runs(context.instance, begun):
        return SkipReason(f"the night of {begun.night} is being begun")
    due = _next(context.instance, load_settings().home, begun)
    return due or SkipReason(f"of the night of {begun.night} nothing is to be asked for now")
