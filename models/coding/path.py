"""The code of an enterprise over time: what the facts say, through the change rules, under standing overrides.

One pure function of the events as known on a day.  A nightly run, an update within the day, a forecast, a replay and
the question what would change a code are all this function, on other days or other events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from models.coding.changes import paths
from models.coding.stretches import changed
from models.coding.timeline import InForce, Moments, Span
from models.coding.verdicts import HELD, OVERRIDE
from models.vocabulary import day_number

OVERRIDE_SCHEMA = {
    "enterprise_id": pl.String,
    "first_day": pl.Int64,
    "last_day": pl.Int64,
    "rank": pl.Int64,
}
"""Standing overrides: the rank of the code a person gave, and the first and last day it holds (days since 1970)."""


@dataclass(frozen=True)
class Path:
    """What a span of days brings for each enterprise.

    ``steps``, ``points``: ``models.coding.timeline.Moments``.  ``codes``: one row per enterprise and change of the code
    from ``first`` on, the first day included: ``enterprise_id``, ``as_of`` (days since 1970-01-01), ``held_rank`` (by
    the change rules), ``rank`` (of the code: an override outranks them).
    """

    steps: pl.DataFrame
    points: pl.DataFrame
    codes: pl.DataFrame


def memory_days(rules: Sequence[InForce]) -> int:
    """Days before the first one asked for that a path must begin."""
    return max(one.policy.codes.change.memory_days for one in rules)


def remembered(first: date, last: date, known_at: date, rules: Sequence[InForce]) -> Span:
    """The span that must be judged for a path from ``first`` to ``last``: the change rules remember what was before."""
    return Span(first - timedelta(days=memory_days(rules)), last, known_at)


def code_path(
    judged: Moments,
    *,
    first: date,
    last: date,
    rules: Sequence[InForce],
    overrides: pl.DataFrame | None = None,
) -> Path:
    """The code of every enterprise from ``first`` to ``last``; ``judged``: the span ``remembered`` for it."""
    steps = judged.steps
    held = paths(steps, [one.policy.codes.change for one in rules], last=day_number(last))
    codes = _from(overridden(held, steps, overrides), day_number(first))
    return Path(steps, judged.points, codes.filter(pl.col("as_of") <= day_number(last)))


def deciding() -> pl.Expr:
    """What decides a code: a person, the change rules, or what decided by the facts.

    Reads ``rank`` (shown), ``held_rank`` (by the change rules), ``fact`` (rank by the facts) and ``by`` (their reason).
    """
    return (
        pl.when(pl.col("rank") != pl.col("held_rank"))
        .then(pl.lit(OVERRIDE))
        .when(pl.col("held_rank") > pl.col("fact"))
        .then(pl.lit(HELD))
        .otherwise(pl.col("by"))
    )


def on_day(rows: pl.DataFrame, day: int) -> pl.DataFrame:
    """The row of each enterprise that holds on a day (days since 1970-01-01), sorted by ``enterprise_id``."""
    return (
        rows.filter(pl.col("as_of") <= day)
        .sort("enterprise_id", "as_of")
        .unique("enterprise_id", keep="last", maintain_order=True)
    )


def _from(codes: pl.DataFrame, first: int) -> pl.DataFrame:
    """The part of a path from a day on; what held before holds on that day."""
    opening = on_day(codes, first).with_columns(as_of=pl.lit(first, dtype=pl.Int64))
    return pl.concat([opening, codes.filter(pl.col("as_of") > first)]).sort("enterprise_id", "as_of")


def overridden(held: pl.DataFrame, steps: pl.DataFrame, overrides: pl.DataFrame | None) -> pl.DataFrame:
    """Paths with the rank that is shown: an override's from its first to its last day, else the held one.

    No override betters what a veto says on the day.
    """
    plain = held.with_columns(rank=pl.col("held_rank"))
    if overrides is None or overrides.is_empty():
        return plain
    concerned = overrides.select("enterprise_id").unique()
    mine = steps.join(concerned, on="enterprise_id", how="semi").select("enterprise_id", "as_of", "veto_rank")
    begins = mine.group_by("enterprise_id").agg(begins=pl.col("as_of").min())
    ours = overrides.join(begins, on="enterprise_id")
    edges = pl.concat(
        [
            mine.select("enterprise_id", "as_of"),
            held.join(concerned, on="enterprise_id", how="semi").select("enterprise_id", "as_of"),
            ours.select("enterprise_id", as_of=pl.max_horizontal("first_day", "begins")),
            ours.select("enterprise_id", as_of=pl.max_horizontal(pl.col("last_day") + 1, "begins")),
        ]
    ).unique()
    given = (
        edges.join(ours, on="enterprise_id")
        .filter(pl.col("as_of") >= pl.col("first_day"), pl.col("as_of") <= pl.col("last_day"))
        # Of two that overlap the one that began later holds.
        .sort("enterprise_id", "as_of", "first_day", "rank")
        .unique(["enterprise_id", "as_of"], keep="last", maintain_order=True)
        .select("enterprise_id", "as_of", given="rank")
    )
    standing = edges.sort("as_of")
    for facts in (held, mine):
        standing = standing.join_asof(
            facts.sort("as_of"), on="as_of", by="enterprise_id", check_sortedness=False
        )
    shown = (
        standing.join(given, on=["enterprise_id", "as_of"], how="left")
        .with_columns(
            rank=pl.when(pl.col("given").is_null())
            .then(pl.col("held_rank"))
            .otherwise(pl.max_horizontal("given", "veto_rank"))
        )
        .sort("enterprise_id", "as_of")
    )
    shown = changed(shown, "held_rank", "rank").select(plain.columns)
    others = plain.join(concerned, on="enterprise_id", how="anti")
    return pl.concat([others, shown]).sort("enterprise_id", "as_of")
