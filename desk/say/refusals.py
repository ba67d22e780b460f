"""What is said of a refused row: the cell at fault, and what would be allowed in its place."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dataframely as dy

from desk.say.lists import Column, Listing, Row, value
from desk.words.words import Words
from models.messages import N_
from models.tables.canonical import TABLES, code_list
from warehouse.intake.files.raw import placed

ALLOWED = {
    "error_cell": N_("a value, or an empty cell"),
    "unreadable": N_("a value of this kind"),
    "ambiguous_date": N_("a day like 2026-06-01, or format: in the mapping"),
    "implausible_date": N_("a day from 1900 to 2199"),
    "future_date": N_("a day that has come"),
    "missing": N_("it must be filled"),
    "mangled_number": N_("the whole number, kept as text"),
    "placeholder": N_("a real number"),
    "masked": N_("the whole number, nothing hidden"),
    "identity_card": N_("the enterprise's credit code, no person's number"),
    "bad_credit_code": N_("a credit code that exists (18 characters)"),
    "bad_registration_number": N_("a registration number whose last digit checks the others"),
    "ambiguous_former_number": N_("a number that only one enterprise had"),
    "merged_cell": N_("one value in every row, or merged: fill_down in the mapping"),
    "damaged_cell": N_("open the workbook, type the cell anew and save it"),
    "shown_otherwise": N_("the number itself, without a format that shows another"),
    "below_another_header": N_("one header for each file or sheet"),
    "formula_without_value": N_("save the workbook with its values"),
    "formula_like": N_("text that is no formula"),
    "control_characters": N_("visible characters only"),
    "too_long": N_("a shorter text"),
    "duplicate_key": N_("one content for one number and day"),
    "key_names_another_enterprise": N_("a number of its own for each enterprise"),
    "unknown_inspection": N_("a visit of this source to the enterprise; it waits for it"),
    "unknown_enterprise": N_("an enterprise of the register; it waits for it"),
}
"""What a rule would let pass; rules about several cells say it by their name."""


def cells(row: Mapping[str, Any]) -> str:
    """The cells a row is refused for, as delivered: ``header=cell``; empty where it is refused as a whole."""
    told: dict[str, str] = json.loads(row.get("cells") or "{}")
    columns = TABLES[row["table_name"]].columns()
    return "; ".join(f"{_header(columns[name])}={cell}" for name, cell in told.items() if name in columns)


def place(row: Mapping[str, Any]) -> str:
    """Where a row stood: file, sheet and line."""
    return f"{printable(placed(row['file'], row['sheet']))}:{row['line']}"


def printable(text: str) -> str:
    """A text without what no terminal and no printer shows."""
    return "".join(char if char.isprintable() else "·" for char in text)


def allowed(row: Mapping[str, Any], words: Words) -> str:
    """What would be allowed instead, for each rule that says so."""
    columns = TABLES[row["table_name"]].columns()
    said = (_allowed(rule, columns, words) for rule in str(row["rules"]).split(", "))
    return "; ".join(dict.fromkeys(one for one in said if one))


def _allowed(rule: str, columns: Mapping[str, dy.Column], words: Words) -> str:
    name, _, column = rule.partition(":")
    kind = columns.get(column)
    if name == "unknown_code" and kind is not None and (codes := code_list(kind)):
        return " / ".join(words.within(codes.name, label) for label in codes.labels.values())
    if name in ("too_small", "too_large") and kind is not None:
        ends = [getattr(kind, end, None) for end in ("min", "max")]
        return " … ".join("" if end is None else f"{end:,}" for end in ends)
    return words(ALLOWED[name]) if name in ALLOWED else ""


def _header(column: dy.Column) -> str:
    return str((column.metadata or {})["zh"])


def listing(found: Sequence[Row], words: Words) -> Listing:
    """Refused rows, for who delivers them: where, what is wrong, what would be right, and the whole row."""
    columns = (
        Column(words("source"), value("source"), 14),
        Column(words("place"), place, 26),
        Column(words("cell"), lambda row: printable(cells(row)), 30),
        Column(words("allowed"), lambda row: allowed(row, words), 26),
        Column(words("rule"), value("rules"), 24),
        Column(words("row"), lambda row: printable(row["content"]), 60),
    )
    title = words("Refused rows: {n}", n=f"{len(found):,}")
    return Listing(words("refused rows"), title, columns, found)
