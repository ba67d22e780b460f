"""Sensors that tell an operator what nobody would look for: failed runs, missed nights, sensors that cannot look."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from dagster import (
    DagsterInstance,
    DefaultSensorStatus,
    RunFailureSensorContext,
    SensorEvaluationContext,
    SensorResult,
    run_failure_sensor,
    sensor,
)
from dagster._core.definitions.freshness import FreshnessState
from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus
from dagster._core.storage.tags import WILL_RETRY_TAG
from dagster._time import get_current_datetime
from dagster._utils.schedules import get_latest_completed_cron_tick

from assets.inspection import NIGHTLY_FRESHNESS, published_copy
from assets.partitions import TIMEZONE, days_of
from desk.words.words import Words
from pipelines.alerts import LATE, RECOVERED, RUN, TICK, Alert, likeness, notify
from pipelines.failures import cause_of, innermost
from pipelines.jobs import NIGHTLY
from pipelines.settings import load_settings


@run_failure_sensor(
    default_status=DefaultSensorStatus.RUNNING,
    description="Tells of each failed run that is not tried again; the published copy stays as it was.",
)
def report_failure(context: RunFailureSensorContext) -> None:
    """Tell why a run failed, whichever job it is of; one that is tried again is told of if its last try fails."""
    run = context.dagster_run
    if run.tags.get(WILL_RETRY_TAG) == "true":
        return
    settings = load_settings()
    todo = Words(settings.language)(
        "The published copy is as it was. Correct the cause, then run again; the log is in Dagster's UI (make dev)."
    )
    try:
        cause = cause_of(context.failure_event, context.instance, run.run_id)
    except Exception as error:
        # Dagster goes on after an error here: the run would never be told of.
        cause = f"{context.failure_event.message} (its log cannot be read: {error})"
    notify(settings.home, Alert(RUN, cause, todo, run.run_id, run.job_name, _days_of(run.tags)))


def _days_of(tags: Mapping[str, str]) -> str | None:
    """The day a run is for, or the first and the last of several."""
    days = days_of(tags)
    return " – ".join(f"{day}" for day in dict.fromkeys((*days[:1], *days[-1:]))) or None


@sensor(
    minimum_interval_seconds=300,
    default_status=DefaultSensorStatus.RUNNING,
    description="Tells of each night after which nothing new was published in time, and when that is made up for.",
)
def missed_night(context: SensorEvaluationContext) -> SensorResult:
    """Tell once for every deadline that passes without a publication.  The cursor: the last deadline that was told."""
    settings = load_settings()
    words, told, deadline = Words(settings.language), context.cursor or "", _last_deadline()
    record = context.instance.get_freshness_state_records([published_copy.key]).get(published_copy.key)
    state = record.freshness_state if record else FreshnessState.UNKNOWN
    if state == FreshnessState.FAIL and told != f"{deadline}":
        day = f"{deadline.date() - timedelta(days=1)}"
        cause = words("Nothing new was published by {deadline}.", deadline=f"{deadline:%Y-%m-%d %H:%M}")
        todo = words("See why: ./riskcode doctor. Then code the day: ./riskcode run --as-of {day}", day=day)
        notify(settings.home, Alert(LATE, cause, todo, job=NIGHTLY.name, day=day))
        return SensorResult(cursor=f"{deadline}")
    if state == FreshnessState.PASS and told:
        cause = words("What is published is of the last night again.")
        notify(settings.home, Alert(RECOVERED, cause, words("Nothing is to be done."), job=NIGHTLY.name))
        return SensorResult(cursor="")
    return SensorResult(cursor=told, skip_reason=f"freshness of the published copy: {state.value}")


def _last_deadline() -> datetime:
    now = get_current_datetime(TIMEZONE)
    return get_latest_completed_cron_tick(NIGHTLY_FRESHNESS.deadline_cron, now, TIMEZONE)


_FORGOTTEN_AFTER = 86_400.0
"""Seconds without an error after which it counts as a new one."""


@sensor(
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="Tells of each sensor and schedule whose last look ended with an error, once for each error.",
)
def failing_ticks(context: SensorEvaluationContext) -> SensorResult:
    """Tell once for every error.  The cursor: each that stands, with the time at which it was seen last."""
    settings, now = load_settings(), time.time()
    words, seen = Words(settings.language), _seen(context.cursor)
    for name, cause in _last_errors(context.instance):
        error = f"{name}: {likeness(cause)}"
        if error not in seen:
            todo = words("{name} does nothing meanwhile, and goes on trying. Correct the cause.", name=name)
            notify(settings.home, Alert(TICK, f"{name}: {cause}", todo))
        seen[error] = now
    seen = {error: at for error, at in seen.items() if now - at < _FORGOTTEN_AFTER}
    return SensorResult(cursor=json.dumps(seen), skip_reason=f"errors of the last day: {len(seen)}")


def _last_errors(instance: DagsterInstance) -> Iterator[tuple[str, str]]:
    """Sensors and schedules that are on and whose last look failed, with the cause."""
    for one in instance.all_instigator_state():
        if one.status == InstigatorStatus.STOPPED:
            continue
        for tick in instance.get_ticks(one.instigator_origin_id, one.selector_id, limit=1, statuses=_ENDED):
            if tick.status == TickStatus.FAILURE:
                yield one.instigator_name, innermost(tick.error)


_ENDED = [TickStatus.SUCCESS, TickStatus.SKIPPED, TickStatus.FAILURE]


def _seen(cursor: str | None) -> dict[str, float]:
    return json.loads(cursor) if cursor else {}


SUPERVISION = (report_failure, missed_night, failing_ticks)
