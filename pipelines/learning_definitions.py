"""The second code location: learning, apart from the nights, so that nobody fits a card by materialising all."""

from dagster import Definitions, in_process_executor, load_assets_from_modules

from assets import learning
from assets.resources import Installation
from pipelines.jobs import REFIT
from pipelines.schedules import monthly_refit
from pipelines.settings import Settings, load_settings
from pipelines.supervision import report_failure, report_retried


def build_learning_definitions(settings: Settings) -> Definitions:
    """Definitions for one installation; tests build their own with another home."""
    return Definitions(
        assets=load_assets_from_modules([learning]),
        jobs=[REFIT],
        schedules=[monthly_refit],
        sensors=[report_failure, report_retried],
        executor=in_process_executor,
        resources={
            "installation": Installation(
                home=str(settings.home.root),
                pack=settings.pack,
                language=settings.language,
                wait_seconds=settings.wait_seconds,
            )
        },
    )


defs = build_learning_definitions(load_settings())
