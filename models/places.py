"""District and town in a division's code (GB/T 2260 and the streets, towns and villages behind it).

Codes have six digits down to the district, nine down to the town and twelve down to the village; 000 is no town.
"""

import re
from math import asin, cos, radians, sin, sqrt

from models.vocabulary import CODE_BY_NAME, JINAN_DIVISIONS

LONGER = {
    "district": ((r"^[0-9]{7,}$", 6),),
    "town": ((r"^[0-9]{6}000[0-9]*$", 6), (r"^[0-9]{10,}$", 9)),
}
"""Codes that say more than the place of a level, as regular expressions, and how many digits are the code of it."""

NO_TOWN = r"^([0-9]{6}|\?)$"
"""Division of an authority at the level of towns whose town is not named: the code of its district, or none."""


def place_of(level: str, division: str) -> str:
    """District or town that a division lies in; a code that says no more, and an unknown name, as they are."""
    division = CODE_BY_NAME.get(division, division)
    return division[: next((digits for code, digits in LONGER[level] if re.match(code, division)), None)]


def districts(text: str | None) -> list[str] | None:
    """Every way a register may write a district: code, Chinese name with and without its last character, English.

    A town has its code only, of nine digits; what lies in it is found by it.
    """
    if text is None:
        return None
    place = place_of("town", text.strip())
    for code, (zh, en) in JINAN_DIVISIONS.items():
        spellings = [code, zh, zh[:-1], en]
        if place.lower() in [spelling.lower() for spelling in spellings]:
            return spellings
    return [place]


EARTH_METRES = 6_371_000.0


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> int:
    """Great-circle distance of two places (longitude, latitude in degrees), in whole metres."""
    (east, north), (other_east, other_north) = (map(radians, place) for place in (one, other))
    across = cos(north) * cos(other_north) * sin((other_east - east) / 2) ** 2
    share = sin((other_north - north) / 2) ** 2 + across
    return round(2 * EARTH_METRES * asin(sqrt(min(1.0, share))))
