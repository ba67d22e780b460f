"""Whether being visited often makes a code worse by itself: the feedback-loop test.

Apart from the other metrics because every run makes it, and they bring libraries that take seconds to import.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[Any]
Keys = Sequence[Any] | NDArray[Any] | pl.Series


@dataclass(frozen=True)
class FeedbackLoop:
    """Whether being visited often goes with a higher score among firms of the same sector and size.

    ``slope``: change of the score's rank (0 lowest to 1 highest of all firms) per past visit, with its HC1
    standard error and 95 % interval.  ``alarming``: the whole interval is above 0.
    """

    slope: float
    standard_error: float
    low: float
    high: float
    alarming: bool
    firms: int


def feedback_loop(score: Numbers, past_visits: Numbers, stratum: Keys) -> FeedbackLoop:
    """Regress the score's rank on the number of past visits given sector and size (domain.md section 8.7).

    One element per firm; ``stratum`` names its sector and size, firms without one are left out.  Least
    squares with a constant per stratum, by taking stratum means away.  NaN and not alarming where visits do not vary
    within any stratum.  Where past visits were aimed at risk, a good score rises with them too: an alarm asks
    for a look at why, and is no proof of a loop.
    """
    score = np.asarray(score, dtype=float)
    if np.isnan(score).any():
        raise ValueError("A score is NaN. Leave out rows without a score, or score them.")
    table = (
        pl.DataFrame({"score": score, "visits": past_visits, "stratum": keyed(stratum, len(score))})
        .filter(pl.col("stratum").is_not_null())
        .with_columns(rank=pl.col("score").rank("average") / pl.len())
    )
    within = table.select(pl.col("rank", "visits") - pl.col("rank", "visits").mean().over("stratum"))
    rank, visits = within["rank"].to_numpy(), within["visits"].to_numpy()
    spread, spare = float(visits @ visits), len(table) - table["stratum"].n_unique() - 1
    if spread < 1e-12 or spare < 1:
        return FeedbackLoop(np.nan, np.nan, np.nan, np.nan, alarming=False, firms=len(table))
    slope = float(visits @ rank) / spread
    residual = rank - slope * visits
    error = float(np.sqrt((visits**2 @ residual**2) * len(table) / spare)) / spread
    margin = NormalDist().inv_cdf(0.975) * error
    return FeedbackLoop(slope, error, slope - margin, slope + margin, slope - margin > 0, len(table))


def keyed(keys: Keys, count: int) -> pl.Series:
    """The keys as a column, null where unknown."""
    series = pl.Series(list(keys) if not isinstance(keys, pl.Series) else keys)
    if len(series) != count:
        raise ValueError(f"{len(series)} keys for {count} rows. Give one per row.")
    return series
