"""Points as step functions of time: what each enterprise scores on every day of a span, if nothing new is learnt.

A code changes by itself when an event grows old, a deadline passes or a rule book changes.  The levels of all features
over the span are known (``models.features.span``).  They are binned while still long: a level that changes changes the
points of its factors and the conditions of rules that test it.  Only those changes are kept; their running sums are the
score, and a mask with one bit for each condition that holds.  Nothing is simulated day by day.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.coding.card import FittedCard
from models.coding.shrinkage import interval_permille, shrunk_rates
from models.coding.verdicts import INTERVAL, SCORE, facts, holds, tested_features, voices
from models.errors import PolicyError
from models.features import CATALOGUE
from models.policy import Condition, PolicyOnDay
from models.scorecard import Factor
from models.vocabulary import day_number

MOST_CONDITIONS = 62
"""Bits of a mask."""
Ints = NDArray[np.int64]
_RATES = ("inspections_36m", "serious_visits_36m")
"""What the interval of the serious rate is made of."""
Sampled = Mapping[str, pl.DataFrame]
"""By feature the days on which its level changes, ``models.features.span``: ``f``, ``day``, ``v``, sorted."""


@dataclass(frozen=True)
class InForce:
    """The rules from one day on: policy (with the points of the champion card, where there is one) and that card."""

    since: date
    policy: PolicyOnDay
    card: FittedCard | None = None


@dataclass(frozen=True)
class Span:
    """Days that are judged, both inclusive, and the day of knowledge, which stays the same for all of them."""

    first: date
    last: date
    known_at: date


@dataclass(frozen=True)
class Reading:
    """What rules read of levels."""

    rules: InForce

    @property
    def policy(self) -> PolicyOnDay:
        """Points and rules."""
        return self.rules.policy

    @cached_property
    def levels(self) -> dict[str, list[int]]:
        """Levels of events that are read, each with the values at which somebody changes their mind, and those past."""
        return {
            name: sorted({one for value in values for one in (value, value + 1)})
            for name, values in asked_of(self.rules).items()
            if name not in CATALOGUE.inherent
        }

    @cached_property
    def features(self) -> list[str]:
        """Features whose points or conditions count."""
        factors = {factor.feature for factor in self.policy.scorecard.factors}
        return sorted(factors | {one.feature for one in self.conditions})

    @cached_property
    def conditions(self) -> list[Condition]:
        """Every condition once; its place is its bit.  Raises PolicyError when there are too many."""
        tested = [*tested_features(self.policy.codes), *self._narrow]
        found = list({_said(one): one for one in tested}.values())
        if len(found) > MOST_CONDITIONS:
            raise PolicyError(
                "The rules test {n} different conditions; {most} is the most. Merge some.",
                n=len(found),
                most=MOST_CONDITIONS,
            )
        return found

    @property
    def _narrow(self) -> list[Condition]:
        """That the interval of a rate is narrow enough to rate, where the rules ask for it."""
        widest, card = self.policy.codes.sufficiency.widest_interval_permille, self.rules.card
        return [Condition(feature=INTERVAL, at_most=widest)] if widest and card and card.priors else []

    def factors(self, feature: str) -> list[Factor]:
        """The factors that read a feature."""
        return [one for one in self.policy.scorecard.factors if one.feature == feature]

    def said(self, feature: str) -> list[pl.Expr]:
        """The points of every factor that reads a feature, and in ``mask`` the conditions of it that hold."""
        points = [factor.expression().alias(factor.name) for factor in self.factors(feature)]
        tests = [(at, one) for at, one in enumerate(self.conditions) if one.feature == feature]
        bits = [holds(one).cast(pl.Int64) * (1 << at) for at, one in tests]
        return [*points, pl.sum_horizontal(pl.lit(0, dtype=pl.Int64), *bits).alias("mask")]

    def judged(self, moments: pl.DataFrame) -> pl.DataFrame:
        """What the facts of ``score`` and ``mask`` say: the columns of ``models.coding.verdicts.judge``."""
        codes = self.policy.codes

        def hold(conditions: Sequence[Condition]) -> pl.Expr:
            asked = set(map(_said, conditions))
            bits = sum(1 << at for at, one in enumerate(self.conditions) if _said(one) in asked)
            return (pl.col("mask") & bits) == bits

        rated = pl.any_horizontal([hold([*group, *self._narrow]) for group in codes.sufficiency.any_of])
        spoken = voices(codes, hold, rated)
        told = moments.with_columns(
            is_provisional=~rated, **{f"v:{name}": one for name, one in spoken.items()}
        )
        said = facts(codes, {name: pl.col(f"v:{name}") for name in spoken})
        day = pl.col("day").cast(pl.Int64).alias("as_of")
        return told.select("f", day, SCORE, "is_provisional", **said)


def _said(condition: Condition) -> tuple[object, ...]:
    """What a condition tests: two that say the same are one."""
    one_of = None if condition.one_of is None else tuple(condition.one_of)
    return condition.feature, condition.at_least, condition.at_most, one_of


@dataclass(frozen=True)
class Book:
    """Rules of some days of a span: their position among all, and the first and last of those days."""

    position: int
    reading: Reading
    first: int
    last: int

    @property
    def rules(self) -> InForce:
        """The rules."""
        return self.reading.rules


def books(span: Span, rules: Sequence[InForce]) -> Iterator[Book]:
    """The rules in force in a span, one after another; they ascend, and begin no later than the span."""
    for at, one in enumerate(rules):
        first = max(day_number(span.first), day_number(one.since))
        following = [day_number(rules[at + 1].since) - 1] if at + 1 < len(rules) else []
        last = min([day_number(span.last), *following])
        if first <= last:
            yield Book(at, Reading(one), first, last)


@dataclass(frozen=True)
class Moments:
    """What the facts say over a span.

    ``steps``: one row per ``enterprise_id`` and day (``as_of``, days since 1970-01-01) on which the score, or a
    condition, changes, the first day of the span included; it holds until the next one.  Further columns ``rules``
    (position), and those of ``models.coding.verdicts.judge``.  ``points``: one row per ``enterprise_id``, ``factor``
    and day (``as_of``) after the first one on which the points of a factor change, and its ``points`` from then on.
    """

    steps: pl.DataFrame
    points: pl.DataFrame


def moments(told: Collection[tuple[Book, Sampled]], register: pl.DataFrame) -> Moments:
    """What the facts say, from the levels under each rule book in turn.

    ``register``: the enterprises, sorted; ``f`` of a level is the row of its enterprise.
    """
    every = {factor.name for book, _ in told for factor in book.rules.policy.scorecard.factors}
    parts = [_Sums(book, sampled, register, every if len(told) > 1 else None) for book, sampled in told]
    steps = pl.concat(
        one.reading.judged(one.moments()).with_columns(rules=pl.lit(one.book.position, dtype=pl.Int64))
        for one in parts
    )
    points = pl.concat(part for one in parts for part in one.points)
    if len(parts) > 1:
        points = _changes(points)
    return Moments(*(_named(frame, register["enterprise_id"]) for frame in (steps, points)))


def each_day(
    book: Book, sampled: Sampled, register: pl.DataFrame, among: Collection[str]
) -> tuple[Ints, Ints]:
    """Points and mask that some features give on every day of a book: enterprises × days."""
    rows = _Sums(book, sampled, register, among=among).moments()
    firm, day = rows["f"].to_numpy(), rows["day"].to_numpy().astype(np.int64)
    is_last = np.append(firm[1:] != firm[:-1], True)
    until = np.where(is_last, book.last + 1, np.append(day[1:], 0))
    shape = (register.height, book.last - book.first + 1)
    score, mask = (np.repeat(rows[name].to_numpy(), until - day).reshape(shape) for name in (SCORE, "mask"))
    return score, mask


def _named(rows: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    ordered = rows.sort("f", *(name for name in ("factor", "as_of") if name in rows.columns))
    return ordered.select(ids.gather(ordered["f"]).alias("enterprise_id"), pl.exclude("f"))


def _changes(points: pl.DataFrame) -> pl.DataFrame:
    """Rows that say other points than the one before; of several on a day the last."""
    key = ["f", "factor"]
    rows = points.unique([*key, "as_of"], keep="last", maintain_order=True).sort(*key, "as_of")
    is_first = pl.struct(key) != pl.struct(key).shift()
    same = (pl.col("points") == pl.col("points").shift()) & ~is_first
    return rows.filter(~same.fill_null(value=False), ~is_first.fill_null(value=True))


_POINTS = {"f": pl.Int32, "factor": pl.String, "as_of": pl.Int64, "points": pl.Int64}


class _Sums:
    """The changes that the levels under one rule book bring, added up.

    ``every``: factors of all rule books of the span, where there are several; one that this book lacks gives nothing.
    ``among``: features that count here (default: all).
    """

    def __init__(
        self,
        book: Book,
        sampled: Sampled,
        register: pl.DataFrame,
        every: Collection[str] | None = None,
        among: Collection[str] | None = None,
    ) -> None:
        self.book, self.reading, self.register = book, book.reading, register
        self.every = every
        self.score, self.mask = (np.zeros(register.height, np.int64) for _ in range(2))
        self.moved: list[pl.DataFrame] = []
        self.points = [pl.DataFrame(schema=_POINTS)]
        wanted = [name for name in self.reading.features if among is None or name in among]
        if INTERVAL in wanted:
            sampled = {**sampled, INTERVAL: _intervals(sampled, register, book)}
        for name in wanted:
            self._add(name, sampled)
        if every is not None:
            for name in set(every) - {factor.name for factor in self.reading.policy.scorecard.factors}:
                self._begin(name, pl.Series([0]).new_from_index(0, register.height))

    def moments(self) -> pl.DataFrame:
        """``f``, ``day``, ``score``, ``mask``, sorted; the first day of every enterprise included."""
        height = self.register.height
        begins = pl.DataFrame(
            {
                "f": np.arange(height, dtype=np.int32),
                "day": np.full(height, self.book.first, np.int32),
                SCORE: self.score,
                "mask": self.mask,
            }
        )
        rows = pl.concat([begins, *self.moved]).group_by("f", "day").agg(pl.col(SCORE, "mask").sum())
        rows = rows.sort("f", "day")
        return rows.with_columns(pl.Series(name, _running(rows, name)) for name in (SCORE, "mask"))

    def _add(self, name: str, sampled: Sampled) -> None:
        said = self.reading.said(name)
        if name in CATALOGUE.inherent:
            told = self.register.select(said)
            self.mask += told["mask"].to_numpy()
            for factor in self.reading.factors(name):
                self.score += told[factor.name].to_numpy()
                self._begin(factor.name, told[factor.name])
            return
        blank = pl.DataFrame({name: [_blank(name)]}, schema={name: _dtype(name)}).select(said)
        names = [factor.name for factor in self.reading.factors(name)]
        self.mask += blank["mask"][0]
        for factor in names:
            self.score += blank[factor][0]
            self._begin(factor, pl.Series([blank[factor][0]]).new_from_index(0, self.register.height))
        if not sampled[name].is_empty():
            self._move(name, names, said, blank, sampled[name])

    def _move(
        self, name: str, names: list[str], said: list[pl.Expr], blank: pl.DataFrame, sampled: pl.DataFrame
    ) -> None:
        """What changes of the levels of a feature bring, beyond what it gives where it is blank."""
        rows = sampled.select("f", "day", _in_words(name).alias(name)).select("f", "day", *said)
        before = [pl.col(one).shift().fill_null(0) for one in blank.columns]
        is_first = (pl.col("f") != pl.col("f").shift()).fill_null(value=True)
        moved = rows.select(
            "f",
            "day",
            *(
                (pl.col(one) - pl.when(is_first).then(blank[one][0]).otherwise(earlier)).alias(one)
                for one, earlier in zip(blank.columns, before, strict=True)
            ),
        )
        score = pl.sum_horizontal(pl.lit(0, dtype=pl.Int64), *names)
        total = moved.select("f", "day", score.alias(SCORE), "mask")
        self.moved.append(total.filter((pl.col(SCORE) != 0) | (pl.col("mask") != 0)))
        for factor in names:
            changes = rows.filter(
                moved[factor] != 0, pl.col("day") > self.book.first if self.every is None else True
            )
            self._tell(changes, factor, changes[factor])

    def _begin(self, factor: str, points: pl.Series) -> None:
        """Points on the first day, where another rule book may have given others the day before."""
        if self.every is not None:
            rows = pl.DataFrame({"f": np.arange(self.register.height, dtype=np.int32)})
            self._tell(rows.with_columns(day=pl.lit(self.book.first, dtype=pl.Int32)), factor, points)

    def _tell(self, rows: pl.DataFrame, factor: str, points: pl.Series) -> None:
        self.points.append(
            rows.select(
                "f",
                factor=pl.lit(factor),
                as_of=pl.col("day").cast(pl.Int64),
                points=points.cast(pl.Int64),
            )
        )


def _running(rows: pl.DataFrame, name: str) -> Ints:
    """Running sums within each ``f``; on the way a sum of masks may leave its 64 bits, and comes back."""
    values, firm = rows[name].to_numpy(), rows["f"].to_numpy()
    total = np.cumsum(values)
    starts = np.flatnonzero(np.diff(firm, prepend=-1))
    before = total[starts] - values[starts]
    return total - np.repeat(before, np.diff(np.append(starts, len(values))))


def _intervals(sampled: Sampled, register: pl.DataFrame, book: Book) -> pl.DataFrame:
    """The width of the shrunk serious rate's interval, wherever visits change it."""
    card = book.rules.card
    assert card is not None and card.priors is not None
    begins = pl.DataFrame({"f": np.arange(register.height, dtype=np.int32)})
    rows = begins.with_columns(day=pl.lit(book.first, dtype=pl.Int32))
    for name in _RATES:
        rows = rows.join(sampled[name].rename({"v": name}), on=["f", "day"], how="full", coalesce=True)
    rows = rows.sort("f", "day").with_columns(pl.col(*_RATES).forward_fill().over("f").fill_null(0))
    peers = (
        register.select("sector", "employees").with_row_index("f").with_columns(pl.col("f").cast(pl.Int32))
    )
    rows = rows.join(peers, on="f", maintain_order="left")
    key = ["sector", "employees", *_RATES]
    different = rows.select(key).unique(maintain_order=True).with_row_index("enterprise_id")
    width = interval_permille(shrunk_rates(different, card.priors))
    known = different.select(*key, v=width)
    return rows.join(known, on=key, how="left", nulls_equal=True, maintain_order="left").select(
        "f", "day", "v"
    )


def _blank(name: str) -> int | None:
    return CATALOGUE[name].measure.blank if name in CATALOGUE else None


def _dtype(name: str) -> type[pl.String | pl.Int64]:
    return pl.String if name in CATALOGUE and CATALOGUE[name].is_text else pl.Int64


def _in_words(name: str) -> pl.Expr:
    categories = CATALOGUE.combined[name].categories if name in CATALOGUE.combined else ()
    if categories:
        return pl.col("v").replace_strict(dict(enumerate(categories)), return_dtype=pl.String)
    return pl.col("v")


def asked_of(rules: InForce) -> dict[str, set[int]]:
    """Features that the rules read, each with the values at which they change their mind."""
    asked: dict[str, set[int]] = {}
    for factor in rules.policy.scorecard.factors:
        bins = [one.least for one in factor.bins] if factor.is_numeric else []
        asked.setdefault(factor.feature, set()).update(bins)
    for condition in tested_features(rules.policy.codes):
        values = [value for value in (condition.at_least, condition.at_most) if value is not None]
        asked.setdefault(condition.feature, set()).update(values)
    if rules.card and rules.card.priors:
        for feature in _RATES:
            asked.setdefault(feature, set())
    return asked


def with_interval(features: pl.DataFrame, card: FittedCard | None) -> pl.DataFrame:
    """The features, with the width of the shrunk serious rate's interval where a fitted card brings priors."""
    if card is None or card.priors is None:
        return features
    rates = shrunk_rates(features, card.priors)
    width = rates.select("enterprise_id", interval_permille(rates).alias(INTERVAL))
    return features.join(width, on="enterprise_id", how="left", maintain_order="left")
