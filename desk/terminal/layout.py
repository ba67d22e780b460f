"""What everything in a terminal looks like: tables without rules, headings with a line above them."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def plain_table(header_style: str = "bold", **more: Any) -> Table:
    """A table without lines."""
    return Table(box=None, pad_edge=False, header_style=header_style, **more)


def heading(console: Console, text: str) -> None:
    """The head of a part."""
    console.print(f"\n[bold]{escape(text)}[/]", highlight=False)
