"""What would change a code, for the passport: ``risk.ways`` and ``risk.near_red``."""

from collections.abc import Callable
from datetime import date
from functools import partial

import polars as pl

from models.coding.verdicts import code_rank
from models.counterfactuals import WAYS_SCHEMA, Asked, near_red, ways
from models.counterfactuals.acts import CLOSE, offered
from models.counterfactuals.near_red import CLEAN_TODAY, NEAR_RED_SCHEMA, lone_events
from models.tables.canonical import TABLES
from models.vocabulary import day_number
from warehouse.coding.coding import Coding
from warehouse.coding.extract import rows_to_read
from warehouse.coding.levels import Rows, in_memory, rows_of
from warehouse.coding.overrides import standing_overrides
from warehouse.coding.rows import put, put_in_portions, read_rows, require_day
from warehouse.coding.scenarios import scenarios_of
from warehouse.database.frames import Connection, log, shown_as
from warehouse.database.meta import value
from warehouse.database.validity import known


def compute_passports(connection: Connection, coding: Coding) -> int:
    """``risk.ways``: the smallest sets of acts that better a code; ``risk.near_red``: events that alone make it RED.

    ``risk.ways``: one row per ``option`` of every enterprise that is not GREEN (``models.counterfactuals.ways``).
    ``risk.near_red``: one row per enterprise that is not RED and ``event`` that would make it so today; ``code`` is its
    code of today.  Returns the number of options.
    """
    log.info("finding what would change each code")
    require_day(connection, "risk.codes", coding)
    asked = Asked(coding.as_of, coding.known_at, coding.in_force, standing_overrides(connection, coding))
    day = pl.lit(coding.as_of).alias("as_of")
    if value(connection, "SELECT count(*) FROM risk.codes") == 0:
        nobody = pl.DataFrame(schema={**NEAR_RED_SCHEMA, "code": pl.String})
        put(connection, "risk.near_red", nobody.select("enterprise_id", day, "event", "code"), coding)
        nothing = pl.DataFrame(schema=WAYS_SCHEMA)
        return put(
            connection, "risk.ways", nothing.select("enterprise_id", day, pl.exclude("enterprise_id")), coding
        )

    def made(portion: Coding) -> tuple[pl.DataFrame, ...]:
        rows = rows_of(connection, portion.extract)
        own = read_rows(connection, portion, "risk.codes").select("enterprise_id", "code")
        features = read_rows(connection, portion, "risk.features")
        events = nearness(rows, asked, features.join(own.filter(pl.col("code") != "red"), on="enterprise_id"))
        told = events.join(own, on="enterprise_id", maintain_order="left")
        found = options_of(rows, asked, own, features, partial(_in_words, connection, coding))
        return (
            found.select("enterprise_id", day, pl.exclude("enterprise_id")),
            told.select("enterprise_id", day, "event", "code"),
        )

    return put_in_portions(connection, ("risk.ways", "risk.near_red"), coding, made)


def nearness(rows: Rows, asked: Asked, features: pl.DataFrame) -> pl.DataFrame:
    """Events that would make enterprises RED; ``features``: of the day, of those that are not."""
    policy = asked.policy.features
    told = asked.as_of, repr(policy)
    if told not in _LONE:
        with in_memory(lone_events(day_number(asked.as_of))) as alone:
            _LONE[told] = alone.levels_on(asked.as_of, asked.as_of, policy)
    clean = rows.visited_clean(asked.as_of, asked.known_at, policy)
    own = features.with_columns(pl.col("enterprise_id").is_in(clean.implode()).alias(CLEAN_TODAY))
    return near_red(own, _LONE[told], asked)


_LONE: dict[tuple[date, str], pl.DataFrame] = {}
"""What each event alone amounts to, by day and policy: who updates the codes all day asks it all day."""


def options_of(
    rows: Rows,
    asked: Asked,
    codes: pl.DataFrame,
    features: pl.DataFrame,
    in_words: Callable[[pl.DataFrame], pl.DataFrame] = lambda acts: acts,
) -> pl.DataFrame:
    """The options of enterprises that are not GREEN; ``codes``: ``enterprise_id``, ``code`` of the day.

    ``in_words``: gives the acts that are offered more to say of what they are about.
    """
    today = codes.filter(pl.col("code") != "green").select("enterprise_id", rank=code_rank(pl.col("code")))
    if today.is_empty():
        return pl.DataFrame(schema=WAYS_SCHEMA)
    own = rows if today.height == codes.height else rows.among(today["enterprise_id"])
    last_results = features.join(today, on="enterprise_id", how="semi").select("enterprise_id", "last_result")
    acts = offered(own.events(asked.known_at), last_results, asked.span, asked.policy.features)
    return ways(in_words(acts), scenarios_of(own, asked, today.sort("enterprise_id"), acts))


def _in_words(connection: Connection, coding: Coding, acts: pl.DataFrame) -> pl.DataFrame:
    """The acts, with the words of its source beside the item of each finding, and where else it is reported."""
    closings = acts.filter(pl.col("kind") == CLOSE)
    with shown_as(connection, "closings", closings.select("source", "violation_id").unique()):
        found = rows_to_read(connection, TABLES["violations"], coding.extract)
        words = connection.sql(_WORDS.format(findings=found), params={"known_at": coding.known_at}).pl()
    told = acts.join(words, on="ref", how="left", maintain_order="left")
    return told.with_columns(about=pl.coalesce("words", "about")).drop("words")


_WORDS = f"""
SELECT source || '/' || violation_id AS ref,
       concat_ws(' ', item_code, description,
                 CASE WHEN len(reports) > 1 THEN '(' || array_to_string(reports, ', ') || ')' END) AS words
FROM {{findings}} SEMI JOIN closings USING (source, violation_id) WHERE {known()}
"""
