"""How refused rows look in a terminal."""

from rich.markup import escape
from rich.table import Table

from desk.say import refusals
from desk.terminal.layout import plain_table
from desk.words.words import Words
from warehouse.database.reading import Row
from warehouse.intake.files.raw import placed


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
    """Refused rows: the cells at fault, what would be allowed, by which rule, and where they stood."""
    table = plain_table(expand=True)
    table.add_column(words("cell"), overflow="fold", ratio=3)
    table.add_column(words("allowed"), overflow="fold", ratio=3)
    table.add_column(words("rule"), overflow="fold", ratio=3)
    table.add_column(words("place"), overflow="fold", ratio=2)
    for row in found:
        table.add_row(
            escape(_printable(refusals.cells(row) or row["content"])[:120]),
            escape(refusals.allowed(row, words)),
            escape(row["rules"]),
            escape(f"{_printable(placed(row['file'], row['sheet']))}:{row['line']}"),
        )
    return table


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "·" for char in text)
