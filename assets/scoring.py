"""Scoring: features, scores, codes, explanations.  Each asset is one pure function over one table."""

from collections.abc import Callable
from datetime import date
from typing import Any

from dagster import AssetExecutionContext, MarkdownMetadataValue, MaterializeResult

from assets.days import ROWS, Metadata, materialised
from assets.groups import scoring_asset
from assets.resources import Warehouse
from assets.sources import DISPUTES, POLICY_PACK, SCORECARDS, observe
from desk.say.markdown import table
from models.features.events import EVENT_COLUMNS
from warehouse.questions.codes import code_counts


@scoring_asset(deps=[*EVENT_COLUMNS, POLICY_PACK])
def features(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[Any]:
    """企业特征: what was known about each enterprise on the as-of day, as integers and categories."""

    def make(day: date) -> Metadata:
        coding = warehouse.new_coding(day)
        engine = warehouse.engine_now
        [rows] = warehouse.compute(coding, "features")
        observe(context, warehouse)
        return {ROWS: rows, "engine": engine}

    return materialised(warehouse, make)


@scoring_asset(deps=[features, SCORECARDS])
def scores(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[Any]:
    """风险分: integer risk points by factor and their sum; higher is riskier."""

    def make(day: date) -> Metadata:
        coding = warehouse.coding(day, "features")
        card = coding.policy.scorecard
        rows, _ = warehouse.compute(coding, "scores")
        return {ROWS: rows, "scorecard": card.name, "fingerprint": card.fingerprint[:12]}

    return materialised(warehouse, make)


# It reads the events themselves; features begin the coding of the day.
@scoring_asset(deps=[features, DISPUTES])
def timelines(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[Any]:
    """码的走势: what the facts say on every day, and the codes to come if nothing new is learnt."""
    return materialised(warehouse, _counted(warehouse, "timelines", after="features"))


@scoring_asset(deps=[features, scores, timelines])
def codes(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[Any]:
    """红黄蓝绿码: exactly one code per enterprise, the worst of score, rules and lack of data (C1)."""

    def make(day: date) -> Metadata:
        coding = warehouse.coding(day, "scores", "timelines")
        [rows] = warehouse.compute(coding, "codes")
        counts = {row["code"]: row["enterprises"] for row in code_counts(warehouse.connection)}
        return {
            ROWS: rows,
            "distribution": MarkdownMetadataValue(bars(counts)),
            **counts,
            "policy_pack": f"{coding.policy.pack} {coding.policy.version}",
            "pack_hash": coding.policy.pack_hash[:12],
        }

    return materialised(warehouse, make)


@scoring_asset(deps=[codes])
def passports(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[Any]:
    """怎样变码: the smallest sets of acts that better a code, and single events that would make it RED."""
    return materialised(warehouse, _counted(warehouse, "passports", after="codes"))


@scoring_asset(deps=[features, scores, timelines, codes])
def explanations(context: AssetExecutionContext, warehouse: Warehouse) -> MaterializeResult[Any]:
    """赋码理由: the ordered reasons of every code; their points add up to the score exactly (C5)."""
    return materialised(warehouse, _counted(warehouse, "explanations", after="codes"))


def _counted(warehouse: Warehouse, stage: str, *, after: str) -> Callable[[date], Metadata]:
    """A stage of which only the number of rows is told."""

    def make(day: date) -> Metadata:
        rows, *_ = warehouse.compute(warehouse.coding(day, after), stage)
        return {ROWS: rows}

    return make


def bars(counts: dict[str, int]) -> str:
    """A code distribution as a Markdown table with bars."""
    total = max(1, sum(counts.values()))
    rows = [
        (code.upper(), f"{count:,}", f"{count / total:.1%}", "█" * max(round(40 * count / total), count > 0))
        for code, count in counts.items()
    ]
    return table(("code", "enterprises>", "share>", ""), rows)
