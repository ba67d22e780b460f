"""How objections and acts are told: what is contested, what it should say, how long there is to decide."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from desk.words.labels import CONTESTABLE
from desk.words.words import Words
from models.tables.canonical import TABLES


def thing(row: Mapping[str, Any], words: Words) -> str:
    """What is contested, and what it should say."""
    if row["table_name"] is None:
        return words("the code itself")
    asked = f" → {changes(row['asked'], words, row['table_name'])}" if row["asked"] else ""
    return f"{words.label(CONTESTABLE, row['table_name'])} {row['datum_id']}{asked}"


def changes(text: str, words: Words, table: str | None = None) -> str:
    """Changes as they are stored, in a line.  ``table``: whose columns they are, named for the reader."""
    told: dict[str, dict[str, str | None]] = json.loads(text)
    names = dict(columns(table, words)) if table in TABLES else {}
    return "; ".join(
        f"{names.get(name, name)}: {one['from'] or '–'} → {one['to'] or '–'}" for name, one in told.items()
    )


def correctable(table: str) -> list[str]:
    """Names of the columns of a table that can be corrected."""
    kind = TABLES[table]
    fixed = {*kind.key, "source", "recorded_at", "withdrawn_on"}
    return [name for name in kind.columns() if name not in fixed]


def columns(table: str, words: Words) -> list[tuple[str, str]]:
    """Columns of a table that can be corrected, each with its name for the reader."""
    kinds = TABLES[table].columns()
    heads = {name: {"head_zh": (kinds[name].metadata or {})["zh"], "head_en": name} for name in kinds}
    return [(name, words.either(heads[name], "head")) for name in correctable(table)]


def clock(row: Mapping[str, Any], today: date, words: Words) -> str:
    """Until when an open objection is to be decided, and how many days that are."""
    day: date = row["decide_by"]
    left = (day - today).days
    if left < 0:
        said = words.plural("{n} day over", "{n} days over", -left)
    elif left:
        said = words.plural("{n} day left", "{n} days left", left)
    else:
        said = words("today is the last day")
    unsure = words(" ({note})", note=words("calendar provisional")) if row["is_provisional"] else ""
    return words("to be decided by {day}", day=day) + f"{unsure} · {said}"
