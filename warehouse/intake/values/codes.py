"""Codes and flags: what a mapping says a text stands for, and the words that are known without it.

What neither lists is never a default.
"""

import polars as pl

from models.vocabulary import FLAGS, CodeList
from warehouse.intake.values.fields import FieldSpec
from warehouse.intake.values.texts import text_of


def translated(text: pl.Series, spec: FieldSpec) -> pl.Series:
    """What the mapping says: ``values``, then the longest ``prefix``, then ``contains``.

    A text that none of them lists stays.  One that holds words of ``contains`` with different meanings is empty.
    """
    given = pl.col(text.name)
    meant = _meant(given, spec)
    if not meant:
        return text
    kept = pl.when(~_contradicts(given, spec)).then(given)
    return text.to_frame().select(pl.coalesce(*meant, kept).alias(text.name)).to_series()


def sorted_by_keyword(cell: pl.Series, spec: FieldSpec) -> pl.Series:
    """What the first of the ``keywords`` that a text holds stands for; empty where it holds none."""
    if not spec.keywords:
        return cell
    said = pl.lit(None, dtype=pl.String)
    for word, meaning in reversed(spec.keywords.items()):
        said = (
            pl.when(pl.col(cell.name).str.contains(word, literal=True)).then(pl.lit(meaning)).otherwise(said)
        )
    return text_of(cell).to_frame().select(said.alias(cell.name)).to_series()


def is_said(text: pl.Series, spec: FieldSpec) -> pl.Series:
    """Whether the mapping says what a text stands for, apart from all others."""
    given = pl.col(text.name)
    meant = pl.any_horizontal(pl.lit(value=False), *(one.is_not_null() for one in _meant(given, spec)))
    return text.to_frame().select(meant.alias(text.name)).to_series()


def contradicting(text: pl.Series, spec: FieldSpec) -> pl.Series:
    """Whether a text holds words of ``contains`` with different meanings."""
    return text.to_frame().select(_contradicts(pl.col(text.name), spec).fill_null(value=False)).to_series()


def _meant(given: pl.Expr, spec: FieldSpec) -> list[pl.Expr]:
    """What is said of a text, the strongest word first."""
    said = [given.replace_strict(spec.values, default=None, return_dtype=pl.String)] if spec.values else []
    starts = sorted((spec.prefix or {}).items(), key=lambda one: len(one[0]), reverse=True)
    said += [pl.when(given.str.starts_with(start)).then(pl.lit(meaning)) for start, meaning in starts]
    found = _found(given, spec)
    alone = pl.sum_horizontal(found.values()) == 1 if found else pl.lit(value=False)
    return [*said, *(pl.when(alone & is_found).then(pl.lit(meaning)) for meaning, is_found in found.items())]


def _contradicts(given: pl.Expr, spec: FieldSpec) -> pl.Expr:
    found = _found(given, spec)
    return pl.sum_horizontal(found.values()) > 1 if found else given.is_null() & pl.lit(value=False)


def _found(given: pl.Expr, spec: FieldSpec) -> dict[str, pl.Expr]:
    """Whether a text holds words of ``contains``, by what they mean."""
    words: dict[str, list[str]] = {}
    for word, meaning in (spec.contains or {}).items():
        words.setdefault(meaning, []).append(word)
    return {
        meaning: pl.any_horizontal(given.str.contains(word, literal=True) for word in listed)
        for meaning, listed in words.items()
    }


def listed(text: pl.Series, codes: CodeList) -> pl.Series:
    """Stored keys of a code list, by any of its spellings."""
    return text.str.to_lowercase().replace_strict(codes.spellings(), default=None, return_dtype=pl.String)


def flags(text: pl.Series) -> pl.Series:
    """Yes or no, by the words for it; a decimal writes them with more zeros than a float."""
    plain = text.str.to_lowercase().str.replace(r"^([01])\.0+$", "$1")
    return plain.replace_strict(FLAGS, default=None, return_dtype=pl.Boolean)
