"""Measures: how the events of an enterprise become one integer, and on which days that integer can change.

A measure says both from the same windows, weights and turns: ``column`` (with the ``family`` that folds it) for one
day, ``steps`` for all days.  It reads prepared rows: an event with its ``age`` in days and what its table adds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import add, and_
from typing import Any, ClassVar

import narwhals as nw

from models.features.asof import Frame, coded, weighted
from models.features.windows import Amount, Bands, FeaturePolicy, Step, Turn, amount

Expr = nw.Expr
Thresholds = Mapping[str, Iterable[int]]
"""For each feature, the values at which somebody who reads it changes their mind."""


@dataclass(frozen=True, eq=False)
class Quality:
    """What an event must be to count, as an expression over its prepared row.

    ``turns``: when that may begin or end; none where an event is so from its own day on, for ever.
    """

    holds: Expr
    turns: tuple[Turn, ...] = ()

    def __and__(self, other: "Quality") -> "Quality":
        return Quality(self.holds & other.holds, tuple(dict.fromkeys((*self.turns, *other.turns))))


def chosen(value: Expr, conditions: Sequence[Expr]) -> Expr:
    """The value where all conditions hold, else null."""
    return nw.when(reduce(and_, conditions)).then(value) if conditions else value


def counted(value: Expr, conditions: Sequence[Expr]) -> Expr:
    """The value where all conditions hold, else 0; unknown counts as no."""
    return nw.when(reduce(and_, conditions)).then(value).otherwise(nw.lit(0)) if conditions else value


Folded = Mapping[str, Any]
"""Measures of one family by the name of their feature."""


def in_one_pass(rows: Frame, measures: Folded, policy: FeaturePolicy) -> Frame:
    """Measures that one grouping gives: one row per enterprise with at least one event."""
    return rows.group_by("enterprise_id").agg(**{name: one.column(policy) for name, one in measures.items()})


def by_item(rows: Frame, measures: Folded, policy: FeaturePolicy) -> Frame:
    """Measures of consolidated findings: the same item found twice in one visit counts once, at its gravest."""
    grave = {name: one.column(policy) for name, one in measures.items() if isinstance(one, Gravest)}
    items = (
        rows.with_columns(**grave)
        .group_by("enterprise_id", "source", "visit", "item")
        .agg(nw.col(*grave).max(), nw.col("age").min(), nw.col("is_named").max())
    )
    result = items.group_by("enterprise_id").agg(nw.col(*grave).sum())
    for name, one in measures.items():
        if isinstance(one, Repeated):
            named = items.filter(*one.holds(policy), nw.col("is_named") == 1)
            visits = named.group_by("enterprise_id", "item").agg(visits=nw.len())
            twice = counted(nw.lit(1), [nw.col("visits") >= 2]).sum()
            again = visits.group_by("enterprise_id").agg(**{name: twice})
            result = result.join(again, on="enterprise_id", how="left")
    return result


def by_decision(rows: Frame, measures: Folded, policy: FeaturePolicy) -> Frame:
    """Measures of penalty decisions: what was decided on one day is one decision, however many findings it names."""
    counts = {name: counted(nw.lit(1), one.holds(policy)) for name, one in measures.items()}
    decided = rows.filter(nw.col("decided_for") >= 0)
    days = decided.with_columns(**counts).group_by("enterprise_id", "decided_for").agg(nw.col(*counts).max())
    return days.group_by("enterprise_id").agg(nw.col(*counts).sum())


def in_a_row(rows: Frame, measures: Folded, policy: FeaturePolicy) -> Frame:
    """Measures of the events since the last one that broke the row."""
    breaks = {f"{name}_broken": one.broken() for name, one in measures.items()}
    last = rows.group_by("enterprise_id").agg(**breaks)
    since = {name: one.column(policy, nw.col(f"{name}_broken")) for name, one in measures.items()}
    return rows.join(last, on="enterprise_id", how="left").group_by("enterprise_id").agg(**since)


@dataclass(frozen=True, eq=False, kw_only=True)
class Measure:
    """What all measures share: which events count (``where``), and up to which age (``within``)."""

    where: Quality | None = None
    within: Amount | None = None

    blank: ClassVar[int | None] = 0
    """Value while nothing is on record; ``None``: unknown, which is not clean."""
    grows: ClassVar[bool] = False
    """Whether it grows by one a day while nothing happens."""
    family: ClassVar[Callable[[Frame, Folded, FeaturePolicy], Frame]] = staticmethod(in_one_pass)

    def holds(self, policy: FeaturePolicy) -> tuple[Expr, ...]:
        """What must hold of an event."""
        young = () if self.within is None else (nw.col("age") <= amount(self.within, policy),)
        return young if self.where is None else (self.where.holds, *young)

    def ends(self, policy: FeaturePolicy) -> tuple[int, ...]:
        """Ages, in days, at which an event begins to count for less."""
        return () if self.within is None else (amount(self.within, policy) + 1,)

    def steps(self, table: str, day: str, policy: FeaturePolicy, asked: Iterable[int]) -> Iterator[Step]:
        """Where it can change.  ``day``: that of an event (SQL); ``asked``: the values that matter to whoever asks."""
        yield Step(table, day, (0, *self.ends(policy)))
        for turn in self.where.turns if self.where else ():
            yield Step(table, turn.day(policy), (amount(turn.days, policy),))


@dataclass(frozen=True, eq=False)
class Count(Measure):
    """Number of events."""

    def column(self, policy: FeaturePolicy) -> Expr:
        """Aggregate of the events of one enterprise."""
        said = self.holds(policy)
        return counted(nw.lit(1), said).sum() if said else nw.len()


@dataclass(frozen=True, eq=False)
class Total(Measure):
    """Sum of a column of the events."""

    of: str

    def column(self, policy: FeaturePolicy) -> Expr:
        """Aggregate of the events of one enterprise."""
        return counted(nw.col(self.of), self.holds(policy)).sum()


@dataclass(frozen=True, eq=False)
class Years(Measure):
    """Number of the last five years (of 365 days) with at least one event."""

    def column(self, policy: FeaturePolicy) -> Expr:
        """Aggregate of the events of one enterprise."""
        age, said, ends = nw.col("age"), self.holds(policy), (0, *self.ends(policy))
        flags = [counted(nw.lit(1), [*said, age >= begin, age < end]).max() for begin, end in pairwise(ends)]
        return reduce(add, flags)

    def ends(self, policy: FeaturePolicy) -> tuple[int, ...]:
        """Ages at which an event moves into an earlier year."""
        return tuple(365 * year + 1 for year in range(1, 6))


@dataclass(frozen=True, eq=False)
class Weighted(Measure):
    """Sum of points: those of a category, times the weight of the age, times what another column says."""

    level: str
    scale: Callable[[FeaturePolicy], Mapping[str, int]]
    bands: Bands
    times: str | None = None

    def points(self, policy: FeaturePolicy) -> Expr:
        """Points of one event."""
        points = coded(self.level, self.scale(policy)) * weighted(nw.col("age"), self.bands(policy))
        return counted(points if self.times is None else points * nw.col(self.times), self.holds(policy))

    def column(self, policy: FeaturePolicy) -> Expr:
        """Aggregate of the events of one enterprise."""
        return self.points(policy).sum()

    def ends(self, policy: FeaturePolicy) -> tuple[int, ...]:
        """The days after the bands."""
        return tuple(last + 1 for last, _ in self.bands(policy))


class Gravest(Weighted):
    """Sum of points over the items of each visit, each at its gravest."""

    family = staticmethod(by_item)

    def column(self, policy: FeaturePolicy) -> Expr:
        """Points of one event."""
        return self.points(policy)


class Repeated(Measure):
    """Number of items found in two visits or more."""

    family = staticmethod(by_item)


class Decisions(Measure):
    """Number of penalty decisions, which the findings tell by ``decided_for`` and ``decided_on``."""

    family = staticmethod(by_decision)

    def holds(self, policy: FeaturePolicy) -> tuple[Expr, ...]:
        """What must hold of a finding; the window is that of the decision."""
        assert self.where is not None and self.within is not None
        return self.where.holds, nw.col("decided_for") <= amount(self.within, policy)

    def steps(self, table: str, day: str, policy: FeaturePolicy, asked: Iterable[int]) -> Iterator[Step]:
        """The day of a decision and that on which it leaves the window."""
        yield Step(table, "decided_on", (0, *self.ends(policy)))


@dataclass(frozen=True, eq=False)
class Age(Measure):
    """Days since the newest event, or since what followed it (``since``, a column; ``of``: those days)."""

    of: str = "age"
    since: str | None = None

    blank = None
    grows = True

    def column(self, policy: FeaturePolicy) -> Expr:
        """Aggregate of the events of one enterprise."""
        return self.each(policy).min()

    def each(self, policy: FeaturePolicy) -> Expr:
        """The days of every event that counts."""
        return chosen(nw.col(self.of), self.holds(policy))

    def steps(self, table: str, day: str, policy: FeaturePolicy, asked: Iterable[int]) -> Iterator[Step]:
        """Where it can change, and where it comes to a value that matters, and past it."""
        yield from super().steps(table, day, policy, ())
        ages = sorted({age for value in asked for age in (value, value + 1) if age >= 0})
        yield Step(table, self.since or day, (0, *ages))


class Longest(Age):
    """Days since the event that goes back furthest; 0 when there is none."""

    blank = 0

    def column(self, policy: FeaturePolicy) -> Expr:
        """Aggregate of the events of one enterprise."""
        return self.each(policy).max()


@dataclass(frozen=True, eq=False)
class Last(Measure):
    """What a column says of the newest event; of several on one day, the most.  ``most``: less than this."""

    of: str
    day: str
    most: int

    blank = None

    def column(self, policy: FeaturePolicy) -> Expr:
        """Aggregate of the events of one enterprise."""
        newest = nw.col(self.day) * self.most + nw.col(self.of)
        return chosen(newest, self.holds(policy)).max() % self.most


@dataclass(frozen=True, eq=False, kw_only=True)
class Streak(Measure):
    """Number of events that are ``where`` since the last one that was ``broken_by``."""

    broken_by: Quality

    family = staticmethod(in_a_row)

    def broken(self) -> Expr:
        """Age of the event that broke the row."""
        return nw.when(self.broken_by.holds).then(nw.col("age")).min()

    def column(self, policy: FeaturePolicy, broken: Expr) -> Expr:
        """Aggregate of the events of one enterprise; ``broken``: the age of the one that broke the row."""
        assert self.where is not None
        return counted(nw.lit(1), [self.where.holds, broken.is_null() | (nw.col("age") < broken)]).sum()


@dataclass(frozen=True, eq=False)
class Spells(Measure):
    """Whole days of spells within the window, summed; ``start`` and ``stop`` are minutes of the prepared row.

    It may change on any day, so the catalogue gives no steps of it; the timeline looks for them between ``edges``, the
    columns with the minutes at which a spell begins and ends.
    """

    start: str
    stop: str
    edges: tuple[str, str]

    def column(self, policy: FeaturePolicy) -> Expr:
        """Aggregate of the events of one enterprise."""
        begun = nw.col(self.stop) > nw.col(self.start)
        return counted(nw.col(self.stop) - nw.col(self.start), [*self.kind(), begun]).sum() // 1440

    def kind(self) -> tuple[Expr, ...]:
        """What makes an event a spell; it may read the event as it stands."""
        return () if self.where is None else (self.where.holds,)


@dataclass(frozen=True, eq=False)
class Inherent(Measure):
    """What the register says, as it stands there or as an expression; it never changes by the passing of time."""

    says: Expr | None = None

    blank = None


@dataclass(frozen=True, eq=False)
class Combined(Measure):
    """What other features give together; of each of them, the values that matter."""

    of: Thresholds
    says: Callable[[FeaturePolicy], Expr]

    blank = None
