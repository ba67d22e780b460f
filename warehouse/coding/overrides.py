"""Which overrides stand on the coded day."""

import polars as pl

from models.coding.path import OVERRIDE_SCHEMA
from models.coding.verdicts import code_rank
from warehouse.coding.coding import Coding
from warehouse.database.frames import Connection
from warehouse.database.validity import override_ends, stored_by


def standing_overrides(connection: Connection, coding: Coding) -> pl.DataFrame:
    """Overrides given by the day of knowledge, as ``models.coding.path.OVERRIDE_SCHEMA``.

    One that was ended early ends the day before, once that was known.
    """
    found = connection.sql(_STANDING, params={"known_at": coding.known_at, "by": coding.stored_by}).pl()
    return found.with_columns(rank=code_rank(pl.col("code"))).select(
        pl.col(name).cast(kind) for name, kind in OVERRIDE_SCHEMA.items()
    )


_STANDING = f"""
SELECT enterprise_id, code, first_day - DATE '1970-01-01' AS first_day,
       ({override_ends(day="$known_at", by="$by")}) - DATE '1970-01-01' AS last_day
FROM dispute.overrides
WHERE coalesce(given_on, given_at::DATE) <= $known_at AND {stored_by()}
ORDER BY override_id
"""
