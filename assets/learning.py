"""Learning: once a month a challenger is fitted and measured.  A person promotes it, never the schedule."""

from datetime import date
from functools import partial
from typing import Any

from dagster import (
    AssetExecutionContext,
    Config,
    MarkdownMetadataValue,
    MaterializeResult,
    MetadataValue,
)
from pydantic import Field

from assets.groups import learning_asset
from assets.resources import Installation
from desk.words.words import kept
from models.policy import FAMILY_NAMES, load_policy

_SHOWN = ("auc", "within_auc", "precision_expected", "lift", "log_loss")


class Lesson(Config):
    """What the challenger predicts, and which families are compared."""

    label: str = "serious_finding"
    families: list[str] = Field(default_factory=lambda: list(FAMILY_NAMES))


@learning_asset(deps=["inspections", "violations", "accidents"], kinds={"duckdb", "scikitlearn"})
def challenger(
    context: AssetExecutionContext, config: Lesson, installation: Installation
) -> MaterializeResult[Any]:
    """挑战者评分卡: a card fitted on history and measured on days it never saw, next to simple rules.

    While it is fitted, nights go on: the warehouse is held only while history is read and while results are written.
    """
    # scikit-learn and matplotlib take seconds to import; the nightly run needs neither.
    from desk.pages.report import write_report
    from warehouse.learning.lessons import measure, prepare, store_evaluation

    day = date.fromisoformat(context.partition_key)
    with installation.opened() as connection:
        lesson = prepare(connection, load_policy(installation.pack), label=config.label, as_of=day)
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
    return MaterializeResult(
        metadata={
            "card": found.card.card_id,
            "verdict": str(found.verdict),
            "measured": MarkdownMetadataValue(found.as_markdown(_SHOWN)),
            "report": MetadataValue.path(str(report)),
            "fingerprint": found.card.scorecard.fingerprint[:12],
        }
    )
