"""What the cells of a column look like, whatever its header says."""

import re
from collections.abc import Sequence

import polars as pl

from models.credit_codes import is_credit_code
from models.identity_cards import masked_identity_cards
from models.writing import narrow
from warehouse.intake.files.raw import shown
from warehouse.intake.values.days import moments
from warehouse.intake.values.texts import text_of

LOOKED_AT = 5000
_PHONE = re.compile(r"(?<!\d)(?:(1[3-9]\d)\d{4}(\d{4})|(0\d{2,3}-?)\d{7,8})(?!\d)")
_EXAMPLE = 60


def filled(cells: pl.Series) -> pl.Series:
    """The texts of a column without its empty cells."""
    return text_of(cells).drop_nulls()


def some(cells: pl.Series) -> pl.Series:
    """Cells from the whole length of a column, as many as are enough to see its shape."""
    step = max(len(cells) // LOOKED_AT, 1)
    return cells.gather_every(step)


def credit_code_share(cells: pl.Series) -> float:
    """Share of filled cells that are valid credit codes."""
    texts = narrow(some(filled(cells))).str.to_uppercase()
    return sum(map(is_credit_code, texts)) / len(texts) if len(texts) else 0.0


def day_share(cells: pl.Series) -> float:
    """Share of filled cells that are days with one reading; mere numbers are none."""
    texts = some(filled(cells))
    if texts.is_empty():
        return 0.0
    is_day = moments(texts, []).is_not_null() & texts.str.contains(r"\D")
    return int(is_day.sum()) / len(texts)


def are_values(headers: Sequence[str]) -> bool:
    """Whether what stands where names should is a row of values: a credit code, or mostly numbers and days."""
    texts = pl.Series("text", headers, dtype=pl.String)
    is_value = texts.str.contains(r"^[\d.,:/+\-年月日时分秒 ]*\d[\d.,:/+\-年月日时分秒 ]*$")
    return any(map(is_credit_code, headers)) or 2 * int(is_value.sum()) > len(headers)


def coordinate_share(cells: pl.Series, least: float, most: float) -> float:
    """Share of filled cells that are decimals between two degrees of China."""
    texts = some(filled(cells))
    degrees = texts.filter(texts.str.contains(r"^\d{1,3}\.\d{2,}$")).cast(pl.Float64)
    return int(degrees.is_between(least, most).sum()) / len(texts) if len(texts) else 0.0


def example(text: str) -> str:
    """A cell as a comment may show it: without numbers of persons and telephones, and short."""
    hidden = masked_identity_cards(text)
    hidden = _PHONE.sub(lambda found: f"{found[1] or found[3]}****{found[2] or ''}", hidden)
    kept = shown(hidden)
    return kept if len(kept) <= _EXAMPLE else f"{kept[: _EXAMPLE - 1]}…"
