"""Scoring: features, scores, codes, explanations.  Each asset is one pure function over one table."""

from dagster import AssetExecutionContext, MarkdownMetadataValue, MaterializeResult, asset

from assets.partitions import AS_OF
from assets.resources import Warehouse
from models.features.fold import EVENT_COLUMNS
from warehouse.coding.counterfactuals import compute_passports
from warehouse.coding.stages import (
    compute_codes,
    compute_explanations,
    compute_features,
    compute_probabilities,
    compute_scores,
)
from warehouse.coding.timelines import compute_timelines

GROUP = "scoring"
OWNERS = ["team:risk-analysis"]
KINDS = {"duckdb", "polars"}


@asset(deps=list(EVENT_COLUMNS), group_name=GROUP, owners=OWNERS, kinds=KINDS, partitions_def=AS_OF)
def features(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult:
    """企业特征: what was known about each enterprise on the as-of day, as integers and categories."""
    rows = compute_features(warehouse.connection, warehouse.coding(context))
    return MaterializeResult(metadata={"dagster/row_count": rows, "engine": warehouse.engine})


@asset(deps=[features], group_name=GROUP, owners=OWNERS, kinds=KINDS, partitions_def=AS_OF)
def scores(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult:
    """风险分: integer risk points by factor and their sum; higher is riskier."""
    coding = warehouse.coding(context)
    rows = compute_scores(warehouse.connection, coding)
    compute_probabilities(warehouse.connection, coding)
    card = coding.policy.scorecard
    return MaterializeResult(
        metadata={"dagster/row_count": rows, "scorecard": card.name, "fingerprint": card.fingerprint[:12]}
    )


@asset(deps=[scores], group_name=GROUP, owners=OWNERS, kinds=KINDS, partitions_def=AS_OF)
def timelines(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult:
    """码的走势: what the facts say on every day, and the codes to come if nothing new is learnt."""
    rows = compute_timelines(warehouse.connection, warehouse.coding(context))
    return MaterializeResult(metadata={"dagster/row_count": rows})


@asset(deps=[timelines], group_name=GROUP, owners=OWNERS, kinds=KINDS, partitions_def=AS_OF)
def codes(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult:
    """红黄蓝绿码: exactly one code per enterprise, the worst of score, rules and lack of data (C1)."""
    coding = warehouse.coding(context)
    counts = compute_codes(warehouse.connection, coding)
    return MaterializeResult(
        metadata={
            "dagster/row_count": sum(counts.values()),
            "distribution": MarkdownMetadataValue(bars(counts)),
            **counts,
            "policy_pack": f"{coding.policy.pack} {coding.policy.version}",
            "pack_hash": coding.policy.pack_hash[:12],
        }
    )


@asset(deps=[codes], group_name=GROUP, owners=OWNERS, kinds=KINDS, partitions_def=AS_OF)
def passports(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult:
    """怎样变码: the smallest sets of acts that better a code, and single events that would make it RED."""
    rows = compute_passports(warehouse.connection, warehouse.coding(context))
    return MaterializeResult(metadata={"dagster/row_count": rows})


@asset(deps=[codes], group_name=GROUP, owners=OWNERS, kinds=KINDS, partitions_def=AS_OF)
def explanations(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult:
    """赋码理由: the ordered reasons of every code; their points add up to the score exactly (C5)."""
    rows = compute_explanations(warehouse.connection, warehouse.coding(context))
    return MaterializeResult(metadata={"dagster/row_count": rows})


def bars(counts: dict[str, int]) -> str:
    """A code distribution as a Markdown table with bars."""
    total = max(1, sum(counts.values()))
    lines = [
        f"| {code.upper()} | {count:,} | {count / total:.1%} | {'█' * max(round(40 * count / total), count > 0)} |"
        for code, count in counts.items()
    ]
    return "\n".join(["| code | enterprises | share | |", "|---|---:|---:|:---|", *lines])
