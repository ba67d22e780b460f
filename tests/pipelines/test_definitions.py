"""What Dagster loads, and how its own instance behaves: schedule, backfill, failure."""

import logging
import socket
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from logging.handlers import BufferingHandler
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster import (
    AssetKey,
    DagsterInstance,
    DagsterRunStatus,
    RunRequest,
    build_schedule_context,
)

from assets.inspection import NIGHTLY_FRESHNESS
from assets.sources import DECISIONS
from models.tables.canonical import TABLES
from pipelines.definitions import build_definitions
from pipelines.instance import write_instance_config
from pipelines.jobs import NIGHTLY
from pipelines.learning_definitions import build_learning_definitions
from pipelines.nightly import Order, run_nightly
from pipelines.orphans import PROCESS
from pipelines.schedules import nightly_schedule
from pipelines.settings import load_settings
from tests.worlds.homes import copy_of
from tests.worlds.runs import DAY_1, DAY_2, write_city
from tests.worlds.warehouses import night
from warehouse.connection import holding, writing
from warehouse.database import places
from warehouse.database.places import open_place
from warehouse.database.reading import reading, rows
from warehouse.home import Home
from warehouse.publish import published_as_of
from warehouse.questions.codes import code_counts
from warehouse.questions.nights import nights


def test_every_asset_has_a_group_an_owner_and_a_description(home: Home) -> None:
    graph = build_definitions(load_settings()).resolve_asset_graph()
    learning = build_learning_definitions(load_settings()).resolve_asset_graph()
    decided = [graph.get(one.key) for one in DECISIONS]
    nodes = [*map(graph.get, graph.materializable_asset_keys), *decided]
    assert len(nodes) == 27
    for node in [*nodes, *map(learning.get, learning.materializable_asset_keys)]:
        assert node.group_name in {"intake", "scoring", "inspection", "learning", "decisions"}, node.key
        assert node.owners, node.key
        assert node.description, node.key
    assert graph.get(AssetKey("published_copy")).freshness_policy == NIGHTLY_FRESHNESS


def test_each_table_of_the_canonical_model_is_an_asset_with_its_columns(home: Home) -> None:
    graph = build_definitions(load_settings()).resolve_asset_graph()
    for name, table in TABLES.items():
        schema = graph.get(AssetKey(name)).metadata["dagster/column_schema"]
        assert [column.name for column in schema.columns] == list(table.columns())


def asked_for(home: Home, instance: DagsterInstance, night: datetime) -> list[str]:
    """The days the nightly schedule asks for at a moment."""
    return [str(request.partition_key) for request in requests(home, instance, night)]


def requests(home: Home, instance: DagsterInstance, night: datetime) -> Sequence[RunRequest]:
    """The runs the nightly schedule asks for at a moment."""
    definitions = build_definitions(load_settings())
    result = definitions.resolve_schedule_def(nightly_schedule.name).evaluate_tick(
        build_schedule_context(
            instance=instance,
            scheduled_execution_time=night.replace(tzinfo=ZoneInfo("Asia/Shanghai")),
            repository_def=definitions.get_repository_def(),
        )
    )
    return result.run_requests or []


def test_the_night_codes_the_day_that_begins(home: Home) -> None:
    write_instance_config(home)
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        assert asked_for(home, instance, datetime(2026, 7, 1, 2)) == ["2026-07-01"]
    schedule = build_definitions(load_settings()).resolve_schedule_def(nightly_schedule.name)
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.execution_timezone == "Asia/Shanghai"


def test_a_closed_archive_has_no_nights_and_is_coded_for_the_day_that_is_asked_for(
    coded: Path, home: Home
) -> None:
    copy_of(coded, home.root)
    write_instance_config(home)
    with reading(home) as connection:
        assert nights(connection, DAY_1 + timedelta(days=3)) == []
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        at = datetime.combine(DAY_1 + timedelta(days=3), time(2))
        assert asked_for(home, instance, at) == [f"{at.date()}"]


@pytest.fixture(scope="module")
def lived(coded: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str, str]:
    """A coded home in which a run died, a day long past was coded, and then the next one.

    Returns it with the ids of the dead run and of the one for the past day.
    """
    home = Home(copy_of(coded, tmp_path_factory.mktemp("lived"))).prepare()
    with pytest.MonkeyPatch.context() as here:
        here.setenv("RISKCODE_HOME", str(home.root))
        write_instance_config(home)
        settings = load_settings()
        with DagsterInstance.from_config(str(home.dagster)) as instance:
            job = build_definitions(settings).resolve_job_def(NIGHTLY.name)
            dead = instance.create_run_for_job(
                job, status=DagsterRunStatus.STARTED, tags={PROCESS: f"{socket.gethostname()} 4194305 1"}
            )
        said = BufferingHandler(1000)
        logging.getLogger().addHandler(said)
        done = run_nightly(settings, Order(as_of=date(2026, 3, 31), take_in=False))
        logging.getLogger().removeHandler(said)
        told = [one.getMessage() for one in said.buffer]
        assert [one for one in told if "gating" in one] == [], "a past day has no plan to check"
        assert published_as_of(home) == DAY_1
        night(home, DAY_2)
    return home, dead.run_id, done


@pytest.mark.whole
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


@pytest.mark.whole
@pytest.mark.slow
def test_runs_are_kept_in_dagsters_own_instance_and_the_dead_are_marked(lived: tuple[Home, str, str]) -> None:
    home, dead, backfill = lived
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        done, ghost = instance.get_run_by_id(backfill), instance.get_run_by_id(dead)
    assert done is not None and done.status == DagsterRunStatus.SUCCESS
    assert ghost is not None and ghost.status == DagsterRunStatus.FAILURE


@pytest.mark.slow
def test_an_asset_materialised_alone_makes_what_it_needs_and_touches_nothing_that_lives(
    coded: Path, home: Home
) -> None:
    copy_of(coded, home.root)
    settings = load_settings()
    write_instance_config(home)
    before = home.published.read_bytes()
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        job = build_definitions(settings).resolve_job_def(NIGHTLY.name)
        for asset, day in (
            ("codes", "2026-06-01"),
            ("explanations", "2026-06-01"),
            ("red_queue", f"{DAY_1}"),
        ):
            result = job.execute_in_process(instance=instance, partition_key=day, op_selection=[asset])
            assert result.success, asset
    with writing(home) as connection:
        assert rows(connection, "SELECT DISTINCT as_of FROM risk.codes") == [{"as_of": DAY_1}]
        with open_place(connection, home, date(2026, 6, 1)):
            made = {"features", "scores", "timelines", "codes", "explanations"}
            assert places.made(connection) == made
            assert rows(connection, "SELECT DISTINCT as_of FROM risk.explanations") == [
                {"as_of": date(2026, 6, 1)}
            ]
    assert home.published.read_bytes() == before


def test_why_a_run_could_not_begin_stands_on_its_page_in_one_sentence(home: Home) -> None:
    write_instance_config(home)
    definitions = build_definitions(load_settings(), wait_seconds=0)
    with DagsterInstance.from_config(str(home.dagster)) as instance, holding(home):
        result = definitions.resolve_job_def(NIGHTLY.name).execute_in_process(
            instance=instance, partition_key=f"{DAY_1}", raise_on_error=False
        )
        told = [one for one in instance.all_logs(result.run_id) if one.level == logging.ERROR]
    assert not result.success
    assert any(one.user_message.startswith("Another run is writing") for one in told)


@pytest.mark.whole
def test_coding_an_issued_day_again_never_moves_a_due_day(home: Home, tmp_path: Path) -> None:
    later = date(2026, 7, 10)
    night(home, DAY_1, write_city(tmp_path / "city", 60))
    due: list[list[dict[str, object]]] = []
    for day in (later, DAY_1, later):
        night(home, day)
        with reading(home) as connection:
            due.append(rows(connection, "SELECT enterprise_id, due_on FROM serve.red_queue ORDER BY 1"))
    assert due[0] == due[2] != []
    assert {row["due_on"] for row in due[1]} == {date(2026, 7, 7)}
