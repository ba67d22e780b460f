"""The visits of one authority on days and crews, exactly where that can be proven, and why not all of them fit.

Filed visits stay where they are.  Of the others as many as possible are made, precedence after precedence; then the
most valuable; then kept days and crews and early days for the urgent; then near ones together.  The same visits and
crews in any order give the same plan.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from models.planning.crews.bench import Bench, Roster, Visit, read_visits
from models.planning.crews.nearness import in_order, with_curve
from models.planning.crews.packing import file, full_room, pack
from models.planning.crews.proof import Need, Overload, overload
from models.planning.crews.selection import Selection, select

ASSIGNED_SCHEMA = {
    "visit_id": pl.String,
    "day": pl.Int64,
    "crew_id": pl.String,
    "stop": pl.Int64,
    "reason": pl.String,
}
"""Columns of an assigned visit; ``stop`` counts from 1 within the crew's day, ``reason`` is why there is none."""

Place = tuple[int, str]


@dataclass(frozen=True)
class Assigned:
    """The plan of one authority and what is known about it.

    ``visits``: one row per visit, columns ``ASSIGNED_SCHEMA``, by ``visit_id``.  ``scheduled``, ``dropped`` and
    ``bound`` count visits by rank; no plan makes more than ``bound`` of the first rank that differs.  ``value`` is
    that of the scheduled visits, ``value_bound`` the most that so many visits by rank can have.
    """

    visits: pl.DataFrame
    scheduled: dict[int, int]
    dropped: dict[int, int]
    bound: dict[int, int]
    value: int
    value_bound: int
    is_proven: bool
    overload: Overload


def assign(visits: pl.DataFrame, bench: Bench) -> Assigned:
    """Plan the visits of one authority.

    ``visits``: one row per visit (``visit_id`` unique) with ``rank`` (0 goes first), ``quarter_days`` (1, 2 or 4),
    ``first`` and ``last`` (day indexes, both included), ``value``, ``is_budgeted``, ``kept_day``, ``kept_crew``,
    ``is_fixed``, ``crew_id`` (drawn crew), ``barred`` (officers recused), ``longitude``, ``latitude``.
    A filed visit (``is_fixed``) stays if its crew is there, may lawfully do it that day and has room and budget.
    """
    roster = Roster(bench)
    todo = with_curve(read_visits(visits, roster))
    hopeless = {visit.at: reason for visit in todo if (reason := _why_never(visit, roster)) is not None}
    lawful = [visit for visit in todo if visit.at not in hopeless]
    room = full_room(roster)
    filed = file(lawful, roster, room, bench.budget)
    spent = sum(visit.quarter_days for visit in lawful if visit.at in filed and visit.is_budgeted)
    short = _overload(lawful, filed, roster, bench.budget)
    free = [visit for visit in lawful if visit.at not in filed]
    left = None if bench.budget is None else bench.budget - spent
    selection = select(free, roster, room, left, fits=not short)
    held = pack(lawful, filed, selection.slots, roster)
    return _assigned(
        todo, held, hopeless, [v for v in lawful if v.at in filed], selection, short, bench.budget
    )


def _why_never(visit: Visit, roster: Roster) -> str | None:
    """Why a visit can be on no plan at all; ``None`` when it can."""
    if visit.first > visit.last:
        return "no_day"
    days = range(visit.first, visit.last + 1)
    return None if any(roster.may_do(visit, day) for day in days) else "no_crew"


def _overload(
    visits: Sequence[Visit], filed: Mapping[int, Place], roster: Roster, budget: int | None
) -> Overload:
    """What is short for the visits that have a lawful day and crew; filed ones need their very day."""
    needs: list[Need] = []
    drawn: defaultdict[str, list[Need]] = defaultdict(list)
    for visit in visits:
        first, last, crew = visit.first, visit.last, visit.crew_id
        if visit.at in filed:
            first = last = filed[visit.at][0]
            crew = filed[visit.at][1]
        needs.append((first, last, visit.quarter_days))
        if crew is not None:
            drawn[crew].append(needs[-1])
    room = full_room(roster)
    by_crew = {c: (own, [room.get((day, c), 0) for day in range(roster.size)]) for c, own in drawn.items()}
    budgeted = sum(visit.quarter_days for visit in visits if visit.is_budgeted)
    return overload(needs, roster.capacity(), by_crew, (budgeted, budget))


def _assigned(
    todo: Sequence[Visit],
    held: Mapping[Place, Sequence[Visit]],
    hopeless: Mapping[int, str],
    filed: Iterable[Visit],
    selection: Selection,
    short: Overload,
    budget: int | None,
) -> Assigned:
    made = {
        v.at: (place, stop) for place, own in held.items() for stop, v in enumerate(in_order(own), start=1)
    }
    bound = Counter(selection.bound)
    bound.update(visit.rank for visit in filed)
    scheduled = Counter(visit.rank for visit in todo if visit.at in made)
    ranks = sorted({visit.rank for visit in todo})
    value = sum(visit.value for visit in todo if visit.at in made)
    value_bound = selection.value_bound + sum(visit.value for visit in filed)
    is_reached = all(scheduled[rank] == bound[rank] for rank in ranks)
    return Assigned(
        _frame(todo, made, hopeless, budget),
        {rank: scheduled[rank] for rank in ranks},
        {rank: sum(v.rank == rank and v.at not in made for v in todo) for rank in ranks},
        {rank: bound[rank] for rank in ranks},
        value,
        value_bound,
        is_reached and value == value_bound,
        short,
    )


def _frame(
    todo: Sequence[Visit],
    made: Mapping[int, tuple[Place, int]],
    hopeless: Mapping[int, str],
    budget: int | None,
) -> pl.DataFrame:
    spent = sum(visit.quarter_days for visit in todo if visit.is_budgeted and visit.at in made)
    unspent = None if budget is None else budget - spent
    rows: list[tuple[str, int | None, str | None, int | None, str | None]] = []
    for visit in todo:
        if visit.at in made:
            (day, crew), stop = made[visit.at]
            rows.append((visit.visit_id, day, crew, stop, None))
            continue
        is_unpaid = visit.is_budgeted and unspent is not None and unspent < visit.quarter_days
        reason = hopeless.get(visit.at, "budget" if is_unpaid else "capacity")
        rows.append((visit.visit_id, None, None, None, reason))
    return pl.DataFrame(rows, schema=ASSIGNED_SCHEMA, orient="row")
