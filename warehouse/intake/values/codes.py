"""Codes and flags: what a mapping says a text stands for, and the words that are known without it.

What neither lists is never a default.
"""

import polars as pl

from models.vocabulary import FLAGS, CodeList
from warehouse.intake.values.fields import FieldSpec


def translated(text: pl.Series, spec: FieldSpec) -> pl.Series:
    """What the mapping says: ``values``, then the longest ``prefix``, then ``contains``, then ``otherwise``.

    A text that none of them lists stays.  One that holds words of ``contains`` with different meanings is empty.
    """
    if not spec.translates:
        return text
    given = pl.col(text.name)
    said = [given.replace_strict(spec.values, default=None, return_dtype=pl.String)] if spec.values else []
    starts = sorted((spec.prefix or {}).items(), key=lambda one: len(one[0]), reverse=True)
    said += [pl.when(given.str.starts_with(start)).then(pl.lit(meaning)) for start, meaning in starts]
    rest = given if spec.otherwise is None else pl.when(given.is_not_null()).then(pl.lit(spec.otherwise))
    return (
        text.to_frame().select(pl.coalesce(*said, _by_words(given, spec, rest)).alias(text.name)).to_series()
    )


def _by_words(given: pl.Expr, spec: FieldSpec, rest: pl.Expr) -> pl.Expr:
    words: dict[str, list[str]] = {}
    for word, meaning in (spec.contains or {}).items():
        words.setdefault(meaning, []).append(word)
    if not words:
        return rest
    found = {
        meaning: pl.any_horizontal(given.str.contains(word, literal=True) for word in listed)
        for meaning, listed in words.items()
    }
    meanings = pl.sum_horizontal(found.values())
    one = pl.coalesce(pl.when(is_found).then(pl.lit(meaning)) for meaning, is_found in found.items())
    return pl.when(meanings == 0).then(rest).when(meanings == 1).then(one)


def listed(text: pl.Series, codes: CodeList) -> pl.Series:
    """Stored keys of a code list, by any of its spellings."""
    return text.str.to_lowercase().replace_strict(codes.spellings(), default=None, return_dtype=pl.String)


def flags(text: pl.Series) -> pl.Series:
    """Yes or no, by the words for it."""
    return text.str.to_lowercase().replace_strict(FLAGS, default=None, return_dtype=pl.Boolean)
