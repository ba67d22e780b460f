"""Small exposure: how bad an enterprise is, given how little was seen of it.

Serious visits among visits, beta-binomial by sector and size: an enterprise with one bad visit out of one lies
close to its peers, one with ten out of ten does not.  The priors are frozen in the card, so a rate depends on
the enterprise itself, not on who else is in the batch.  Source: empirical Bayes by the method of moments, as
in disease mapping and in the national quality scorecards of hospitals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SIZE_BINS = ((0, "micro"), (20, "small"), (300, "medium"), (1000, "large"))
"""Least number of people of each size class (统计上大中小微型企业划分); unknown size is a class of its own."""
LEAST_CELL = 50
"""Visited enterprises a sector-size cell needs for a prior of its own; smaller ones use the whole city's."""
WHOLE = "all"
_MOST_PRIOR_VISITS = 200.0
_DRAWS = 2000


@dataclass(frozen=True)
class Priors:
    """Beta priors (a, b) of the share of serious visits by cell; ``all`` is for cells without their own."""

    cells: Mapping[str, tuple[float, float]]

    def of(self, cells: pl.Series) -> tuple[Floats, Floats]:
        """Prior a and b of every row's cell."""
        found = [self.cells.get(cell, self.cells[WHOLE]) for cell in cells.to_list()]
        table = np.array(found, dtype=float).reshape(-1, 2)
        return table[:, 0], table[:, 1]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, readable as JSON."""
        return {cell: list(pair) for cell, pair in sorted(self.cells.items())}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Priors":
        """Read back what ``to_dict`` wrote."""
        return cls({cell: (pair[0], pair[1]) for cell, pair in data.items()})


def cell() -> pl.Expr:
    """Sector and size class of a row of features, as one text."""
    size: pl.Expr = pl.lit("unknown")
    for least, name in SIZE_BINS:
        size = pl.when(pl.col("employees") >= least).then(pl.lit(name)).otherwise(size)
    return pl.concat_str(pl.col("sector").fill_null("unknown"), pl.lit("/"), size)


def fit_priors(features: pl.DataFrame) -> Priors:
    """Priors from one day's features: ``sector``, ``employees``, ``inspections_36m``, ``serious_visits_36m``."""
    seen = features.filter(pl.col("inspections_36m") > 0).with_columns(cell=cell())
    cells = {WHOLE: _moments(seen)}
    for (name,), part in seen.group_by("cell", maintain_order=True):
        if part.height >= LEAST_CELL:
            cells[str(name)] = _moments(part)
    return Priors(dict(sorted(cells.items())))


def _moments(part: pl.DataFrame) -> tuple[float, float]:
    """Beta prior whose mean and spread between enterprises match what was seen."""
    visits, serious = part["inspections_36m"].to_numpy(), part["serious_visits_36m"].to_numpy()
    total = visits.sum()
    mean = float((serious.sum() + 0.5) / (total + 1)) if total else 0.5
    noise = mean * (1 - mean)
    between = 0.0
    if len(visits) > 1 and total > len(visits):
        spread = float((visits * (serious / visits - mean) ** 2).sum()) - noise * (len(visits) - 1)
        between = max(spread / float(total - (visits**2).sum() / total), 0.0)
    prior_visits = min(max(noise / between - 1, 1.0), _MOST_PRIOR_VISITS) if between else _MOST_PRIOR_VISITS
    return mean * prior_visits, (1 - mean) * prior_visits


def shrunk_rates(features: pl.DataFrame, priors: Priors) -> pl.DataFrame:
    """Share of serious visits of every enterprise, shrunk to its peers.

    Grain: one row per enterprise with ``cell``, ``visits``, ``serious`` (36 months), ``peer_rate``, ``rate``
    and its 90 % interval ``low``, ``high``.  An enterprise never visited has its peers' rate and an interval as
    wide as its peers differ; visits like theirs narrow it.
    """
    from scipy import stats  # a second to import, and only rates need it

    a, b = priors.of(features.select(cell=cell())["cell"])
    visits, serious = features["inspections_36m"].to_numpy(), features["serious_visits_36m"].to_numpy()
    after_a, after_b = a + serious, b + np.maximum(visits - serious, 0)
    return features.select(
        "enterprise_id",
        cell().alias("cell"),
        visits=pl.col("inspections_36m"),
        serious=pl.col("serious_visits_36m"),
        peer_rate=pl.Series(a / (a + b)),
        rate=pl.Series(after_a / (after_a + after_b)),
        low=pl.Series(stats.beta.ppf(0.05, after_a, after_b)),
        high=pl.Series(stats.beta.ppf(0.95, after_a, after_b)),
    )


def interval_permille(rates: pl.DataFrame) -> pl.Series:
    """Width of the interval of every row of ``shrunk_rates``, in whole per mille."""
    return ((rates["high"] - rates["low"]) * 1000).round().cast(pl.Int64)


def among_worst(rates: pl.DataFrame, priors: Priors, k: int, *, seed: int = 20260101) -> pl.Series:
    """Probability of being among the ``k`` worst of the frame, from draws of every enterprise's posterior."""
    a, b = priors.of(rates["cell"])
    after_a = a + rates["serious"].to_numpy()
    after_b = b + np.maximum(rates["visits"].to_numpy() - rates["serious"].to_numpy(), 0)
    rng, hits = np.random.default_rng(seed), np.zeros(rates.height)
    draws = min(_DRAWS, max(100, 20_000_000 // max(rates.height, 1)))
    for _ in range(draws):
        drawn = rng.beta(after_a, after_b)
        hits[np.argpartition(-drawn, min(k, rates.height) - 1)[:k]] += 1
    return pl.Series("among_worst", hits / draws)
