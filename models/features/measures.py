"""Measures: how the intervals of an enterprise become one integer.

A measure is either a sum of intervals (``Sum`` and what follows from it: what exists counts once, the gravest of a
group counts alone) or what the last day with an event left (``Newest``).  Each gives SQL of one day and of a span.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar

from models.features.intervals import ALWAYS, NEVER, Piece, Quality, pieces_of, plus
from models.features.windows import Amount, Bands, FeaturePolicy, amount

Thresholds = Collection[int]
"""The values of a feature at which somebody who reads it changes their mind, and the values past them."""
Said = str | Callable[[FeaturePolicy], str]


def said(of: Said, policy: FeaturePolicy) -> str:
    """The SQL under a policy."""
    return of if isinstance(of, str) else of(policy)


def case(column: str, values: Mapping[str, int], *, otherwise: int = 0) -> str:
    """SQL: the integer that stands for each category of a column."""
    listed = " ".join(f"WHEN '{key}' THEN {value}" for key, value in values.items())
    return f"CASE {column} {listed} ELSE {otherwise} END"


@dataclass(frozen=True, eq=False, kw_only=True)
class Measure:
    """What all measures of events share: which events count, and up to which age."""

    where: Quality = ALWAYS
    within: Amount | None = None

    blank: ClassVar[int | None] = 0
    """Level while nothing is on record; ``None``: unknown, which is not clean."""

    def last_age(self, policy: FeaturePolicy) -> int:
        """Days before the age at which an event counts no more."""
        return NEVER if self.within is None else amount(self.within, policy) + 1


@dataclass(frozen=True, eq=False, kw_only=True)
class Sum(Measure):
    """Sum over the events: of what ``of`` says, times the weight of their age (``bands``)."""

    of: Said = "1"
    bands: Bands | None = None

    def pieces(self, policy: FeaturePolicy, asked: Thresholds = ()) -> tuple[Piece, ...]:
        """The intervals of one event; they never overlap."""
        return pieces_of(self.where, self.weights(policy), amount=said(self.of, policy))

    def weights(self, policy: FeaturePolicy) -> list[tuple[int, int, int]]:
        """From so many days of age until before so many, the weight."""
        if self.bands is None:
            return [(0, self.last_age(policy), 1)]
        bands = self.bands(policy)
        begins = [0, *(last + 1 for last, _ in bands)]
        return [
            (begin, last + 1, weight)
            for begin, (last, weight) in zip(begins, bands, strict=False)
            if weight and last + 1 > begin
        ]

    def on_day(self, policy: FeaturePolicy, day: int) -> str:
        """SQL aggregate of the events of one enterprise."""
        return f"coalesce(sum({self.each(policy, day)}), 0)"

    def each(self, policy: FeaturePolicy, day: int) -> str:
        """SQL: what one event adds on a day."""
        return _each(self.pieces(policy), day)


def _each(pieces: Collection[Piece], day: int) -> str:
    """SQL: what an event adds on a day."""
    cases = " ".join(
        f"WHEN {one.on(day)} THEN {one.amount}" + (f" + {one.slope * day}" if one.slope else "")
        for one in pieces
    )
    return f"CASE {cases} ELSE 0 END" if cases else "0"


@dataclass(frozen=True, eq=False, kw_only=True)
class Exists(Sum):
    """1 for every key of which at least one event counts.  ``keyed``: the type of keys in SQL."""

    keyed: ClassVar[str] = "BIGINT"

    def on_day(self, policy: FeaturePolicy, day: int) -> str:
        """SQL aggregate of the events of one enterprise."""
        keys = dict[str, list[Piece]]()
        for piece in self.pieces(policy):
            keys.setdefault(piece.key, []).append(piece)
        return " + ".join(f"coalesce(max({_each(several, day)}), 0)" for several in keys.values())


@dataclass(frozen=True, eq=False, kw_only=True)
class Years(Exists):
    """Number of the last five years (of 365 days) with at least one event.

    ``youngest``: feature that is 0 where there is none in the youngest of them.
    """

    youngest: str

    def pieces(self, policy: FeaturePolicy, asked: Thresholds = ()) -> tuple[Piece, ...]:
        """One for each year, whose key is its number."""
        ends = (0, *(365 * year + 1 for year in range(1, 6)))
        return tuple(
            replace(piece, key=str(year))
            for year, (begin, end) in enumerate(pairwise(ends))
            for piece in pieces_of(self.where, [(begin, end, 1)])
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Different(Exists):
    """Number of different keys of the one piece that a measure has."""

    def on_day(self, policy: FeaturePolicy, day: int) -> str:
        """SQL aggregate of the events of one enterprise."""
        [piece] = self.pieces(policy)
        return f"count(DISTINCT CASE WHEN {piece.on(day)} THEN {piece.key} END)"


@dataclass(frozen=True, eq=False, kw_only=True)
class Days(Different):
    """Number of different days (``day``, of an event) on which something counts, from that day on."""

    day: str

    def pieces(self, policy: FeaturePolicy, asked: Thresholds = ()) -> tuple[Piece, ...]:
        """One, whose key is the day."""
        [piece] = pieces_of(self.where, [(0, self.last_age(policy), 1)], day=self.day)
        return (replace(piece, key=self.day),)


@dataclass(frozen=True, eq=False, kw_only=True)
class Kinds(Different):
    """Number of different things (``kind``, a text of an event) among the events; what is unknown is none."""

    kind: str

    keyed = "VARCHAR"

    def pieces(self, policy: FeaturePolicy, asked: Thresholds = ()) -> tuple[Piece, ...]:
        """One, whose key is the thing."""
        known = self.where & Quality((f"{self.kind} IS NOT NULL",))
        [piece] = pieces_of(known, [(0, self.last_age(policy), 1)])
        return (replace(piece, key=self.kind),)


@dataclass(frozen=True, eq=False, kw_only=True)
class Longest(Exists):
    """Days since ``since`` of the event that goes back furthest.

    Over a span it is told by the values that are asked for: it has come to one when an event has that is so old.
    """

    since: str

    def pieces(self, policy: FeaturePolicy, asked: Thresholds = ()) -> tuple[Piece, ...]:
        """One for each value, whose key it is, and which adds what it has more than the value before."""
        values = sorted({1, *(value for value in asked if value > 0)})
        return tuple(
            replace(piece, amount=str(value - less), key=str(value))
            for less, value in pairwise((0, *values))
            for piece in pieces_of(self.where, [(value, NEVER, 1)], day=self.since)
        )

    def on_day(self, policy: FeaturePolicy, day: int) -> str:
        """SQL aggregate of the events of one enterprise."""
        [piece] = self.pieces(policy)
        return f"coalesce({day} - min(CASE WHEN {piece.on(day)} THEN {self.since} END), 0)"


@dataclass(frozen=True, eq=False, kw_only=True)
class Gravest(Sum):
    """Sum over the items of each visit, each at its gravest: found several times in one visit, it counts once."""

    def on_day(self, policy: FeaturePolicy, day: int) -> str:
        """SQL aggregate of the events of one enterprise that stand alone."""
        return f"coalesce(sum({self.each(policy, day)}) FILTER (is_alone), 0)"


@dataclass(frozen=True, eq=False, kw_only=True)
class Repeated(Measure):
    """Number of items found in two visits or more."""

    def pieces(self, policy: FeaturePolicy, asked: Thresholds = ()) -> tuple[Piece, ...]:
        """One of every finding."""
        return pieces_of(self.where, [(0, self.last_age(policy), 1)])


@dataclass(frozen=True, eq=False, kw_only=True)
class Spells(Measure):
    """Whole days of spells of ``RECENT`` days, summed: minutes that grow, stand, and leave the window again."""

    begins: str
    ends: str
    days: int

    def pieces(self, policy: FeaturePolicy, asked: Thresholds = ()) -> tuple[Piece, ...]:
        """The straight pieces of one spell, in minutes; a spell that is not over ends never."""
        begun, over, window = f"{self.begins} // 1440", f"{self.ends} // 1440", self.days
        leaves = f"{begun} + {window}"
        where = (*self.where.says, f"coalesce({self.ends} >= {self.begins}, true)")
        known = (*where, f"{self.ends} IS NOT NULL")
        return (
            Piece(begun, f"least({leaves}, {over})", where, f"1439 - {self.begins}", 1440),
            Piece(over, leaves, known, f"{self.ends} - {self.begins}"),
            Piece(leaves, f"coalesce({over}, {NEVER})", where, str(window * 1440)),
            Piece(
                f"greatest({leaves}, {over})",
                f"{over} + {window}",
                known,
                f"{self.ends} + {window * 1440 - 1439}",
                -1440,
            ),
        )

    def on_day(self, policy: FeaturePolicy, day: int) -> str:
        """SQL aggregate of the events of one enterprise."""
        return f"coalesce(sum({_each(self.pieces(policy), day)}), 0) // 1440"


@dataclass(frozen=True, eq=False, kw_only=True)
class Newest(Measure):
    """What is left by the last day with an event, of those that count."""

    blank = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Age(Newest):
    """Days since the newest event."""

    def on_day(self, policy: FeaturePolicy, day: int) -> str:
        """SQL aggregate of the events of one enterprise."""
        return f"{day} - max(CASE WHEN {_happened(self.where, day)} THEN day END)"


@dataclass(frozen=True, eq=False, kw_only=True)
class AgeOfFirst(Age):
    """Days since the oldest event."""

    def on_day(self, policy: FeaturePolicy, day: int) -> str:
        """SQL aggregate of the events of one enterprise."""
        return f"{day} - min(CASE WHEN {_happened(self.where, day)} THEN day END)"


@dataclass(frozen=True, eq=False, kw_only=True)
class Last(Newest):
    """What ``of`` says of the newest event; of several on one day, the most."""

    of: str

    def on_day(self, policy: FeaturePolicy, day: int) -> str:
        """SQL aggregate of the events of one enterprise."""
        tests = [_happened(self.where, day), f"{plus('day', self.last_age(policy))} > {day}"]
        return f"max(CASE WHEN {' AND '.join(tests)} THEN {{'d': day, 'v': {self.of}}} END).v"


def _happened(where: Quality, day: int) -> str:
    return " AND ".join((*where.says, f"day <= {day}"))


@dataclass(frozen=True, eq=False, kw_only=True)
class Streak(Newest):
    """Number of events that are ``where`` since the last one that was ``broken_by``."""

    broken_by: Quality

    blank = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class LastResult(Newest):
    """Rank of what the last event that ``speaks`` left, or of what another has found since that is graver.

    ``rank``: of an event; ``grave``: ranks that others than those that speak can leave.
    """

    speaks: Quality
    rank: str
    grave: tuple[int, ...]

    def result(self, spoken_on: str, left: str, found_on: Mapping[int, str]) -> str:
        """SQL: the rank, of day and rank of the last one that spoke, and the last day each grave one was found."""
        graver = " ".join(
            f"WHEN {found_on[rank]} IS NOT NULL AND ({spoken_on} IS NULL OR {found_on[rank]} >= {spoken_on}) "
            f"AND ({left} IS NULL OR {left} < {rank}) THEN {rank}"
            for rank in sorted(self.grave, reverse=True)
        )
        return f"(CASE {graver} ELSE {left} END)"

    def on_day(self, policy: FeaturePolicy, day: int) -> str:
        """SQL aggregate of the events of one enterprise."""
        speaks, today = " AND ".join(self.speaks.says), f"day <= {day}"
        last = f"max(CASE WHEN {speaks} AND {today} THEN {{'d': day, 'v': {self.rank}}} END)"
        found_on = {
            rank: f"max(CASE WHEN NOT ({speaks}) AND {self.rank} = {rank} AND {today} THEN day END)"
            for rank in self.grave
        }
        return self.result(f"{last}.d", f"{last}.v", found_on)


@dataclass(frozen=True, eq=False, kw_only=True)
class Inherent:
    """What the register says, as it stands there or as an expression; it never changes by the passing of time."""

    says: str = ""

    blank: ClassVar[int | None] = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Combined:
    """What other features give together: ``says`` in SQL, of the parts by their names.

    ``categories``: names of its values, where it is no number; the value is the place of the name.
    """

    of: tuple[str, ...]
    says: Said
    categories: tuple[str, ...] = ()

    blank: ClassVar[int | None] = None
