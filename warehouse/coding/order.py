"""The stages of a coding in their order.  Dagster runs them as assets; everything else runs them from here."""

from collections.abc import Callable
from typing import Any

from warehouse.coding.alike import compute_alike
from warehouse.coding.coding import Coding, identity_of
from warehouse.coding.counterfactuals import compute_passports
from warehouse.coding.queue import compute_red_queue
from warehouse.coding.stages import (
    compute_codes,
    compute_explanations,
    compute_features,
    compute_probabilities,
    compute_scores,
)
from warehouse.coding.timelines import compute_timelines
from warehouse.database import places
from warehouse.database.frames import Connection

Compute = Callable[[Connection, Coding], Any]

STAGES: dict[str, tuple[Compute, ...]] = {
    "features": (compute_features,),
    "scores": (compute_scores, compute_probabilities),
    "timelines": (compute_timelines,),
    "codes": (compute_codes,),
    "explanations": (compute_explanations,),
    "passports": (compute_passports,),
    "red_queue": (compute_red_queue, compute_alike),
}
"""What is computed, by the asset it belongs to; each reads what those before it made."""

_NEEDED = {
    "scores": ("features",),
    "timelines": ("features",),
    "codes": ("scores", "timelines"),
    "explanations": ("codes",),
    "passports": ("codes",),
    "red_queue": ("codes",),
}


def code_enterprises(connection: Connection, coding: Coding, *, but: tuple[str, ...] = ()) -> None:
    """Features, scores, what time will do, codes, reasons, passports, the red queue, and what may be told twice.

    Where a place is open, in it; else where the codes live.  ``but``: stages that are left out.
    """
    if places.is_open(connection):
        places.begin(connection, identity_of(connection, coding))
    for stage in STAGES:
        if stage not in but:
            run_stage(connection, coding, stage)


def code_only(connection: Connection, coding: Coding) -> None:
    """The same without passports, which cost most and decide nothing: for who asks for codes and plans."""
    code_enterprises(connection, coding, but=("passports",))


def run_stage(connection: Connection, coding: Coding, stage: str) -> tuple[Any, ...]:
    """Compute one stage, whatever it needs being made.  Returns what its parts return."""
    is_apart = places.is_open(connection)
    found = tuple(compute(connection, coding) for compute in STAGES[stage])
    if is_apart:
        places.mark(connection, stage)
    return found


def require(connection: Connection, coding: Coding, *stages: str) -> None:
    """Compute in the open place what stages need and it does not hold; ``stages`` themselves included."""
    for stage in stages:
        if stage in places.made(connection):
            continue
        require(connection, coding, *_NEEDED.get(stage, ()))
        run_stage(connection, coding, stage)
