"""Inspection: the red queue, and the published copy that inspectors, the CLI and the desk read."""

from dataclasses import asdict
from datetime import timedelta

from dagster import (
    AssetExecutionContext,
    Config,
    FreshnessPolicy,
    MaterializeResult,
    MetadataValue,
    asset,
)

from assets.monitoring import monitoring
from assets.partitions import AS_OF, TIMEZONE
from assets.resources import Warehouse
from assets.scoring import codes, explanations, passports
from warehouse.coding.queue import compute_red_queue
from warehouse.planning.draws import fresh_seed, seeds_from
from warehouse.planning.plan import compute_plan
from warehouse.publish import publish_run

GROUP = "inspection"
OWNERS = ["team:enforcement"]

# Codes that missed one night are codes nobody should act on unasked.
NIGHTLY_FRESHNESS = FreshnessPolicy.cron(
    deadline_cron="0 4 * * *", lower_bound_delta=timedelta(hours=3), timezone=TIMEZONE
)


class Publication(Config):
    """Whether a day older than the published one may replace it."""

    even_if_older: bool = False


@asset(deps=[codes], group_name=GROUP, owners=OWNERS, kinds={"duckdb"}, partitions_def=AS_OF)
def red_queue(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult:
    """红码待检队列: every RED enterprise with the working day its special inspection is due (C3)."""
    rows = compute_red_queue(warehouse.connection, warehouse.coding(context))
    return MaterializeResult(metadata={"dagster/row_count": rows})


class Drawing(Config):
    """Where the seeds of draws come from: the operating system, or a text (demonstrations only)."""

    draw_seed: str | None = None


@asset(deps=[red_queue], group_name=GROUP, owners=OWNERS, kinds={"duckdb", "polars"}, partitions_def=AS_OF)
def inspection_plan(
    context: AssetExecutionContext, config: Drawing, warehouse: Warehouse
) -> MaterializeResult:
    """检查计划: every visit due, on a day with a crew, or with the rule that prevents it (P1-P12)."""
    seeds = seeds_from(config.draw_seed) if config.draw_seed else fresh_seed
    planned = compute_plan(warehouse.connection, warehouse.coding(context), seeds=seeds)
    return MaterializeResult(metadata=asdict(planned) if planned else {"kept": True})


@asset(
    deps=[inspection_plan, explanations, passports, monitoring],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"duckdb"},
    partitions_def=AS_OF,
    freshness_policy=NIGHTLY_FRESHNESS,
)
def published_copy(
    context: AssetExecutionContext, config: Publication, warehouse: Warehouse
) -> MaterializeResult:
    """发布副本: the read-only database that all readers use; replaced whole, atomically."""
    size = publish_run(
        warehouse.connection,
        warehouse.paths,
        warehouse.coding(context),
        run_id=context.run_id,
        even_if_older=config.even_if_older,
    )
    path = MetadataValue.path(str(warehouse.paths.published))
    return MaterializeResult(metadata={"path": path, "bytes": size or 0, "replaced": size is not None})
