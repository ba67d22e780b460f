"""What is said of enterprises of which sources name two authorities (P1)."""

from typing import Any

from desk.words.words import Words
from models import vocabulary as vocab

Found = dict[str, Any]


def contested_line(row: Found, words: Words) -> str:
    """One word against what is in force: the enterprise, both values, and the sources they come from."""
    is_level = row["column_name"] == "enforcing_level"
    held, said = (words.label(vocab.LEVEL, row[one]) if is_level else row[one] for one in ("held", "said"))
    return words(
        "{name} ({enterprise}): {what} {held} by {held_by} stays in force; {said_by} says {said}, since {day}",
        name=row["name"] or "–",
        enterprise=row["enterprise_id"],
        what=words("enforcing level") if is_level else words("division"),
        held=held,
        held_by=row["held_by"],
        said_by=row["said_by"],
        said=said,
        day=row["first_on"],
    )
