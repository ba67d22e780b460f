"""Inspection: the red queue, the plan, and the published copy that inspectors, the CLI and the desk read."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from dagster import (
    AssetExecutionContext,
    Config,
    FreshnessPolicy,
    MaterializeResult,
    MetadataValue,
)

from assets.days import ROWS, Metadata, materialised
from assets.groups import inspection_asset
from assets.partitions import TIMEZONE, every_day_at
from assets.resources import Warehouse
from assets.scoring import codes, explanations, features, passports
from assets.sources import DISPUTES
from warehouse.clock import NIGHT_DUE
from warehouse.coding.order import STAGES
from warehouse.planning.draws import fresh_seed, seeds_from

ROSTER = ("officers", "absences", "conflicts", "tasks", "filings")
"""Who can be sent, what other departments ask for, and what is filed."""

# Codes that missed one night are codes nobody should act on unasked.
NIGHTLY_FRESHNESS = FreshnessPolicy.cron(
    deadline_cron=every_day_at(NIGHT_DUE), lower_bound_delta=timedelta(hours=3), timezone=TIMEZONE
)


@inspection_asset(deps=[features, codes], kinds={"duckdb"})
def red_queue(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[Any]:
    """红码待检队列: every RED enterprise with the working day its special inspection is due (C3)."""

    def make(day: date) -> Metadata:
        rows, _, alike = warehouse.compute(warehouse.coding(day, "codes"), "red_queue")
        return {ROWS: rows, "rows_alike": alike}

    return materialised(warehouse, make)


class Drawing(Config):
    """Where the seeds of draws come from: the operating system, or a text (demonstrations only)."""

    draw_seed: str | None = None


@inspection_asset(deps=[features, codes, red_queue, *ROSTER], output_required=False)
def inspection_plan(
    context: AssetExecutionContext, config: Drawing, warehouse: Warehouse
) -> Iterator[MaterializeResult[Any]]:
    """检查计划: every visit due, on a day with a crew, or with the rule that prevents it (P1-P12).

    No plan is made for a day that is only coded again: promises are not made for the past.
    """
    seeds = seeds_from(config.draw_seed) if config.draw_seed else fresh_seed
    for coding in warehouse.codings("red_queue"):
        if warehouse.issues(coding):
            yield MaterializeResult(metadata=asdict(warehouse.plan(coding, seeds)))
        else:
            context.log.info(f"{coding.as_of} is coded again, not issued: no plan is made for it")


@inspection_asset(
    deps=[inspection_plan, explanations, passports, "rejected_rows", "former_numbers", DISPUTES],
    kinds={"duckdb"},
    output_required=False,
    freshness_policy=NIGHTLY_FRESHNESS,
)
def published_copy(context: AssetExecutionContext, warehouse: Warehouse) -> Iterator[MaterializeResult[Any]]:
    """发布副本: the read-only database that all readers use; replaced whole, atomically."""
    path = MetadataValue.path(str(warehouse.paths.published))
    for coding in warehouse.codings():
        size = warehouse.publish(coding, run_id=context.run_id)
        if size is not None:
            yield MaterializeResult(metadata={"path": path, "bytes": size})


@inspection_asset(
    deps=[red_queue, explanations, passports, "rejected_rows", "former_numbers", DISPUTES],
    kinds={"duckdb"},
    output_required=False,
)
def replayed_day(context: AssetExecutionContext, warehouse: Warehouse) -> Iterator[MaterializeResult[Any]]:
    """重算日: the read-only copy of a day that was coded again and not issued; nothing that is published changes."""
    told: dict[str, int] = {}
    for coding in warehouse.codings(*STAGES):
        if not warehouse.issues(coding):
            path = str(warehouse.paths.copy_of(coding.as_of))
            told[path] = warehouse.keep_replay(coding, run_id=context.run_id)
    if told:
        yield MaterializeResult(
            metadata={"paths": MetadataValue.json(list(told)), "bytes": sum(told.values())}
        )
