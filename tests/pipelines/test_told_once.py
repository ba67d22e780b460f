"""Faults that nobody would look for are told once each: runs that succeeded when tried again, sources set aside."""

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from dagster import (
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Definitions,
    JobDefinition,
    RunsFilter,
    build_run_status_sensor_context,
    in_process_executor,
    job,
    op,
)
from dagster._core.execution.api import execute_run
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.storage.tags import WILL_RETRY_TAG
from dagster._core.test_utils import create_test_daemon_workspace_context
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.auto_run_reexecution import auto_run_reexecution
from dagster._utils.hosted_user_process import recon_job_from_origin

from models.errors import WarehouseError
from pipelines.alerts import RETRIED, RUN, SOURCE, alerts
from pipelines.supervision import news, report_failure, report_retried
from tests.worlds.deliveries import MAPPING, TODAY, csv_bytes, deliver, firm, warehouse
from tests.worlds.instances import Watch
from warehouse.database.copies import copy_tables
from warehouse.database.frames import Connection
from warehouse.home import Home
from warehouse.intake.complaints import acknowledge
from warehouse.intake.inbox import take_in_all
from warehouse.publish import PUBLISHED

# ------------------------------------------------------------------------------------ runs that are tried again


@op
def codes() -> None:
    """A step that does its work."""


@job(executor_def=in_process_executor)
def night() -> None:
    """A job that succeeds unless its process is killed."""
    codes()


location = Definitions(jobs=[night])


class Daemon:
    """What Dagster's daemon does with runs: it tries them again, and lets both sensors look at how they ended."""

    def __init__(self, instance: DagsterInstance, workspace: WorkspaceProcessContext) -> None:
        self.instance, self.workspace = instance, workspace

    def begins(self, of: JobDefinition, **tags: str) -> DagsterRun:
        [there] = self.workspace.create_request_context().code_locations
        found = there.get_repository("__repository__").get_full_job(of.name)
        return self.instance.create_run_for_job(
            of,
            tags=tags,
            remote_job_origin=found.get_remote_origin(),
            job_code_origin=found.get_python_origin(),
        )

    def is_killed(self, run: DagsterRun, how: str) -> DagsterRun | None:
        """Let the process of a run be killed.  Returns the run that tries again, if one does."""
        self.instance.report_engine_event(how, run)
        self.look(run, self.instance.report_run_failed(run))
        failed = self.instance.get_run_records(RunsFilter(run_ids=[run.run_id]))
        retrying = auto_run_reexecution.consume_new_runs_for_automatic_reexecution
        list(retrying(self.workspace, failed, logging.getLogger("test")))
        return next((one for one in self.instance.get_runs() if one.parent_run_id == run.run_id), None)

    def succeeds(self, run: DagsterRun) -> None:
        starting = DagsterEvent(DagsterEventType.PIPELINE_STARTING.value, run.job_name)
        self.instance.report_dagster_event(starting, run.run_id)
        run = self.again(run)
        assert run.job_code_origin is not None
        done = execute_run(recon_job_from_origin(run.job_code_origin), run, self.instance)
        [event] = [one for one in done.all_events if one.event_type == DagsterEventType.RUN_SUCCESS]
        self.look(run, event)

    def look(self, run: DagsterRun, event: DagsterEvent) -> None:
        context = build_run_status_sensor_context(
            sensor_name="looks",
            dagster_event=event,
            dagster_instance=self.instance,
            dagster_run=self.again(run),
        )
        if event.is_run_failure:
            report_failure(context.for_run_failure())
        else:
            report_retried(context)

    def again(self, run: DagsterRun) -> DagsterRun:
        read = self.instance.get_run_by_id(run.run_id)
        assert read is not None
        return read


@pytest.fixture
def daemon(instance: DagsterInstance) -> Iterator[Daemon]:
    here = LoadableTargetOrigin(module_name=__name__, attribute="location")
    target = InProcessWorkspaceLoadTarget(InProcessCodeLocationOrigin(here, location_name="riskcode"))
    with create_test_daemon_workspace_context(target, instance) as workspace:
        yield Daemon(instance, workspace)


def test_a_run_that_was_killed_and_succeeded_at_the_third_try_is_told_once_with_its_first_cause(
    home: Home, daemon: Daemon
) -> None:
    first = daemon.begins(night, **{"dagster/partition": "2026-06-30"})
    second = daemon.is_killed(first, "The process was terminated by signal 9.")
    assert second is not None and daemon.again(first).tags[WILL_RETRY_TAG] == "true"
    third = daemon.is_killed(second, "The process was terminated by signal 15.")
    assert third is not None and alerts(home) == [], "it is not over yet"
    daemon.succeeds(third)
    [told] = alerts(home)
    assert (told.kind, told.run_id, told.job, told.day) == (RETRIED, third.run_id, "night", "2026-06-30")
    assert told.cause.endswith("terminated by signal 9."), "what Dagster writes after the failure is no cause"
    assert "at try 3" in told.todo


def test_a_run_whose_last_try_failed_is_told_as_failed_and_what_a_person_starts_then_is_not_told(
    home: Home, daemon: Daemon
) -> None:
    first = daemon.begins(night, **{"dagster/max_retries": "1"})
    second = daemon.is_killed(first, "killed")
    assert second is not None and daemon.is_killed(second, "killed again") is None
    assert [(one.kind, one.run_id) for one in alerts(home)] == [(RUN, second.run_id)]
    by_hand = daemon.instance.create_run_for_job(
        night,
        parent_run_id=second.run_id,
        root_run_id=first.run_id,
        remote_job_origin=second.remote_job_origin,
        job_code_origin=second.job_code_origin,
    )
    daemon.succeeds(by_hand)
    daemon.succeeds(daemon.begins(night))
    assert len(alerts(home)) == 1


def test_a_run_is_not_told_as_failed_before_dagster_has_noted_that_it_is_tried_again(
    home: Home, daemon: Daemon
) -> None:
    run = daemon.begins(night)
    event = daemon.instance.report_run_failed(run)
    seen = daemon.again(run)
    early = seen.with_tags({name: told for name, told in seen.tags.items() if name != WILL_RETRY_TAG})
    assert early.status == DagsterRunStatus.FAILURE
    context = build_run_status_sensor_context(
        sensor_name="looks", dagster_event=event, dagster_instance=daemon.instance, dagster_run=early
    )
    report_failure(context.for_run_failure())
    assert alerts(home) == []


# ------------------------------------------------------------------------------------ sources that were set aside


@pytest.fixture
def connection() -> Iterator[Connection]:
    with warehouse() as connection:
        yield connection


def source(home: Home, name: str, files: dict[str, bytes]) -> Path:
    mapping = MAPPING.replace("mapping: bureau", f"mapping: {name}").encode()
    return deliver(
        home.inbox / name, {"register.csv": csv_bytes([firm(1)]), "mapping.yaml": mapping, **files}
    )


def a_night(connection: Connection, home: Home, later: int = 0) -> None:
    day: date = TODAY + timedelta(days=later)
    take_in_all(connection, home, folder=None, mapping=None, received_on=day, today=day)
    asked = {name: PUBLISHED[name] for name in ("ops.complaints", "ops.meta", "ops.runs")}
    copy_tables(connection, home.published, asked, known_at=day)


def test_a_source_that_was_set_aside_is_told_once_and_again_when_it_comes_back(
    home: Home, connection: Connection, instance: DagsterInstance
) -> None:
    watch = Watch(news, instance)
    watch.looks()
    assert alerts(home) == [], "nothing is published yet"
    well = (source(home, "bureau", {}) / "mapping.yaml").read_bytes()
    a_night(connection, home)
    watch.looks()
    assert alerts(home) == []
    (home.inbox / "bureau" / "mapping.yaml").write_bytes(b"mapping: [\n")
    a_night(connection, home, 1)
    watch.looks(3)
    a_night(connection, home, 2)
    watch.looks()
    [told] = alerts(home)
    assert told.kind == SOURCE and told.cause.startswith("bureau: ") and "mapping.yaml" in told.cause
    assert "./riskcode sources complaints" in told.todo
    (home.inbox / "bureau" / "mapping.yaml").write_bytes(well)
    a_night(connection, home, 3)
    watch.looks()
    (home.inbox / "bureau" / "mapping.yaml").write_bytes(b"mapping: [\n")
    a_night(connection, home, 4)
    watch.looks(2)
    assert len(alerts(home)) == 2


def test_what_is_only_remarked_or_acknowledged_is_not_told(
    home: Home, connection: Connection, instance: DagsterInstance
) -> None:
    source(home, "bureau", {"nobody reads me.csv": b"a\n1\n", "v_1.csv": b""})
    a_night(connection, home)
    [(grave,)] = connection.execute("SELECT complaint_id FROM ops.complaints WHERE is_grave").fetchall()
    acknowledge(connection, grave, by="王伟", reason="该区周一重报工作簿，已电话确认")
    a_night(connection, home, 1)
    Watch(news, instance).looks()
    assert alerts(home) == []


def test_an_alert_quotes_nothing_of_a_delivery(
    home: Home, connection: Connection, instance: DagsterInstance
) -> None:
    headless = "王伟,13800000000\n李娜,13900000000\n".encode()
    source(home, "bureau", {"v_1.csv": b"PK\x03\x04 13800000000"})
    columns = b"mapping: other\ntables: {enterprises: [{files: ['r*'], columns: {name: no_such}}]}\n"
    source(home, "other", {"register.csv": headless, "mapping.yaml": columns})
    a_night(connection, home)
    complaints = connection.sql(
        "SELECT string_agg(facts::VARCHAR) FROM ops.complaints WHERE is_grave"
    ).fetchall()
    assert "13800000000" in complaints[0][0], "the complaint itself may quote"
    Watch(news, instance).looks()
    causes = {one.cause for one in alerts(home)}
    assert len(causes) == 2 and "register.csv has no column no_such" in " ".join(causes)
    assert "138" not in " ".join(causes) and "王伟" not in " ".join(causes)


def test_of_many_the_first_ten_are_told_one_by_one_and_the_rest_is_counted(
    home: Home, connection: Connection, instance: DagsterInstance
) -> None:
    for number in range(12):
        source(home, f"bureau_{number:02}", {"mapping.yaml": b"mapping: [\n"})
    a_night(connection, home)
    Watch(news, instance).looks(2)
    rest, *told = alerts(home)
    assert len({one.cause for one in told}) == len(told) == 10
    assert rest.cause == "2 more sources, files or tables could not be read."


def test_a_copy_that_cannot_be_read_is_an_error_of_the_look_which_keeps_what_was_told(
    home: Home, connection: Connection, instance: DagsterInstance
) -> None:
    source(home, "bureau", {"mapping.yaml": b"mapping: [\n"})
    a_night(connection, home)
    watch = Watch(news, instance)
    watch.looks()
    whole = home.published.read_bytes()
    home.published.write_bytes(b"damaged")
    with pytest.raises(WarehouseError, match="cannot be read"):
        watch.looks()
    home.published.write_bytes(whole)
    watch.looks()
    assert len(alerts(home)) == 1
