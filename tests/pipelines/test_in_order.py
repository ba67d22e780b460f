"""Nights are asked for one after the other: one that is tried again holds up the next, one that is lost does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest
from dagster import (
    DagsterExecutionInterruptedError,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    RunRequest,
    SkipReason,
    build_schedule_context,
    build_sensor_context,
    in_process_executor,
    job,
    op,
    validate_run_config,
)
from dagster._core.storage.tags import PARTITION_NAME_TAG, WILL_RETRY_TAG

from pipelines.alerts import RUN, alerts
from pipelines.definitions import build_definitions
from pipelines.in_order import MOST_TRIES, NIGHT, nights_in_order
from pipelines.jobs import NIGHTLY
from pipelines.schedules import nightly_schedule
from pipelines.settings import load_settings
from warehouse.clock import LOCAL
from warehouse.home import Home
from warehouse.questions.nights import CATCH_UP_DAYS, nights_due

FIRST = date(2026, 7, 1)
THREE = [FIRST + timedelta(days=later) for later in range(3)]


class Month:
    """The nights of a home whose first days were missed, and what is asked for when one comes."""

    def __init__(self, home: Home, instance: DagsterInstance, here: pytest.MonkeyPatch) -> None:
        self.home, self.instance, self.issued, self.now = home, instance, FIRST - timedelta(days=1), 0.0
        here.setattr("pipelines.in_order.time.time", lambda: self.now)
        here.setattr("pipelines.in_order.nights_due", self._due)

    def _due(self, home: Home, until: date) -> list[date]:
        return [day for day in THREE if self.issued < day <= until]

    def tick(self, night: date) -> RunRequest | None:
        """What the schedule asks for at two o'clock."""
        definitions = build_definitions(load_settings())
        at = datetime.combine(night, datetime.min.time(), LOCAL) + timedelta(hours=2)
        result = definitions.resolve_schedule_def(nightly_schedule.name).evaluate_tick(
            build_schedule_context(
                instance=self.instance,
                scheduled_execution_time=at,
                repository_def=definitions.get_repository_def(),
            )
        )
        return next(iter(result.run_requests or []), None)

    def look(self) -> RunRequest | None:
        """What the sensor asks for."""
        found = nights_in_order(build_sensor_context(instance=self.instance))
        assert isinstance(found, RunRequest | SkipReason)
        return found if isinstance(found, RunRequest) else None

    def runs(
        self, request: RunRequest | None, status: DagsterRunStatus, *, again: bool | None = None
    ) -> DagsterRun:
        """A run that was asked for."""
        assert request is not None
        tags = {**request.tags, PARTITION_NAME_TAG: f"{request.partition_key}"}
        if again is not None:
            tags[WILL_RETRY_TAG] = str(again).lower()
        loaded = build_definitions(load_settings()).resolve_job_def(NIGHTLY.name)
        if status == DagsterRunStatus.SUCCESS:
            self.issued = max(self.issued, date.fromisoformat(f"{request.partition_key}"))
        return self.instance.create_run_for_job(loaded, status=status, tags=tags)


@pytest.fixture
def month(home: Home, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> Month:
    return Month(home, instance, monkeypatch)


def day_of(request: RunRequest | None) -> str | None:
    return None if request is None else str(request.partition_key)


def test_each_night_is_asked_for_once_the_one_before_is_issued(month: Month) -> None:
    assert month.look() is None, "no night was begun"
    first = month.tick(THREE[-1])
    assert day_of(first) == f"{THREE[0]}"
    assert month.look() is None, "its run is about to be there"
    month.runs(first, DagsterRunStatus.SUCCESS)
    second = month.look()
    assert day_of(second) == f"{THREE[1]}"
    month.runs(second, DagsterRunStatus.SUCCESS)
    third = month.look()
    assert day_of(third) == f"{THREE[2]}"
    month.runs(third, DagsterRunStatus.SUCCESS)
    assert month.look() is None and month.tick(THREE[-1]) is None


def test_one_that_is_made_up_for_takes_in_what_had_come_by_its_hour_and_the_night_itself_everything(
    month: Month,
) -> None:
    first = month.tick(THREE[1])
    month.runs(first, DagsterRunStatus.SUCCESS)
    asked = [one for one in (first, month.look()) if one]
    assert [one.run_config["ops"]["intake"]["config"] for one in asked] == [
        {"arrived_before": f"{THREE[0]}T02:00:00+08:00"},
        {},
    ]
    loaded = build_definitions(load_settings()).resolve_job_def(NIGHTLY.name)
    assert all(validate_run_config(loaded, one.run_config) for one in asked)


def test_a_night_that_is_under_way_or_tried_again_holds_up_the_next_one(month: Month) -> None:
    first = month.tick(THREE[-1])
    begun = month.runs(first, DagsterRunStatus.STARTED)
    assert month.look() is None and month.tick(THREE[-1]) is None
    month.instance.delete_run(begun.run_id)
    failed = month.runs(first, DagsterRunStatus.FAILURE, again=True)
    assert month.look() is None, "Dagster tries it again"
    month.instance.delete_run(failed.run_id)
    month.runs(first, DagsterRunStatus.FAILURE, again=False)
    assert day_of(month.look()) == f"{THREE[1]}", "it is lost, and the next one is not"


@pytest.mark.parametrize("status", [DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED])
def test_a_night_that_failed_for_good_is_asked_for_again_in_the_next_one(
    month: Month, status: DagsterRunStatus
) -> None:
    first = month.tick(THREE[0])
    month.runs(first, status, again=False if status == DagsterRunStatus.FAILURE else None)
    assert month.look() is None
    assert day_of(month.tick(THREE[1])) == f"{THREE[0]}"


def test_where_the_request_of_a_night_came_to_nothing_it_is_asked_for_again(month: Month) -> None:
    assert month.tick(THREE[0]) is not None
    month.now += 60
    assert month.look() is None
    month.now += 61
    assert day_of(month.look()) == f"{THREE[0]}"


@op
def stopped() -> None:
    """A step under which its code server is stopped."""
    raise DagsterExecutionInterruptedError


@job(name=NIGHTLY.name, executor_def=in_process_executor)
def night() -> None:
    """A night in which it is."""
    stopped()


@contextmanager
def interrupted(month: Month, request: RunRequest | None) -> Iterator[DagsterRun]:
    """The run of a night that is stopped together with its code server."""
    assert request is not None
    tags = {**request.tags, PARTITION_NAME_TAG: f"{request.partition_key}"}
    done = night.execute_in_process(instance=month.instance, raise_on_error=False, tags=tags)
    # As Dagster says of a run in a process of its own, whose step failed.
    month.instance.add_run_tags(done.run_id, {WILL_RETRY_TAG: "false"})
    run = month.instance.get_run_by_id(done.run_id)
    assert run is not None and run.status == DagsterRunStatus.FAILURE
    yield run


def test_a_night_whose_code_server_was_stopped_is_asked_for_again_some_times(
    month: Month, home: Home
) -> None:
    asked = month.tick(THREE[0])
    for _ in range(MOST_TRIES - 1):
        with interrupted(month, asked):
            again = month.look()
        assert day_of(again) == f"{THREE[0]}" and again and asked and again.run_key != asked.run_key
        asked = again
    with interrupted(month, asked) as run:
        assert month.look() is None, "it goes on happening"
    assert run.tags[NIGHT] and [one for one in alerts(home) if one.kind == RUN] == []


def test_a_night_that_a_person_cancelled_is_left_to_the_next_one(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    month.runs(month.tick(THREE[0]), DagsterRunStatus.CANCELED)
    monkeypatch.setattr("pipelines.in_order.was_interrupted", lambda *_: True)
    assert month.look() is None


def test_nights_due_begin_after_the_day_issued_last_and_never_reach_back_for_ever(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert nights_due(home, FIRST) == [FIRST], "nothing was issued yet"
    assert CATCH_UP_DAYS == 14


def test_before_commissioning_nothing_is_asked_for(month: Month, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKCODE_COMMISSIONED_ON", "2027-01-01")
    assert month.tick(THREE[0]) is None
