"""Inspection: the red queue, the plan, and the published copy that inspectors, the CLI and the desk read."""

from collections.abc import Iterator
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
from assets.partitions import TIMEZONE
from assets.resources import Warehouse
from assets.scoring import codes, explanations, passports
from warehouse.coding.order import STAGES
from warehouse.planning.draws import fresh_seed, seeds_from
from warehouse.publish import keep_replay

# Codes that missed one night are codes nobody should act on unasked.
NIGHTLY_FRESHNESS = FreshnessPolicy.cron(
    deadline_cron="0 4 * * *", lower_bound_delta=timedelta(hours=3), timezone=TIMEZONE
)


@inspection_asset(deps=[codes], kinds={"duckdb"})
def red_queue(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[Any]:
    """红码待检队列: every RED enterprise with the working day its special inspection is due (C3)."""
    rows, alike = warehouse.compute(warehouse.coding(context, "codes"), "red_queue")
    return MaterializeResult(metadata={"dagster/row_count": rows, "rows_alike": alike})


class Drawing(Config):
    """Where the seeds of draws come from: the operating system, or a text (demonstrations only)."""

    draw_seed: str | None = None


@inspection_asset(deps=[red_queue], output_required=False)
def inspection_plan(
    context: AssetExecutionContext, config: Drawing, warehouse: Warehouse
) -> Iterator[MaterializeResult[Any]]:
    """检查计划: every visit due, on a day with a crew, or with the rule that prevents it (P1-P12).

    No plan is made for a day that is only coded again: promises are not made for the past.
    """
    coding = warehouse.coding(context, "red_queue")
    if not warehouse.issues(coding):
        context.log.info(f"{coding.as_of} is coded again, not issued: no plan is made for it")
        return
    seeds = seeds_from(config.draw_seed) if config.draw_seed else fresh_seed
    yield MaterializeResult(metadata=asdict(warehouse.plan(coding, seeds)))


@inspection_asset(
    deps=[inspection_plan, explanations, passports],
    kinds={"duckdb"},
    output_required=False,
    freshness_policy=NIGHTLY_FRESHNESS,
)
def published_copy(context: AssetExecutionContext, warehouse: Warehouse) -> Iterator[MaterializeResult[Any]]:
    """发布副本: the read-only database that all readers use; replaced whole, atomically."""
    size = warehouse.publish(warehouse.coding(context), run_id=context.run_id)
    if size is not None:
        path = MetadataValue.path(str(warehouse.paths.published))
        yield MaterializeResult(metadata={"path": path, "bytes": size})


@inspection_asset(deps=[red_queue, explanations, passports], kinds={"duckdb"}, output_required=False)
def replayed_day(context: AssetExecutionContext, warehouse: Warehouse) -> Iterator[MaterializeResult[Any]]:
    """重算日: the read-only copy of a day that was coded again and not issued; nothing that is published changes."""
    coding = warehouse.coding(context, *STAGES)
    if warehouse.issues(coding):
        return
    size = keep_replay(warehouse.connection, warehouse.paths, coding, run_id=context.run_id)
    path = MetadataValue.path(str(warehouse.paths.copy_of(coding.as_of)))
    yield MaterializeResult(metadata={"path": path, "bytes": size})
