"""Which visits are made and on which day: the integer program of one authority.

Visits alike in size, window, drawn crew and recusals are one *shape*; the program counts how many of a shape fall
on a day.  Sizes 1, 2 and 4 divide one another, so counts by day are enough: visits anyone may do fit the crews of a
day exactly when the whole days, the half days and the quarter-days left suffice.  Only visits tied to certain
crews are counted by crew as well.  A plan of counts is therefore a plan, not merely an estimate.

Once the large visits and the numbers taken are whole, the quarter-day visits are a flow from shapes through crews to
days, which has whole solutions; so they are asked to be whole only in the end, and most of the search is saved.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.planning.crews.bench import Roster, Visit
from models.planning.crews.program import Limits, Program, Term

Ints = NDArray[np.int64]
Room = dict[tuple[int, str], int]
"""Quarter-days left by day and crew."""
Slot = tuple[int, str | None]
"""A day and, for visits that not every crew may do, a crew."""

_MOST_TIED = 12_000
"""Columns by crew up to which recusals are part of the program; beyond, packing sees to them."""
_MOST_NODES = 300
"""Nodes after which the search stops and what it did not prove stays open; plans seldom need the second one."""
_PLACEMENT_GAP = 1e-2
"""Kept and early days may fall so far behind the best: they are wishes, and nothing is proven about them."""
_MOVE = 5
"""A kept day is given up for this many days earlier, and only among the urgent."""
_SAME_CREW = 1
"""What keeping the crew as well as the day is worth, in the same measure."""
_EVEN = 0.25
"""What a quarter-day within a day's fair share of the work is worth, in days of earliness of one urgent visit."""
_URGENT = 1
"""Lowest precedence that is wanted early."""


@dataclass(frozen=True)
class Shape:
    """What decides where a visit may go.  ``is_urgent``: the earlier the better."""

    quarter_days: int
    first: int
    last: int
    crew_id: str | None
    barred: frozenset[str]
    is_urgent: bool
    is_budgeted: bool


@dataclass(frozen=True)
class Class:
    """Visits of one shape, rank and kind of budget, by falling value; the first of them are taken first."""

    shape: Shape
    rank: int
    is_budgeted: bool
    visits: tuple[Visit, ...]


@dataclass(frozen=True)
class Selection:
    """Visits by day (and crew where it matters), and what no plan can beat.

    ``bound``: most visits by rank, given that the ranks before are served as well as here.
    """

    slots: dict[int, Slot]
    bound: dict[int, int]
    value_bound: int


@dataclass(frozen=True)
class _Model:
    """The program and its columns: visits taken by class, visits by shape and slot."""

    program: Program
    classes: tuple[Class, ...]
    taken: tuple[int, ...]
    put: dict[Shape, dict[Slot, int]]


def shape_of(visit: Visit) -> Shape:
    """The shape of a visit."""
    urgent = visit.rank <= _URGENT
    return Shape(
        visit.quarter_days, visit.first, visit.last, visit.crew_id, visit.barred, urgent, visit.is_budgeted
    )


def select(
    visits: Sequence[Visit], roster: Roster, room: Room, budget: int | None, *, fits: bool
) -> Selection:
    """Choose visits and days: most visits rank after rank, then value, then kept and early days.

    ``room``: what filed visits left of every crew and day.  ``fits``: nothing is known to stand against placing
    every visit, so that is tried first.
    """
    if not visits:
        return Selection({}, {}, 0)
    model = _model(visits, roster, room, budget)
    everything = {column: len(own.visits) for column, own in _with_class(model)}
    placed = _placement(model, everything, room) if fits else None
    if placed is not None:
        bound = dict(Counter(visit.rank for visit in visits))
        return Selection(_disaggregated(model, placed), bound, sum(visit.value for visit in visits))
    bound, least, values = _most_by_rank(model)
    values, value_bound = _most_valuable(model, least, values)
    chosen = {column: int(values[column]) for column in model.taken}
    placed = _placement(model, chosen, room)
    slots = _anywhere(model, chosen) if placed is None else _disaggregated(model, placed)
    return Selection(slots, bound, value_bound)


def _anywhere(model: _Model, chosen: Mapping[int, int]) -> dict[int, Slot]:
    """The first open day of its window for every visit chosen, when no days were found; packing moves them on."""
    return {
        visit.at: (min(day for day, _ in model.put[own.shape]), None)
        for column, own in _with_class(model)
        for visit in own.visits[: chosen[column]]
    }


def _classes(visits: Iterable[Visit]) -> tuple[Class, ...]:
    members: defaultdict[tuple[Shape, int, bool], list[Visit]] = defaultdict(list)
    for visit in sorted(visits, key=lambda v: (-v.value, v.kept_day is None, v.at)):
        members[(shape_of(visit), visit.rank, visit.is_budgeted)].append(visit)
    ordered = sorted(members.items(), key=lambda item: min(visit.at for visit in item[1]))
    return tuple(Class(*key, tuple(own)) for key, own in ordered)


def _slots(shape: Shape, roster: Roster, *, by_crew: bool) -> list[Slot]:
    """Days of a shape, with the crews where not everyone present may do it (``by_crew``: or only one may)."""
    slots: list[Slot] = []
    for day in range(shape.first, shape.last + 1):
        if shape.is_budgeted and day in roster.closed:
            continue
        crews = roster.admissible(day, shape.crew_id, shape.barred)
        is_tied = len(crews) < len(roster.officers[day]) and (by_crew or len(crews) == 1)
        slots += [(day, crew) for crew in crews] if is_tied else [(day, None)] * bool(crews)
    return slots


def _model(visits: Sequence[Visit], roster: Roster, room: Room, budget: int | None) -> _Model:
    classes = _classes(visits)
    shapes = list(dict.fromkeys(own.shape for own in classes))
    slots = {shape: _slots(shape, roster, by_crew=True) for shape in shapes}
    if sum(crew is not None for own in slots.values() for _, crew in own) > _MOST_TIED:
        slots = {shape: _slots(shape, roster, by_crew=False) for shape in shapes}
    program = Program()
    size = Counter(shape_of(visit) for visit in visits)
    put = {
        shape: {
            slot: program.column(min(size[shape], _most(shape, slot, room)), is_whole=shape.quarter_days > 1)
            for slot in own
        }
        for shape, own in slots.items()
    }
    taken = tuple(program.column(len(own.visits)) for own in classes)
    model = _Model(program, classes, taken, put)
    supply: defaultdict[Shape, list[Term]] = defaultdict(list)
    for column, own in _with_class(model):
        supply[own.shape].append((column, -1))
    for shape, own in put.items():
        program.row([*((column, 1) for column in own.values()), *supply[shape]], 0, 0)
    if budget is not None:
        spent = [(column, own.shape.quarter_days) for column, own in _with_class(model) if own.is_budgeted]
        program.row(spent, 0, budget)
    _add_room(program, put, room)
    return model


def _most(shape: Shape, slot: Slot, room: Room) -> int:
    """Visits of a shape that one crew has room for in a day; no limit where it is not a matter of one crew."""
    day, crew = slot
    return 10**6 if crew is None else room[day, crew] // shape.quarter_days


def _add_room(program: Program, put: Mapping[Shape, Mapping[Slot, int]], room: Room) -> None:
    """Rows for the room of every day, in quarter, half and whole days, and of every crew visits are tied to."""
    tied: defaultdict[tuple[int, str], list[Term]] = defaultdict(list)
    free: defaultdict[int, defaultdict[int, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for shape, own in put.items():
        for (day, crew), column in own.items():
            if crew is None:
                free[day][shape.quarter_days].append((column, 1))
            else:
                tied[day, crew].append((column, shape.quarter_days))
    crews: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for (day, crew), quarter_days in room.items():
        crews[day][crew] = quarter_days
    for day, own in crews.items():
        _add_day(program, free[day], {crew: (left, tied.get((day, crew), [])) for crew, left in own.items()})


def _add_day(
    program: Program,
    free: Mapping[int, Sequence[Term]],
    crews: Mapping[str, tuple[int, Sequence[Term]]],
) -> None:
    """Room of one day.  ``free``: visits anyone may do, by size; ``crews``: room left, and visits tied to the crew.

    What tied visits leave of a crew's day holds so many whole and half days for others: a column each, and only
    where a visit of that size could use it.
    """
    tied: dict[int, list[Term]] = {1: [], 2: [], 4: []}
    open_room = dict.fromkeys(tied, 0)
    for left, terms in crews.values():
        if terms:
            program.row(terms, 0, left)
            tied[1] += terms
        for size in tied:
            if not terms or size == 1:
                open_room[size] += left // size
            elif left >= size and any(free.get(larger) for larger in (2, 4) if larger >= size):
                kept_open = program.column(left // size)
                program.row([*terms, (kept_open, size)], 0, left)
                tied[size].append((kept_open, -1))
    for size, terms in tied.items():
        own = [(column, s // size) for s, found in free.items() if s >= size for column, _ in found]
        if own or terms:
            program.row([*terms, *own], -np.inf, open_room[size])


def _most_by_rank(model: _Model) -> tuple[dict[int, int], dict[int, int], Ints]:
    """Upper bound and count reached by rank, and the last plan: later ranks never cost an earlier one a visit."""
    ranks = sorted({own.rank for own in model.classes})
    program = model.program.copy()
    bound: dict[int, int] = {}
    reached: dict[int, int] = {}
    values: Ints = np.zeros(len(program.upper), dtype=np.int64)
    for rank in ranks:
        gain = {column: 1.0 for column, own in _with_class(model) if own.rank == rank}
        later = {column: (0.0, 0.0) for column, own in _with_class(model) if own.rank > rank}
        found = program.solve(gain, later, gap=0.0, nodes=_MOST_NODES)
        size = sum(len(own.visits) for own in model.classes if own.rank == rank)
        values = values if found.values is None else found.values
        reached[rank] = int(sum(values[column] for column in gain))
        bound[rank] = _whole(found.bound, reached[rank], size)
        program.row([(column, 1) for column in gain], reached[rank], size)
    return bound, reached, values


def _with_class(model: _Model) -> Iterable[tuple[int, Class]]:
    return zip(model.taken, model.classes, strict=True)


def _most_valuable(model: _Model, least: Mapping[int, int], values: Ints) -> tuple[Ints, int]:
    """The most valuable plan with so many visits by rank, and an upper bound on its value.

    The n-th visit taken of a class adds the n-th highest value, never more than the one before it, so whole columns
    by class and shares by visit are enough.
    """
    program = model.program.copy()
    gain: dict[int, float] = {}
    for rank, count in least.items():
        program.row([(column, 1) for column, own in _with_class(model) if own.rank == rank], count, np.inf)
    for column, own in _with_class(model):
        worth = Counter(visit.value for visit in own.visits)
        if len(worth) == 1:
            gain[column] = own.visits[0].value
            continue
        steps = {program.column(count, is_whole=False): value for value, count in worth.items()}
        program.row([(column, -1), *((step, 1) for step in steps)], 0, 0)
        gain |= steps
    found = program.solve(gain, {}, gap=0.0, nodes=_MOST_NODES)
    most = sum(visit.value for own in model.classes for visit in own.visits)
    values = values if found.values is None else found.values
    reached = sum(
        visit.value for column, own in _with_class(model) for visit in own.visits[: int(values[column])]
    )
    return values, _whole(found.bound, reached, most)


def _whole(bound: float, reached: int, most: int) -> int:
    """An upper bound on a whole number that was reached; floats may put it a trifle too low."""
    return max(reached, int(min(np.floor(bound + 1e-3), most)))


def _placement(model: _Model, chosen: Mapping[int, int], room: Room) -> Ints | None:
    """Days for the visits chosen: kept ones first, early ones for the urgent, the rest evenly.  ``None``: none."""
    program = model.program.copy()
    program.is_whole = [True] * len(program.is_whole)
    gain: dict[int, float] = {}
    taken = [
        (own.shape, visit) for column, own in _with_class(model) for visit in own.visits[: chosen[column]]
    ]
    stays = Counter((shape, visit.kept_day) for shape, visit in taken)
    with_crew = Counter((shape, (visit.kept_day, visit.kept_crew)) for shape, visit in taken)
    for shape, own in model.put.items():
        by_day: defaultdict[int, list[int]] = defaultdict(list)
        for (day, _), column in own.items():
            by_day[day].append(column)
            if shape.is_urgent:
                gain[column] = shape.first - day
        for day, columns in by_day.items():
            if stays[shape, day]:
                stay = program.column(stays[shape, day], is_whole=False)
                program.row([(stay, -1), *((column, 1) for column in columns)], 0, np.inf)
                gain[stay] = _MOVE
        for slot, column in own.items():
            if slot[1] is not None and with_crew[shape, slot]:
                stay = program.column(with_crew[shape, slot], is_whole=False)
                program.row([(stay, -1), (column, 1)], 0, np.inf)
                gain[stay] = _SAME_CREW
    gain |= _evenly(program, model, chosen, room)
    limits: dict[int, Limits] = {column: (count, count) for column, count in chosen.items()}
    return program.solve(gain, limits, gap=_PLACEMENT_GAP, nodes=_MOST_NODES).values


def _evenly(program: Program, model: _Model, chosen: Mapping[int, int], room: Room) -> dict[int, float]:
    """Gains of work up to a day's fair share: an even load leaves room on every day for what comes unforeseen."""
    load: defaultdict[int, list[Term]] = defaultdict(list)
    for shape, own in model.put.items():
        for (day, _), column in own.items():
            load[day].append((column, shape.quarter_days))
    work = sum(chosen[column] * own.shape.quarter_days for column, own in _with_class(model))
    left: Counter[int] = Counter()
    for (day, _), quarters in room.items():
        left[day] += quarters
    total = sum(left[day] for day in load)
    gain: dict[int, float] = {}
    for day, terms in sorted(load.items()):
        even = program.column(-(-work * left[day] // max(total, 1)), is_whole=False)
        program.row([(even, -1), *terms], 0, np.inf)
        gain[even] = _EVEN
    return gain


def _disaggregated(model: _Model, values: Ints) -> dict[int, Slot]:
    """A slot for every visit taken: kept days and crews first, then along the curve from day to day."""
    members: defaultdict[Shape, list[Visit]] = defaultdict(list)
    for column, own in _with_class(model):
        members[own.shape] += own.visits[: values[column]]
    slots: dict[int, Slot] = {}
    for shape, visits in members.items():
        left = Counter({slot: int(values[column]) for slot, column in model.put[shape].items()})
        slots |= _dealt(visits, left)
    return slots


def _dealt(visits: Sequence[Visit], left: Counter[Slot]) -> dict[int, Slot]:
    """Visits of one shape dealt to its slots; ``left`` counts the places and is used up."""
    dealt: dict[int, Slot] = {}
    for wish in (_kept, _kept_day):
        for visit in sorted(visits, key=lambda v: v.at):
            slot = None if visit.at in dealt else wish(visit, left)
            if slot is not None:
                dealt[visit.at] = slot
                left[slot] -= 1
    rest = sorted((v for v in visits if v.at not in dealt), key=lambda v: (v.curve, v.at))
    places = sorted(left.elements(), key=lambda slot: (slot[0], slot[1] or ""))
    return dealt | {visit.at: place for visit, place in zip(rest, places, strict=True)}


def _kept(visit: Visit, left: Counter[Slot]) -> Slot | None:
    slot = (-1 if visit.kept_day is None else visit.kept_day, visit.kept_crew)
    return slot if left[slot] > 0 else None


def _kept_day(visit: Visit, left: Counter[Slot]) -> Slot | None:
    return next((slot for slot, count in left.items() if count > 0 and slot[0] == visit.kept_day), None)
