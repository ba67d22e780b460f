"""How well a card does: its measures beside the opponent, the expert pack and chance, and what to expect of it."""

from collections.abc import Mapping

import polars as pl

from desk.pages.report.tables import Cell, Record, Row, Table, records
from desk.say import numbers
from desk.say.report import METRICS, measure
from desk.words.words import Words
from models.learning.comparison import FAMILY_TITLES, RANDOM, RULES
from models.messages import N_, Message

CARD, EXPERT = "card", "expert"
_OTHERS = {
    CARD: N_("this card"),
    EXPERT: N_("expert pack alone"),
    "champion": N_("card in force"),
    "logistic": N_("logistic regression"),
    "float": N_("the card before rounding"),
}
"""Titles of contestants that are no simple rules."""
_AS_VISITED = "chicago_first_half_actual"


def title(name: str, words: Words) -> str:
    """What a contestant is called; one that nothing is known of by its name."""
    told: Message | str | None = RULES[name][0] if name in RULES else FAMILY_TITLES.get(name)
    return words.of(told) if told else words(_OTHERS.get(name, name))


def result_table(tables: Mapping[str, pl.DataFrame], opponent: str | None, words: Words) -> Table:
    """Measures of the card and of those it is held against, pooled over days never seen, and how much it gains.

    Grain: one row per measure; the difference is that to the opponent, paired.
    """
    metrics = tables.get("metrics", pl.DataFrame())
    pooled = [row for row in records(metrics) if row["test_as_of"] is None]
    cells = {(row["contestant"], row["metric"]): row for row in pooled}
    gaps = {
        row["metric"]: row
        for row in records(tables.get("differences", pl.DataFrame()))
        if row["contestant"] == opponent
    }
    there = {name for name, _ in cells}
    shown = [one for one in dict.fromkeys((CARD, opponent, EXPERT, "champion", RANDOM)) if one in there]
    rows = [
        Row(
            (
                Cell(words(measure(name).title)),
                *(_value(cells.get((str(one), name), {}), name) for one in shown),
                _gap(gaps.get(name, {}), name),
            )
        )
        for name in METRICS
        if name != _AS_VISITED and any((one, name) in cells for one in there)
    ]
    head = (
        words("measure"),
        *(title(str(one), words) for one in shown),
        words("card less the best simple rule"),
    )
    return Table(head, tuple(rows), words("This card was never evaluated: ./riskcode model evaluate"))


def _value(row: Record, name: str) -> Cell:
    form = measure(name).form
    return Cell(form(row.get("value")), numbers.interval(form, row.get("low"), row.get("high")))


def _gap(row: Record, name: str) -> Cell:
    form = measure(name).gap
    return Cell(form(row.get("difference")), numbers.interval(form, row.get("low"), row.get("high")))


def forecast_table(tables: Mapping[str, pl.DataFrame], words: Words) -> Table:
    """What is expected of the first period of use, beyond the opponent of the day."""
    rows = [
        Row(
            (
                Cell(words(measure(row["metric"]).title)),
                Cell(
                    measure(row["metric"]).gap(row["expected"]),
                    numbers.interval(measure(row["metric"]).gap, row["low"], row["high"]),
                ),
                Cell(numbers.rounded_share(row["level"])),
                Cell(numbers.count(row["periods"])),
            )
        )
        for row in records(tables.get("forecast", pl.DataFrame()))
    ]
    head = (words("measure"), words("gain expected"), words("holds in"), words("gains it rests on"))
    return Table(head, tuple(rows), words("Nothing was foretold."))
