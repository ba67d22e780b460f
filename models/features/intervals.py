"""Events as intervals: on which days an event counts, and how much.

All expressions are SQL over a prepared event (``models.features.events``): days are integers since 1970-01-01, ``day``
is the day it happened.  What is unknown (NULL) is no condition met and no day come.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

T = TypeVar("T")
NEVER = 4_000_000
"""A day beyond every day."""


@dataclass(frozen=True)
class Quality:
    """What an event must be to count.

    ``says``: what holds of it on all days or on none.  ``begins``, ``ends``: days from which on it is so, and from
    which on it is so no more (unknown: never).  ``rests``: first day, and day after the last, on which it is not so.
    """

    says: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    rests: tuple[tuple[str, str], ...] = ()

    def __and__(self, other: "Quality") -> "Quality":
        return Quality(
            _once(self.says, other.says),
            _once(self.begins, other.begins),
            _once(self.ends, other.ends),
            _once(self.rests, other.rests),
        )


def _once(mine: tuple[T, ...], others: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*mine, *others)))


ALWAYS = Quality()


@dataclass(frozen=True)
class Piece:
    """An interval of every event that is ``where``: from ``first`` until before ``end``.

    On those days it adds ``amount + slope × day``.  ``rest``: first day, and the day after the last, of a stretch left
    out.  ``key``: what counts together.
    """

    first: str
    end: str
    where: tuple[str, ...] = ()
    amount: str = "1"
    slope: int = 0
    rest: tuple[str, str] | None = None
    key: str = "0"

    def on(self, day: int) -> str:
        """SQL condition: the interval holds on a day."""
        tests = [*self.where, f"{self.first} <= {day}", f"{self.end} > {day}"]
        if self.rest:
            begins, ends = self.rest
            tests.append(f"({begins} <= {day} AND {ends} > {day}) IS NOT TRUE")
        return " AND ".join(tests)

    def whole(self) -> Iterator["Piece"]:
        """The same as pieces without a rest."""
        if not self.rest:
            yield self
            return
        begins, ends = self.rest
        rests = f"{ends} > {begins}"
        yield replace(self, rest=None, where=(*self.where, f"({rests}) IS NOT TRUE"))
        for first, end in (
            (self.first, f"least({self.end}, {begins})"),
            (f"greatest({self.first}, {ends})", self.end),
        ):
            yield replace(self, rest=None, where=(*self.where, rests), first=first, end=end)

    def select(self, table: str, feature: int, first: int, last: int) -> str:
        """SQL of its intervals that reach into a span: ``f``, ``k``, ``key``, ``s``, ``e``, ``a``, ``b``."""
        tests = [
            *self.where,
            f"{self.first} <= {last}",
            f"{self.end} > {first}",
            f"{self.end} > {self.first}",
        ]
        return (
            f"SELECT f, {feature}::UTINYINT AS k, {self.key} AS key, ({self.first})::INTEGER AS s, "
            f"({self.end})::INTEGER AS e, ({self.amount})::BIGINT AS a, {self.slope}::INTEGER AS b "
            f"FROM {table} WHERE {' AND '.join(tests)}"
        )


def pieces_of(
    quality: Quality,
    weights: Sequence[tuple[int, int, int]],
    *,
    amount: str = "1",
    day: str = "day",
) -> tuple[Piece, ...]:
    """Pieces of an event that counts, from so many days after ``day`` until before so many, with a weight each."""
    assert len(quality.rests) < 2
    rest = quality.rests[0] if quality.rests else None
    found: list[Piece] = []
    for begin, end, weight in weights:
        firsts = ["day", *([] if day == "day" else [day]), *quality.begins]
        firsts[firsts.index(day)] = plus(day, begin)
        known = tuple(f"{one} IS NOT NULL" for one in (*quality.begins, *([] if day == "day" else [day])))
        ends = [*quality.ends, *([plus(day, end)] if end < NEVER else [])]
        found.append(
            Piece(
                _greatest(firsts),
                f"least({', '.join([*ends, str(NEVER)])})" if ends else str(NEVER),
                (*quality.says, *known),
                amount if weight == 1 else f"({amount}) * {weight}",
                rest=rest,
            )
        )
    return tuple(found)


def plus(day: str, days: int) -> str:
    """SQL: so many days later."""
    return f"{day} + {days}" if days else day


def _greatest(days: Sequence[str]) -> str:
    return days[0] if len(days) == 1 else f"greatest({', '.join(days)})"
