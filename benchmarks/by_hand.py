"""What somebody would write instead: seven counts of one day by hand, in SQL and in pandas.

They know no time weights, plans, spells, repeats, ages or acts, and one day only; the levels of the same day are of all
features of the catalogue.  What they count must be what the product counts.
"""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import polars as pl

from benchmarks.bulk import AS_OF
from benchmarks.floor import WAREHOUSE
from benchmarks.meter import Measured, Meter
from benchmarks.stages import pack
from warehouse.coding.levels import features_on
from warehouse.connection import Connection, writing
from warehouse.home import Home

COUNTS: dict[str, tuple[str, str, str, int]] = {
    "violations_12m": ("violations", "occurred_on", "quantity", 365),
    "violations_36m": ("violations", "occurred_on", "quantity", 1096),
    "violations_60m": ("violations", "occurred_on", "quantity", 1826),
    "accidents_12m": ("accidents", "occurred_on", "1", 365),
    "accidents_36m": ("accidents", "occurred_on", "1", 1096),
    "serious_injuries_12m": ("accidents", "occurred_on", "serious_injuries", 365),
    "self_reports_12m": ("self_reports", "filed_on", "1", 365),
}
"""Features that are a count or a sum of some days: table, day, what is added up, days."""
IN_SQL, IN_PANDAS, LEVELS = "seven counts, SQL by hand", "seven counts, pandas", "all features of the day"


def measure_by_hand(root: Path) -> list[Measured]:
    """Both, beside the levels of the day.  Raises ValueError where they count otherwise."""
    meter = Meter("by hand")
    with writing(Home(root)) as connection:
        with meter.stage(LEVELS, floor=WAREHOUSE) as stage:
            told = features_on(connection, AS_OF, AS_OF, pack().on(AS_OF).features)
            ours = pl.concat(list(told)).select("enterprise_id", *COUNTS)
            stage.rows = ours.height
        for name, count in ((IN_SQL, _in_sql), (IN_PANDAS, _in_pandas)):
            with meter.stage(name, floor=WAREHOUSE) as stage:
                theirs = count(connection, AS_OF)
                stage.rows = len(theirs)
            other = pl.from_pandas(theirs).sort("enterprise_id").cast(dict(ours.schema))
            if not other.equals(ours):
                raise ValueError(f"{name}: not what the product counts")
    return meter.found


def _in_sql(connection: Connection, day: date) -> pd.DataFrame:
    parts: dict[str, list[str]] = {}
    for name, (table, column, amount, days) in COUNTS.items():
        within = f"{column} >= DATE '{day}' - {days}"
        parts.setdefault(table, []).append(f"sum({amount}) FILTER ({within}) AS {name}")
    tables = [
        f"LEFT JOIN (SELECT enterprise_id, {', '.join(told)} FROM core.{table} WHERE {_stands(day)} "
        f"AND {COUNTS[told[0].rpartition(' ')[2]][1]} <= DATE '{day}' GROUP BY 1) USING (enterprise_id)"
        for table, told in parts.items()
    ]
    counted = ", ".join(f"coalesce({name}, 0)::BIGINT AS {name}" for name in COUNTS)
    firms = f"(SELECT enterprise_id FROM core.enterprises WHERE known_from <= DATE '{day}' AND known_to > DATE '{day}')"
    return connection.sql(f"SELECT enterprise_id, {counted} FROM {firms} {' '.join(tables)}").df()


def _stands(day: date) -> str:
    return (
        f"known_from <= DATE '{day}' AND known_to > DATE '{day}' "
        f"AND NOT coalesce(withdrawn_on <= DATE '{day}', false)"
    )


def _in_pandas(connection: Connection, day: date) -> pd.DataFrame:
    found = connection.sql("SELECT enterprise_id, known_from, known_to FROM core.enterprises").df()
    firms = found[(found["known_from"] <= _at(day)) & (found["known_to"] > _at(day))].set_index(
        "enterprise_id"
    )
    tables: dict[str, pd.DataFrame] = {}
    for table, column in {(table, column) for table, column, *_ in COUNTS.values()}:
        amounts = {amount for of, _, amount, _ in COUNTS.values() if of == table and amount != "1"}
        named = ", ".join(
            ("enterprise_id", column, "known_from", "known_to", "withdrawn_on", *sorted(amounts))
        )
        rows = connection.sql(f"SELECT {named} FROM core.{table}").df()
        stands = (rows["known_from"] <= _at(day)) & (rows["known_to"] > _at(day))
        stands &= ~(rows["withdrawn_on"] <= _at(day))
        tables[table] = rows[stands & (rows[column] <= _at(day))]
    counts = {}
    for name, (table, column, amount, days) in COUNTS.items():
        some = tables[table][tables[table][column] >= _at(day - timedelta(days=days))]
        groups = some.groupby("enterprise_id")
        counts[name] = groups.size() if amount == "1" else groups[amount].sum()
    told = pd.DataFrame(counts).reindex(firms.index).fillna(0)
    return told.reset_index()


def _at(day: date) -> pd.Timestamp:
    return pd.Timestamp(day)
