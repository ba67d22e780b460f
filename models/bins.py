"""Bins of integers: what a factor that counts gives, from which value up to which.

Loads nothing, so that a card can be shown from its plain JSON.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Bin(NamedTuple):
    """Points of the values from ``least`` to ``most``, both inclusive; ``None`` where nothing follows.

    What lies below the first bin gets its points as well.
    """

    least: int
    most: int | None
    points: int


def bins_of(points: Mapping[int, int] | Mapping[str, int]) -> tuple[Bin, ...]:
    """The bins of a table of points by least value, ascending."""
    found = sorted((int(least), value) for least, value in points.items())
    ends = [*(least - 1 for least, _ in found[1:]), None]
    return tuple(Bin(least, most, value) for (least, value), most in zip(found, ends, strict=True))
