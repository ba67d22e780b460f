"""Sensors that tell what nobody would look for: runs, nights, sources and sensors that fail, and what is published."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import date, datetime

from dagster import (
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunStatusSensorContext,
    SensorEvaluationContext,
    SensorResult,
    run_failure_sensor,
    run_status_sensor,
    sensor,
)
from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG
from dagster._time import get_current_datetime
from dagster._utils.schedules import get_latest_completed_cron_tick

from assets.inspection import NIGHTLY_FRESHNESS
from assets.partitions import TIMEZONE, days_of
from desk.words.words import Words
from pipelines.alerts import LATE, RECOVERED, RETRIED, RUN, TICK, Alert, likeness, notify
from pipelines.bulletin import tell_news
from pipelines.failures import cause_of, innermost, was_interrupted
from pipelines.in_order import NIGHT, is_tried_again
from pipelines.jobs import NIGHTLY
from pipelines.settings import load_settings
from warehouse.database.meta import value
from warehouse.database.reading import telling_of_runs
from warehouse.database.runs import IS_ISSUED
from warehouse.home import Home
from warehouse.questions.nights import CATCH_UP_DAYS, days_after, last_night, nights_so_far


@run_failure_sensor(
    default_status=DefaultSensorStatus.RUNNING,
    description="Tells of each failed run that is not tried again; the published copy stays as it was.",
)
def report_failure(context: RunFailureSensorContext) -> None:
    """Tell why a run failed, whichever job it is of; one that is tried again is told of when that has ended."""
    run = context.dagster_run
    if is_tried_again(context.instance, run):
        return
    settings = load_settings()
    words = Words(settings.language)
    todo = words(
        "The published copy is as it was. Correct the cause, then run again; the log is in Dagster's UI (make dev)."
    )
    if NIGHT in run.tags and was_interrupted(context.instance, run):
        todo = words("The published copy is as it was. The night is asked for again within a minute.")
    cause = _cause(context.instance, run)
    notify(settings.home, Alert(RUN, cause, todo, run.run_id, run.job_name, _days_of(run.tags)))


@run_status_sensor(
    run_status=DagsterRunStatus.SUCCESS,
    default_status=DefaultSensorStatus.RUNNING,
    description="Tells of each run that failed and succeeded when Dagster tried it again, with its first cause.",
)
def report_retried(context: RunStatusSensorContext) -> None:
    """Tell once of a fault that is over by itself: a killed process, a lock that was held for too long."""
    run = context.dagster_run
    failed = _failed_tries(context.instance, run)
    if not failed:
        return
    settings = load_settings()
    words, kind = Words(settings.language), RETRIED
    todo = words(
        "It succeeded at try {n}. Nothing is to be done unless it goes on happening.", n=len(failed) + 1
    )
    if NIGHT in run.tags and not _is_issued(settings.home, run.run_id):
        kind = RUN
        todo = words("Its codes are kept beside those that are published: a later day was issued meanwhile.")
    cause = _cause(context.instance, failed[-1])
    notify(settings.home, Alert(kind, cause, todo, run.run_id, run.job_name, _days_of(run.tags)))


def _is_issued(home: Home, run_id: str) -> bool:
    with telling_of_runs(home) as connection:
        asked = f"SELECT count(*) FROM ops.runs WHERE {IS_ISSUED} AND run_id = ?"
        return connection is not None and bool(value(connection, asked, [run_id]))


def _failed_tries(instance: DagsterInstance, run: DagsterRun) -> list[DagsterRun]:
    """The tries before this one that Dagster made by itself, newest first; what a person starts again is none."""
    found: list[DagsterRun] = []
    while run.parent_run_id and (before := instance.get_run_by_id(run.parent_run_id)):
        if before.tags.get(AUTO_RETRY_RUN_ID_TAG) != run.run_id:
            break
        found.append(before)
        run = before
    return found


def _cause(instance: DagsterInstance, run: DagsterRun) -> str:
    try:
        return cause_of(instance, run.run_id)
    except Exception as error:
        # Dagster goes on after an error in a sensor of runs: the run would never be told of.
        return f"{run.job_name} failed (its log cannot be read: {error})"


def _days_of(tags: Mapping[str, str]) -> str | None:
    """The day a run is for, or the first and the last of several."""
    days = days_of(tags)
    return " – ".join(f"{day}" for day in dict.fromkeys((*days[:1], *days[-1:]))) or None


@sensor(
    minimum_interval_seconds=300,
    default_status=DefaultSensorStatus.RUNNING,
    description="Tells of each night whose codes were not issued in time, and when that is made up for.",
)
def missed_night(context: SensorEvaluationContext) -> SensorResult:
    """Tell once for every deadline by which its day was not issued, by whatever program issues it.

    The cursor: the last deadline that was told, until it is made up for.
    """
    settings = load_settings()
    words, told, deadline, last = (
        Words(settings.language),
        context.cursor or _NOTHING_TOLD,
        _last_deadline(),
        last_night(settings.home),
    )
    day = deadline.date()
    if last is None:
        return SensorResult(cursor=_NOTHING_TOLD, skip_reason="no night yet")
    if last < day and told != f"{deadline}":
        cause = words(
            "The codes of {day} were not issued by {deadline}; those that stand are of {last}.",
            day=words.listing(f"{one}" for one in days_after(last, day)),
            deadline=f"{deadline:%Y-%m-%d %H:%M}",
            last=last,
        )
        todo = words("See why: ./riskcode doctor. The next night, or ./riskcode run, makes up for it.")
        is_told = notify(settings.home, Alert(LATE, cause, todo, job=NIGHTLY.name, day=f"{day}"))
        return SensorResult(cursor=f"{deadline}" if is_told else told)
    if last >= day and told != _NOTHING_TOLD:
        cause, todo = words("What is published is of the last night again."), words("Nothing is to be done.")
        if never := _never_coded(settings.home):
            days = words.listing(f"{one}" for one in never)
            cause = words(
                "What is published is of the last night again; {days} stay without codes.", days=days
            )
            todo = words("Code them beside what is published, to look at: ./riskcode run --as-of DAY")
        is_told = notify(settings.home, Alert(RECOVERED, cause, todo, job=NIGHTLY.name))
        return SensorResult(cursor=_NOTHING_TOLD if is_told else told)
    return SensorResult(cursor=told, skip_reason=f"issued up to {last}")


def _never_coded(home: Home) -> list[date]:
    """Nights of the last days that were passed over, which cannot be issued any more; the oldest first."""
    with telling_of_runs(home) as connection:
        found = nights_so_far(connection)[:CATCH_UP_DAYS] if connection else []
    return [one.day for one in reversed(found) if one.state == "missed"]


_NOTHING_TOLD = "none"
"""A cursor that is empty Dagster does not keep: what was told would be told again at every look."""


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
        todo = words("{name} does nothing meanwhile, and goes on trying. Correct the cause.", name=name)
        if error in seen or notify(settings.home, Alert(TICK, f"{name}: {cause}", todo)):
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


@sensor(
    minimum_interval_seconds=300,
    default_status=DefaultSensorStatus.RUNNING,
    description="Tells once of sources set aside, REDs overdue, objections to be decided and alarms of monitoring.",
)
def news(context: SensorEvaluationContext) -> SensorResult:
    """Tell what is new in the published copy; what was told is remembered in the home, for runs without a daemon."""
    settings = load_settings()
    told = tell_news(settings.home, settings)
    return SensorResult(skip_reason=f"told: {', '.join(told) or 'nothing new'}")


SUPERVISION = (report_failure, report_retried, missed_night, failing_ticks, news)
