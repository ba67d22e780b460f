"""Stretches of days: a row holds until the next one about the same enterprise begins."""

import polars as pl


def begins(*said: str) -> pl.Expr:
    """Whether a row says something else than the one before it; the first one does."""
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in said)


def changed(rows: pl.DataFrame, *said: str) -> pl.DataFrame:
    """Rows that say something else than the row before, or are about another enterprise.

    ``rows``: sorted by ``enterprise_id`` and day.
    """
    return rows.filter(begins("enterprise_id", *said))


def until(day: str, end: int, *, of: str = "enterprise_id") -> pl.Expr:
    """The day on which the next row about the same begins, ``end`` behind the last one; of sorted rows."""
    return pl.col(day).shift(-1).over(of).fill_null(end)
