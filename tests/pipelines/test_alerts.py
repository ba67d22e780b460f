"""Alerts: each once, with its innermost cause and a next step; and the sensors that tell them."""

import json
import os
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count

import pytest
from dagster import (
    AssetCheckResult,
    DagsterEventType,
    DagsterInstance,
    Definitions,
    JobDefinition,
    asset,
    asset_check,
    build_run_status_sensor_context,
    define_asset_job,
    job,
    op,
    resource,
)
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, TickData, TickStatus
from dagster._core.test_utils import freeze_time
from dagster_shared.error import SerializableErrorInfo

from models.errors import DeliveryError, WarehouseError
from pipelines.alerts import (
    LATE,
    RECOVERED,
    RUN,
    TICK,
    Alert,
    alerts,
    alerts_file,
    likeness,
    notify,
    since_publication,
    unreadable_lines,
)
from pipelines.supervision import failing_ticks, missed_night, report_failure
from tests.worlds.instances import Watch
from tests.worlds.runs import riskcode
from warehouse.clock import LOCAL
from warehouse.home import Home

ALERT = Alert(RUN, "no space left", "Make room.", run_id="r1", job="nightly", day="2026-06-30")


# ------------------------------------------------------------------------------------ telling


def test_an_alert_is_a_line_of_json_with_its_time_and_zone(home: Home) -> None:
    notify(home, ALERT)
    notify(home, Alert(TICK, "two\nlines\x1b[31m", "Look."))
    first, second = [json.loads(line) for line in alerts_file(home).read_text(encoding="utf-8").splitlines()]
    assert datetime.fromisoformat(first.pop("at")).utcoffset() == timedelta(hours=8)
    assert first == {
        "kind": "run",
        "cause": "no space left",
        "todo": "Make room.",
        "run_id": "r1",
        "job": "nightly",
        "day": "2026-06-30",
    }
    assert second["cause"] == "two lines?[31m" and second["run_id"] is None
    assert [one.kind for one in alerts(home)] == [TICK, RUN], "newest first"


def test_lines_that_are_no_alerts_are_told_by_their_numbers_and_hinder_no_other(home: Home) -> None:
    notify(home, ALERT)
    whole = alerts_file(home).read_bytes()
    broken = (b'{"half', whole[:60], b"\xff\xfe", whole.replace(b'"no space left"', b"null"), b"5")
    with alerts_file(home).open("ab") as file:
        file.writelines(line.strip() + b"\n" for line in broken)
        file.write(b'{"being wri')
    assert [one.cause for one in alerts(home)] == ["no space left"]
    assert unreadable_lines(home) == [2, 3, 4, 5, 6]
    told = riskcode(home.root, "doctor", RISKCODE_LANG="en").stdout
    assert "that are no alerts: 2, 3, 4, 5, 6" in told
    assert riskcode(home.root, "nights").returncode == 5, "nothing is published, which is told in a sentence"


def test_what_can_neither_be_written_down_nor_told_is_not_taken_for_told(home: Home) -> None:
    assert notify(home, ALERT)
    alerts_file(home).unlink()
    alerts_file(home).mkdir()
    assert not notify(home, ALERT)
    with pytest.raises(WarehouseError, match="Move it away"):
        alerts(home)


def test_causes_that_differ_by_numbers_and_ids_only_are_alike() -> None:
    one = "Run 8c6b2f0e-9a7c-4d0e-8a1f-2f3b4c5d6e7f failed\nat 0x7f99, port 3000"
    assert likeness(one) == likeness("Run 11111111-9a7c-4d0e-8a1f-2f3b4c5d6e7f failed at 0x1a, port 3001")
    assert likeness(one) != likeness("Run 8c6b2f0e-9a7c-4d0e-8a1f-2f3b4c5d6e7f died at 0x7f99, port 3000")


# ------------------------------------------------------------------------------------ runs that failed


def fails(of: JobDefinition, instance: DagsterInstance, **tags: str) -> None:
    """Let a run fail and the sensor look at it."""
    done = of.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
    [event] = [one for one in done.all_events if one.event_type == DagsterEventType.RUN_FAILURE]
    context = build_run_status_sensor_context(
        sensor_name="report_failure",
        dagster_event=event,
        dagster_instance=instance,
        dagster_run=done.dagster_run,
    ).for_run_failure()
    report_failure(context)


@op
def broken() -> None:
    """A step that fails, for a reason of its own."""
    try:
        raise DeliveryError("There is no folder {folder}.", folder="x")
    except DeliveryError as first:
        raise ValueError("step failed") from first


@job
def night() -> None:
    """A job whose step fails."""
    broken()


def test_of_a_failed_run_the_innermost_cause_is_told_with_run_job_and_day(
    home: Home, instance: DagsterInstance
) -> None:
    fails(night, instance, **{"dagster/partition": "2026-06-30"})
    [told] = alerts(home)
    assert (told.kind, told.job, told.day) == (RUN, "night", "2026-06-30")
    assert told.run_id and instance.get_run_by_id(told.run_id) is not None
    assert told.cause == "broken: models.errors.DeliveryError: There is no folder x."
    assert "run again" in told.todo


def test_of_a_run_whose_resource_failed_before_any_step_the_innermost_cause_is_told(
    home: Home, instance: DagsterInstance
) -> None:
    @resource
    def warehouse() -> Iterator[None]:
        raise WarehouseError("{path} cannot be opened.", path="w.duckdb")
        yield

    @op(required_resource_keys={"warehouse"})
    def reads() -> None:
        raise AssertionError("no step begins")

    @job(resource_defs={"warehouse": warehouse})
    def early() -> None:
        reads()

    fails(early, instance, **{"dagster/max_retries": "0"})
    [told] = alerts(home)
    assert told.cause == "models.errors.WarehouseError: w.duckdb cannot be opened."


def test_of_a_run_that_a_check_stopped_it_is_told_what_the_check_found(
    home: Home, instance: DagsterInstance
) -> None:
    @asset
    def register() -> None: ...

    @asset_check(asset=register, blocking=True)
    def volume() -> AssetCheckResult:
        return AssetCheckResult(passed=False, description="0 rows")

    made = Definitions(assets=[register], asset_checks=[volume], jobs=[define_asset_job("checked")])
    fails(made.resolve_job_def("checked"), instance)
    [told] = alerts(home)
    assert told.cause.startswith("volume: 0 rows")


def test_of_a_run_whose_process_was_killed_it_is_told_how_it_ended(
    home: Home, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = instance.create_run_for_job(night)
    instance.report_engine_event("The process was terminated by signal 9.", run)
    event = instance.report_run_failed(run)
    context = build_run_status_sensor_context(
        sensor_name="report_failure", dagster_event=event, dagster_instance=instance, dagster_run=run
    ).for_run_failure()
    report_failure(context)
    [told] = alerts(home)
    assert "failed" in told.cause and told.cause.endswith("terminated by signal 9.")

    def fails(*_: object) -> str:
        raise OSError("no such table")

    monkeypatch.setattr("pipelines.supervision.cause_of", fails)
    report_failure(context)
    assert "no such table" in alerts(home)[0].cause, "a run is told of even where its log cannot be read"


def test_a_run_that_is_tried_again_is_told_only_when_its_last_try_failed(
    home: Home, instance: DagsterInstance
) -> None:
    again = {"dagster/max_retries": "1", "dagster/retry_on_asset_or_op_failure": "true"}
    fails(night, instance, **again)
    assert alerts(home) == []
    fails(night, instance, **again | {"dagster/max_retries": "0"})
    assert len(alerts(home)) == 1


# ------------------------------------------------------------------------------------ nights that were missed


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 7, day, hour, 5, tzinfo=LOCAL)


def test_a_missed_night_is_told_once_the_next_one_again_and_once_that_it_is_made_up_for(
    home: Home, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(missed_night, instance)

    def looks(*, issued: int | None, day: int, hour: int) -> None:
        last = date(2026, 7, issued) if issued else None
        monkeypatch.setattr("pipelines.supervision.last_night", lambda _: last)
        with freeze_time(at(day, hour)):
            watch.looks(3)

    looks(issued=None, day=1, hour=4)
    assert alerts(home) == [], "nothing was issued yet"
    looks(issued=1, day=1, hour=4)
    assert alerts(home) == [], "all is well"
    looks(issued=1, day=2, hour=3)
    assert alerts(home) == [], "it is not late yet"
    looks(issued=1, day=2, hour=4)
    [first] = alerts(home)
    assert (first.kind, first.day) == (LATE, "2026-07-02")
    assert (
        first.cause
        == "The codes of 2026-07-02 were not issued by 2026-07-02 04:00; those that stand are of 2026-07-01."
    )
    assert "./riskcode run" in first.todo
    looks(issued=1, day=3, hour=4)
    second, *_ = alerts(home)
    assert (second.kind, second.day) == (LATE, "2026-07-03")
    assert second.cause.startswith("The codes of 2026-07-02, 2026-07-03 were not issued by 2026-07-03 04:00")
    looks(issued=2, day=3, hour=8)
    assert len(alerts(home)) == 2, "one of two nights is made up for"
    looks(issued=3, day=3, hour=9)
    assert [one.kind for one in alerts(home)] == [RECOVERED, LATE, LATE]
    looks(issued=3, day=4, hour=5)
    assert len(alerts(home)) == 4


# ------------------------------------------------------------------------------------ sensors and schedules that fail


LATER = count(1_000.0)


def state(name: str, status: InstigatorStatus = InstigatorStatus.RUNNING) -> InstigatorState:
    origin = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("riskcode"), "__repository__")
    return InstigatorState(RemoteInstigatorOrigin(origin, name), InstigatorType.SENSOR, status)


def ticked(instance: DagsterInstance, one: InstigatorState, error: str | None) -> None:
    """Let a sensor look once, each time a little later."""
    inner = SerializableErrorInfo(error or "", [], "OSError")
    instance.create_tick(
        TickData(
            instigator_origin_id=one.instigator_origin_id,
            instigator_name=one.instigator_name,
            instigator_type=one.instigator_type,
            status=TickStatus.FAILURE if error else TickStatus.SKIPPED,
            timestamp=next(LATER),
            selector_id=one.selector_id,
            error=SerializableErrorInfo("wrapped", [], "DagsterError", cause=inner) if error else None,
        )
    )


def test_a_look_that_fails_is_told_once_for_each_error(
    home: Home, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, now = Watch(failing_ticks, instance), 1_000.0
    monkeypatch.setattr("pipelines.supervision.time.time", lambda: now)
    inbox, nightly = state("inbox"), state("nightly")
    off = state("off", InstigatorStatus.STOPPED)
    for one in (inbox, nightly, off):
        instance.add_instigator_state(one)
    ticked(instance, nightly, None)
    ticked(instance, off, "it is off")
    watch.looks()
    assert alerts(home) == []
    for number in range(3):
        ticked(instance, inbox, f"I/O error {number}\n")
        watch.looks(2)
    [told] = alerts(home)
    assert (told.kind, told.cause) == (TICK, "inbox: I/O error 0") and "inbox" in told.todo
    ticked(instance, nightly, "I/O error 1")
    ticked(instance, inbox, "no such table")
    watch.looks(2)
    assert {one.cause for one in alerts(home)} == {told.cause, "nightly: I/O error 1", "inbox: no such table"}
    ticked(instance, inbox, None)
    watch.looks()
    ticked(instance, inbox, "no such table")
    watch.looks(2)
    assert len(alerts(home)) == 3, "it comes and goes"
    ticked(instance, inbox, None)
    now += 90_000
    watch.looks()
    ticked(instance, inbox, "no such table")
    watch.looks(2)
    assert len(alerts(home)) == 4, "it was well for a day"


# ------------------------------------------------------------------------------------ the doctor


def test_the_doctor_counts_alerts_since_the_last_publication_newest_first(home: Home) -> None:
    notify(home, ALERT)
    home.published.write_bytes(b"a copy")
    os.utime(home.published, (time.time() + 1, time.time() + 1))
    assert since_publication(home) == []
    assert "none since the last publication" in alert_line(home)
    os.utime(home.published, (time.time() - 60, time.time() - 60))
    notify(home, Alert(TICK, "newest", "Look."))
    notify(home, Alert(RECOVERED, "all is well", "Nothing."))
    line = alert_line(home)
    assert line.startswith("2 since") and line.index("newest") < line.index("no space left")
    assert str(alerts_file(home)) in line and "all is well" not in line


def alert_line(home: Home) -> str:
    told = json.loads(riskcode(home.root, "doctor", "--json").stdout)
    return next(one["found"] for one in told if one["check"] == "alerts")
