"""What no card may use: what it would bring, and whom it would fall upon."""

import polars as pl

from desk.pages.report.tables import Cell, Record, Row, Table, records, tabulated
from desk.say import numbers
from desk.say.groups import KINDS, group
from desk.say.report import measure
from desk.words.words import Words
from models.learning.reported import TITLES
from models.messages import N_


def brought_table(reported: pl.DataFrame, words: Words) -> Table:
    """What each column that no card may use would add to the card of one family."""
    names = reported["metric"].unique(maintain_order=True).to_list()
    told = {(row["kind"], row["metric"]): row for row in records(reported)}
    head = (words("knowing …"), *(words(measure(name).title) for name in names))
    kinds = reported["kind"].unique(maintain_order=True).to_list()
    rows = [
        Row((Cell(words("neither")), *(_without(told[kind, name], name) for name in names)))
        for kind in kinds[:1]
    ] + [
        Row((Cell(words(TITLES[kind])), *(_brings(told[kind, name], name) for name in names)))
        for kind in kinds
    ]
    return Table(head, tuple(rows), words("The pack has nothing reported, or the data do not tell it."))


def _without(row: Record, name: str) -> Cell:
    return Cell(measure(name).form(row["value"] - row["difference"]))


def _brings(row: Record, name: str) -> Cell:
    metric = measure(name)
    gap = f"{metric.gap(row['difference'])} ({numbers.interval(metric.gap, row['low'], row['high'])})"
    return Cell(metric.form(row["value"]), gap)


def parity_tables(parity: pl.DataFrame, words: Words) -> list[tuple[str, Table]]:
    """Whom a card that knows a column would visit beside one that does not, by that column."""
    return [
        (words(KINDS[kind]), _side_by_side(parity.filter(kind=kind), words))
        for kind in parity["kind"].unique(maintain_order=True).to_list()
    ]


def _side_by_side(parity: pl.DataFrame, words: Words) -> Table:
    knowing = {row["group"]: row for row in records(parity.filter("knows"))}
    shown = ("flagged_share", "miss_rate", "false_positive_rate")
    without = parity.filter(~pl.col("knows")).sort("n", descending=True)

    def both(row: Record, name: str) -> Cell:
        return Cell(
            numbers.share(row[name]),
            words("knowing it {share}", share=numbers.share(knowing[row["group"]][name])),
        )

    titles = (N_("flagged"), N_("hits missed"), N_("false alarms"))
    columns = {
        words("group"): lambda row: group(row["kind"], row["group"], words),
        words("firms"): lambda row: numbers.count(row["n"]),
        words("hits"): lambda row: numbers.count(row["positives"]),
        **{
            words(title): lambda row, name=name: both(row, name)
            for title, name in zip(titles, shown, strict=True)
        },
    }
    return tabulated(records(without), columns, empty="")
