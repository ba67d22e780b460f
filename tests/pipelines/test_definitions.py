"""What Dagster loads, and how its own instance behaves: schedule, sensor, backfill, failure."""

import shutil
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster import (
    AssetKey,
    DagsterInstance,
    DagsterRunStatus,
    RunRequest,
    SensorResult,
    SkipReason,
    build_schedule_context,
    build_sensor_context,
)

from assets.inspection import NIGHTLY_FRESHNESS
from models.tables.canonical import TABLES
from pipelines.definitions import build_definitions
from pipelines.instance import write_instance_config
from pipelines.jobs import NIGHTLY
from pipelines.nightly import Order, run_nightly
from pipelines.schedules import nightly_schedule
from pipelines.sensors import new_delivery
from pipelines.settings import load_settings
from tests.worlds.homes import copy_of
from tests.worlds.runs import DAY_1, DAY_2, write_city
from tests.worlds.warehouses import night
from warehouse.database.reading import reading, rows
from warehouse.home import Home
from warehouse.publish import published_as_of
from warehouse.questions.codes import code_counts


def test_every_asset_has_a_group_an_owner_and_a_description(home: Home) -> None:
    graph = build_definitions(load_settings()).resolve_asset_graph()
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    assert len(nodes) == 22
    for node in nodes:
        assert node.group_name in {"intake", "scoring", "inspection", "learning"}, node.key
        assert node.owners, node.key
        assert node.description, node.key
    assert graph.get(AssetKey("published_copy")).freshness_policy == NIGHTLY_FRESHNESS


def test_each_table_of_the_canonical_model_is_an_asset_with_its_columns(home: Home) -> None:
    graph = build_definitions(load_settings()).resolve_asset_graph()
    for name, table in TABLES.items():
        schema = graph.get(AssetKey(name)).metadata["dagster/column_schema"]
        assert [column.name for column in schema.columns] == list(table.columns())


def test_the_night_codes_the_day_that_has_just_ended(home: Home) -> None:
    definitions = build_definitions(load_settings())
    schedule = definitions.resolve_schedule_def(nightly_schedule.name)
    night = datetime(2026, 7, 1, 2, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    result = schedule.evaluate_tick(
        build_schedule_context(
            scheduled_execution_time=night,
            repository_def=definitions.get_repository_def(),
        )
    )
    assert result.run_requests is not None
    [request] = result.run_requests
    assert request.partition_key == "2026-06-30"
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.execution_timezone == "Asia/Shanghai"


def test_the_sensor_asks_once_for_each_new_state_of_the_inbox(home: Home) -> None:
    assert isinstance(new_delivery(build_sensor_context()), SkipReason)
    write_city(home.inbox / "demo_city", 30)
    shutil.rmtree(home.inbox / "demo_city" / "truth", ignore_errors=True)
    looked = new_delivery(build_sensor_context())
    assert isinstance(looked, SensorResult) and not looked.run_requests, "it may still be written"
    first = new_delivery(build_sensor_context(cursor=looked.cursor))
    assert isinstance(first, SensorResult) and first.run_requests is not None
    assert isinstance(first.run_requests[0], RunRequest)
    assert first.run_requests[0].job_name == NIGHTLY.name, "nobody coded today"
    assert isinstance(new_delivery(build_sensor_context(cursor=first.cursor)), SkipReason)
    (home.inbox / "demo_city" / "accidents.json").write_text("[]")
    changed = new_delivery(build_sensor_context(cursor=first.cursor))
    assert isinstance(changed, SensorResult) and not changed.run_requests
    again = new_delivery(build_sensor_context(cursor=changed.cursor))
    assert isinstance(again, SensorResult) and again.run_requests


# ------------------------------------------------------------------------------------------- whole nights


@pytest.fixture(scope="module")
def lived(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str, str]:
    """A coded home in which a run died, a day long past was coded, and then the next one.

    Returns it with the ids of the dead run and of the last one.
    """
    home = Home(copy_of(coded, tmp_path_factory.mktemp("lived"))).prepare()
    with pytest.MonkeyPatch.context() as here:
        here.setenv("RISKCODE_HOME", str(home.root))
        write_instance_config(home)
        settings = load_settings()
        with DagsterInstance.from_config(str(home.dagster)) as instance:
            job = build_definitions(settings).resolve_job_def(NIGHTLY.name)
            dead = instance.create_run_for_job(job, status=DagsterRunStatus.STARTED)
        run_nightly(settings, Order(as_of=date(2026, 3, 31), take_in=False, even_if_older=False))
        assert published_as_of(home) == DAY_1
        last = run_nightly(settings, Order(as_of=DAY_2, take_in=False))
    return home, dead.run_id, last


@pytest.mark.slow
def test_a_backfilled_day_enters_neither_the_history_nor_the_published_copy(
    lived: tuple[Home, str, str],
) -> None:
    with reading(lived[0]) as connection:
        days = rows(
            connection, "SELECT min(valid_from) AS first, max(valid_from) AS last FROM risk.code_history"
        )
        runs = rows(connection, "SELECT as_of, is_issued FROM ops.runs ORDER BY number")
        counts = code_counts(connection)
    assert DAY_1 <= days[0]["first"] <= days[0]["last"] <= DAY_2
    assert [(row["as_of"], row["is_issued"]) for row in runs] == [
        (DAY_1, True),
        (date(2026, 3, 31), False),
        (DAY_2, True),
    ]
    assert counts[0]["before_as_of"] == DAY_1


@pytest.mark.slow
def test_runs_are_kept_in_dagsters_own_instance_and_the_dead_are_marked(lived: tuple[Home, str, str]) -> None:
    home, dead, last = lived
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        done, ghost = instance.get_run_by_id(last), instance.get_run_by_id(dead)
    assert done is not None and done.status == DagsterRunStatus.SUCCESS
    assert ghost is not None and ghost.status == DagsterRunStatus.FAILURE


@pytest.mark.slow
def test_an_asset_materialised_alone_refuses_another_days_input(coded: Path, home: Home) -> None:
    copy_of(coded, home.root)
    settings = load_settings()
    write_instance_config(home)
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        result = (
            build_definitions(settings)
            .resolve_job_def(NIGHTLY.name)
            .execute_in_process(
                instance=instance, partition_key="2026-06-01", op_selection=["codes"], raise_on_error=False
            )
        )
    assert not result.success
    with reading(home) as connection:
        assert rows(connection, "SELECT DISTINCT as_of FROM risk.codes") == [{"as_of": DAY_1}]


def test_coding_an_issued_day_again_never_moves_a_due_day(home: Home, tmp_path: Path) -> None:
    later = date(2026, 7, 10)
    night(home, DAY_1, write_city(tmp_path / "city", 100))
    due: list[list[dict[str, object]]] = []
    for day in (later, DAY_1, later):
        night(home, day)
        with reading(home) as connection:
            due.append(rows(connection, "SELECT enterprise_id, due_on FROM serve.red_queue ORDER BY 1"))
    assert due[0] == due[2] != []
    assert {row["due_on"] for row in due[1]} == {date(2026, 7, 7)}
