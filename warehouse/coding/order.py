"""The stages of a coding in their order.  Dagster runs them as assets; everything else runs them from here."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from warehouse.coding import renewal
from warehouse.coding.alike import compute_alike
from warehouse.coding.coding import Coding, identity_of
from warehouse.coding.counterfactuals import compute_passports
from warehouse.coding.extract import FEW, name_only
from warehouse.coding.levels import preparing_once
from warehouse.coding.queue import compute_open_findings, compute_red_queue
from warehouse.coding.renewal import Whom
from warehouse.coding.stages import (
    compute_codes,
    compute_explanations,
    compute_features,
    compute_probabilities,
    compute_scores,
    compute_wordings,
)
from warehouse.coding.timelines import compute_timelines
from warehouse.database import places
from warehouse.database.frames import Connection, log, set_to
from warehouse.database.meta import value

Compute = Callable[[Connection, Coding], Any]


class Step(NamedTuple):
    """One computation of a stage: of the city, or of each enterprise by itself.

    Of the latter, whom a night codes anew, and which tables are filled; the rows of the first one are counted.
    """

    compute: Compute
    whom: Whom | None = None
    tables: tuple[str, ...] = ()


STAGES: dict[str, tuple[Step, ...]] = {
    "features": (Step(compute_features, "any", ("risk.features", "risk.turns")),),
    "scores": (Step(compute_scores, "codes", ("risk.scores",)), Step(compute_probabilities)),
    "timelines": (Step(compute_timelines, "codes", ("risk.forecast", "risk.steps", "risk.point_steps")),),
    "codes": (Step(compute_codes, "codes", ("risk.codes",)),),
    "explanations": (
        Step(compute_explanations, "codes", ("risk.explanations",)),
        Step(compute_wordings),
    ),
    "passports": (Step(compute_passports, "ways", ("risk.ways", "risk.near_red")),),
    "red_queue": (
        Step(compute_red_queue),
        Step(compute_open_findings, "levels", ("serve.open_findings",)),
        Step(compute_alike, "levels", ("serve.alike_findings",)),
    ),
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


def code_enterprises(
    connection: Connection, coding: Coding, *, but: tuple[str, ...] = (), is_full: bool = False
) -> None:
    """Features, scores, what time will do, codes, reasons, passports, the red queue, and what may be told twice.

    Where a place is open, in it, and of those who need it (``begin``); else where the codes live.  ``but``: stages that
    are left out.
    """
    if places.is_open(connection):
        begin(connection, coding, but=but, is_full=is_full)
    with preparing_once(connection), by_one_thread(connection, coding):
        for stage in STAGES:
            if stage not in but:
                run_stage(connection, coding, stage)


@contextmanager
def by_one_thread(connection: Connection, coding: Coding) -> Generator[None]:
    """Let the database use one thread where few enterprises are coded: others would only wait for one another."""
    if coding.only is None or len(coding.only) > FEW:
        yield
        return
    with set_to(connection, "threads", "1"):
        yield


def code_only(connection: Connection, coding: Coding) -> None:
    """The same without passports, which cost most and decide nothing: for who asks for codes and plans."""
    code_enterprises(connection, coding, but=("passports",))


def begin(
    connection: Connection, coding: Coding, *, but: tuple[str, ...] = (), is_full: bool = False
) -> None:
    """Begin a coding in the open place, unless it holds this very one.

    What was made of an enterprise for the day issued last is kept where nothing can have changed, unless ``is_full``:
    then everybody is coded anew, by whoever goes on with it as well.
    """
    stages = {*STAGES} - {*but}
    is_new = places.begin(connection, identity_of(connection, coding))
    if not is_full:
        if is_new:
            renewal.begin(connection, coding, stages)
    elif renewal.held(connection) or stages <= places.made(connection):
        renewal.end(connection)


def run_stage(connection: Connection, coding: Coding, stage: str) -> tuple[int, ...]:
    """Compute one stage, whatever it needs being made.  Returns the rows of what its parts make.

    What the open place holds of each enterprise by itself is not made again; what is of the city is.
    """
    is_apart = places.is_open(connection)
    try:
        found = tuple(_computed(connection, coding, step) for step in STAGES[stage])
    except renewal.KeptWronglyError as wrong:
        log.error("%s The whole city is coded anew.", wrong)
        made = places.made(connection)
        renewal.end(connection, wrong)
        for earlier in STAGES:
            if earlier in made:
                run_stage(connection, coding, earlier)
        found = run_stage(connection, coding, stage)
    if is_apart:
        places.mark(connection, stage)
    return found


def is_made(connection: Connection, stage: str) -> bool:
    """Whether the open place holds what a stage makes of each enterprise by itself."""
    return all(places.is_filled(connection, step.tables) for step in STAGES[stage] if step.whom)


def _computed(connection: Connection, coding: Coding, step: Step) -> int:
    if step.whom is None or not places.is_open(connection):
        return step.compute(connection, coding)
    renewal.let_go(connection)
    if not places.is_filled(connection, step.tables):
        if not places.take_brought(connection, step.tables):
            _filled(connection, coding, step, step.whom)
        places.note_filled(connection, step.tables)
    return int(value(connection, f"SELECT count(*) FROM {step.tables[0]}"))


def _filled(connection: Connection, coding: Coding, step: Step, whom: Whom) -> None:
    kept = renewal.held(connection)
    if kept is None:
        step.compute(connection, coding)
        return
    if places.filled_up_to(connection, step.tables) is None:
        for table in step.tables:
            renewal.keep(connection, coding, kept, table, whom)
    anew = replace(coding, only=renewal.enterprises(connection, whom))
    name_only(connection, anew.extract)
    step.compute(connection, anew)
    for table in step.tables:
        renewal.require_as_kept(connection, coding, kept, table, whom)


def require(connection: Connection, coding: Coding, *stages: str) -> None:
    """Compute in the open place what stages need and it does not hold; ``stages`` themselves included."""
    for stage in stages:
        if stage in places.made(connection):
            continue
        require(connection, coding, *_NEEDED.get(stage, ()))
        run_stage(connection, coding, stage)
