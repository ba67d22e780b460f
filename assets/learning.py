"""Learning: once a month a challenger is fitted and measured.  A person promotes it, never the schedule."""

from datetime import date
from functools import partial

from dagster import (
    AssetExecutionContext,
    Config,
    MarkdownMetadataValue,
    MaterializeResult,
    MetadataValue,
    asset,
)
from pydantic import Field

from assets.partitions import AS_OF
from assets.resources import Warehouse
from models.policy import FAMILY_NAMES, load_policy

GROUP = "learning"
OWNERS = ["team:risk-analysis"]
_SHOWN = ("auc", "within_auc", "precision_expected", "lift", "log_loss")


class Lesson(Config):
    """What the challenger predicts, and which families are compared."""

    label: str = "serious_finding"
    families: list[str] = Field(default_factory=lambda: list(FAMILY_NAMES))


@asset(
    deps=["inspections", "violations", "accidents"],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"duckdb", "scikitlearn"},
    partitions_def=AS_OF,
)
def challenger(context: AssetExecutionContext, config: Lesson, warehouse: Warehouse) -> MaterializeResult:
    """挑战者积分卡: a card fitted on history and measured on days it never saw, next to simple rules."""
    # scikit-learn and matplotlib take seconds to import; the nightly run needs neither.
    from desk.pages.report import write_report
    from warehouse.learning.lessons import measure, prepare, store_evaluation

    day = date.fromisoformat(context.partition_key)
    lesson = prepare(warehouse.connection, load_policy(warehouse.pack), label=config.label, as_of=day)
    found = measure(lesson, families=config.families)
    report = store_evaluation(
        warehouse.connection,
        warehouse.paths,
        lesson,
        found,
        today=day,
        language=warehouse.language,
        write_report=partial(write_report, language=warehouse.language),
    )
    return MaterializeResult(
        metadata={
            "card": found.card.card_id,
            "verdict": found.verdict.en,
            "measured": MarkdownMetadataValue(found.as_markdown(_SHOWN)),
            "report": MetadataValue.path(str(report)),
            "fingerprint": found.card.scorecard.fingerprint[:12],
        }
    )
