"""What went wrong in a run, in one sentence, and which family of error it belongs to."""

from collections.abc import Sequence

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    DagsterEvent,
    DagsterEventType,
    DagsterExecutionInterruptedError,
    DagsterInstance,
    DagsterRun,
)
from dagster._core.events import JobFailureData
from dagster_shared.error import SerializableErrorInfo

from models.errors import RiskcodeError, ScoreError
from warehouse.faults import fault_of


def reason_of(error: BaseException, instance: DagsterInstance, run_id: str) -> RiskcodeError:
    """The error that stopped a run: one raised on purpose as it is, else what was left of it in the event log."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, RiskcodeError):
            return cause
        cause = cause.__cause__
    if (fault := fault_of(error)) is not None:
        return fault
    checks = failed_checks(instance, run_id)
    if checks:
        return ScoreError(
            "A blocking check failed, so nothing was published: {checks}", checks="; ".join(checks)
        )
    failed = _failed_steps(instance, run_id)
    return RiskcodeError(
        "The run failed: {failed}. The published copy is unchanged; the log is in Dagster's UI (make dev).",
        failed=failed[0] if failed else "no reason given",
    )


def cause_of(instance: DagsterInstance, run_id: str) -> str:
    """Why a run failed: what its steps and checks found, else what kept the first step from starting, in one line."""
    found = [*failed_checks(instance, run_id), *_failed_steps(instance, run_id)]
    if found:
        return "; ".join(found)
    how = ""
    for event in _events(instance, run_id, {DagsterEventType.ENGINE_EVENT, DagsterEventType.RUN_FAILURE}):
        if event.event_type == DagsterEventType.ENGINE_EVENT:
            how = event.message or ""
            continue
        data = event.event_specific_data
        if isinstance(data, JobFailureData) and data.error is not None:
            return innermost(data.error)
        # Ended from outside: how the process went is told before by whoever watched it; what follows is no cause.
        return " ".join(filter(None, [event.message, how]))
    return "no reason given"


def was_interrupted(instance: DagsterInstance, run: DagsterRun) -> bool:
    """Whether a run failed because its process was told to end, as when the code server is stopped under it."""
    failed = _events(instance, run.run_id, DagsterEventType.STEP_FAILURE)
    return any(_is_interruption(event.step_failure_data.error) for event in failed)


def _is_interruption(error: SerializableErrorInfo | None) -> bool:
    while error is not None:
        if error.cls_name == DagsterExecutionInterruptedError.__name__:
            return True
        error = error.cause
    return False


def innermost(error: SerializableErrorInfo | None) -> str:
    """The first cause of an error."""
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error else "no reason given"


def _failed_steps(instance: DagsterInstance, run_id: str) -> list[str]:
    failed = _events(instance, run_id, DagsterEventType.STEP_FAILURE)
    return [f"{event.step_key}: {_why(event.step_failure_data.error)}" for event in failed]


def _why(error: SerializableErrorInfo | None) -> str:
    return (
        "its process was told to end, as when services are restarted"
        if _is_interruption(error)
        else innermost(error)
    )


def failed_checks(instance: DagsterInstance, run_id: str) -> list[str]:
    """Checks that say a run is not to be relied on, each with what it found."""
    return [
        f"{check.check_name}: {check.description}"
        for event in _events(instance, run_id, DagsterEventType.ASSET_CHECK_EVALUATION)
        if isinstance(check := event.event_specific_data, AssetCheckEvaluation)
        and not check.passed
        and check.severity == AssetCheckSeverity.ERROR
    ]


def _events(
    instance: DagsterInstance, run_id: str, kind: DagsterEventType | set[DagsterEventType]
) -> Sequence[DagsterEvent]:
    """Events of one kind, or several, of a run, in order."""
    return [entry.get_dagster_event() for entry in instance.all_logs(run_id, of_type=kind)]
