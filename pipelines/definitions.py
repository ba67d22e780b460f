"""What Dagster loads of the nights: assets, checks, jobs, schedules, sensors, the warehouse."""

from dagster import Definitions, in_process_executor, load_assets_from_modules

from assets import inspection, intake, monitoring, scoring
from assets.checks import CHECKS
from assets.intraday import intraday
from assets.resources import Warehouse
from assets.sources import DECISIONS
from pipelines.access import keep_to_ourselves
from pipelines.housekeeping import housekeeping, monthly_housekeeping
from pipelines.in_order import nights_in_order
from pipelines.jobs import NIGHTLY
from pipelines.orphans import dead_runs, unfinished_acts
from pipelines.schedules import nightly_schedule
from pipelines.sensors import new_delivery
from pipelines.settings import Settings, load_settings
from pipelines.supervision import SUPERVISION


def build_definitions(
    settings: Settings,
    *,
    known_at: str | None = None,
    is_full: bool = False,
    wait_seconds: float | None = None,
) -> Definitions:
    """Definitions for one installation; tests build their own with another home.

    ``wait_seconds``: how long a run waits for another one that writes, where it is not as the settings say.
    """
    return Definitions(
        assets=[*load_assets_from_modules([intake, scoring, monitoring, inspection]), *DECISIONS],
        asset_checks=CHECKS,
        jobs=[NIGHTLY, intraday, housekeeping],
        schedules=[nightly_schedule, monthly_housekeeping],
        sensors=[new_delivery, nights_in_order, dead_runs, unfinished_acts, *SUPERVISION],
        # For everything the UI starts: one process holds the warehouse for a whole run.
        executor=in_process_executor,
        resources={
            "warehouse": Warehouse(
                home=str(settings.home.root),
                pack=settings.pack,
                known_at=known_at,
                is_full=is_full,
                data_docs_url=settings.data_docs_url,
                language=settings.language,
                engine=settings.engine,
                spark_master=settings.spark_master,
                spark_folder=str(settings.spark_folder) if settings.spark_folder else None,
                wait_seconds=settings.wait_seconds if wait_seconds is None else wait_seconds,
            ),
        },
    )


# Code servers, and the runs they begin, write the home.
keep_to_ourselves()
defs = build_definitions(load_settings())
