"""What is told of a run that was stopped: the error raised on purpose, the checks that failed, or the first cause."""

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    DagsterInstance,
    asset,
    asset_check,
    materialize,
)

from models.errors import DeliveryError, RiskcodeError, ScoreError
from pipelines.failures import failed_checks, reason_of


@asset
def register() -> None:
    """An asset that is made."""


def told(cause: BaseException) -> RiskcodeError:
    """What is said of a run in which an asset raised this."""

    @asset
    def codes() -> None:
        raise cause

    with DagsterInstance.ephemeral() as instance:
        done = materialize([codes], instance=instance, raise_on_error=False)
        return reason_of(ValueError("what Dagster makes of it"), instance, done.run_id)


def test_an_error_raised_on_purpose_is_told_as_it_is_also_where_another_wraps_it() -> None:
    cause = DeliveryError("There is no folder {folder}.", folder="x")
    wrapped = ValueError("step failed")
    wrapped.__cause__ = cause
    with DagsterInstance.ephemeral() as instance:
        assert reason_of(cause, instance, "unknown") is cause
        assert reason_of(wrapped, instance, "unknown") is cause


def test_of_any_other_error_the_step_and_the_first_cause_are_told_and_that_the_copy_is_unchanged() -> None:
    try:
        try:
            raise OSError("no space left on device")
        except OSError as first:
            raise ValueError("cannot write") from first
    except ValueError as raised:
        error = told(raised)
    assert type(error) is RiskcodeError
    assert "codes: OSError: no space left on device" in str(error)
    assert "The published copy is unchanged" in str(error)


def test_where_nothing_was_logged_no_reason_is_given() -> None:
    with DagsterInstance.ephemeral() as instance:
        assert "no reason given" in str(reason_of(ValueError("?"), instance, "unknown"))


def test_checks_that_failed_are_told_with_what_they_found_and_warnings_are_not() -> None:
    @asset_check(asset=register, name="volume")
    def volume() -> AssetCheckResult:
        return AssetCheckResult(passed=False, description="0 rows", severity=AssetCheckSeverity.ERROR)

    @asset_check(asset=register, name="freshness")
    def freshness() -> AssetCheckResult:
        return AssetCheckResult(passed=False, description="old", severity=AssetCheckSeverity.WARN)

    @asset_check(asset=register, name="structure")
    def structure() -> AssetCheckResult:
        return AssetCheckResult(passed=True, description="fine", severity=AssetCheckSeverity.ERROR)

    with DagsterInstance.ephemeral() as instance:
        done = materialize([register, volume, freshness, structure], instance=instance)
        assert failed_checks(instance, done.run_id) == ["volume: 0 rows"]
        error = reason_of(ValueError("wrapped by Dagster"), instance, done.run_id)
    assert isinstance(error, ScoreError)
    assert "volume: 0 rows" in str(error) and "nothing was published" in str(error)
