"""The nightly job in this process: the same Dagster job the scheduler starts, run and reported on."""

import logging
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from models.errors import RiskcodeError, ScoreError
from pipelines.settings import Settings
from warehouse.connection import refuse_when_busy
from warehouse.home import Home

FIRST_DAY = date(2000, 1, 1)
"""First day that can be coded: the first as-of partition."""

DAGSTER_YAML = """\
# Dagster's own instance for this installation.  Nothing is reported to anybody.
telemetry:
  enabled: false
nux:
  enabled: false
# One run writes at a time; others wait their turn instead of being refused.
concurrency:
  runs:
    max_concurrent_runs: 1
python_logs:
  managed_python_loggers: [riskcode]
  python_log_level: INFO
"""


@dataclass(frozen=True)
class Order:
    """What a run is asked to do."""

    as_of: date
    folder: Path | None = None
    mapping: str | None = None
    known_at: date | None = None
    today: date | None = None
    take_in: bool = True
    even_if_older: bool = True
    draw_seed: str | None = None


def run_nightly(settings: Settings, order: Order) -> str:
    """Run the nightly job for one day.  Returns Dagster's run id.

    Raises the RiskcodeError that stopped the run, or ScoreError when a blocking check did.
    """
    home = settings.home.prepare()
    os.environ["RISKCODE_HOME"] = str(home.root)
    refuse_when_busy(home)
    # Dagster takes seconds to import; who only asks whether a run is possible should not wait for it.
    from dagster import DagsterInstance

    from pipelines.automation import NIGHTLY
    from pipelines.definitions import build_definitions

    write_instance_config(home)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    known_at = order.known_at.isoformat() if order.known_at else None
    definitions = build_definitions(settings, known_at=known_at)
    with DagsterInstance.from_config(str(home.dagster)) as instance:
        result = definitions.resolve_job_def(NIGHTLY.name).execute_in_process(
            instance=instance,
            partition_key=order.as_of.isoformat(),
            run_config=_run_config(order),
            raise_on_error=False,
        )
    if not result.success:
        raise _reason(result)
    failed = _failed_blocking_checks(result)
    if failed:
        raise ScoreError(f"Nothing was published: {'; '.join(failed)}")
    return str(result.run_id)


def write_instance_config(home: Home) -> None:
    """Dagster's instance configuration, unless the operator has put one there."""
    config = home.dagster / "dagster.yaml"
    if not config.exists():
        config.write_text(DAGSTER_YAML, encoding="utf-8")


def _run_config(order: Order) -> dict[str, Any]:
    return {
        "ops": {
            "intake": {
                "config": {
                    "folder": str(order.folder) if order.folder else None,
                    "mapping": order.mapping,
                    "take_in": order.take_in,
                    "today": order.today.isoformat() if order.today else None,
                }
            },
            "inspection_plan": {"config": {"draw_seed": order.draw_seed}},
            "published_copy": {"config": {"even_if_older": order.even_if_older}},
        },
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }


def _reason(result: Any) -> RiskcodeError:
    """The error that stopped the run, in the words it was raised with."""
    known = {kind.__name__: kind for kind in _family(RiskcodeError)}
    checks = _failed_blocking_checks(result)
    for event in result.all_events:
        error = getattr(event.event_specific_data, "error", None)
        while error is not None:
            if error.cls_name in known:
                text = error.message.strip().partition(": ")[2] or error.message
                return known[error.cls_name](text)
            error = error.cause
    if checks:
        return ScoreError(f"A blocking check failed, so nothing was published: {'; '.join(checks)}")
    failed = [innermost(event) for event in result.all_events if event.is_step_failure]
    return RiskcodeError(
        f"The run failed: {failed[0] if failed else 'no reason given'}. "
        "The published copy is unchanged; the log is in Dagster's UI (make dev)."
    )


def innermost(event: Any) -> str:
    """The first cause of a failed step, in one line."""
    error = event.event_specific_data.error
    while error.cause is not None:
        error = error.cause
    return f"{event.step_key}: {error.message.strip()}"


def _family(kind: type[RiskcodeError]) -> list[type[RiskcodeError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _family(child))]


def _failed_blocking_checks(result: Any) -> list[str]:
    from dagster import AssetCheckSeverity

    return [
        f"{check.check_name}: {check.description}"
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity == AssetCheckSeverity.ERROR
    ]
