"""What is said of deliveries that could not be read or counted."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.markup import escape

from desk.words.words import Words

Found = dict[str, Any]


def complaint(row: Found, words: Words) -> str:
    """One complaint: whose it is, and what is wrong with the next step."""
    return f"{row['source']}{words.colon}{words.of(row['said'])}"


def complaint_lines(found: Sequence[Found], words: Words) -> Iterator[str]:
    """Complaints as a terminal shows them: open ones with their id, then what a person took as it is."""
    for row in found:
        if row["state"] == "acknowledged":
            by = words("acknowledged by {name}: {reason}", name=row["given_by"], reason=row["reason"])
            yield f"[dim]· {escape(complaint(row, words))} ({escape(by)})[/]"
            continue
        mark = "[bold red]✗[/]" if row["is_grave"] else "[yellow]![/]"
        since = words("since {day}", day=row["first_on"])
        yield f"{mark} {escape(complaint(row, words))} [dim]{since} · {row['complaint_id']}[/]"
