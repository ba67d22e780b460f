"""Which visits lie near each other: a curve through the map, distances, and the order of a crew's day."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
from numpy.typing import NDArray

from models.places import EARTH_METRES
from models.planning.crews.bench import Visit

Ints = NDArray[np.int64]
_BITS = 12


def with_curve(visits: Sequence[Visit]) -> list[Visit]:
    """Visits with their place on a Hilbert curve over all of them; those without coordinates come last."""
    places = [visit.place for visit in visits if visit.place is not None]
    if not places:
        return list(visits)
    low = np.min(places, axis=0)
    width = max(float((np.max(places, axis=0) - low).max()), 1e-9)
    most = 2**_BITS - 1
    return [
        replace(visit, curve=4**_BITS)
        if visit.place is None
        else replace(
            visit,
            curve=_hilbert(
                *(int((own - least) / width * most) for own, least in zip(visit.place, low, strict=True))
            ),
        )
        for visit in visits
    ]


def _hilbert(x: int, y: int) -> int:
    """Position on the Hilbert curve of a cell of a square of ``2**_BITS`` cells a side."""
    position, side = 0, 2 ** (_BITS - 1)
    while side:
        right, upper = int(x & side > 0), int(y & side > 0)
        position += side * side * ((3 * right) ^ upper)
        if not upper:
            if right:
                x, y = ~x, ~y
            x, y = y, x
        side //= 2
    return position


def metres(visits: Sequence[Visit]) -> Ints:
    """Great-circle distance of every pair in whole metres; 0 where coordinates are not known."""
    known = np.array([visit.place is not None for visit in visits], dtype=bool)
    degrees = np.array([visit.place or (0.0, 0.0) for visit in visits], dtype=np.float64).reshape(-1, 2)
    longitude, latitude = np.radians(degrees).T
    across = np.sin((longitude[:, None] - longitude) / 2) ** 2
    along = np.sin((latitude[:, None] - latitude) / 2) ** 2
    share = along + np.cos(latitude[:, None]) * np.cos(latitude) * across
    distance = 2 * EARTH_METRES * np.arcsin(np.sqrt(np.clip(share, 0.0, 1.0)))
    return np.where(known[:, None] & known, np.rint(distance), 0.0).astype(np.int64)


def in_order(visits: Sequence[Visit]) -> list[Visit]:
    """A crew's visits of a day in the order of the shortest way, which begins at any of them."""
    if len(visits) < 3:
        return sorted(visits, key=lambda v: (v.curve, v.at))
    ordered = sorted(visits, key=lambda v: v.at)
    distance = metres(ordered).tolist()
    shortest = min(
        (order for order in permutations(range(len(ordered))) if order[0] < order[-1]),
        key=lambda order: sum(distance[a][b] for a, b in pairwise(order)),
    )
    return [ordered[at] for at in shortest]
