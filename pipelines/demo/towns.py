"""The towns (镇街) of the demo city, each an authority of its own (P1); a few firms name the district only."""

import numpy as np
import polars as pl

from pipelines.demo.trades import DISTRICTS

SHARES = (0.5, 0.3, 0.2)
"""Parts of a district's town-level firms, town by town; a small district has two towns."""

SMALL = 0.05
"""Share of the city's firms below which a district has two towns."""

UNNAMED = 0.01
"""Part of the town-level firms whose register names the district only; no officer is delivered like that."""


def towns_of(district: str) -> tuple[str, ...]:
    """Nine-digit codes (GB/T 2260 and the towns behind it) of a district's towns, the largest first."""
    share = next(one.share for one in DISTRICTS if one.code == district)
    count = len(SHARES) - (share < SMALL)
    return tuple(f"{district}{at:03d}" for at in range(1, count + 1))


def towns(rng: np.random.Generator, level: pl.Series, district: pl.Series) -> pl.Series:
    """Town of each firm of the level of towns; null for all others and where the register names none."""
    chance, is_named = rng.random(len(level)), rng.random(len(level)) >= UNNAMED
    at_town, place = is_named & (level == "town").to_numpy(), district.to_numpy()
    found = np.full(len(level), None, dtype=object)
    for code in np.unique(place):
        own, here = np.array(towns_of(code), dtype=object), at_town & (place == code)
        ends = np.cumsum(SHARES[: len(own)]) / sum(SHARES[: len(own)])
        found[here] = own[np.searchsorted(ends[:-1], chance[here], side="right")]
    return pl.Series("town", found.tolist(), dtype=pl.String)
