"""From visits by day to visits by crew: large ones first, then whatever lies nearest.

Sizes divide one another, so taking the larger first never leaves a smaller one without room that there was; which
crew takes it is free, and kept crews and short ways decide.  Only recusals can get in the way: then visits change
places, or move to another day of their window.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.planning.crews.bench import Roster, Visit
from models.planning.crews.nearness import Ints, metres
from models.planning.crews.selection import Room, Slot
from models.policy import DAY

_FAR = 10**12
"""Metres to a crew that has nothing yet: it is opened when no other has room."""


class Board:
    """Who does what on which day while it is being filled."""

    def __init__(self, roster: Roster, room: Room) -> None:
        self.roster = roster
        self.room = dict(room)
        self.held: dict[tuple[int, str], list[Visit]] = {key: [] for key in room}
        self.is_pinned: set[int] = set()

    def put(self, visit: Visit, day: int, crew: str) -> None:
        """Give a visit to a crew that has room."""
        self.held[day, crew].append(visit)
        self.room[day, crew] -= visit.quarter_days

    def take(self, visit: Visit, day: int, crew: str) -> None:
        """Take a visit away from its crew."""
        self.held[day, crew].remove(visit)
        self.room[day, crew] += visit.quarter_days

    def open_to(self, visit: Visit, day: int) -> list[str]:
        """Crews that may do a visit on a day and have room for it."""
        return [c for c in self.roster.may_do(visit, day) if self.room[day, c] >= visit.quarter_days]


def full_room(roster: Roster) -> Room:
    """Quarter-days of every crew by day before anything is planned."""
    return {(day, crew): DAY for day, crews in enumerate(roster.officers) for crew in crews}


def file(
    visits: Iterable[Visit], roster: Roster, room: Room, budget: int | None
) -> dict[int, tuple[int, str]]:
    """Day and crew of the visits already filed that can stay; ``room`` is used up.

    The higher precedence, then the more valuable, goes first where two cannot both stay.
    """
    filed: dict[int, tuple[int, str]] = {}
    for visit in sorted(visits, key=lambda v: (v.rank, -v.value, v.visit_id)):
        day, crew = visit.kept_day, visit.kept_crew
        if not visit.is_fixed or day is None or crew is None or crew not in roster.may_do(visit, day):
            continue
        spends = visit.quarter_days if visit.is_budgeted else 0
        if room[day, crew] >= visit.quarter_days and (budget is None or budget >= spends):
            room[day, crew] -= visit.quarter_days
            budget = None if budget is None else budget - spends
            filed[visit.at] = (day, crew)
    return filed


def pack(
    visits: Sequence[Visit], filed: Mapping[int, tuple[int, str]], slots: Mapping[int, Slot], roster: Roster
) -> dict[tuple[int, str], list[Visit]]:
    """Visits by day and crew.  Those that found no crew are in none."""
    board = Board(roster, full_room(roster))
    free: dict[int, list[Visit]] = {day: [] for day in range(roster.size)}
    for visit in visits:
        day, crew = filed.get(visit.at, slots.get(visit.at, (-1, None)))
        if crew is not None:
            board.put(visit, day, crew)
            board.is_pinned.add(visit.at)
        elif day >= 0:
            free[day].append(visit)
    homeless = [visit for day, own in free.items() for visit in _pack_day(board, day, own)]
    for visit in sorted(homeless, key=lambda v: (v.rank, -v.value, v.at)):
        _rehouse(board, visit, slots[visit.at][0])
    for day in range(roster.size):
        _swap_near(board, day)
    return board.held


def _pack_day(board: Board, day: int, free: Sequence[Visit]) -> list[Visit]:
    """Give the visits of a day to its crews; those that no crew could take."""
    crews = list(board.roster.officers[day])
    held = [(at, visit) for at, crew in enumerate(crews) for visit in board.held[day, crew]]
    distance = metres([*free, *(visit for _, visit in held)])
    near = np.full((len(distance), len(crews)), _FAR, dtype=np.int64)
    for at, (crew, _) in enumerate(held, start=len(free)):
        near[:, crew] = np.minimum(near[:, crew], distance[:, at])
    homeless: list[Visit] = []
    for at in sorted(range(len(free)), key=lambda at: _turn(board, day, free[at])):
        visit = free[at]
        open_to = board.open_to(visit, day)
        if not open_to:
            homeless.append(visit)
            continue
        crew = _choice(board, day, visit, open_to, near[at], crews)
        board.put(visit, day, crews[crew])
        near[:, crew] = np.minimum(near[:, crew], distance[:, at])
    return homeless


def _turn(board: Board, day: int, visit: Visit) -> tuple[int, int, bool, int, int]:
    """Larger first, then those with fewer crews to choose from, then those with a crew to keep."""
    crews = len(board.roster.may_do(visit, day))
    keeps = visit.kept_day == day and visit.kept_crew is not None
    return -visit.quarter_days, crews, not keeps, visit.curve, visit.at


def _choice(
    board: Board, day: int, visit: Visit, open_to: Sequence[str], near: Ints, crews: Sequence[str]
) -> int:
    """The crew to keep if it is open, else the nearest, of equally near ones the fullest."""
    if visit.kept_day == day and visit.kept_crew in open_to:
        board.is_pinned.add(visit.at)
        return crews.index(visit.kept_crew)
    numbers = {crew: at for at, crew in enumerate(crews)}
    return min((numbers[c] for c in open_to), key=lambda at: (near[at], board.room[day, crews[at]], at))


def _rehouse(board: Board, visit: Visit, wanted: int) -> None:
    """Find room by moving one other visit of the day wanted to another crew, else on another day of the window."""
    for crew in board.roster.may_do(visit, wanted):
        lacking = visit.quarter_days - board.room[wanted, crew]
        for other in sorted(board.held[wanted, crew], key=lambda v: (v.quarter_days, v.at)):
            others = [c for c in board.open_to(other, wanted) if c != crew]
            if other.at not in board.is_pinned and other.quarter_days >= lacking and others:
                board.take(other, wanted, crew)
                board.put(other, wanted, others[0])
                board.put(visit, wanted, crew)
                return
    for day in range(visit.first, visit.last + 1):
        for crew in board.open_to(visit, day):
            board.put(visit, day, crew)
            return


def _swap_near(board: Board, day: int) -> None:
    """Let visits of equal size change crews as long as that brings each crew's visits nearer to one another."""
    crews = list(board.roster.officers[day])
    visits = [(visit, at) for at, crew in enumerate(crews) for visit in board.held[day, crew]]
    movable = np.array([v.at not in board.is_pinned and v.quarter_days < DAY for v, _ in visits], dtype=bool)
    if movable.sum() < 2:
        return
    distance = metres([visit for visit, _ in visits])
    crew = np.array([at for _, at in visits], dtype=np.int64)
    size = np.array([visit.quarter_days for visit, _ in visits], dtype=np.int64)
    may = np.array([[c in board.roster.may_do(v, day) for c in crews] for v, _ in visits], dtype=bool)
    pairs = movable[:, None] & movable & (size[:, None] == size)
    after = _swapped(distance, crew, may, pairs)
    for (visit, before), now in zip(visits, after.tolist(), strict=True):
        if now != before:
            board.take(visit, day, crews[before])
            board.put(visit, day, crews[now])


def _swapped(distance: Ints, crew: Ints, may: NDArray[np.bool_], pairs: NDArray[np.bool_]) -> Ints:
    """Crew of every visit after the best swap has been made again and again, at most once per visit."""
    crew = crew.copy()
    rows = np.arange(len(crew))
    to_crew = distance @ (crew[:, None] == np.arange(may.shape[1])).astype(np.int64)
    for _ in range(len(crew)):
        here, there = to_crew[rows, crew], to_crew[:, crew]
        change = there + there.T - 2 * distance - here[:, None] - here
        allowed = pairs & may[:, crew] & may[:, crew].T & (crew[:, None] != crew)
        change[~allowed] = 0
        one, other = divmod(int(change.argmin()), len(crew))
        if change[one, other] >= 0:
            break
        moved = distance[:, other] - distance[:, one]
        to_crew[:, crew[one]] += moved
        to_crew[:, crew[other]] -= moved
        crew[one], crew[other] = crew[other], crew[one]
    return crew
