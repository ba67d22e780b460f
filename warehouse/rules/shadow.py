"""Cards in shadow: every night the newest challenger of each label codes beside the card in force, and codes nobody.

What both would say is kept for some weeks, so that a person sees a month of both before one is promoted.
"""

import json
from datetime import timedelta

import polars as pl

from models.coding.card import FittedCard
from models.errors import RiskcodeError
from models.learning.shadow import in_shadow
from warehouse.coding.coding import Coding
from warehouse.coding.rows import portions_of, read_rows
from warehouse.database.frames import Connection, append, log, transaction
from warehouse.home import Home
from warehouse.rules.cards import publish_models

KEPT_DAYS = 62
"""Days of which shadows are kept: a month, wherever it begins, and the one before."""
TABLES = ("model.shadow_codes", "model.shadow_red")


# The newest card of every label, where it was never put in force.
_NEWEST = """
SELECT card_id, card FROM model.cards c
WHERE NOT EXISTS (FROM model.promotions p WHERE p.card_id = c.card_id)
QUALIFY row_number() OVER (PARTITION BY label ORDER BY fitted_on DESC, card_id) = 1 ORDER BY label
"""


def keep_shadows(connection: Connection, home: Home, coding: Coding) -> int:
    """Code the day that was just issued with the cards in shadow, and keep what sets them apart from the one in force.

    A card that cannot score any more is told in the log and holds up nobody.  Returns the number of cards.
    """
    kept = 0
    for card_id, text in connection.execute(_NEWEST).fetchall():
        log.info("card %s in shadow", card_id)
        try:
            _keep(connection, coding, FittedCard.from_dict(json.loads(text)))
            kept += 1
        except RiskcodeError as error:
            log.warning("card %s is not in shadow today: %s", card_id, error)
    if kept:
        publish_models(connection, home)
    return kept


def _keep(connection: Connection, coding: Coding, card: FittedCard) -> None:
    made = [
        in_shadow(
            read_rows(connection, portion, "risk.features"),
            in_force=coding.policy,
            champion=coding.card,
            card=card,
        )
        for portion in portions_of(connection, coding)
    ]
    pairs, apart = (pl.concat(frames) for frames in zip(*made, strict=True))
    pairs = (
        pairs.group_by("from_code", "to_code").agg(pl.col("enterprises").sum()).sort("from_code", "to_code")
    )
    against = coding.card.card_id if coding.card else None
    told = {
        "as_of": pl.lit(coding.as_of),
        "card_id": pl.lit(card.card_id),
        "against": pl.lit(against, dtype=pl.String),
    }
    with transaction(connection):
        for table, frame in zip(TABLES, (pairs, apart), strict=True):
            connection.execute(
                f"DELETE FROM {table} WHERE as_of < $first OR (as_of = $day AND card_id = $card)",
                {
                    "first": coding.as_of - timedelta(days=KEPT_DAYS - 1),
                    "day": coding.as_of,
                    "card": card.card_id,
                },
            )
            append(connection, table, frame.with_columns(**told))
