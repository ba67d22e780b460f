"""What went wrong in a run, in one sentence, and which family of error it belongs to."""

from typing import Any

from models.errors import RiskcodeError, ScoreError


def reason_of(result: Any) -> RiskcodeError:
    """The error that stopped the run, in the words it was raised with."""
    known = {kind.__name__: kind for kind in _family(RiskcodeError)}
    checks = failed_blocking_checks(result)
    for event in result.all_events:
        error = getattr(event.event_specific_data, "error", None)
        while error is not None:
            if error.cls_name in known:
                text = error.message.strip().partition(": ")[2] or error.message
                return known[error.cls_name](text)
            error = error.cause
    if checks:
        return ScoreError(
            "A blocking check failed, so nothing was published: {checks}", checks="; ".join(checks)
        )
    failed = [innermost(event) for event in result.all_events if event.is_step_failure]
    return RiskcodeError(
        "The run failed: {failed}. The published copy is unchanged; the log is in Dagster's UI (make dev).",
        failed=failed[0] if failed else "no reason given",
    )


def innermost(event: Any) -> str:
    """The first cause of a failed step, in one line."""
    error = event.event_specific_data.error
    while error.cause is not None:
        error = error.cause
    return f"{event.step_key}: {error.message.strip()}"


def _family(kind: type[RiskcodeError]) -> list[type[RiskcodeError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _family(child))]


def failed_blocking_checks(result: Any) -> list[str]:
    """Checks that stopped the run, each with what it found."""
    from dagster import AssetCheckSeverity

    return [
        f"{check.check_name}: {check.description}"
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity == AssetCheckSeverity.ERROR
    ]
