"""Old runs leave Dagster's storage, but none that is the last to have made something."""

from datetime import UTC, datetime, timedelta

import pytest
from dagster import (
    AssetKey,
    DagsterInstance,
    DagsterRunStatus,
    StaticPartitionsDefinition,
    asset,
    job,
    materialize,
    op,
)

from models.errors import SettingsError
from pipelines.definitions import build_definitions
from pipelines.housekeeping import forget_runs, housekeeping
from pipelines.settings import load_settings
from warehouse.home import Home


@asset(partitions_def=StaticPartitionsDefinition(["first", "second"]))
def copies() -> None: ...


@asset
def whole() -> None: ...


@op
def breaks() -> None:
    raise ValueError("broken")


@job
def breaking() -> None:
    breaks()


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def test_a_run_is_forgotten_with_its_logs_unless_it_made_something_last_or_goes_on(
    home: Home, instance: DagsterInstance
) -> None:
    def made(partition: str) -> str:
        return materialize([copies], partition_key=partition, instance=instance).run_id

    replaced, last, other = made("first"), made("first"), made("second")
    replaced_whole, last_whole = (materialize([whole], instance=instance).run_id for _ in range(2))
    failed = breaking.execute_in_process(instance=instance, raise_on_error=False).run_id
    under_way = instance.create_run_for_job(breaking, status=DagsterRunStatus.STARTED).run_id
    logs = home.dagster / "storage"
    for run in (replaced, last):
        (logs / run / "compute_logs").mkdir(parents=True, exist_ok=True)
    assert forget_runs(instance, before=datetime.now(UTC) - timedelta(hours=1)) == 0, "all are young"
    assert forget_runs(instance, before=soon()) == 3
    assert {run.run_id for run in instance.get_runs()} == {last, other, last_whole, under_way}
    assert not {replaced, replaced_whole, failed} & {path.name for path in logs.iterdir()}
    assert (logs / last).is_dir()
    assert instance.get_materialized_partitions(AssetKey("copies")) == {"first", "second"}
    assert instance.get_latest_materialization_event(AssetKey("whole")).run_id == last_whole
    assert forget_runs(instance, before=soon()) == 0


def test_the_job_forgets_what_is_older_than_the_setting(
    home: Home, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKCODE_RUNS_KEPT_DAYS", "10")
    asked: list[datetime] = []
    monkeypatch.setattr(
        "pipelines.housekeeping.forget_runs", lambda _, before: asked.append(before) or len(asked)
    )
    done = build_definitions(load_settings()).resolve_job_def(housekeeping.name)
    assert done.execute_in_process(instance=instance).success
    assert timedelta(0) <= datetime.now(UTC) - timedelta(days=10) - asked[0] < timedelta(minutes=5)


@pytest.mark.parametrize("text", ["0", "-3", "ten", "1.5"])
def test_days_that_are_no_number_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKCODE_RUNS_KEPT_DAYS", text)
    with pytest.raises(SettingsError, match=f"RISKCODE_RUNS_KEPT_DAYS is '{text}'"):
        load_settings()
