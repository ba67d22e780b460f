"""What would change a code, for the passport: ``risk.ways`` and ``risk.near_red``."""

import polars as pl

from models.counterfactuals import WAYS_SCHEMA, Asked, near_red, ways
from models.tables.canonical import TABLES
from warehouse.coding.coding import Coding
from warehouse.coding.engines import read_events, rows_to_read
from warehouse.coding.overrides import standing_overrides
from warehouse.coding.rows import among_coded, put, require_day
from warehouse.database.frames import Connection, log, shown_as
from warehouse.database.validity import known


def compute_passports(connection: Connection, coding: Coding) -> int:
    """``risk.ways``: the smallest sets of acts that better a code; ``risk.near_red``: events that alone make it RED.

    ``risk.ways``: one row per ``option`` of every enterprise that is not GREEN (``models.counterfactuals.ways``).
    ``risk.near_red``: one row per enterprise that is not RED and ``event`` that would make it so today; ``code`` is its
    code of today.  Returns the number of options.
    """
    log.info("finding what would change each code")
    require_day(connection, "risk.codes", coding)
    events = read_events(connection, coding.extract)
    codes = _codes(connection, coding)
    asked = Asked(coding.as_of, coding.known_at, coding.in_force, standing_overrides(connection, coding))
    near = near_red(events, asked, only=_ids(codes.filter(pl.col("code") != "red")))
    near = near.join(codes, on="enterprise_id", maintain_order="left")
    day = pl.lit(coding.as_of).alias("as_of")
    put(connection, "risk.near_red", near.select("enterprise_id", day, "event", "code"), coding)
    options = ways(events, asked, only=_ids(codes.filter(pl.col("code") != "green")))
    told = _in_words(connection, options, coding)
    return put(
        connection, "risk.ways", told.select("enterprise_id", day, pl.exclude("enterprise_id")), coding
    )


def _codes(connection: Connection, coding: Coding) -> pl.DataFrame:
    return connection.sql(f"SELECT enterprise_id, code FROM risk.codes WHERE {among_coded(coding)}").pl()


def _ids(codes: pl.DataFrame) -> list[str]:
    return codes["enterprise_id"].to_list()


def _in_words(connection: Connection, options: pl.DataFrame, coding: Coding) -> pl.DataFrame:
    """The options, with the words of its source beside the item of each finding, and where else it is reported."""
    with shown_as(connection, "options", options.select("enterprise_id").unique()):
        found = rows_to_read(connection, TABLES["violations"], coding.extract)
        words = dict(
            connection.execute(_WORDS.format(findings=found), {"known_at": coding.known_at}).fetchall()
        )
    acts = [
        [{**act, "about": words.get(act["ref"], act["about"])} for act in several]
        for several in options["acts"].to_list()
    ]
    return options.with_columns(pl.Series("acts", acts, dtype=WAYS_SCHEMA["acts"]))


_WORDS = f"""
SELECT source || '/' || violation_id AS ref,
       concat_ws(' ', item_code, description,
                 CASE WHEN len(reports) > 1 THEN '(' || array_to_string(reports, ', ') || ')' END) AS words
FROM {{findings}}
WHERE enterprise_id IN (SELECT enterprise_id FROM options) AND {known()}
"""
