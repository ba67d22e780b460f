"""District and town in a division's code (GB/T 2260 and the streets, towns and villages behind it).

Codes have six digits down to the district, nine down to the town and twelve down to the village; 000 is no town.
"""

import re

from models.vocabulary import CODE_BY_NAME

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
