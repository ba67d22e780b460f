"""The nightly job in this process: the same Dagster job the scheduler starts, run and reported on."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from models.errors import BusyError, RiskcodeError, WarehouseError
from pipelines.bulletin import tell_failure, tell_made_up_for
from pipelines.instance import write_instance_config
from pipelines.settings import Settings
from warehouse.clock import COMMISSIONED_ON, commissioned_on, moment_of
from warehouse.connection import refuse_when_busy
from warehouse.database.reading import telling_of_runs
from warehouse.database.runs import last_issued
from warehouse.home import Home
from warehouse.questions.nights import nights_due

FIRST_DAY = date(2000, 1, 1)
"""First day that can be coded: the first as-of partition."""


@dataclass(frozen=True)
class Order:
    """What a run is asked to do; ``is_full``: code everybody anew, also whose codes could be kept."""

    as_of: date
    folder: Path | None = None
    mapping: str | None = None
    known_at: date | None = None
    today: date | None = None
    take_in: bool = True
    draw_seed: str | None = None
    arrived_before: datetime | None = None
    is_full: bool = False


def run_night(
    settings: Settings, order: Order, *, job: str, say: Callable[[date, RiskcodeError | None], None]
) -> str:
    """Code a night, and before it those that were missed, each with what had come by its own hour.

    ``say`` is told each missed night before it is coded, and once more with what went wrong where it could not be;
    both are told to whoever gets alerts, as of ``job``.  Returns Dagster's run id.  Raises as ``run_nightly``.
    """
    refuse_turned_back(settings.home, order.as_of)
    made_up_for = list[date]()
    for missed in nights_due(settings.home, order.as_of):
        # Once the day is issued they could not be any more.
        if missed >= order.as_of:
            break
        say(missed, None)
        try:
            run_nightly(settings, Order(as_of=missed, arrived_before=moment_of(missed)))
            made_up_for.append(missed)
        except BusyError:
            raise
        except RiskcodeError as error:
            say(missed, error)
            tell_failure(settings, error, job=job, day=missed)
    run_id = run_nightly(settings, order)
    tell_made_up_for(settings, made_up_for, job=job)
    return run_id


def run_nightly(settings: Settings, order: Order) -> str:
    """Run the nightly job for one day.  Returns Dagster's run id.

    Raises the RiskcodeError that stopped the run, or ScoreError when a blocking check did.
    """
    home = settings.home.prepare()
    os.environ["RISKCODE_HOME"] = str(home.root)
    _know_from(order.as_of)
    refuse_when_busy(home)
    home.require_room()
    # Dagster takes seconds to import; who only asks whether a run is possible should not wait for it.
    from pipelines.execution import execute

    write_instance_config(home)
    known_at = order.known_at.isoformat() if order.known_at else None
    try:
        return execute(settings, order.as_of, _run_config(order), known_at=known_at, is_full=order.is_full)
    except Exception as error:
        if not isinstance(error, RiskcodeError) or type(error) is RiskcodeError:
            # What fails for want of room fails anywhere, and can no longer say so: that there is none tells it.
            home.require_room()
        raise


def _know_from(day: date) -> None:
    """Let the days that can be coded begin with this one at the latest: an archive may lie before commissioning.

    Without effect once the assets are imported, as in a process that has coded another day.
    """
    os.environ[COMMISSIONED_ON] = min(day, commissioned_on()).isoformat()


def refuse_turned_back(home: Home, day: date) -> None:
    """Raise WarehouseError where a day that nobody named lies before the day coded last: its codes would go back."""
    if not home.warehouse.exists():
        return
    with telling_of_runs(home) as connection:
        last = last_issued(connection) if connection else None
    if last is not None and day < last.as_of:
        raise WarehouseError(
            "{day} would be coded, and the codes that stand are of {last}: was the clock set back? Set it right; to "
            "code the earlier day all the same: ./riskcode run --as-of {day}",
            day=day,
            last=last.as_of,
        )


def _run_config(order: Order) -> dict[str, Any]:
    return {
        "ops": {
            "intake": {
                "config": {
                    "folder": str(order.folder) if order.folder else None,
                    "mapping": order.mapping,
                    "take_in": order.take_in,
                    "today": order.today.isoformat() if order.today else None,
                    "arrived_before": order.arrived_before.isoformat() if order.arrived_before else None,
                }
            },
            "inspection_plan": {"config": {"draw_seed": order.draw_seed}},
        },
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
