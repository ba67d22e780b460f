"""One run of the nightly job in this process, and the error that stopped it."""

import logging
import re
from datetime import date
from typing import Any
from uuid import uuid4

from dagster import DagsterExecutionInterruptedError, DagsterInstance

from models.errors import RiskcodeError, ScoreError, SettingsError
from pipelines.definitions import build_definitions
from pipelines.failures import failed_checks, reason_of
from pipelines.in_order import one_at_a_time
from pipelines.jobs import NIGHTLY
from pipelines.orphans import PROCESS, close_orphans, this_process
from pipelines.settings import Settings
from warehouse.faults import fault_of


def execute(
    settings: Settings,
    as_of: date,
    run_config: dict[str, Any],
    *,
    known_at: str | None,
    is_full: bool = False,
) -> str:
    """Run the job for one day.  Returns Dagster's run id.

    Raises the RiskcodeError that stopped the run, or ScoreError when a check did.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("dagster._core.execution.plan.active").addFilter(_is_news)
    # Who waits at a terminal is told at once that another run is writing.
    definitions, run_id = (
        build_definitions(settings, known_at=known_at, is_full=is_full, wait_seconds=0),
        str(uuid4()),
    )
    job = definitions.resolve_job_def(NIGHTLY.name)
    with _opened(settings) as instance:
        one_at_a_time(instance)
        close_orphans(instance)
        try:
            job.execute_in_process(
                instance=instance,
                partition_key=as_of.isoformat(),
                run_config=run_config,
                run_id=run_id,
                tags={PROCESS: this_process()},
            )
        except (Exception, KeyboardInterrupt, DagsterExecutionInterruptedError) as error:
            raise _reason(error, instance, run_id) from None
        failed = failed_checks(instance, run_id)
    if failed:
        raise ScoreError("Nothing was published: {failed}", failed="; ".join(failed))
    return run_id


def _reason(error: BaseException, instance: DagsterInstance, run_id: str) -> RiskcodeError:
    try:
        return reason_of(error, instance, run_id)
    except Exception as lost:
        # The log of the run is on the same disk as what failed.
        if fault := fault_of(error) or fault_of(lost):
            return fault
        raise


def _opened(settings: Settings) -> DagsterInstance:
    """The instance of the home.  Raises SettingsError where its configuration or its server is of no use."""
    try:
        return DagsterInstance.from_config(str(settings.home.dagster))
    except Exception as error:
        if (fault := fault_of(error)) is not None:
            raise fault from error
        why = " ".join(str(error).split())[:300]
        raise SettingsError(
            "Dagster cannot be opened with {config} ({why}). Mend it, or move it away and call ./riskcode init; a "
            "server that it names must be reachable.",
            config=settings.home.dagster / "dagster.yaml",
            why=_PASSWORD.sub(r"\1…@", why),
        ) from error


_PASSWORD = re.compile(r"(://[^:/\s]*):[^@\s]*@")


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a warning of Dagster's is one: a day coded again has no plan, so the checks of a plan say nothing."""
    return "emitted no result" not in record.getMessage()
