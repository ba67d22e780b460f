"""Recusal (回避): officers who inspected an enterprise last time, and those with a declared conflict, stay away."""

import polars as pl

from models.planning.crews.crews import at_division, at_level
from models.planning.situation import Situation, counted
from models.policy import PlanningPolicy

SEPARATOR = ";"
"""Between the officers of one visit, as delivered."""


def barred(visits: pl.DataFrame, now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Officers who may not go to the enterprises of ``visits``.

    Grain: one row per enterprise with any, ``barred`` a sorted list of officer ids.  Records name officers by id
    or by name; a name bars everybody of that name in the enterprise's own authority, and where nobody there has it, in
    any other: the crew was borrowed.
    """
    asked = visits.select("enterprise_id").unique()
    rows = pl.concat(
        [_last_time(asked, now, policy), now.conflicts.join(asked, on="enterprise_id", how="semi")]
    )
    return rows.group_by("enterprise_id").agg(barred=pl.col("officer_id").unique().sort())


def _last_time(asked: pl.DataFrame, now: Situation, policy: PlanningPolicy) -> pl.DataFrame:
    """Who made the last counted visit to each enterprise."""
    seen = counted(now.inspections).join(asked, on="enterprise_id", how="semi")
    last = seen.filter(pl.col("inspected_on") == pl.col("inspected_on").max().over("enterprise_id"))
    firms = now.firms.select("enterprise_id", at_level(policy), at_division(policy))
    told = (
        last.select("enterprise_id", officer=pl.col("officers").str.split(SEPARATOR))
        .explode("officer")
        .drop_nulls()
        .with_columns(pl.col("officer").str.strip_chars())
        .join(firms, on="enterprise_id")
    )
    people = now.officers.select("officer_id", "name", at_level(policy), at_division(policy))
    by_id = told.join(people, left_on="officer", right_on="officer_id").select(
        "enterprise_id", officer_id="officer"
    )
    home = ["at_level", "at_division"]
    by_name = told.join(people, left_on=["officer", *home], right_on=["name", *home])
    strangers = told.join(people, left_on=["officer", *home], right_on=["name", *home], how="anti")
    elsewhere = strangers.join(people, left_on="officer", right_on="name")
    return pl.concat([by_id, *(rows.select("enterprise_id", "officer_id") for rows in (by_name, elsewhere))])
