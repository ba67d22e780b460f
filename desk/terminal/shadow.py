"""A month of two cards side by side: codes of both by day, and who would be RED under one alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from desk.say import numbers
from desk.terminal.effects import KEYS
from desk.terminal.layout import plain_table
from desk.words.words import Words
from models.learning.effects import RED
from warehouse.rules.shelf import ShadowDay

Titles = Mapping[str, str]
"""What features are called."""
_MOST_FEATURES = 3


def days_table(days: Sequence[ShadowDay], words: Words) -> Table:
    """Codes of every day under the card in force and under the one in shadow, and how often they agree."""
    table = plain_table()
    table.add_column(words("day"), no_wrap=True)
    table.add_column("", no_wrap=True)
    for key in KEYS:
        table.add_column(words.code(key), justify="right", no_wrap=True)
    table.add_column(words("RED here alone"), justify="right")
    table.add_column(words("same code"), justify="right")
    for day in days:
        counts = [
            {key: sum(n for pair, n in day.moves.items() if pair[at] == key) for key in KEYS} for at in (0, 1)
        ]
        alone = [counts[at][RED] - day.moves.get((RED, RED), 0) for at in (0, 1)]
        rows = [[numbers.count(counts[at][key]) for key in KEYS] for at in (0, 1)]
        table.add_row(
            words.day(day.as_of),
            words("now"),
            *rows[0],
            numbers.count(alone[0]),
            numbers.share(agreement(day)),
        )
        table.add_row("", words("shadow"), *rows[1], numbers.count(alone[1]), "")
    return table


def agreement(day: ShadowDay) -> float | None:
    """Share of the enterprises with the same code under both."""
    whole = sum(day.moves.values())
    return sum(n for (one, other), n in day.moves.items() if one == other) / whole if whole else None


def apart_table(rows: Sequence[Mapping[str, Any]], titles: Titles, words: Words) -> Table:
    """Enterprises that are RED under one card alone: both codes with their scores, and what sets them apart."""
    table = plain_table()
    table.add_column(words("enterprise"), no_wrap=True)
    table.add_column(words("now"), no_wrap=True)
    table.add_column(words("shadow"), no_wrap=True)
    table.add_column(words("points now → in shadow"), overflow="fold")
    for row in rows:
        now = f"{words.code(row['from_code'])} {row['score']}/{row['red_from']}"
        then = f"{words.code(row['to_code'])} {row['shadow_score']}/{row['shadow_red_from']}"
        table.add_row(escape(row["enterprise_id"]), now, then, escape(words.listing(_points(row, titles))))
    return table


def _points(row: Mapping[str, Any], titles: Titles) -> Iterator[str]:
    for feature, now, then in row["points"][:_MOST_FEATURES]:
        yield f"{titles.get(feature, feature)} {numbers.points(now)} → {numbers.points(then)}"
