"""The second code location: learning, apart from the nights."""

from dagster import Definitions

from assets.learning import CHALLENGER, refit
from assets.resources import Installation
from pipelines.access import keep_to_ourselves
from pipelines.schedules import monthly_refit
from pipelines.settings import Settings, load_settings
from pipelines.supervision import report_failure, report_retried


def build_learning_definitions(settings: Settings) -> Definitions:
    """Definitions for one installation; tests build their own with another home."""
    return Definitions(
        assets=[CHALLENGER],
        jobs=[refit],
        schedules=[monthly_refit],
        sensors=[report_failure, report_retried],
        resources={
            "installation": Installation(
                home=str(settings.home.root),
                pack=settings.pack,
                language=settings.language,
                wait_seconds=settings.wait_seconds,
            )
        },
    )


# Code servers, and the runs they begin, write the home.
keep_to_ourselves()
defs = build_learning_definitions(load_settings())
