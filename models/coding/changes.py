"""How a code changes: worse at once, better one band at a time after a dwell and past a margin.

The rules have a finite memory (``ChangeRules.memory_days``), so a code is a function of what is known about the
enterprise and of nothing else: not of which nights were run, nor of what was issued before.  A correction therefore
acts at once, as if the wrong datum had never been there; only a real improvement has to last.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, starmap
from operator import itemgetter
from typing import NamedTuple

import polars as pl

from models.coding.stretches import changed
from models.policy import ChangeRules
from models.vocabulary import RiskCode

Row = Sequence[int]
"""First day, rank, near rank and position of the rules of a stretch of days; it ends where the next one begins."""


class Change(NamedTuple):
    """From ``day`` on the code has this rank."""

    day: int
    rank: int


def path(stretches: Sequence[Row], rules: Sequence[ChangeRules], last: int) -> Iterator[Change]:
    """The code of one enterprise over time, from the first day of the first stretch to ``last``.

    It begins with what the facts say on the first day; ``memory_days`` later that beginning no longer matters.
    """
    code = stretches[0][1]
    # By day: without a dwell a code gets better by several bands at once, and has one code at the end of that day.
    found = {stretches[0][0]: code}
    better_since: int | None = None
    clearly_since: int | None = None
    for at, (day, rank, near, position) in enumerate(stretches):
        until = stretches[at + 1][0] if at + 1 < len(stretches) else last + 1
        rule = rules[position]
        while rank < code:
            better_since = day if better_since is None else better_since
            clearly_since = None if near >= code else day if clearly_since is None else clearly_since
            due = better_since + _days(rule.hold_at_most_days, code)
            if clearly_since is not None:
                due = min(due, clearly_since + _days(rule.dwell_days, code))
            day = max(day, due)
            if day >= until:
                break
            code -= 1
            better_since = clearly_since = None
            found[day] = code
        else:
            better_since = clearly_since = None
            if rank > code:
                code = rank
                found[day] = code
    return starmap(Change, found.items())


def _days(days: object, rank: int) -> int:
    return int(getattr(days, RiskCode(rank).key))


def paths(steps: pl.DataFrame, rules: Sequence[ChangeRules], *, last: int) -> pl.DataFrame:
    """The code of every enterprise over time.

    ``steps``: rows of ``models.coding.timeline.judged_steps``, sorted.  Grain: one row per enterprise and change of
    the code, the first day included: ``enterprise_id``, ``as_of`` (days since 1970-01-01), ``held_rank`` (of the code).
    """
    facts = ("rank", "near_rank", "rules")
    rows = changed(steps.select("enterprise_id", "as_of", *facts), *facts)
    found = [
        (enterprise, change.day, change.rank)
        for enterprise, own in groupby(rows.iter_rows(), itemgetter(0))
        for change in path([stretch for _, *stretch in own], rules, last)
    ]
    schema = {"enterprise_id": steps.schema["enterprise_id"], "as_of": pl.Int64, "held_rank": pl.Int64}
    return pl.DataFrame(found, schema=schema, orient="row")


def flip_flops(changes: pl.DataFrame, *, within_days: int) -> int:
    """How often a code came back to what it was before its last change within so many days (A, B, A again).

    ``changes``: ``enterprise_id``, ``as_of`` and ``held_rank``, one row per change, sorted.
    """
    ours = pl.col("enterprise_id")
    back = (pl.col("held_rank") == pl.col("held_rank").shift(2).over(ours)) & (
        pl.col("as_of") - pl.col("as_of").shift(1).over(ours) <= within_days
    )
    return int(changes.select(back.sum()).item())
