"""Districts and towns that the rows of a frame lie in."""

import polars as pl

from models.divisions import successions
from models.places import LONGER
from models.vocabulary import CODE_BY_NAME


def lies_in(level: str) -> pl.Expr:
    """District or town that ``division`` lies in (``models.places.place_of``); of abolished counties, today's."""
    division = place = pl.col("division").replace(CODE_BY_NAME)
    for code, digits in reversed(LONGER[level]):
        place = pl.when(division.str.contains(code)).then(division.str.head(digits)).otherwise(place)
    return place.replace({one.code: one.successor for one in successions().values()}).alias("division")
