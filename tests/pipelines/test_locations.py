"""Two code locations: nights may be materialised all together, learning stands apart."""

from datetime import datetime
from zoneinfo import ZoneInfo

from dagster import DefaultScheduleStatus, OpDefinition, build_schedule_context

from assets.learning import CHALLENGER, refit
from assets.partitions import POOL
from pipelines.definitions import build_definitions
from pipelines.housekeeping import housekeeping, monthly_housekeeping
from pipelines.learning_definitions import build_learning_definitions
from pipelines.schedules import monthly_refit
from pipelines.settings import load_settings
from warehouse.home import Home


def test_all_that_can_be_materialised_of_the_nights_holds_no_learning(home: Home) -> None:
    nights = build_definitions(load_settings()).resolve_asset_graph()
    groups = {nights.get(key).group_name for key in nights.materializable_asset_keys}
    assert groups == {"intake", "scoring", "inspection"}


def test_whatever_opens_the_warehouse_waits_in_its_pool(home: Home) -> None:
    repository = build_definitions(load_settings()).get_repository_def()
    steps = {
        node
        for job in repository.get_all_jobs()
        for node in job.all_node_defs
        if isinstance(node, OpDefinition)
    }
    opening = {node.name: node.pool for node in steps if "warehouse" in node.required_resource_keys}
    assert {"intake", "intake_checks", "update_codes"} <= {name.rpartition("__")[2] for name in opening}
    assert {name for name, pool in opening.items() if pool != POOL} == set()


def test_learning_is_a_location_with_its_job_and_schedule_and_rests_on_assets_of_the_nights(
    home: Home,
) -> None:
    nights = build_definitions(load_settings()).resolve_asset_graph()
    learning = build_learning_definitions(load_settings())
    graph = learning.resolve_asset_graph()
    assert graph.materializable_asset_keys == set(), "a card is fitted by its job, not by materialising all"
    assert graph.get_all_asset_keys() - {CHALLENGER.key} <= nights.get_all_asset_keys()
    assert learning.resolve_schedule_def(monthly_refit.name).job.name == refit.name
    assert learning.resolve_job_def(refit.name).name == refit.name


def test_once_a_month_old_runs_are_asked_to_go_whether_or_not_somebody_thought_of_it(home: Home) -> None:
    definitions = build_definitions(load_settings())
    schedule = definitions.resolve_schedule_def(monthly_housekeeping.name)
    assert schedule.default_status == DefaultScheduleStatus.RUNNING
    first = datetime(2026, 7, 1, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
    context = build_schedule_context(
        scheduled_execution_time=first, repository_def=definitions.get_repository_def()
    )
    [request] = schedule.evaluate_tick(context).run_requests or []
    assert schedule.job.name == housekeeping.name and request.partition_key is None
