"""The sensor of the inbox, on the Dagster instance of the home: what it asks for, when, and when it asks no more."""

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetKey,
    DagsterInstance,
    DagsterRunStatus,
    Failure,
    RetryRequested,
    RunRequest,
    SensorResult,
    build_op_context,
    build_sensor_context,
    validate_run_config,
)
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from assets.intake import Deliveries
from assets.intraday import Inbox, intraday, update_codes
from assets.learning import refit
from assets.resources import Warehouse
from models.errors import BusyError, RiskcodeError, ScoreError
from pipelines.alerts import TICK, alerts
from pipelines.definitions import build_definitions
from pipelines.in_order import nights_in_order
from pipelines.jobs import NIGHTLY
from pipelines.sensors import new_delivery
from pipelines.settings import load_settings
from tests.worlds.deliveries import MAPPING, TODAY, csv_bytes, deliver, firm, violation
from tests.worlds.homes import copy_of
from tests.worlds.runs import DAY_1
from warehouse.clock import LOCAL
from warehouse.connection import holding, writing
from warehouse.database.reading import reading, rows
from warehouse.home import Home
from warehouse.intake.arrivals import Arrival, untaken, waiting
from warehouse.intake.complaints import SOURCE_UNREADABLE
from warehouse.intake.inbox import take_in_all
from warehouse.questions.complaints import standing

FIRMS = csv_bytes([firm(number) for number in range(4)])
MINUTE, HOUR = 60.0, 3600.0


def source(home: Home, name: str, **files: bytes) -> Path:
    """A source of its own in the inbox; files by the beginning of their name."""
    mapping = MAPPING.replace("mapping: bureau", f"mapping: {name}").encode()
    named = {f"{start}.csv": content for start, content in files.items()}
    return deliver(home.inbox / name, {**named, "mapping.yaml": mapping})


class Sensor:
    """The sensor of a home, looked at again and again, with a clock of its own; what runs took in is said here."""

    def __init__(self, home: Home, instance: DagsterInstance, here: pytest.MonkeyPatch) -> None:
        self.home, self.instance, self.cursor, self.now = home, instance, "", 0.0
        self.taken = set[str]()
        here.setattr("pipelines.sensors.time.time", lambda: self.now)
        here.setattr("pipelines.sensors.untaken", self._untaken)

    def _untaken(self, home: Home, arrivals: Iterable[Arrival]) -> list[Arrival]:
        left = [
            one.only({name for name, mark in one.marks.items() if mark not in self.taken}) for one in arrivals
        ]
        return [one for one in left if one.marks]

    def asks(self) -> RunRequest | None:
        """The run it asks for, if any."""
        told = new_delivery(build_sensor_context(instance=self.instance, cursor=self.cursor))
        assert isinstance(told, SensorResult) and told.cursor
        self.cursor = told.cursor
        assert len(told.run_requests or []) <= 1
        return told.run_requests[0] if told.run_requests else None

    def looks(self) -> list[str]:
        """The places it asks for, if any."""
        request = self.asks()
        return sorted(finished(request)) if request else []

    def takes_in(self, *sources: str) -> None:
        """A run takes in all that stands there of these sources."""
        for one in waiting(self.home):
            if one.source.folder.name in sources:
                self.taken.update(one.marks.values())


def finished(request: RunRequest) -> dict[str, str]:
    """What a run is told to take in, each with its mark."""
    [config] = request.run_config["ops"].values()
    return config["config"]["finished"]


@pytest.fixture
def sensor(home: Home, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> Sensor:
    return Sensor(home, instance, monkeypatch)


# ------------------------------------------------------------------------------------ what is asked for


def test_what_has_stood_still_for_a_look_is_asked_for_and_again_once_it_has_changed(sensor: Sensor) -> None:
    assert sensor.looks() == [], "the inbox is empty"
    folder = source(sensor.home, "bureau", register=FIRMS)
    assert sensor.looks() == [], "it may still be written"
    first = sensor.asks()
    assert first is not None and first.job_name == NIGHTLY.name, "nobody coded today"
    sensor.takes_in("bureau")
    assert sensor.looks() == sensor.looks() == [], "it is taken in"
    deliver(folder, {"register.csv": FIRMS + b"\n", "v_1.csv": csv_bytes([violation("a")])})
    assert sensor.looks() == []
    again = sensor.asks()
    assert again is not None and again.run_key != first.run_key
    assert {*finished(again)} == {"bureau/register.csv", "bureau/v_1.csv"}


def test_a_file_that_grows_holds_up_neither_its_own_source_nor_others(sensor: Sensor) -> None:
    folder = source(sensor.home, "bureau", register=FIRMS, v_1=b"a")
    source(sensor.home, "other", register=FIRMS)
    asked: list[list[str]] = []
    for size in range(5):
        sensor.now += 30
        deliver(folder, {"v_1.csv": b"a" * (size + 2)})
        asked.append(sensor.looks())
        if asked[-1]:
            sensor.takes_in("other")
            sensor.taken.update(mark for name, mark in bureau(sensor.home).items() if name != "v_1.csv")
    assert asked == [[], ["bureau/register.csv", "other/register.csv"], [], [], []]
    assert sensor.looks() == ["bureau/v_1.csv"], "it stands still now"


def bureau(home: Home) -> dict[str, str]:
    """Marks of the files of a source."""
    return next(one.marks for one in waiting(home) if one.source.folder.name == "bureau")


def test_sources_that_cannot_be_read_are_asked_for_with_the_others_and_become_complaints(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, listed = sensor.home, Path.iterdir

    def unreadable(path: Path) -> Iterator[Path]:
        if path.name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    source(home, "bureau", register=FIRMS)
    deliver(home.inbox / "unmapped", {"a.csv": b"id\n1\n"})
    deliver(home.inbox / "damaged", {"a.csv": b"id\n1\n", "mapping.yaml": b"mapping: ["})
    source(home, "locked", register=FIRMS)
    monkeypatch.setattr(Path, "iterdir", unreadable)
    sensor.looks()
    request = sensor.asks()
    assert request is not None
    assert {*finished(request)} == {"bureau/register.csv", "unmapped/", "damaged/", "locked/"}
    take_in(home, request)
    assert taken_in(home) == [("bureau", 4)]
    with writing(home) as connection:
        told = {row["source"] for row in standing(connection) if row["kind"] == SOURCE_UNREADABLE}
    assert told == {"unmapped", "damaged", "locked"}


def test_a_source_that_cannot_be_looked_at_at_all_is_one_that_cannot_be_read(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_dir = Path.is_dir

    def stale(path: Path) -> bool:
        if path.name == "stale":
            raise OSError(116, "Stale file handle", str(path))
        return is_dir(path)

    source(sensor.home, "bureau", register=FIRMS)
    source(sensor.home, "stale", register=FIRMS)
    monkeypatch.setattr(Path, "is_dir", stale)
    assert sensor.looks() == []
    assert sensor.looks() == ["bureau/register.csv", "stale/"]


# ------------------------------------------------------------------------------------ asking again


def test_it_asks_again_with_growing_pauses_until_a_run_has_taken_it_in(sensor: Sensor) -> None:
    source(sensor.home, "bureau", register=FIRMS)
    asked, keys = list[int](), set[str | None]()
    for minute in range(60 * 5):
        sensor.now = minute * MINUTE
        if request := sensor.asks():
            asked.append(minute)
            keys.add(request.run_key)
    assert [later - sooner for sooner, later in pairwise(asked)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert len(keys) == len(asked), "each is a run of its own"
    sensor.takes_in("bureau")
    sensor.now += 2 * HOUR
    assert sensor.looks() == sensor.looks() == []


def test_pauses_are_those_of_a_source_and_what_was_asked_for_before_is_asked_for_alone(
    sensor: Sensor,
) -> None:
    source(sensor.home, "bureau", register=FIRMS)
    source(sensor.home, "other", register=FIRMS)
    sensor.looks()
    assert sensor.looks() == ["bureau/register.csv", "other/register.csv"], "at first together"
    sensor.now += 61
    assert sensor.looks() == ["bureau/register.csv"], "one of them may be what runs die of"
    assert sensor.looks() == ["other/register.csv"]
    sensor.takes_in("other")
    source(sensor.home, "third", register=FIRMS)
    sensor.looks()
    assert sensor.looks() == ["third/register.csv"], "the pause of another is none of its own"
    assert sensor.looks() == []
    sensor.now += 121
    assert sensor.looks() == ["bureau/register.csv"]


def test_a_new_file_of_a_source_that_waits_is_asked_for_at_once_and_changes_nothing_of_the_waiting(
    sensor: Sensor,
) -> None:
    folder = source(sensor.home, "bureau", register=FIRMS)
    sensor.looks()
    for pause in (0, 61, 121, 241):
        sensor.now += pause
        assert sensor.looks() == ["bureau/register.csv"]
    deliver(folder, {"v_1.csv": csv_bytes([violation("a")])})
    assert sensor.looks() == []
    sensor.now += 30
    assert sensor.looks() == ["bureau/v_1.csv"]
    sensor.now += 8 * MINUTE - 31
    assert sensor.looks() == []
    sensor.now += 2
    assert sensor.looks() == ["bureau/register.csv", "bureau/v_1.csv"]


def test_once_some_of_a_source_is_taken_in_the_rest_is_asked_for_at_once(sensor: Sensor) -> None:
    source(sensor.home, "bureau", register=FIRMS, v_1=b"a")
    sensor.looks(), sensor.looks()
    sensor.now += 61
    assert sensor.looks() == ["bureau/register.csv", "bureau/v_1.csv"]
    sensor.taken.add(bureau(sensor.home)["register.csv"])
    deliver(sensor.home.inbox / "bureau", {"v_2.csv": b"b"})
    assert sensor.looks() == []
    assert sensor.looks() == ["bureau/v_1.csv", "bureau/v_2.csv"]


def test_a_clock_that_was_set_back_makes_no_pause_longer(sensor: Sensor) -> None:
    source(sensor.home, "bureau", register=FIRMS)
    sensor.now = 10 * HOUR
    sensor.looks(), sensor.looks()
    sensor.now = HOUR
    assert sensor.looks() == ["bureau/register.csv"]


# ------------------------------------------------------------------------------------ runs under way


@pytest.mark.parametrize(
    ("job", "status", "assets", "waits"),
    [
        (NIGHTLY.name, DagsterRunStatus.QUEUED, None, True),
        (NIGHTLY.name, DagsterRunStatus.STARTED, None, True),
        (intraday.name, DagsterRunStatus.STARTING, None, True),
        (NIGHTLY.name, DagsterRunStatus.SUCCESS, None, False),
        (NIGHTLY.name, DagsterRunStatus.FAILURE, None, False),
        (refit.name, DagsterRunStatus.STARTED, None, False),
        ("__ASSET_JOB", DagsterRunStatus.QUEUED, {AssetKey("violations")}, True),
        ("__ASSET_JOB", DagsterRunStatus.QUEUED, {AssetKey("codes")}, False),
    ],
)
def test_it_waits_for_a_run_that_takes_the_inbox_in_and_for_no_other(
    job: str, status: DagsterRunStatus, assets: set[AssetKey] | None, waits: bool, sensor: Sensor
) -> None:
    source(sensor.home, "bureau", register=FIRMS)
    sensor.looks()
    begun = sensor.instance.create_run(**run_of(job, status, assets))
    assert (sensor.looks() == []) == waits
    if waits:
        sensor.instance.delete_run(begun.run_id)
        assert sensor.looks() == ["bureau/register.csv"]


def run_of(
    job: str, status: DagsterRunStatus, assets: set[AssetKey] | None, tags: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What Dagster's instance wants to be told of a run."""
    unsaid = (
        "run_id run_config resolved_op_selection step_keys_to_execute tags root_run_id parent_run_id job_snapshot "
        "execution_plan_snapshot parent_job_snapshot op_selection job_code_origin asset_graph asset_check_selection"
    )
    code = RegisteredCodeLocationOrigin("riskcode")
    return {
        **dict.fromkeys(unsaid.split()),
        "job_name": job,
        "status": status,
        "tags": tags,
        "asset_selection": frozenset(assets) if assets else None,
        "remote_job_origin": RemoteJobOrigin(RemoteRepositoryOrigin(code, "__repository__"), job),
    }


def test_a_run_whose_process_died_is_not_waited_for_for_ever(sensor: Sensor) -> None:
    source(sensor.home, "bureau", register=FIRMS)
    sensor.looks()
    dead = sensor.instance.create_run(**run_of(NIGHTLY.name, DagsterRunStatus.STARTED, None))
    [record] = sensor.instance.get_run_records()
    assert record.dagster_run.run_id == dead.run_id
    sensor.now = record.create_timestamp.timestamp() + 300
    assert sensor.looks() == [], "it may still be loading"
    sensor.now += 600
    with holding(sensor.home):
        assert sensor.looks() == [], "it is writing"
    assert sensor.looks() == ["bureau/register.csv"]


# ------------------------------------------------------------------------------------ errors of the look itself


def test_an_error_of_the_look_is_told_once_and_nothing_that_was_remembered_is_lost(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    source(sensor.home, "bureau", register=FIRMS)
    sensor.looks()

    def fails(home: Home, arrivals: Iterable[Arrival]) -> list[Arrival]:
        sensor.now += 1
        raise OSError(f"I/O error at {sensor.now}")

    with monkeypatch.context() as here:
        here.setattr("pipelines.sensors.untaken", fails)
        assert sensor.looks() == sensor.looks() == []
    [told] = alerts(sensor.home)
    assert told.kind == TICK and "OSError: I/O error at 1.0" in told.cause and told.todo
    assert sensor.looks() == ["bureau/register.csv"], "it had been seen before"
    sensor.now += HOUR
    with monkeypatch.context() as here:
        here.setattr("pipelines.sensors.untaken", fails)
        assert sensor.looks() == []
    assert len(alerts(sensor.home)) == 2, "it had been over"


def test_a_cursor_of_another_form_is_as_none(sensor: Sensor) -> None:
    source(sensor.home, "bureau", register=FIRMS)
    for form in (
        "no json",
        "[1]",
        '{"seen": "x", "settled": "y", "times": 3}',
        '{"sources": {"bureau": {}}}',
    ):
        sensor.cursor = form
        assert sensor.looks() == []
        assert json.loads(sensor.cursor)["sources"]["bureau"]["times"] == 0
    assert sensor.looks() == ["bureau/register.csv"]


def test_what_is_remembered_of_a_source_that_is_taken_in_does_not_grow_with_its_files(sensor: Sensor) -> None:
    folder = source(sensor.home, "bureau", **{f"v_{number}": b"a" for number in range(200)})
    sensor.looks(), sensor.looks()
    sensor.takes_in("bureau")
    sensor.now += 61
    sensor.looks(), sensor.looks()
    assert len(sensor.cursor) < 300
    (folder / "v_1.csv").unlink()
    sensor.looks(), sensor.looks(), sensor.looks()
    assert len(sensor.cursor) < 300


# ------------------------------------------------------------------------------------ what the runs do with it


def take_in(home: Home, request: RunRequest) -> None:
    """Take in what a nightly run is told to."""
    config = Deliveries(**request.run_config["ops"]["intake"]["config"])
    with writing(home) as connection:
        take_in_all(
            connection,
            home,
            folder=None,
            mapping=None,
            received_on=TODAY,
            today=TODAY,
            only=config.of_inbox(home),
            asks=config.arrived_before is None,
        )


def taken_in(home: Home) -> list[tuple[str, int]]:
    """Deliveries that were taken in, with their rows."""
    with writing(home) as connection:
        return connection.execute("SELECT source, delivered FROM ops.deliveries ORDER BY number").fetchall()


def test_a_night_leaves_alone_what_was_not_finished_and_what_is_written_anew_since(sensor: Sensor) -> None:
    folder = source(sensor.home, "bureau", register=FIRMS, v_1=csv_bytes([violation("a")]))
    sensor.looks()
    deliver(folder, {"v_2.csv": csv_bytes([violation("b")])})
    request = sensor.asks()
    assert request is not None and request.job_name == NIGHTLY.name
    assert {*finished(request)} == {"bureau/register.csv", "bureau/v_1.csv"}
    deliver(folder, {"v_1.csv": csv_bytes([violation("a"), violation("c")])})
    take_in(sensor.home, request)
    assert taken_in(sensor.home) == [("bureau", 4)]


def test_a_night_that_is_made_up_for_takes_in_what_had_come_by_then_whatever_time_a_file_bears(
    sensor: Sensor,
) -> None:
    folder = source(sensor.home, "bureau", register=FIRMS, v_1=csv_bytes([violation("a")]))
    time.sleep(0.02)
    missed = datetime.now(LOCAL)
    time.sleep(0.02)
    deliver(folder, {"v_2.csv": csv_bytes([violation("b")])})
    os.utime(folder / "v_2.csv", (0, 0))
    asked = {"ops": {"intake": {"config": {"arrived_before": missed.isoformat()}}}}
    take_in(sensor.home, RunRequest(run_config=asked))
    assert taken_in(sensor.home) == [("bureau", 5)]
    take_in(sensor.home, RunRequest(run_config={"ops": {"intake": {"config": {}}}}))
    assert taken_in(sensor.home) == [("bureau", 5), ("bureau", 1)]


def test_both_jobs_accept_what_the_sensor_tells_them(sensor: Sensor, monkeypatch: pytest.MonkeyPatch) -> None:
    source(sensor.home, "bureau", register=FIRMS)
    definitions = build_definitions(load_settings())
    today = date(2026, 6, 30)
    monkeypatch.setattr("pipelines.sensors.night_begun", lambda: today)
    for day in (None, today):
        due = [] if day else [today]
        monkeypatch.setattr("pipelines.sensors.nights_due", lambda *_, due=due: due)
        sensor.cursor = ""
        sensor.looks()
        request = sensor.asks()
        assert request is not None and request.job_name == (intraday.name if day else NIGHTLY.name)
        job = definitions.resolve_job_def(str(request.job_name))
        assert validate_run_config(job, request.run_config)


def test_where_nights_were_missed_they_are_asked_for_before_the_one_that_takes_in_what_arrived(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    source(sensor.home, "bureau", register=FIRMS)
    missed, today = date(2026, 6, 29), date(2026, 6, 30)
    monkeypatch.setattr("pipelines.sensors.night_begun", lambda: today)
    monkeypatch.setattr("pipelines.sensors.nights_due", lambda *_: [missed, today])
    monkeypatch.setattr("pipelines.in_order.nights_due", lambda *_: [missed, today])
    sensor.asks()
    first = sensor.asks()
    assert first is not None and first.partition_key == f"{missed}"
    assert first.run_config["ops"]["intake"]["config"] == {"arrived_before": "2026-06-29T02:00:00+08:00"}
    run = sensor.instance.create_run(**run_of(NIGHTLY.name, DagsterRunStatus.SUCCESS, None, tags=first.tags))
    monkeypatch.setattr("pipelines.in_order.nights_due", lambda *_: [today])
    second = nights_in_order(build_sensor_context(instance=sensor.instance))
    assert isinstance(second, RunRequest) and second.partition_key == f"{today}" and run
    assert {*finished(second)} == {"bureau/register.csv"}


@pytest.mark.slow
def test_the_run_that_was_asked_for_takes_it_in_and_then_nothing_is_asked_for(
    coded: Path, home: Home, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_of(coded, home.root)
    monkeypatch.setattr("pipelines.sensors.night_begun", lambda: DAY_1)
    sensor = Sensor(home, instance, monkeypatch)
    monkeypatch.setattr("pipelines.sensors.untaken", untaken)
    folder = source(home, "bureau", register=FIRMS)
    deliver(home.inbox / "unmapped", {"a.csv": b"id\n1\n"})
    sensor.looks()
    deliver(folder, {"v_1.csv": csv_bytes([violation("a")])})
    request = sensor.asks()
    assert request is not None and request.job_name == intraday.name
    job = build_definitions(load_settings()).resolve_job_def(intraday.name)
    assert job.execute_in_process(instance=instance, run_config=request.run_config).success
    with reading(home) as connection:
        taken = rows(connection, "SELECT delivered FROM ops.deliveries WHERE source = 'bureau'")
        told = [row["source"] for row in standing(connection) if row["kind"] == SOURCE_UNREADABLE]
    assert taken == [{"delivered": 4}], "not the file that may still be written"
    assert told == ["unmapped"], "a person sees it"
    request = sensor.asks()
    assert request is not None and {*finished(request)} == {"bureau/v_1.csv"}
    # A file that is about nobody (its rows are all refused) is taken in as well, and not asked for again.
    deliver(folder, {"v_1.csv": csv_bytes([violation("a", enterprise_id="?")])})
    sensor.looks()
    request = sensor.asks()
    assert request is not None and {*finished(request)} == {"bureau/v_1.csv"}
    assert job.execute_in_process(instance=instance, run_config=request.run_config).success
    sensor.now += HOUR
    assert sensor.looks() == sensor.looks() == []


@pytest.mark.parametrize(
    ("error", "raised"),
    [(BusyError("Another run is writing."), RetryRequested), (ScoreError("No code."), Failure)],
)
def test_what_passes_is_tried_again_within_the_run_and_what_does_not_is_told_at_once(
    error: RiskcodeError, raised: type[Exception], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("assets.intraday.take_in_inbox", fails)
    with pytest.raises(raised) as found:
        update_codes(build_op_context(), Inbox(), Warehouse(home=str(home.root)))
    assert found.value.__cause__ is error
    if isinstance(found.value, Failure):
        assert not found.value.allow_retries and str(error) in str(found.value.description)
