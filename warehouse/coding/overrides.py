"""Which overrides stand on the coded day."""

import polars as pl

from models.coding.path import OVERRIDE_SCHEMA
from models.coding.verdicts import code_rank
from warehouse.coding.coding import Coding
from warehouse.database.frames import Connection


def standing_overrides(connection: Connection, coding: "Coding") -> pl.DataFrame:
    """Overrides given by the day of knowledge, as ``models.coding.path.OVERRIDE_SCHEMA``.

    One that was ended early ends the day before, once that was known.
    """
    found = connection.sql(_STANDING, params={"known_at": coding.known_at, "by": coding.stored_by}).pl()
    return found.with_columns(rank=code_rank(pl.col("code"))).select(
        pl.col(name).cast(kind) for name, kind in OVERRIDE_SCHEMA.items()
    )


_STANDING = """
SELECT enterprise_id, code, first_day - DATE '1970-01-01' AS first_day,
       CASE WHEN ended_on <= $known_at AND ($by IS NULL OR ended_stored_no <= $by)
            THEN least(last_day, coalesce(ended_from, ended_on) - 1) ELSE last_day END
           - DATE '1970-01-01' AS last_day
FROM dispute.overrides
WHERE coalesce(given_on, given_at::DATE) <= $known_at AND ($by IS NULL OR stored_no <= $by)
ORDER BY override_id
"""
