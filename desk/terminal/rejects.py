"""How refused rows look in a terminal."""

from rich.markup import escape
from rich.table import Table

from desk.say import refusals
from desk.terminal.layout import plain_table
from desk.words.words import Words
from warehouse.database.reading import Row


def reject_counts_table(found: list[Row], words: Words) -> Table:
    """Refusals by table and rule."""
    table = plain_table()
    for head in (words("table"), words("rule")):
        table.add_column(head)
    for head in (words("rows"), words("waiting")):
        table.add_column(head, justify="right")
    for row in found:
        table.add_row(row["table_name"], escape(row["rule"]), f"{row['rows']:,}", f"{row['waiting'] or ''}")
    return table


def rejects_table(found: list[Row], words: Words) -> Table:
    """Refused rows: the cells at fault, what would be allowed, by which rule, and below it where they stood."""
    table = plain_table(expand=True)
    table.add_column(words("cell"), overflow="fold", ratio=3)
    table.add_column(words("allowed"), overflow="fold", ratio=2)
    table.add_column(f"{words('rule')} · {words('place')}", overflow="fold", ratio=4)
    for row in found:
        table.add_row(
            escape(refusals.printable(refusals.cells(row) or row["content"])[:_LONGEST]),
            escape(refusals.allowed(row, words)),
            f"{escape(row['rules'])}\n[dim]{escape(refusals.place(row))}[/]",
        )
    return table


_LONGEST = 80
"""Characters of a cell or row that are shown; --format has the whole."""
