"""What is said of findings that two systems report and that may be the same."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.markup import escape

from desk.words.words import Words
from models import vocabulary as vocab

Found = dict[str, Any]


def alike_lines(found: Sequence[Found], words: Words) -> Iterator[str]:
    """For each enterprise and day its findings: how grave, what, and who reports it under which number."""
    for day in found:
        head = f"{day['enterprise_id']} {day['name'] or ''}".strip()
        yield f"[bold]{escape(head)}[/] {escape(words.day(day['occurred_on']))}"
        for one in day["findings"]:
            yield f"  {_finding(one, words)}"


def _finding(one: Found, words: Words) -> str:
    grave = words.label(vocab.SEVERITY, one["severity"])
    grave = (
        f"[bold red]{escape(words('major hazard'))}[/] " + escape(grave)
        if one["is_major_hazard"]
        else escape(grave)
    )
    about = " ".join(part for part in (one["item_code"], one["description"]) if part) or "–"
    return f"{grave} · {escape(about)} [dim]{escape(', '.join(one['reports']))}[/]"
