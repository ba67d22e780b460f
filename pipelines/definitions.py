"""Everything Dagster loads: assets, checks, job, schedule, sensors, the warehouse."""

from datetime import timedelta

from dagster import Definitions, FreshnessPolicy, apply_freshness_policy, load_assets_from_modules

from assets import inspection, intake, scoring
from assets.checks import CHECKS
from assets.inspection import published_copy
from assets.partitions import TIMEZONE
from assets.resources import Warehouse
from pipelines.automation import NIGHTLY, NIGHTLY_SCHEDULE, new_delivery, report_failure
from pipelines.settings import Settings, load_settings

# Codes that missed one night are codes nobody should act on unasked.
NIGHTLY_FRESHNESS = FreshnessPolicy.cron(
    deadline_cron="0 4 * * *", lower_bound_delta=timedelta(hours=3), timezone=TIMEZONE
)


def build_definitions(settings: Settings, *, known_at: str | None = None) -> Definitions:
    """Definitions for one installation; tests build their own with another home."""
    definitions = Definitions(
        assets=load_assets_from_modules([intake, scoring, inspection]),
        asset_checks=CHECKS,
        jobs=[NIGHTLY],
        schedules=[NIGHTLY_SCHEDULE],
        sensors=[new_delivery, report_failure],
        resources={
            "warehouse": Warehouse(
                home=str(settings.home.root),
                pack=settings.pack,
                engine=settings.engine,
                known_at=known_at,
            )
        },
    )
    return definitions.map_asset_specs(
        selection=[published_copy.key],
        func=lambda spec: apply_freshness_policy(spec, NIGHTLY_FRESHNESS),
    )


defs = build_definitions(load_settings())
