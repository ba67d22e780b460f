"""How a code changes: worse at once, better one band at a time after a dwell and past a margin.

The rules have a finite memory (``ChangeRules.memory_days``), so a code is a function of what is known about the
enterprise and of nothing else: not of which nights were run, nor of what was issued before.  A correction therefore
acts at once, as if the wrong datum had never been there; only a real improvement has to last.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.coding.stretches import begins, changed
from models.policy import ChangeRules
from models.policy.shape import BandDays
from models.vocabulary import RiskCode

_NEVER = 1 << 40
"""A day on which nothing began."""
_BANDS = 3
"""A code gets better by so many bands at most."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Waiting:
    """What the change rules remember of enterprises at the end of a day, one number for each.

    ``code``: rank of the code; ``better``, ``clearly``: day since when the facts are better, and clearly so.
    """

    code: Ints
    better: Ints
    clearly: Ints


def paths(
    steps: pl.DataFrame, rules: Sequence[ChangeRules], *, last: int, before: Waiting | None = None
) -> pl.DataFrame:
    """The code of every enterprise over time, from the first day of its first stretch of days to ``last``.

    ``steps``: sorted rows of ``enterprise_id``, ``as_of`` (first day of a stretch, which ends where the next one
    begins), ``rank``, ``near_rank`` and ``rules`` (position of the rules of those days).
    Grain: one row per enterprise and change of the code, the first day included: ``enterprise_id``, ``as_of`` (days
    since 1970-01-01), ``held_rank`` (of the code).  It begins with what the facts say on the first day;
    ``memory_days`` later that beginning no longer matters.  ``before``: what is remembered of the evening before, by
    enterprise in their order; then the path goes on from there.
    """
    if steps.is_empty():
        schema = {"enterprise_id": steps.schema["enterprise_id"], "as_of": pl.Int64, "held_rank": pl.Int64}
        return pl.DataFrame(schema=schema)
    ids, walk = _walk(steps, rules, last, before)
    found = walk.changes()
    return found.select(enterprise_id=ids.gather(found["firm"]), as_of="as_of", held_rank="held_rank")


def waiting(steps: pl.DataFrame, rules: Sequence[ChangeRules], *, last: int) -> tuple[pl.Series, Waiting]:
    """Enterprises in order, and what the change rules remember of them at the end of the day ``last``."""
    ids, walk = _walk(steps.filter(pl.col("as_of") <= last), rules, last, None)
    walk.changes()
    back = np.argsort(walk.firms)
    return ids, Waiting(walk.code[back], walk.better[back], walk.clearly[back])


def _walk(
    steps: pl.DataFrame, rules: Sequence[ChangeRules], last: int, before: Waiting | None
) -> tuple[pl.Series, "_Walk"]:
    facts = ("rank", "near_rank", "rules")
    rows = changed(steps.select("enterprise_id", "as_of", *facts), *facts)
    starts = np.flatnonzero(rows.select(begins("enterprise_id").fill_null(value=True)).to_series().to_numpy())
    counts = np.diff(np.append(starts, rows.height))
    return rows["enterprise_id"].gather(starts), _Walk(starts, counts, rows, rules, last, before)


class _Walk:
    """All enterprises at once: in round k the k-th stretch of each that has one.

    ``code``, ``better`` and ``clearly`` (days since when the facts are better, and clearly so) are what the change
    rules remember; the enterprises come by their number of stretches, so that those left are always the first ones.
    """

    def __init__(
        self,
        starts: Ints,
        counts: Ints,
        rows: pl.DataFrame,
        rules: Sequence[ChangeRules],
        last: int,
        before: Waiting | None,
    ) -> None:
        self.firms = np.argsort(-counts, kind="stable")
        self.starts, self.counts = starts[self.firms], counts[self.firms]
        self.day, self.rank, self.near, self.position = (
            rows[name].to_numpy() for name in ("as_of", "rank", "near_rank", "rules")
        )
        self.last = last
        self.dwell = _days([one.dwell_days for one in rules])
        self.hold = _days([one.hold_at_most_days for one in rules])
        if before is None:
            self.code = self.rank[self.starts].copy()
            self.better, self.clearly = (np.full(len(starts), _NEVER) for _ in range(2))
        else:
            self.code, self.better, self.clearly = (
                each[self.firms] for each in (before.code, before.better, before.clearly)
            )
        self.found: list[tuple[Ints, Ints, Ints]] = [(self.firms, self.day[self.starts], self.code.copy())]

    def changes(self) -> pl.DataFrame:
        """``firm``, ``as_of``, ``held_rank``: of several changes on a day the last."""
        for at in range(int(self.counts[0])):
            self._stretch(at, int(np.searchsorted(-self.counts, -at, side="left")))
        firm, day, rank = (np.concatenate(parts) for parts in zip(*self.found, strict=True))
        rows = pl.DataFrame({"firm": firm, "as_of": day.astype(np.int64), "held_rank": rank.astype(np.int64)})
        return rows.unique(["firm", "as_of"], keep="last", maintain_order=True).sort("firm", "as_of")

    def _stretch(self, at: int, left: int) -> None:
        rows = self.starts[:left] + at
        day, rank, near, position = (each[rows] for each in (self.day, self.rank, self.near, self.position))
        following = self.day[np.minimum(rows + 1, len(self.day) - 1)]
        until = np.where(at + 1 < self.counts[:left], following, self.last + 1)
        code, better, clearly = self.code[:left], self.better[:left], self.clearly[:left]
        waits, still = rank < code, np.zeros(left, bool)
        for _ in range(_BANDS):
            if not waits.any():
                break
            better[:] = np.where(waits & (better == _NEVER), day, better)
            since = np.where(clearly == _NEVER, day, clearly)
            clearly[:] = np.where(waits, np.where(near >= code, _NEVER, since), clearly)
            due = np.minimum(
                better + self.hold[position, code],
                np.where(clearly == _NEVER, _NEVER, clearly + self.dwell[position, code]),
            )
            day = np.where(waits, np.maximum(day, due), day)
            still |= waits & (day >= until)
            moves = waits & (day < until)
            code[moves] -= 1
            better[moves] = clearly[moves] = _NEVER
            self._note(moves, day)
            waits = moves & (rank < code)
        over = ~still
        better[over] = clearly[over] = _NEVER
        worse = over & (rank > code)
        code[worse] = rank[worse]
        self._note(worse, day)

    def _note(self, changed_now: NDArray[np.bool_], day: Ints) -> None:
        at = np.flatnonzero(changed_now)
        self.found.append((self.firms[at], day[at], self.code[at].copy()))


def _days(bands: Sequence[BandDays]) -> Ints:
    """Days by position of the rules and rank of the code; nothing is better than GREEN."""
    return np.array([[0, *(int(getattr(one, RiskCode(rank).key)) for rank in (1, 2, 3))] for one in bands])


def flip_flops(changes: pl.DataFrame, *, within_days: int) -> int:
    """How often a code came back to what it was before its last change within so many days (A, B, A again).

    ``changes``: ``enterprise_id``, ``as_of`` and ``held_rank``, one row per change, sorted.
    """
    ours = pl.col("enterprise_id")
    back = (pl.col("held_rank") == pl.col("held_rank").shift(2).over(ours)) & (
        pl.col("as_of") - pl.col("as_of").shift(1).over(ours) <= within_days
    )
    return int(changes.select(back.sum()).item())
