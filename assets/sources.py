"""What people decide, which no asset makes: rules, cards, disputes.  Shown with the version that a coding used."""

from dagster import AssetExecutionContext, AssetObservation, AssetSpec, DataVersion

from assets.resources import Warehouse

OWNERS = ["team:risk-analysis"]

POLICY_PACK = AssetSpec(
    "policy_pack",
    group_name="decisions",
    owners=OWNERS,
    kinds={"yaml"},
    description="规则包: the rules that are activated; put in force by ./riskcode policy activate.",
)
SCORECARDS = AssetSpec(
    "scorecards",
    deps=["challenger"],
    group_name="decisions",
    owners=OWNERS,
    kinds={"json"},
    description="评分卡: the card in force; a person promotes a challenger or not (./riskcode model promote).",
)
DISPUTES = AssetSpec(
    "disputes",
    group_name="decisions",
    owners=["team:enforcement"],
    kinds={"duckdb"},
    description="申诉与改码: objections, decisions about them, and codes given by a person (./riskcode objection).",
)
DECISIONS = [POLICY_PACK, SCORECARDS, DISPUTES]


def observe(context: AssetExecutionContext, warehouse: Warehouse) -> None:
    """Tell Dagster by which version of each decision the coding of the open place begins."""
    for name, version in warehouse.decisions().items():
        context.log_event(AssetObservation(name, tags={"dagster/data_version": DataVersion(version).value}))
