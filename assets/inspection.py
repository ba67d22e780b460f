"""Inspection: the red queue, and the published copy that inspectors, the CLI and the desk read."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from dagster import (
    AssetExecutionContext,
    Config,
    FreshnessPolicy,
    MaterializeResult,
    MetadataValue,
)

from assets.groups import inspection_asset
from assets.monitoring import monitoring
from assets.partitions import TIMEZONE
from assets.resources import Warehouse
from assets.scoring import codes, explanations, passports
from warehouse.coding.alike import compute_alike
from warehouse.coding.queue import compute_red_queue
from warehouse.planning.draws import fresh_seed, seeds_from
from warehouse.planning.plan import compute_plan
from warehouse.publish import publish_run

# Codes that missed one night are codes nobody should act on unasked.
NIGHTLY_FRESHNESS = FreshnessPolicy.cron(
    deadline_cron="0 4 * * *", lower_bound_delta=timedelta(hours=3), timezone=TIMEZONE
)


class Publication(Config):
    """Whether a day older than the published one may replace it."""

    even_if_older: bool = False


@inspection_asset(deps=[codes], kinds={"duckdb"})
def red_queue(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[Any]:
    """红码待检队列: every RED enterprise with the working day its special inspection is due (C3)."""
    coding = warehouse.coding(context)
    rows = compute_red_queue(warehouse.connection, coding)
    return MaterializeResult(
        metadata={"dagster/row_count": rows, "rows_alike": compute_alike(warehouse.connection, coding)}
    )


class Drawing(Config):
    """Where the seeds of draws come from: the operating system, or a text (demonstrations only)."""

    draw_seed: str | None = None


@inspection_asset(deps=[red_queue])
def inspection_plan(
    context: AssetExecutionContext, config: Drawing, warehouse: Warehouse
) -> MaterializeResult[Any]:
    """检查计划: every visit due, on a day with a crew, or with the rule that prevents it (P1-P12)."""
    seeds = seeds_from(config.draw_seed) if config.draw_seed else fresh_seed
    planned = compute_plan(warehouse.connection, warehouse.coding(context), seeds=seeds)
    return MaterializeResult(metadata=asdict(planned) if planned else {"kept": True})


@inspection_asset(
    deps=[inspection_plan, explanations, passports, monitoring],
    kinds={"duckdb"},
    freshness_policy=NIGHTLY_FRESHNESS,
)
def published_copy(
    context: AssetExecutionContext, config: Publication, warehouse: Warehouse
) -> MaterializeResult[Any]:
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
