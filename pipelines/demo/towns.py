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
    found: list[str | None] = []
    for at_level, code, place, named in zip(level, district, chance, is_named, strict=True):
        own = towns_of(code)
        ends = np.cumsum(SHARES[: len(own)]) / sum(SHARES[: len(own)])
        at = min(int(np.searchsorted(ends, place, side="right")), len(own) - 1)
        found.append(own[at] if named and at_level == "town" else None)
    return pl.Series("town", found, dtype=pl.String)
