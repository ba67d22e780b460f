"""One run of the nightly job in this process, and the error that stopped it."""

import logging
from datetime import date
from typing import Any
from uuid import uuid4

from dagster import DagsterExecutionInterruptedError, DagsterInstance

from models.errors import ScoreError
from pipelines.definitions import build_definitions
from pipelines.failures import failed_checks, reason_of
from pipelines.jobs import NIGHTLY
from pipelines.settings import Settings


def execute(settings: Settings, as_of: date, run_config: dict[str, Any], *, known_at: str | None) -> str:
    """Run the job for one day.  Returns Dagster's run id.

    Raises the RiskcodeError that stopped the run, or ScoreError when a check did.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    job, run_id = build_definitions(settings, known_at=known_at).resolve_job_def(NIGHTLY.name), str(uuid4())
    with DagsterInstance.from_config(str(settings.home.dagster)) as instance:
        try:
            job.execute_in_process(
                instance=instance, partition_key=as_of.isoformat(), run_config=run_config, run_id=run_id
            )
        except (Exception, KeyboardInterrupt, DagsterExecutionInterruptedError) as error:
            raise reason_of(error, instance, run_id) from None
        failed = failed_checks(instance, run_id)
    if failed:
        raise ScoreError("Nothing was published: {failed}", failed="; ".join(failed))
    return run_id
