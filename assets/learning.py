"""Learning: once a month a challenger is fitted and measured.  A person promotes it, never the schedule."""

from datetime import date
from functools import partial

from dagster import (
    AssetMaterialization,
    AssetSpec,
    Config,
    MarkdownMetadataValue,
    MetadataValue,
    OpExecutionContext,
    in_process_executor,
    job,
    op,
)
from pydantic import Field

from assets.partitions import AS_OF
from assets.resources import Installation
from desk.words.words import kept
from models.policy import FAMILY_NAMES, load_policy

_SHOWN = ("auc", "within_auc", "precision_expected", "lift", "log_loss")


class Lesson(Config):
    """What the challenger predicts, and which families are compared."""

    label: str = "serious_finding"
    families: list[str] = Field(default_factory=lambda: list(FAMILY_NAMES))


# Made by its job alone: whoever materialises all that is shown fits no card.
CHALLENGER = AssetSpec(
    "challenger",
    deps=["inspections", "violations", "accidents"],
    group_name="learning",
    owners=["team:risk-analysis"],
    kinds={"duckdb", "scikitlearn"},
    partitions_def=AS_OF,
    description=(
        "挑战者评分卡: a card fitted on history and measured on days it never saw, next to simple rules. "
        "Made by the job refit."
    ),
)


@op(description="拟合挑战者: fit a card and measure it.")
def fit_challenger(context: OpExecutionContext, config: Lesson, installation: Installation) -> None:
    """Fit and measure.  Without pool: nights go on, the warehouse is held while history is read and results written."""
    # scikit-learn and matplotlib take seconds to import; the nightly run needs neither.
    from desk.pages.report import write_report
    from warehouse.learning.lessons import measure, prepare, store_evaluation

    day = date.fromisoformat(context.partition_key)
    with installation.opened() as connection:
        lesson = prepare(
            connection,
            load_policy(installation.pack),
            label=config.label,
            as_of=day,
            families=config.families,
        )
    found = measure(lesson, families=config.families)
    with installation.opened() as connection:
        report = store_evaluation(
            connection,
            installation.paths,
            lesson,
            found,
            today=day,
            language=installation.language,
            write_report=partial(write_report, language=installation.language),
            say=kept,
        )
    told = {
        "card": found.card.card_id,
        "verdict": str(found.verdict),
        "measured": MarkdownMetadataValue(found.as_markdown(_SHOWN)),
        "report": MetadataValue.path(str(report)),
        "fingerprint": found.card.scorecard.fingerprint[:12],
    }
    context.log_event(AssetMaterialization(CHALLENGER.key, partition=context.partition_key, metadata=told))


@job(
    partitions_def=AS_OF,
    executor_def=in_process_executor,
    description="每月重拟合: fit a challenger and measure it; a person promotes it or not.",
)
def refit() -> None:
    """The one step."""
    fit_challenger()
