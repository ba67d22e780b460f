"""Former numbers (曾用编号): an event that names its enterprise by a number of before finds it.

A number the register knows means the enterprise that has it; only what happened while another one still used it
(``used_until``) means that one.  A number that two enterprises had means nobody: the row is refused by name.
"""

from typing import NamedTuple

import polars as pl

from models.identities import ENTERPRISE, Proof, one_spelling
from models.tables.canonical import Table
from models.validity import never_withdrawn

FORMER, UNTIL = "former_number", "used_until"
NAMED_AS = "named_as"
"""Column of accepted rows: the former number a row was delivered with; empty where it named today's."""
AMBIGUOUS = "ambiguous_former_number"
NO_FORMER = pl.DataFrame(schema={FORMER: pl.String, ENTERPRISE: pl.String, UNTIL: pl.Date})
"""No number is known to be a former one; the form of those that are."""


class Found(NamedTuple):
    """Rows with the enterprises they mean.

    ``named``: ``row`` and the former number (``named_as``) of those that were found by one; ``ambiguous``: ``row`` of
    those whose number two enterprises had.
    """

    rows: pl.DataFrame
    named: pl.DataFrame
    ambiguous: pl.Series


def told_by(table: Table, accepted: pl.DataFrame) -> pl.DataFrame:
    """Former numbers that accepted rows of a table tell of, in the form of ``NO_FORMER``."""
    if table.name == "former_numbers":
        return accepted.filter(never_withdrawn(pl.col)).select(NO_FORMER.columns)
    if table.is_register:
        told = accepted.select(pl.col("registration_number").alias(FORMER), ENTERPRISE)
        return told.drop_nulls().with_columns(pl.lit(None, dtype=pl.Date).alias(UNTIL))
    return NO_FORMER


def find(
    rows: pl.DataFrame, table: Table, *, known: pl.Series, former: pl.DataFrame, proof: Proof, row: str
) -> Found:
    """The enterprise that each row of an event table means.  Rows of other tables stay as they are."""
    none = Found(
        rows, pl.DataFrame(schema={row: pl.Int64, NAMED_AS: pl.String}), pl.Series(row, [], pl.Int64)
    )
    if former.is_empty() or not table.may_name_former_numbers:
        return none
    # Numbers are compared in their one spelling, which rows have only once they are judged.
    day = pl.lit(None, pl.Date) if table.happened is None else pl.col(table.happened).cast(pl.Date)
    spelt = rows.select(row, one_spelling(rows[ENTERPRISE], proof), day=day)
    told = former.filter(pl.col(FORMER) != pl.col(ENTERPRISE)).rename({ENTERPRISE: "now"})
    meant = spelt.join(told, left_on=ENTERPRISE, right_on=FORMER)
    taken = known.filter(known.is_in(meant[ENTERPRISE].unique().implode()))
    is_free = ~pl.col(ENTERPRISE).is_in(taken.implode())
    is_older = (pl.col("day") <= pl.col(UNTIL)).fill_null(value=False)
    met = (
        meant.filter(is_free | is_older)
        .group_by(row)
        .agg(
            pl.col(ENTERPRISE).first().alias(NAMED_AS),
            pl.col("now").first(),
            several=pl.col("now").n_unique() > 1,
        )
    )
    if met.is_empty():
        return none
    named = met.filter(~pl.col("several"))
    replaced = rows.join(named.select(row, "now"), on=row, how="left", maintain_order="left").with_columns(
        pl.coalesce("now", ENTERPRISE).alias(ENTERPRISE)
    )
    return Found(replaced.drop("now"), named.select(row, NAMED_AS), met.filter("several")[row])
