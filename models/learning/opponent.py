"""The opponent of a card: the best simple rule on the data at hand; and what the card gains on it, period by period.

Who is best is never asked of the period that is spoken about: for each only periods before it count.
"""

from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np
import polars as pl

from models.learning.comparison import COUNTED, RANDOM, Contestant
from models.learning.measures import Period
from models.learning.resampling import MEASURES


def rivals(contestants: Sequence[Contestant]) -> list[Contestant]:
    """Who may be the opponent: the simple rules but the draw by lot, and the expert pack."""
    return [one for one in contestants if one.kind in ("baseline", "expert") and one.name != RANDOM]


def best(periods: Sequence[Period], names: Sequence[str]) -> str:
    """The contestant with the best mean AUC on some periods, of equals the first; the first where there is none.

    Periods with outcomes of one kind alone say nothing.
    """
    told = [one for one in periods if not isnan(one.measured(names[0])["auc"])]
    if not told:
        return names[0]
    return max(names, key=lambda name: float(np.mean([one.measured(name)["auc"] for one in told])))


def learnt_from(period: Period, rules: Sequence[Contestant]) -> list[Period]:
    """The cohorts a period learns from, as periods for the rules, which learn from no label and may be tried there."""
    return [
        Period(
            period.split,
            period.train,
            rows,
            {one.name: one.predict(period.train, rows) for one in rules},
        )
        for _, rows in period.train.group_by("as_of", maintain_order=True)
    ]


def opponent(before: Sequence[Period], first: Period, rules: Sequence[Contestant]) -> str:
    """The best rule on the test days before the ``first`` it is spoken of, without any on the cohorts learnt from."""
    return best(before or learnt_from(first, rules), [one.name for one in rules])


def only_count(final: Sequence[Period]) -> int | None:
    """The number of violations that all labelled rows of the final periods have; ``None`` where they differ."""
    counts = [one.test.filter(pl.col("label").is_not_null())[COUNTED] for one in final]
    kinds = pl.concat(counts).fill_null(0).unique().to_list()
    return int(kinds[0]) if len(kinds) == 1 else None


def gain_rows(
    periods: Sequence[Period], families: Sequence[str], rules: Sequence[Contestant]
) -> pl.DataFrame:
    """What was gained on every test day by the family and against the rule chosen on the days before it alone.

    Grain: one row per test day and measure of ``MEASURES``: ``test_as_of``, ``family``, ``opponent``, ``metric``,
    ``card``, ``rival`` (their values) and ``gain``.  On the first day the family is the first, and the rule the best
    on the cohorts learnt from.
    """
    rows: list[tuple[object, ...]] = []
    for number, period in enumerate(periods):
        before = periods[:number]
        family, rule = best(before, families), opponent(before, period, rules)
        ours, theirs = period.measured(family), period.measured(rule)
        rows += [
            (period.day, family, rule, name, ours[name], theirs[name], ours[name] - theirs[name])
            for name in MEASURES
        ]
    kinds: Mapping[str, type[pl.DataType]] = {
        "test_as_of": pl.Date,
        **dict.fromkeys(("family", "opponent", "metric"), pl.String),
        **dict.fromkeys(("card", "rival", "gain"), pl.Float64),
    }
    return pl.DataFrame(rows, schema=kinds, orient="row")
