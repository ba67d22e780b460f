"""Tables in Markdown, for documents and for Dagster's pages."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; heads that end in ``>`` are right-aligned."""
    names = [name.removesuffix(">") for name in head]
    lines = [
        f"| {' | '.join(names)} |",
        f"|{'|'.join('---:' if name.endswith('>') else '---' for name in head)}|",
        *(f"| {' | '.join(_cell(value) for value in row)} |" for row in rows),
    ]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
